//! A storm is one message: nothing in it is lost or hidden, and it can be taken at once.

use std::collections::BTreeSet;

use firebell::store::{StoreError, Tx};

use crate::harness::{Span, World, scenario};

/// The states of all groups, by number.
async fn states(world: &World) -> Vec<(i64, String)> {
    let found = world.read(|tx: &mut dyn Tx| {
        let rows = tx.query("SELECT number, state FROM alert_group ORDER BY number", firebell::args![])?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<Vec<_>, StoreError>>()
    });
    found.await
}

async fn storm(world: &World, from: usize, groups: usize, more: &[(&str, &str)]) {
    for n in from..from + groups {
        world.fire_with(&format!("Storm{n:03}"), &["a", "b"], more).await;
    }
}

scenario! {
    in Setup::default().receiver("loud", "{channel: \"#ops\", mention: [\"@here\"]}").route("{receiver: loud}");
    async fn a_storm_is_one_message_with_all_its_groups(world) {
        let ops = world.channel("#ops");
        storm(world, 0, 25, &[]).await;
        let message = ops.expect("Storm:").await;
        message.expect_update("*25 groups, 50 alerts*").await.expect_update("Nobody has 25 of them").await;
        // What went out before it was a storm keeps its message, and is listed as the others are.
        let roots = ops.roots();
        assert!(roots.len() <= 6, "{roots:#?}");
        ops.claim_all();
        message.expect_now("<!here>").await;
        assert!(message.notice().starts_with("Storm000 and 24 more · P3 · storm of 25 groups, 50 alerts"), "{}", message.notice());
        assert_eq!(message.buttons(), ["Acknowledge all", "Show all"]);
        assert_eq!(states(world).await.len(), 25, "every group has its number");
        // All of them, page by page.
        message.click("Show all").await;
        let ann = world.as_user("ann");
        let list = ann.modal("Storm").await;
        let mut seen = list.text();
        list.click("More →").await;
        seen.push_str(&list.text());
        for n in 0..25 {
            assert!(seen.contains(&format!("Storm{n:03}")), "Storm{n:03} is not in the list: {seen}");
        }
        list.close().await;
        // One tap, and a question before it.
        assert_eq!(message.question("Acknowledge all"), "25 groups that nobody has become yours.");
        message.click("Acknowledge all").await;
        message.expect_update("25 acknowledged").await.expect_not("Nobody has").expect_not("<!here>");
        message.thread().expect("All 25 that nobody had were acknowledged by *Ann*").await;
        assert!(states(world).await.iter().all(|(_, state)| state == "acknowledged"));
        assert_eq!(message.buttons(), ["Show all"]);
        // Over at the source: two lines, and nothing else was said.
        world.advance(1.minutes()).await;
        for n in 0..25 {
            world.end(&format!("Storm{n:03}"), &["a", "b"]).await;
        }
        message.expect_update("25 groups, nothing fires").await.expect_update("All are resolved").await;
        message.expect_not("Storm000");
        assert_eq!(ops.roots().len(), roots.len());
    }
}

scenario! {
    /// Each group can be opened: it gets a message and a thread of its own.
    async fn a_group_of_a_storm_gets_a_message_of_its_own_when_it_is_needed(world) {
        let ops = world.channel("#ops");
        storm(world, 0, 20, &[]).await;
        let message = ops.expect("Storm:").await;
        message.expect_update("*20 groups, 40 alerts*").await;
        ops.claim_all();
        let is_there = |name: &str| ops.roots().iter().any(|text| text.contains(&format!("*{name}* — ")));
        assert!(!is_there("Storm018"));
        // By somebody's words.
        let ann = world.as_user("ann");
        ann.command("/firebell note #19 the switch of rack 19 is dead").await;
        ann.sees_all();
        world.advance(10.seconds()).await;
        let threads = ops.threads();
        let (_, replies) = threads.iter().find(|(text, _)| text.contains("*Storm018* — ")).expect("it has a message");
        assert!(replies.iter().any(|text| text.contains("the switch of rack 19 is dead")), "{replies:#?}");
        // By the list.
        message.click("Show all").await;
        let list = ann.modal("Storm").await;
        list.click("More →").await;
        list.choose_beside("Storm019", "Post its message here").await;
        list.choose_beside("Storm019", "Acknowledge").await;
        list.close().await;
        world.advance(10.seconds()).await;
        assert!(ops.roots().iter().any(|text| text.contains("*Storm019* — acknowledged")), "{:#?}", ops.roots());
        message.expect_update("1 acknowledged").await;
    }
}

scenario! {
    in Setup::default().receiver("loud", "{channel: \"#ops\", mention: [\"@here\"]}").route("{receiver: loud}");
    /// A page that people need is not buried by a storm of warnings; many of them are a storm of their own, which rings.
    async fn the_urgent_are_never_taken_in_by_a_storm_that_is_not(world) {
        let ops = world.channel("#ops");
        let critical = [("severity", "critical")];
        storm(world, 0, 20, &[("severity", "warning")]).await;
        let calm = ops.expect("Storm:").await;
        calm.expect_update("*20 groups, 40 alerts*").await;
        world.fire_with("DatabaseDown", &["db"], &critical).await;
        let own = ops.expect("*[P1] #21* *DatabaseDown*").await;
        own.expect_now("<!here>").await;
        storm(world, 100, 12, &critical).await;
        let urgent = ops.expect("13 groups").await;
        urgent.expect_now("[P1]").await.expect_now("<!here>").await;
        // Those that come later ring, too: at once where it was quiet, not each by itself.
        world.advance(2.minutes()).await;
        storm(world, 200, 3, &critical).await;
        world.advance(2.minutes()).await;
        let mut told = String::new();
        while let Some(note) = urgent.thread().next().await {
            assert!(note.is_broadcast());
            note.expect_now("more, and nobody has them").await.expect_now("<!here>").await;
            told.push_str(&note.text());
        }
        for name in ["Storm200", "Storm201", "Storm202"] {
            assert_eq!(told.matches(name).count(), 1, "{name} in {told}");
        }
        urgent.expect_update("*16 groups").await;
        calm.expect_now("*20 groups, 40 alerts*").await;
        ops.claim_all();
    }
}

scenario! {
    async fn after_the_storm_each_group_has_its_message_again(world) {
        let ops = world.channel("#ops");
        storm(world, 0, 12, &[]).await;
        let message = ops.expect("Storm:").await;
        ops.claim_all();
        world.advance(4.minutes()).await;
        storm(world, 50, 1, &[]).await;
        message.expect_update("*13 groups").await;
        world.advance(5.minutes()).await;
        storm(world, 60, 1, &[]).await;
        world.advance(5.seconds()).await;
        assert!(ops.roots().iter().any(|text| text.contains("*Storm060* — 2 firing")), "{:#?}", ops.roots());
        message.expect_update("*13 groups").await;
    }
}

scenario! {
    in Setup::default().more("alert_groups: {storm: {groups: 0}}");
    async fn storms_can_be_switched_off(world) {
        world.channel("#ops").claim_all();
        storm(world, 0, 30, &[]).await;
        world.advance(1.minutes()).await;
        assert_eq!(world.channel("#ops").roots().len(), 30);
    }
}

scenario! {
    /// The program ends in the middle of it, and somebody deletes the message.
    async fn a_storm_survives_a_crash_and_a_deleted_message(world) {
        let ops = world.channel("#ops");
        ops.claim_all();
        storm(world, 0, 9, &[]).await;
        for n in 9..20 {
            world.fire(&format!("Storm{n:03}"), &["a", "b"]).await;
            if n % 5 == 0 {
                world.crash().await;
            }
        }
        world.advance(1.minutes()).await;
        let told: Vec<String> = ops.roots().into_iter().filter(|text| text.contains("Storm:")).collect();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("*20 groups, 40 alerts*"), "{told:#?}");
        assert!(world.doubles().is_empty());
        let names: BTreeSet<i64> = states(world).await.into_iter().map(|(number, _)| number).collect();
        assert_eq!(names, (1..=20).collect());
        world.sim.change(|state| {
            let id = state.channel("ops").unwrap().id.clone();
            let all = state.messages(&id);
            let ts = all.iter().find(|m| m.visible_text().contains("Storm:")).map(|m| m.ts.clone()).unwrap();
            state.delete(&id, &ts).unwrap();
        });
        world.allow_refusals();
        storm(world, 30, 1, &[]).await;
        world.advance(10.minutes()).await;
        world.claim_dead().await;
        let told: Vec<String> = ops.roots().into_iter().filter(|text| text.contains("21 groups")).collect();
        assert_eq!(told.len(), 1, "{:#?}", ops.roots());
    }
}

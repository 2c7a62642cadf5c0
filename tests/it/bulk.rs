//! Several alerts at once: typed with a preview, and chosen in App Home.

use firebell::sim::{At, Choice, Fault, FaultRule};

use firebell::store::lists::{self, Wanted};

use crate::harness::{Msg, Span, World, scenario};

async fn three(world: &World) -> [Msg<'_>; 3] {
    for name in ["DiskFull", "SlowQueries", "CertExpires"] {
        world.fire(name, &["db1"]).await;
    }
    world.advance(5.seconds()).await;
    let channel = world.channel("#ops");
    [
        channel.expect("DiskFull").await,
        channel.expect("SlowQueries").await,
        channel.expect("CertExpires").await,
    ]
}

scenario! {
    async fn a_preview_is_confirmed_with_a_button(world) {
        let [disk, queries, cert] = three(world).await;
        let ann = world.as_user("ann");
        ann.command("/firebell ack 1 3").await;
        let (at, text) = ann.sees_message("Acknowledge 2 alerts").await;
        assert!(text.contains("Nothing is done until you press the button."), "{text}");
        ann.act(&at, Choice::button("Acknowledge 2")).await;
        for message in [&disk, &cert] {
            message.expect_update("has it").await;
            message.thread().expect("Acknowledged by").await;
        }
        assert!(queries.text().contains("Nobody has it"), "{}", queries.text());
        // The answer took the place of the preview, and with it of its button.
        world.settle().await;
        let shown = world.sim.read(|state| {
            state.ephemerals(&ann.id()).iter().map(|(_, one)| one.message.visible_text()).collect::<Vec<_>>()
        });
        assert!(shown.iter().any(|text| text.contains("2 alerts acknowledged.")), "{shown:?}");
        assert!(shown.iter().all(|text| !text.contains("press the button")), "{shown:?}");
    }
}

scenario! {
    in Setup::default();
    /// More than one transaction takes: the rest goes on by itself, also over a crash.
    async fn many_are_done_one_after_the_other(world) {
        world.allow_rate_limits();
        world.allow_refusals();
        world.channel("#ops").claim_all();
        for n in 0..130 {
            world.fire(&format!("Storm{n:03}"), &["a"]).await;
        }
        world.advance(5.minutes()).await;
        let ann = world.as_user("ann");
        ann.command("/firebell resolve all the switch was off").await;
        let (at, _) = ann.sees_message("Resolve 130 alerts").await;
        // The place of the preview cannot be reached until Slack forgets it: the report comes as a direct message.
        world.fault(FaultRule::new(Fault::Status { status: 404 }).method("response_url"));
        ann.act(&at, Choice::button("Resolve 130")).await;
        world.advance(40.minutes()).await;
        let resolved = world.read(|tx| lists::page(tx, &Wanted { resolved: true, ..Wanted::default() }, 0, 1_000)).await;
        assert_eq!(resolved.len(), 130);
        assert!(resolved.iter().all(|group| {
            group.facts.resolved.as_ref().and_then(|resolved| resolved.note.as_deref()) == Some("the switch was off")
        }));
        world.sim.clear_faults();
        ann.direct().expect_now("130 alerts resolved").await;
        ann.sees_all();
    }
}

scenario! {
    async fn several_are_chosen_in_app_home(world) {
        let [disk, queries, cert] = three(world).await;
        let ann = world.as_user("ann");
        ann.open_home().await;
        // Nothing is chosen yet: the form says so.
        ann.click_home("Acknowledge…").await;
        ann.modal("Choose alerts in the menu first").await.close().await;
        ann.act(&At::Home, Choice::set("home_several", serde_json::json!(["#1 DiskFull", "#2 SlowQueries"]))).await;
        ann.click_home("Resolve…").await;
        let form = ann.modal("Resolve several").await;
        assert!(form.text().contains("*#1* DiskFull") && !form.text().contains("CertExpires"), "{}", form.text());
        form.fill("note", "restarted").submit().await;
        for message in [&disk, &queries] {
            message.expect_update("Fixed by: restarted").await;
            message.thread().expect("Resolved by").await;
        }
        assert!(cert.text().contains("Nobody has it"), "{}", cert.text());
        assert!(!ann.home().contains("DiskFull"), "{}", ann.home());
    }
}

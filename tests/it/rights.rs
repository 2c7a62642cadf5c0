//! Who may do and see what, with Slack at its slowest: nobody is taken for a full member before Slack has said so.

use firebell::sim::{Fault, FaultRule, User};
use firebell::store::{groups, inbox, incidents};

use crate::harness::{Span, World, scenario};

/// Puts gus into the workspace, a guest who is in these channels.
fn with_guest(world: &World, channels: &[&str]) {
    world.sim.set_up(|state| {
        let id = state.add_user(User::person("gus").email("gus@example.com").guest());
        for name in channels {
            let channel = state.channel(name).unwrap().id.clone();
            state.join(&channel, &id, None).unwrap();
        }
    });
}

async fn incidents(world: &World) -> i64 {
    world.read(incidents::count).await
}

async fn held(world: &World) -> i64 {
    world.read(inbox::count_held).await
}

/// Slack lets users.info be called again only then.
fn limited(world: &World, seconds: i64, times: u32) {
    world.allow_rate_limits();
    let fault = Fault::RateLimited { retry_after_s: seconds };
    world.fault(FaultRule::new(fault).method("users.info").times(times));
}

scenario! {
    async fn a_request_waits_until_slack_has_told_who_asks(world) {
        limited(world, 30, 1);
        let bob = world.as_user("bob");
        bob.command("/firebell declare SEV2 Nobody can pay").await;
        bob.sees("Slack has not told Firebell whether you are a full member").await;
        assert_eq!((incidents(world).await, held(world).await), (0, 1));
        // Not before Slack lets it be asked again.
        world.advance(20.seconds()).await;
        assert_eq!(incidents(world).await, 0);
        world.advance(15.seconds()).await;
        bob.sees("is declared as SEV2").await;
        world.advance(1.minutes()).await;
        assert_eq!((incidents(world).await, held(world).await), (1, 0));
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        world.channel(&name).claim_all();
    }
}

scenario! {
    async fn a_guest_gets_nothing_done_while_slack_does_not_tell(world) {
        with_guest(world, &["ops"]);
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        limited(world, 65, 1);
        let gus = world.as_user("gus");
        gus.command("/firebell declare SEV1 x").await;
        gus.sees("Nothing is done yet").await;
        alert.click_as("gus", "Resolve").await;
        gus.sees("Nothing is done yet").await;
        // Whoever sees a fire may say that they have it, whoever they are.
        alert.click_as("gus", "Acknowledge").await;
        alert.expect_update("has it").await;
        alert.thread().expect("Acknowledged by").await;
        world.advance(70.seconds()).await;
        for _ in 0..2 {
            gus.sees("Guests of this workspace may look and acknowledge").await;
        }
        assert_eq!((incidents(world).await, held(world).await), (0, 0));
        alert.thread().expect_nothing().await;
    }
}

scenario! {
    async fn what_is_held_outlives_a_crash_and_is_done_once(world) {
        limited(world, 30, 1);
        let bob = world.as_user("bob");
        bob.command("/firebell declare SEV2 Nobody can pay").await;
        bob.sees("Nothing is done yet").await;
        world.crash().await;
        world.advance(2.minutes()).await;
        bob.sees("is declared as SEV2").await;
        world.crash().await;
        world.advance(2.minutes()).await;
        assert_eq!(incidents(world).await, 1);
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        world.channel(&name).claim_all();
    }
}

scenario! {
    async fn a_request_is_not_held_for_ever(world) {
        limited(world, 60, 100);
        let bob = world.as_user("bob");
        bob.command("/firebell declare SEV2 Nobody can pay").await;
        bob.sees("Nothing is done yet").await;
        world.advance(20.minutes()).await;
        bob.sees("Nothing was done: Slack does not tell Firebell whether you are a full member").await;
        world.sim.clear_faults();
        world.advance(20.minutes()).await;
        assert_eq!((incidents(world).await, held(world).await), (0, 0));
    }
}

scenario! {
    /// An answer that comes after the acknowledgement had to go. The name is asked for first, and not long waited for.
    async fn slacks_late_answer_counts(world) {
        with_guest(world, &["ops"]);
        world.fault(FaultRule::new(Fault::Slow { by_ms: 1_500 }).method("users.info").times(2));
        let gus = world.as_user("gus");
        gus.command("/firebell declare SEV2 Nobody can pay").await;
        gus.sees("Nothing is done yet").await;
        world.advance(10.seconds()).await;
        gus.sees("Guests of this workspace").await;
        assert_eq!((incidents(world).await, held(world).await), (0, 0));
    }
}

scenario! {
    in Setup::default().more("rights: {declare: ['@sre']}");
    async fn rights_of_user_groups_wait_until_they_can_be_read(world) {
        world.sim.set_up(|state| { state.add_group("sre", "SRE", &["ann"]); });
        world.fault(FaultRule::new(Fault::InternalError).method("usergroups.list").times(3));
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.command("/firebell declare SEV2 Nobody can pay").await;
        ann.sees("who is in the user groups that may do this").await;
        bob.command("/firebell declare SEV2 Nor can I").await;
        bob.sees("who is in the user groups that may do this").await;
        world.advance(1.minutes()).await;
        ann.sees("is declared as SEV2").await;
        bob.sees("may declare incidents").await;
        assert_eq!(incidents(world).await, 1);
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        world.channel(&name).claim_all();
    }
}

scenario! {
    /// A form that is sent while Slack does not tell: it closes with words, and the answer comes as a message.
    async fn a_form_is_held_too(world) {
        let bob = world.as_user("bob");
        bob.command("/firebell declare").await;
        let form = bob.modal("What burns?").await;
        // It was long ago that Slack told who bob is.
        world.advance(37.hours()).await;
        limited(world, 30, 1);
        form.fill("inc_title", "Nobody can pay").submit().await;
        bob.modal("Nothing is done yet").await.close().await;
        world.advance(1.minutes()).await;
        bob.direct().expect("what you asked for is done").await;
        world.advance(1.minutes()).await;
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        world.channel(&name).claim_all();
    }
}

scenario! {
    in Setup::default().channels(&["shared"]);
    /// People of a workspace that shares a channel, bots and deactivated accounts are no members.
    async fn only_members_are_members(world) {
        world.sim.set_up(|state| {
            for user in [User::person("otto").of_team("T0OTHER"), User::person("robo").bot()] {
                let id = state.add_user(user);
                let channel = state.channel("shared").unwrap().id.clone();
                state.join(&channel, &id, None).unwrap();
            }
        });
        let otto = world.as_user("otto");
        otto.command_in("#shared", "/firebell declare SEV1 x").await;
        otto.sees("People of other workspaces may look and acknowledge").await;
        let robo = world.as_user("robo");
        robo.command_in("#shared", "/firebell declare SEV1 x").await;
        robo.sees("Apps and bots may look and acknowledge").await;
        assert_eq!(incidents(world).await, 0);
    }
}

scenario! {
    in Setup::default()
        .route("{receiver: ops, routes: [{receiver: oncall, matchers: ['alertname=\"KeysLeaked\"']}]}");
    async fn guests_see_what_their_channels_show(world) {
        with_guest(world, &["ops"]);
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
        world.fire("KeysLeaked", &["vault"]).await;
        world.channel("#oncall").expect("KeysLeaked").await;
        world.as_user("ann").command("/firebell declare SEV2 A breach").await;
        world.as_user("ann").sees("is declared").await;
        world.advance(1.minutes()).await;
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        world.channel(&name).claim_all();
        let gus = world.as_user("gus");
        gus.open_home().await;
        let home = gus.home();
        assert!(home.contains("DiskFull") && !home.contains("KeysLeaked") && !home.contains("breach"), "{home}");
        gus.command("/firebell alerts").await;
        let list = gus.sees("DiskFull").await;
        assert!(!list.contains("KeysLeaked"), "{list}");
        gus.command("/firebell show #2").await;
        gus.sees("There is no alert #2").await;
        gus.command("/firebell incidents all").await;
        let list = gus.sees("incident").await;
        assert!(!list.contains("breach"), "{list}");
        gus.command("/firebell INC-1").await;
        gus.sees("There is no incident INC-1").await;
        // A member sees all of it.
        let bob = world.as_user("bob");
        bob.open_home().await;
        assert!(bob.home().contains("KeysLeaked") && bob.home().contains("breach"), "{}", bob.home());
    }
}

scenario! {
    async fn private_and_drill_are_typed_as_flags(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare SEV2 --private the keys leaked").await;
        ann.sees("is declared as SEV2").await;
        ann.command("/firebell declare SEV3 we practise —drill").await;
        ann.sees("is declared as SEV3").await;
        ann.command("/firebell declare SEV2 --secret x").await;
        ann.sees("does not know `--secret`").await;
        ann.command("/firebell note #1 --private x").await;
        ann.sees("has no flags, and I do not know `--private`").await;
        world.advance(1.minutes()).await;
        let (one, two) = world
            .read(|tx| Ok((incidents::by_number(tx, 1)?.unwrap(), incidents::by_number(tx, 2)?.unwrap())))
            .await;
        assert_eq!((one.title.as_str(), one.private, one.drill), ("the keys leaked", true, false));
        assert_eq!((two.title.as_str(), two.private, two.drill), ("we practise", false, true));
        assert_eq!(incidents(world).await, 2);
        for one in [one, two] {
            world.channel(&one.channel_name.unwrap()).claim_all();
        }
    }
}

scenario! {
    in Setup::default().more("rights: {private: ['U0NOBODY00']}");
    /// A mention does not say what kind of channel it is in.
    async fn a_private_channel_is_adopted_by_those_who_may(world) {
        world.sim.set_up(|state| {
            let bot = state.app.bot_user.clone();
            state.add_channel("secret-room", true, &["ann", &bot]).unwrap();
            state.add_channel("open-room", false, &["ann", &bot]).unwrap();
        });
        let ann = world.as_user("ann");
        ann.mention("#secret-room", "adopt a secret leaked").await;
        ann.sees("may make private incidents").await;
        assert_eq!(incidents(world).await, 0);
        ann.mention("#open-room", "adopt the shop was down").await;
        ann.sees("from now on").await;
        world.advance(1.minutes()).await;
        world.channel("#open-room").claim_all();
        assert_eq!(incidents(world).await, 1);
    }
}

scenario! {
    in Setup::default().channels(&["incidents"]).more("incidents: {announce: [{channel: '#incidents'}]}");
    async fn a_channel_made_private_takes_its_incident_along(world) {
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.command("/firebell declare SEV2 The keys leaked").await;
        ann.sees("is declared as SEV2").await;
        world.advance(1.minutes()).await;
        let announced = world.channel("#incidents").expect("The keys leaked").await;
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        bob.command("/firebell incidents").await;
        bob.sees("The keys leaked").await;
        let ann_id = ann.id();
        world.sim.change(|state| state.convert(&name, true, &ann_id).unwrap());
        world.advance(1.minutes()).await;
        assert!(world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().private);
        announced.expect_update("*INC-1* is private now").await.expect_not("The keys leaked");
        for typed in ["incidents", "incidents keys", "INC-1"] {
            bob.command(&format!("/firebell {typed}")).await;
            let answer = bob.sees("").await;
            assert!(!answer.contains("The keys leaked"), "{typed}: {answer}");
        }
        ann.command_in(&name, "/firebell update we rotate them").await;
        ann.sees("told in its channel").await;
        // No event tells of it: it shows when the channel is looked at again.
        world.sim.set_up(|state| state.convert(&name, false, &ann_id).unwrap());
        world.advance(2.hours()).await;
        announced.expect_update("The keys leaked").await;
        world.channel(&name).claim_all();
        ann.direct().claim_all();
    }
}

scenario! {
    async fn bots_and_unknown_ids_are_not_called(world) {
        world.allow_refusals();
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        let bot = world.sim.read(|state| state.app.bot_user.clone());
        for (id, why) in [(bot.as_str(), "is a bot and reads no messages"), ("U0NOBODY99", "has no active account")] {
            ann.command(&format!("/firebell call #1 <@{id}|x>")).await;
            let answer = ann.sees("Nobody was called").await;
            assert!(answer.contains(why), "{answer}");
        }
        let called = world.read(|tx| groups::responders(tx, 1)).await;
        assert!(called.is_empty(), "{called:?}");
        let bob = world.as_user("bob");
        ann.command(&format!("/firebell call #1 <@{}|bob> <@{bot}|x>", bob.id())).await;
        ann.sees("Not called:").await;
        bob.direct().expect("DiskFull").await;
        world.channel("#ops").claim_all();
    }
}

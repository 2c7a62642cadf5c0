//! After an outage: what is most urgent goes first, whatever failed when.

use firebell::sim::{Call, Fault, FaultRule};

use crate::harness::{Span, World, scenario};

const ROUTE: &str = "{receiver: ops, routes: [{receiver: oncall, matchers: ['severity=\"critical\"']}]}";

/// The posts that Slack took, in order: P for a page, l for others.
fn order(world: &World) -> String {
    let posted = world.sim.calls_of("chat.postMessage").into_iter().filter(Call::ok);
    posted.map(|call| if call.args.to_string().contains("Page") { 'P' } else { 'l' }).collect()
}

async fn fire(world: &World, name: &str, nth: usize) {
    let severity = if name == "Page" { "critical" } else { "info" };
    world.fire_with(&format!("{name}{nth}"), &["a"], &[("severity", severity)]).await;
}

async fn both_channels_are_fine(world: &World) {
    world.channel("#ops").claim_all();
    world.channel("#oncall").claim_all();
}

scenario! {
    in Setup::default().route(ROUTE);
    async fn pages_go_first_after_an_outage(world) {
        both_channels_are_fine(world).await;
        world.sim.outage(20 * 60_000);
        for nth in 0..6 {
            fire(world, "Other", nth).await;
            world.advance((7 + nth as u64 * 11).seconds()).await;
            fire(world, "Page", nth).await;
            world.advance((3 + nth as u64 * 5).seconds()).await;
        }
        let asked = world.sim.calls_of("chat.postMessage").len();
        assert!(asked <= 6, "while Slack is away little is tried: {asked}");
        world.advance(20.minutes()).await;
        world.advance(1.minutes()).await;
        assert_eq!(order(world), "PPPPPPllllll");
    }
}

scenario! {
    in Setup::default().route(ROUTE);
    /// Slack answers, but every post fails: nobody knows whether it arrived.
    async fn pages_go_first_after_slack_could_not_post(world) {
        both_channels_are_fine(world).await;
        let until = world.now().as_ms() + 5 * 60_000;
        world.fault(FaultRule::new(Fault::Status { status: 503 }).method("*").until_ms(until));
        for nth in 0..4 {
            fire(world, "Other", nth).await;
            fire(world, "Page", nth).await;
            world.advance(13.seconds()).await;
        }
        world.advance(7.minutes()).await;
        assert_eq!(order(world), "PPPPllll");
    }
}

scenario! {
    in Setup::default().route(ROUTE);
    /// One page that Slack cannot digest holds up the others for a while only.
    async fn a_row_that_fails_alone_does_not_hold_up_the_others(world) {
        both_channels_are_fine(world).await;
        fire(world, "Page", 0).await;
        world.advance(5.seconds()).await;
        world.fault(FaultRule::new(Fault::Status { status: 500 }).method("chat.update"));
        world.fire_with("Page0", &["a", "b"], &[("severity", "critical")]).await;
        world.advance(2.minutes()).await;
        fire(world, "Other", 0).await;
        world.advance(40.seconds()).await;
        assert!(order(world).ends_with('l'), "{}", order(world));
        world.sim.clear_faults();
        world.advance(3.minutes()).await;
    }
}

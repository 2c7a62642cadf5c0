//! Receivers that notify nobody, and receivers pasted from Alertmanager.

use firebell::store::events;

use crate::harness::{Span, World, scenario};

async fn get(world: &World, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{}{path}", world.running()[0].base)).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

scenario! {
    in Setup::default().route("{receiver: lost}").pasted_receiver("{name: lost}");
    async fn a_group_whose_receiver_has_no_channel_says_that_nobody_was_notified(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect_nothing().await;
        let (_, metrics) = get(world, "/metrics").await;
        for line in [
            "firebell_engine_total{what=\"groups_nobody_notified\"} 1",
            "firebell_state{what=\"receivers_without_channel\"} 1",
        ] {
            assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
        }
        let (status, ready) = get(world, "/readyz").await;
        assert_eq!(status, 200, "{ready}");
        assert!(ready.contains("notify nobody: lost"), "{ready}");
        let events = world.read(|tx| events::list_by_subject(tx, "group:1", 0, 100)).await;
        let kinds: Vec<String> = events.into_iter().map(|event| event.kind).collect();
        assert!(kinds.iter().any(|kind| kind == "nobody_notified"), "{kinds:?}");
        assert!(!kinds.iter().any(|kind| kind == "notified"), "{kinds:?}");
        let ann = world.as_user("ann");
        ann.command("/firebell alerts").await;
        ann.sees("nobody is notified").await;
        ann.command("/firebell show 1").await;
        ann.sees("nobody was notified").await;
    }
}

scenario! {
    in Setup::default().route("{receiver: pasted}").pasted_receiver(r##"{name: pasted, slack_configs: [
        {channel: "#ops", send_resolved: true, text: "{{ range .Alerts }}see {{ .Labels.instance }}{{ end }}"},
        {channel: "#oncall", text: "{{ range .Alerts }}see {{ .Labels.instance }}{{ end }}"}]}"##);
    async fn a_pasted_slack_config_gets_its_message_and_send_resolved_decides_about_the_thread(world) {
        world.fire("DiskFull", &["db1"]).await;
        let loud = world.channel("#ops").expect("see db1").await;
        let quiet = world.channel("#oncall").expect("see db1").await;
        world.advance(5.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        loud.expect_update("resolved").await;
        loud.thread().expect("Resolved by the source (am) after 5 min").await;
        quiet.expect_update("resolved").await;
        quiet.thread().expect_nothing().await;
    }
}

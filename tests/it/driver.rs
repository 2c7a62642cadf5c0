//! The driver: what comes in and what is due, when some of it cannot be dealt with, and when there is much of it.

use firebell::args;
use firebell::store::{StoreError, Tx};

use crate::harness::{Span, scenario};

/// An alert of Prometheus, which ends when nobody repeats it.
fn prometheus(name: &str) -> String {
    format!(
        r#"[{{"labels": {{"alertname": "{name}"}}, "annotations": {{"summary": "{name} is bad"}},
        "startsAt": "2026-03-02T08:59:00Z", "generatorURL": "http://prom.example.org"}}]"#
    )
}

fn set_state(tx: &mut dyn Tx, title: &str, state: &str) -> Result<u64, StoreError> {
    tx.exec("UPDATE alert_group SET state = ?2 WHERE title LIKE ?1", args![&format!("%{title}%"), state])
}

scenario! {
    /// The alert of a group that no version of Firebell wrote cannot end. The others do, and so does it, once mended.
    async fn an_alert_that_cannot_end_holds_up_nothing_and_is_tried_again(world) {
        for name in ["First", "Odd", "Last"] {
            assert_eq!(world.post("prom", prometheus(name)).await, 200);
        }
        world.settle().await;
        let ops = world.channel("#ops");
        let first = ops.expect("First is bad").await;
        let odd = ops.expect("Odd is bad").await;
        let last = ops.expect("Last is bad").await;
        let store = world.running()[0].store.clone();
        assert_eq!(store.write(|tx| set_state(tx, "Odd", "haunted")).await, Ok(1));
        world.advance(6.minutes()).await;
        for message in [&first, &last] {
            message.expect_update("resolved").await;
            message.thread().expect("Resolved by").await;
        }
        let counted = || {
            let text = world.running()[0].metrics.render();
            let line = text.lines().find(|line| line.contains("what=\"due_put_off\""));
            line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap())
        };
        assert_eq!(counted(), 1, "put off once, not in a loop");
        assert_eq!(store.write(|tx| set_state(tx, "Odd", "firing")).await, Ok(1));
        world.advance(10.minutes()).await;
        odd.expect_update("resolved").await;
        odd.thread().expect("Resolved by").await;
        assert_eq!(counted(), 1);
    }
}

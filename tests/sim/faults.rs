//! A bad day at Slack.

use firebell::sim::{Fault, FaultRule};
use serde_json::{Value, json};

use crate::world::{World, soon};

#[tokio::test]
async fn a_reset_before_does_nothing_and_a_reset_after_has_done_it() {
    let world = World::new().await;
    for (fault, posted) in [(Fault::ResetBefore, 0), (Fault::ResetAfter, 1)] {
        world.sim.fault(FaultRule::new(fault).method("chat.postMessage").times(1));
        let sent =
            world.send("chat.postMessage", "xoxb-test", &json!({"channel": "#ops", "text": "x"})).await;
        assert!(sent.is_err(), "{fault:?} must not be an answer");
        assert_eq!(world.sim.read(|s| s.messages("ops").len()), posted, "{fault:?}");
    }
    assert!(world.sim.faults().iter().all(|f| f.times == Some(0)), "each struck once");
    world.post("#ops", "all is well").await;
}

#[tokio::test]
async fn a_timeout_after_the_work_holds_the_answer_back() {
    let world = World::new().await;
    world.sim.fault(FaultRule::new(Fault::TimeoutAfter { after_ms: 30_000 }).times(1));
    let args = json!({"channel": "#ops", "text": "x"});
    let sent = world.send("chat.postMessage", "xoxb-test", &args);
    let done = async {
        world.sim.wait_for(|s| (s.messages("ops").len() == 1).then_some(())).await;
        let mut changes = world.sim.changes();
        changes.mark_unchanged();
        world.clock.advance_ms(30_000);
    };
    let (sent, ()) = soon(async { tokio::join!(sent, done) }).await;
    assert!(sent.is_err());
}

#[tokio::test]
async fn codes_and_slowness() {
    let world = World::new().await;
    world.sim.fault(FaultRule::new(Fault::Status { status: 503 }).times(1));
    world.sim.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 9 }).times(1));
    world.sim.fault(FaultRule::new(Fault::InternalErrorAfter).times(1));
    let post = async || {
        world.send("chat.postMessage", "xoxb-test", &json!({"channel": "#ops", "text": "x"})).await.unwrap()
    };
    assert_eq!(post().await.status().as_u16(), 503);
    let limited = post().await;
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "9"));
    assert_eq!(world.sim.read(|s| s.messages("ops").len()), 0);
    assert_eq!(post().await.json::<Value>().await.unwrap()["error"], "internal_error");
    assert_eq!(world.sim.read(|s| s.messages("ops").len()), 1);
}

#[tokio::test]
async fn events_are_lost_doubled_and_reordered() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let ann = world.ann();
    world.sim.fault(FaultRule::new(Fault::LoseEvent).times(1));
    ann.post("ops", "lost").unwrap();
    ann.post("ops", "kept").unwrap();
    assert_eq!(app.next().await["payload"]["event"]["text"], "kept");
    world.sim.fault(FaultRule::new(Fault::DuplicateEvent).times(1));
    ann.post("ops", "twice").unwrap();
    let (one, two) = (app.next().await, app.next().await);
    assert_eq!(one["payload"]["event_id"], two["payload"]["event_id"]);
    world.sim.fault(FaultRule::new(Fault::ReorderEvent).times(1));
    ann.post("ops", "first").unwrap();
    ann.post("ops", "second").unwrap();
    assert_eq!(app.next().await["payload"]["event"]["text"], "second");
    assert_eq!(app.next().await["payload"]["event"]["text"], "first");
}

#[tokio::test]
async fn an_outage_resets_everything_and_ends() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let order = json!({"outage_ms": 30_000}).to_string();
    let url = format!("{}/sim/faults", world.handle.base_url);
    let answer: Value = world.http.post(url).body(order).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["outage"], true);
    assert!(app.frame().await.is_null(), "sockets are cut");
    assert!(world.send("auth.test", "xoxb-test", &json!({})).await.is_err());
    world.clock.advance_ms(30_000);
    world.post("#ops", "back").await;
}

#[tokio::test]
async fn it_serves_again_after_a_shutdown() {
    let world = World::new().await;
    let sim = world.sim.clone();
    world.post("#ops", "before").await;
    world.handle.shutdown().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let handle = sim.serve(listener).unwrap();
    let world = World { handle, sim, ..world };
    let mut app = world.socket().await;
    assert_eq!(app.next().await["payload"]["event"]["text"], "before");
    world.ann().post("ops", "after").unwrap();
    assert_eq!(app.next().await["payload"]["event"]["text"], "after");
}

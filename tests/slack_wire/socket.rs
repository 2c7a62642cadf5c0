use std::sync::Arc;
use std::time::Duration;

use firebell::clock::ManualClock;
use firebell::random::SeededRandom;
use firebell::slack::socket::{Ack, Handler, ProblemKind, SocketHandle, SocketMode, SocketOptions};
use firebell::slack::types::Inbound;
use serde_json::json;
use tokio::sync::{Notify, mpsc};

use crate::fake::{Call, Fake, error, ok, soon};

const START_MS: i64 = 1_700_000_000_000;

fn handler<F>(answer: impl Fn(Inbound) -> F + Send + Sync + 'static) -> Handler
where
    F: Future<Output = Ack> + Send + 'static,
{
    Arc::new(move |inbound| Box::pin(answer(inbound)))
}

fn accept() -> Handler {
    handler(async |_| Ack::Empty)
}

fn start(fake: &Fake, connections: usize, clock: &ManualClock, handler: Handler) -> SocketHandle {
    let options = SocketOptions { connections, ..SocketOptions::default() };
    let random = Arc::new(SeededRandom::new(1));
    SocketMode::start(fake.api(), options, Arc::new(clock.clone()), random, handler)
}

/// Moves the clock on until `done`, giving everybody else their turn in between.
async fn advance_until(clock: &ManualClock, step_ms: i64, mut done: impl FnMut() -> bool) {
    soon(async {
        while !done() {
            clock.advance_ms(step_ms);
            tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await.unwrap_err();
        }
    })
    .await;
}

/// Gives everybody else time to do what they should not do.
async fn a_moment() {
    tokio::time::timeout(Duration::from_millis(100), std::future::pending::<()>()).await.unwrap_err();
}

fn opens(fake: &Fake) -> usize {
    fake.calls().iter().filter(|call: &&Call| call.method == "apps.connections.open").count()
}

#[tokio::test]
async fn a_connection_counts_from_its_hello_and_a_frame_is_acknowledged_when_it_is_safe() {
    let mut fake = Fake::with_sockets().await;
    let clock = ManualClock::new(START_MS);
    let (taken, mut seen) = mpsc::unbounded_channel();
    let safe = Arc::new(Notify::new());
    let handler = handler({
        let safe = safe.clone();
        move |inbound| {
            let (taken, safe) = (taken.clone(), safe.clone());
            async move {
                taken.send(inbound).unwrap();
                safe.notified().await;
                Ack::Empty
            }
        }
    });
    let socket = start(&fake, 1, &clock, handler);
    let mut peer = fake.socket().await;
    assert!(!socket.status().borrow().connected());
    peer.send(json!({"type": "hello"})).await;
    soon(socket.connected()).await;
    peer.event("e1").await;
    let inbound = soon(seen.recv()).await.unwrap();
    assert_eq!(inbound.dedup_key(), "event:Eve1");
    assert_eq!(socket.counters().acknowledged(), 0);
    safe.notify_one();
    peer.ack_of("e1").await;
    assert_eq!((socket.counters().frames(), socket.counters().opened()), (1, 1));
    assert_eq!(fake.calls()[0].header("authorization"), "Bearer xapp-1-secret");
}

#[tokio::test]
async fn frames_do_not_wait_for_each_other() {
    let mut fake = Fake::with_sockets().await;
    let slow = Arc::new(Notify::new());
    let handler = handler({
        let slow = slow.clone();
        move |inbound| {
            let slow = slow.clone();
            async move {
                if inbound.dedup_key() == "event:Eveslow" {
                    slow.notified().await;
                }
                Ack::Empty
            }
        }
    });
    let _socket = start(&fake, 1, &ManualClock::new(START_MS), handler);
    let mut peer = fake.ready_socket().await;
    peer.event("eslow").await;
    for number in 0..20 {
        peer.event(&number.to_string()).await;
    }
    let mut acknowledged = std::collections::HashSet::new();
    for _ in 0..20 {
        acknowledged.insert(peer.text().await["envelope_id"].as_str().unwrap().to_owned());
    }
    assert!(acknowledged.len() == 20 && !acknowledged.contains("eslow"));
    slow.notify_one();
    peer.ack_of("eslow").await;
}

#[tokio::test]
async fn refused_and_failed_frames_are_left_for_slack_to_send_again() {
    let mut fake = Fake::with_sockets().await;
    let handler = handler(async |inbound: Inbound| match inbound.dedup_key().as_str() {
        "event:Everefused" => Ack::Refuse,
        "event:Evepanic" => panic!("a handler's mistake"),
        _ => Ack::Payload(json!({"text": "hi"})),
    });
    let socket = start(&fake, 1, &ManualClock::new(START_MS), handler);
    let mut peer = fake.ready_socket().await;
    peer.event("erefused").await;
    peer.event("epanic").await;
    peer.send(json!({"type": "brand_new"})).await;
    peer.event("no-payload").await;
    peer.ack_of("no-payload").await;
    peer.command("c1", true).await;
    assert_eq!(peer.text().await, json!({"envelope_id": "c1", "payload": {"text": "hi"}}));
    assert_eq!(socket.counters().refused(), 2);
    assert_eq!(socket.counters().odd(), 1);
}

#[tokio::test]
async fn the_new_connection_is_made_before_the_old_one_is_broken() {
    for reason in ["warning", "refresh_requested"] {
        let mut fake = Fake::with_sockets().await;
        let clock = ManualClock::new(START_MS);
        let socket = start(&fake, 1, &clock, accept());
        let mut old = fake.ready_socket().await;
        soon(socket.connected()).await;
        clock.advance_ms(3_600_000);
        old.disconnect(reason).await;
        let mut new = fake.socket().await;
        // However long the new one takes to be ready, the old one is read.
        clock.advance_ms(15_000);
        a_moment().await;
        old.event("on-old").await;
        old.ack_of("on-old").await;
        new.send(json!({"type": "hello"})).await;
        soon(socket.status().wait_for(|status| status.ready == 2)).await.unwrap();
        old.event("still-on-old").await;
        old.ack_of("still-on-old").await;
        new.event("on-new").await;
        new.ack_of("on-new").await;
        let mut status = socket.status();
        advance_until(&clock, 1_000, || status.borrow_and_update().ready == 1).await;
        old.closed().await;
        new.event("last").await;
        new.ack_of("last").await;
        assert_eq!(opens(&fake), 2, "{reason}");
    }
}

#[tokio::test]
async fn a_server_that_drops_every_connection_is_not_hammered() {
    let mut fake = Fake::with_sockets().await;
    let clock = ManualClock::new(START_MS);
    let socket = start(&fake, 1, &clock, accept());
    let mut shortest_ms = Vec::new();
    for number in 1..=4_usize {
        drop(fake.ready_socket().await);
        soon(socket.status().wait_for(|status| !status.connected())).await.unwrap();
        a_moment().await;
        assert_eq!(opens(&fake), number, "a new connection without a wait");
        let before_ms = firebell::clock::Clock::now_ms(&clock);
        advance_until(&clock, 50, || opens(&fake) > number).await;
        shortest_ms.push(firebell::clock::Clock::now_ms(&clock) - before_ms);
    }
    assert!(shortest_ms[0] >= 250 && shortest_ms[3] >= 2_000, "{shortest_ms:?}");
}

#[tokio::test]
async fn asking_for_a_new_connection_at_every_hello_is_not_a_tight_loop() {
    let mut fake = Fake::with_sockets().await;
    let clock = ManualClock::new(START_MS);
    let _socket = start(&fake, 1, &clock, accept());
    let mut peer = fake.ready_socket().await;
    peer.disconnect("refresh_requested").await;
    a_moment().await;
    assert_eq!(opens(&fake), 1);
    clock.advance_ms(500);
    let _next = fake.ready_socket().await;
}

#[tokio::test]
async fn a_switched_off_socket_mode_is_tried_slowly_and_told() {
    let mut fake = Fake::with_sockets().await;
    let clock = ManualClock::new(START_MS);
    let socket = start(&fake, 1, &clock, accept());
    let mut peer = fake.ready_socket().await;
    soon(socket.connected()).await;
    peer.disconnect("link_disabled").await;
    drop(peer);
    let mut status = socket.status();
    let told = soon(status.wait_for(|status| !status.connected() && status.last_problem.is_some())).await;
    assert_eq!(told.unwrap().last_problem.as_ref().unwrap().kind, ProblemKind::LinkDisabled);
    clock.advance_ms(29_000);
    a_moment().await;
    assert_eq!(opens(&fake), 1);
    clock.advance_ms(31_000);
    fake.ready_socket().await;
}

#[tokio::test]
async fn a_refused_token_is_reported_and_tried_slowly() {
    let mut fake =
        Fake::start(|_, before| if before == 0 { error("invalid_auth") } else { ok(json!({})) }).await;
    let clock = ManualClock::new(START_MS);
    let socket = start(&fake, 1, &clock, accept());
    let mut status = socket.status();
    let problem = soon(status.wait_for(|status| status.last_problem.is_some()))
        .await
        .unwrap()
        .last_problem
        .clone()
        .unwrap();
    assert_eq!((problem.kind, problem.at_ms), (ProblemKind::Auth, START_MS));
    assert!(
        problem.text.contains("invalid_auth") && problem.text.contains("connections:write"),
        "{problem:?}"
    );
    clock.advance_ms(29_000);
    a_moment().await;
    assert_eq!(opens(&fake), 1);
    clock.advance_ms(31_000);
    fake.ready_socket().await;
    soon(socket.connected()).await;
}

#[tokio::test]
async fn a_rate_limited_open_waits_as_long_as_slack_asks() {
    let mut fake = Fake::start(|_, before| {
        use axum::response::IntoResponse as _;
        if before == 0 {
            (axum::http::StatusCode::TOO_MANY_REQUESTS, [("retry-after", "40")], "").into_response()
        } else {
            ok(json!({}))
        }
    })
    .await;
    let clock = ManualClock::new(START_MS);
    let socket = start(&fake, 1, &clock, accept());
    soon(socket.status().wait_for(|status| status.last_problem.is_some())).await.unwrap();
    clock.advance_ms(39_900);
    a_moment().await;
    assert_eq!(opens(&fake), 1);
    clock.advance_ms(600);
    fake.ready_socket().await;
}

#[tokio::test]
async fn a_silent_connection_is_replaced_and_a_living_one_is_kept() {
    let mut fake = Fake::with_sockets().await;
    let clock = ManualClock::new(START_MS);
    let socket = start(&fake, 1, &clock, accept());
    let mut living = fake.ready_socket().await;
    soon(socket.connected()).await;
    for number in 0..6 {
        clock.advance_ms(10_000);
        living.ping_seen().await;
        // Reading the ping has sent its pong; a frame proves that it was read on the other side.
        living.event(&number.to_string()).await;
        living.ack_of(&number.to_string()).await;
    }
    assert_eq!(opens(&fake), 1);
    // From now on nobody reads: no pong is sent.
    let mut status = socket.status();
    advance_until(&clock, 10_000, || status.borrow_and_update().last_problem.is_some()).await;
    let problem = socket.status().borrow().last_problem.clone().unwrap();
    assert!(problem.kind == ProblemKind::Network && problem.text.contains("silent"), "{problem:?}");
    advance_until(&clock, 1_000, || opens(&fake) == 2).await;
    fake.ready_socket().await;
}

#[tokio::test]
async fn several_connections_are_held_and_each_serves() {
    let mut fake = Fake::with_sockets().await;
    let socket = start(&fake, 3, &ManualClock::new(START_MS), accept());
    let mut peers = Vec::new();
    for _ in 0..3 {
        peers.push(fake.ready_socket().await);
    }
    soon(socket.status().wait_for(|status| status.ready == 3)).await.unwrap();
    for (number, peer) in peers.iter_mut().enumerate() {
        peer.event(&number.to_string()).await;
        peer.ack_of(&number.to_string()).await;
    }
    a_moment().await;
    assert!(fake.has_no_new_socket());
}

#[tokio::test]
async fn at_shutdown_what_is_in_hand_is_finished_and_acknowledged() {
    let mut fake = Fake::with_sockets().await;
    let (taken, mut seen) = mpsc::unbounded_channel();
    let safe = Arc::new(Notify::new());
    let handler = handler({
        let safe = safe.clone();
        move |_| {
            let (taken, safe) = (taken.clone(), safe.clone());
            async move {
                taken.send(()).unwrap();
                safe.notified().await;
                Ack::Empty
            }
        }
    });
    let socket = start(&fake, 1, &ManualClock::new(START_MS), handler);
    let mut peer = fake.ready_socket().await;
    peer.event("in-hand").await;
    soon(seen.recv()).await.unwrap();
    let mut status = socket.status();
    let ending = tokio::spawn(socket.shutdown());
    soon(status.wait_for(|status| !status.connected())).await.unwrap();
    peer.event("too-late").await;
    safe.notify_one();
    peer.ack_of("in-hand").await;
    peer.closed().await;
    soon(ending).await.unwrap();
    assert!(seen.try_recv().is_err(), "a frame was read after the stop");
    assert_eq!(opens(&fake), 1);
}

#[tokio::test]
async fn a_dropped_handle_ends_it() {
    let mut fake = Fake::with_sockets().await;
    let socket = start(&fake, 1, &ManualClock::new(START_MS), accept());
    let mut peer = fake.ready_socket().await;
    soon(socket.connected()).await;
    drop(socket);
    peer.closed().await;
}

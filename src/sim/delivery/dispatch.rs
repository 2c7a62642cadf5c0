//! The queue of events: in order at first try, then each by itself until it is acknowledged or given up.

use std::sync::atomic::Ordering;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::super::core::{Sim, lock};
use super::super::unrest::Held;
use super::{Failure, Outgoing, Transport};
use crate::limits;

/// Takes events from the queue, for as long as the runtime lives: Slack itself does not end with one listener.
pub(in crate::sim) async fn run(sim: Sim, mut queue: mpsc::UnboundedReceiver<Outgoing>) {
    let mut held: Option<Outgoing> = None;
    while let Some(outgoing) = queue.recv().await {
        let fate = lock(&sim.0.faults).event_fate(&*sim.0.random, sim.0.clock.now_ms(), &outgoing.payload);
        if fate.lost {
            sim.event_over();
            continue;
        }
        if fate.held_back && held.is_none() {
            held = Some(outgoing);
            sim.event_over();
            continue;
        }
        for copy in 0..fate.copies {
            if copy > 0 {
                sim.0.unrest.events.fetch_add(1, Ordering::SeqCst);
            }
            first_try(&sim, outgoing.clone());
        }
        if let Some(late) = held.take() {
            sim.0.unrest.events.fetch_add(1, Ordering::SeqCst);
            first_try(&sim, late);
        }
    }
}

/// The first try is begun here, so that events leave in their order; waiting and trying again is a task of its own.
fn first_try(sim: &Sim, outgoing: Outgoing) {
    if sim.0.events_pending.fetch_add(1, Ordering::SeqCst) >= limits::SIM_EVENTS_PENDING {
        sim.0.events_pending.fetch_sub(1, Ordering::SeqCst);
        sim.event_over();
        tracing::debug!(event = %outgoing.payload["event_id"], "too many events wait for the app: this one is dropped");
        return;
    }
    let placed = match sim.transport() {
        _ if sim.is_out() => Err(Failure::Nobody),
        Transport::Socket => sim.place("events_api", &outgoing.payload, false, Some((0, ""))),
        Transport::Http(_) => Err(Failure::Nobody),
    };
    let sim = sim.clone();
    tokio::spawn(async move {
        deliver(&sim, &outgoing, placed).await;
        sim.0.events_pending.fetch_sub(1, Ordering::SeqCst);
        sim.event_over();
    });
}

type Placed = Result<oneshot::Receiver<Result<Value, Failure>>, Failure>;

/// Waits for the acknowledgement of the first try, and tries again as often as Slack does.
async fn deliver(sim: &Sim, outgoing: &Outgoing, placed: Placed) {
    let mut failure = match placed {
        Ok(answer) => match sim.await_answer(answer).await {
            Ok(_) => return,
            Err(failure) => failure,
        },
        Err(_) => match one_try(sim, &outgoing.payload, None).await {
            Ok(()) => return,
            Err(failure) => failure,
        },
    };
    for (n, wait_ms) in limits::SIM_EVENT_RETRY_MS.iter().enumerate() {
        if failure == Failure::NoRetry {
            return;
        }
        sim.hold(Held::Event, sim.0.clock.now_ms().saturating_add(*wait_ms)).await;
        let http = matches!(sim.transport(), Transport::Http(_));
        match one_try(sim, &outgoing.payload, Some((n + 1, failure.reason(http)))).await {
            Ok(()) => return,
            Err(next) => failure = next,
        }
    }
    tracing::debug!(event = %outgoing.payload["event_id"], "the app never acknowledged this event");
}

async fn one_try(sim: &Sim, payload: &Value, retry: Option<(usize, &str)>) -> Result<(), Failure> {
    if let Some(until_ms) = sim.out_until_ms() {
        // A Slack that is down keeps what it has and sends it when it is back.
        sim.hold(Held::Event, until_ms).await;
    }
    match sim.transport() {
        Transport::Socket => {
            sim.wait_for_a_socket().await?;
            let (attempt, reason) = retry.unwrap_or((0, ""));
            let answer = sim.place("events_api", payload, false, Some((attempt, reason)))?;
            sim.await_answer(answer).await.map(|_| ())
        }
        Transport::Http(targets) => {
            let url = targets.events.ok_or(Failure::NoRetry)?;
            sim.post_event(&url, payload, retry).await
        }
    }
}

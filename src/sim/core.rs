//! The running simulator: one lock around the state, and the ways out of it.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{broadcast, mpsc, watch};

use super::builder::{RateLimits, SimBuilder};
use super::delivery::{self, Outgoing, Sockets, Transport};
use super::faults::Faults;
use super::limiter::Limiter;
use super::push::{self, Push};
use super::state::SimState;
use super::unrest::Unrest;
use crate::clock::SharedClock;
use crate::limits;
use crate::random::SharedRandom;

/// One Web API call of the app, for assertions.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub number: u64,
    pub at_ms: i64,
    pub method: String,
    /// The arguments as they were read (tokens left out).
    pub args: Value,
    pub status: u16,
    pub result: Value,
}

impl Call {
    /// Did Slack say `ok`?
    pub fn ok(&self) -> bool {
        self.result["ok"] == true
    }

    /// The error code, empty when it was ok.
    pub fn error(&self) -> &str {
        self.result["error"].as_str().unwrap_or_default()
    }
}

/// A button of the demo's panel.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct PanelButton {
    pub name: String,
    pub label: String,
    pub hint: String,
    /// `""`, `"primary"` or `"danger"`.
    pub style: String,
}

/// The demo's panel on the page.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Panel {
    pub title: String,
    pub note: String,
    pub buttons: Vec<PanelButton>,
}

/// What a panel button does: its name in, a note or an error sentence out.
pub type PanelHook =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync>;

/// The local Slack. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Sim(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub state: Mutex<SimState>,
    pub clock: SharedClock,
    pub random: SharedRandom,
    pub changes: watch::Sender<u64>,
    pub pushes: broadcast::Sender<Push>,
    pub outgoing: mpsc::UnboundedSender<Outgoing>,
    pub outgoing_queue: Mutex<Option<mpsc::UnboundedReceiver<Outgoing>>>,
    pub calls: Mutex<(u64, VecDeque<Call>)>,
    pub limiter: Mutex<Limiter>,
    pub rate_limits: RateLimits,
    pub faults: Mutex<Faults>,
    pub sockets: Mutex<Sockets>,
    /// How many connections are open; of its own, so that waiting for one is not woken by every change.
    pub sockets_open: watch::Sender<usize>,
    /// Events not yet acknowledged nor given up.
    pub events_pending: AtomicUsize,
    /// What is to be told to the app, and what it is told and asked about now.
    pub unrest: Unrest,
    pub transport: Mutex<Transport>,
    pub panel: Mutex<Option<(Panel, PanelHook)>>,
    /// Names it is reached by, beside this machine's.
    pub hosts: Vec<String>,
    pub http: reqwest::Client,
    pub shutdown: watch::Sender<bool>,
}

/// A poisoned lock means a panicked test thread; the data is plain and still of use.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sim {
    /// Starts describing a simulator.
    pub fn builder() -> SimBuilder {
        SimBuilder::default()
    }

    /// Looks at the state.
    pub fn read<T>(&self, look: impl FnOnce(&SimState) -> T) -> T {
        let mut state = lock(&self.0.state);
        state.now_ms = self.0.clock.now_ms();
        look(&state)
    }

    /// A copy of the whole state.
    pub fn snapshot(&self) -> SimState {
        self.read(SimState::clone)
    }

    /// Changes the state; what follows is told to the app and to the pages in the same order.
    pub fn change<T>(&self, act: impl FnOnce(&mut SimState) -> T) -> T {
        let mut state = lock(&self.0.state);
        state.now_ms = self.0.clock.now_ms();
        let out = act(&mut state);
        let changes = state.take_changes();
        for change in &changes {
            for event in delivery::events_of(&state, change) {
                let payload = delivery::event_callback(&mut state, event);
                self.0.unrest.events.fetch_add(1, Ordering::SeqCst);
                // The queue only ends with the simulator.
                let _ = self.0.outgoing.send(Outgoing { payload });
            }
            if self.0.pushes.receiver_count() > 0 {
                for push in push::pushes_of(&state, change) {
                    let _ = self.0.pushes.send(push);
                }
            }
        }
        drop(state);
        if !changes.is_empty() {
            self.bump();
        }
        out
    }

    /// Changes the state without telling anyone: for the set-up of a test or the seed.
    pub fn set_up<T>(&self, act: impl FnOnce(&mut SimState) -> T) -> T {
        let mut state = lock(&self.0.state);
        state.now_ms = self.0.clock.now_ms();
        let out = act(&mut state);
        state.take_changes();
        out
    }

    /// Fills the workspace with a few people, channels and a group.
    pub fn workspace_seed_demo(&self) {
        self.set_up(SimState::seed_demo);
    }

    /// The number of changes so far; a receiver wakes at each (state, calls, connections).
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    pub(super) fn bump(&self) {
        self.0.changes.send_modify(|n| *n += 1);
    }

    /// Waits until `look` finds something in the state. It does not give up: put a time-out around it.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&SimState) -> Option<T>) -> T {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            if let Some(found) = self.read(&mut look) {
                return found;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until a call of the log satisfies `wanted`; returns it.
    pub async fn wait_for_call(&self, mut wanted: impl FnMut(&Call) -> bool) -> Call {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            if let Some(found) = lock(&self.0.calls).1.iter().find(|c| wanted(c)) {
                return found.clone();
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until the app holds `n` Socket Mode connections or more.
    pub async fn wait_for_sockets(&self, n: usize) {
        // An error would mean that the sender, which is in `self`, is gone.
        let _ = self.0.sockets_open.subscribe().wait_for(|open| *open >= n).await;
    }

    /// The Web API calls of the app so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.0.calls).1.iter().cloned().collect()
    }

    /// The calls of one method.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        lock(&self.0.calls).1.iter().filter(|c| c.method == method).cloned().collect()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        lock(&self.0.calls).1.clear();
    }

    /// Completes when the simulator is shut down.
    pub(super) async fn stopped(&self) {
        // Of an error there is no question: the sender is in `self`.
        let _ = self.0.shutdown.subscribe().wait_for(|stop| *stop).await;
    }

    pub(super) fn log_call(&self, method: &str, args: Value, status: u16, result: Value) {
        let mut calls = lock(&self.0.calls);
        calls.0 += 1;
        if calls.1.len() >= limits::SIM_CALLS_KEPT {
            calls.1.pop_front();
        }
        let call = Call {
            number: calls.0,
            at_ms: self.0.clock.now_ms(),
            method: method.to_owned(),
            args,
            status,
            result,
        };
        calls.1.push_back(call);
        drop(calls);
        self.bump();
    }

    /// Puts the demo's panel on the page, or changes it.
    pub fn set_panel(&self, panel: Panel, hook: PanelHook) {
        let frame = serde_json::to_value(&panel).unwrap_or_default();
        *lock(&self.0.panel) = Some((panel, hook));
        let _ = self.0.pushes.send(Push::all("panel", frame));
    }

    /// Changes the panel's note and buttons; the hook stays.
    pub fn update_panel(&self, panel: Panel) {
        let frame = serde_json::to_value(&panel).unwrap_or_default();
        let known = lock(&self.0.panel).as_mut().map(|held| held.0 = panel).is_some();
        if known {
            let _ = self.0.pushes.send(Push::all("panel", frame));
        }
    }

    /// Presses a button of the panel, as the page does.
    pub async fn press_panel(&self, name: &str) -> Result<String, String> {
        let hook = lock(&self.0.panel).as_ref().map(|(_, hook)| Arc::clone(hook));
        match hook {
            Some(hook) => hook(name.to_owned()).await,
            None => Err("There is no panel here.".to_owned()),
        }
    }

    /// Leads the pages to a channel: those that show `from`, or all of them if none is named. The others get a link.
    pub fn lead_to(&self, channel: &str, from: Option<&str>) {
        let frame = serde_json::json!({"channel": channel, "from": from});
        let to = push::Audience::Channel(channel.to_owned());
        let _ = self.0.pushes.send(Push { to, name: "lead", said: push::Said::Frame(frame) });
    }

    pub(super) fn push_toast(&self, user: &str, text: &str) {
        let frame = serde_json::json!({"kind": "error", "text": text});
        let push =
            Push { to: push::Audience::User(user.to_owned()), name: "toast", said: push::Said::Frame(frame) };
        let _ = self.0.pushes.send(push);
    }

    /// Shows a notice to one person.
    pub fn toast(&self, user: &str, error: bool, text: &str) {
        self.change(|state| state.toast(user, error, text));
    }
}

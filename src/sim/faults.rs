//! Faults on demand: everything the real Slack does on a bad day.

use serde_json::{Value, json};

use super::core::{Sim, lock};
use crate::random::Random;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// 429 with this `Retry-After`; nothing is done.
    RateLimited { retry_after_s: i64 },
    /// An HTTP status with no JSON; nothing is done.
    Status { status: u16 },
    /// 200 with `ok:false` and `internal_error`; nothing is done.
    InternalError,
    /// The work is done, then 200 with `ok:false` and `internal_error`.
    InternalErrorAfter,
    /// No answer for so long, then the connection is cut; nothing is done.
    TimeoutBefore { after_ms: i64 },
    /// The work is done, but no answer for so long, then the connection is cut.
    TimeoutAfter { after_ms: i64 },
    /// The connection is reset; nothing is done.
    ResetBefore,
    /// The work is done, then the connection is reset.
    ResetAfter,
    /// The answer comes late.
    Slow { by_ms: i64 },
    /// An event never leaves.
    LoseEvent,
    /// An event comes twice, with one event id.
    DuplicateEvent,
    /// An event comes after the next one.
    ReorderEvent,
}

impl Fault {
    fn is_of_events(self) -> bool {
        matches!(self, Self::LoseEvent | Self::DuplicateEvent | Self::ReorderEvent)
    }
}

fn always() -> f64 {
    1.0
}

/// A fault, and when it strikes.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct FaultRule {
    #[serde(flatten)]
    pub fault: Fault,
    /// A method (`chat.postMessage`), a family (`chat.*`), `response_url`, `upload` (of a file's bytes), an inner event type for event faults, or all.
    #[serde(default)]
    pub method: Option<String>,
    /// From 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// How often at most.
    #[serde(default)]
    pub times: Option<u32>,
    /// Until when, milliseconds since 1970.
    #[serde(default)]
    pub until_ms: Option<i64>,
}

impl FaultRule {
    /// Strikes every time, everywhere.
    pub fn new(fault: Fault) -> Self {
        Self { fault, method: None, probability: 1.0, times: None, until_ms: None }
    }

    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    #[must_use]
    pub fn until_ms(mut self, until_ms: i64) -> Self {
        self.until_ms = Some(until_ms);
        self
    }

    fn strikes(&mut self, what: &str, random: &dyn Random, now_ms: i64) -> bool {
        let meant = match self.method.as_deref() {
            None | Some("*") => true,
            Some(pattern) => match pattern.strip_suffix('*') {
                Some(start) => what.starts_with(start),
                None => what == pattern,
            },
        };
        if !meant || self.times == Some(0) || self.until_ms.is_some_and(|until| now_ms >= until) {
            return false;
        }
        // A millionth is fine enough for a probability.
        let struck =
            self.probability >= 1.0 || (random.below(1_000_000) as f64) < self.probability * 1_000_000.0;
        if struck && let Some(times) = &mut self.times {
            *times -= 1;
        }
        struck
    }

    fn is_over(&self, now_ms: i64) -> bool {
        self.times == Some(0) || self.until_ms.is_some_and(|until| now_ms >= until)
    }
}

/// What becomes of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventFate {
    pub lost: bool,
    pub held_back: bool,
    pub copies: usize,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Vec<FaultRule>,
    outage_until_ms: Option<i64>,
}

impl Faults {
    pub(super) fn outage(&self, now_ms: i64) -> bool {
        self.outage_until_ms.is_some_and(|until| now_ms < until)
    }

    /// The fault that strikes this call, if any: the first rule that fits.
    pub(super) fn of_call(&mut self, random: &dyn Random, now_ms: i64, method: &str) -> Option<Fault> {
        self.rules.retain(|rule| !rule.is_over(now_ms));
        let mut of_calls = self.rules.iter_mut().filter(|rule| !rule.fault.is_of_events());
        of_calls.find_map(|rule| rule.strikes(method, random, now_ms).then_some(rule.fault))
    }

    pub(super) fn event_fate(&mut self, random: &dyn Random, now_ms: i64, payload: &Value) -> EventFate {
        let mut fate = EventFate { lost: false, held_back: false, copies: 1 };
        let kind = payload["event"]["type"].as_str().unwrap_or_default();
        for rule in self.rules.iter_mut().filter(|rule| rule.fault.is_of_events()) {
            if rule.strikes(kind, random, now_ms) {
                match rule.fault {
                    Fault::LoseEvent => fate.lost = true,
                    Fault::DuplicateEvent => fate.copies = 2,
                    _ => fate.held_back = true,
                }
            }
        }
        self.rules.retain(|rule| !rule.is_over(now_ms));
        fate
    }
}

impl Sim {
    /// Adds a fault.
    pub fn fault(&self, rule: FaultRule) {
        lock(&self.0.faults).rules.push(rule);
        self.bump();
    }

    /// Everything works again.
    pub fn clear_faults(&self) {
        *lock(&self.0.faults) = Faults::default();
        self.bump();
    }

    /// The faults in force.
    pub fn faults(&self) -> Vec<FaultRule> {
        lock(&self.0.faults).rules.clone()
    }

    /// Slack is gone for so long: every call and every socket is reset, no event leaves.
    pub fn outage(&self, for_ms: i64) {
        lock(&self.0.faults).outage_until_ms = Some(self.0.clock.now_ms().saturating_add(for_ms));
        self.drop_sockets();
        self.bump();
    }

    /// When the outage ends, if there is one.
    pub(super) fn out_until_ms(&self) -> Option<i64> {
        let now_ms = self.0.clock.now_ms();
        lock(&self.0.faults).outage_until_ms.filter(|until| now_ms < *until)
    }

    /// Is Slack gone at the moment?
    pub fn is_out(&self) -> bool {
        lock(&self.0.faults).outage(self.0.clock.now_ms())
    }

    /// The same by JSON, for `POST /sim/faults`: `{"add":[rule…],"clear":true,"outage_ms":30000,
    /// "sockets":"drop"|"refresh"|"warn"|"disable"}`.
    pub fn faults_from_json(&self, order: &Value) -> Result<Value, String> {
        if order["clear"] == true {
            self.clear_faults();
        }
        for rule in order["add"].as_array().into_iter().flatten() {
            let rule = serde_json::from_value(rule.clone()).map_err(|error| format!("{rule}: {error}"))?;
            self.fault(rule);
        }
        if let Some(for_ms) = order["outage_ms"].as_i64() {
            self.outage(for_ms);
        }
        match order["sockets"].as_str() {
            None => {}
            Some("drop") => self.drop_sockets(),
            Some("refresh") => self.refresh_sockets(true),
            Some("warn") => self.warn_sockets(),
            Some("disable") => self.disable_sockets(),
            Some(other) => {
                return Err(format!("sockets: \"{other}\" is none of drop, refresh, warn, disable"));
            }
        }
        Ok(json!({"ok": true, "faults": self.faults(), "outage": self.is_out()}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_rule_strikes_what_it_names_as_often_as_it_says() {
        let random = SeededRandom::new(1);
        let mut faults = Faults::default();
        faults.rules.push(FaultRule::new(Fault::ResetAfter).method("chat.*").times(2));
        let mut strike = |method| faults.of_call(&random, 0, method);
        assert_eq!(strike("users.info"), None);
        assert_eq!(strike("chat.postMessage"), Some(Fault::ResetAfter));
        assert_eq!(strike("chat.update"), Some(Fault::ResetAfter));
        assert_eq!(strike("chat.update"), None);
    }

    #[test]
    fn rules_come_as_json() {
        let rule: FaultRule = serde_json::from_value(
            json!({"kind": "rate_limited", "retry_after_s": 7, "method": "chat.update"}),
        )
        .unwrap();
        assert_eq!(rule, FaultRule::new(Fault::RateLimited { retry_after_s: 7 }).method("chat.update"));
    }
}

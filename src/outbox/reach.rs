//! Whether the other side of a channel can be reached at all. While it cannot, no message is tried in vain: a neutral
//! question is asked instead, and once it is answered the most urgent rows go first, what failed before included.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::backoff;
use crate::domain::time::Timestamp;
use crate::limits::{OUTBOX_CATCH_UP, OUTBOX_FAILURES_AWAY};

/// What is known of each channel's other side. One process's view: others find out for themselves.
#[derive(Default)]
pub(super) struct Reach(Mutex<HashMap<String, Side>>);

#[derive(Default)]
struct Side {
    /// Calls in a row that got no answer, whatever row they were for.
    failures: u32,
    /// Questions and tries without an answer since it went away.
    vain: u32,
    on_their_way: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Here,
    /// It is asked then whether it is back.
    Away {
        ask_at: Timestamp,
    },
    Asking,
    /// It answered: one row at a time, until one is through.
    Trying,
    /// What waits goes strictly by urgency.
    CatchingUp {
        until: Timestamp,
    },
}

/// What a round may do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gate {
    /// Channels that nothing is claimed for.
    pub(super) closed: Vec<String>,
    /// Channels whose rows go strictly by urgency.
    pub(super) strict: Vec<String>,
    /// Channels that are to be asked now whether they can be reached.
    pub(super) ask: Vec<String>,
    /// One row, no more.
    pub(super) one: bool,
    /// When to look again.
    pub(super) next: Option<Timestamp>,
}

impl Reach {
    fn sides(&self) -> MutexGuard<'_, HashMap<String, Side>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be done now. Whoever asks for it asks the channels that it names.
    pub(super) fn gate(&self, now: Timestamp) -> Gate {
        let mut gate = Gate::default();
        for (channel, side) in self.sides().iter_mut() {
            let mut next = None;
            match side.state {
                State::Here => {}
                State::Away { ask_at } if ask_at > now => {
                    gate.closed.push(channel.clone());
                    next = Some(ask_at);
                }
                State::Away { .. } => {
                    side.state = State::Asking;
                    gate.ask.push(channel.clone());
                    gate.closed.push(channel.clone());
                }
                State::Asking => gate.closed.push(channel.clone()),
                State::Trying if side.on_their_way > 0 => gate.closed.push(channel.clone()),
                State::Trying => gate.one = true,
                State::CatchingUp { until } if until > now => {
                    gate.strict.push(channel.clone());
                    next = Some(until);
                }
                State::CatchingUp { .. } => side.state = State::Here,
            }
            gate.next = [gate.next, next].into_iter().flatten().min();
        }
        gate
    }

    /// When a channel that cannot be reached is asked again.
    pub(super) fn ask_at(&self) -> Option<Timestamp> {
        let ask_at = |side: &Side| match side.state {
            State::Away { ask_at } => Some(ask_at),
            _ => None,
        };
        self.sides().values().filter_map(ask_at).min()
    }

    /// The channels whose rows go strictly by urgency now.
    pub(super) fn strict(&self) -> Vec<String> {
        let is_strict = |side: &Side| matches!(side.state, State::CatchingUp { .. });
        self.sides().iter().filter(|(_, side)| is_strict(side)).map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn begins(&self, channel: &str) {
        self.sides().entry(channel.to_owned()).or_default().on_their_way += 1;
    }

    pub(super) fn ends(&self, channel: &str) {
        if let Some(side) = self.sides().get_mut(channel) {
            side.on_their_way = side.on_their_way.saturating_sub(1);
        }
    }

    /// A call for a row was answered, with whatever. Whether it was away until now.
    pub(super) fn answers(&self, channel: &str, now: Timestamp) -> bool {
        let mut sides = self.sides();
        let Some(side) = sides.get_mut(channel) else { return false };
        side.failures = 0;
        match side.state {
            State::Here | State::CatchingUp { .. } | State::Asking => false,
            State::Away { .. } => {
                side.state = State::Trying;
                false
            }
            State::Trying => {
                let was_away = side.vain > 0;
                side.vain = 0;
                side.state =
                    if was_away { State::CatchingUp { until: now + OUTBOX_CATCH_UP } } else { State::Here };
                was_away
            }
        }
    }

    /// A call for a row got no answer. Whether the channel counts as away from now on.
    pub(super) fn fails(&self, channel: &str, now: Timestamp, chance: u64) -> bool {
        let mut sides = self.sides();
        let Some(side) = sides.get_mut(channel) else { return false };
        side.failures += 1;
        match side.state {
            State::Here | State::CatchingUp { .. } if side.failures >= OUTBOX_FAILURES_AWAY => {
                side.state = State::Away { ask_at: now };
                true
            }
            State::Trying => {
                side.vain += 1;
                side.state = State::Away { ask_at: now + backoff::question(side.vain, chance) };
                false
            }
            _ => false,
        }
    }

    /// The answer to the question whether it can be reached. Whether it had been away for longer than a moment.
    pub(super) fn asked(&self, channel: &str, reached: bool, now: Timestamp, chance: u64) -> bool {
        let mut sides = self.sides();
        let Some(side) = sides.get_mut(channel).filter(|side| side.state == State::Asking) else {
            return false;
        };
        if reached {
            side.state = State::Trying;
            return side.vain > 0;
        }
        side.vain += 1;
        side.state = State::Away { ask_at: now + backoff::question(side.vain, chance) };
        false
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_000_000);

    fn gate(reach: &Reach, at: Timestamp) -> (bool, bool, bool, bool) {
        let gate = reach.gate(at);
        (!gate.closed.is_empty(), !gate.ask.is_empty(), gate.one, !gate.strict.is_empty())
    }

    const OPEN: (bool, bool, bool, bool) = (false, false, false, false);
    const ASK: (bool, bool, bool, bool) = (true, true, false, false);
    const CLOSED: (bool, bool, bool, bool) = (true, false, false, false);
    const ONE: (bool, bool, bool, bool) = (false, false, true, false);
    const STRICT: (bool, bool, bool, bool) = (false, false, false, true);

    #[test]
    fn one_failure_is_no_outage() {
        let reach = Reach::default();
        reach.begins("slack");
        assert!(!reach.fails("slack", NOW, 0));
        assert!(!reach.answers("slack", NOW));
        assert!(!reach.fails("slack", NOW, 0));
        assert_eq!(gate(&reach, NOW), OPEN);
    }

    #[test]
    fn a_moment_without_answers_costs_one_question() {
        let reach = Reach::default();
        reach.begins("slack");
        assert!(!reach.fails("slack", NOW, 0));
        assert!(reach.fails("slack", NOW, 0));
        reach.ends("slack");
        assert_eq!(gate(&reach, NOW), ASK);
        assert_eq!(gate(&reach, NOW), CLOSED, "it is asked once");
        assert!(!reach.asked("slack", true, NOW, 0));
        assert_eq!(gate(&reach, NOW), ONE);
        reach.begins("slack");
        assert_eq!(gate(&reach, NOW), CLOSED, "one row at a time");
        reach.ends("slack");
        assert!(!reach.answers("slack", NOW));
        assert_eq!(gate(&reach, NOW), OPEN);
    }

    #[test]
    fn after_an_outage_rows_go_strictly_by_urgency_for_a_while() {
        let reach = Reach::default();
        reach.begins("slack");
        reach.ends("slack");
        for nth in 1..=OUTBOX_FAILURES_AWAY {
            assert_eq!(reach.fails("slack", NOW, 0), nth == OUTBOX_FAILURES_AWAY);
        }
        let mut now = NOW;
        for _ in 0..20 {
            assert_eq!(gate(&reach, now), ASK);
            assert!(!reach.asked("slack", false, now, u64::MAX));
            let next = reach.ask_at().unwrap();
            assert!(next > now && next <= now + Duration::from_secs(12), "it is asked again soon");
            now = next;
        }
        assert_eq!(gate(&reach, now), ASK);
        assert!(reach.asked("slack", true, now, 0));
        assert_eq!(gate(&reach, now), ONE);
        assert!(reach.answers("slack", now));
        assert_eq!(gate(&reach, now), STRICT);
        assert_eq!(gate(&reach, now + OUTBOX_CATCH_UP), OPEN);
    }
}

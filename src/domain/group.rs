//! An alert group and what may become of it: firing, acknowledged, silenced, resolved.
//!
//! The words and transitions are OnCall's; its traps are not. A silence outlives a resolve (flapping does not
//! escape it), a reopened group keeps its number and thread, and a refused click says who was faster.

use serde::{Deserialize, Serialize};

use super::actor::{Actor, Via};
use super::label::Labels;
use super::priority::Priority;
use super::time::Timestamp;
use crate::limits::ENDLESS_SILENCE_OUTLIVES;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Firing,
    Acknowledged,
    Silenced,
    Resolved,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Resolved => "resolved",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Firing, Self::Acknowledged, Self::Silenced, Self::Resolved]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// Somebody took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub by: Actor,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    pub by: Actor,
    pub at: Timestamp,
    /// `None`: until somebody lifts it.
    pub until: Option<Timestamp>,
    /// The silence by matchers that covers all its alerts, if it was not silenced by its own button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<i64>,
}

impl Silenced {
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    pub by: Actor,
    pub at: Timestamp,
    /// What fixed it, in the resolver's words; shown when it happens again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Who did what and when: the part of a group that no query looks into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Taken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silenced: Option<Silenced>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// Who said last that it is not over, by unresolving it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopened_by: Option<Taken>,
    /// How often it fired again after a resolve.
    #[serde(skip_serializing_if = "is_zero")]
    pub reopened: u32,
    /// The sender's own title and message, where the integration has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How many alerts the sender left out of its last message.
    #[serde(skip_serializing_if = "is_zero")]
    pub truncated: u32,
    /// All its alerts are test notifications: nobody has to have it.
    #[serde(skip_serializing_if = "is_false")]
    pub test: bool,
    /// When its channels were last notified again after the first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notified_again: Option<Timestamp>,
    /// Why it is quiet though alerts fire (inhibited, silenced, muted), in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hushed: Option<String>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub id: i64,
    pub number: i64,
    pub integration: String,
    pub kind: String,
    pub receiver: String,
    pub route: String,
    pub group_key: String,
    pub group_labels: Labels,
    pub channels: Vec<String>,
    pub title: String,
    pub priority: Priority,
    pub state: State,
    pub facts: Facts,
    /// Alerts firing and resolved in it now.
    pub firing: u32,
    pub resolved: u32,
    pub notified_at: Option<Timestamp>,
    pub flushed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub attached_to: Option<i64>,
}

/// What happened to a group's state; told in its thread and kept as an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A silence that it had is lifted with it.
    Acknowledged {
        #[serde(default, skip_serializing_if = "is_false")]
        lifted: bool,
    },
    Unacknowledged {
        timed_out: bool,
    },
    Resolved {
        note: Option<String>,
    },
    Unresolved,
    /// Who had it has it no more.
    Silenced {
        until: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        had_it: Option<Actor>,
    },
    Unsilenced {
        ran_out: bool,
    },
    FiresAgain {
        times: u32,
        had_it: Option<Actor>,
    },
}

impl Change {
    /// The kind of its event row.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Acknowledged { .. } => "acknowledged",
            Self::Unacknowledged { .. } => "unacknowledged",
            Self::Resolved { .. } => "resolved",
            Self::Unresolved => "unresolved",
            Self::Silenced { .. } => "silenced",
            Self::Unsilenced { .. } => "unsilenced",
            Self::FiresAgain { .. } => "fires_again",
        }
    }
}

/// A change with its author, as the thread tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    #[serde(flatten)]
    pub change: Change,
    pub by: Actor,
    pub via: Via,
    pub at: Timestamp,
}

/// Why a wish was not granted: told to the one who clicked, and to nobody else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("already acknowledged")]
    AlreadyAcknowledged(Taken),
    #[error("already resolved")]
    AlreadyResolved(Resolved),
    #[error("already silenced until then")]
    AlreadySilenced(Silenced),
    #[error("it is not {}", .0.as_str())]
    Not(State),
    #[error("a silence must end in the future")]
    SilenceInThePast,
    /// Its root leads; this is the root's id, as in [`Group::attached_to`].
    #[error("it is attached to another alert group")]
    Attached(i64),
    #[error("it cannot be attached there")]
    Unattachable(Unattachable),
}

/// Why one alert group cannot be attached to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unattachable {
    ToItself,
    /// One of the two, by its number.
    Resolved {
        number: i64,
    },
    /// The one it was to be attached to, by its number.
    RootIsAttached {
        number: i64,
    },
    /// The first of those that are attached to it, by its number.
    HasOthers {
        number: i64,
    },
}

impl Group {
    /// Whether it fires and nobody has it. A test notification needs nobody.
    pub fn needs_somebody(&self) -> bool {
        self.state == State::Firing && self.firing > 0 && !self.facts.test
    }

    /// Open, though no alert of it fires: a person said that it is not over. Nothing burns, so nobody is reminded; it is
    /// over when a person says so, when something fired in it once more and ended, or after `auto_resolve_after`.
    pub fn is_open_and_calm(&self) -> bool {
        self.state == State::Firing && self.firing == 0
    }

    /// Whether what fires in it now, though it was resolved long ago, is still what somebody silenced: an alert that comes
    /// and goes every half hour does not escape a silence of four. A person who resolves a group has done with its silence,
    /// and what is silenced until somebody lifts it is, once it is over, forgotten some day.
    pub fn is_silenced_beyond_its_end(&self, now: Timestamp) -> bool {
        let by_a_person =
            self.facts.resolved.as_ref().is_some_and(|resolved| resolved.by.slack_id().is_some());
        let Some(silenced) = self.facts.silenced.as_ref().filter(|silenced| silenced.rule.is_none()) else {
            return false;
        };
        let until = silenced.until.or(self.resolved_at.map(|at| at + ENDLESS_SILENCE_OUTLIVES));
        !by_a_person && until.is_some_and(|until| now < until)
    }

    pub fn acknowledge(&mut self, by: &Actor, now: Timestamp) -> Result<Change, Refusal> {
        self.refuse_if_attached()?;
        match (self.state, &self.facts.acknowledged) {
            (State::Acknowledged, Some(taken)) => return Err(Refusal::AlreadyAcknowledged(taken.clone())),
            (State::Resolved, _) => return Err(self.already_resolved(now)),
            _ => {}
        }
        let lifted = self.state == State::Silenced;
        self.facts.silenced = None;
        self.facts.acknowledged = Some(Taken { by: by.clone(), at: now });
        self.set(State::Acknowledged, now);
        Ok(Change::Acknowledged { lifted })
    }

    pub fn unacknowledge(&mut self, timed_out: bool, now: Timestamp) -> Result<Change, Refusal> {
        self.refuse_if_attached()?;
        if self.state != State::Acknowledged {
            return Err(Refusal::Not(State::Acknowledged));
        }
        self.facts.acknowledged = None;
        self.set(State::Firing, now);
        Ok(Change::Unacknowledged { timed_out })
    }

    /// By a person, a rule, or the source when its last alert ended. The silence stays: a group that flaps
    /// back is still silenced. An attachment does not: what is resolved for itself stands for itself when it comes back.
    pub fn resolve(&mut self, by: &Actor, note: Option<String>, now: Timestamp) -> Result<Change, Refusal> {
        if self.state == State::Resolved {
            return Err(self.already_resolved(now));
        }
        self.facts.resolved = Some(Resolved { by: by.clone(), at: now, note: note.clone() });
        self.facts.hushed = None;
        self.attached_to = None;
        self.resolved_at = Some(now);
        self.set(State::Resolved, now);
        Ok(Change::Resolved { note })
    }

    /// Somebody says that it is not over, whether something fires or not.
    pub fn unresolve(&mut self, by: &Actor, now: Timestamp) -> Result<Change, Refusal> {
        if self.state != State::Resolved {
            self.refuse_if_attached()?;
            return Err(Refusal::Not(State::Resolved));
        }
        self.reopen(now);
        self.facts.reopened_by = Some(Taken { by: by.clone(), at: now });
        Ok(Change::Unresolved)
    }

    /// `rule` names the silence by matchers, if it was one.
    pub fn silence(
        &mut self,
        by: &Actor,
        until: Option<Timestamp>,
        rule: Option<i64>,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        self.refuse_if_attached()?;
        if until.is_some_and(|until| until <= now) {
            return Err(Refusal::SilenceInThePast);
        }
        match (self.state, &self.facts.silenced) {
            (State::Resolved, _) => return Err(self.already_resolved(now)),
            (State::Silenced, Some(silenced)) if silenced.until == until => {
                return Err(Refusal::AlreadySilenced(silenced.clone()));
            }
            _ => {}
        }
        let had_it = self.facts.acknowledged.take().map(|taken| taken.by).filter(|actor| actor != by);
        self.facts.silenced = Some(Silenced { by: by.clone(), at: now, until, rule });
        self.set(State::Silenced, now);
        Ok(Change::Silenced { until, had_it })
    }

    pub fn unsilence(&mut self, ran_out: bool, now: Timestamp) -> Result<Change, Refusal> {
        self.refuse_if_attached()?;
        if self.state != State::Silenced {
            return Err(Refusal::Not(State::Silenced));
        }
        self.facts.silenced = None;
        self.set(State::Firing, now);
        Ok(Change::Unsilenced { ran_out })
    }

    /// An alert fires in a resolved group: it comes back under its number, silenced if its silence still holds.
    pub fn fire_again(&mut self, now: Timestamp) -> Change {
        let had_it = self
            .facts
            .acknowledged
            .as_ref()
            .map(|taken| taken.by.clone())
            .or_else(|| self.facts.resolved.as_ref().map(|resolved| resolved.by.clone()))
            .filter(|actor| actor.slack_id().is_some());
        self.reopen(now);
        self.facts.reopened += 1;
        Change::FiresAgain { times: self.facts.reopened, had_it }
    }

    fn reopen(&mut self, now: Timestamp) {
        self.facts.resolved = None;
        self.facts.acknowledged = None;
        self.facts.reopened_by = None;
        self.resolved_at = None;
        self.attached_to = None;
        let still_silenced = self.facts.silenced.as_ref().is_some_and(|silenced| silenced.holds_at(now));
        if !still_silenced {
            self.facts.silenced = None;
        }
        self.set(if still_silenced { State::Silenced } else { State::Firing }, now);
    }

    fn refuse_if_attached(&self) -> Result<(), Refusal> {
        self.attached_to.map_or(Ok(()), |root| Err(Refusal::Attached(root)))
    }

    fn already_resolved(&self, now: Timestamp) -> Refusal {
        let unknown = || Resolved { by: Actor::Firebell, at: self.resolved_at.unwrap_or(now), note: None };
        Refusal::AlreadyResolved(self.facts.resolved.clone().unwrap_or_else(unknown))
    }

    fn set(&mut self, state: State, now: Timestamp) {
        self.state = state;
        self.updated_at = now;
    }
}

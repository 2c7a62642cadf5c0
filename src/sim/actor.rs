//! A person of the workspace: everything they can do in Slack that the app may hear of.

mod interact;
mod modal;
mod say;

use serde_json::{Value, json};

use super::core::Sim;
use super::delivery::Failure;
use super::state::SimState;

/// Why a person could not do something, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UserError(pub String);

impl UserError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<&'static str> for UserError {
    fn from(code: &'static str) -> Self {
        Self(code.replace('_', " "))
    }
}

/// Where something to click is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    Message {
        channel: String,
        ts: String,
    },
    Ephemeral {
        channel: String,
        ts: String,
    },
    /// A modal or home tab, by its id.
    View(String),
    /// The person's App Home.
    Home,
}

impl At {
    pub fn message(channel: &str, ts: &str) -> Self {
        Self::Message { channel: channel.to_owned(), ts: ts.to_owned() }
    }

    pub fn ephemeral(channel: &str, ts: &str) -> Self {
        Self::Ephemeral { channel: channel.to_owned(), ts: ts.to_owned() }
    }
}

/// Which element is used, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// The element: its label, action id, block id, or the value of a button.
    pub element: String,
    /// What is chosen in it (nothing for a button): an option's value or label, an id, a date, an array.
    pub value: Option<Value>,
    /// The inputs beside it, as the page sends them: `{block_id:{action_id:{…}}}`.
    pub state: Option<Value>,
}

impl Choice {
    /// A button.
    pub fn button(label_or_id: &str) -> Self {
        Self { element: label_or_id.to_owned(), ..Self::default() }
    }

    /// A select, date picker, checkbox … set to a value.
    pub fn set(element: &str, value: impl Into<Value>) -> Self {
        Self { element: element.to_owned(), value: Some(value.into()), state: None }
    }
}

/// One person at the keyboard.
#[derive(Clone)]
pub struct Actor {
    sim: Sim,
    user: String,
}

impl Sim {
    /// A person by id, name or e-mail.
    pub fn actor(&self, who: &str) -> Result<Actor, UserError> {
        let found = self.read(|state| state.user(who).map(|u| (u.id.clone(), u.deleted)));
        match found {
            Some((user, false)) => Ok(Actor { sim: self.clone(), user }),
            Some(_) => Err(UserError::new(format!("{who} is deactivated."))),
            None => Err(UserError::new(format!("There is no {who} in this workspace."))),
        }
    }
}

impl Actor {
    /// The person's user id.
    pub fn id(&self) -> &str {
        &self.user
    }

    /// The simulator the person is in.
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// A conversation the person is a member of.
    fn own_channel(&self, state: &SimState, channel: &str) -> Result<String, UserError> {
        let found = state.channel(channel).filter(|c| state.may_see(&self.user, c));
        let found =
            found.ok_or_else(|| UserError::new(format!("There is no channel {channel} you can see.")))?;
        if !found.members.contains(&self.user) {
            return Err(UserError::new(format!("You are not a member of #{}.", found.name)));
        }
        Ok(found.id.clone())
    }

    fn seen_channel(&self, state: &SimState, channel: &str) -> Result<String, UserError> {
        let found = state.channel(channel).filter(|c| state.may_see(&self.user, c));
        found
            .map(|c| c.id.clone())
            .ok_or_else(|| UserError::new(format!("There is no channel {channel} you can see.")))
    }

    /// `user`, `team`, `api_app_id` and the like, which every interaction carries.
    fn frame(&self, state: &SimState, kind: &str) -> Value {
        let name = state.users.get(&self.user).map(|u| u.name.clone()).unwrap_or_default();
        json!({
            "type": kind,
            "user": {"id": self.user, "username": name, "name": name, "team_id": state.workspace.id},
            "api_app_id": state.app.id, "token": "sim-verification-token",
            "team": {"id": state.workspace.id, "domain": state.workspace.domain},
            "enterprise": null, "is_enterprise_install": false,
        })
    }

    /// Keeps a notice for whoever inspects; the page shows the error it is answered with.
    fn note(&self, text: &str) {
        self.sim.change(|state| state.note_toast(&self.user, true, text));
        self.sim.bump();
    }

    /// Shows a notice on this person's pages that was noted before.
    pub(super) fn show_toast(&self, text: &str) {
        self.sim.push_toast(&self.user, text);
    }

    /// A failed delivery as the person sees it: a notice, and the sentence.
    fn failed(&self, what: &str, failure: Failure) -> UserError {
        let text = match failure {
            Failure::Timeout => format!("{what} failed because the app did not respond (operation_timeout)."),
            Failure::Nobody => format!("{what} failed because the app is not listening (dispatch_failed)."),
            Failure::Connection => {
                format!("{what} failed because the app could not be reached (dispatch_failed).")
            }
            Failure::Status | Failure::NoRetry => {
                format!("{what} failed because the app answered with an error (http_service_error).")
            }
        };
        self.note(&text);
        UserError(text)
    }
}

//! `users` and `rights`: who is who, and who may do what.

use serde_json::json;

use super::kinds;
use crate::domain::rights::Right;
use crate::yaml::{Fields, ListOf, Name, Parsed, Problem, Section};

/// A person, linked to Slack by e-mail or id.
#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    pub email: Option<String>,
    pub slack_id: Option<String>,
}

impl Section for User {
    const NAME: &'static str = "user";
    const ABOUT: &'static str = "A person; nobody has to press \"connect\".";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "The name others use for them here.", &Name("user"));
        let email = f.optional("email", "The e-mail address they have in Slack.", &kinds::email());
        let slack_id = f.optional("slack_id", "Their Slack id, if the address differs.", &kinds::user_id());
        if matches!((&email, &slack_id), (Some(None), Some(None))) {
            f.missing(
                "neither `email` nor `slack_id` is given",
                Some("one of them links the person to Slack".to_owned()),
            );
            return None;
        }
        Some(Self { name: name?, email: email?, slack_id: slack_id? })
    }
}

/// Somebody who may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// U… or W…
    SlackUser(String),
    /// S…, a user group.
    SlackGroup(String),
    /// By e-mail address.
    Email(String),
    /// A name from `users`, or a user group's handle (`@sre`), without the @.
    Named(String),
}

pub(super) fn who() -> Parsed<Who> {
    Parsed {
        what: "a person or user group",
        parse: |text| {
            let id = |starts: &[&str]| text.len() >= 9 && kinds::slack_id(text, starts, "").is_ok();
            if id(&["U", "W"]) {
                return Ok(Who::SlackUser(text.to_owned()));
            }
            if id(&["S"]) {
                return Ok(Who::SlackGroup(text.to_owned()));
            }
            let handle = text.strip_prefix('@').unwrap_or(text);
            if handle.is_empty() {
                return Err(
                    Problem::new("").hint("write a name from `users`, @handle, an e-mail address, U… or S…")
                );
            }
            Ok(if handle.contains('@') {
                Who::Email(handle.to_owned())
            } else {
                Who::Named(handle.to_owned())
            })
        },
        schema: || json!({"examples": ["@sre", "ada@example.com", "U0123456789", "S0123456789"]}),
    }
}

/// Who may use which words. None: every full member.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    pub declare: Option<Vec<Who>>,
    pub resolve: Option<Vec<Who>>,
    pub private: Option<Vec<Who>>,
    pub admin: Option<Vec<Who>>,
}

impl Section for Rights {
    const NAME: &'static str = "rights";
    const ABOUT: &'static str = "Who may do what; what is not named here, every full member may do. Guests, bots and people of other workspaces may look at what their channels show, and acknowledge.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let list = ListOf(who());
        let declare = f.optional("declare", Right::Declare.about(), &list);
        let resolve = f.optional("resolve", Right::Resolve.about(), &list);
        let private = f.optional("private", Right::Private.about(), &list);
        let admin = f.optional("admin", Right::Admin.about(), &list);
        Some(Self { declare: declare?, resolve: resolve?, private: private?, admin: admin? })
    }
}

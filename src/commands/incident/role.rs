//! `role`: who does what.

use super::super::reply::{by, private};
use super::super::{Command, Said, typed};
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::domain::say::IncidentForm;
use crate::engine::Work;
use crate::engine::incident::{self, Done};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, incidents};
use crate::views::answer::next;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;

pub(in crate::commands) const ROLE: Command = Command {
    entry: Entry {
        word: "role",
        aliases: &["roles"],
        usage: &["role commander [@ann]", "role leave [commander]", "role INC-12 scribe @bob", "role"],
        help: "take a role, or give it to somebody; alone: who has which",
        about: About::Incidents,
    },
    run: role,
};

fn role(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (one, words) = match which::incident(work, said, &ROLE, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let users = typed::users(words);
    let text = typed::without_references(words);
    let mut parts: Vec<&str> = text.split_whitespace().collect();
    let leaves =
        |word: &&str| matches!(word.to_lowercase().as_str(), "leave" | "drop" | "remove" | "unassign");
    let is_leaving = parts.first().is_some_and(leaves) || parts.last().is_some_and(leaves);
    parts.retain(|word| !leaves(word));
    let helps =
        |word: &&str| matches!(word.to_lowercase().as_str(), "take" | "give" | "assign" | "set" | "to");
    if parts.len() > 1 {
        parts.retain(|word| !helps(word));
    }
    let role = parts.join(" ");
    if is_leaving {
        let user = users.first().map_or(said.user, String::as_str);
        return leave(work, said, &one, &role, user);
    }
    if matches!(role.as_str(), "" | "list") {
        return match said.trigger_id {
            Some(_) if role.is_empty() => reply::form(work, said, &one, IncidentForm::Roles, "role"),
            _ => all(work, &one),
        };
    }
    let users = if users.is_empty() { vec![said.user.to_owned()] } else { users };
    let mut done = Done::Unknown;
    for user in &users {
        done = incident::take_role(work, one.id, &by(said), &role, user)?;
        if !matches!(done, Done::Yes(_)) {
            break;
        }
    }
    let role = work.rules.incidents.role(&role).map_or(role, |known| known.name.clone());
    Ok(reply::done(work, done, |one, _| {
        if users.iter().all(|user| user == said.user) {
            let text = name(one).raw(": you are ").text(&role).raw(" now.");
            return text.raw(" What that means is in a direct message to you.");
        }
        reply::people(name(one).raw(": ").text(&role).raw(" is now "), &users).raw(". They were told.")
    }))
}

/// Without a role's name, the only one they have.
fn leave(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
    role: &str,
    user: &str,
) -> Result<Answer, StoreError> {
    let held: Vec<String> = incidents::roles(work.tx, one.id)?
        .into_iter()
        .filter(|holder| holder.user_id == user)
        .map(|holder| holder.role)
        .collect();
    let role = match (role, held.as_slice()) {
        ("", []) => {
            return Ok(private(name(one).raw(": ").user(user).raw(" has no role in it.")));
        }
        ("", [only]) => only.clone(),
        ("", [first, ..]) => {
            let text = name(one).raw(": which role? ").user(user).raw(" has ").text(&held.join(", "));
            let words = format!("role leave {}", first.to_lowercase());
            return Ok(private(next(text.raw(". As in "), &work.rules.slack.command, &words)));
        }
        (named, held) => {
            let known = work.rules.incidents.role(named).map_or(named, |known| known.name.as_str());
            let Some(held) = held.iter().find(|held| held.to_lowercase() == known.to_lowercase()) else {
                let text = name(one).raw(": ").user(user).raw(" does not have the role ").code(known);
                return Ok(private(next(
                    text.raw(". Who has which: "),
                    &work.rules.slack.command,
                    "role list",
                )));
            };
            held.clone()
        }
    };
    let done = incident::leave_role(work, one.id, &by(said), &role, user)?;
    Ok(reply::done(work, done, |one, command| {
        let text = name(one).raw(": ").user(user).raw(" is not ").text(&role).raw(" any more.");
        next(text.raw(" To hand it on: "), command, &format!("role {} @somebody", role.to_lowercase()))
    }))
}

/// Each role, who has it, and what it does where nobody has.
fn all(work: &mut Work<'_>, one: &Incident) -> Result<Answer, StoreError> {
    let holders = incidents::roles(work.tx, one.id)?;
    let mut text = name(one).raw(": roles");
    for role in &work.rules.incidents.roles {
        let users: Vec<String> =
            holders.iter().filter(|one| one.role == role.name).map(|one| one.user_id.clone()).collect();
        text = text.line().raw("• ").bold(&role.name).raw(": ");
        text = if users.is_empty() {
            text.raw("nobody. ").text(&role.description)
        } else {
            reply::people(text, &users)
        };
    }
    let old =
        holders.iter().filter(|one| work.rules.incidents.roles.iter().all(|role| role.name != one.role));
    for one in old {
        text = text.line().raw("• ").bold(&one.role).raw(": ").user(&one.user_id);
    }
    let first = work.rules.incidents.roles.first().map_or("commander", |role| role.name.as_str());
    let example = Mrkdwn::new().append(&text).line().raw("To take one: ");
    Ok(private(next(example, &work.rules.slack.command, &format!("role {}", first.to_lowercase()))))
}

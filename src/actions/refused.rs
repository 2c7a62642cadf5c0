//! Why a wish was not granted, in friendly words: who was faster, and when.

use crate::domain::actor::Actor;
use crate::domain::duration;
use crate::domain::group::{Group, Refusal, State};
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, groups};

/// The group a button belongs to is not in the database any more.
pub const GONE: &str = "This alert group is gone: it is older than what Firebell keeps (`store.retention`).";

/// What the one who wished is told.
pub fn refused(
    work: &mut Work<'_>,
    user: &str,
    group: &Group,
    refusal: &Refusal,
) -> Result<Mrkdwn, StoreError> {
    let number = group.number;
    let now = work.now;
    Ok(match refusal {
        Refusal::AlreadyAcknowledged(taken) if taken.by.slack_id() == Some(user) => {
            let ago = ago(taken.at, now);
            Mrkdwn::markup(format!("It is yours already: you acknowledged #{number} {ago}."))
        }
        Refusal::AlreadyAcknowledged(taken) => deed(&taken.by, "acknowledged", number, taken.at, now),
        Refusal::AlreadyResolved(resolved) => deed(&resolved.by, "resolved", number, resolved.at, now),
        Refusal::AlreadySilenced(silenced) => {
            let text = deed(&silenced.by, "silenced", number, silenced.at, now);
            match silenced.until {
                Some(_) => text.raw(" It ends when you wished."),
                None => text.raw(" It lasts until somebody lifts it."),
            }
        }
        Refusal::Not(State::Firing) => not_open(group, now),
        Refusal::Not(state) => Mrkdwn::markup(format!("#{number} is not {} any more. ", state.as_str()))
            .append(&stands(group, now)),
        Refusal::SilenceInThePast => Mrkdwn::markup("A silence must end in the future."),
        Refusal::Attached(_) => match group.attached_to {
            Some(root) => {
                let root = groups::by_id(work.tx, root)?
                    .map_or_else(|| "another alert group".to_owned(), |root| format!("#{}", root.number));
                Mrkdwn::markup(format!("#{number} is attached to {root}: do it there, or detach it first."))
            }
            None => Mrkdwn::markup(format!(
                "#{number} cannot be attached there: one of the two is attached already or has others attached."
            )),
        },
    })
}

/// "@ann acknowledged #24 a moment ago."
fn deed(by: &Actor, verb: &str, number: i64, at: Timestamp, now: Timestamp) -> Mrkdwn {
    name(by).raw(&format!(" {verb} #{number} {}.", ago(at, now)))
}

fn name(by: &Actor) -> Mrkdwn {
    match by {
        Actor::Person(id) => Mrkdwn::new().user(id),
        Actor::Integration(name) => Mrkdwn::markup("The source (").text(name).raw(")"),
        Actor::Api(name) => Mrkdwn::markup("API token ").text(name),
        Actor::Firebell => Mrkdwn::markup("Firebell"),
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    let since = now.since(at);
    if since.as_secs() < 60 {
        return "a moment ago".to_owned();
    }
    let minutes = since.as_secs() / 60;
    let coarse = if minutes < 24 * 60 { minutes * 60 } else { minutes / 60 * 3_600 };
    format!("{} ago", duration::human(std::time::Duration::from_secs(coarse)))
}

fn not_open(group: &Group, now: Timestamp) -> Mrkdwn {
    match &group.facts.resolved {
        Some(resolved) => deed(&resolved.by, "resolved", group.number, resolved.at, now),
        None => Mrkdwn::markup(format!("One of the two is resolved, so #{} was not attached.", group.number)),
    }
}

/// How it stands, and by whom.
fn stands(group: &Group, now: Timestamp) -> Mrkdwn {
    let facts = &group.facts;
    match group.state {
        State::Firing => Mrkdwn::markup("It fires and nobody has it."),
        State::Acknowledged => match &facts.acknowledged {
            Some(taken) => deed(&taken.by, "acknowledged", group.number, taken.at, now),
            None => Mrkdwn::markup("It is acknowledged."),
        },
        State::Silenced => match &facts.silenced {
            Some(silenced) => deed(&silenced.by, "silenced", group.number, silenced.at, now),
            None => Mrkdwn::markup("It is silenced."),
        },
        State::Resolved => match &facts.resolved {
            Some(resolved) => deed(&resolved.by, "resolved", group.number, resolved.at, now),
            None => Mrkdwn::markup("It is resolved."),
        },
    }
}

//! `attach` and `detach`: alert groups belong to an incident, or one to another.
//!
//! In an incident's channel `attach 5` puts the alert under the incident; in an alert's thread, that alert under #5.
//! Anywhere, what is named goes under what is named last: `attach 5 INC-12`, `attach 6 to 5`.

use super::super::reply::{by, done as alert_done, no_such_group, private, usage, which as which_alert};
use super::super::{Command, Said, typed, which as alerts};
use super::which::{Named, here, named};
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::group::Group;
use crate::domain::incident::Incident;
use crate::domain::say::{IncidentForm, View};
use crate::engine::incident::Done;
use crate::engine::{Work, deeds, incident};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, groups, incidents};
use crate::views::answer::{name as alert_name, next};
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;

pub(in crate::commands) const ATTACH: Command = Command {
    entry: Entry {
        word: "attach",
        aliases: &[],
        usage: &["attach 5", "attach 5 INC-12", "attach 6 to 5"],
        help: "put an alert under the incident, or under another alert",
        about: About::Incidents,
    },
    run: attach,
};

pub(in crate::commands) const DETACH: Command = Command {
    entry: Entry {
        word: "detach",
        aliases: &[],
        usage: &["detach 5", "detach 5 INC-12"],
        help: "take an alert out again",
        about: About::Incidents,
    },
    run: detach,
};

/// What was named, in its order.
struct Parts {
    alerts: Vec<Group>,
    incident: Option<Incident>,
}

/// Reads alerts and incidents until the end; anything else is an answer.
fn parts(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    rest: &str,
) -> Result<Result<Parts, Answer>, StoreError> {
    let mut found = Parts { alerts: Vec::new(), incident: None };
    let mut text = rest;
    if typed::numbers_for_channels(rest).is_some()
        && let Some(answer) = alerts::instead_of_channel(work, said, word, rest, None)?
    {
        return Ok(Err(answer));
    }
    loop {
        let (first, after) = typed::first(text);
        if first.is_empty() {
            return Ok(Ok(found));
        }
        if matches!(first.to_lowercase().as_str(), "to" | "from" | "and" | "under" | "into" | "of") {
            text = after;
            continue;
        }
        text = match named(work, said, text)? {
            Named::Incident(one, after) => {
                found.incident = Some(*one);
                after
            }
            Named::NoIncident(answer) => return Ok(Err(answer)),
            Named::Alert(number, after) => match alerts::by_number(work, said, number)? {
                Some(group) => {
                    found.alerts.push(group);
                    after
                }
                None => return Ok(Err(no_such_group(work, number))),
            },
            Named::Nothing => match typed::number(first) {
                Some(number) => match alerts::by_number(work, said, number)? {
                    Some(group) => {
                        found.alerts.push(group);
                        after
                    }
                    None => return Ok(Err(no_such_group(work, number))),
                },
                None => return Ok(Err(usage(work, word))),
            },
        };
    }
}

fn attach(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let mut parts = match parts(work, said, "attach", rest)? {
        Ok(parts) => parts,
        Err(answer) => return Ok(answer),
    };
    if let Some(group) = alerts::of_thread(work, said)? {
        match (&parts.incident, parts.alerts.as_slice()) {
            (Some(_), []) => parts.alerts.push(group),
            (None, [root]) => return under_alert(work, said, &group, &root.clone()),
            (None, []) => return which_root(work, said, &group),
            _ => {}
        }
    } else if parts.incident.is_none() {
        parts.incident = here(work, said)?;
    }
    match (parts.incident, parts.alerts.as_slice()) {
        (Some(one), []) if said.trigger_id.is_some() => {
            reply::form(work, said, &one, IncidentForm::Attach, "attach")
        }
        (Some(one), []) => {
            let text = Mrkdwn::markup("Which alert belongs to ").append(&name(&one)).raw("? ");
            which_one(work, said, "attach", text)
        }
        (Some(one), about) => under_incident(work, said, &one, about),
        (None, [group, root]) => under_alert(work, said, &group.clone(), &root.clone()),
        (None, [group]) if said.is_about_incidents() => {
            reply::which(work, said, "attach", &group.number.to_string())
        }
        (None, [group]) => which_root(work, said, &group.clone()),
        (None, _) => Ok(usage(work, "attach")),
    }
}

/// Under which other alert: a form offers them, and says how incidents are named.
fn which_root(work: &mut Work<'_>, said: &Said<'_>, group: &Group) -> Result<Answer, StoreError> {
    if said.trigger_id.is_some() {
        return super::super::reply::dialogue(work, said, View::Attach { group: group.id }, "attach");
    }
    let text = alert_name(group).raw(": to what? To an incident: ");
    let open = which::open(work, said)?;
    let number = open.first().map_or(12, |one| one.number);
    let command = &work.rules.slack.command;
    let text = next(text, command, &format!("attach {} INC-{number}", group.number));
    let open = groups::open(work.tx, 2)?;
    let other =
        alerts::viewer(work, said)?.seen_of(work.tx, open)?.into_iter().find(|other| other.id != group.id);
    let root = other.map_or(1, |other| other.number);
    Ok(private(next(
        text.raw(". To another alert: "),
        command,
        &format!("attach {} to {root}", group.number),
    )))
}

fn which_one(work: &mut Work<'_>, said: &Said<'_>, word: &str, text: Mrkdwn) -> Result<Answer, StoreError> {
    let Answer::Private(list) = which_alert(work, said, word)? else { return Ok(usage(work, word)) };
    Ok(private(text.append(&Mrkdwn::markup(list))))
}

fn under_alert(
    work: &mut Work<'_>,
    said: &Said<'_>,
    group: &Group,
    root: &Group,
) -> Result<Answer, StoreError> {
    let done = deeds::attach(work, group.id, root.id, &by(said))?;
    let number = root.number;
    alert_done(work, said, done, |group, command| {
        let text = alert_name(group).raw(&format!(" is attached to #{number} and follows it. To undo it: "));
        next(text, command, &format!("detach {}", group.number))
    })
}

fn under_incident(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
    about: &[Group],
) -> Result<Answer, StoreError> {
    let mut done = Done::Unknown;
    for group in about {
        done = incident::attach_group(work, one.id, &by(said), group.id)?;
        if !matches!(done, Done::Yes(_)) {
            break;
        }
    }
    let numbers = numbers(about);
    Ok(reply::done(work, done, |one, _| {
        Mrkdwn::markup(format!("{numbers} is part of ")).append(&name(one)).raw(" now.")
    }))
}

fn numbers(about: &[Group]) -> String {
    about.iter().map(|group| format!("#{}", group.number)).collect::<Vec<_>>().join(", ")
}

fn detach(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let mut parts = match parts(work, said, "detach", rest)? {
        Ok(parts) => parts,
        Err(answer) => return Ok(answer),
    };
    match alerts::of_thread(work, said)? {
        Some(group) if parts.alerts.is_empty() => parts.alerts.push(group),
        None if parts.incident.is_none() => parts.incident = incidents::by_channel(work.tx, said.channel)?,
        _ => {}
    }
    let Some(group) = parts.alerts.first().cloned() else {
        return match parts.incident {
            Some(one) if said.trigger_id.is_some() => {
                reply::form(work, said, &one, IncidentForm::Detach, "detach")
            }
            Some(one) => {
                let about = incidents::groups_of(work.tx, one.id)?;
                let mut list = Vec::new();
                for id in about {
                    list.extend(groups::by_id(work.tx, id)?);
                }
                let text = name(&one).raw(": which alert? It has ");
                let text = if list.is_empty() { text.raw("none.") } else { text.raw(&numbers(&list)) };
                Ok(private(text))
            }
            None => which_one(work, said, "detach", Mrkdwn::new()),
        };
    };
    if let Some(one) = parts.incident {
        let done = incident::detach_group(work, one.id, &by(said), group.id)?;
        if let Done::No(one, crate::domain::incident::Refusal::Same(_)) = &done {
            return Ok(private(alert_name(&group).raw(" does not belong to ").append(&name(one)).raw(".")));
        }
        return Ok(reply::done(work, done, |one, command| {
            let text =
                alert_name(&group).raw(" is no part of ").append(&name(one)).raw(" any more. To undo it: ");
            next(text, command, &format!("attach {} INC-{}", group.number, one.number))
        }));
    }
    if group.attached_to.is_some() {
        let done = deeds::detach(work, group.id, &by(said))?;
        return alert_done(work, said, done, |group, _| alert_name(group).raw(" stands for itself again."));
    }
    let text = alert_name(&group).raw(" is not attached to another alert.");
    Ok(private(match which::of_group(work, said, &group)? {
        Some(one) => {
            let text = text.raw(" It belongs to ").append(&name(&one)).raw("; to take it out: ");
            next(text, &work.rules.slack.command, &format!("detach {} INC-{}", group.number, one.number))
        }
        None => text,
    }))
}

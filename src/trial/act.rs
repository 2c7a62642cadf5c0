//! What people do in a test, to which group, and what came of it.

use super::format::{Action, Do};
use super::kinds::{GroupRef, person};
use super::show;
use super::simulate::Parts;
use super::world::{Record, Trouble, every_group};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::{Group, Refusal, State};
use crate::domain::label::Labels;
use crate::domain::say::Importance;
use crate::engine::Work;
use crate::engine::deeds::{self, By, Done};
use crate::limits::TRIAL_ALERTS_MAX;
use crate::store::{StoreError, Tx, alerts, people};

/// The person a test calls so.
pub(super) fn who(parts: &Parts, name: &str) -> Actor {
    person(name, parts.config.users.iter().map(|user| (user.name.clone(), user.slack_id.clone())))
}

/// Does it; what goes otherwise than the test wants is a trouble.
pub(super) fn act(
    work: &mut Work<'_>,
    parts: &Parts,
    action: &Action,
    record: &mut Record,
) -> Result<(), StoreError> {
    let found = find(work.tx, &action.group, action.receiver.as_ref().map(|name| name.value.as_str()))?;
    let trouble = |what: String, more: Vec<String>| Trouble { at: action.at, span: action.span, what, more };
    let word = action.what.word();
    let group = match found {
        Ok(group) => group,
        Err((why, more)) => {
            record.troubles.push(trouble(format!("{word}: {why}"), more));
            return Ok(());
        }
    };
    let done = match carry_out(work, parts, action, &group)? {
        Ok(done) => done,
        Err((why, more)) => {
            record.troubles.push(trouble(format!("{word}: {why}"), more));
            return Ok(());
        }
    };
    match done {
        Done::No(_, refusal) if !action.refused => {
            let what = format!("{word} was refused: {}", reason(&refusal));
            record.troubles.push(trouble(what, vec![show::group_line(&group)]));
        }
        Done::Denied(_) if !action.refused => {
            let what = format!("{word} was refused: guests may look and acknowledge");
            record.troubles.push(trouble(what, vec![show::group_line(&group)]));
        }
        Done::Yes(_) if action.refused => {
            let what = format!("{word} was to be refused, and was done");
            record.troubles.push(trouble(what, vec![show::group_line(&group)]));
        }
        _ => {}
    }
    Ok(())
}

fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AlreadyAcknowledged(taken) => format!("{refusal} by {}", taken.by),
        Refusal::AlreadyResolved(resolved) => format!("{refusal} by {}", resolved.by),
        other => other.to_string(),
    }
}

type NotFound = (String, Vec<String>);

fn carry_out(
    work: &mut Work<'_>,
    parts: &Parts,
    action: &Action,
    group: &Group,
) -> Result<Result<Done, NotFound>, StoreError> {
    let by = By { actor: who(parts, &action.by), via: Via::Button };
    if let Some(user) = by.actor.slack_id() {
        // There is no Slack to ask: who acts in a test is a full member.
        people::put_member(work.tx, user, &action.by, work.now)?;
    }
    let users: Vec<String> =
        action.users.iter().filter_map(|name| who(parts, name).slack_id().map(str::to_owned)).collect();
    let note = action.note.clone().unwrap_or_default();
    let id = group.id;
    let done = match action.what {
        Do::Acknowledge => deeds::acknowledge(work, id, &by)?,
        Do::Unacknowledge => deeds::unacknowledge(work, id, &by)?,
        Do::Resolve => deeds::resolve(work, id, &by, action.note.clone())?,
        Do::Unresolve => deeds::unresolve(work, id, &by)?,
        Do::Silence => {
            let until = action.length.map(|length| work.now + length);
            deeds::silence(work, id, &by, until)?
        }
        Do::Unsilence => deeds::unsilence(work, id, &by)?,
        Do::Note => deeds::add_note(work, id, &by, &note)?,
        Do::Call => {
            let importance = if action.important { Importance::Important } else { Importance::Default };
            deeds::call(work, id, &by, &users, importance)?
        }
        Do::Uncall => {
            let mut done = Done::Yes(group.clone());
            for user in &users {
                done = deeds::uncall(work, id, &by, user)?;
            }
            done
        }
        Do::Confirm => deeds::confirm(work, id, &by)?,
        Do::Attach => {
            let Some(to) = &action.to else { return Ok(Ok(Done::Unknown)) };
            match find(work.tx, to, None)? {
                Ok(root) => deeds::attach(work, id, root.id, &by)?,
                Err(why) => return Ok(Err(why)),
            }
        }
        Do::Detach => deeds::detach(work, id, &by)?,
    };
    Ok(Ok(done))
}

/// The one group that is meant: an open one before a resolved one, and of the resolved the newest.
fn find(
    tx: &mut dyn Tx,
    wanted: &GroupRef,
    receiver: Option<&str>,
) -> Result<Result<Group, NotFound>, StoreError> {
    let all = every_group(tx)?;
    let mut fitting = Vec::new();
    for group in &all {
        let fits = match wanted {
            GroupRef::Number(number) => group.number == *number,
            GroupRef::Title(title) => group.title == *title,
            GroupRef::Labels(labels) => has(&group.group_labels, labels) || holds(tx, group, labels)?,
        };
        if fits && receiver.is_none_or(|name| group.receiver == name) {
            fitting.push(group.clone());
        }
    }
    let lines = |groups: &[Group]| groups.iter().map(show::group_line).collect::<Vec<_>>();
    let open: Vec<Group> = fitting.iter().filter(|group| group.state != State::Resolved).cloned().collect();
    Ok(match (open.as_slice(), fitting.last()) {
        ([one], _) => Ok(one.clone()),
        ([], Some(newest)) => Ok(newest.clone()),
        ([], None) => Err((format!("there is no group {}", show::group_ref(wanted)), lines(&all))),
        (several, _) => {
            let why = format!(
                "{} groups are {}; tell them apart with `receiver` or a number",
                several.len(),
                show::group_ref(wanted)
            );
            Err((why, lines(several)))
        }
    })
}

/// Whether `all` has these labels.
pub(super) fn has(all: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(name, value)| all.get(name) == value)
}

fn holds(tx: &mut dyn Tx, group: &Group, wanted: &Labels) -> Result<bool, StoreError> {
    let rows = alerts::top(tx, group.id, TRIAL_ALERTS_MAX)?;
    Ok(rows.iter().any(|row| has(&serde_json::from_str(&row.labels).unwrap_or_default(), wanted)))
}

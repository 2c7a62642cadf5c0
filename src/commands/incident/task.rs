//! `task`: what is to be done, and by whom.

use super::super::reply::{by, private, usage};
use super::super::{Command, Said};
use super::task_words::{self, To, Wanted};
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::incident::{Incident, Task};
use crate::engine::Work;
use crate::engine::incident::{self, Done};
use crate::limits::{CARD_LINE_CHARS, INCIDENT_TASKS_TOLD};
use crate::slack::blocks::{Mrkdwn, truncate};
use crate::store::{StoreError, incidents};
use crate::views::answer::next;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;

pub(in crate::commands) const TASK: Command = Command {
    entry: Entry {
        word: "task",
        aliases: &["tasks", "todo"],
        usage: &[
            "task add text [@ann]",
            "task",
            "task done 3",
            "task assign 3 @ann",
            "task take 3",
            "task reopen 3",
            "task followup text",
            "task INC-12 add text",
        ],
        help: "what is to be done; alone: the list",
        about: About::Incidents,
    },
    run: task,
};

fn task(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    // "#3" after a verb is a task; at the beginning it would be an alert.
    let (one, words) = match which::incident(work, said, &TASK, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    match task_words::read(words) {
        Wanted::List => list(work, &one),
        Wanted::Add { text, assignee, follow_up } => {
            add(work, said, &one, &text, assignee.as_deref(), follow_up)
        }
        Wanted::Assign { number, to } => assign(work, said, &one, number, &to),
        Wanted::Done { numbers, done } => ended(work, said, &one, &numbers, done),
        Wanted::Meant(verb) => {
            let text = Mrkdwn::markup("Did you mean ");
            Ok(private(next(text, &work.rules.slack.command, &format!("task {verb} 3")).raw("?")))
        }
        Wanted::Unclear => Ok(usage(work, "task")),
    }
}

fn add(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
    text: &str,
    assignee: Option<&str>,
    follow_up: bool,
) -> Result<Answer, StoreError> {
    let (done, task) = incident::add_task(work, one.id, &by(said), text, assignee, follow_up)?;
    Ok(reply::done(work, done, |one, command| {
        let number = task.as_ref().map_or(0, |task| task.number);
        let kind = if follow_up { "follow-up" } else { "task" };
        let text = name(one).raw(&format!(": {kind} {number} is on the list"));
        match assignee {
            Some(user) if user == said.user => text.raw(", for you."),
            Some(user) => text.raw(", for ").user(user).raw("; they were told."),
            None => next(
                text.raw(". To give it to somebody: "),
                command,
                &format!("task assign {number} @somebody"),
            ),
        }
    }))
}

fn assign(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
    number: i64,
    to: &To,
) -> Result<Answer, StoreError> {
    let to = match to {
        To::User(user) => Some(user.as_str()),
        To::Me => Some(said.user),
        To::Nobody => None,
    };
    let done = incident::assign_task(work, one.id, &by(said), number, to)?;
    Ok(reply::done(work, done, |one, command| {
        let text = name(one).raw(&format!(": task {number} is "));
        match to {
            Some(user) if user == said.user => {
                next(text.raw("yours now. When it is done: "), command, &format!("task done {number}"))
            }
            Some(user) => text.user(user).raw("'s now; they were told."),
            None => text.raw("nobody's now."),
        }
    }))
}

fn ended(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
    numbers: &[i64],
    is_done: bool,
) -> Result<Answer, StoreError> {
    let mut done = Done::Unknown;
    for number in numbers {
        done = incident::task_done(work, one.id, &by(said), *number, is_done)?;
        if !matches!(done, Done::Yes(_)) {
            break;
        }
    }
    let left = incidents::tasks(work.tx, one.id)?.iter().filter(|task| task.done.is_none()).count();
    let which = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    Ok(reply::done(work, done, |one, command| {
        let noun = if numbers.len() == 1 { "task" } else { "tasks" };
        let verb = if numbers.len() == 1 { "is" } else { "are" };
        let what = if is_done { "done" } else { "open again" };
        let text = name(one).raw(&format!(": {noun} {which} {verb} {what}. "));
        match left {
            0 => text.raw("Nothing is left to do."),
            left => next(text.raw(&format!("{left} left: ")), command, "task"),
        }
    }))
}

/// Open ones first, in the order of their numbers.
fn list(work: &mut Work<'_>, one: &Incident) -> Result<Answer, StoreError> {
    let (open, done): (Vec<Task>, Vec<Task>) =
        incidents::tasks(work.tx, one.id)?.into_iter().partition(|task| task.done.is_none());
    let command = &work.rules.slack.command;
    if open.is_empty() && done.is_empty() {
        let text = name(one).raw(": no tasks yet. The first one: ");
        return Ok(private(next(text, command, "task add text @somebody")));
    }
    let mut text = name(one).raw(&format!(": {} to do, {} done", open.len(), done.len()));
    for task in open.iter().chain(&done).take(INCIDENT_TASKS_TOLD) {
        let mark = if task.done.is_some() { ":white_check_mark:" } else { "☐" };
        text = text.line().raw(&format!("{mark} {}  ", task.number));
        text = text.text(&truncate(&task.text, CARD_LINE_CHARS));
        text = if task.follow_up { text.raw("  _(follow-up)_") } else { text };
        text = match &task.assignee {
            Some(user) => text.raw("  ").user(user),
            None => text,
        };
    }
    if open.len() + done.len() > INCIDENT_TASKS_TOLD {
        text = text.line().raw(&format!("… and {} more", open.len() + done.len() - INCIDENT_TASKS_TOLD));
    }
    let text = match open.first() {
        Some(first) => {
            next(text.line().raw("When one is done: "), command, &format!("task done {}", first.number))
        }
        None => text,
    };
    Ok(private(text))
}

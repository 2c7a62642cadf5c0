//! What is to be done in an incident, and what is to follow after it.

use serde_json::json;

use super::{By, Done, event, load, redraw, refuses, step, tell, words};
use crate::domain::incident::news::{Note, Page, Step, TaskNews};
use crate::domain::incident::{Incident, Mark, Refusal, Task, one_line};
use crate::domain::say::{Say, Urgency};
use crate::engine::Work;
use crate::engine::say::say;
use crate::limits::{INCIDENT_TASK_CHARS, INCIDENT_TASKS_MAX};
use crate::store::{StoreError, incidents};

pub fn add_task(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    text: &str,
    assignee: Option<&str>,
    follow_up: bool,
) -> Result<(Done, Option<Task>), StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok((done, None)),
    };
    if let Some(user) = assignee
        && let Some(refusal) = refuses(work, &incident, "person", &[user.to_owned()])?
    {
        return Ok((refusal, None));
    }
    let text = one_line(text);
    let problem = if text.is_empty() {
        Some("A task needs words.".to_owned())
    } else if text.chars().count() > INCIDENT_TASK_CHARS {
        Some(format!("At most {INCIDENT_TASK_CHARS} characters, please."))
    } else if incidents::tasks(work.tx, id)?.len() >= INCIDENT_TASKS_MAX {
        Some(format!("An incident has at most {INCIDENT_TASKS_MAX} tasks."))
    } else {
        None
    };
    if let Some(problem) = problem {
        return Ok((Done::No(incident, Refusal::Text { field: "task", problem }), None));
    }
    let task = Task {
        id: 0,
        incident_id: id,
        number: 0,
        text,
        assignee: assignee.map(str::to_owned),
        follow_up,
        created_by: by.actor.clone(),
        created_at: work.now,
        done: None,
    };
    let task = incidents::add_task(work.tx, &task)?;
    let data = json!({
        "task": task.number, "text": task.text, "assignee": task.assignee, "follow_up": task.follow_up,
    });
    event(work, id, "task_added", by, "a task was added", &data)?;
    words::noted(work.tx, id, &task.text)?;
    told(work, &incident, &task, TaskNews::Added { assignee: task.assignee.clone() }, by)?;
    Ok((Done::Yes(incident), Some(task)))
}

pub fn assign_task(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    number: i64,
    to: Option<&str>,
) -> Result<Done, StoreError> {
    let (incident, mut task) = match find(work, id, by, number)? {
        Ok(found) => found,
        Err(done) => return Ok(done),
    };
    if let Some(user) = to
        && let Some(refusal) = refuses(work, &incident, "person", &[user.to_owned()])?
    {
        return Ok(refusal);
    }
    if task.assignee.as_deref() == to {
        return Ok(Done::No(incident, Refusal::Same(format!("task {number}"))));
    }
    task.assignee = to.map(str::to_owned);
    incidents::save_task(work.tx, &task)?;
    let data = json!({ "task": task.number, "text": task.text, "assignee": task.assignee });
    event(work, id, "task_assigned", by, "a task was given to somebody", &data)?;
    told(work, &incident, &task, TaskNews::Assigned { to: task.assignee.clone() }, by)?;
    Ok(Done::Yes(incident))
}

/// Done, or not done after all. Tasks outlive the incident: follow-ups are done later.
pub fn task_done(work: &mut Work<'_>, id: i64, by: &By, number: i64, done: bool) -> Result<Done, StoreError> {
    let (incident, mut task) = match find(work, id, by, number)? {
        Ok(found) => found,
        Err(done) => return Ok(done),
    };
    if task.done.is_some() == done {
        return Ok(Done::No(incident, Refusal::Same(format!("task {number}"))));
    }
    task.done = done.then(|| Mark { by: by.actor.clone(), at: work.now });
    incidents::save_task(work.tx, &task)?;
    let data = json!({ "task": task.number, "text": task.text });
    let (kind, reason, news) = if done {
        ("task_done", "a task is done", TaskNews::Done)
    } else {
        ("task_reopened", "a task is not done after all", TaskNews::Reopened)
    };
    event(work, id, kind, by, reason, &data)?;
    told(work, &incident, &task, news, by)?;
    Ok(Done::Yes(incident))
}

fn find(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    number: i64,
) -> Result<Result<(Incident, Task), Done>, StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(Err(done)),
    };
    let tasks = incidents::tasks(work.tx, id)?;
    Ok(match tasks.iter().find(|task| task.number == number) {
        Some(task) => Ok((incident, task.clone())),
        None => {
            let known = tasks.iter().map(|task| format!("{} {}", task.number, task.text)).collect();
            Err(Done::No(incident, Refusal::Unknown { what: "task", said: number.to_string(), known }))
        }
    })
}

/// In the channel, on the card, and to the one who is to do it.
fn told(
    work: &mut Work<'_>,
    incident: &Incident,
    task: &Task,
    change: TaskNews,
    by: &By,
) -> Result<(), StoreError> {
    let assigned = matches!(&change, TaskNews::Added { .. } | TaskNews::Assigned { .. });
    if let Some(user) = task.assignee.as_ref().filter(|_| assigned) {
        // Where it is spoken of; whoever is there stays there.
        let asked_by = by.actor.slack_id().map(str::to_owned);
        step(work, incident, Step::Invite { users: vec![user.clone()], asked_by }, Urgency::Deed)?;
    }
    if let Some(user) = task.assignee.as_deref().filter(|_| assigned)
        && by.actor.slack_id() != Some(user)
    {
        let page = Page::TaskAssigned { task: task.number, text: task.text.clone(), by: by.actor.clone() };
        say(work, &Say::IncidentPage { incident: incident.id, user: user.to_owned(), page }, Urgency::Deed)?;
    }
    let note = Note::Task { task: task.number, text: task.text.clone(), change, by: by.actor.clone() };
    tell(work, incident, note, Urgency::Deed)?;
    redraw(work, incident, Urgency::Update)
}

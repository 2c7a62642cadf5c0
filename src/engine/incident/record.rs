//! Gathers an incident's record, and the lines of its timeline. Reads only.

use std::collections::BTreeMap;

use serde_json::Value;

use super::timeline::{self, Entry as Happened, Mark};
use super::{By, event};
use crate::domain::actor::{Actor, Via};
use crate::domain::incident::Incident;
use crate::domain::picture::incident::{Line, LineKind};
use crate::domain::record::chain::Chain;
use crate::domain::record::markdown::{Markdown, Roots};
use crate::domain::record::{
    AlertGroup, Entry, Event, FORMAT, Link, Message, Person, Record, Role, Task, Times, Version, What, story,
};
use crate::domain::time::Timestamp;
use crate::domain::timeline::{self as said, Kind, by_slack, moment};
use crate::engine::Work;
use crate::limits::{EXPORT_PIECE_BYTES, TIMELINE_LOAD_BATCH, TIMELINE_PAGE_LINES};
use crate::store::{StoreError, Tx, events, groups, incidents, messages, people};

/// Names of people and numbers of alert groups, asked for once each.
#[derive(Default)]
struct Names {
    people: BTreeMap<String, String>,
    groups: BTreeMap<i64, Option<i64>>,
}

impl Names {
    fn of(&mut self, tx: &mut dyn Tx, user_id: &str) -> Result<String, StoreError> {
        if let Some(known) = self.people.get(user_id) {
            return Ok(known.clone());
        }
        let name = people::name(tx, user_id)?.unwrap_or_else(|| user_id.to_owned());
        self.people.insert(user_id.to_owned(), name.clone());
        Ok(name)
    }

    fn of_actor(&mut self, tx: &mut dyn Tx, actor: &str) -> Result<String, StoreError> {
        Ok(match Actor::parse(actor) {
            Actor::Person(id) => self.of(tx, &id)?,
            Actor::Integration(name) => name,
            Actor::Api(name) => format!("API token {name}"),
            Actor::Firebell => "Firebell".to_owned(),
        })
    }

    /// The number of an alert group, if it is still there.
    fn of_group(&mut self, tx: &mut dyn Tx, id: i64) -> Result<Option<i64>, StoreError> {
        if let Some(known) = self.groups.get(&id) {
            return Ok(*known);
        }
        let number = groups::by_id(tx, id)?.map(|group| group.number);
        self.groups.insert(id, number);
        Ok(number)
    }

    /// Everybody an event names.
    fn learn(&mut self, tx: &mut dyn Tx, data: &Value) -> Result<(), StoreError> {
        for key in ["user", "assignee"] {
            if let Some(id) = data[key].as_str() {
                self.of(tx, id)?;
            }
        }
        for id in data["users"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.of(tx, id)?;
        }
        Ok(())
    }

    fn known(&self, user_id: &str) -> String {
        self.people.get(user_id).cloned().unwrap_or_else(|| user_id.to_owned())
    }
}

/// The address of a message by its channel and timestamp, if the workspace's is known.
pub type Permalink<'a> = dyn Fn(&str, &str) -> Option<String> + 'a;

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Markdown,
    Json,
}

/// Writes an incident's record piece by piece: what is in memory does not grow with its timeline, but for the places of
/// its entries. The chain that it got.
pub fn write<E: From<StoreError>>(
    tx: &mut dyn Tx,
    incident: &Incident,
    format: Format,
    permalink: &Permalink<'_>,
    out: &mut dyn FnMut(&str) -> Result<(), E>,
) -> Result<Chain, E> {
    let mut names = Names::default();
    let record = head(tx, &mut names, incident)?;
    let marks = timeline::index(tx, incident.id)?;
    let mut story = Story { incident: incident.id, names, permalink };
    let mut chain = Chain::begin(&record);
    let mut piece = String::new();
    match format {
        Format::Markdown => {
            let mut markdown = Markdown::begin(&mut piece, &record, roots(tx, incident.id)?);
            let keys: Vec<Mark> = marks.iter().filter(|mark| mark.may_be_key()).copied().collect();
            story.each(tx, &keys, &mut |entry| {
                markdown.key_moment(&mut piece, entry);
                flush(&mut piece, out)
            })?;
            markdown.timeline(&mut piece);
            story.each(tx, &marks, &mut |entry| {
                chain.add(entry);
                markdown.entry(&mut piece, entry);
                flush(&mut piece, out)
            })?;
            markdown.end(&mut piece, chain.last());
        }
        Format::Json => {
            // As one value would be written, but never in one piece.
            let whole = pretty(&record)?;
            piece.push_str(whole.trim_end_matches("\n}"));
            piece.push_str(",\n  \"timeline\": [");
            story.each(tx, &marks, &mut |entry| {
                piece.push_str(if chain.entries() == 0 { "\n    " } else { ",\n    " });
                piece.push_str(&pretty(&chain.add(entry))?.replace('\n', "\n    "));
                flush(&mut piece, out)
            })?;
            piece.push_str(if chain.entries() == 0 { "]" } else { "\n  ]" });
            let closing = pretty(&chain.closing())?.replace('\n', "\n  ");
            piece.push_str(&format!(",\n  \"chain\": {closing}\n}}\n"));
        }
    }
    out(&piece)?;
    Ok(chain)
}

fn pretty(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string_pretty(value).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

/// Gives away what was written so far, once it is worth it.
fn flush<E>(piece: &mut String, out: &mut dyn FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    if piece.len() >= EXPORT_PIECE_BYTES {
        out(piece)?;
        piece.clear();
    }
    Ok(())
}

fn roots(tx: &mut dyn Tx, incident: i64) -> Result<Roots, StoreError> {
    let roots = messages::thread_roots(tx, incident)?;
    Ok(roots.into_iter().map(|(ts, author, at)| (ts, (author, at.to_string()))).collect())
}

/// What its entries are made with.
struct Story<'a> {
    incident: i64,
    names: Names,
    permalink: &'a Permalink<'a>,
}

impl Story<'_> {
    fn each<E: From<StoreError>>(
        &mut self,
        tx: &mut dyn Tx,
        marks: &[Mark],
        with: &mut dyn FnMut(&Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        for some in marks.chunks(TIMELINE_LOAD_BATCH) {
            for happened in timeline::load(tx, self.incident, some)? {
                with(&entry(tx, &mut self.names, happened, self.permalink)?)?;
            }
        }
        Ok(())
    }
}

/// Everything that is known of it but its timeline.
fn head(tx: &mut dyn Tx, names: &mut Names, incident: &Incident) -> Result<Record, StoreError> {
    let mut roles = Vec::new();
    for held in incidents::roles(tx, incident.id)? {
        roles.push(Role {
            name: names.of(tx, &held.user_id)?,
            role: held.role,
            user_id: held.user_id,
            since: held.since.to_string(),
        });
    }
    let mut alert_groups = Vec::new();
    for (id, _, _) in incidents::groups_ever(tx, incident.id)? {
        if let Some(group) = groups::by_id(tx, id)? {
            alert_groups.push(AlertGroup {
                number: group.number,
                title: group.title,
                state: group.state.as_str().to_owned(),
                priority: group.priority.to_string(),
                began: group.created_at.to_string(),
                resolved: group.resolved_at.map(|at| at.to_string()),
                fixed_by: group.facts.resolved.and_then(|resolved| resolved.note),
            });
        }
    }
    let mut tasks = Vec::new();
    for task in incidents::tasks(tx, incident.id)? {
        tasks.push(Task {
            number: task.number,
            text: task.text,
            assignee: task.assignee.map(|user| names.of(tx, &user)).transpose()?,
            follow_up: task.follow_up,
            done_at: task.done.map(|done| done.at.to_string()),
        });
    }
    let mut people = Vec::new();
    for (user_id, messages) in messages::count_by_person(tx, incident.id)? {
        people.push(Person { name: names.of(tx, &user_id)?, user_id, messages });
    }
    let links = incidents::links(tx, incident.id)?;
    let merged_into = match incident.facts.merged_into {
        Some(id) => incidents::by_id(tx, id)?.map(|other| other.number),
        None => None,
    };
    Ok(Record {
        format: FORMAT,
        number: incident.number,
        title: incident.title.clone(),
        severity: incident.severity.clone(),
        status: incident.status.clone(),
        state: incident.state.as_str().to_owned(),
        private: incident.private,
        drill: incident.drill,
        description: incident.facts.description.clone(),
        labels: incident.labels.clone(),
        channel_id: incident.channel_id.clone(),
        channel_name: incident.channel_name.clone(),
        merged_into,
        summary: incident.facts.summary.clone(),
        times: times(incident),
        roles,
        people,
        alert_groups,
        links: links.into_iter().map(|link| Link { title: link.title, url: link.url }).collect(),
        tasks,
    })
}

fn times(incident: &Incident) -> Times {
    let facts = &incident.facts;
    let began = incident.began_at();
    let after = |at: Option<Timestamp>| at.map(|at| at.since(began).as_secs());
    let acknowledged = facts.acknowledged.as_ref().map(|mark| mark.at);
    let mitigated = facts.mitigated.as_ref().map(|mark| mark.at);
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    Times {
        detected: text(facts.detected_at),
        declared: facts.declared.at.to_string(),
        acknowledged: text(acknowledged),
        mitigated: text(mitigated),
        resolved: text(incident.ended_at),
        detected_to_declared_s: facts.detected_at.map(|at| facts.declared.at.since(at).as_secs()),
        began_to_acknowledged_s: after(acknowledged),
        began_to_mitigated_s: after(mitigated),
        began_to_resolved_s: after(incident.ended_at),
    }
}

fn entry(
    tx: &mut dyn Tx,
    names: &mut Names,
    happened: Happened,
    permalink: &Permalink<'_>,
) -> Result<Entry, StoreError> {
    let at = happened.at().to_string();
    let what = match happened {
        Happened::Event(event) => What::Event(event_of(tx, names, event)?),
        Happened::Gap(gap) => What::Gap { until: gap.to.to_string(), reason: gap.reason },
        Happened::Message(message, versions) => What::Message(Box::new(Message {
            permalink: permalink(&message.channel_id, &message.ts),
            versions: all_versions(&message, versions),
            kind: message.kind.as_str().to_owned(),
            ts: message.ts,
            thread_ts: message.thread_ts,
            user_id: message.user_id,
            author: message.author,
            ours: message.ours,
            text: message.text,
            plain: message.plain,
            files: message.files,
            reactions: message.reactions,
            deleted_at: message.deleted_at.map(|at| at.to_string()),
            deleted_by: message.deleted_at.map(|_| message.deleted_by),
            pinned: message.pinned,
            key_at: message.key_at.map(|at| at.to_string()),
            key_by: message.key_by,
        })),
    };
    Ok(Entry { at, what })
}

/// The earlier versions and the one that stands; none of a message that was never edited.
fn all_versions(message: &said::Message, earlier: Vec<said::Version>) -> Vec<Version> {
    let version = |text: String, plain: String, edited_ts: Option<&str>| {
        let at = edited_ts.and_then(moment).unwrap_or(message.at);
        Version { at: at.to_string(), text, plain }
    };
    let mut all: Vec<Version> =
        earlier.into_iter().map(|one| version(one.text, one.plain, one.edited_ts.as_deref())).collect();
    if !all.is_empty() {
        all.push(version(message.text.clone(), message.plain.clone(), message.edited_ts.as_deref()));
    }
    all
}

fn event_of(tx: &mut dyn Tx, names: &mut Names, event: events::Event) -> Result<Event, StoreError> {
    let data: Value = serde_json::from_str(&event.data).unwrap_or(Value::Null);
    names.learn(tx, &data)?;
    let group = event.subject.strip_prefix("group:").and_then(|id| id.parse().ok());
    let alert_group = match group {
        Some(id) => names.of_group(tx, id)?,
        None => None,
    };
    let text = story::tell(&event.kind, &event.reason, &data, event.actor.strip_prefix("slack:"), &|id| {
        names.known(id)
    });
    Ok(Event {
        name: names.of_actor(tx, &event.actor)?,
        kind: event.kind,
        alert_group,
        actor: event.actor,
        source: event.source,
        text,
        data,
    })
}

/// The record stands in the channel as a file: its hash is kept where the file's reader cannot reach it.
pub fn posted(work: &mut Work<'_>, incident: i64, answer: &Value) -> Result<(), StoreError> {
    let by = By { actor: Actor::Firebell, via: Via::Timer };
    let data = serde_json::json!({ "file": answer["file"], "hash": answer["hash"] });
    event(work, incident, "recorded", &by, "the record was posted as a file", &data)
}

/// A page of the timeline for a dialogue, oldest first, and whether there is an earlier one.
pub fn lines(tx: &mut dyn Tx, incident: i64, page: u32) -> Result<(Vec<Line>, bool), StoreError> {
    let skip = i64::from(page) * TIMELINE_PAGE_LINES;
    let mut found = timeline::page(tx, incident, skip, TIMELINE_PAGE_LINES + 1)?;
    let shown = usize::try_from(TIMELINE_PAGE_LINES).unwrap_or(usize::MAX);
    let has_earlier = found.len() > shown;
    found.truncate(shown);
    let mut names = Names::default();
    let mut lines = Vec::new();
    for happened in found.into_iter().rev() {
        let at = happened.at();
        let (name, text, kind, key) = match happened {
            Happened::Event(event) => {
                let event = event_of(tx, &mut names, event)?;
                let about = event.alert_group.map(|number| format!("#{number}: ")).unwrap_or_default();
                (event.name, format!("{about}{}", event.text), LineKind::Event, false)
            }
            Happened::Gap(gap) => (String::new(), gap.reason, LineKind::Gap { until: gap.to }, false),
            Happened::Message(message, _) => {
                let text = match (message.deleted_at, message.versions) {
                    (Some(_), _) => "(deleted)".to_owned(),
                    (None, 1) => message.plain,
                    (None, _) => format!("{} (edited)", message.plain),
                };
                if message.kind != Kind::Said {
                    let text = by_slack(&message.author, &text).to_owned();
                    lines.push(Line { at, name: message.author, text, kind: LineKind::Event, key: false });
                    continue;
                }
                let files: Vec<String> = message.files.into_iter().map(|file| file.name).collect();
                let text = if files.is_empty() { text } else { format!("{text} [{}]", files.join(", ")) };
                (message.author, text, LineKind::Said, message.key_at.is_some())
            }
        };
        lines.push(Line { at, name, text, kind, key });
    }
    Ok((lines, has_earlier))
}

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
    AlertGroup, Entry, Event, FORMAT, Link, Message, Person, Record, Redaction, Role, Seal, Shown, Task,
    Times, Version, What, chain, story,
};
use crate::domain::time::Timestamp;
use crate::domain::timeline::{self as said, Kind, Redacted, by_slack, moment};
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
    shown: Shown,
    permalink: &Permalink<'_>,
    out: &mut dyn FnMut(&str) -> Result<(), E>,
) -> Result<Chain, E> {
    let mut names = Names::default();
    let record = head(tx, &mut names, incident)?;
    let marks = timeline::index(tx, incident.id)?;
    let mut story = Story::new(tx, incident.id, names, shown, permalink)?;
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
            markdown.end(&mut piece, &chain.last());
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
    /// From which the salts of the chain come.
    key: String,
    shown: Shown,
    names: Names,
    permalink: &'a Permalink<'a>,
}

impl<'a> Story<'a> {
    fn new(
        tx: &mut dyn Tx,
        incident: i64,
        names: Names,
        shown: Shown,
        permalink: &'a Permalink<'a>,
    ) -> Result<Self, StoreError> {
        Ok(Self { incident, key: incidents::chain_key(tx, incident)?, shown, names, permalink })
    }

    fn each<E: From<StoreError>>(
        &mut self,
        tx: &mut dyn Tx,
        marks: &[Mark],
        with: &mut dyn FnMut(&Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        for some in marks.chunks(TIMELINE_LOAD_BATCH) {
            for mut happened in timeline::load(tx, self.incident, some)? {
                without_taken_back(tx, &mut happened)?;
                let entry = entry(tx, &mut self.names, happened, &self.key, self.shown, self.permalink)?;
                with(&entry)?;
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

/// Events of key moments once kept the words of their message: they go with it.
fn without_taken_back(tx: &mut dyn Tx, happened: &mut Happened) -> Result<(), StoreError> {
    let Happened::Event(event) = happened else { return Ok(()) };
    if !matches!(event.kind.as_str(), "key_moment" | "key_moment_off") {
        return Ok(());
    }
    let Ok(mut data) = serde_json::from_str::<Value>(&event.data) else { return Ok(()) };
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    let stands = messages::at(tx, &text("channel"), &text("ts"))?
        .is_some_and(|message| message.deleted_at.is_none() && message.redacted.is_none());
    if !stands && let Some(map) = data.as_object_mut() {
        map.shift_remove("text");
        event.data = data.to_string();
    }
    Ok(())
}

fn entry(
    tx: &mut dyn Tx,
    names: &mut Names,
    happened: Happened,
    key: &str,
    shown: Shown,
    permalink: &Permalink<'_>,
) -> Result<Entry, StoreError> {
    let at = happened.at().to_string();
    let (what, id, redacted, hidden) = match happened {
        Happened::Event(event) => {
            let (id, redacted) = (event_id(event.id), redaction_of(&event));
            (What::Event(event_of(tx, names, event)?), id, redacted, false)
        }
        Happened::Gap(gap) => {
            let what = What::Gap { until: gap.to.to_string(), reason: gap.reason };
            return Ok(Entry { at, what, seal: None });
        }
        Happened::Message(message, versions) => {
            let (id, redacted) = (message_id(&message), message.redacted.clone());
            let hidden = message.deleted_at.is_some() && !shown.deleted;
            let link = permalink(&message.channel_id, &message.ts);
            (What::Message(Box::new(message_of(message, versions, link))), id, redacted, hidden)
        }
    };
    Ok(match redacted {
        Some(redacted) => {
            let redaction = match &redacted.by {
                Some(by) => {
                    let (at, by) = (redacted.at.to_string(), by.to_string());
                    Some(Redaction { at, name: names.of_actor(tx, &by)?, by })
                }
                None => None,
            };
            let seal = Seal { salt: None, words_hash: redacted.hash, redacted: redaction };
            Entry { at, what: wordless(what), seal: Some(seal) }
        }
        None => {
            let salt = chain::salt(key, &id);
            let seal = |salt: Option<String>, hash| Seal { salt, words_hash: hash, redacted: None };
            let hash = chain::words_hash(&salt, &what);
            match hidden {
                true => Entry { at, what: wordless(what), seal: hash.map(|hash| seal(None, hash)) },
                false => {
                    let what = if shown.earlier { what } else { as_it_stands(what) };
                    Entry { at, what, seal: hash.map(|hash| seal(Some(salt), hash)) }
                }
            }
        }
    })
}

/// What an entry is called where its salt is made.
fn event_id(id: i64) -> String {
    format!("event:{id}")
}

fn message_id(message: &said::Message) -> String {
    format!("message:{}:{}", message.channel_id, message.ts)
}

/// What is left of an event's words that were taken out.
pub(super) fn redaction_of(event: &events::Event) -> Option<Redacted> {
    let data: Value = serde_json::from_str(&event.data).ok()?;
    serde_json::from_value(data.get("redacted")?.clone()).ok()
}

/// The hash that stays of a message's words.
pub(super) fn hash_of_message(
    tx: &mut dyn Tx,
    message: &said::Message,
    versions: Vec<said::Version>,
) -> Result<String, StoreError> {
    let key = incidents::chain_key(tx, message.incident_id)?;
    let salt = chain::salt(&key, &message_id(message));
    let what = What::Message(Box::new(message_of(message.clone(), versions, None)));
    Ok(chain::words_hash(&salt, &what).unwrap_or_default())
}

/// The hash that stays of an event's words.
pub(super) fn hash_of_event(
    tx: &mut dyn Tx,
    incident: i64,
    event: events::Event,
) -> Result<String, StoreError> {
    let salt = chain::salt(&incidents::chain_key(tx, incident)?, &event_id(event.id));
    let what = What::Event(event_of(tx, &mut Names::default(), event)?);
    Ok(chain::words_hash(&salt, &what).unwrap_or_default())
}

/// Without its words.
fn wordless(what: What) -> What {
    match what {
        What::Message(mut message) => {
            message.text.clear();
            message.plain.clear();
            message.files.clear();
            message.versions.clear();
            What::Message(message)
        }
        What::Event(event) => What::Event(Event { text: String::new(), data: Value::Null, ..event }),
        gap @ What::Gap { .. } => gap,
    }
}

/// Without how it read before it was edited: only that it was.
fn as_it_stands(what: What) -> What {
    match what {
        What::Message(mut message) => {
            let last = message.versions.len().saturating_sub(1);
            for version in message.versions.iter_mut().take(last) {
                version.text.clear();
                version.plain.clear();
            }
            What::Message(message)
        }
        other => other,
    }
}

fn message_of(message: said::Message, versions: Vec<said::Version>, permalink: Option<String>) -> Message {
    Message {
        permalink,
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
    }
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
        id: event.id,
        name: names.of_actor(tx, &event.actor)?,
        kind: event.kind,
        alert_group,
        actor: event.actor,
        source: event.source,
        text,
        data,
    })
}

/// Everything the database knows of an incident, for a comparison with a file: the head, and each entry in full.
pub fn known(
    tx: &mut dyn Tx,
    incident: &Incident,
    with: &mut dyn FnMut(&Entry),
) -> Result<Record, StoreError> {
    let mut names = Names::default();
    let record = head(tx, &mut names, incident)?;
    let marks = timeline::index(tx, incident.id)?;
    let all = Shown { deleted: true, earlier: true };
    Story::new(tx, incident.id, names, all, &|_, _| None)?.each(tx, &marks, &mut |entry| {
        with(entry);
        Ok::<_, StoreError>(())
    })?;
    Ok(record)
}

/// When each message was first known, by its timestamp, in RFC 3339.
pub fn first_known(tx: &mut dyn Tx, incident: i64) -> Result<BTreeMap<String, String>, StoreError> {
    let all = messages::first_known(tx, incident)?;
    Ok(all.into_iter().map(|(ts, at)| (ts, at.to_string())).collect())
}

/// The record stands in the channel as a file: its hash is kept where the file's reader cannot reach it.
pub fn posted(work: &mut Work<'_>, incident: i64, answer: &Value) -> Result<(), StoreError> {
    let by = By { actor: Actor::Firebell, via: Via::Timer };
    let data = serde_json::json!({ "file": answer["file"], "hash": answer["hash"] });
    event(work, incident, "recorded", &by, "the record was posted as a file", &data)?;
    Ok(())
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
                let redacted = redaction_of(&event).is_some();
                let event = event_of(tx, &mut names, event)?;
                let about = event.alert_group.map(|number| format!("#{number}: ")).unwrap_or_default();
                let text = match redacted {
                    true => format!("{} (redacted)", story::without_words(&event.kind)),
                    false => event.text,
                };
                (event.name, format!("{about}{text}"), LineKind::Event, false)
            }
            Happened::Gap(gap) => (String::new(), gap.reason, LineKind::Gap { until: gap.to }, false),
            Happened::Message(message, _) => {
                let text = match (message.deleted_at, message.versions) {
                    (Some(_), _) => "(deleted)".to_owned(),
                    _ if message.redacted.is_some() => "(redacted)".to_owned(),
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

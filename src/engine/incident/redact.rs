//! Words are taken out of an incident for good: from the timeline with all versions, the search, the record and every
//! later export, from what the bot said of them in Slack, and from the record that was posted. What is left is where
//! they stood, their hash ([`crate::domain::record::chain`]), and an event that tells who did it.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::record::{hash_of_event, hash_of_message, redaction_of};
use super::{By, Done, bookmarks, deeds, event, load, permit, redraw, step, tell, words};
use crate::domain::actor::Actor;
use crate::domain::incident::news::{Note, Step};
use crate::domain::incident::{Incident, Summary};
use crate::domain::picture::incident::TextPlace;
use crate::domain::rights::{Denied, Right};
use crate::domain::say::{Say, Urgency};
use crate::domain::timeline::{Kind, Message, Redacted};
use crate::engine::Work;
use crate::engine::say::{announcement_note_name, say};
use crate::limits::{REDACT_COPIES_CHARS_MIN, REDACT_NEEDLE_CHARS, REDACT_TEXTS_MAX};
use crate::store::events::Event;
use crate::store::{StoreError, Tx, events, incidents, messages, outbox, people};

/// What stands where a text was that cannot be empty.
const IN_ITS_PLACE: &str = "[redacted]";

/// A text of an incident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A message with its versions, by its id.
    Message(i64),
    /// The words of an event, by its id.
    Event(i64),
    Part(Part),
    /// A task, by its number.
    Task(i64),
    /// A link, by the beginning of its address's hash.
    Link(String),
}

/// A text of the incident itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Title,
    Description,
    Happened,
    Cause,
    Fix,
    /// The last update.
    Update,
}

impl Part {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Title, "title"),
        (Self::Description, "description"),
        (Self::Happened, "happened"),
        (Self::Cause, "cause"),
        (Self::Fix, "fix"),
        (Self::Update, "update"),
    ];

    fn text(self, one: &mut Incident) -> Option<&mut String> {
        let facts = &mut one.facts;
        match self {
            Self::Title => Some(&mut one.title),
            Self::Description => Some(&mut facts.description),
            Self::Happened => Some(&mut facts.summary.happened),
            Self::Cause => Some(&mut facts.summary.cause),
            Self::Fix => Some(&mut facts.summary.fix),
            Self::Update => facts.last_update.as_mut().map(|last| &mut last.text),
        }
    }
}

/// As a button keeps it: `m12`, `e7`, `t3`, `l1a2b3c4d`, `title`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(id) => write!(f, "m{id}"),
            Self::Event(id) => write!(f, "e{id}"),
            Self::Task(number) => write!(f, "t{number}"),
            Self::Link(hash) => write!(f, "l{hash}"),
            Self::Part(part) => {
                f.write_str(Part::ALL.iter().find(|(one, _)| one == part).map_or("", |(_, name)| name))
            }
        }
    }
}

impl Target {
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((part, _)) = Part::ALL.iter().find(|(_, name)| *name == text) {
            return Some(Self::Part(*part));
        }
        let (kind, rest) = text.split_at_checked(1)?;
        match kind {
            "m" => rest.parse().ok().map(Self::Message),
            "e" => rest.parse().ok().map(Self::Event),
            "t" => rest.parse().ok().map(Self::Task),
            "l" => Some(Self::Link(rest.to_owned())),
            _ => None,
        }
    }
}

fn link_id(url: &str) -> String {
    Sha256::digest(url.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Every text of the incident in which these words stand, letters in either case; `None` if there are too many.
pub fn find(tx: &mut dyn Tx, incident: &Incident, said: &str) -> Result<Option<Vec<Target>>, StoreError> {
    let wanted = said.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let mut found = BTreeSet::new();
    for id in messages::holding(tx, incident.id, said, REDACT_TEXTS_MAX + 1)? {
        found.insert(Target::Message(id));
    }
    for subject in subjects(tx, incident.id)? {
        for one in events::holding(tx, &subject, said, REDACT_TEXTS_MAX + 1)? {
            let data: Value = serde_json::from_str(&one.data).unwrap_or_default();
            if redaction_of(&one).is_none() && any_text(&data, &holds) {
                found.insert(Target::Event(one.id));
            }
        }
    }
    let mut copy = incident.clone();
    for (part, _) in Part::ALL {
        if part.text(&mut copy).is_some_and(|text| holds(text)) {
            found.insert(Target::Part(part));
        }
    }
    for task in incidents::tasks(tx, incident.id)?.into_iter().filter(|task| holds(&task.text)) {
        found.insert(Target::Task(task.number));
    }
    for link in incidents::links(tx, incident.id)? {
        if holds(&link.title) || holds(&link.url) {
            found.insert(Target::Link(link_id(&link.url)));
        }
    }
    let too_many = i64::try_from(found.len()).unwrap_or(i64::MAX) > REDACT_TEXTS_MAX;
    Ok((!too_many).then(|| found.into_iter().collect()))
}

/// A message, and what repeats its words: notes, the bot's messages, those who quote it.
pub fn find_message(
    tx: &mut dyn Tx,
    incident: &Incident,
    message: &Message,
) -> Result<Option<Vec<Target>>, StoreError> {
    let text = message.plain.trim();
    let needle: String = text.chars().take(REDACT_NEEDLE_CHARS).collect();
    let mut all = match text.chars().count() >= REDACT_COPIES_CHARS_MIN {
        true => match find(tx, incident, needle.trim())? {
            Some(found) => found.into_iter().collect(),
            None => return Ok(None),
        },
        false => BTreeSet::new(),
    };
    all.insert(Target::Message(message.id));
    for one in events_at(tx, incident.id, &message.ts)? {
        all.insert(Target::Event(one.id));
    }
    Ok(Some(all.into_iter().collect()))
}

/// Where they stand, in words; what is gone or redacted already is left out.
pub fn describe(tx: &mut dyn Tx, targets: &[Target]) -> Result<Vec<TextPlace>, StoreError> {
    let mut places = Vec::new();
    for target in targets {
        let place = |what, by, at| TextPlace { what, by, at };
        places.extend(match target {
            Target::Message(id) => messages::by_id(tx, *id)?
                .filter(|one| one.redacted.as_ref().is_none_or(|known| known.by.is_none()))
                .map(|one| place("A message", one.author, Some(one.at))),
            Target::Event(id) => match events::by_id(tx, *id)? {
                Some(one) => {
                    let by = match Actor::parse(&one.actor).slack_id() {
                        Some(user) => people::name(tx, user)?.unwrap_or_default(),
                        None => String::new(),
                    };
                    let what = match one.kind.as_str() {
                        "note" => "A note",
                        "update" => "An update",
                        _ => "An entry of the timeline",
                    };
                    Some(place(what, by, Some(one.at)))
                }
                None => None,
            },
            Target::Part(part) => Some(place(
                match part {
                    Part::Title => "The title",
                    Part::Description => "The description",
                    Part::Happened | Part::Cause | Part::Fix => "The summary",
                    Part::Update => "The last update",
                },
                String::new(),
                None,
            )),
            Target::Task(_) => Some(place("A task", String::new(), None)),
            Target::Link(_) => Some(place("A link", String::new(), None)),
        });
    }
    Ok(places)
}

/// Its own events and those of alert groups that ever belonged to it.
fn subjects(tx: &mut dyn Tx, incident: i64) -> Result<Vec<String>, StoreError> {
    let groups = incidents::groups_ever(tx, incident)?;
    let of_groups = groups.into_iter().map(|(id, _, _)| format!("group:{id}"));
    Ok(std::iter::once(format!("incident:{incident}")).chain(of_groups).collect())
}

/// Events with the words of the message at this place: notes that were made of it, and old marks of key moments.
fn events_at(tx: &mut dyn Tx, incident: i64, ts: &str) -> Result<Vec<Event>, StoreError> {
    let found = events::holding(tx, &format!("incident:{incident}"), ts, REDACT_TEXTS_MAX)?;
    let is_of_it = |one: &Event| {
        let data: Value = serde_json::from_str(&one.data).unwrap_or_default();
        data["ts"] == *ts && data["text"].as_str().is_some_and(|text| !text.is_empty())
    };
    Ok(found.into_iter().filter(is_of_it).collect())
}

fn any_text(value: &Value, holds: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, holds)),
        Value::Object(map) => map.values().any(|value| any_text(value, holds)),
        _ => false,
    }
}

/// The words of a message are forgotten: all its versions, in the search too; its hash stays. Without `by` they go
/// because it was deleted.
pub fn forget_words(
    work: &mut Work<'_>,
    message: &mut Message,
    by: Option<&Actor>,
) -> Result<(), StoreError> {
    if message.redacted.is_none() {
        let versions = messages::versions(work.tx, message.id)?;
        let hash = hash_of_message(work.tx, message, versions)?;
        message.redacted = Some(Redacted { hash, by: by.cloned(), at: work.now });
    } else if let (Some(known), Some(by)) = (&mut message.redacted, by) {
        (known.by, known.at) = (Some(by.clone()), work.now);
    }
    words::unindex_message(work.tx, message)?;
    message.text.clear();
    message.plain.clear();
    message.files.clear();
    messages::save(work.tx, message)?;
    messages::forget_versions(work.tx, message.id)?;
    // Marks of key moments once kept the words of their message.
    for one in events_at(work.tx, message.incident_id, &message.ts)? {
        if matches!(one.kind.as_str(), "key_moment" | "key_moment_off") {
            let mut data: Value = serde_json::from_str(&one.data).unwrap_or_default();
            data["text"] = json!("");
            events::set_data(work.tx, one.id, &data.to_string())?;
        }
    }
    Ok(())
}

/// Whether somebody may: their own words everybody may take back, those of others is administration.
pub fn may(work: &mut Work<'_>, by: &Actor, targets: &[Target]) -> Result<Result<(), Denied>, StoreError> {
    let mut own = true;
    for target in targets {
        own &= match target {
            Target::Message(id) => messages::by_id(work.tx, *id)?
                .is_some_and(|one| one.ours || one.user_id.as_deref() == by.slack_id()),
            Target::Event(id) => events::by_id(work.tx, *id)?.is_some_and(|one| one.actor == by.to_string()),
            Target::Part(_) | Target::Task(_) | Target::Link(_) => false,
        };
    }
    permit(work, by, if own { None } else { Some(Right::Admin) })
}

/// Takes them out; those that are gone meanwhile are left out. How many texts there were.
pub fn redact(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    targets: &[Target],
) -> Result<(Done, usize), StoreError> {
    if let Err(denied) = may(work, &by.actor, targets)? {
        return Ok((Done::Denied(denied), 0));
    }
    let mut incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok((done, 0)),
    };
    let mut entries = Vec::new();
    for target in targets {
        let told = match target {
            Target::Message(message) => redact_message(work, &incident, by, *message)?,
            Target::Event(event) => redact_event(work, &incident, by, *event)?,
            Target::Part(part) => redact_part(work, &mut incident, *part)?,
            Target::Task(number) => redact_task(work, &incident, *number)?,
            Target::Link(hash) => redact_link(work, &mut incident, hash)?,
        };
        entries.extend(told);
    }
    let count = entries.len();
    if count == 0 {
        return Ok((Done::Yes(incident), 0));
    }
    incident.updated_at = work.now;
    incidents::save(work.tx, &incident)?;
    work.tally.add("texts_redacted", u64::try_from(count).unwrap_or(0));
    let data = json!({ "texts": count, "entries": entries });
    event(work, id, "redacted", by, "somebody took words out", &data)?;
    let note = Note::Redacted { texts: count, by: by.actor.clone() };
    tell(work, &incident, note, Urgency::Deed)?;
    redraw(work, &incident, Urgency::Deed)?;
    if targets.iter().any(|target| matches!(target, Target::Part(_))) && incident.has_live_channel() {
        tell(work, &incident, Note::Opening, Urgency::Deed)?;
        step(work, &incident, Step::Purpose, Urgency::Deed)?;
    }
    posted_records(work, &incident)?;
    Ok((Done::Yes(incident), count))
}

fn redact_message(
    work: &mut Work<'_>,
    incident: &Incident,
    by: &By,
    id: i64,
) -> Result<Option<Value>, StoreError> {
    let found = messages::by_id(work.tx, id)?;
    let Some(mut message) = found.filter(|message| message.incident_id == incident.id) else {
        return Ok(None);
    };
    if message.redacted.as_ref().is_some_and(|known| known.by.is_some()) {
        return Ok(None);
    }
    forget_rows(work, incident.id, &message.text)?;
    forget_words(work, &mut message, Some(&by.actor))?;
    // The card and the opening are drawn anew from what is left; all else of the bot's loses its words.
    let name = outbox::name_at(work.tx, &message.channel_id, &message.ts)?;
    let is_drawn = name.is_some_and(|name| name.starts_with("incident"));
    // Slack's own messages of what the bot did (it joined, it set the topic) can't be changed.
    if message.ours && message.kind == Kind::Said && message.deleted_at.is_none() && !is_drawn {
        let what = Say::Retract { channel: message.channel_id.clone(), ts: message.ts.clone() };
        say(work, &what, Urgency::Deed)?;
    }
    Ok(Some(json!({ "entry": "message", "ts": message.ts })))
}

fn redact_event(
    work: &mut Work<'_>,
    incident: &Incident,
    by: &By,
    id: i64,
) -> Result<Option<Value>, StoreError> {
    let subjects = subjects(work.tx, incident.id)?;
    let found = events::by_id(work.tx, id)?;
    let Some(one) = found.filter(|one| subjects.contains(&one.subject) && redaction_of(one).is_none()) else {
        return Ok(None);
    };
    let before: Value = serde_json::from_str(&one.data).unwrap_or_default();
    let hash = hash_of_event(work.tx, incident.id, one.clone())?;
    let mut data = json!({ "redacted": Redacted { hash, by: Some(by.actor.clone()), at: work.now } });
    if before["at"].is_i64() {
        // Where it stands in the timeline.
        data["at"] = before["at"].clone();
    }
    events::set_data(work.tx, id, &data.to_string())?;
    let key = match one.kind.as_str() {
        "note" | "update" | "task_added" => "text",
        "cancelled" => "reason",
        "link" => "title",
        _ => "",
    };
    if let Some(text) = before[key].as_str() {
        forget_rows(work, incident.id, text)?;
        if one.subject == format!("incident:{}", incident.id) {
            words::unsaid(work.tx, incident.id, text)?;
        }
    }
    retract_outside(work, &announcement_note_name(incident.id, id, ""))?;
    Ok(Some(json!({ "entry": "event", "id": id, "kind": one.kind })))
}

/// What was told below announcements, under names that begin so, loses its words.
fn retract_outside(work: &mut Work<'_>, names: &str) -> Result<(), StoreError> {
    for place in outbox::places_of(work.tx, names)? {
        say(work, &Say::Retract { channel: place.channel_id, ts: place.ts }, Urgency::Deed)?;
    }
    Ok(())
}

fn redact_part(
    work: &mut Work<'_>,
    incident: &mut Incident,
    part: Part,
) -> Result<Option<Value>, StoreError> {
    let summary = incident.facts.summary.clone();
    let Some(text) = part.text(incident).filter(|text| !text.is_empty()) else { return Ok(None) };
    let before = std::mem::replace(text, IN_ITS_PLACE.to_owned());
    forget_rows(work, incident.id, &before)?;
    match part {
        Part::Title => {
            words::retitled(work.tx, incident.id, &before, IN_ITS_PLACE)?;
            // Everything that was told outside begins with it.
            retract_outside(work, &format!("announcement:{}/", incident.id))?;
        }
        Part::Description => words::undescribed(work.tx, incident.id, &before)?,
        Part::Happened | Part::Cause | Part::Fix => {
            let now: Summary = incident.facts.summary.clone();
            words::summarized(work.tx, incident.id, &summary, &now)?;
        }
        Part::Update => {}
    }
    Ok(Some(json!({ "entry": Target::Part(part).to_string() })))
}

fn redact_task(work: &mut Work<'_>, incident: &Incident, number: i64) -> Result<Option<Value>, StoreError> {
    let tasks = incidents::tasks(work.tx, incident.id)?;
    let Some(mut task) = tasks.into_iter().find(|task| task.number == number) else { return Ok(None) };
    forget_rows(work, incident.id, &task.text)?;
    IN_ITS_PLACE.clone_into(&mut task.text);
    incidents::save_task(work.tx, &task)?;
    Ok(Some(json!({ "entry": "task", "task": number })))
}

fn redact_link(
    work: &mut Work<'_>,
    incident: &mut Incident,
    hash: &str,
) -> Result<Option<Value>, StoreError> {
    let links = incidents::links(work.tx, incident.id)?;
    let Some(link) = links.into_iter().find(|link| link_id(&link.url) == hash) else { return Ok(None) };
    incidents::remove_link(work.tx, incident.id, &link.url)?;
    bookmarks::without_url(work, incident, &link.url)?;
    Ok(Some(json!({ "entry": "link" })))
}

/// Messages with these words that were not sent, and never could be, are not sent any more.
fn forget_rows(work: &mut Work<'_>, incident: i64, text: &str) -> Result<(), StoreError> {
    if text.trim().chars().count() < REDACT_COPIES_CHARS_MIN {
        return Ok(());
    }
    let quoted = json!(text).to_string();
    outbox::forget_saying(work.tx, incident, quoted.trim_matches('"'))?;
    Ok(())
}

/// A record that was posted holds the words: it goes, and one without them takes its place.
fn posted_records(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    let posted = events::newest_of_kinds(
        work.tx,
        &format!("incident:{}", incident.id),
        ["recorded", "recorded"],
        REDACT_TEXTS_MAX,
    )?;
    let mut again = false;
    for one in posted {
        let mut data: Value = serde_json::from_str(&one.data).unwrap_or_default();
        let Some(file) = data["file"].as_str().filter(|_| data["removed"] != true).map(str::to_owned) else {
            continue;
        };
        say(work, &Say::DeleteFile { file }, Urgency::Deed)?;
        data["removed"] = json!(true);
        events::set_data(work.tx, one.id, &data.to_string())?;
        again = true;
    }
    if again { deeds::record_file(work, incident.id) } else { Ok(()) }
}

/// The words of messages that were deleted while they were still kept: they go now. How many there were.
pub fn forget_deleted(work: &mut Work<'_>, limit: i64) -> Result<u64, StoreError> {
    let mut count = 0;
    for mut message in messages::deleted_with_words(work.tx, limit)? {
        forget_words(work, &mut message, None)?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_survives_its_button() {
        let parts = Part::ALL.iter().map(|(part, _)| Target::Part(*part));
        let others =
            [Target::Message(12), Target::Event(7), Target::Task(3), Target::Link("1a2b3c4d".to_owned())];
        for target in others.into_iter().chain(parts) {
            assert_eq!(Target::parse(&target.to_string()), Some(target.clone()), "{target}");
        }
        for odd in ["", "m", "x3", "é"] {
            assert_eq!(Target::parse(odd), None, "{odd}");
        }
    }
}

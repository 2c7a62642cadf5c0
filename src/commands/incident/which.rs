//! Which incident is meant: the one that was named, that of the channel, or that of the alert whose thread it is.
//!
//! Alert groups and incidents are counted apart. `#5` and `alert 5` are always an alert group and `INC-12` always an
//! incident; where neither is named, an alert's thread means the alert, and an incident's channel the incident.

use super::super::{Command, Said, typed, which as alerts};
use super::reply;
use crate::actions::Answer;
use crate::domain::group::{Group, State};
use crate::domain::incident::Incident;
use crate::engine::Work;
use crate::limits::OPEN_INCIDENTS_LOOKED_AT;
use crate::store::{StoreError, incidents};

/// An incident and the words after its name, or what to answer instead.
pub(super) type Found<'t> = Result<(Incident, &'t str), Answer>;

/// What a word is about that alert groups and incidents share.
pub(in crate::commands) enum Subject<'t> {
    /// An alert group, or nothing that is known: as words about alerts find it.
    Alert,
    Incident(Box<Incident>, &'t str),
    Unclear(Answer),
}

/// What is named at the beginning of the words.
pub(super) enum Named<'t> {
    Incident(Box<Incident>, &'t str),
    /// An incident is named that there is not, or that they may not know of.
    NoIncident(Answer),
    /// `#5` or `alert 5`.
    Alert(i64, &'t str),
    Nothing,
}

/// Whether words are about incidents first: said through `/incident`, or in the channel of one.
pub(in crate::commands) fn is_incidents_place(
    work: &mut Work<'_>,
    said: &Said<'_>,
) -> Result<bool, StoreError> {
    if alerts::of_thread(work, said)?.is_some() {
        return Ok(false);
    }
    Ok(said.is_about_incidents() || incidents::by_channel(work.tx, said.channel)?.is_some())
}

/// Whether the place says already what is meant: an alert's thread, or an incident's channel.
pub(in crate::commands) fn is_place_of_one(work: &mut Work<'_>, said: &Said<'_>) -> Result<bool, StoreError> {
    Ok(alerts::of_thread(work, said)?.is_some() || incidents::by_channel(work.tx, said.channel)?.is_some())
}

pub(super) fn named<'t>(
    work: &mut Work<'_>,
    said: &Said<'_>,
    text: &'t str,
) -> Result<Named<'t>, StoreError> {
    let (first, after) = typed::first(text);
    if let Some(number) = typed::incident_number(first) {
        let found = match incidents::by_number(work.tx, number)? {
            Some(found) if sees(work, &found, said)? => found,
            // Of a private one nobody outside learns that it is there.
            _ => return Ok(Named::NoIncident(reply::no_such(work, said, number)?)),
        };
        return Ok(Named::Incident(Box::new(found), after));
    }
    if let Some(channel) = typed::channel(first)
        && let Some(found) = incidents::by_channel(work.tx, channel)?
        && sees(work, &found, said)?
    {
        return Ok(Named::Incident(Box::new(found), after));
    }
    Ok(match typed::alert(text).filter(|named| named.is_certain) {
        Some(named) => Named::Alert(named.number, named.rest),
        None => Named::Nothing,
    })
}

/// For a word that alerts and incidents share. With `free_words` a bare number may be the first of them.
pub(in crate::commands) fn subject<'t>(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    rest: &'t str,
    free_words: bool,
) -> Result<Subject<'t>, StoreError> {
    match named(work, said, rest)? {
        Named::Incident(found, after) => return Ok(Subject::Incident(found, after)),
        Named::NoIncident(answer) => return Ok(Subject::Unclear(answer)),
        Named::Alert(..) => return Ok(Subject::Alert),
        Named::Nothing => {}
    }
    if alerts::of_thread(work, said)?.is_some() {
        return Ok(Subject::Alert);
    }
    if let Some(here) = incidents::by_channel(work.tx, said.channel)? {
        let words = free_words.then(|| alerts::AsWords(format!("INC-{}", here.number)));
        if let Some(answer) = alerts::instead_of_channel(work, said, word, rest, words)? {
            return Ok(Subject::Unclear(answer));
        }
        return Ok(match typed::alert(rest) {
            Some(bare) if bare.rest.is_empty() || (free_words && is_open_alert(work, said, bare.number)?) => {
                Subject::Unclear(reply::alert_or_incident(work, word, bare, &here))
            }
            Some(_) if !free_words => Subject::Alert,
            _ => Subject::Incident(Box::new(here), rest),
        });
    }
    if said.is_about_incidents() {
        return Ok(Subject::Unclear(reply::which(work, said, word, rest)?));
    }
    Ok(Subject::Alert)
}

/// Whether what begins with this number may well be about an alert: "resolve 5 restarted it".
fn is_open_alert(work: &mut Work<'_>, said: &Said<'_>, number: i64) -> Result<bool, StoreError> {
    Ok(alerts::by_number(work, said, number)?.is_some_and(|group| group.state != State::Resolved))
}

/// For a word that only incidents know.
pub(super) fn incident<'t>(
    work: &mut Work<'_>,
    said: &Said<'_>,
    command: &Command,
    rest: &'t str,
) -> Result<Found<'t>, StoreError> {
    let word = command.entry.word;
    match named(work, said, rest)? {
        Named::Incident(found, after) => return Ok(Ok((*found, after))),
        Named::NoIncident(answer) => return Ok(Err(answer)),
        Named::Alert(number, after) => {
            return Ok(Err(reply::only_incidents(work, said, word, number, after)?));
        }
        Named::Nothing => {}
    }
    Ok(match here(work, said)? {
        Some(found) => Ok((found, rest)),
        None => Err(reply::which(work, said, word, rest)?),
    })
}

/// That of the alert in whose thread it was said, if it has one; else that of the channel.
pub(super) fn here(work: &mut Work<'_>, said: &Said<'_>) -> Result<Option<Incident>, StoreError> {
    if let Some(group) = alerts::of_thread(work, said)?
        && let Some(found) = of_group(work, said, &group)?
    {
        return Ok(Some(found));
    }
    incidents::by_channel(work.tx, said.channel)
}

/// The only open incident of an alert group that they may know of.
pub(super) fn of_group(
    work: &mut Work<'_>,
    said: &Said<'_>,
    group: &Group,
) -> Result<Option<Incident>, StoreError> {
    let (mut only, viewer) = (None, alerts::viewer(work, said)?);
    for one in incidents::of_group(work.tx, group.id)? {
        if one.is_open() && viewer.lists_incident(work.tx, &one)? && only.replace(one).is_some() {
            return Ok(None);
        }
    }
    Ok(only)
}

/// The open ones that they may know of, the newest first.
pub(in crate::commands) fn open(work: &mut Work<'_>, said: &Said<'_>) -> Result<Vec<Incident>, StoreError> {
    let (mut seen, viewer) = (Vec::new(), alerts::viewer(work, said)?);
    for one in incidents::open(work.tx, OPEN_INCIDENTS_LOOKED_AT)? {
        if viewer.lists_incident(work.tx, &one)? {
            seen.push(one);
        }
    }
    Ok(seen)
}

/// The newest open one that they may know of.
pub(in crate::commands) fn newest_open(
    work: &mut Work<'_>,
    said: &Said<'_>,
) -> Result<Option<Incident>, StoreError> {
    Ok(open(work, said)?.into_iter().next())
}

/// Whether they may know of it.
fn sees(work: &mut Work<'_>, one: &Incident, said: &Said<'_>) -> Result<bool, StoreError> {
    alerts::viewer(work, said)?.sees_incident(work.tx, one)
}

//! A message is taken: new, in another version, or deleted. Whatever is known already changes nothing.

use super::lost::missed;
use super::seen::Seen;
use super::{Source, Work, plain, stood_at, verified_at, words};
use crate::domain::time::Timestamp;
use crate::domain::timeline::{Message, Version, moment};
use crate::engine::incident::redact::forget_words;
use crate::store::mirror::Mirror;
use crate::store::{StoreError, messages, mirror, people};

/// Who told that a message is gone.
pub(super) const BY_EVENT: &str = "event";
pub(super) const INFERRED: &str = "inferred";

/// What came of it.
#[derive(Debug)]
pub(super) struct Taken {
    pub message: Message,
    pub is_new: bool,
    /// It proves that an event was lost.
    pub missed: bool,
}

/// Takes a message as it is shown. `now_ts` stands for an edit that Slack gives no timestamp of.
pub(super) fn take(
    work: &mut Work<'_>,
    m: &Mirror,
    seen: &Seen,
    source: Source,
    now_ts: &str,
) -> Result<Taken, StoreError> {
    match messages::at(work.tx, &m.channel_id, &seen.ts)? {
        None => add(work, m, seen, source),
        Some(known) => compare(work, m, known, seen, source, now_ts),
    }
}

fn add(work: &mut Work<'_>, m: &Mirror, seen: &Seen, source: Source) -> Result<Taken, StoreError> {
    let now = work.now;
    let author = match &seen.user_id {
        Some(user) => {
            people::name(work.tx, user)?.or_else(|| seen.name.clone()).unwrap_or_else(|| user.clone())
        }
        None => seen.name.clone().unwrap_or_default(),
    };
    let mut message = Message {
        id: 0,
        incident_id: m.incident_id,
        channel_id: m.channel_id.clone(),
        ts: seen.ts.clone(),
        thread_ts: seen.thread_ts.clone(),
        at: moment(&seen.ts).unwrap_or(now),
        kind: seen.kind,
        user_id: seen.user_id.clone(),
        author,
        ours: seen.ours,
        plain: plain(work.tx, &seen.text)?,
        text: seen.text.clone(),
        files: seen.files.clone(),
        reactions: Default::default(),
        versions: 1,
        edited_ts: seen.edited_ts.clone(),
        deleted_at: seen.tombstone.then_some(now),
        deleted_by: String::new(),
        pinned: false,
        key_by: None,
        key_at: None,
        seen_at: now,
        redacted: None,
    };
    if seen.tombstone {
        message.deleted_by = if source == Source::Told { BY_EVENT } else { INFERRED }.to_owned();
    }
    message.id = messages::add(work.tx, &message)?;
    words::index_message(work.tx, &message)?;
    work.tally.add("messages_kept", 1);
    let missed =
        source != Source::Told && missed(work, m, &seen.ts, "said", Some(message.at), m.checked_at, source)?;
    Ok(Taken { message, is_new: true, missed })
}

fn compare(
    work: &mut Work<'_>,
    m: &Mirror,
    mut known: Message,
    seen: &Seen,
    source: Source,
    now_ts: &str,
) -> Result<Taken, StoreError> {
    if seen.tombstone {
        let missed = delete(work, m, &mut known, source)?;
        return Ok(Taken { message: known, is_new: false, missed });
    }
    let before = known.clone();
    if known.deleted_by == INFERRED && matches!(source, Source::Read(_)) {
        // It is there after all: Slack's answers lag at times.
        known.deleted_at = None;
        known.deleted_by.clear();
        known.redacted = known.redacted.filter(|one| one.by.is_some());
        mirror::told_late(work.tx, &m.channel_id, &seen.ts, "deleted")?;
    }
    if known.thread_ts.is_none() {
        known.thread_ts.clone_from(&seen.thread_ts);
    }
    if known.user_id.is_none() && seen.user_id.is_some() {
        known.user_id.clone_from(&seen.user_id);
        let name = people::name(work.tx, seen.user_id.as_deref().unwrap_or_default())?;
        known.author = name.or_else(|| seen.user_id.clone()).unwrap_or_default();
        known.kind = seen.kind;
    }
    let mut missed = false;
    if known.redacted.is_some() || (known.deleted_at.is_some() && work.rules.incidents.redact_deleted) {
        // What was redacted or deleted is not kept, in whatever order it is told.
    } else {
        missed = version(work, m, &mut known, seen, source, now_ts)?;
    }
    if known != before {
        messages::save(work.tx, &known)?;
        words::reindex_message(work.tx, &before, &known)?;
    }
    Ok(Taken { message: known, is_new: false, missed })
}

/// Which version it shows: the known one, a newer one, or an older one that was not known.
fn version(
    work: &mut Work<'_>,
    m: &Mirror,
    known: &mut Message,
    seen: &Seen,
    source: Source,
    now_ts: &str,
) -> Result<bool, StoreError> {
    let current = known.edited_ts.clone().unwrap_or_default();
    let mut shown = seen.version().to_owned();
    if shown == current {
        if seen.text == known.text {
            // Unfurled links and counters: nobody edited it.
            if !seen.files.is_empty() {
                known.files.clone_from(&seen.files);
            }
            return Ok(false);
        }
        if known.text.is_empty() && known.files.is_empty() {
            // Only that it was deleted was known.
            known.text.clone_from(&seen.text);
            known.plain = plain(work.tx, &seen.text)?;
            known.files.clone_from(&seen.files);
            return Ok(false);
        }
        if source == Source::Implied {
            return Ok(false);
        }
        // Another text without an edit: bots can do so.
        now_ts.clone_into(&mut shown);
    }
    let told = seen.edited_ts.as_ref().map(|ts| format!("edited:{ts}"));
    if shown < current {
        if !known.ours {
            let older = Version {
                version: 0,
                text: seen.text.clone(),
                plain: plain(work.tx, &seen.text)?,
                edited_ts: seen.edited_ts.clone(),
                seen_at: work.now,
            };
            if messages::add_version(work.tx, known.id, &older)? {
                known.versions += 1;
            }
        }
        return Ok(false);
    }
    if !known.ours {
        let older = Version {
            version: 0,
            text: known.text.clone(),
            plain: known.plain.clone(),
            edited_ts: known.edited_ts.clone(),
            seen_at: known.seen_at,
        };
        if messages::add_version(work.tx, known.id, &older)? {
            known.versions += 1;
        }
    }
    let since = verified_at(work.tx, m, known.thread_ts.as_deref(), &known.ts)?.max(known.at);
    known.plain = plain(work.tx, &seen.text)?;
    known.text.clone_from(&seen.text);
    known.edited_ts = Some(shown);
    if !seen.files.is_empty() {
        known.files.clone_from(&seen.files);
    }
    match (source, told) {
        (Source::Told, _) | (_, None) => Ok(false),
        (_, Some(what)) => {
            let at = seen.edited_ts.as_deref().and_then(moment);
            missed(work, m, &known.ts, &what, at, since, source)
        }
    }
}

/// It is gone. Whether that proves that an event was lost.
pub(super) fn delete(
    work: &mut Work<'_>,
    m: &Mirror,
    known: &mut Message,
    source: Source,
) -> Result<bool, StoreError> {
    if source == Source::Told {
        mirror::told_late(work.tx, &m.channel_id, &known.ts, "deleted")?;
    }
    if known.deleted_at.is_some() {
        if source == Source::Told && known.deleted_by == INFERRED {
            BY_EVENT.clone_into(&mut known.deleted_by);
            messages::save(work.tx, known)?;
        }
        return Ok(false);
    }
    known.deleted_at = Some(work.now);
    known.deleted_by = if source == Source::Told { BY_EVENT } else { INFERRED }.to_owned();
    messages::save(work.tx, known)?;
    if work.rules.incidents.redact_deleted {
        forget_words(work, known, None)?;
    }
    work.tally.add("messages_deleted", 1);
    if source == Source::Told {
        return Ok(false);
    }
    let since = stood_at(work.tx, m, known.thread_ts.as_deref(), &known.ts)?.max(known.at);
    missed(work, m, &known.ts, "deleted", None, since, source)
}

/// When it happened, by Slack's clock.
pub(super) fn happened(event_ts: Option<&str>, now: Timestamp) -> Timestamp {
    event_ts.and_then(moment).unwrap_or(now)
}

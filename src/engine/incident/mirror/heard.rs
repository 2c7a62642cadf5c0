//! What Slack's events tell of a channel that is kept.

use serde_json::Value;

use super::lost::NOT_IN_CHANNEL;
use super::seen::Seen;
use super::take::{delete, happened, take};
use super::{Source, Us, Work, marks};
use crate::domain::incident::news::Step;
use crate::domain::say::Urgency;
use crate::domain::timeline::{Kind, Message, ts_of};
use crate::engine::incident::{step, steps};
use crate::limits::{MIRROR_CHECK_MIN, MIRROR_HOLE_WAIT};
use crate::store::mirror::Mirror;
use crate::store::{StoreError, incidents, messages, mirror, people};

/// What is subscribed to so that nothing of a channel is missed (docs.slack.dev/reference/events).
pub const SUBSCRIBED: &[&str] = &[
    "message.channels",
    "message.groups",
    "reaction_added",
    "reaction_removed",
    "pin_added",
    "pin_removed",
    "member_joined_channel",
    "channel_archive",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_left",
    "group_rename",
    "group_unarchive",
];

/// Takes an event in. Whether it is about a channel that is kept.
pub fn heard(work: &mut Work<'_>, event: &Value, us: &Us) -> Result<bool, StoreError> {
    let kind = event["type"].as_str().unwrap_or_default();
    let subscribed = kind == "message" || SUBSCRIBED.contains(&kind);
    let Some(channel) = channel_of(event).filter(|_| subscribed) else { return Ok(false) };
    let Some(m) = mirror::of_channel(work.tx, channel)? else { return Ok(false) };
    let next = work.now + MIRROR_CHECK_MIN;
    mirror::heard(work.tx, &m, work.now, next)?;
    kind_of_channel(work, &m, event)?;
    match kind {
        "message" => message(work, &m, event, us)?,
        "reaction_added" | "reaction_removed" | "pin_added" | "pin_removed" => mark(work, &m, event, us)?,
        _ => life(work, m, kind, event, us)?,
    }
    Ok(true)
}

/// What kind of channel it is decides on who may know of its incident. What an event says of it is Slack's word: private
/// it is at once; and Slack is asked.
fn kind_of_channel(work: &mut Work<'_>, m: &Mirror, event: &Value) -> Result<(), StoreError> {
    let said = match (event["subtype"].as_str(), event["channel_type"].as_str()) {
        (Some("channel_convert_to_private"), _) | (_, Some("group")) => true,
        (Some("channel_convert_to_public"), _) | (_, Some("channel")) => false,
        _ => return Ok(()),
    };
    let Some(mut incident) = incidents::by_channel(work.tx, &m.channel_id)? else { return Ok(()) };
    if said == incident.private {
        return Ok(());
    }
    if said {
        steps::kind_known(work, &mut incident, true, "an event said that its channel is private")?;
    }
    step(work, &incident, Step::CheckChannel, Urgency::Update)
}

/// A reaction or a pin. At a message that is not known yet it waits for it.
fn mark(work: &mut Work<'_>, m: &Mirror, event: &Value, us: &Us) -> Result<(), StoreError> {
    let ts = event["item"]["ts"].as_str().or_else(|| event["item"]["message"]["ts"].as_str());
    let Some(ts) = ts.filter(|ts| !ts.is_empty()) else { return Ok(()) };
    match messages::at(work.tx, &m.channel_id, ts)? {
        Some(mut message) => mark_known(work, &mut message, event, us),
        None => {
            mirror::put_early(work.tx, &m.channel_id, ts, event_ts(event), &event.to_string(), work.now)?;
            hole(work, m, "a mark at an unknown message")
        }
    }
}

fn mark_known(work: &mut Work<'_>, message: &mut Message, event: &Value, us: &Us) -> Result<(), StoreError> {
    let user = event["user"].as_str().unwrap_or_default();
    let kind = event["type"].as_str().unwrap_or_default();
    match event["reaction"].as_str() {
        Some(name) => {
            marks::reaction(work, message, us, (user, name, kind == "reaction_added"), event_ts(event))
        }
        None => marks::pin(work, message, us, user, kind == "pin_added", event_ts(event)),
    }
}

/// What came before its message did.
pub(super) fn early(work: &mut Work<'_>, message: &mut Message, us: &Us) -> Result<(), StoreError> {
    for event in mirror::take_early(work.tx, &message.channel_id, &message.ts)? {
        let event: Value =
            serde_json::from_str(&event).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        mark_known(work, message, &event, us)?;
    }
    Ok(())
}

/// The channel, whatever the kind of event calls it.
pub fn channel_of(event: &Value) -> Option<&str> {
    let places = ["/channel", "/channel/id", "/channel_id", "/item/channel"];
    places.iter().find_map(|place| event.pointer(place).and_then(Value::as_str))
}

fn event_ts(event: &Value) -> &str {
    event["event_ts"].as_str().or_else(|| event["ts"].as_str()).unwrap_or_default()
}

fn message(work: &mut Work<'_>, m: &Mirror, event: &Value, us: &Us) -> Result<(), StoreError> {
    match event["subtype"].as_str() {
        Some("message_changed") => changed(work, m, event, us),
        Some("message_deleted") => deleted(work, m, event, us),
        // Of a thread's counters only; often without its subtype, and then without a ts of its own.
        Some("message_replied") => Ok(()),
        _ => said(work, m, event, us),
    }
}

fn said(work: &mut Work<'_>, m: &Mirror, event: &Value, us: &Us) -> Result<(), StoreError> {
    let Some(seen) = Seen::of(event, us) else { return Ok(()) };
    if messages::at(work.tx, &m.channel_id, &seen.ts)?.is_some() {
        mirror::told_late(work.tx, &m.channel_id, &seen.ts, "said")?;
    }
    let mut taken = take(work, m, &seen, Source::Told, event_ts(event))?;
    if taken.is_new {
        early(work, &mut taken.message, us)?;
    }
    if let Some(root) = &seen.thread_ts
        && messages::at(work.tx, &m.channel_id, root)?.is_none()
    {
        hole(work, m, "a reply to an unknown message")?;
    }
    Ok(())
}

fn changed(work: &mut Work<'_>, m: &Mirror, event: &Value, us: &Us) -> Result<(), StoreError> {
    let (new, old) = (&event["message"], &event["previous_message"]);
    let Some(seen) = Seen::of(new, us) else { return Ok(()) };
    before(work, m, old, &seen.ts, us)?;
    if let Some(edited) = &seen.edited_ts {
        mirror::told_late(work.tx, &m.channel_id, &seen.ts, &format!("edited:{edited}"))?;
    }
    let stamp = event_ts(event).to_owned();
    let mut taken = take(work, m, &seen, Source::Told, &stamp)?;
    if taken.is_new {
        early(work, &mut taken.message, us)?;
    }
    if seen.tombstone {
        date(work, &mut taken.message, event)?;
    }
    Ok(())
}

/// How it was before: a version that was never told of, or a message.
fn before(work: &mut Work<'_>, m: &Mirror, old: &Value, ts: &str, us: &Us) -> Result<(), StoreError> {
    if let Some(old) = Seen::of(old, us).filter(|old| old.ts == ts && !old.tombstone) {
        let stamp = ts_of(work.now);
        let mut taken = take(work, m, &old, Source::Implied, &stamp)?;
        if taken.is_new {
            early(work, &mut taken.message, us)?;
        }
    }
    Ok(())
}

fn deleted(work: &mut Work<'_>, m: &Mirror, event: &Value, us: &Us) -> Result<(), StoreError> {
    let old = &event["previous_message"];
    let Some(ts) = event["deleted_ts"].as_str().or_else(|| old["ts"].as_str()) else { return Ok(()) };
    before(work, m, old, ts, us)?;
    if messages::at(work.tx, &m.channel_id, ts)?.is_none() {
        // All that is known of it is that it was there.
        let stub = Seen {
            ts: ts.to_owned(),
            thread_ts: old["thread_ts"].as_str().filter(|thread| *thread != ts).map(str::to_owned),
            kind: Kind::Said,
            user_id: None,
            name: None,
            ours: false,
            text: String::new(),
            files: Vec::new(),
            edited_ts: None,
            tombstone: false,
        };
        take(work, m, &stub, Source::Implied, ts)?;
    }
    if let Some(mut known) = messages::at(work.tx, &m.channel_id, ts)? {
        delete(work, m, &mut known, Source::Told)?;
        date(work, &mut known, event)?;
    }
    Ok(())
}

/// When it was deleted, Slack tells.
fn date(work: &mut Work<'_>, known: &mut Message, event: &Value) -> Result<(), StoreError> {
    let at = happened(Some(event_ts(event)), work.now);
    if known.deleted_at.is_some_and(|known| known != at) {
        known.deleted_at = Some(at);
        let keep = messages::at(work.tx, &known.channel_id, &known.ts)?;
        if let Some(mut stands) = keep {
            stands.deleted_at = Some(at);
            messages::save(work.tx, &stands)?;
        }
    }
    Ok(())
}

/// An event about something unknown: what told of it is late or lost.
fn hole(work: &mut Work<'_>, m: &Mirror, reason: &str) -> Result<(), StoreError> {
    let at = work.now + MIRROR_HOLE_WAIT;
    mirror::want(work.tx, &m.channel_id, false, reason, at)
}

/// The channel itself: its name, its end, and whether we are in it.
fn life(work: &mut Work<'_>, mut m: Mirror, kind: &str, event: &Value, us: &Us) -> Result<(), StoreError> {
    let at = happened(Some(event_ts(event)), work.now);
    match kind {
        "channel_rename" | "group_rename" => {
            let Some(name) = event["channel"]["name"].as_str() else { return Ok(()) };
            people::put_channel(work.tx, &m.channel_id, name, work.now)?;
            if let Some(mut incident) = incidents::by_channel(work.tx, &m.channel_id)? {
                incident.channel_name = Some(name.to_owned());
                incidents::save(work.tx, &incident)?;
            }
            Ok(())
        }
        "channel_archive" | "group_archive" => {
            mirror::end(work.tx, &m.channel_id, at)?;
            match incidents::by_channel(work.tx, &m.channel_id)? {
                Some(mut incident) => steps::archived(work, &mut incident, "somebody archived it"),
                None => Ok(()),
            }
        }
        "channel_unarchive" | "group_unarchive" => {
            if let Some(ended) = m.ended_at.take() {
                (m.deaf_from, m.deaf_to) = (Some(ended), None);
                NOT_IN_CHANNEL.clone_into(&mut m.deaf_reason);
            }
            mirror::save(work.tx, &m)?;
            mirror::want(work.tx, &m.channel_id, true, "it is no longer archived", work.now)
        }
        "channel_left" | "group_left" => {
            m.deaf_from = Some(at);
            m.deaf_to = None;
            NOT_IN_CHANNEL.clone_into(&mut m.deaf_reason);
            mirror::save(work.tx, &m)
        }
        "member_joined_channel" if event["user"].as_str() == Some(&us.user_id) => {
            mirror::want(work.tx, &m.channel_id, true, "the bot is in it again", work.now)
        }
        _ => Ok(()),
    }
}

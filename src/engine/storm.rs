//! Storms: whether a group that begins to speak gets a message of its own, and what is done to all of a storm's groups.
//! The rules are in [`crate::domain::storm`].

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::deeds::{By, Done};
use super::{Work, deeds, journal, say};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::Group;
use crate::domain::picture::storm::{StormPage, StormPicture, StormRow};
use crate::domain::rules::Rules;
use crate::domain::say::{GroupNote, Say, StormNote, Urgency};
use crate::domain::storm::{self, Told};
use crate::domain::time::Timestamp;
use crate::limits::{STORM_ACK_BATCH, STORM_LISTED, STORM_NAMES, STORM_PAGE, STORM_SETTLES};
use crate::store::due::Due;
use crate::store::storms::{self, Membership, Storm};
use crate::store::{StoreError, Tx, due, groups, outbox};

/// Due rows of storms; their subject is the storm's id.
const RING: &str = "storm_ring";
const END: &str = "storm_end";
const ACKNOWLEDGE: &str = "storm_acknowledge";

/// A group begins to speak, or fires again: it is told in each of its channels, alone or in a storm's message.
pub(super) fn speak(work: &mut Work<'_>, group: &Group, urgency: Urgency) -> Result<(), StoreError> {
    for channel in &group.channels {
        speak_in(work, group, channel, urgency)?;
    }
    Ok(())
}

/// The same in one channel.
pub(super) fn speak_in(
    work: &mut Work<'_>,
    group: &Group,
    channel: &str,
    urgency: Urgency,
) -> Result<(), StoreError> {
    match take_in(work, group, channel)? {
        Some(id) => {
            work.tally.add("groups_in_storms", 1);
            let soon = work.now + STORM_SETTLES;
            say::say_at(work, &Say::Storm { storm: id, channel: channel.to_owned() }, urgency, soon)
        }
        None => {
            storms::open(work.tx, group.id, channel)?;
            say::say(work, &Say::GroupCard { group: group.id, channel: channel.to_owned() }, urgency)
        }
    }
}

/// The storm that tells of it from now on, if one does.
fn take_in(work: &mut Work<'_>, group: &Group, channel: &str) -> Result<Option<i64>, StoreError> {
    let Some(settings) = work.rules.groups.storm.filter(|_| !group.facts.test) else { return Ok(None) };
    let (urgent, now) = (storm::is_urgent(group.priority), work.now);
    let raging = storms::raging(work.tx, channel, urgent)?;
    let raging = match raging {
        Some(old) if settings.is_over(old.raging, now) => {
            end(work, &old)?;
            None
        }
        raging => raging,
    };
    let recent = match &raging {
        Some(_) => Vec::new(),
        None => storms::watch(work.tx, channel, urgent, group.id, now, now - settings.within)?,
    };
    match settings.decide(raging.as_ref().map(|one| one.raging), recent.len(), now) {
        Told::Alone => Ok(None),
        Told::Joins => {
            let Some(raging) = raging else { return Ok(None) };
            storms::join(work.tx, raging.id, group.id, false, now)?;
            let at = storm::rings_at(urgent, raging.rung, now);
            due::set_earlier(work.tx, RING, &raging.id.to_string(), at)?;
            Ok(Some(raging.id))
        }
        Told::Begins => begin(work, channel, urgent, &recent).map(Some),
    }
}

/// Those that began to speak a moment ago are told together from now on; what they had queued says no more.
fn begin(work: &mut Work<'_>, channel: &str, urgent: bool, recent: &[i64]) -> Result<i64, StoreError> {
    let now = work.now;
    let id = storms::add(work.tx, channel, urgent, now)?;
    for group in recent {
        storms::join(work.tx, id, *group, true, now)?;
    }
    storms::forget_watch(work.tx, channel, urgent)?;
    let data = json!({ "channel": channel, "urgent": urgent, "groups": recent.len() });
    let reason = "so many groups began to speak at once";
    journal::write(work, &subject(id), "storm_began", &Actor::Firebell, Via::Source, reason, &data)?;
    work.tally.add("storms_begun", 1);
    if let Some(storm) = storms::by_id(work.tx, id)? {
        await_end(work, &storm)?;
    }
    Ok(id)
}

fn subject(id: i64) -> String {
    format!("storm:{id}")
}

fn await_end(work: &mut Work<'_>, storm: &Storm) -> Result<(), StoreError> {
    let settings = work.rules.groups.storm.unwrap_or_default();
    due::set(work.tx, END, &storm.id.to_string(), settings.ends_at(storm.raging), "{}")
}

fn end(work: &mut Work<'_>, storm: &Storm) -> Result<(), StoreError> {
    storms::end(work.tx, storm.id, work.now)?;
    due::clear(work.tx, END, &storm.id.to_string())?;
    let reason = "nothing joined for a while, or it lasted too long";
    journal::write(
        work,
        &subject(storm.id),
        "storm_ended",
        &Actor::Firebell,
        Via::Timer,
        reason,
        &json!({}),
    )?;
    Ok(())
}

/// Does what is due for a storm; whether it was such a thing.
pub(super) fn carry_out(work: &mut Work<'_>, one: &Due) -> Result<bool, StoreError> {
    if ![RING, END, ACKNOWLEDGE].contains(&one.kind.as_str()) {
        return Ok(false);
    }
    let Ok(id) = one.subject.parse() else { return Ok(true) };
    let Some(storm) = storms::by_id(work.tx, id)? else { return Ok(true) };
    match one.kind.as_str() {
        RING => ring(work, &storm)?,
        END if work.rules.groups.storm.is_none_or(|settings| settings.is_over(storm.raging, work.now)) => {
            end(work, &storm)?;
        }
        END => await_end(work, &storm)?,
        _ => {
            if let Ok(wish) = serde_json::from_str(&one.data) {
                acknowledge_some(work, &storm, &wish)?;
            }
        }
    }
    Ok(true)
}

/// The channel hears of those that joined since it last did, and that nobody has.
fn ring(work: &mut Work<'_>, storm: &Storm) -> Result<(), StoreError> {
    let (named, count) = storms::untold(work.tx, storm.id, STORM_NAMES)?;
    storms::rung(work.tx, storm.id, work.now)?;
    if count == 0 {
        return Ok(());
    }
    let names = named.iter().map(|group| (group.number, group.title.clone())).collect();
    let urgency = if storm.urgent { Urgency::Page } else { Urgency::First };
    note(work, storm, StormNote::Joined { count, names }, urgency)
}

fn note(work: &mut Work<'_>, storm: &Storm, note: StormNote, urgency: Urgency) -> Result<(), StoreError> {
    let channel = storm.channel.clone();
    say::say(work, &Say::StormNote { storm: storm.id, channel, note }, urgency)
}

/// Whether a storm's message tells of this group in a channel, where it has none of its own.
pub fn holds(tx: &mut dyn Tx, group: i64, channel: &str) -> Result<bool, StoreError> {
    let storms = storms::of_group(tx, group)?;
    is_held(tx, &storms, group, channel)
}

/// The same, where its storms are known.
pub(super) fn is_held(
    tx: &mut dyn Tx,
    storms: &[Membership],
    group: i64,
    channel: &str,
) -> Result<bool, StoreError> {
    let newest = storms.iter().find(|one| one.channel == channel);
    Ok(newest.is_some_and(|one| !one.opened) && outbox::place(tx, &say::card_name(group, channel))?.is_none())
}

/// The messages of these storms are drawn anew.
pub(super) fn draw(work: &mut Work<'_>, storms: Vec<Membership>, urgency: Urgency) -> Result<(), StoreError> {
    let soon = work.now + STORM_SETTLES;
    for one in storms {
        say::say_at(work, &Say::Storm { storm: one.storm, channel: one.channel }, urgency, soon)?;
    }
    Ok(())
}

/// What the thread of a group would hear, if it had one in this channel. Words of people, and what needs an answer, give
/// it a message of its own; what happens by itself, the storm's message shows. Whether it was dealt with here.
pub(super) fn instead_of_note(
    work: &mut Work<'_>,
    group: &Group,
    channel: &str,
    note: &GroupNote,
    broadcast: bool,
) -> Result<bool, StoreError> {
    if !holds(work.tx, group.id, channel)? {
        return Ok(false);
    }
    if broadcast {
        // To be heard again is to begin to speak again.
        let urgency = super::again::urgency(group);
        speak_in(work, group, channel, urgency)?;
        return Ok(true);
    }
    if note.is_conversation() {
        open_in(work, group, channel, "somebody speaks about it")?;
        return Ok(false);
    }
    work.tally.add("notes_in_storms", 1);
    Ok(true)
}

fn open_in(work: &mut Work<'_>, group: &Group, channel: &str, reason: &str) -> Result<(), StoreError> {
    storms::open(work.tx, group.id, channel)?;
    let data = json!({ "channel": channel });
    journal::group(work, group.id, "opened", &Actor::Firebell, Via::Source, reason, &data)?;
    say::say(work, &Say::GroupCard { group: group.id, channel: channel.to_owned() }, Urgency::Deed)
}

/// Somebody wants a group of a storm to have a message of its own; whether it got one.
pub fn open(work: &mut Work<'_>, storm: i64, group: i64) -> Result<bool, StoreError> {
    let (Some(storm), Some(group)) = (storms::by_id(work.tx, storm)?, groups::by_id(work.tx, group)?) else {
        return Ok(false);
    };
    if !holds(work.tx, group.id, &storm.channel)? {
        return Ok(false);
    }
    open_in(work, &group, &storm.channel, "somebody opened it")?;
    Ok(true)
}

/// A storm as its message shows it; `None` when it is gone.
pub fn picture(
    tx: &mut dyn Tx,
    rules: &Rules,
    id: i64,
    now: Timestamp,
) -> Result<Option<StormPicture>, StoreError> {
    let Some(storm) = storms::by_id(tx, id)? else { return Ok(None) };
    let mut mentions: Vec<&str> = Vec::new();
    let receivers = storms::receivers_waiting(tx, id)?;
    for receiver in receivers.iter().filter_map(|name| rules.receiver(name)) {
        for one in receiver.mention.iter().flat_map(|mention| mention.split_whitespace()) {
            if !mentions.contains(&one) {
                mentions.push(one);
            }
        }
    }
    Ok(Some(StormPicture {
        id,
        began: storm.raging.began,
        over: storm.ended.is_some(),
        totals: storms::totals(tx, id)?,
        listed: storms::page(tx, id, 0, STORM_LISTED)?,
        mention: Some(mentions.join(" ")).filter(|mention| !mention.is_empty()),
        now,
    }))
}

/// A page of all its groups.
pub fn page(
    tx: &mut dyn Tx,
    rules: &Rules,
    id: i64,
    page: u32,
    now: Timestamp,
) -> Result<Option<StormPage>, StoreError> {
    let Some(storm) = storms::by_id(tx, id)? else { return Ok(None) };
    let Some(picture) = picture(tx, rules, id, now)? else { return Ok(None) };
    let mut groups = storms::page(tx, id, i64::from(page) * STORM_PAGE, STORM_PAGE + 1)?;
    let shown = usize::try_from(STORM_PAGE).unwrap_or(usize::MAX);
    let has_more = groups.len() > shown;
    groups.truncate(shown);
    let mut rows = Vec::new();
    for group in groups {
        let has_message = !holds(tx, group.id, &storm.channel)?;
        rows.push(StormRow { group, has_message });
    }
    Ok(Some(StormPage { storm: picture, page, has_more, rows }))
}

/// "Acknowledge all", as it waits for its next part.
#[derive(Debug, Serialize, Deserialize)]
struct Wish {
    by: Actor,
    via: Via,
    /// What joined later is not what they saw.
    at: Timestamp,
    done: u32,
}

/// All groups of the storm that nobody has are somebody's; `None` when it is gone.
pub fn acknowledge_all(work: &mut Work<'_>, id: i64, by: &By) -> Result<Option<u32>, StoreError> {
    let Some(storm) = storms::by_id(work.tx, id)? else { return Ok(None) };
    let waiting = storms::count_waiting(work.tx, id)?;
    if waiting > 0 {
        let wish = Wish { by: by.actor.clone(), via: by.via, at: work.now, done: 0 };
        acknowledge_some(work, &storm, &wish)?;
    }
    Ok(Some(waiting))
}

/// A bounded number of them; the others in the next transaction.
fn acknowledge_some(work: &mut Work<'_>, storm: &Storm, wish: &Wish) -> Result<(), StoreError> {
    let by = By { actor: wish.by.clone(), via: wish.via };
    let waiting = storms::waiting(work.tx, storm.id, wish.at, STORM_ACK_BATCH)?;
    let mut done = wish.done;
    for group in &waiting {
        if let Done::Yes(_) = deeds::acknowledge(work, group.id, &by)? {
            done += 1;
        }
    }
    if i64::try_from(waiting.len()).is_ok_and(|taken| taken >= STORM_ACK_BATCH) && done > wish.done {
        let rest = Wish { by: wish.by.clone(), done, ..*wish };
        let data = serde_json::to_string(&rest).map_err(|e| StoreError::Inconsistent(e.to_string()))?;
        let now = work.now;
        return due::set(work.tx, ACKNOWLEDGE, &storm.id.to_string(), now, &data);
    }
    if done > 0 {
        let told = StormNote::AcknowledgedAll { by: wish.by.clone(), count: done };
        note(work, storm, told, Urgency::Deed)?;
    }
    Ok(())
}

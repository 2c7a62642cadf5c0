//! When a group speaks: its first message, the news in its thread, the reminder while nobody has it.

use std::time::Duration;

use serde_json::json;

use super::suppress::{self, Checked, Cursor, Silences};
use super::{Work, again, hush, incident, journal, say, storm};
use crate::domain::actor::{Actor, Via};
use crate::domain::alert::Alert;
use crate::domain::group::{Change, Group, State, Told};
use crate::domain::particulars::{common, particulars};
use crate::domain::priority::Priority;
use crate::domain::route::{DEFAULT_GROUP_INTERVAL, DEFAULT_REPEAT_INTERVAL, GroupBy, Route};
use crate::domain::say::{GroupNote, Heads, Urgency};
use crate::domain::time::Timestamp;
use crate::limits::{
    CARD_ALERTS_MAX, MORE_URGENT_LOOKED_AT, NEWS_AFTER_SENDER, NOTE_NAMES_MAX, RECHECK_AT_LEAST,
};
use crate::store::alerts::AlertRow;
use crate::store::{StoreError, alerts, due, groups, inhibitors};

/// Kinds of due rows of a group; their subject is its id.
pub(super) const FLUSH: &str = "group_flush";
pub(super) const REPEAT: &str = "group_repeat";
pub(super) const UNSILENCE: &str = "group_unsilence";
pub(super) const ACK_REMINDER: &str = "group_ack_reminder";
pub(super) const ACK_TIMEOUT: &str = "group_ack_timeout";
pub(super) const QUIET: &str = "group_quiet";

/// The group is looked at again then, or earlier.
pub(super) fn schedule(work: &mut Work<'_>, group: i64, at: Timestamp) -> Result<(), StoreError> {
    due::set_earlier(work.tx, FLUSH, &group.to_string(), at)
}

/// Nothing of the group is due any more.
pub(super) fn clear(work: &mut Work<'_>, group: i64) -> Result<(), StoreError> {
    let subject = group.to_string();
    for kind in [FLUSH, REPEAT, UNSILENCE, ACK_REMINDER, ACK_TIMEOUT, QUIET, again::AGAIN] {
        due::clear(work.tx, kind, &subject)?;
    }
    Ok(())
}

/// The thread is told who joined and who ended, not more often than the route's group_interval says.
pub(super) fn schedule_news(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    let route = work.rules.tree.by_id(&group.route);
    let interval = match route {
        Some(route) if route.group_by == GroupBy::Sender => NEWS_AFTER_SENDER.min(route.group_interval),
        Some(route) => route.group_interval,
        None => DEFAULT_GROUP_INTERVAL,
    };
    let last = group.flushed_at.or(group.notified_at).unwrap_or(group.created_at);
    let at = (last + interval).max(work.now);
    schedule(work, group.id, at)
}

/// The reminder that nobody has it.
pub(super) fn schedule_repeat(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    let interval =
        work.rules.tree.by_id(&group.route).map_or(DEFAULT_REPEAT_INTERVAL, |route| route.repeat_interval);
    due::set(work.tx, REPEAT, &group.id.to_string(), work.now + interval, "{}")
}

/// Speaks now if the group's first word is due now: the first message does not wait for the next tick.
pub(super) fn if_due(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    if group.notified_at.is_some() || group.state == State::Resolved {
        return Ok(());
    }
    let subject = group.id.to_string();
    if due::at(work.tx, FLUSH, &subject)?.is_some_and(|at| at <= work.now) {
        due::clear(work.tx, FLUSH, &subject)?;
        flush(work, group)?;
    }
    Ok(())
}

/// Looks at the group: should it speak, and of what? The caller saves it.
pub(super) fn flush(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    flush_from(work, group, Cursor::default())
}

/// The same, going on with the look at its alerts that an earlier transaction began.
pub(super) fn flush_from(work: &mut Work<'_>, group: &mut Group, from: Cursor) -> Result<(), StoreError> {
    if group.state == State::Resolved || group.attached_to.is_some() {
        return Ok(());
    }
    let rules = work.rules;
    let route = rules.tree.by_id(&group.route);
    if let Some(muted) = route.and_then(|route| hush::muted_now(rules, route, work.now)) {
        return stay_quiet(work, group, muted.reason, muted.until.unwrap_or(Timestamp::MAX));
    }
    match suppress::check_group(work, group, from)? {
        Checked::Open => {}
        Checked::Quiet(reason) => return stay_quiet(work, group, reason, Timestamp::MAX),
        Checked::Unfinished(cursor) => return look_on(work, group, FLUSH, &cursor),
    }
    raise(work, group)?;
    if group.facts.hushed.take().is_some() && group.notified_at.is_some() {
        let now = work.now;
        say::card(work, group, Urgency::Update, now)?;
    }
    if group.state == State::Silenced
        && group.facts.silenced.as_ref().is_some_and(|silenced| silenced.rule.is_some())
    {
        // Its silence by matchers does not cover all of its alerts any more.
        super::deeds::silence_lifted(work, group)?;
    }
    if group.notified_at.is_none() {
        if group.state == State::Firing { first_word(work, group) } else { Ok(()) }
    } else {
        news(work, group)
    }
}

/// A resolved group fires again: its thread hears of it, unless something hushes it; then the end of that is awaited.
pub(super) fn speak_again(work: &mut Work<'_>, group: &mut Group, told: Told) -> Result<(), StoreError> {
    let rules = work.rules;
    let route = rules.tree.by_id(&group.route);
    schedule_quiet(work, group.id)?;
    if group.notified_at.is_none() {
        let wait = route.map_or(DEFAULT_GROUP_INTERVAL, super::intake::wait_of);
        let now = work.now;
        return schedule(work, group.id, now + wait);
    }
    if group.state == State::Silenced && !hush::rule_covers(work, group)? {
        // The silence by matchers was lifted while it was resolved, or does not cover what fires now.
        let now = work.now;
        if let Ok(change) = group.unsilence(false, now) {
            let reason = "the silence that it had does not cover it any more";
            journal::group(
                work,
                group.id,
                change.kind(),
                &Actor::Firebell,
                Via::Source,
                reason,
                &json!(change),
            )?;
        }
    }
    if group.state == State::Silenced {
        let until = group.facts.silenced.as_ref().and_then(|silenced| silenced.until);
        return match until {
            Some(until) => due::set(work.tx, UNSILENCE, &group.id.to_string(), until, "{}"),
            None => Ok(()),
        };
    }
    schedule_repeat(work, group)?;
    match why_hushed(work, group)? {
        Checked::Open => {}
        Checked::Quiet(_) => return Ok(()),
        Checked::Unfinished(cursor) => return look_on(work, group, FLUSH, &cursor),
    }
    // The message lists them; naming them once more in the thread would be noise.
    alerts::tell(work.tx, group.id)?;
    group.flushed_at = Some(work.now);
    let is_owned = matches!(&told.change, Change::FiresAgain { had_it: Some(_), .. });
    again::fires(work, group, &GroupNote::Changed(told), is_owned)?;
    incident::by_route(work, group)
}

/// If an alert fires in it that is more urgent than the group and nothing hushes it, the group is as urgent from now on,
/// and says so. It never gets less urgent: somebody would have to look at it again to learn that it did.
pub(super) fn raise(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    let rules = work.rules;
    let route = rules.tree.by_id(&group.route);
    let from = group.priority;
    if group.state == State::Resolved || route.is_some_and(|route| route.priority.is_some()) {
        return Ok(());
    }
    let urgent = alerts::more_urgent(work.tx, group.id, from.as_number(), MORE_URGENT_LOOKED_AT)?;
    if urgent.is_empty() {
        return Ok(());
    }
    let silences = Silences::now(work)?;
    let muted = route.and_then(|route| hush::muted_now(rules, route, work.now)).is_some();
    let mut found = None;
    for (priority, labels) in urgent {
        let labels = serde_json::from_str(&labels).unwrap_or_default();
        if !muted && suppress::why(work, &labels, &silences)?.is_none() {
            found = u8::try_from(priority).ok().and_then(Priority::from_number);
            break;
        }
    }
    let Some(to) = found else {
        let at = recheck_at(work, group);
        return schedule(work, group.id, at);
    };
    group.priority = to;
    group.updated_at = work.now;
    let note = GroupNote::MoreUrgent { from: from.as_number(), to: to.as_number() };
    let reason = "a more urgent alert fires in it";
    journal::group(work, group.id, "more_urgent", &Actor::Firebell, Via::Source, reason, &json!(note))?;
    work.tally.add("groups_more_urgent", 1);
    if group.state == State::Silenced || group.notified_at.is_none() {
        return Ok(());
    }
    let urgency = if to <= Priority::P2 { Urgency::Page } else { Urgency::Update };
    let now = work.now;
    say::card(work, group, urgency, now)?;
    let is_owned = group.state == State::Acknowledged;
    if urgency == Urgency::Page && work.rules.groups.notify_again.wants(to, is_owned) {
        return say::note_to_channel(work, group, &note, urgency);
    }
    say::note(work, group, &note, urgency)
}

/// Why it would keep quiet now: its route's times forbid to speak, or all its firing alerts are inhibited or silenced.
pub(super) fn why_hushed(work: &mut Work<'_>, group: &Group) -> Result<Checked, StoreError> {
    let rules = work.rules;
    let route = rules.tree.by_id(&group.route);
    match route.and_then(|route| hush::muted_now(rules, route, work.now)) {
        Some(muted) => Ok(Checked::Quiet(muted.reason)),
        None => suppress::check_group(work, group, Cursor::default()),
    }
}

/// The look at the group's alerts goes on in the next transaction, so that others get their turn. Should anything change
/// before, [`schedule`] lets it begin anew.
fn look_on(work: &mut Work<'_>, group: &Group, kind: &str, cursor: &Cursor) -> Result<(), StoreError> {
    work.tally.add("suppression_checks_continued", 1);
    due::set(work.tx, kind, &group.id.to_string(), work.now, &cursor.to_due()?)
}

fn first_word(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    group.notified_at = Some(work.now);
    group.flushed_at = Some(work.now);
    alerts::tell(work.tx, group.id)?;
    if group.channels.is_empty() {
        nobody_notified(work, group)?;
    } else {
        let urgency = if group.priority <= Priority::P2 { Urgency::Page } else { Urgency::First };
        storm::speak(work, group, urgency)?;
        work.tally.add("groups_notified", 1);
        let data = json!({ "channels": group.channels, "firing": group.firing });
        let reason = "it fires and nothing hushes it";
        journal::group(work, group.id, "notified", &Actor::Firebell, Via::Timer, reason, &data)?;
    }
    schedule_repeat(work, group)?;
    incident::by_route(work, group)
}

/// Records that the group fires and its receiver notifies nobody: by mistake, or because the config says so.
fn nobody_notified(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    let on_purpose = work.rules.receiver(&group.receiver).is_some_and(|receiver| receiver.silent);
    let (count, reason) = if on_purpose {
        ("groups_listed_only", "its receiver says `notify: false`")
    } else {
        ("groups_nobody_notified", "its receiver has no channel")
    };
    work.tally.add(count, 1);
    let data = json!({ "receiver": group.receiver, "on_purpose": on_purpose });
    journal::group(work, group.id, "nobody_notified", &Actor::Firebell, Via::Timer, reason, &data)
}

fn news(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    let joined = heads(work, group, true)?;
    let ended = heads(work, group, false)?;
    group.flushed_at = Some(work.now);
    if joined.count == 0 && ended.count == 0 {
        return Ok(());
    }
    alerts::tell(work.tx, group.id)?;
    let note = GroupNote::Alerts { joined, ended, firing: group.firing };
    let reason = "alerts joined or ended";
    journal::group(work, group.id, "alerts", &Actor::Firebell, Via::Source, reason, &json!(note))?;
    if group.state == State::Silenced {
        return Ok(());
    }
    say::note(work, group, &note, Urgency::Update)
}

/// Named by what tells them from their siblings, as on the card.
fn heads(work: &mut Work<'_>, group: &Group, firing: bool) -> Result<Heads, StoreError> {
    let count = alerts::count_untold(work.tx, group.id, firing)?;
    if count == 0 {
        return Ok(Heads::default());
    }
    let alert_of = |row: &AlertRow| serde_json::from_str::<Alert>(&row.data).ok();
    let shown = alerts::top(work.tx, group.id, CARD_ALERTS_MAX)?;
    let told = alerts::untold(work.tx, group.id, firing, NOTE_NAMES_MAX)?;
    let siblings: Vec<Alert> = shown.iter().chain(&told).filter_map(alert_of).collect();
    let alike = common(&siblings);
    let names =
        told.iter().filter_map(alert_of).map(|one| particulars(&one, Some(&alike), &group.group_labels));
    Ok(Heads { names: names.collect(), count })
}

/// The group keeps quiet, and is looked at again no later than its interval says.
fn stay_quiet(
    work: &mut Work<'_>,
    group: &mut Group,
    reason: String,
    until: Timestamp,
) -> Result<(), StoreError> {
    if group.facts.hushed.as_ref() != Some(&reason) {
        work.tally.add("groups_hushed", 1);
        let data = json!({ "reason": reason });
        journal::group(work, group.id, "hushed", &Actor::Firebell, Via::Timer, &reason, &data)?;
        group.facts.hushed = Some(reason);
        if group.notified_at.is_some() {
            let now = work.now;
            say::card(work, group, Urgency::Update, now)?;
        }
    }
    let at = recheck_at(work, group).min(until.max(work.now + Duration::from_millis(1)));
    schedule(work, group.id, at)
}

/// What is hushed is looked at again then: nobody tells when the reason ends.
fn recheck_at(work: &Work<'_>, group: &Group) -> Timestamp {
    let route = work.rules.tree.by_id(&group.route);
    work.now + route.map_or(DEFAULT_GROUP_INTERVAL, |route| route.group_interval).max(RECHECK_AT_LEAST)
}

/// It still fires and nobody has it.
pub(super) fn repeat(work: &mut Work<'_>, group: &mut Group, from: Cursor) -> Result<(), StoreError> {
    if group.is_open_and_calm() {
        return schedule_repeat(work, group);
    }
    if !group.needs_somebody() || group.notified_at.is_none() || group.attached_to.is_some() {
        return Ok(());
    }
    let rules = work.rules;
    let muted =
        rules.tree.by_id(&group.route).and_then(|route: &Route| hush::muted_now(rules, route, work.now));
    let hushed = match muted {
        Some(muted) => Some((muted.reason, muted.until.unwrap_or(Timestamp::MAX))),
        None => match suppress::check_group(work, group, from)? {
            Checked::Open => None,
            Checked::Quiet(reason) => Some((reason, Timestamp::MAX)),
            Checked::Unfinished(cursor) => return look_on(work, group, REPEAT, &cursor),
        },
    };
    if let Some((reason, until)) = hushed {
        stay_quiet(work, group, reason, until)?;
        return schedule_repeat(work, group);
    }
    let note = GroupNote::StillFiring { since: group.created_at, firing: group.firing };
    again::unowned(work, group, &note)?;
    let reason = "repeat_interval is over and nobody has it";
    journal::group(work, group.id, "reminded", &Actor::Firebell, Via::Timer, reason, &json!({}))?;
    work.tally.add("reminders", 1);
    schedule_repeat(work, group)
}

/// If nothing is heard of it, it will be resolved then.
pub(super) fn schedule_quiet(work: &mut Work<'_>, group: i64) -> Result<(), StoreError> {
    let Some(after) = work.rules.groups.auto_resolve_after else { return Ok(()) };
    due::set_earlier(work.tx, QUIET, &group.to_string(), work.now + after)
}

/// Nothing was heard for a while: it is over, and so are its alerts, so that one that comes again is news. Or look again
/// when the newest sign is old enough. The alerts of a group that a person resolved end as quietly as it is.
pub(super) fn quiet(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    let Some(after) = work.rules.groups.auto_resolve_after else { return Ok(()) };
    if group.state == State::Resolved && group.firing == 0 {
        return Ok(());
    }
    let last = alerts::last_seen(work.tx, group.id)?.unwrap_or(group.updated_at);
    if last + after > work.now {
        return due::set(work.tx, QUIET, &group.id.to_string(), last + after, "{}");
    }
    group.resolved += alerts::end_all(work.tx, group.id, work.now)?;
    group.firing = 0;
    inhibitors::remove_ended(work.tx)?;
    if group.state == State::Resolved {
        alerts::tell(work.tx, group.id)?;
        let now = work.now;
        return if group.notified_at.is_some() {
            say::card(work, group, Urgency::Update, now)
        } else {
            Ok(())
        };
    }
    super::intake::resolve_by_source(
        work,
        group,
        &Actor::Firebell,
        "nothing was heard of it for auto_resolve_after",
    )
}

/// Loads a group for a due row; one that is gone has nothing due.
pub(super) fn load(work: &mut Work<'_>, subject: &str) -> Result<Option<Group>, StoreError> {
    let Ok(id) = subject.parse() else { return Ok(None) };
    groups::by_id(work.tx, id)
}

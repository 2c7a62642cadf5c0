//! Channels are notified again of a group that has spoken before ([`crate::domain::again`]).

use serde_json::json;

use super::suppress::Checked;
use super::{Work, flush, journal, say};
use crate::domain::actor::{Actor, Via};
use crate::domain::again::Again;
use crate::domain::group::{Change, Group};
use crate::domain::priority::Priority;
use crate::domain::say::{GroupNote, Urgency};
use crate::store::{StoreError, due};

/// Kind of the due row of a group that flapped: its channels hear of it then, if nobody has it.
pub(super) const AGAIN: &str = "group_again";

/// How urgent it is that a channel hears of this group.
pub(super) fn urgency(group: &Group) -> Urgency {
    if group.priority <= Priority::P2 { Urgency::Page } else { Urgency::First }
}

/// It fires again: its thread hears of it, and its channels now or a little later.
pub(super) fn fires(
    work: &mut Work<'_>,
    group: &mut Group,
    note: &GroupNote,
    is_owned: bool,
) -> Result<(), StoreError> {
    let last = group.facts.notified_again.or(group.notified_at);
    match work.rules.groups.notify_again.decide(group.priority, is_owned, last, work.now) {
        Again::Now => to_channel(work, group, note),
        Again::At(at) => {
            due::set(work.tx, AGAIN, &group.id.to_string(), at, "{}")?;
            say::note(work, group, note, Urgency::First)
        }
        Again::Not => say::note(work, group, note, Urgency::First),
    }
}

/// The moment has come: does it still fire, and has nobody taken it?
pub(super) fn due(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    let is_over = !group.needs_somebody() || group.notified_at.is_none() || group.attached_to.is_some();
    if is_over || matches!(flush::why_hushed(work, group)?, Checked::Quiet(_)) {
        return Ok(());
    }
    let reason = "it fired again a moment ago, and nobody has it";
    journal::group(work, group.id, "reminded", &Actor::Firebell, Via::Timer, reason, &json!({}))?;
    let note = GroupNote::StillFiring { since: group.created_at, firing: group.firing };
    to_channel(work, group, &note)
}

/// Says it to the channels, where `alert_groups.notify_again` wants it, else in the thread.
pub(super) fn unowned(work: &mut Work<'_>, group: &mut Group, note: &GroupNote) -> Result<(), StoreError> {
    if work.rules.groups.notify_again.wants(group.priority, false) {
        to_channel(work, group, note)
    } else {
        say::note(work, group, note, Urgency::First)
    }
}

fn to_channel(work: &mut Work<'_>, group: &mut Group, note: &GroupNote) -> Result<(), StoreError> {
    group.facts.notified_again = Some(work.now);
    due::clear(work.tx, AGAIN, &group.id.to_string())?;
    say::note_to_channel(work, group, note, urgency(group))
}

/// Whether channels hear of a change that left a firing group to nobody without a person's doing.
pub(super) fn of_change(work: &mut Work<'_>, group: &Group, change: &Change) -> Result<bool, StoreError> {
    let by_itself =
        matches!(change, Change::Unsilenced { ran_out: true } | Change::Unacknowledged { timed_out: true });
    let wanted = by_itself
        && group.needs_somebody()
        && group.attached_to.is_none()
        && work.rules.groups.notify_again.wants(group.priority, false);
    Ok(wanted && !matches!(flush::why_hushed(work, group)?, Checked::Quiet(_)))
}

//! Alert groups that are attached to another one, their root: "this is part of that".
//!
//! As in OnCall, what is attached takes over its root's state and follows it; a group that has others attached cannot be
//! attached, nor can one be attached to a group that is attached itself or resolved. Unlike there, nothing that burns is
//! forgotten below a root:
//!
//! - A root that is acknowledged, silenced and so on takes along what is attached to it.
//! - A person who resolves the root means all of it: what is attached is resolved with it, and stays attached. If the root
//!   comes back (unresolved, or it fires again), what still fires comes back with it; the rest stays resolved and comes
//!   loose.
//! - A root whose own alerts ended resolves only what nothing fires in. The others come loose in the state they have, and
//!   their threads say so.
//! - What is resolved by itself (its alerts ended, or a person resolved it and not the root), what fires again after a
//!   resolve and what is unresolved stands for itself again: it is attached as long as both are open, or were resolved
//!   together.
//! - What is detached keeps the state it has, but is open again if it was resolved with its root and still fires.
//! - A root is forgotten after the retention like any group; what was attached to it comes loose.

use serde_json::json;

use super::deeds::{By, Done, after, not_allowed, tell};
use super::suppress::Checked;
use super::{Work, again, flush, incident, journal, say};
use crate::domain::actor::Actor;
use crate::domain::group::{Change, Group, Refusal, State, Unattachable};
use crate::domain::say::{GroupNote, Urgency};
use crate::store::{StoreError, groups};

/// Puts a group under another: what is done to the root is done to it.
pub fn attach(work: &mut Work<'_>, id: i64, root: i64, by: &By) -> Result<Done, StoreError> {
    if let Some(denied) = not_allowed(work, by)? {
        return Ok(denied);
    }
    let Some(mut group) = groups::by_id(work.tx, id)? else { return Ok(Done::Unknown) };
    let Some(root) = groups::by_id(work.tx, root)? else { return Ok(Done::Unknown) };
    if let Some(refusal) = refused(work, &group, &root)? {
        return Ok(Done::No(group, refusal));
    }
    group.attached_to = Some(root.id);
    take_over(&mut group, &root, work);
    groups::save(work.tx, &group)?;
    after(work, &group)?;
    let data = json!({ "to": root.number });
    journal::group(work, id, "attached", &by.actor, by.via, "attached to another alert group", &data)?;
    let data = json!({ "number": group.number });
    journal::group(work, root.id, "took_in", &by.actor, by.via, "another was attached", &data)?;
    let (number, title) = (group.number, group.title.clone());
    say::note(work, &root, &GroupNote::Attached { number, title, by: by.actor.clone() }, Urgency::Deed)?;
    let (number, title) = (root.number, root.title.clone());
    say::note(work, &group, &GroupNote::AttachedTo { number, title, by: by.actor.clone() }, Urgency::Deed)?;
    draw(work, &group, Urgency::Deed)?;
    draw(work, &root, Urgency::Update)?;
    say::pages_anew(work, &group)?;
    Ok(Done::Yes(group))
}

fn refused(work: &mut Work<'_>, group: &Group, root: &Group) -> Result<Option<Refusal>, StoreError> {
    if let Some(root) = group.attached_to {
        return Ok(Some(Refusal::Attached(root)));
    }
    let why = if group.id == root.id {
        Unattachable::ToItself
    } else if group.state == State::Resolved {
        Unattachable::Resolved { number: group.number }
    } else if root.state == State::Resolved {
        Unattachable::Resolved { number: root.number }
    } else if root.attached_to.is_some() {
        Unattachable::RootIsAttached { number: root.number }
    } else if let Some(child) = groups::attached(work.tx, group.id)?.first() {
        Unattachable::HasOthers { number: child.number }
    } else {
        return Ok(None);
    };
    Ok(Some(Refusal::Unattachable(why)))
}

/// Takes it out again.
pub fn detach(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    if let Some(denied) = not_allowed(work, by)? {
        return Ok(denied);
    }
    let Some(mut group) = groups::by_id(work.tx, id)? else { return Ok(Done::Unknown) };
    let Some(root) = group.attached_to.take() else { return Ok(Done::Yes(group)) };
    journal::group(work, id, "detached", &by.actor, by.via, "stands for itself again", &json!({}))?;
    let now = work.now;
    let came_back =
        (group.state == State::Resolved && group.firing > 0).then(|| group.unresolve(&by.actor, now));
    if let Some(Ok(change)) = came_back {
        tell(work, &mut group, change, by, "it still fires")?;
    } else {
        after(work, &group)?;
        draw(work, &group, Urgency::Deed)?;
    }
    groups::save(work.tx, &group)?;
    if let Some(root) = groups::by_id(work.tx, root)? {
        let note = GroupNote::Detached { number: group.number, by: by.actor.clone() };
        say::note(work, &root, &note, Urgency::Deed)?;
        draw(work, &root, Urgency::Update)?;
        let note = GroupNote::DetachedFrom { number: root.number, by: by.actor.clone() };
        say::note(work, &group, &note, Urgency::Deed)?;
    }
    say::pages_anew(work, &group)?;
    Ok(Done::Yes(group))
}

/// It is attached to this one no more: that one's message lists it no more.
pub(super) fn left(work: &mut Work<'_>, root: i64) -> Result<(), StoreError> {
    match groups::by_id(work.tx, root)? {
        Some(root) => draw(work, &root, Urgency::Update),
        None => Ok(()),
    }
}

/// A group has changed: so does what is attached to it.
pub(super) fn follow(work: &mut Work<'_>, root: &Group, change: &Change, by: &By) -> Result<(), StoreError> {
    for mut child in groups::attached(work.tx, root.id)? {
        let is_over = root.state == State::Resolved;
        if is_over && child.state == State::Resolved {
            // It was resolved with the root before, and nothing brought it back since.
            continue;
        }
        let by_somebody = matches!(by.actor, Actor::Person(_) | Actor::Api(_));
        if is_over && child.firing > 0 && !by_somebody {
            come_loose(work, &mut child, root)?;
            continue;
        }
        if !is_over && child.state == State::Resolved && child.firing == 0 {
            child.attached_to = None;
        } else {
            take_over(&mut child, root, work);
        }
        if is_over && !by_somebody {
            child.attached_to = None;
        }
        groups::save(work.tx, &child)?;
        after(work, &child)?;
        let data = json!({ "root": root.number, "state": child.state, "change": change.kind() });
        let reason = "what it is attached to changed";
        journal::group(work, child.id, "followed", &by.actor, by.via, reason, &data)?;
        draw(work, &child, Urgency::Update)?;
        say::pages_anew(work, &child)?;
        incident::groups_changed(work, &child)?;
    }
    Ok(())
}

/// Its root is over and it is not.
fn come_loose(work: &mut Work<'_>, child: &mut Group, root: &Group) -> Result<(), StoreError> {
    child.attached_to = None;
    child.updated_at = work.now;
    groups::save(work.tx, child)?;
    after(work, child)?;
    let data = json!({ "root": root.number });
    let by = By { actor: Actor::Firebell, via: crate::domain::actor::Via::Source };
    let reason = "what it was attached to is resolved, and it still fires";
    journal::group(work, child.id, "came_loose", &by.actor, by.via, reason, &data)?;
    draw(work, child, Urgency::First)?;
    if child.state == State::Silenced || matches!(flush::why_hushed(work, child)?, Checked::Quiet(_)) {
        return Ok(());
    }
    let nobody = child.needs_somebody();
    let note = GroupNote::CameLoose { root: root.number, nobody };
    if nobody && work.rules.groups.notify_again.wants(child.priority, false) {
        return say::note_to_channel(work, child, &note, again::urgency(child));
    }
    say::note(work, child, &note, Urgency::First)
}

fn draw(work: &mut Work<'_>, group: &Group, urgency: Urgency) -> Result<(), StoreError> {
    if group.notified_at.is_none() {
        return Ok(());
    }
    let now = work.now;
    say::card(work, group, urgency, now)
}

/// What is attached is in its root's state.
fn take_over(child: &mut Group, root: &Group, work: &Work<'_>) {
    child.state = root.state;
    child.facts.acknowledged.clone_from(&root.facts.acknowledged);
    child.facts.silenced.clone_from(&root.facts.silenced);
    child.facts.resolved.clone_from(&root.facts.resolved);
    child.resolved_at = root.resolved_at;
    if root.state == State::Resolved {
        child.facts.hushed = None;
    }
    child.updated_at = work.now;
}

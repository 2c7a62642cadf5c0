//! What people do to alert groups. Each deed is the same way: load → ask the rules → write, journal, tell.

use serde_json::json;

pub use super::attached::{attach, detach};
use super::flush::{self, ACK_REMINDER, ACK_TIMEOUT, REPEAT, UNSILENCE};
use super::suppress::Checked;
use super::{Work, again, attached, hush, incident, journal, say, sight};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::{Change, Group, Refusal, State, Told};
use crate::domain::rights::Denied;
use crate::domain::say::{GroupNote, Importance, Say, Urgency};
use crate::domain::time::Timestamp;
use crate::store::groups::Responder;
use crate::store::{StoreError, due, groups, people};

/// Whose deed it is, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub actor: Actor,
    pub via: Via,
}

/// What came of a wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    Yes(Group),
    /// Not granted; the group is as it was.
    No(Group, Refusal),
    /// They may not.
    Denied(Denied),
    /// There is no such group.
    Unknown,
}

pub fn acknowledge(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    let now = work.now;
    // Guests may, too: whoever sees a fire may say that they have it.
    decided(work, id, by, |group| group.acknowledge(&by.actor, now))
}

pub fn unacknowledge(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    let now = work.now;
    let group = groups::by_id(work.tx, id)?;
    if group.is_some_and(|group| group.facts.acknowledged.is_some_and(|taken| taken.by == by.actor)) {
        // What somebody took they may give back.
        return decided(work, id, by, |group| group.unacknowledge(false, now));
    }
    change(work, id, by, |group| group.unacknowledge(false, now))
}

pub fn resolve(work: &mut Work<'_>, id: i64, by: &By, note: Option<String>) -> Result<Done, StoreError> {
    let now = work.now;
    change(work, id, by, |group| group.resolve(&by.actor, note, now))
}

pub fn unresolve(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    let now = work.now;
    change(work, id, by, |group| group.unresolve(&by.actor, now))
}

pub fn silence(work: &mut Work<'_>, id: i64, by: &By, until: Option<Timestamp>) -> Result<Done, StoreError> {
    let now = work.now;
    change(work, id, by, |group| group.silence(&by.actor, until, None, now))
}

pub fn unsilence(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    let now = work.now;
    change(work, id, by, |group| group.unsilence(false, now))
}

/// What still keeps a group quiet whose own silence was lifted: a silence by matchers, an inhibition, a muted time.
pub fn still_quiet(work: &mut Work<'_>, group: &Group) -> Result<Option<String>, StoreError> {
    if group.state != State::Firing || group.firing == 0 {
        return Ok(None);
    }
    Ok(match flush::why_hushed(work, group)? {
        Checked::Open => None,
        Checked::Quiet(reason) => Some(reason),
        // The group is looked at anyway, now that it is heard again, and says so itself.
        Checked::Unfinished(_) => None,
    })
}

/// The group, if there is one and they may know of it.
fn seen(work: &mut Work<'_>, id: i64, by: &By) -> Result<Option<Group>, StoreError> {
    let Some(group) = groups::by_id(work.tx, id)? else { return Ok(None) };
    Ok(sight::sees_group(work, &by.actor, &group)?.then_some(group))
}

/// Whether they may change anything: guests may look and acknowledge.
pub(super) fn not_allowed(work: &mut Work<'_>, by: &By) -> Result<Option<Done>, StoreError> {
    Ok(incident::permit(work, &by.actor, None)?.err().map(Done::Denied))
}

/// What fixed it, told after the resolve.
pub fn explain_fix(work: &mut Work<'_>, id: i64, by: &By, note: &str) -> Result<Done, StoreError> {
    if let Some(denied) = not_allowed(work, by)? {
        return Ok(denied);
    }
    let Some(mut group) = groups::by_id(work.tx, id)? else { return Ok(Done::Unknown) };
    if let Some(resolved) = &mut group.facts.resolved {
        resolved.note = Some(note.to_owned());
        groups::save(work.tx, &group)?;
        let now = work.now;
        say::card(work, &group, Urgency::Deed, now)?;
    }
    let said = GroupNote::Fixed { by: by.actor.clone(), text: note.to_owned() };
    keep_words(work, id, by, note, &said)
}

/// A person's words, kept in the timeline and told in the thread.
pub fn add_note(work: &mut Work<'_>, id: i64, by: &By, text: &str) -> Result<Done, StoreError> {
    if let Some(denied) = not_allowed(work, by)? {
        return Ok(denied);
    }
    let said = GroupNote::Words { by: by.actor.clone(), via: by.via, text: text.to_owned() };
    keep_words(work, id, by, text, &said)
}

/// The same for words that stood in the thread: `asker` takes them in, whoever wrote them.
pub fn take_as_note(
    work: &mut Work<'_>,
    id: i64,
    asker: &By,
    author: &Actor,
    text: &str,
) -> Result<Done, StoreError> {
    if let Some(denied) = not_allowed(work, asker)? {
        return Ok(denied);
    }
    let said = GroupNote::Words { by: author.clone(), via: asker.via, text: text.to_owned() };
    keep_words(work, id, &By { actor: author.clone(), via: asker.via }, text, &said)
}

fn keep_words(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    text: &str,
    said: &GroupNote,
) -> Result<Done, StoreError> {
    let Some(group) = groups::by_id(work.tx, id)? else { return Ok(Done::Unknown) };
    journal::group(work, id, "note", &by.actor, by.via, "a note", &json!({ "text": text }))?;
    say::note(work, &group, said, Urgency::Deed)?;
    Ok(Done::Yes(group))
}

/// Calls people in: a mention in the thread, and a direct message each.
pub fn call(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    users: &[String],
    importance: Importance,
) -> Result<Done, StoreError> {
    if let Some(denied) = not_allowed(work, by)? {
        return Ok(denied);
    }
    let Some(group) = groups::by_id(work.tx, id)? else { return Ok(Done::Unknown) };
    let mut called = Vec::new();
    for user in users {
        // Nobody would read it; who asks for it is told before.
        if people::can_be_called(work.tx, user)?.is_err() {
            continue;
        }
        let added_by = by.actor.to_string();
        let new = Responder { user_id: user.clone(), importance, added_by, added: work.now };
        if groups::add_responder(work.tx, id, &new)? {
            called.push(user.clone());
            let page = Say::Page { group: id, user: user.clone(), by: by.actor.clone(), importance };
            say::say(work, &page, Urgency::Page)?;
            work.tally.add("responders_called", 1);
        }
    }
    if !called.is_empty() {
        let data = json!({ "users": called, "importance": importance });
        journal::group(work, id, "called", &by.actor, by.via, "responders were added", &data)?;
        let note = GroupNote::Called { users: called, importance, by: by.actor.clone() };
        say::note(work, &group, &note, Urgency::Page)?;
        let now = work.now;
        say::card(work, &group, Urgency::Deed, now)?;
    }
    Ok(Done::Yes(group))
}

/// Lets somebody go who was called.
pub fn uncall(work: &mut Work<'_>, id: i64, by: &By, user: &str) -> Result<Done, StoreError> {
    if let Some(denied) = not_allowed(work, by)? {
        return Ok(denied);
    }
    let Some(group) = groups::by_id(work.tx, id)? else { return Ok(Done::Unknown) };
    if groups::remove_responder(work.tx, id, user)? {
        journal::group(
            work,
            id,
            "uncalled",
            &by.actor,
            by.via,
            "a responder was removed",
            &json!({ "user": user }),
        )?;
        let note = GroupNote::Uncalled { user: user.to_owned(), by: by.actor.clone() };
        say::note(work, &group, &note, Urgency::Chatter)?;
        say::pages_anew(work, &group)?;
        let now = work.now;
        say::card(work, &group, Urgency::Deed, now)?;
    }
    Ok(Done::Yes(group))
}

/// Somebody who was called says whether they come; who cannot is let go. `None`: they were not called.
pub fn answer_call(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    coming: bool,
    caller: Option<&str>,
) -> Result<Option<Done>, StoreError> {
    // No right is needed: a guest who was called may say so, too.
    let Some(group) = groups::by_id(work.tx, id)? else { return Ok(Some(Done::Unknown)) };
    let user = by.actor.slack_id().unwrap_or_default();
    if !groups::responders(work.tx, id)?.iter().any(|one| one.user_id == user) {
        return Ok(None);
    }
    let data = json!({ "coming": coming });
    let reason = "whoever was called answered";
    journal::group(work, id, "answered_call", &by.actor, by.via, reason, &data)?;
    let note = GroupNote::CallAnswered { by: by.actor.clone(), coming, caller: caller.map(str::to_owned) };
    say::note(work, &group, &note, if coming { Urgency::Deed } else { Urgency::Page })?;
    if !coming {
        groups::remove_responder(work.tx, id, user)?;
        let now = work.now;
        say::card(work, &group, Urgency::Deed, now)?;
    }
    Ok(Some(Done::Yes(group)))
}

/// "Still yours?" was answered with yes.
pub fn confirm(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    let Some(group) = seen(work, id, by)? else { return Ok(Done::Unknown) };
    let mine = group.facts.acknowledged.as_ref().is_some_and(|taken| taken.by == by.actor);
    if group.state != State::Acknowledged || !mine {
        let refusal = match &group.facts.acknowledged {
            Some(taken) if group.state == State::Acknowledged => Refusal::AlreadyAcknowledged(taken.clone()),
            _ => Refusal::Not(State::Acknowledged),
        };
        return Ok(Done::No(group, refusal));
    }
    due::clear(work.tx, ACK_TIMEOUT, &id.to_string())?;
    schedule_ack_reminder(work, id)?;
    journal::group(work, id, "confirmed", &by.actor, by.via, "still has it", &json!({}))?;
    say::note(work, &group, &GroupNote::Confirmed { by: by.actor.clone() }, Urgency::Chatter)?;
    Ok(Done::Yes(group))
}

/// The silence ran out.
pub(super) fn silence_ran_out(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    if group.facts.silenced.as_ref().is_some_and(|silenced| silenced.holds_at(work.now)) {
        return Ok(());
    }
    if group.state != State::Silenced {
        group.facts.silenced = None;
        return Ok(());
    }
    let now = work.now;
    if let Ok(change) = group.unsilence(true, now) {
        by_itself(work, group, change, "its silence ran out")?;
    }
    Ok(())
}

/// Its silence by matchers does not cover it any more.
pub(super) fn silence_lifted(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    let now = work.now;
    if let Ok(change) = group.unsilence(false, now) {
        by_itself(work, group, change, "an alert fires in it that the silence does not cover")?;
    }
    Ok(())
}

/// The silence by matchers that hushed it is over.
pub(super) fn rule_lifted(work: &mut Work<'_>, group: &mut Group, by: &By) -> Result<(), StoreError> {
    let (now, ran_out) = (work.now, by.actor == Actor::Firebell);
    if group.state != State::Silenced {
        group.facts.silenced = None;
        return Ok(());
    }
    if let Ok(change) = group.unsilence(ran_out, now) {
        tell(work, group, change, by, "the silence by matchers is over")?;
    }
    Ok(())
}

/// All its firing alerts are covered by a silence by matchers.
pub(super) fn silenced_by_rule(
    work: &mut Work<'_>,
    group: &mut Group,
    by: &Actor,
    rule: i64,
    until: Timestamp,
) -> Result<(), StoreError> {
    let now = work.now;
    if let Ok(change) = group.silence(by, Some(until), Some(rule), now) {
        let by = By { actor: by.clone(), via: Via::Command };
        tell(work, group, change, &by, "a silence by matchers covers all its alerts")?;
    }
    Ok(())
}

/// Somebody has had it for long: ask.
pub(super) fn remind_owner(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    let Some(settings) = work.rules.groups.ack_reminder else { return Ok(()) };
    let Some(taken) = group.facts.acknowledged.clone().filter(|_| group.state == State::Acknowledged) else {
        return Ok(());
    };
    let Some(user) = taken.by.slack_id() else { return Ok(()) };
    let unack_at = settings.unack_after.map(|after| work.now + after);
    let note = GroupNote::StillYours { user: user.to_owned(), since: taken.at, unack_at };
    say::note(work, group, &note, Urgency::First)?;
    journal::group(
        work,
        group.id,
        "asked_owner",
        &Actor::Firebell,
        Via::Timer,
        "acknowledged for long",
        &json!({}),
    )?;
    match unack_at {
        Some(at) => due::set(work.tx, ACK_TIMEOUT, &group.id.to_string(), at, "{}"),
        None => schedule_ack_reminder(work, group.id),
    }
}

/// No answer: nobody has it any more.
pub(super) fn owner_is_silent(work: &mut Work<'_>, group: &mut Group) -> Result<(), StoreError> {
    let now = work.now;
    if let Ok(change) = group.unacknowledge(true, now) {
        by_itself(work, group, change, "nobody answered the reminder")?;
    }
    Ok(())
}

fn by_itself(work: &mut Work<'_>, group: &mut Group, change: Change, reason: &str) -> Result<(), StoreError> {
    let by = By { actor: Actor::Firebell, via: Via::Timer };
    tell(work, group, change, &by, reason)
}

fn change(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    decide: impl FnOnce(&mut Group) -> Result<Change, Refusal>,
) -> Result<Done, StoreError> {
    match not_allowed(work, by)? {
        Some(denied) => Ok(denied),
        None => decided(work, id, by, decide),
    }
}

fn decided(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    decide: impl FnOnce(&mut Group) -> Result<Change, Refusal>,
) -> Result<Done, StoreError> {
    let Some(mut group) = seen(work, id, by)? else { return Ok(Done::Unknown) };
    let root = group.attached_to;
    match decide(&mut group) {
        Ok(change) => {
            tell(work, &mut group, change, by, "")?;
            groups::save(work.tx, &group)?;
            if let Some(root) = root.filter(|_| group.attached_to.is_none()) {
                attached::left(work, root)?;
            }
            Ok(Done::Yes(group))
        }
        Err(refusal) => Ok(Done::No(group, refusal)),
    }
}

/// Journals, tells the thread, draws the message anew, sets what is due; and the same for what is attached.
pub(super) fn tell(
    work: &mut Work<'_>,
    group: &mut Group,
    change: Change,
    by: &By,
    reason: &str,
) -> Result<(), StoreError> {
    let told = Told { change: change.clone(), by: by.actor.clone(), via: by.via, at: work.now };
    journal::group(work, group.id, told.change.kind(), &by.actor, by.via, reason, &json!(told))?;
    let urgency = if by.actor.slack_id().is_some() { Urgency::Deed } else { Urgency::First };
    let note = GroupNote::Changed(told);
    if again::of_change(work, group, &change)? {
        say::note_to_channel(work, group, &note, again::urgency(group))?;
    } else {
        say::note(work, group, &note, urgency)?;
    }
    say::pages_anew(work, group)?;
    if group.notified_at.is_some() {
        let now = work.now;
        say::card(work, group, urgency, now)?;
    }
    after(work, group)?;
    attached::follow(work, group, &change, by)?;
    incident::groups_changed(work, group)
}

/// What is due for a group in this state, and what no longer is.
pub(super) fn after(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    let subject = group.id.to_string();
    if group.state == State::Resolved || group.attached_to.is_some() {
        flush::clear(work, group.id)?;
        if let Some(until) = group.facts.silenced.as_ref().and_then(|silenced| silenced.until) {
            due::set(work.tx, UNSILENCE, &subject, until, "{}")?;
        }
        return if group.firing > 0 { flush::schedule_quiet(work, group.id) } else { Ok(()) };
    }
    flush::schedule_quiet(work, group.id)?;
    for kind in [REPEAT, ACK_REMINDER, ACK_TIMEOUT, UNSILENCE, again::AGAIN] {
        due::clear(work.tx, kind, &subject)?;
    }
    match group.state {
        State::Firing => {
            flush::schedule_repeat(work, group)?;
            let now = work.now;
            flush::schedule(work, group.id, now)
        }
        State::Acknowledged => schedule_ack_reminder(work, group.id),
        // Reopened by hand, its silence by matchers may have been lifted since: look at once.
        State::Silenced if !hush::rule_covers(work, group)? => {
            let now = work.now;
            flush::schedule(work, group.id, now)
        }
        State::Silenced => match group.facts.silenced.as_ref().and_then(|silenced| silenced.until) {
            Some(until) => due::set(work.tx, UNSILENCE, &subject, until, "{}"),
            None => Ok(()),
        },
        State::Resolved => Ok(()),
    }
}

fn schedule_ack_reminder(work: &mut Work<'_>, id: i64) -> Result<(), StoreError> {
    let Some(settings) = work.rules.groups.ack_reminder else { return Ok(()) };
    due::set(work.tx, ACK_REMINDER, &id.to_string(), work.now + settings.every, "{}")
}

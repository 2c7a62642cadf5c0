//! What making and ending a silence by matchers does to open groups: a bounded number in each transaction, and the rest in
//! the next, so that nobody waits long for the writer, however many groups there are.

use serde::{Deserialize, Serialize};

use super::deeds::{self, By};
use super::find::{self, Cover};
use super::hush::{SILENCE_ENDS, SILENCE_STARTS};
use super::{Work, flush};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::{Group, State};
use crate::domain::matcher::Matchers;
use crate::limits::{
    SILENCE_ALERTS_AT_ONCE, SILENCE_CHANGES_AT_ONCE, SILENCE_GROUPS_AT_ONCE, SILENCE_RECHECKS_AT_ONCE,
};
use crate::store::{StoreError, due, groups, lists, silences};

/// How far ending a silence has come: the data of its due row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lifting {
    /// Groups that it silenced are done, and those that only kept quiet are looked at again.
    quiet: bool,
    /// The last group that was dealt with.
    after: i64,
    by: Actor,
    via: Via,
}

/// Where applying a silence goes on: the data of its due row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Applying {
    after: i64,
}

/// Groups that the silence covers whole become silenced, from this group on.
pub(super) fn apply(work: &mut Work<'_>, id: i64, from: &Applying) -> Result<(), StoreError> {
    let Some(row) = silences::by_id(work.tx, id)?.filter(|row| row.ends > work.now) else { return Ok(()) };
    let Ok(matchers) = Matchers::typed(&row.matchers) else { return Ok(()) };
    let by = Actor::parse(&row.created_by);
    let listed = lists::could_fall_silent(work.tx, from.after, SILENCE_GROUPS_AT_ONCE)?;
    let (mut some, mut alerts) = (Vec::new(), 0);
    for (group, firing) in &listed {
        alerts += firing;
        if !some.is_empty() && alerts > SILENCE_ALERTS_AT_ONCE {
            break;
        }
        some.push(*group);
    }
    let found = lists::by_ids(work.tx, &some)?;
    let covers = find::cover(work.tx, &found, &matchers)?;
    let (mut changed, mut last) = (0, None);
    for one in some {
        last = Some(one);
        if covers.get(&one) != Some(&Cover::Whole) {
            continue;
        }
        // Read anew: silencing a root has changed what is attached to it.
        let Some(mut group) = groups::by_id(work.tx, one)? else { continue };
        if could_fall_silent(&group) {
            deeds::silenced_by_rule(work, &mut group, &by, id, row.ends)?;
            groups::save(work.tx, &group)?;
            changed += 1;
        }
        if changed == SILENCE_CHANGES_AT_ONCE {
            break;
        }
    }
    let end = listed.last().map(|(group, _)| *group);
    let was_last =
        last == end && i64::try_from(listed.len()).is_ok_and(|count| count < SILENCE_GROUPS_AT_ONCE);
    match last {
        Some(after) if !was_last => {
            let now = work.now;
            due::set(work.tx, SILENCE_STARTS, &id.to_string(), now, &to_json(&Applying { after })?)
        }
        _ => Ok(()),
    }
}

fn could_fall_silent(group: &Group) -> bool {
    group.state == State::Firing && group.notified_at.is_some() && group.attached_to.is_none()
}

/// Groups that this silence held are told of again, and those that keep quiet are looked at again.
pub(super) fn lift(work: &mut Work<'_>, id: i64, by: &By) -> Result<(), StoreError> {
    go_on_lifting(work, id, Lifting { quiet: false, after: 0, by: by.actor.clone(), via: by.via })
}

pub(super) fn go_on_lifting(work: &mut Work<'_>, id: i64, from: Lifting) -> Result<(), StoreError> {
    let next = if from.quiet { recheck(work, from)? } else { release(work, id, from)? };
    match next {
        Some(next) if !next.quiet || next.after > 0 => {
            let now = work.now;
            due::set(work.tx, SILENCE_ENDS, &id.to_string(), now, &to_json(&next)?)
        }
        // The first batch of the other kind is done at once: mostly it is all there is.
        Some(next) => go_on_lifting(work, id, next),
        None => Ok(()),
    }
}

fn release(work: &mut Work<'_>, id: i64, from: Lifting) -> Result<Option<Lifting>, StoreError> {
    let by = By { actor: from.by.clone(), via: from.via };
    let held = lists::of_silence(work.tx, id, from.after, SILENCE_CHANGES_AT_ONCE)?;
    for one in &held {
        // Read anew: lifting the silence of a root has changed what is attached to it.
        let Some(mut group) = groups::by_id(work.tx, *one)? else { continue };
        let holds = group.facts.silenced.as_ref().is_some_and(|silenced| silenced.rule == Some(id));
        if holds && group.attached_to.is_none() {
            deeds::rule_lifted(work, &mut group, &by)?;
            groups::save(work.tx, &group)?;
        }
    }
    let is_full = i64::try_from(held.len()).is_ok_and(|count| count == SILENCE_CHANGES_AT_ONCE);
    Ok(Some(match held.last() {
        Some(last) if is_full => Lifting { after: *last, ..from },
        _ => Lifting { quiet: true, after: 0, ..from },
    }))
}

/// What keeps quiet may do so because of this silence: each group looks for itself, a little later.
fn recheck(work: &mut Work<'_>, from: Lifting) -> Result<Option<Lifting>, StoreError> {
    let quiet = lists::quiet(work.tx, from.after, SILENCE_RECHECKS_AT_ONCE)?;
    let now = work.now;
    for group in &quiet {
        flush::schedule(work, *group, now)?;
    }
    let is_full = i64::try_from(quiet.len()).is_ok_and(|count| count == SILENCE_RECHECKS_AT_ONCE);
    Ok(quiet.last().filter(|_| is_full).map(|last| Lifting { after: *last, ..from }))
}

fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

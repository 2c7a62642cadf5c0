//! Which alert group is meant: the number that was typed, or the thread it was typed in.

use super::{Said, reply, typed};
use crate::actions::Answer;
use crate::domain::group::Group;
use crate::engine::sight::Viewer;
use crate::engine::{Work, say};
use crate::store::{StoreError, groups, outbox};

/// A group and the words after its number, or what to answer instead.
pub(super) type Found<'t> = Result<(Group, &'t str), Answer>;

/// The group of the thread it was said in: its own, or that of the direct message which called somebody.
pub(super) fn of_thread(work: &mut Work<'_>, said: &Said<'_>) -> Result<Option<Group>, StoreError> {
    let Some(thread_ts) = said.thread_ts else { return Ok(None) };
    let Some(name) = outbox::name_at(work.tx, said.channel, thread_ts)? else { return Ok(None) };
    match say::group_of(&name) {
        Some(id) => groups::by_id(work.tx, id),
        None => Ok(None),
    }
}

/// The one who said it, as one who looks.
pub(super) fn viewer(work: &mut Work<'_>, said: &Said<'_>) -> Result<Viewer, StoreError> {
    let now = work.now;
    Viewer::of(work.tx, said.user, said.channel, now)
}

/// The group of a number, if there is one and they may know of it.
pub(super) fn by_number(
    work: &mut Work<'_>,
    said: &Said<'_>,
    number: i64,
) -> Result<Option<Group>, StoreError> {
    let Some(group) = groups::by_number(work.tx, number)? else { return Ok(None) };
    Ok(viewer(work, said)?.sees_group(work.tx, &group)?.then_some(group))
}

/// Finds the group. Where free words follow, a bare number in a thread is one of them: "resolve 3 disks replaced".
pub(super) fn group<'t>(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    rest: &'t str,
    free_words: bool,
) -> Result<Found<'t>, StoreError> {
    let (first, after) = typed::first(rest);
    let here = of_thread(work, said)?;
    let is_bare = !typed::plain(first).starts_with('#');
    let is_word = here.is_some() && free_words && is_bare && !after.is_empty();
    if let Some(number) = typed::number(first).filter(|_| !is_word) {
        return Ok(match by_number(work, said, number)? {
            Some(group) => Ok((group, after)),
            None => Err(reply::no_such_group(work, number)),
        });
    }
    match here {
        Some(group) => Ok(Ok((group, rest))),
        None => Ok(Err(reply::which(work, said, word)?)),
    }
}

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
    let here = of_thread(work, said)?;
    let words = here.as_ref().filter(|_| free_words).map(|group| AsWords::alert(group.number));
    if let Some(answer) = instead_of_channel(work, said, word, rest, words)? {
        return Ok(Err(answer));
    }
    let named = typed::alert(rest);
    let is_word = |named: &typed::NamedAlert<'_>| {
        here.is_some() && free_words && !named.is_certain && !named.rest.is_empty()
    };
    if let Some(named) = named.filter(|named| !is_word(named)) {
        return Ok(match by_number(work, said, named.number)? {
            Some(group) => Ok((group, named.rest)),
            None => Err(reply::no_such_group(work, named.number)),
        });
    }
    match here {
        Some(group) => Ok(Ok((group, rest))),
        None => Ok(Err(reply::which(work, said, word)?)),
    }
}

/// What the words are about if they are words, as it is named before them: `alert 5`, `INC-12`.
pub(super) struct AsWords(pub String);

impl AsWords {
    fn alert(number: i64) -> Self {
        Self(format!("alert {number}"))
    }
}

/// Slack offers channels to whoever types `#5`, and makes one of it where its name begins so. Then they are asked which
/// alert they meant, or whether the channel is one of their words.
pub(super) fn instead_of_channel(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    rest: &str,
    as_words: Option<AsWords>,
) -> Result<Option<Answer>, StoreError> {
    let (first, after) = typed::first(rest);
    let first = if typed::is_alert_word(first) { typed::first(after).0 } else { first };
    let Some(channel) = typed::channel(first) else { return Ok(None) };
    let meant = typed::numbers_for_channels(rest);
    let group = match meant.as_deref().and_then(typed::alert) {
        Some(named) => by_number(work, said, named.number)?,
        None => None,
    };
    Ok(match (meant, group) {
        (Some(meant), Some(group)) => {
            let other = as_words.map(|about| (about.0.clone(), format!("{word} {} {rest}", about.0)));
            Some(reply::is_it(work, channel, &group, &format!("{word} {meant}"), other))
        }
        _ if as_words.is_some() => None,
        _ => Some(reply::not_a_channel(work, said, word, channel)?),
    })
}

//! One thing for several alerts: the button under a preview, and the form that App Home opens.

use std::time::Duration;

use super::{Act, Answer, bounded, error_at, may_work, silence, unreadable, words};
use crate::commands;
use crate::commands::bulk::{Pick, Wish, find};
use crate::domain::bulk::Deed;
use crate::domain::say::{Say, Urgency, View};
use crate::engine::bulk::{self, Job};
use crate::engine::sight::Viewer;
use crate::engine::{Work, say};
use crate::limits::{BULK_NAMED_MAX, FIX_CHARS, SILENCE_MAX};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, groups};
use crate::views::bulk::report;
use crate::views::home::SEVERAL;
use crate::views::incident::answer::denied;
use crate::views::modal::{self, field};

/// Compiles the regular expressions of a button's filter.
pub(super) fn prepare(value: &str) {
    if let Ok(Wish { pick: Pick::Filter(text, _), .. }) = serde_json::from_str::<Wish>(value) {
        commands::prepare(&text);
    }
}

/// The button under a preview: what it showed, as it is now.
pub(super) fn confirmed(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Ok(wish) = serde_json::from_str::<Wish>(act.value) else { return Ok(unreadable()) };
    let length = wish.length_s.map(Duration::from_secs);
    if length.is_some_and(|length| length.is_zero() || length > SILENCE_MAX) {
        return Ok(unreadable());
    }
    let until = length.map(|length| work.now + length);
    let found = match find(work, act.user, wish.what, &wish.pick, until)? {
        Ok(found) => found,
        Err(text) => return Ok(Answer::Private(text.into_string())),
    };
    let job = Job {
        what: wish.what,
        groups: found.groups.iter().map(|group| group.id).collect(),
        user: act.user.to_owned(),
        via: act.via,
        words: wish.words,
        until,
        url: act.from.response_url().map(str::to_owned),
    };
    let text = match bulk::start(work, job)? {
        Ok(mut done) => {
            // Who was named and is in another state by now.
            done.refused += u32::try_from(found.left.len()).unwrap_or(u32::MAX);
            done.left.extend(found.left);
            report(&done, &work.rules.slack.command)
        }
        Err(why) => return Ok(Answer::Private(denied(&why).into_string())),
    };
    words::in_place(work, act.from, Answer::Private(text.into_string()))
}

/// A button of App Home: a form about those that are chosen in its menu.
pub(super) fn open(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(what) = Deed::parse(act.value) else { return Ok(unreadable()) };
    if what != Deed::Ack
        && let Err(denied) = may_work(work, act.user)?
    {
        return Ok(denied);
    }
    let chosen = act.from.state_of(SEVERAL).map(|field| field.list()).unwrap_or_default();
    // Ids come from the page: only those are named that they may know of.
    let viewer = Viewer::doing(work, act.user)?;
    let mut seen = Vec::new();
    for id in chosen.iter().filter_map(|id| id.parse().ok()).take(BULK_NAMED_MAX) {
        if let Some(group) = groups::by_id(work.tx, id)?
            && viewer.sees_group(work.tx, &group)?
        {
            seen.push(id);
        }
    }
    let Some(trigger_id) = act.from.trigger_id() else { return Ok(unreadable()) };
    let view = View::Several { what, groups: seen };
    say::say(work, &Say::OpenView { trigger_id: trigger_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

/// The form is sent.
pub(super) fn sent(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let asked = act.value.split_once(':').and_then(|(what, ids)| Some((Deed::parse(what)?, ids)));
    let Some((what, ids)) = asked else { return Ok(unreadable()) };
    let until = if what == Deed::Silence {
        let picked = act.from.state_of(field::UNTIL).and_then(|field| field.date_time_s());
        match silence::end(act.typed(field::LENGTH), picked, work.now) {
            Ok(until) => Some(until),
            Err((field, text)) => return Ok(error_at(field, text)),
        }
    } else {
        None
    };
    let job = Job {
        what,
        groups: ids.split(',').filter_map(|id| id.parse().ok()).take(BULK_NAMED_MAX).collect(),
        user: act.user.to_owned(),
        via: act.via,
        words: bounded(act.typed(field::NOTE), FIX_CHARS),
        until,
        url: None,
    };
    let done = bulk::start(work, job)?;
    say::say(work, &Say::Home { user: act.user.to_owned() }, Urgency::Answer)?;
    Ok(match done {
        Ok(done) if done.refused == 0 && done.pending == 0 => Answer::Clear,
        Ok(done) => Answer::Update(modal::notice("Several alerts", report(&done, &work.rules.slack.command))),
        Err(why) => Answer::Update(modal::notice("Not done", Mrkdwn::new().append(&denied(&why)))),
    })
}

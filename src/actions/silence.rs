//! Silencing a group: for a preset, until it is lifted, or for a length of one's own.

use std::time::Duration;

use super::{Act, Answer, answer, error_at, form_answer, open, unreadable};
use crate::domain::duration;
use crate::domain::say::View;
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::engine::deeds::{self, Done};
use crate::limits::{SILENCE_MAX, TYPED_DURATION_CHARS};
use crate::store::StoreError;
use crate::views::modal::field;

pub(super) fn chosen(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return Ok(unreadable()) };
    let until = match act.rest() {
        "custom" => return open(work, act, group, View::Silence { group }),
        "forever" => None,
        seconds => match seconds.parse().map(Duration::from_secs) {
            Ok(length) if length <= SILENCE_MAX => Some(work.now + length),
            _ => return Ok(unreadable()),
        },
    };
    let done = deeds::silence(work, group, &act.by(), until)?;
    answer(work, act, &done)
}

pub(super) fn sent(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return form_answer(work, act, &Done::Unknown) };
    let picked = act.from.state_of(field::UNTIL).and_then(|field| field.date_time_s());
    let until = match end(act.typed(field::LENGTH), picked, work.now) {
        Ok(until) => until,
        Err((field, text)) => return Ok(error_at(field, text)),
    };
    let done = deeds::silence(work, group, &act.by(), Some(until))?;
    form_answer(work, act, &done)
}

/// When it ends; or what is wrong, and at which field.
pub(super) fn end(
    length: &str,
    picked_s: Option<i64>,
    now: Timestamp,
) -> Result<Timestamp, (&'static str, String)> {
    let (at, until) = match (length, picked_s) {
        ("", None) => return Err((field::LENGTH, "Say for how long, or choose until when.".to_owned())),
        ("", Some(seconds)) => {
            let until = Timestamp::from_ms(seconds.saturating_mul(1_000));
            if until <= now {
                return Err((field::UNTIL, "That moment is past. Choose a later one.".to_owned()));
            }
            (field::UNTIL, until)
        }
        (_, Some(_)) => {
            return Err((
                field::UNTIL,
                "Either for how long or until when: clear one of the two.".to_owned(),
            ));
        }
        (text, None) if text.chars().count() > TYPED_DURATION_CHARS => {
            return Err((field::LENGTH, "That is too long for a duration. Write it as in 2h30m.".to_owned()));
        }
        (text, None) => {
            let length = duration::parse(text)
                .map_err(|error| (field::LENGTH, format!("Not a duration: {}.", error.hint)))?;
            if length.is_zero() {
                return Err((
                    field::LENGTH,
                    "A silence must last a while: write as in 30m or 2h.".to_owned(),
                ));
            }
            (field::LENGTH, now + length)
        }
    };
    if until > now + SILENCE_MAX {
        let text = "At most a year. For longer choose “until I lift it” in the menu.";
        return Err((at, text.to_owned()));
    }
    Ok(until)
}

//! The button under the preview of a silence by matchers.

use std::time::Duration;

use serde::Deserialize;

use super::{Act, Answer, bounded, may_work, unreadable};
use crate::domain::matcher::Matchers;
use crate::domain::say::{Say, Urgency};
use crate::engine::{Work, hush, say, suppress};
use crate::limits::{NOTE_CHARS, SILENCE_MAX};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, silences};

/// The button's value.
#[derive(Deserialize)]
struct Wish {
    #[serde(rename = "m")]
    matchers: String,
    #[serde(rename = "s")]
    length_s: u64,
    #[serde(rename = "c", default)]
    comment: String,
}

/// Compiles the regular expressions of a button's silence.
pub(super) fn prepare(value: &str) {
    if let Ok(wish) = serde_json::from_str::<Wish>(value) {
        let _ = Matchers::typed(&wish.matchers);
    }
}

pub(super) fn confirmed(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Ok(wish) = serde_json::from_str::<Wish>(act.value) else { return Ok(unreadable()) };
    let length = Duration::from_secs(wish.length_s);
    let Ok(matchers) = Matchers::typed(&wish.matchers) else { return Ok(unreadable()) };
    if matchers.is_empty() || length.is_zero() || length > SILENCE_MAX {
        return Ok(unreadable());
    }
    if let Err(denied) = may_work(work, act.user)? {
        return Ok(denied);
    }
    let (now, ends) = (work.now, work.now + length);
    let shown = matchers.to_string();
    let known = silences::not_ended(work.tx, now)?
        .into_iter()
        .find(|row| row.matchers == shown && row.starts <= now && row.ends + SAME_CLICK >= ends);
    if let (None, Some(problem)) = (&known, suppress::no_room_for(work, &matchers)?) {
        return Ok(Answer::Private(problem));
    }
    let text = match known {
        Some(row) => told(
            ":no_bell: There is one like it already: ",
            row.id,
            &shown,
            row.ends.as_s(),
            &work.rules.slack.command,
        ),
        None => {
            let comment = bounded(&wish.comment, NOTE_CHARS);
            let id = hush::silence(work, &matchers, now, ends, &comment, &act.by())?;
            told(":no_bell: Silenced: ", id, &shown, ends.as_s(), &work.rules.slack.command)
        }
    };
    let text = text.into_string();
    // The preview goes, and with it its button.
    match act.from.response_url() {
        Some(url) => {
            let what = Say::Respond { url: url.to_owned(), text, replace: true, message: None };
            say::say(work, &what, Urgency::Answer)?;
            Ok(Answer::Nothing)
        }
        None => Ok(Answer::Private(text)),
    }
}

/// A second tap on the same button within this time is not another silence.
const SAME_CLICK: Duration = Duration::from_mins(1);

fn told(start: &str, id: i64, matchers: &str, ends_s: i64, command: &str) -> Mrkdwn {
    let fallback = crate::domain::time::Timestamp::from_ms(ends_s.saturating_mul(1_000)).to_string();
    Mrkdwn::markup(start)
        .code(matchers)
        .raw(" until ")
        .date(ends_s, "{date_short_pretty} {time}", &fallback)
        .raw(". To lift it: ")
        .code(&format!("{command} unsilence S{id}"))
}

//! Answers and forms that did not reach the person who waits for them: they are told so, where they asked.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Work, say};
use crate::domain::say::{Asker, Say, Urgency};
use crate::store::StoreError;
use crate::store::outbox::OutboxRow;

/// Why something was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Slack will not have it; its own word for that.
    Refused(String),
    /// Its time was over before it could be sent.
    TooLate,
}

/// What Slack says of a trigger that is too old or was used (docs.slack.dev/reference/methods/views.open; its guide has
/// the other spelling).
const TRIGGER_OVER: &[&str] = &[
    "expired_trigger_id",
    "exchanged_trigger_id",
    "invalid_trigger_id",
    "trigger_expired",
    "trigger_exchanged",
];

/// What stands in a row: what is said and, where somebody waits for it, who.
pub(super) fn to_row(what: &Say, asker: Option<&Asker>) -> Result<String, StoreError> {
    let failed = |error: serde_json::Error| StoreError::Inconsistent(error.to_string());
    match (what, asker) {
        (Say::OpenView { .. } | Say::Respond { .. }, Some(asker)) => {
            let mut row = serde_json::to_value(what).map_err(failed)?;
            row["asker"] = json!(asker);
            Ok(row.to_string())
        }
        _ => serde_json::to_string(what).map_err(failed),
    }
}

/// The part of a row that names who waits for it.
#[derive(Deserialize)]
struct Waits {
    #[serde(default)]
    asker: Option<Asker>,
}

/// Tells the person who waits for this row that it does not come: an answer goes another way, a form is to be asked for
/// again. What nobody waits for is nobody's news.
pub fn undelivered(work: &mut Work<'_>, row: &OutboxRow, what: &Say, why: &Why) -> Result<(), StoreError> {
    let waits = serde_json::from_str::<Waits>(&row.say).ok().and_then(|waits| waits.asker);
    let instead = match (what, waits) {
        (Say::OpenView { .. }, Some(asker)) => asker.answer(no_form(why), None),
        (Say::Respond { text, message, .. }, Some(asker)) => {
            let (text, message) = again(row, why, text, message.as_ref());
            asker.answer(text, message)
        }
        (Say::BulkReport { url: Some(_), user, report }, _) if !user.is_empty() => {
            Say::BulkReport { url: None, user: user.clone(), report: report.clone() }
        }
        (Say::Whisper { channel, user, text, message, .. }, _) => {
            let (text, message) = again(row, why, text, message.as_ref());
            let text = match why {
                Why::Refused(_) => format!("I could not answer you in <#{channel}>. The answer:\n{text}"),
                Why::TooLate => text,
            };
            Say::Post { channel: user.clone(), thread_ts: None, text, message }
        }
        _ => return Ok(()),
    };
    say::say(work, &instead, Urgency::Answer)
}

fn no_form(why: &Why) -> String {
    match why {
        Why::Refused(code) if !TRIGGER_OVER.contains(&code.as_str()) => {
            format!(":warning: Slack did not open the form (`{code}`). Nothing was done.")
        }
        Why::Refused(_) | Why::TooLate => {
            ":warning: The form did not open: Slack gives us three seconds for it and was too busy. \
             Nothing was done, please try again."
                .to_owned()
        }
    }
}

/// The same answer; one that comes late says what it answers.
fn again(row: &OutboxRow, why: &Why, text: &str, message: Option<&Value>) -> (String, Option<Value>) {
    match why {
        Why::Refused(_) => (text.to_owned(), message.cloned()),
        Why::TooLate => {
            let asked = row.created.as_s();
            let when = format!("<!date^{asked}^{{time}}|{}>", row.created);
            (
                format!("Slack did not take this in time. The answer to what you asked at {when}:\n{text}"),
                None,
            )
        }
    }
}

//! Buttons that say words for whoever presses them: the next page of a list, "alert 5?", a part of the help. They may
//! no more than what the person types, for it goes the same way.

use super::Answer;
use crate::commands::{self, Said};
use crate::domain::say::{Say, Urgency};
use crate::engine::{Work, say};
use crate::slack::types::Interaction;
use crate::store::StoreError;

/// Says the words, and puts the answer where the button stood.
pub(super) fn pressed(
    work: &mut Work<'_>,
    user: &str,
    words: &str,
    from: &Interaction,
) -> Result<Answer, StoreError> {
    let said = Said {
        user,
        channel: from.channel_id().unwrap_or_default(),
        thread_ts: from.thread_ts(),
        trigger_id: from.trigger_id(),
        text: words,
        mention: false,
        command: "",
        response_url: from.response_url(),
        channel_name: None,
    };
    let answer = commands::run(work, &said)?;
    in_place(work, from, answer)
}

/// The answer takes the place of the message that was clicked, where Slack lets it.
pub(super) fn in_place(
    work: &mut Work<'_>,
    from: &Interaction,
    answer: Answer,
) -> Result<Answer, StoreError> {
    let Some(url) = from.response_url() else { return Ok(answer) };
    let (text, message) = match answer {
        Answer::Private(text) => (text, None),
        Answer::PrivateMessage(message) => {
            (message["text"].as_str().unwrap_or_default().to_owned(), Some(message))
        }
        other => return Ok(other),
    };
    let what = Say::Respond { url: url.to_owned(), text, replace: true, message };
    say::say(work, &what, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

//! The incident's part of `timeline`: a dialogue with pages; for a mention the newest page in words.

use super::super::Said;
use super::super::reply::private;
use super::reply;
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::domain::say::IncidentForm;
use crate::engine::Work;
use crate::engine::incident::look;
use crate::store::StoreError;
use crate::views::incident::{answer, list};

pub(in crate::commands) fn timeline(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
) -> Result<Answer, StoreError> {
    let form = IncidentForm::Timeline { page: 0 };
    if said.trigger_id.is_some() {
        return reply::form(work, said, one, form, "timeline");
    }
    Ok(private(match look::dialogue(work.tx, work.rules, one.id, form, work.now)? {
        Some(dialogue) => {
            list::timeline(one, &dialogue.lines, dialogue.has_earlier, &work.rules.slack.command)
        }
        None => crate::slack::blocks::Mrkdwn::markup(answer::GONE),
    }))
}

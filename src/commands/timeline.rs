//! `timeline`: what happened to an alert.

use super::incident::{self, Subject};
use super::{Command, Said, reply, which};
use crate::actions::Answer;
use crate::engine::{Work, look};
use crate::store::StoreError;
use crate::views::help::{About, Entry};
use crate::views::record;

pub(super) const TIMELINE: Command = Command {
    entry: Entry {
        word: "timeline",
        aliases: &["history", "log"],
        usage: &["timeline 5", "timeline INC-12"],
        help: "what happened, and who did it",
        about: About::Both("timeline", "all that was done and said"),
    },
    run: timeline,
};

fn timeline(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    match incident::subject(work, said, "timeline", rest, false)? {
        Subject::Incident(one, _) => return incident::timeline(work, said, &one),
        Subject::Unclear(answer) => return Ok(answer),
        Subject::Alert => {}
    }
    let (group, extra) = match which::group(work, said, "timeline", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    if let Some(answer) = reply::too_much(work, "timeline", extra) {
        return Ok(answer);
    }
    let (happened, earlier) = look::happened_last(work.tx, group.id, 0)?;
    Ok(reply::private(record::timeline(&group, &happened, earlier, &work.rules.slack.command)))
}

//! `why`: how an alert came to be here, and what keeps it quiet.

use super::{Command, Said, reply, which};
use crate::actions::Answer;
use crate::engine::{Work, look};
use crate::store::StoreError;
use crate::views::help::{About, Entry};
use crate::views::record;

pub(super) const WHY: Command = Command {
    entry: Entry {
        word: "why",
        aliases: &["explain"],
        usage: &["why 5"],
        help: "why it is here: route, grouping, timers, silences",
        about: About::Alerts,
    },
    run: why,
};

fn why(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (group, extra) = match which::group(work, said, "why", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    if let Some(answer) = reply::too_much(work, "why", extra) {
        return Ok(answer);
    }
    let here = look::why_here(work.tx, work.rules, group, work.now)?;
    Ok(reply::private(record::why(&here)))
}

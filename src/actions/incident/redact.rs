//! Taking words out: the shortcut on a message, and the button below what would go.

use super::super::{Act, Answer, unreadable};
use super::{incident, to_click};
use crate::commands;
use crate::engine::Work;
use crate::engine::incident::redact::{self, Target};
use crate::engine::incident::{self as deeds};
use crate::engine::sight::Viewer;
use crate::store::{StoreError, incidents};
use crate::views::incident::redact::texts;

pub(in crate::actions) fn from_message(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let channel = act.from.channel_id().unwrap_or_default();
    commands::redact_message(work, act.user, channel, channel, act.from.message_ts().unwrap_or_default())
}

pub(in crate::actions) fn confirmed(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let targets: Option<Vec<Target>> = act.rest().split(',').map(Target::parse).collect();
    let (Some(id), Some(targets)) = (incident(act), targets) else { return Ok(unreadable()) };
    let sees = match incidents::by_id(work.tx, id)? {
        Some(one) => Viewer::doing(work, act.user)?.sees_incident(work.tx, &one)?,
        None => false,
    };
    if !sees {
        return Ok(to_click(work, &deeds::Done::Unknown));
    }
    let (done, count) = redact::redact(work, id, &act.by(), &targets)?;
    Ok(match (&done, count) {
        (deeds::Done::Yes(_), 0) => Answer::Private("Nothing was left to redact.".to_owned()),
        (deeds::Done::Yes(one), count) => Answer::Private(format!(
            "*INC-{}*: {} redacted. Slack still shows what people wrote: delete it there, too.",
            one.number,
            texts(count)
        )),
        _ => to_click(work, &done),
    })
}

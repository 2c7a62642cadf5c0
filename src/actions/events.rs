//! Events that are words or deeds: a mention of the bot, a reaction, somebody opening the App Home.

use serde_json::Value;

use super::{Answer, denied, group_at, refused};
use crate::commands::{self, Said};
use crate::domain::actor::{Actor, Via};
use crate::domain::say::{Say, Urgency};
use crate::engine::deeds::{self, By, Done};
use crate::engine::{Work, say};
use crate::slack::types::Event;
use crate::store::StoreError;

pub(super) fn handle(work: &mut Work<'_>, event: &Event) -> Result<Option<Answer>, StoreError> {
    let Some(user) = event.user_id() else { return Ok(None) };
    if is_our_own(event, user) {
        return Ok(Some(Answer::Nothing));
    }
    match event.event_type() {
        "app_mention" => mentioned(work, event, user).map(Some),
        "app_home_opened" => home(work, event, user).map(Some),
        "reaction_added" if work.rules.slack.reactions => reacted(work, event, user).map(Some),
        _ => Ok(None),
    }
}

/// What bots say and what we did ourselves is no wish: two bots could talk for ever.
fn is_our_own(event: &Event, user: &str) -> bool {
    let ours = event.raw.pointer("/authorizations/0/user_id").and_then(Value::as_str);
    ours == Some(user) || event.event()["bot_id"].is_string()
}

fn mentioned(work: &mut Work<'_>, event: &Event, user: &str) -> Result<Answer, StoreError> {
    let text = event.event()["text"].as_str().unwrap_or_default().trim();
    let words =
        text.strip_prefix("<@").and_then(|rest| rest.split_once('>')).map_or(text, |(_, words)| words);
    let said = Said {
        user,
        channel: event.channel_id().unwrap_or_default(),
        thread_ts: event.thread_ts(),
        trigger_id: None,
        text: words.trim(),
        mention: true,
        command: "",
        channel_name: None,
    };
    commands::run(work, &said)
}

fn home(work: &mut Work<'_>, event: &Event, user: &str) -> Result<Answer, StoreError> {
    if event.event()["tab"].as_str().is_none_or(|tab| tab == "home") {
        say::say(work, &Say::Home { user: user.to_owned() }, Urgency::Answer)?;
    }
    Ok(Answer::Nothing)
}

/// 👀 acknowledges, ✅ resolves; any other is just a reaction.
fn reacted(work: &mut Work<'_>, event: &Event, user: &str) -> Result<Answer, StoreError> {
    let deed = match event.event()["reaction"].as_str() {
        Some("eyes") => |work: &mut Work<'_>, id, by: &By| deeds::acknowledge(work, id, by),
        Some("white_check_mark") => |work: &mut Work<'_>, id, by: &By| deeds::resolve(work, id, by, None),
        _ => return Ok(Answer::Nothing),
    };
    let (Some(channel), Some(ts)) = (event.channel_id(), event.message_ts()) else {
        return Ok(Answer::Nothing);
    };
    let Some(group) = group_at(work, channel, ts)? else { return Ok(Answer::Nothing) };
    let by = By { actor: Actor::Person(user.to_owned()), via: Via::Reaction };
    Ok(match deed(work, group.id, &by)? {
        Done::No(group, refusal) => Answer::Private(refused(work, user, &group, &refusal)?.into_string()),
        Done::Denied(why) => Answer::Private(denied(&why).into_string()),
        Done::Yes(_) | Done::Unknown => Answer::Nothing,
    })
}

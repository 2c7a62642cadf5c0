//! Events that are words or deeds: a mention of the bot, a reaction, somebody opening the App Home.

use serde_json::Value;

use super::{Answer, denied, group_at, plain, refused};
use crate::commands::{self, Said};
use crate::domain::actor::{Actor, Via};
use crate::domain::rights::Standing;
use crate::domain::say::{Say, Urgency};
use crate::domain::time::Timestamp;
use crate::engine::deeds::{self, By, Done};
use crate::engine::incident::look;
use crate::engine::incident::mirror::{self, Us};
use crate::engine::sight::Viewer;
use crate::engine::{Work, say};
use crate::limits::{BRIEF_AFTER, BRIEF_KEY_MOMENTS};
use crate::slack::types::Event;
use crate::store::{StoreError, incidents, messages, people};
use crate::views;

/// The words that were said to us, if that is what the event tells.
pub(super) fn words(event: &Event) -> Option<&str> {
    let is_said =
        event.event_type() == "app_mention" || event.event_type() == "message" && is_said_to_us_alone(event);
    let text = event.event()["text"].as_str().filter(|_| is_said)?;
    Some(words_for(text.trim(), &us(event).user_id))
}

/// Takes in what it tells of an incident's channel.
pub(super) fn keep(work: &mut Work<'_>, event: &Event) -> Result<bool, StoreError> {
    mirror::heard::heard(work, event.event(), &us(event))
}

/// Whom the event was sent to.
fn us(event: &Event) -> Us {
    let text = |place: &str| event.raw.pointer(place).and_then(Value::as_str).map(str::to_owned);
    Us {
        user_id: text("/authorizations/0/user_id").unwrap_or_default(),
        bot_id: None,
        app_id: text("/api_app_id"),
    }
}

/// Slack dropped events.
pub(super) fn rate_limited(work: &mut Work<'_>, raw: &Value) -> Result<Option<Answer>, StoreError> {
    let Some(minute_s) = raw["minute_rate_limited"].as_i64() else { return Ok(None) };
    mirror::rate_limited(work, Timestamp::from_ms(minute_s.saturating_mul(1_000)))?;
    Ok(Some(Answer::Nothing))
}

/// Does what somebody wants by it.
pub(super) fn wish(work: &mut Work<'_>, event: &Event) -> Result<Option<Answer>, StoreError> {
    let Some(user) = event.user_id() else { return Ok(None) };
    if is_our_own(event, user) {
        return Ok(Some(Answer::Nothing));
    }
    match event.event_type() {
        "app_mention" => mentioned(work, event, user).map(Some),
        "message" if is_said_to_us_alone(event) => mentioned(work, event, user).map(Some),
        "app_home_opened" => home(work, event, user).map(Some),
        "member_joined_channel" => joined(work, event, user).map(Some),
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
    let us = us(event);
    let words = plain::with_names(work.tx, words_for(text, &us.user_id))?;
    let said = Said {
        user,
        channel: event.channel_id().unwrap_or_default(),
        thread_ts: event.thread_ts(),
        trigger_id: None,
        text: &words,
        mention: true,
        command: "",
        response_url: None,
        channel_name: None,
    };
    commands::run(work, &said)
}

/// What the manifest subscribes to for it.
const SAID_ALONE: &str = "message.im";

/// A direct message to the bot, which Slack tells as `message.im`; of a mention in it Slack sends no `app_mention`
/// (docs.slack.dev/reference/events/app_mention). Edits, deletions and files without words are none.
fn is_said_to_us_alone(event: &Event) -> bool {
    let said = event.event();
    said["channel_type"].as_str() == SAID_ALONE.split_once('.').map(|(_, kind)| kind)
        && event.subtype().is_none_or(|subtype| subtype == "file_share")
        && said["text"].as_str().is_some_and(|text| !text.trim().is_empty())
}

/// What is said to the bot: behind its mention ("hey @firebell ack"), or before one that ends the sentence.
fn words_for<'t>(text: &'t str, us: &str) -> &'t str {
    let mut from = 0;
    while let Some(start) = text[from..].find("<@").map(|at| from + at) {
        let Some(end) = text[start..].find('>').map(|at| start + at) else { break };
        let id = text[start + 2..end].split('|').next().unwrap_or_default();
        // An old event may not say who we are: then it is the first one who is mentioned.
        if us.is_empty() || id == us {
            let (before, after) = (text[..start].trim(), text[end + 1..].trim());
            return if after.is_empty() { before } else { after };
        }
        from = end + 1;
    }
    text
}

fn home(work: &mut Work<'_>, event: &Event, user: &str) -> Result<Answer, StoreError> {
    if event.event()["tab"].as_str().is_none_or(|tab| tab == "home") {
        Viewer::doing(work, user)?.is_ready()?;
        say::say(work, &Say::Home { user: user.to_owned() }, Urgency::Answer)?;
    }
    Ok(Answer::Nothing)
}

/// Whoever comes into the channel of an incident is told, alone, where it stands. Whoever has just declared it knows.
fn joined(work: &mut Work<'_>, event: &Event, user: &str) -> Result<Answer, StoreError> {
    let channel = event.channel_id().unwrap_or_default();
    let Some(one) = incidents::by_channel(work.tx, channel)? else { return Ok(Answer::Nothing) };
    let declared = &one.facts.declared;
    if declared.by.slack_id() == Some(user) && work.now.since(declared.at) < BRIEF_AFTER {
        return Ok(Answer::Nothing);
    }
    let now = work.now;
    if people::asker(work.tx, user, now)?.standing == Standing::Bot {
        return Ok(Answer::Nothing);
    }
    let keys = messages::key_moments(work.tx, one.id, BRIEF_KEY_MOMENTS)?;
    let picture = look::picture(work.tx, work.rules, one, work.now)?;
    let message = views::incident::brief(&picture, &keys);
    let text = message["text"].as_str().unwrap_or_default().to_owned();
    let (channel, user) = (channel.to_owned(), user.to_owned());
    let what = Say::Whisper { channel, thread_ts: None, user, text, message: Some(message) };
    say::say(work, &what, Urgency::Chatter)?;
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

#[cfg(test)]
mod tests {
    use super::words_for;

    #[test]
    fn the_bot_may_be_mentioned_anywhere() {
        for (text, words) in [
            ("<@UBOT> ack #24", "ack #24"),
            ("<@UBOT>", ""),
            ("<@UBOT|firebell>: ack", ": ack"),
            ("hey <@UBOT> ack #24", "ack #24"),
            ("ack <@UBOT>", "ack"),
            ("<@U1> <@UBOT> call <@U2>", "call <@U2>"),
            ("call <@U2> <@UBOT>", "call <@U2>"),
            ("a <@ b", "a <@ b"),
        ] {
            assert_eq!(words_for(text, "UBOT"), words, "{text}");
        }
        assert_eq!(words_for("<@UBOT> ack", ""), "ack");
    }
}

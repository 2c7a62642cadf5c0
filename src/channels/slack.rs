//! Slack as a channel: a row becomes one call of Slack's Web API.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::warn;

use super::directory::Directory;
use super::searches::Searches;
use super::{compose, incident};
use crate::domain::incident::news::Note;
use crate::domain::say::{Say, StormNote};
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::engine::incident::record;
use crate::engine::incident::steps::{self, Fate};
use crate::engine::say::{card_name, card_of, page_name, storm_name, storm_of};
use crate::engine::storm;
use crate::engine::tick::retry_card;
use crate::engine::undelivered::{Why, undelivered};
use crate::limits::{ASK_BACK, ASK_FORWARD, ASK_MESSAGES_MAX};
use crate::outbox::{Asked, Channel, Composed, Message, Outcome, Rate, Receipt, Sending, WhenUnclear};
use crate::slack::api::{ApiError, ErrorClass, SlackApi};
use crate::slack::blocks::fit_message;
use crate::store::outbox::{self, OutboxRow, Place};
use crate::store::{StoreError, Tx, counters, groups, storms};

/// The event type of the metadata our messages carry (docs.slack.dev/messaging/message-metadata).
pub(crate) const METADATA: &str = "firebell";

/// No method of Slack's: an answer through a URL that came with what it answers.
const RESPONSE_URL: &str = "response_url";

pub struct SlackChannel {
    pub api: SlackApi,
    /// The workspace's address (`https://acme.slack.com/`), for links to messages.
    pub workspace_url: watch::Receiver<Option<String>>,
    pub pace: watch::Receiver<Pace>,
    directory: Directory,
    searches: Searches,
}

/// How fast Slack lets us speak (docs.slack.dev/apis/web-api/rate-limits).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    pub per_channel: Rate,
    /// All posts of the workspace together: "several hundred messages per minute".
    pub posts: Rate,
    /// Whether the published tiers of the other methods are kept; another Slack may have none.
    pub tiers: bool,
}

impl SlackChannel {
    pub fn new(
        api: SlackApi,
        workspace_url: watch::Receiver<Option<String>>,
        pace: watch::Receiver<Pace>,
    ) -> Self {
        Self { api, workspace_url, pace, directory: Directory::default(), searches: Searches::default() }
    }

    fn permalink(&self, place: &Place) -> Option<String> {
        self.workspace_url.borrow().as_deref().map(|site| place.link(site))
    }

    /// The method, and where the message goes, around what it says.
    fn address(
        &self,
        tx: &mut dyn Tx,
        row: &OutboxRow,
        say: &Say,
        mut body: Value,
    ) -> Result<Composed, StoreError> {
        let metadata = json!({ "event_type": METADATA, "event_payload": { "key": row.key } });
        let to = |destination: String, method: &str, body: Value, when_unclear: WhenUnclear| {
            Composed::Send(Message { method: method.to_owned(), destination, body, when_unclear })
        };
        let message = |method: &str, body: Value, when_unclear: WhenUnclear| {
            to(row.destination.clone(), method, body, when_unclear)
        };
        Ok(match say {
            Say::GroupCard { group, channel } => {
                body["metadata"] = metadata;
                // A database that is made anew counts on from what Slack has seen.
                if let Some(number) = groups::number(tx, *group)? {
                    body["metadata"]["event_payload"][counters::ALERT_GROUP] = json!(number);
                }
                match outbox::place(tx, &card_name(*group, channel))? {
                    Some(place) => {
                        body["channel"] = json!(place.channel_id);
                        body["ts"] = json!(place.ts);
                        to(String::new(), "chat.update", body, WhenUnclear::Repeat)
                    }
                    None => {
                        body["channel"] = json!(channel);
                        to(posts_to(channel), "chat.postMessage", body, WhenUnclear::Ask)
                    }
                }
            }
            Say::GroupNote { group, channel, broadcast, .. } => {
                let Some(place) = outbox::place(tx, &card_name(*group, channel))? else {
                    return Ok(Composed::Moot("the message it answers is not in Slack"));
                };
                body["metadata"] = metadata;
                body["channel"] = json!(place.channel_id);
                body["thread_ts"] = json!(place.ts);
                if *broadcast {
                    body["reply_broadcast"] = json!(true);
                }
                message("chat.postMessage", body, WhenUnclear::Ask)
            }
            Say::Storm { storm, channel } => {
                body["metadata"] = metadata;
                match outbox::place(tx, &storm_name(*storm, channel))? {
                    Some(place) => {
                        body["channel"] = json!(place.channel_id);
                        body["ts"] = json!(place.ts);
                        to(String::new(), "chat.update", body, WhenUnclear::Repeat)
                    }
                    None => {
                        body["channel"] = json!(channel);
                        to(posts_to(channel), "chat.postMessage", body, WhenUnclear::Ask)
                    }
                }
            }
            Say::StormNote { storm, channel, note } => {
                let Some(place) = outbox::place(tx, &storm_name(*storm, channel))? else {
                    return Ok(Composed::Moot("the message it answers is not in Slack"));
                };
                body["metadata"] = metadata;
                body["channel"] = json!(place.channel_id);
                body["thread_ts"] = json!(place.ts);
                body["reply_broadcast"] = json!(matches!(note, StormNote::Joined { .. }));
                message("chat.postMessage", body, WhenUnclear::Ask)
            }
            Say::PageUpdate { group, user } => {
                let Some(place) = outbox::place(tx, &page_name(*group, user))? else {
                    return Ok(Composed::Moot("there is no such direct message"));
                };
                body["metadata"] = metadata;
                body["channel"] = json!(place.channel_id);
                body["ts"] = json!(place.ts);
                to(String::new(), "chat.update", body, WhenUnclear::Repeat)
            }
            Say::Page { user, .. } => {
                body["metadata"] = metadata;
                body["channel"] = json!(user);
                message("chat.postMessage", body, WhenUnclear::Ask)
            }
            Say::Post { channel, thread_ts, .. } => {
                body["metadata"] = metadata;
                body["channel"] = json!(channel);
                if let Some(thread_ts) = thread_ts {
                    body["thread_ts"] = json!(thread_ts);
                }
                message("chat.postMessage", body, WhenUnclear::Ask)
            }
            Say::IncidentCard { .. }
            | Say::IncidentNote { .. }
            | Say::Announcement { .. }
            | Say::AnnouncementNote { .. }
            | Say::IncidentLink { .. }
            | Say::IncidentPage { .. }
            | Say::IncidentStep { .. }
            | Say::IncidentRecord { .. } => Composed::Moot("`incident` has its own"),
            Say::Whisper { channel, thread_ts, user, .. } => {
                body["channel"] = json!(channel);
                body["user"] = json!(user);
                if let Some(thread_ts) = thread_ts {
                    body["thread_ts"] = json!(thread_ts);
                }
                message("chat.postEphemeral", body, WhenUnclear::Repeat)
            }
            Say::Respond { url, replace, .. } => {
                body["replace_original"] = json!(replace);
                message(RESPONSE_URL, json!({ "url": url, "message": body }), WhenUnclear::Repeat)
            }
            Say::BulkReport { url: None, user, .. } => {
                body["metadata"] = metadata;
                body["channel"] = json!(user);
                message("chat.postMessage", body, WhenUnclear::Ask)
            }
            Say::BulkReport { url: Some(url), .. } => {
                body["replace_original"] = json!(true);
                message(RESPONSE_URL, json!({ "url": url, "message": body }), WhenUnclear::Repeat)
            }
            Say::OpenView { trigger_id, .. } => {
                message("views.open", json!({ "trigger_id": trigger_id, "view": body }), WhenUnclear::Drop)
            }
            Say::UpdateView { view_id, .. } => {
                message("views.update", json!({ "view_id": view_id, "view": body }), WhenUnclear::Repeat)
            }
            Say::Home { user } => {
                message("views.publish", json!({ "user_id": user, "view": body }), WhenUnclear::Repeat)
            }
            Say::Retract { channel, ts } => {
                body["channel"] = json!(channel);
                body["ts"] = json!(ts);
                message("chat.update", body, WhenUnclear::Repeat)
            }
            Say::DeleteFile { file } => message("files.delete", json!({ "file": file }), WhenUnclear::Repeat),
            Say::Unreact { channel, ts, name } => message(
                "reactions.remove",
                json!({ "channel": channel, "timestamp": ts, "name": name }),
                WhenUnclear::Repeat,
            ),
            Say::React { channel, ts, name } => message(
                "reactions.add",
                json!({ "channel": channel, "timestamp": ts, "name": name }),
                WhenUnclear::Repeat,
            ),
        })
    }

    async fn call(&self, message: &Message) -> Result<Value, ApiError> {
        if message.method == RESPONSE_URL {
            let url = message.body["url"].as_str().unwrap_or_default();
            return self.api.post_url(url, &message.body["message"]).await.map(|()| Value::Null);
        }
        self.api.call(&message.method, message.body.clone()).await
    }

    /// Slack refuses the form of a message: better plain words than none.
    async fn call_plainly(&self, message: &Message, error: &ApiError) -> Result<Value, ApiError> {
        let key = &message.body["metadata"]["event_payload"]["key"];
        warn!(%error, %key, method = message.method, "Slack refuses the form of a message; sending its plain text");
        let mut plain = message.clone();
        if let Some(body) = plain.body.as_object_mut() {
            body.shift_remove("blocks");
            body.shift_remove("attachments");
        }
        self.call(&plain).await
    }

    fn receipt(&self, message: &Message, answer: Value) -> Receipt {
        let place = match (answer["channel"].as_str(), answer["ts"].as_str()) {
            (Some(channel), Some(ts)) => Some(Place { channel_id: channel.to_owned(), ts: ts.to_owned() }),
            _ => None,
        };
        if let (Some(place), Some(asked)) = (&place, message.body["channel"].as_str()) {
            self.directory.learn(asked, &place.channel_id);
        }
        Receipt { place, answer: Some(answer) }
    }

    /// Looks through one page of what was written around the moment of sending.
    async fn look_for(&self, message: &Message, key: &str, sent: Timestamp) -> Result<Asked, ApiError> {
        let asked = message.body["channel"].as_str().unwrap_or_default();
        let Some(channel) = self.directory.id(&self.api, asked).await? else { return Ok(Asked::Absent) };
        let mut arguments = json!({
            "channel": channel,
            "oldest": format!("{}.000000", (sent - ASK_BACK).as_s()),
            "latest": format!("{}.000000", (sent + ASK_FORWARD).as_s()),
            "include_all_metadata": true,
            "limit": ASK_MESSAGES_MAX,
            "cursor": self.searches.cursor(key, sent),
        });
        if let Some(thread) = message.body["thread_ts"].as_str() {
            arguments["ts"] = json!(thread);
        }
        let page = match self.api.page(self.ask_method(message), arguments, "messages").await {
            Err(error) if error.is_slack(&["invalid_cursor"]) => {
                self.searches.set(key, sent, None);
                return Err(error);
            }
            page => page?,
        };
        let is_ours = |found: &&Value| found["metadata"]["event_payload"]["key"].as_str() == Some(key);
        let ours = page.items.iter().find(is_ours).and_then(|found| found["ts"].as_str());
        let place = ours.map(|ts| Place { channel_id: channel, ts: ts.to_owned() });
        let next = page.next_cursor.filter(|_| place.is_none());
        self.searches.set(key, sent, next.clone());
        Ok(match (place, next) {
            (Some(place), _) => Asked::Arrived(Receipt { place: Some(place), answer: None }),
            (None, Some(_)) => Asked::NotYetFound,
            (None, None) => Asked::Absent,
        })
    }
}

/// The rate bucket of what is posted to a channel.
fn posts_to(channel: &str) -> String {
    format!("slack:{channel}")
}

/// What one wants is so already.
const DONE_BEFORE: &[&str] = &[
    "already_reacted",
    "already_pinned",
    "already_in_channel",
    "already_archived",
    "no_reaction",
    "file_not_found",
    "file_deleted",
    "not_pinned",
];

/// Slack does not like how it looks.
const BAD_FORM: &[&str] = &[
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "msg_blocks_too_long",
    "attachment_payload_limit_exceeded",
    "too_many_attachments",
    "block_mismatch",
];

impl Channel for SlackChannel {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn compose(&self, work: &mut Work<'_>, row: &OutboxRow) -> Result<Composed, StoreError> {
        let say: Say = match serde_json::from_str(&row.say) {
            Ok(say) => say,
            Err(error) => return Ok(Composed::Impossible(format!("the row cannot be read: {error}"))),
        };
        let (rules, now) = (work.rules, work.now);
        let metadata = json!({ "event_type": METADATA, "event_payload": { "key": row.key } });
        let permalink = |place: &Place| self.permalink(place);
        let composed = match incident::compose(work.tx, rules, row, &say, &metadata, now, &permalink)? {
            Some(composed) => composed,
            None if is_of_a_storm(work.tx, &say)? => Composed::Moot("its storm's message tells of it"),
            None => match compose::content(work.tx, rules, &say, now, &permalink)? {
                Some(body) => self.address(work.tx, row, &say, body)?,
                None => Composed::Moot("what it is about is gone"),
            },
        };
        Ok(match composed {
            Composed::Send(mut message) => {
                if message.method == RESPONSE_URL {
                    fit_message(&mut message.body["message"]);
                } else if message.method.starts_with("chat.") {
                    // Files (an incident's record) have no such bounds.
                    fit_message(&mut message.body);
                }
                Composed::Send(message)
            }
            other => other,
        })
    }

    fn send(&self, message: Message) -> Sending<'_, Outcome> {
        Box::pin(async move {
            let mut result = match incident::call(self, &message).await {
                Some(result) => result,
                None => self.call(&message).await,
            };
            if let Err(error) = &result
                && error.is_slack(BAD_FORM)
                && message.body["text"].is_string()
            {
                result = self.call_plainly(&message, error).await;
            }
            match result {
                Ok(answer) => Outcome::Sent(self.receipt(&message, answer)),
                Err(error) if error.is_slack(DONE_BEFORE) => Outcome::Sent(Receipt::default()),
                // Whoever deleted the message needs no receipt on it any more.
                Err(error)
                    if message.method.starts_with("reactions.") && error.is_slack(&["message_not_found"]) =>
                {
                    Outcome::Sent(Receipt::default())
                }
                Err(ApiError::RateLimited { retry_after_s, .. }) => Outcome::TooFast {
                    retry_after_ms: milliseconds(retry_after_s),
                    whole_method: !message.method.starts_with("chat.post"),
                },
                // A step that the app may not do is told to people, and tried again by the engine.
                Err(error) if incident::is_step(&message.method) && error.is_slack(&["missing_scope"]) => {
                    Outcome::Refused(error.to_string())
                }
                Err(error) => match error.class() {
                    ErrorClass::Retry | ErrorClass::AuthBroken => Outcome::Failed(error.to_string()),
                    ErrorClass::Uncertain => Outcome::Unclear(error.to_string()),
                    ErrorClass::Permanent => Outcome::Refused(error.to_string()),
                },
            }
        })
    }

    fn ask_method(&self, message: &Message) -> &'static str {
        if message.body["thread_ts"].is_string() { "conversations.replies" } else { "conversations.history" }
    }

    fn ask(&self, message: Message, key: String, sent: Timestamp) -> Sending<'_, Asked> {
        Box::pin(async move {
            let looked = match incident::look_for(&self.api, &message, sent).await {
                Some(found) => found.map(|found| match found {
                    Some(answer) => Asked::Arrived(Receipt { place: None, answer: Some(answer) }),
                    None => Asked::Absent,
                }),
                None => self.look_for(&message, &key, sent).await,
            };
            match looked {
                Ok(asked) => asked,
                Err(ApiError::RateLimited { retry_after_s, .. }) => {
                    Asked::TooFast { retry_after_ms: milliseconds(retry_after_s) }
                }
                // We may post where we may not read: then a second time is better than never.
                Err(error) if error.is_slack(&["not_in_channel", "channel_not_found", "missing_scope"]) => {
                    Asked::Absent
                }
                Err(error) => Asked::Unknown(error.to_string()),
            }
        })
    }

    fn arrived(&self, work: &mut Work<'_>, row: &OutboxRow, receipt: &Receipt) -> Result<(), StoreError> {
        let (say, now) = (serde_json::from_str(&row.say), work.now);
        if let Ok(Say::IncidentStep { incident, step }) = &say {
            let answer = receipt.answer.as_ref().unwrap_or(&Value::Null);
            return steps::answered(work, *incident, step, answer);
        }
        if let (Ok(Say::IncidentRecord { incident }), Some(answer)) = (&say, &receipt.answer) {
            return record::posted(work, *incident, answer);
        }
        let Some(place) = &receipt.place else { return Ok(()) };
        match say {
            Ok(
                say @ (Say::IncidentCard { .. }
                | Say::Announcement { .. }
                | Say::AnnouncementNote { .. }
                | Say::IncidentNote { note: Note::Opening, .. }),
            ) => steps::arrived(work, &say, place),
            Ok(Say::GroupCard { group, channel }) => {
                let name = card_name(group, &channel);
                outbox::set_place(work.tx, &name, place, now)?;
                outbox::readdress_waiting(work.tx, &name, "chat.update", "")?;
                outbox::forget_dead(work.tx, &name)?;
                if row.method == "chat.update" {
                    return Ok(());
                }
                steps::alert_stands(work, group)
            }
            Ok(Say::Storm { storm, channel }) => {
                let name = storm_name(storm, &channel);
                if row.method != "chat.update" {
                    // Posting it rang the channel, for all that it counted.
                    storms::told_before(work.tx, storm, row.sent.unwrap_or(now))?;
                }
                outbox::set_place(work.tx, &name, place, now)?;
                outbox::readdress_waiting(work.tx, &name, "chat.update", "")?;
                outbox::forget_dead(work.tx, &name)
            }
            Ok(Say::Page { group, user, .. }) => {
                outbox::set_place(work.tx, &page_name(group, &user), place, now)
            }
            _ => Ok(()),
        }
    }

    fn buried(&self, work: &mut Work<'_>, row: &OutboxRow, reason: &str) -> Result<(), StoreError> {
        if let Ok(say) = serde_json::from_str::<Say>(&row.say) {
            match steps::refused(work, &say, &incident::refused(reason))? {
                Fate::Over => return outbox::remove(work.tx, row.id),
                Fate::Again(at) => return outbox::retry(work.tx, row.id, at, reason),
                Fate::Dead => {}
            }
            undelivered(work, row, &say, &Why::Refused(incident::refused(reason).code))?;
        }
        let Some(name) = row.merge_key.as_deref() else { return Ok(()) };
        let Some((_, channel)) = card_of(name).or_else(|| storm_of(name)) else { return Ok(()) };
        if reason.contains("message_not_found") || reason.contains("cant_update_message") {
            // Somebody deleted it: what is said next is posted anew.
            outbox::forget_place(work.tx, name)?;
            outbox::readdress_waiting(work.tx, name, "chat.postMessage", &posts_to(channel))?;
        }
        retry_card(work.tx, name, work.now)
    }

    fn expired(&self, work: &mut Work<'_>, row: &OutboxRow) -> Result<(), StoreError> {
        let Ok(say) = serde_json::from_str::<Say>(&row.say) else { return Ok(()) };
        undelivered(work, row, &say, &Why::TooLate)
    }

    /// Whether Slack answers at all, to us: a question that changes nothing, and needs no scope.
    fn reach(&self) -> Sending<'_, bool> {
        Box::pin(async move {
            match self.api.auth_test().await {
                Ok(_) | Err(ApiError::RateLimited { .. }) => true,
                Err(error) => error.class() == ErrorClass::Permanent,
            }
        })
    }

    fn rate(&self, bucket: &str) -> Option<Rate> {
        let pace = *self.pace.borrow();
        if bucket.starts_with("slack:") {
            return Some(pace.per_channel);
        }
        match bucket {
            "chat.postMessage" | RESPONSE_URL => Some(pace.posts),
            method if pace.tiers => tiers().get(method).copied(),
            _ => None,
        }
    }
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(60).saturating_mul(1_000)
}

/// The published tiers of the methods the outbox calls; half a minute's worth may go at once. Not of `views.open`: its
/// trigger is of no use after three seconds, so it is tried at once, and Slack says when it is too much.
fn tiers() -> BTreeMap<&'static str, Rate> {
    let tier = |per_minute: i64| Rate::per_minute(per_minute, u32::try_from(per_minute / 2).unwrap_or(1));
    BTreeMap::from([
        ("chat.update", tier(50)),
        ("chat.postEphemeral", tier(100)),
        ("views.update", tier(100)),
        ("views.publish", tier(100)),
        ("reactions.add", tier(50)),
        ("bookmarks.add", tier(20)),
        ("bookmarks.remove", tier(20)),
        ("conversations.archive", tier(20)),
        ("conversations.create", tier(20)),
        ("conversations.info", tier(50)),
        ("conversations.invite", tier(50)),
        ("conversations.join", tier(50)),
        ("conversations.setPurpose", tier(20)),
        ("conversations.setTopic", tier(20)),
        ("pins.add", tier(20)),
        ("usergroups.users.list", tier(20)),
        ("conversations.history", tier(50)),
        ("conversations.replies", tier(50)),
    ])
}

/// One a second and channel, a few at once after a rest.
impl Default for Pace {
    fn default() -> Self {
        let interval_ms = i64::try_from(Duration::from_secs(1).as_millis()).unwrap_or(1_000);
        Self { per_channel: Rate { interval_ms, burst: 3 }, posts: Rate::per_minute(300, 60), tiers: true }
    }
}

/// Whether a storm's message tells of the group, instead of one of its own.
fn is_of_a_storm(tx: &mut dyn Tx, say: &Say) -> Result<bool, StoreError> {
    match say {
        Say::GroupCard { group, channel } => storm::holds(tx, *group, channel),
        _ => Ok(false),
    }
}

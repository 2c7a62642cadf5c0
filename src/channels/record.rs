//! The record of an incident as a file in its channel.

use serde_json::{Value, json};

use super::slack::SlackChannel;
use crate::domain::incident::Incident;
use crate::domain::record::Shown;
use crate::domain::time::Timestamp;
use crate::engine::incident::record::{self, Format};
use crate::limits::ASK_BACK;
use crate::outbox::{Composed, Message, WhenUnclear};
use crate::slack::api::{ApiError, FileShare, SlackApi};
use crate::store::outbox::{OutboxRow, Place};
use crate::store::{StoreError, Tx};

/// The last of the three calls that show a file; the others are made before it.
pub(super) const METHOD: &str = "files.completeUploadExternal";

/// Made when it is sent, so it tells what is known by then. Its title names the record's hash: who reads the channel
/// sees which file is the true one. Its file name is the row's own: so it is found again where it is unclear whether it
/// arrived, for by then the record has grown, by the message that shows it at the least, and has another hash.
pub(super) fn compose(
    tx: &mut dyn Tx,
    row: &OutboxRow,
    incident: &Incident,
    channel: &str,
    permalink: &dyn Fn(&Place) -> Option<String>,
) -> Result<Composed, StoreError> {
    let link = |channel_id: &str, ts: &str| {
        permalink(&Place { channel_id: channel_id.to_owned(), ts: ts.to_owned() })
    };
    let mut text = String::new();
    let chain = record::write(tx, incident, Format::Markdown, Shown::PUBLISHED, &link, &mut |piece| {
        text.push_str(piece);
        Ok::<_, StoreError>(())
    })?;
    let hash = chain.last();
    let short: String = hash.chars().take(12).collect();
    let own = row.key.rsplit('-').next().unwrap_or_default();
    let body = json!({
        "channel": channel,
        "name": format!("INC-{}-{own}.md", incident.number),
        "title": format!("INC-{} record {short}", incident.number),
        "comment": format!(
            ":page_facing_up: The record of *INC-{}*: times, people, tasks and everything that was said and done.",
            incident.number
        ),
        "text": text,
        "hash": hash,
    });
    let (method, destination) = (METHOD.to_owned(), String::new());
    Ok(Composed::Send(Message { method, destination, body, when_unclear: WhenUnclear::Ask }))
}

pub(super) async fn call(channel: &SlackChannel, message: &Message) -> Option<Result<Value, ApiError>> {
    if message.method != METHOD {
        return None;
    }
    let text = |key: &str| message.body[key].as_str().unwrap_or_default();
    let share = FileShare {
        channel: text("channel").to_owned(),
        thread_ts: None,
        comment: Some(text("comment").to_owned()),
    };
    let sent = channel.api.upload_file(text("name"), text("title"), text("text").into(), &share).await;
    Some(sent.map(|file| json!({ "file": file, "hash": message.body["hash"] })))
}

/// Whether the file stands in the channel.
pub(super) async fn look_for(
    api: &SlackApi,
    message: &Message,
    sent: Timestamp,
) -> Option<Result<Option<Value>, ApiError>> {
    if message.method != METHOD {
        return None;
    }
    let oldest = format!("{}.000000", (sent - ASK_BACK).as_s());
    let arguments = json!({ "channel": message.body["channel"], "oldest": oldest });
    let listing = api.all_pages("conversations.history", arguments, "messages").await;
    Some(listing.map(|listing| {
        let mut files = listing.items.iter().flat_map(|one| one["files"].as_array().into_iter().flatten());
        let ours = files.find(|file| file["name"] == message.body["name"])?;
        // What is known now is not what was written then: of that, the title names the hash's beginning.
        let hash = ours["title"].as_str().and_then(|title| title.rsplit(' ').next());
        Some(json!({ "file": ours["id"], "hash": hash }))
    }))
}

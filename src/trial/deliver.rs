//! What the outbox holds is sent at once, to a Slack that takes everything; what is said is kept.

use std::time::Duration;

use serde_json::{Value, json};

use super::expect::MessageKind;
use super::world::{Record, Said};
use crate::channels::slack::SlackChannel;
use crate::domain::incident::news::Step;
use crate::domain::say::Say;
use crate::engine::Work;
use crate::engine::say::{announcement_name, card_name, incident_card_name, storm_name};
use crate::limits::TRIAL_MESSAGES_BATCH;
use crate::outbox::{Channel as _, Composed, Receipt};
use crate::store::outbox::{self, OutboxRow, Place};
use crate::store::{StoreError, groups, incidents};

/// Sends what may be sent now; how many rows there were.
pub(super) fn deliver(
    work: &mut Work<'_>,
    channel: &SlackChannel,
    at: Duration,
    record: &mut Record,
) -> Result<usize, StoreError> {
    let mut count = 0;
    loop {
        let rows = outbox::sendable(work.tx, outbox::Wanted::any(work.now, TRIAL_MESSAGES_BATCH))?;
        if rows.is_empty() {
            return Ok(count);
        }
        count += rows.len();
        for row in rows {
            send(work, channel, at, record, &row)?;
            outbox::remove(work.tx, row.id)?;
        }
    }
}

fn send(
    work: &mut Work<'_>,
    channel: &SlackChannel,
    at: Duration,
    record: &mut Record,
    row: &OutboxRow,
) -> Result<(), StoreError> {
    let say: Say =
        serde_json::from_str(&row.say).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    let text = match channel.compose(work, row)? {
        Composed::Send(message) if message.method == "conversations.create" => {
            message.body["name"].as_str().unwrap_or_default().to_owned()
        }
        Composed::Send(message) => readable(&message.body),
        Composed::Moot(_) => return Ok(()),
        Composed::Impossible(reason) => return Err(StoreError::Inconsistent(reason)),
    };
    if let Say::IncidentStep { incident, step: Step::CreateChannel } = &say {
        // A Slack that takes everything has made it; what follows can be expected, too.
        let channel_id = format!("C0INC{incident:04}");
        let answer = json!({ "channel": { "id": channel_id, "name": text } });
        let receipt = Receipt { place: None, answer: Some(answer) };
        return channel.arrived(work, row, &receipt);
    }
    let (kind, in_channel, to, about) = match &say {
        Say::GroupCard { group, channel } => {
            let is_there = outbox::place(work.tx, &card_name(*group, channel))?.is_some();
            let kind = if is_there { MessageKind::Update } else { MessageKind::Message };
            (kind, Some(channel.clone()), None, Some(*group))
        }
        Say::Storm { storm, channel } => {
            let is_there = outbox::place(work.tx, &storm_name(*storm, channel))?.is_some();
            let kind = if is_there { MessageKind::Update } else { MessageKind::Message };
            (kind, Some(channel.clone()), None, None)
        }
        Say::StormNote { channel, .. } => (MessageKind::Reply, Some(channel.clone()), None, None),
        Say::GroupNote { group, channel, .. } => {
            (MessageKind::Reply, Some(channel.clone()), None, Some(*group))
        }
        Say::Page { group, user, .. } => (MessageKind::Direct, None, Some(user.clone()), Some(*group)),
        Say::PageUpdate { group, user } => (MessageKind::Update, None, Some(user.clone()), Some(*group)),
        Say::IncidentCard { incident } | Say::IncidentNote { incident, .. } => {
            let incident = incidents::by_id(work.tx, *incident)?;
            let name = incident.and_then(|one| one.channel_name).map(|name| format!("#{name}"));
            let is_there = matches!(&say, Say::IncidentCard { incident }
                if outbox::place(work.tx, &incident_card_name(*incident))?.is_some());
            (if is_there { MessageKind::Update } else { MessageKind::Message }, name, None, None)
        }
        Say::Announcement { incident, channel } => {
            let is_there = outbox::place(work.tx, &announcement_name(*incident, channel))?.is_some();
            let kind = if is_there { MessageKind::Update } else { MessageKind::Message };
            (kind, Some(channel.clone()), None, None)
        }
        Say::IncidentPage { user, .. } => (MessageKind::Direct, None, Some(user.clone()), None),
        Say::Post { channel, thread_ts, .. } => {
            let kind = if thread_ts.is_some() { MessageKind::Reply } else { MessageKind::Message };
            (kind, Some(channel.clone()), None, None)
        }
        // What only one person sees for a moment is no message.
        _ => return Ok(()),
    };
    let group = about.map(|id| groups::by_id(work.tx, id)).transpose()?.flatten();
    let ts = format!("{}.{:06}", work.now.as_s(), record.said.len());
    let place = Place { channel_id: in_channel.clone().or_else(|| to.clone()).unwrap_or_default(), ts };
    channel.arrived(work, row, &Receipt { place: Some(place), answer: None })?;
    record.said.push(Said {
        at,
        kind,
        channel: in_channel,
        to,
        text,
        group: group.map(|group| group.number),
    });
    Ok(())
}

/// All that is to be read in a message, in its order: the text of notifications, then the blocks line by line.
fn readable(body: &Value) -> String {
    let mut lines = Vec::new();
    for part in [&body["text"], &body["blocks"], &body["attachments"]] {
        match part {
            Value::String(text) => push(&mut lines, text),
            part => read(part, &mut lines),
        }
    }
    lines.join("\n")
}

fn read(part: &Value, lines: &mut Vec<String>) {
    match part {
        Value::Array(items) => items.iter().for_each(|item| read(item, lines)),
        Value::Object(object) => {
            let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
            if kind.starts_with("rich_text_") && kind != "rich_text_list" {
                let mut line = String::new();
                run_on(part, &mut line);
                return push(lines, &line);
            }
            for (key, value) in object {
                match value {
                    Value::String(text) if matches!(key.as_str(), "text" | "pretext" | "title") => {
                        push(lines, text);
                    }
                    // A menu's entries are read only when it is opened.
                    _ if matches!(key.as_str(), "options" | "option_groups" | "confirm") => {}
                    Value::Array(_) | Value::Object(_) => read(value, lines),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// The pieces of a line of rich text.
fn run_on(part: &Value, line: &mut String) {
    for element in part["elements"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let text = |key: &str| element[key].as_str().unwrap_or_default();
        match text("type") {
            "user" => line.push_str(&format!("<@{}>", text("user_id"))),
            "emoji" => line.push_str(&format!(":{}:", text("name"))),
            "link" if text("text").is_empty() => line.push_str(text("url")),
            kind if kind.starts_with("rich_text_") => run_on(element, line),
            _ => line.push_str(text("text")),
        }
    }
}

/// As people read it: dates as their plain text, and Slack's three escapes undone
/// (docs.slack.dev/messaging/formatting-message-text).
fn push(lines: &mut Vec<String>, text: &str) {
    let text = plain_dates(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    lines.extend(text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
}

/// `<!date^1767225900^{time}|00:05 UTC>` → `00:05 UTC`
fn plain_dates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!date^") {
        let Some((token, after)) = after.split_once('>') else { break };
        out.push_str(before);
        out.push_str(token.rsplit_once('|').map_or("", |(_, plain)| plain));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::readable;

    #[test]
    fn a_message_reads_line_by_line() {
        let body = json!({
            "text": "Disk full",
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": "#1 Disk &lt;full&gt;"}},
                {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Since*\n3:00"}]},
                {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
                    {"type": "user", "user_id": "U1"}, {"type": "text", "text": " has it "},
                    {"type": "emoji", "name": "eyes"}]}]},
                {"type": "actions", "elements": [
                    {"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}}]},
            ],
            "attachments": [{"color": "#ff0000", "text": "a & b, <!date^1^{time}|3:00 UTC>."}],
        });
        assert_eq!(
            readable(&body),
            "Disk full\n#1 Disk <full>\n*Since*\n3:00\n<@U1> has it :eyes:\nAcknowledge\na & b, 3:00 UTC."
        );
    }
}

//! Whole messages and views as the JSON that is sent.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use slack_morphism::blocks::{SlackBlock, SlackBlockPlainTextOnly, SlackHomeView, SlackModalView, SlackView};
use slack_morphism::{SlackCallbackId, SlackMessageAttachment};

use super::elements::{Choice, identifier};
use super::layout::context;
use super::text::{Mrkdwn, plain};
use crate::limits::{
    SLACK_ATTACHMENTS, SLACK_ID_CHARS, SLACK_MESSAGE_BLOCKS, SLACK_MODAL_TITLE_CHARS, SLACK_OPTIONS,
    SLACK_PRIVATE_METADATA_CHARS, SLACK_TEXT_CHARS, SLACK_VIEW_BLOCKS,
};

/// At most `max` blocks. What can be clicked or filled in stays; the rest goes from the end, and that is said.
fn fit(mut blocks: Vec<SlackBlock>, max: usize) -> Vec<SlackBlock> {
    let left_out = blocks.len().saturating_sub(max);
    if left_out == 0 {
        return blocks;
    }
    let mut at = blocks.len();
    while blocks.len() >= max {
        let is_needed = |block: &SlackBlock| matches!(block, SlackBlock::Actions(_) | SlackBlock::Input(_));
        match blocks[..at].iter().rposition(|block| !is_needed(block)) {
            Some(last) => {
                blocks.remove(last);
                at = last;
            }
            None => {
                blocks.truncate(max.saturating_sub(1));
                at = blocks.len();
            }
        }
    }
    let note = Mrkdwn::markup(format!("… and {} more parts that do not fit here", left_out + 1));
    if let Some(note) = context([note]) {
        blocks.insert(at, note);
    }
    blocks
}

fn to_json(value: impl serde::Serialize) -> Value {
    // These types hold nothing that JSON cannot.
    serde_json::to_value(value).unwrap_or_default()
}

/// A message: its blocks, perhaps in coloured attachments, and what a notification says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    text: Mrkdwn,
    text_is_hidden: bool,
    blocks: Vec<SlackBlock>,
    attachments: Vec<(Option<String>, Vec<SlackBlock>)>,
    metadata: Option<Value>,
}

impl Message {
    /// `text` is what notifications and screen readers say. Beside blocks it is not shown in the channel; above
    /// attachments alone it is.
    pub fn new(text: impl Into<Mrkdwn>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// As [`Message::new`], but above attachments alone the text is not shown either: notifications take it from the
    /// first attachment.
    pub fn unseen(text: impl Into<Mrkdwn>) -> Self {
        Self { text_is_hidden: true, ..Self::new(text) }
    }

    /// Adds blocks: one, several, or an optional one.
    pub fn blocks(mut self, blocks: impl IntoIterator<Item = SlackBlock>) -> Self {
        self.blocks.extend(blocks);
        self
    }

    /// Adds an attachment with a coloured edge (`#d33` or `#dd3333`).
    pub fn attachment(mut self, color: &str, blocks: impl IntoIterator<Item = SlackBlock>) -> Self {
        let digits = color.strip_prefix('#').unwrap_or("");
        let is_color = matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.attachments.push((is_color.then(|| color.to_owned()), blocks.into_iter().collect()));
        self
    }

    /// Adds metadata, by which the message can be found again. Everybody in the workspace can read it.
    pub fn metadata(mut self, event_type: &str, event_payload: Value) -> Self {
        self.metadata = Some(json!({"event_type": event_type, "event_payload": event_payload}));
        self
    }

    /// The fields of chat.postMessage and chat.update without channel and ts. `blocks` and `attachments` are always
    /// there: chat.update keeps what is left out.
    pub fn to_value(&self) -> Value {
        let mut room = SLACK_MESSAGE_BLOCKS;
        let mut take = |blocks: &[SlackBlock]| {
            let fitting = if room > 0 { fit(blocks.to_vec(), room) } else { Vec::new() };
            room -= fitting.len();
            fitting
        };
        let blocks = take(&self.blocks);
        let mut attachments: Vec<SlackMessageAttachment> = self
            .attachments
            .iter()
            .take(SLACK_ATTACHMENTS)
            .map(|(color, blocks)| (color, take(blocks)))
            .filter(|(_, blocks)| !blocks.is_empty())
            .map(|(color, blocks)| SlackMessageAttachment::new().opt_color(color.clone()).with_blocks(blocks))
            .collect();
        let mut text = self.text.shown(SLACK_TEXT_CHARS);
        if let (true, true, Some(first)) = (self.text_is_hidden, blocks.is_empty(), attachments.first_mut()) {
            first.fallback = Some(std::mem::take(&mut text));
        }
        let mut value = json!({
            "text": text,
            "blocks": to_json(blocks),
            "attachments": to_json(attachments),
            "unfurl_links": false,
            "unfurl_media": false,
        });
        if let Some(metadata) = &self.metadata {
            value["metadata"] = metadata.clone();
        }
        value
    }

    /// The answer to a command or a `response_url`: `ephemeral` (to one person) or in the channel. Metadata and
    /// unfurling have no place there.
    pub fn to_response(&self, ephemeral: bool) -> Value {
        let mut value = self.to_value();
        if let Value::Object(fields) = &mut value {
            for name in ["metadata", "unfurl_links", "unfurl_media"] {
                fields.shift_remove(name);
            }
            let kind = if ephemeral { "ephemeral" } else { "in_channel" };
            fields.insert("response_type".to_owned(), kind.into());
        }
        value
    }
}

/// What a view keeps for us until it comes back.
fn private_metadata(text: &str) -> Option<String> {
    if super::text::width(text) > SLACK_PRIVATE_METADATA_CHARS {
        // Half of it would be worse than none.
        tracing::error!(length = text.len(), "private_metadata is too long for Slack and was left out");
        return None;
    }
    (!text.is_empty()).then(|| text.to_owned())
}

/// A form.
#[derive(Clone, Debug, PartialEq)]
pub struct Modal(SlackModalView);

impl Modal {
    /// A form that comes back under `callback_id`.
    pub fn new(callback_id: &str, title: &str, blocks: Vec<SlackBlock>) -> Self {
        let view = SlackModalView::new(plain(title, SLACK_MODAL_TITLE_CHARS), fit(blocks, SLACK_VIEW_BLOCKS));
        Self(view.with_callback_id(SlackCallbackId(identifier(callback_id, SLACK_ID_CHARS))))
    }

    /// The button that sends it. Slack wants one where there are inputs; without this it says "Submit".
    pub fn submit(mut self, text: &str) -> Self {
        self.0.submit = Some(plain(text, SLACK_MODAL_TITLE_CHARS));
        self
    }

    /// The button that closes it.
    pub fn close(mut self, text: &str) -> Self {
        self.0.close = Some(plain(text, SLACK_MODAL_TITLE_CHARS));
        self
    }

    /// What comes back with it.
    pub fn private_metadata(mut self, text: &str) -> Self {
        self.0.private_metadata = private_metadata(text);
        self
    }

    /// An id of ours, unique in the workspace.
    pub fn external_id(mut self, id: &str) -> Self {
        self.0.external_id = Some(identifier(id, SLACK_ID_CHARS));
        self
    }

    /// We want to know when it is closed.
    pub fn notify_on_close(mut self) -> Self {
        self.0.notify_on_close = Some(true);
        self
    }

    /// Sending or closing it closes the views below it, too.
    pub fn clear_on_close(mut self) -> Self {
        self.0.clear_on_close = Some(true);
        self
    }

    /// The view for views.open, views.update and views.push.
    pub fn to_value(&self) -> Value {
        let mut view = self.0.clone();
        let has_input = view.blocks.iter().any(|block| matches!(block, SlackBlock::Input(_)));
        if has_input && view.submit.is_none() {
            view.submit = Some(SlackBlockPlainTextOnly::from("Submit"));
        }
        to_json(SlackView::Modal(view))
    }

    /// The answer to a submission that changes the form to this one.
    pub fn as_update(&self) -> Value {
        json!({"response_action": "update", "view": self.to_value()})
    }

    /// The answer to a submission that lays this form over it (three at most).
    pub fn as_push(&self) -> Value {
        json!({"response_action": "push", "view": self.to_value()})
    }
}

/// The app's home tab.
#[derive(Clone, Debug, PartialEq)]
pub struct Home(SlackHomeView);

impl Home {
    pub fn new(blocks: Vec<SlackBlock>) -> Self {
        Self(SlackHomeView::new(fit(blocks, SLACK_VIEW_BLOCKS)))
    }

    /// What comes back with its clicks.
    pub fn private_metadata(mut self, text: &str) -> Self {
        self.0.private_metadata = private_metadata(text);
        self
    }

    /// The view for views.publish.
    pub fn to_value(&self) -> Value {
        to_json(SlackView::Home(self.0.clone()))
    }
}

/// The answer to a submission that shows errors at its inputs, by block id.
pub fn form_errors<'a>(errors: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let errors: BTreeMap<&str, String> = errors
        .into_iter()
        .map(|(block_id, text)| (block_id, Mrkdwn::markup(text).shown(SLACK_PRIVATE_METADATA_CHARS)))
        .collect();
    json!({"response_action": "errors", "errors": errors})
}

/// The answer to a menu that asks us for its options.
pub fn options_answer(choices: &[Choice]) -> Value {
    let options: Vec<_> = choices.iter().take(SLACK_OPTIONS).map(Choice::plain).collect();
    let mut answer = Map::new();
    answer.insert("options".to_owned(), to_json(options));
    Value::Object(answer)
}

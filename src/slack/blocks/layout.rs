//! Blocks (docs.slack.dev/reference/block-kit/blocks). Those that may turn out to have nothing in them are optional:
//! `blocks.extend(context([…]))`.

use slack_morphism::blocks::*;

use super::elements::identifier;
use super::text::{Mrkdwn, clean, plain, safe_url, truncate};
use crate::limits::{
    SLACK_ACTIONS, SLACK_ALT_CHARS, SLACK_CONTEXT_CHARS, SLACK_CONTEXT_ELEMENTS, SLACK_FIELD_CHARS,
    SLACK_FIELDS, SLACK_HEADER_CHARS, SLACK_ID_CHARS, SLACK_LABEL_CHARS, SLACK_SECTION_CHARS,
};

fn block_id(id: &str) -> Option<SlackBlockId> {
    (!id.is_empty()).then(|| SlackBlockId(identifier(id, SLACK_ID_CHARS)))
}

/// A large line of plain text.
pub fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(plain(text, SLACK_HEADER_CHARS)).into()
}

/// A paragraph.
pub fn section(text: impl Into<Mrkdwn>) -> SlackBlock {
    SlackSectionBlock::new().with_text(text.into().object(SLACK_SECTION_CHARS).into()).into()
}

/// A paragraph that Slack does not fold behind "See more", however long.
pub fn whole(text: impl Into<Mrkdwn>) -> SlackBlock {
    let text = text.into().object(SLACK_SECTION_CHARS).into();
    SlackSectionBlock::new().with_text(text).with_expand(true).into()
}

/// A paragraph with a button or a menu beside it.
pub fn section_with(
    id: &str,
    text: impl Into<Mrkdwn>,
    accessory: impl Into<SlackSectionBlockElement>,
) -> SlackBlock {
    SlackSectionBlock::new()
        .opt_block_id(block_id(id))
        .with_text(text.into().object(SLACK_SECTION_CHARS).into())
        .with_accessory(accessory.into())
        .into()
}

/// Up to ten short texts in two columns; blank ones are left out.
pub fn fields(texts: impl IntoIterator<Item = Mrkdwn>) -> Option<SlackBlock> {
    let fields: Vec<SlackBlockText> = texts
        .into_iter()
        .filter(|text| !text.is_blank())
        .take(SLACK_FIELDS)
        .map(|text| text.object(SLACK_FIELD_CHARS).into())
        .collect();
    (!fields.is_empty()).then(|| SlackSectionBlock::new().with_fields(fields).into())
}

/// A small grey line of up to ten texts; blank ones are left out.
pub fn context(texts: impl IntoIterator<Item = Mrkdwn>) -> Option<SlackBlock> {
    let elements: Vec<_> = texts
        .into_iter()
        .filter(|text| !text.is_blank())
        .take(SLACK_CONTEXT_ELEMENTS)
        .map(|text| SlackContextBlockElement::MarkDown(text.object(SLACK_CONTEXT_CHARS)))
        .collect();
    (!elements.is_empty()).then(|| SlackContextBlock::new(elements).into())
}

/// A line across.
pub fn divider() -> SlackBlock {
    SlackDividerBlock::new().into()
}

/// Up to 25 buttons and menus in a row.
pub fn actions(id: &str, elements: impl IntoIterator<Item = SlackActionBlockElement>) -> Option<SlackBlock> {
    let elements: Vec<_> = elements.into_iter().take(SLACK_ACTIONS).collect();
    (!elements.is_empty()).then(|| SlackActionsBlock::new(elements).opt_block_id(block_id(id)).into())
}

/// A picture; none if its address is no web address.
pub fn image(url: &str, alt: &str) -> Option<SlackBlock> {
    let image_url = safe_url(url).filter(|url| url.starts_with("http"))?.parse().ok()?;
    let alt = truncate(clean(alt).trim(), SLACK_ALT_CHARS);
    let alt = if alt.is_empty() { "a picture".to_owned() } else { alt };
    Some(SlackImageBlock::new(SlackImageUrlOrFile::ImageUrl { image_url }, alt).into())
}

/// A field of a form. Errors are shown at it by `id`. Add `.with_optional(true)`, `.with_dispatch_action(true)`, and
/// `.with_hint(plain(…, SLACK_LABEL_CHARS))`.
pub fn input(id: &str, label: &str, element: impl Into<SlackInputBlockElement>) -> SlackInputBlock {
    SlackInputBlock::new(plain(label, SLACK_LABEL_CHARS), element.into()).opt_block_id(block_id(id))
}

//! What burns: summary and description, and the most important alerts, a line each.

use super::told_kind;
use crate::domain::alert::Kind;
use crate::domain::label::Labels;
use crate::domain::particulars::{common, particulars};
use crate::domain::picture::{AlertPicture, GroupPicture};
use crate::limits::{
    CARD_DESCRIPTION_CHARS, CARD_LINE_CHARS, CARD_SUMMARY_CHARS, CARD_VALUES_MAX, EXCERPT_CHARS,
};
use crate::slack::blocks::{Mrkdwn, SlackBlock, section, truncate};
use crate::views::words::{at, time};

/// Summary and description: the receiver's own words, or those of the most important alert.
pub(super) fn told(picture: &GroupPicture) -> Option<SlackBlock> {
    if told_kind(picture) == Kind::Unrecognised {
        return Some(section(unrecognised(picture)));
    }
    let (summary, description) = (picture.told_summary(), picture.told_description());
    let mut text = Mrkdwn::new();
    if let Some(kind) = kind_words(told_kind(picture)) {
        text = text.raw(kind);
    }
    if let Some(summary) = summary.filter(|text| text.trim() != picture.group.title) {
        text = line(text).text(truncate(summary.trim(), CARD_SUMMARY_CHARS).as_str());
    }
    if let Some(description) = description.filter(|text| Some(*text) != summary) {
        text = line(text).text(truncate(description.trim(), CARD_DESCRIPTION_CHARS).as_str());
    }
    (!text.is_blank()).then(|| section(text))
}

fn line(text: Mrkdwn) -> Mrkdwn {
    if text.is_blank() { text } else { text.line() }
}

/// A body of which Firebell knows no field: what came, and how it becomes a real alert.
fn unrecognised(picture: &GroupPicture) -> Mrkdwn {
    let group = &picture.group;
    let text =
        Mrkdwn::markup(":grey_question: *Not recognised:* no title, state or key that Firebell knows.");
    let excerpt =
        picture.alerts.first().map(|one| one.alert.annotations.get("description")).unwrap_or_default();
    let text = text.line().code_block(&truncate(excerpt.trim(), EXCERPT_CHARS)).line();
    text.raw("Map it in the config: integration ")
        .code(&group.integration)
        .raw(", ")
        .code("mapping: {title: …, key: …, resolved: …}")
}

fn kind_words(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Normal => None,
        Kind::NoData => Some(":grey_question: *No data:* the query gave nothing, so nobody knows how it is."),
        Kind::Error => Some(":warning: *The query failed,* so nobody knows how it is."),
        Kind::Test => Some(":test_tube: *A test notification.* It arrived; there is nothing to do."),
        Kind::Unrecognised => None,
    }
}

/// The most important alerts, a line each.
pub(super) fn listed(picture: &GroupPicture) -> Option<SlackBlock> {
    if matches!(told_kind(picture), Kind::Unrecognised) && picture.alerts.len() == 1 {
        return None;
    }
    let alike = common(picture.alerts.iter().map(|one| &one.alert));
    let alike = (picture.alerts.len() > 1).then_some(&alike);
    let mut text = Mrkdwn::new();
    for one in &picture.alerts {
        text = alert_line(line(text), one, alike, picture);
    }
    let total = picture.group.firing + picture.group.resolved;
    let shown = u32::try_from(picture.alerts.len()).unwrap_or(u32::MAX);
    if total > shown {
        text = line(text).raw(&format!("_and {} more_", total - shown));
    }
    if picture.group.facts.truncated > 0 {
        text =
            line(text).raw(&format!("_and {} more that the sender left out_", picture.group.facts.truncated));
    }
    (!text.is_blank()).then(|| section(text))
}

fn alert_line(text: Mrkdwn, one: &AlertPicture, alike: Option<&Labels>, picture: &GroupPicture) -> Mrkdwn {
    let mark = if one.firing { "• " } else { "✓ " };
    let mut text = text
        .raw(mark)
        .bold(&truncate(&particulars(&one.alert, alike, &picture.group.group_labels), CARD_LINE_CHARS));
    match one.alert.kind {
        Kind::NoData if told_kind(picture) != Kind::NoData => text = text.raw("  _no data_"),
        Kind::Error if told_kind(picture) != Kind::Error => text = text.raw("  _the query failed_"),
        _ => {}
    }
    let values = values(one);
    if !values.is_empty() {
        text = text.raw("  ").code(&values);
    }
    if let Some(said) = said_alone(one, picture) {
        text = text.raw("  ").text(&truncate(said, CARD_LINE_CHARS));
    }
    match one.ended {
        Some(ended) => time(text.raw("  ended "), ended),
        None => at(text.raw("  since "), one.since),
    }
}

/// What this alert says and not all of them: its summary, or else what it has.
fn said_alone<'a>(one: &'a AlertPicture, picture: &GroupPicture) -> Option<&'a str> {
    ["summary", "title", "description", "message"]
        .into_iter()
        .filter(|name| picture.shared(&[name]).is_none())
        .find_map(|name| one.alert.annotations.get(name).lines().map(str::trim).find(|line| !line.is_empty()))
}

fn values(one: &AlertPicture) -> String {
    let shown: Vec<String> = one
        .alert
        .values
        .iter()
        .take(CARD_VALUES_MAX)
        .map(|(name, value)| format!("{name}={}", rounded(*value)))
        .collect();
    shown.join(" ")
}

/// Four digits say what one needs at night.
fn rounded(value: f64) -> String {
    if value == 0.0 || (value.fract() == 0.0 && value.abs() < 1e15) {
        return format!("{value}");
    }
    let digits = (3 - value.abs().log10().floor() as i32).clamp(0, 9);
    let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

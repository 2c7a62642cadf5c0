//! Lists for an answer: open alerts, silences, and what a silence would hush.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::answer::{name, next, pages, until};
use super::home::{row, row_text};
use super::modal::timeline::paragraphs;
use super::words::{at, span, who};
use crate::domain::actor::Actor;
use crate::domain::group::Group;
use crate::domain::picture::{Listed, ListedGroups};
use crate::domain::time::Timestamp;
use crate::limits::{CARD_LINE_CHARS, PREVIEW_GROUPS_SHOWN, SILENCES_SHOWN};
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, context, section, truncate};

/// A page of alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertsPage<'a> {
    pub shown: &'a [Group],
    pub listed: &'a ListedGroups,
    /// How many there are on all pages.
    pub total: usize,
    /// From 1.
    pub page: usize,
    pub pages: usize,
    /// Only so many of the resolved ones were looked at, and there are more.
    pub looked_at: Option<usize>,
    /// What they are, one of them: "open alert".
    pub what: &'a str,
    /// The filters as they were understood.
    pub filter: &'a str,
    pub command: &'a str,
}

/// The most urgent first, each with Acknowledge where nobody has it.
pub fn alerts(list: &AlertsPage<'_>) -> Value {
    let of = |text: Mrkdwn| {
        if list.filter.is_empty() { text } else { text.raw(" for ").code(list.filter) }
    };
    let among =
        list.looked_at.map(|count| format!(" among the last {count} resolved; older ones by their number"));
    if list.total == 0 {
        let text = of(Mrkdwn::markup(format!(":large_green_circle: No {}s", list.what)));
        let text = text.raw(among.as_deref().unwrap_or_default()).raw(".");
        let text = if list.filter.is_empty() {
            text
        } else {
            next(text.raw(" All open ones: "), list.command, "alerts")
        };
        return Message::new(text.clone()).blocks([section(text)]).to_value();
    }
    let plural = if list.total == 1 { "" } else { "s" };
    let mut head = of(Mrkdwn::markup(format!("*{} {}{plural}*", list.total, list.what)));
    if list.pages > 1 {
        head = head.raw(&format!(", page {} of {}", list.page, list.pages));
    }
    head = head.raw(among.as_deref().unwrap_or_default());
    let mut said = head.clone();
    for group in list.shown {
        said = said.line().append(&row_text(group, list.listed.get(&group.id)));
    }
    Message::new(said)
        .blocks([section(head)])
        .blocks(list.shown.iter().map(|group| row(group, list.listed.get(&group.id), "alerts")))
        .blocks(pages(list.page, list.pages, &format!("alerts {}", list.filter)))
        .to_value()
}

/// The first of some groups, and how many they are.
pub type Counted<'a> = (&'a [Group], usize);

/// A silence by matchers that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSilence {
    pub id: i64,
    pub matchers: String,
    pub by: Actor,
    pub starts: Timestamp,
    pub ends: Timestamp,
    pub comment: String,
}

/// All silences: those by matchers, then the groups that were silenced one by one.
pub fn silences(
    list: &[ListedSilence],
    silenced: Counted<'_>,
    listed: &ListedGroups,
    now: Timestamp,
    command: &str,
) -> Value {
    let mut lines: Vec<Mrkdwn> = list.iter().take(SILENCES_SHOWN).map(|one| by_matchers(one, now)).collect();
    if list.len() > SILENCES_SHOWN {
        lines.push(Mrkdwn::markup(format!("… and {} more", list.len() - SILENCES_SHOWN)));
    }
    let (first, count) = silenced;
    for group in first {
        let text = name_linked(Mrkdwn::new(), group, listed.get(&group.id));
        lines.push(match &group.facts.silenced {
            Some(silenced) => who(until(text, silenced.until).raw(", by "), &silenced.by),
            None => text,
        });
    }
    if count > first.len() {
        let text = format!("… and {} more silenced alerts: ", count - first.len());
        lines.push(next(Mrkdwn::markup(text), command, "alerts silenced"));
    }
    lines.push(match (list.first(), first.first()) {
        (Some(one), _) => next(Mrkdwn::markup("To lift one: "), command, &format!("unsilence S{}", one.id)),
        (None, Some(group)) => {
            next(Mrkdwn::markup("To lift one: "), command, &format!("unsilence {}", group.number))
        }
        // There are some, and none of them can be read.
        (None, None) if count > 0 => next(Mrkdwn::markup("To lift one: "), command, "unsilence"),
        (None, None) => {
            let text = Mrkdwn::markup("No silences. To make one: ");
            next(text, command, "silence severity=warning 2h deploy")
        }
    });
    let said = lines.iter().fold(Mrkdwn::new(), |text, line| {
        if text.is_blank() { line.clone() } else { text.line().append(line) }
    });
    Message::new(said).blocks(paragraphs(lines.into_iter())).to_value()
}

fn by_matchers(one: &ListedSilence, now: Timestamp) -> Mrkdwn {
    let text = Mrkdwn::markup(format!("*S{}* ", one.id)).code(&truncate(&one.matchers, CARD_LINE_CHARS));
    let text = if one.starts > now { at(text.raw(" from "), one.starts) } else { text };
    let text = who(at(text.raw(" until "), one.ends).raw(", by "), &one.by);
    if one.comment.is_empty() { text } else { text.raw(": ").text(&truncate(&one.comment, CARD_LINE_CHARS)) }
}

/// "*#24* DiskFull (db1)", which leads to its message.
pub(super) fn name_linked(text: Mrkdwn, group: &Group, listed: Option<&Listed>) -> Mrkdwn {
    match listed.and_then(|listed| listed.links.iter().flatten().next()) {
        Some(url) => {
            let title = format!("#{} {}", group.number, truncate(&group.title, CARD_LINE_CHARS));
            text.link(url, &title)
        }
        None => text.append(&name(group)),
    }
}

/// What a silence would hush.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview<'a> {
    pub matchers: &'a str,
    pub length: std::time::Duration,
    pub ends: Timestamp,
    pub comment: &'a str,
    /// Groups that would fall silent; those that match but are in somebody's hands or silenced already; and those of
    /// which only some alerts match.
    pub whole: Counted<'a>,
    pub stay: Counted<'a>,
    pub partly: Counted<'a>,
    /// What the button sends back.
    pub value: &'a str,
}

/// Before a silence by matchers is made: what will be quiet, and the button that makes it.
pub fn preview(of: &Preview<'_>) -> Value {
    let text = Mrkdwn::markup("Silence ").code(&truncate(of.matchers, CARD_LINE_CHARS));
    let mut text = at(text.raw(&format!(" for {}, until ", span(of.length))), of.ends);
    if !of.comment.is_empty() {
        text = text.raw(": ").text(&truncate(of.comment, CARD_LINE_CHARS));
    }
    text = text.line();
    text = match of.whole.1 {
        0 if of.partly.1 == 0 && of.stay.1 == 0 => {
            text.raw("Nothing open matches now; it will hush what comes.")
        }
        0 => text.raw("No open alert falls silent whole."),
        count => text.raw(&format!("*Falls silent now ({count}):* ")).append(&names(of.whole)),
    };
    if of.stay.1 > 0 {
        text = text.line().raw(&format!("*Stays, taken or silenced already ({}):* ", of.stay.1));
        text = text.append(&names(of.stay));
    }
    if of.partly.1 > 0 {
        text = text.line().raw(&format!("*Stays, matched in part ({}):* ", of.partly.1));
        text = text.append(&names(of.partly));
    }
    let confirm: SlackActionBlockElement =
        button("silence_confirm", "Silence", of.value).with_style(SlackButtonStyle::Primary).into();
    let said = text.clone().line().raw("Nothing is silenced yet: the button does it.");
    Message::new(said)
        .blocks([section(text)])
        .blocks(actions("silence_preview", [confirm]))
        .blocks(context([Mrkdwn::markup("Nothing is silenced until you press the button.")]))
        .to_value()
}

fn names((groups, count): Counted<'_>) -> Mrkdwn {
    let shown = groups.len().min(PREVIEW_GROUPS_SHOWN);
    let mut text = Mrkdwn::new();
    for (nth, group) in groups.iter().take(shown).enumerate() {
        text = if nth > 0 { text.raw(", ") } else { text };
        text = text.append(&name(group));
    }
    match count.saturating_sub(shown) {
        0 => text,
        more => text.raw(&format!(" and {more} more")),
    }
}

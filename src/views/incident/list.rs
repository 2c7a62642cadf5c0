//! Lists of incidents, and of what happened in one, for an answer.

use serde_json::Value;

use super::answer::name;
use crate::domain::incident::{Incident, State};
use crate::domain::picture::incident::Line;
use crate::domain::words::Snippet;
use crate::limits::{CARD_LINE_CHARS, INCIDENT_LINES_TOLD};
use crate::slack::blocks::{Message, Mrkdwn, section, truncate};
use crate::views::answer::{next, pages};
use crate::views::home::incident_number;
use crate::views::words::{at, span};

/// A page of incidents.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentsPage<'a> {
    pub shown: &'a [Row],
    /// How many there are on all pages.
    pub total: usize,
    /// From 1.
    pub page: usize,
    pub pages: usize,
    /// Nothing else was looked for.
    pub only_open: bool,
    /// The filters as they were understood.
    pub filter: &'a str,
    pub command: &'a str,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub incident: Incident,
    /// Who has the first role.
    pub leads: Vec<String>,
    /// Of the severity.
    pub emoji: String,
    /// Where the words stand that were looked for, if not in the title.
    pub snippet: Option<Snippet>,
    /// The address of its card.
    pub link: Option<String>,
}

/// Each with what it is, how far it is, and where: for a past one what fixed it.
pub fn incidents(list: &IncidentsPage<'_>) -> Value {
    let what = if list.only_open { "open incident" } else { "incident" };
    let of = |text: Mrkdwn| {
        if list.filter.is_empty() { text } else { text.raw(" for ").code(list.filter) }
    };
    if list.total == 0 {
        let text = of(Mrkdwn::markup(format!(":large_green_circle: No {what}s"))).raw(".");
        let text = if list.filter.is_empty() {
            next(text.raw(" To declare one: "), list.command, "declare what is wrong").raw(". Past ones: ")
        } else {
            text.raw(" All of them: ")
        };
        let text = next(text, list.command, "incidents all");
        return Message::new(text.clone()).blocks([section(text)]).to_value();
    }
    let noun = if list.total == 1 { what.to_owned() } else { format!("{what}s") };
    let mut head = of(Mrkdwn::markup(format!("*{} {noun}*", list.total)));
    if list.pages > 1 {
        head = head.raw(&format!(", page {} of {}", list.page, list.pages));
    }
    let said = list.shown.iter().fold(head.clone(), |text, one| text.line().append(&row(one)));
    Message::new(said)
        .blocks([section(head)])
        .blocks(list.shown.iter().map(|one| section(row(one))))
        .blocks(pages(list.page, list.pages, &format!("incidents {}", list.filter)))
        .to_value()
}

fn row(row: &Row) -> Mrkdwn {
    let one = &row.incident;
    let text = Mrkdwn::markup(format!(":{}: ", super::mark(one.state, &row.emoji)));
    let text = if one.drill { text.raw("*DRILL* ") } else { text };
    let text = if one.private { text.raw(":lock: ") } else { text };
    let text = incident_number(text, one, row.link.as_ref()).text(&one.severity).raw(" ");
    let text = text.bold(&truncate(&one.title, CARD_LINE_CHARS)).line();
    let text = match one.state {
        State::Open => at(text.text(&one.status).raw(" · since "), one.began_at()),
        ended => at(text.raw(ended.as_str()).raw(" "), one.ended_at.unwrap_or(one.updated_at)),
    };
    let text = match one.ended_at {
        Some(ended) => text.raw(&format!(" after {}", span(ended.since(one.began_at())))),
        None if row.leads.is_empty() => text.raw(" · nobody leads"),
        None => row.leads.iter().fold(text.raw(" ·"), |text, user| text.raw(" ").user(user)),
    };
    let text = match &one.channel_id {
        Some(channel) => text.raw(" · ").channel(channel),
        None => text,
    };
    let text = match one.facts.summary.fix.as_str() {
        "" => text,
        fix => text.line().raw("Fixed by: ").text(&truncate(fix, CARD_LINE_CHARS)),
    };
    match &row.snippet {
        Some(found) => line_found(text.line().raw("&gt; "), found),
        None => text,
    }
}

/// The words that were looked for in bold.
fn line_found(text: Mrkdwn, found: &Snippet) -> Mrkdwn {
    let text = if found.author.is_empty() { text } else { text.text(&found.author).raw(": ") };
    let piece = |index: usize| found.pieces.get(index).map_or("", |(piece, _)| piece.as_str());
    found.pieces.iter().enumerate().fold(text, |text, (index, (own, is_hit))| {
        // Slack's markup knows no bold letters within a word: in scripts without blanks most hits are.
        let before = index.checked_sub(1).map_or("", piece).chars().next_back();
        let after = piece(index + 1).chars().next();
        let stands_alone = !before.into_iter().chain(after).any(char::is_alphanumeric);
        if *is_hit && stands_alone { text.bold(own) } else { text.text(own) }
    })
}

/// The newest of its timeline, oldest of them first.
pub fn timeline(one: &Incident, lines: &[Line], has_earlier: bool, command: &str) -> Mrkdwn {
    let left_out = lines.len().saturating_sub(INCIDENT_LINES_TOLD);
    let text = name(one).raw(": what happened");
    let by_pages = format!("timeline INC-{}", one.number);
    if lines.is_empty() {
        return next(text.raw(" is read by pages: "), command, &by_pages);
    }
    let shown = lines.get(left_out..).unwrap_or_default();
    let text = super::lines(shown).fold(text, |text, line| text.line().append(&line));
    if left_out > 0 || has_earlier {
        return next(text.line().raw("Earlier, by pages: "), command, &by_pages);
    }
    text
}

//! `incidents`: the open ones, or those that words, severity, labels and time find.

use std::time::Duration;

use super::super::reply::private;
use super::super::{Command, Said, typed};
use super::search::{Query, search};
use super::which;
use crate::actions::Answer;
use crate::domain::incident::State;
use crate::domain::incident::settings::Settings;
use crate::domain::matcher::Matchers;
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::limits::{ALERTS_PAGE, INCIDENT_SEARCH_SPAN};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, incidents};
use crate::views::help::{About, Entry};
use crate::views::incident::list::{self, IncidentsPage, Row};

pub(in crate::commands) const INCIDENTS: Command = Command {
    entry: Entry {
        word: "incidents",
        aliases: &["incident", "inc"],
        usage: &[
            "incidents [words]",
            "incidents all",
            "incidents database SEV1",
            "incidents resolved 7d",
            "incidents team=db mine",
            "incidents page 2",
        ],
        help: "open ones; with words, severity, label=value, 7d: also past ones",
        about: About::Incidents,
    },
    run: incidents_,
};

/// What is asked for.
struct Asked {
    query: Query,
    page: usize,
    /// As it was understood, without the page.
    shown: String,
}

fn incidents_(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    // "incident INC-12" means that one.
    if let which::Named::Incident(found, _) = which::named(work, said, rest)? {
        return super::show::card(work, *found);
    }
    let asked = match parse(&work.rules.incidents, &typed::plain(rest), work.now) {
        Ok(asked) => asked,
        Err(text) => return Ok(private(text)),
    };
    let found = search(work, &asked.query, said.user, said.channel)?;
    let pages = found.len().div_ceil(ALERTS_PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    let total = found.len();
    let mut shown = Vec::new();
    for incident in found.into_iter().skip((page - 1) * ALERTS_PAGE).take(ALERTS_PAGE) {
        let lead = work.rules.incidents.roles.first().map(|role| role.name.clone()).unwrap_or_default();
        let roles = incidents::roles(work.tx, incident.id)?;
        let leads = roles.into_iter().filter(|one| one.role == lead).map(|one| one.user_id).collect();
        let emoji = work.rules.incidents.severity(&incident.severity).map(|one| one.emoji.clone());
        shown.push(Row { incident, leads, emoji: emoji.unwrap_or_else(|| "rotating_light".to_owned()) });
    }
    let only_open = asked.query.states == [State::Open];
    Ok(Answer::PrivateMessage(list::incidents(&IncidentsPage {
        shown: &shown,
        total,
        page,
        pages,
        only_open,
        filter: &asked.shown,
        command: &work.rules.slack.command,
    })))
}

fn parse(settings: &Settings, text: &str, now: Timestamp) -> Result<Asked, Mrkdwn> {
    let mut query = Query::default();
    let (mut page, mut all, mut matchers, mut shown) = (1, false, Vec::new(), Vec::new());
    let mut tokens = typed::tokens(text).into_iter().peekable();
    while let Some(token) = tokens.next() {
        let word = token.to_lowercase();
        if matches!(word.as_str(), "page" | "p")
            && let Some(number) = tokens.peek().and_then(|next| next.parse().ok())
        {
            page = number;
            tokens.next();
            continue;
        }
        let length = typed::length(std::slice::from_ref(&token)).map(|(length, _)| length);
        match word.as_str() {
            "all" | "any" | "past" => all = true,
            "open" | "active" => query.states.push(State::Open),
            "mine" | "my" => query.mine = true,
            "list" | "incidents" | "since" | "last" | "with" => continue,
            "closed" | "ended" => query.states.extend([State::Resolved, State::Cancelled, State::Merged]),
            _ if State::parse(&word).is_some() => query.states.extend(State::parse(&word)),
            _ if settings.severities.iter().any(|one| one.name.eq_ignore_ascii_case(&word)) => {
                query.severities.extend(settings.severity(&word).map(|one| one.name.clone()));
            }
            _ if length.is_some() => query.since = length.map(|length| ago(now, length)),
            _ if typed::is_matcher(&token) => matchers.push(token.clone()),
            _ => query.words.push(word.trim_matches('"').to_owned()),
        }
        shown.push(token);
    }
    if !matchers.is_empty() {
        let text = typed::matchers(&matchers);
        let parsed = Matchers::parse(&text).map_err(|error| {
            Mrkdwn::markup("I cannot read ").code(&text).raw(": ").text(&error.to_string())
        })?;
        query.matchers = Some(parsed);
    }
    // Whoever looks for something looks in the past, too; whoever does not, wants to know what burns.
    let looks_back = all || query.since.is_some() || !query.words.is_empty();
    if query.states.is_empty() && !looks_back {
        query.states.push(State::Open);
    }
    Ok(Asked { query, page, shown: shown.join(" ") })
}

fn ago(now: Timestamp, length: Duration) -> Timestamp {
    now - length.min(INCIDENT_SEARCH_SPAN)
}

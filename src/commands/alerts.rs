//! `alerts`: the open ones, or the last resolved, filtered and by pages.

use super::{Command, Said, reply, typed, which};
use crate::actions::Answer;
use crate::domain::actor::Actor;
use crate::domain::group::{Group, State};
use crate::domain::label::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::priority::Priority;
use crate::engine::Work;
use crate::limits::{ALERTS_PAGE, OPEN_GROUPS_LOOKED_AT, RESOLVED_GROUPS_LOOKED_AT};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, alerts, groups};
use crate::views::help::{About, Entry};
use crate::views::lists::{self, AlertsPage};

pub(super) const ALERTS: Command = Command {
    entry: Entry {
        word: "alerts",
        aliases: &["list", "ls", "alert", "open"],
        usage: &[
            "alerts",
            "alerts mine",
            "alerts firing P1",
            "alerts team=db",
            "alerts disk",
            "alerts resolved disk",
            "alerts page 2",
        ],
        help: "open alerts, or the last resolved; filter by state, P1–P5, label=value, words",
        about: About::Alerts,
    },
    run: list,
};

/// Words that ask for a list, of alerts or of incidents.
pub(super) fn is_any_list(word: &str) -> bool {
    matches!(word, "list" | "ls" | "open")
}

/// What is asked for; all of it must hold.
#[derive(Default)]
struct Filter {
    states: Vec<State>,
    priorities: Vec<Priority>,
    mine: bool,
    matchers: Option<Matchers>,
    words: Vec<String>,
    page: usize,
    /// As it was understood, without the page.
    shown: String,
}

fn list(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let filter = match Filter::parse(&typed::plain(rest)) {
        Ok(filter) => filter,
        Err(text) => return Ok(reply::private(text)),
    };
    let wants_resolved = filter.states.contains(&State::Resolved);
    let only_resolved = wants_resolved && filter.states.iter().all(|state| *state == State::Resolved);
    let mut all = if only_resolved { Vec::new() } else { groups::open(work.tx, OPEN_GROUPS_LOOKED_AT)? };
    if wants_resolved {
        all.extend(groups::last_resolved(work.tx, RESOLVED_GROUPS_LOOKED_AT)?);
    }
    let (mut found, viewer) = (Vec::new(), which::viewer(work, said)?);
    for group in all {
        if filter.holds(&group, said.user)
            && viewer.sees_group(work.tx, &group)?
            && filter.labels_hold(work, &group)?
        {
            found.push(group);
        }
    }
    let pages = found.len().div_ceil(ALERTS_PAGE).max(1);
    let page = filter.page.clamp(1, pages);
    let shown = found.chunks(ALERTS_PAGE).nth(page - 1).unwrap_or_default();
    let total = found.len();
    let command = &work.rules.slack.command;
    let what = if wants_resolved { "alert" } else { "open alert" };
    let list = AlertsPage { shown, total, page, pages, what, filter: &filter.shown, command };
    Ok(Answer::PrivateMessage(lists::alerts(&list)))
}

impl Filter {
    fn parse(text: &str) -> Result<Self, Mrkdwn> {
        let mut filter = Self { page: 1, ..Self::default() };
        let (mut matchers, mut shown) = (Vec::new(), Vec::new());
        let mut tokens = typed::tokens(text).into_iter().peekable();
        while let Some(token) = tokens.next() {
            let word = token.to_lowercase();
            if matches!(word.as_str(), "page" | "p")
                && let Some(page) = tokens.peek().and_then(|next| next.parse().ok())
            {
                filter.page = page;
                tokens.next();
                continue;
            }
            match word.as_str() {
                "open" | "all" | "alerts" => continue,
                "mine" | "my" => filter.mine = true,
                "acked" => filter.states.push(State::Acknowledged),
                "closed" | "fixed" => filter.states.push(State::Resolved),
                _ if State::parse(&word).is_some() => filter.states.extend(State::parse(&word)),
                _ if priority(&word).is_some() => filter.priorities.extend(priority(&word)),
                _ if typed::is_matcher(&token) => matchers.push(token.clone()),
                _ => filter.words.push(word),
            }
            shown.push(token);
        }
        if !matchers.is_empty() {
            let text = typed::matchers(&matchers);
            let parsed = Matchers::parse(&text).map_err(|error| {
                Mrkdwn::markup("I cannot read ").code(&text).raw(": ").text(&error.to_string())
            })?;
            filter.matchers = Some(parsed);
        }
        filter.shown = shown.join(" ");
        Ok(filter)
    }

    fn holds(&self, group: &Group, user: &str) -> bool {
        let is_user = |actor: &Actor| actor.slack_id() == Some(user);
        let facts = &group.facts;
        let theirs = || {
            facts.acknowledged.as_ref().is_some_and(|taken| is_user(&taken.by))
                || facts.resolved.as_ref().is_some_and(|resolved| is_user(&resolved.by))
        };
        let title = group.title.to_lowercase();
        (self.states.is_empty() || self.states.contains(&group.state))
            && (self.priorities.is_empty() || self.priorities.contains(&group.priority))
            && (!self.mine || theirs())
            && self.words.iter().all(|word| {
                title.contains(word)
                    || group.channels.iter().any(|channel| channel.trim_start_matches('#') == word)
            })
    }

    /// One of its firing alerts has these labels; of a resolved group, one of all.
    fn labels_hold(&self, work: &mut Work<'_>, group: &Group) -> Result<bool, StoreError> {
        let Some(matchers) = &self.matchers else { return Ok(true) };
        let rows = match group.state {
            State::Resolved => alerts::labels(work.tx, group.id)?,
            _ => alerts::firing_labels(work.tx, group.id)?,
        };
        Ok(rows.iter().any(|(_, labels)| {
            let labels: Labels = serde_json::from_str(labels).unwrap_or_default();
            matchers.matches(&labels)
        }))
    }
}

/// `p1`; `p` alone is a word.
fn priority(word: &str) -> Option<Priority> {
    let digit = word.strip_prefix('p')?;
    Priority::from_number(digit.parse().ok().filter(|_| digit.len() == 1)?)
}

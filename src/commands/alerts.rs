//! `alerts`: the open ones, filtered and by pages.

use super::{Command, Said, reply, typed};
use crate::actions::Answer;
use crate::domain::group::{Group, State};
use crate::domain::label::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::priority::Priority;
use crate::engine::Work;
use crate::limits::{ALERTS_PAGE, OPEN_GROUPS_LOOKED_AT};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, alerts, groups};
use crate::views::help::Entry;
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
            "alerts page 2",
        ],
        help: "open alerts; filter by state, P1–P5, label=value, words",
    },
    run: list,
};

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
    let mut found = Vec::new();
    for group in groups::open(work.tx, OPEN_GROUPS_LOOKED_AT)? {
        if filter.holds(&group, said.user) && filter.labels_hold(work, &group)? {
            found.push(group);
        }
    }
    let pages = found.len().div_ceil(ALERTS_PAGE).max(1);
    let page = filter.page.clamp(1, pages);
    let shown = found.chunks(ALERTS_PAGE).nth(page - 1).unwrap_or_default();
    let total = found.len();
    let command = &work.rules.slack.command;
    let list = AlertsPage { shown, total, page, pages, filter: &filter.shown, command };
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
                "resolved" => {
                    return Err(Mrkdwn::markup(
                        "Only open alerts are listed. A resolved one is shown by its number, as in ",
                    )
                    .code("show #24"));
                }
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
        let theirs =
            || group.facts.acknowledged.as_ref().is_some_and(|taken| taken.by.slack_id() == Some(user));
        let title = group.title.to_lowercase();
        (self.states.is_empty() || self.states.contains(&group.state))
            && (self.priorities.is_empty() || self.priorities.contains(&group.priority))
            && (!self.mine || theirs())
            && self.words.iter().all(|word| {
                title.contains(word)
                    || group.channels.iter().any(|channel| channel.trim_start_matches('#') == word)
            })
    }

    /// One of its firing alerts, or what they are grouped by, has these labels.
    fn labels_hold(&self, work: &mut Work<'_>, group: &Group) -> Result<bool, StoreError> {
        let Some(matchers) = &self.matchers else { return Ok(true) };
        let rows = alerts::firing_labels(work.tx, group.id)?;
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

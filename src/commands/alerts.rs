//! `alerts`: the open ones, or the last resolved, filtered and by pages.

use super::{Command, Said, reply, typed, which};
use crate::actions::Answer;
use crate::domain::bulk::Deed;
use crate::domain::group::{Group, State};
use crate::domain::matcher::Matchers;
use crate::domain::priority::Priority;
use crate::engine::find::{self, Found, Walk};
use crate::engine::sight::Viewer;
use crate::engine::{Work, listed};
use crate::limits::{ALERTS_PAGE, FIND_WORDS_MAX, SHOWN_VALUE_CHARS};
use crate::slack::blocks::{Mrkdwn, truncate};
use crate::store::StoreError;
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

/// What is asked for.
#[derive(Default)]
pub(super) struct Filter {
    wanted: find::Filter,
    page: usize,
    /// As it was understood, without the page.
    shown: String,
}

fn list(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let filter = match Filter::parse(said.user, &typed::plain(rest)) {
        Ok(filter) => filter,
        Err(text) => return Ok(reply::private(text)),
    };
    let filter = filter.seen_by(&which::viewer(work, said)?)?;
    let what = if filter.wanted.states.contains(&State::Resolved) { "alert" } else { "open alert" };
    let Found { groups, total, page, pages, looked_at } =
        find::page(work.tx, &filter.wanted, filter.page, ALERTS_PAGE)?;
    let listed = listed::groups(work.tx, work.rules, &groups, work.now)?;
    let command = &work.rules.slack.command;
    let list = AlertsPage {
        shown: &groups,
        listed: &listed,
        total,
        page,
        pages,
        looked_at,
        what,
        filter: &filter.shown,
        command,
    };
    Ok(Answer::PrivateMessage(lists::alerts(&list)))
}

/// Shows every group that the filter finds, the open ones, or the last `resolved_most` resolved ones.
pub(super) fn each(
    work: &mut Work<'_>,
    filter: &Filter,
    resolved_most: usize,
    take: &mut dyn FnMut(Group),
) -> Result<Walk, StoreError> {
    find::each(work.tx, &filter.wanted, resolved_most, take)
}

impl Filter {
    /// What is done to several chooses among those that it can be done to.
    pub(super) fn in_states(mut self, what: Deed) -> Self {
        if what == Deed::Unresolve {
            self.wanted.states.push(State::Resolved);
        }
        self
    }

    /// Finds only what this viewer may know of.
    pub(super) fn seen_by(mut self, viewer: &Viewer) -> Result<Self, StoreError> {
        if !viewer.is_member()? {
            self.wanted.seen_by = Some(viewer.clone());
        }
        Ok(self)
    }

    /// Whether only a part of what it finds was asked for.
    pub(super) const fn is_a_page(&self) -> bool {
        self.page != 1
    }

    pub(super) fn parse(user: &str, text: &str) -> Result<Self, Mrkdwn> {
        let mut filter = Self { page: 1, ..Self::default() };
        let wanted = &mut filter.wanted;
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
                "open" | "all" | "everything" | "alerts" => continue,
                "mine" | "my" => wanted.user = Some(user.to_owned()),
                "acked" => wanted.states.push(State::Acknowledged),
                "closed" | "fixed" => wanted.states.push(State::Resolved),
                _ if State::parse(&word).is_some() => wanted.states.extend(State::parse(&word)),
                _ if priority(&word).is_some() => wanted.priorities.extend(priority(&word)),
                _ if typed::is_matcher(&token) => matchers.push(token.clone()),
                _ => wanted.words.push(word),
            }
            shown.push(token);
        }
        wanted.states.sort_unstable_by_key(|state| state.as_str());
        wanted.states.dedup();
        wanted.priorities.sort_unstable();
        wanted.priorities.dedup();
        if !matchers.is_empty() {
            let text = typed::matchers(&matchers);
            let parsed = Matchers::typed(&text).map_err(|error| {
                Mrkdwn::markup("I cannot read ")
                    .code(&truncate(&text, SHOWN_VALUE_CHARS))
                    .raw(": ")
                    .text(&error.to_string())
            })?;
            wanted.matchers = Some(parsed);
        }
        if wanted.words.len() > FIND_WORDS_MAX {
            let text = format!("That is more than {FIND_WORDS_MAX} words to look for: leave some out.");
            return Err(Mrkdwn::markup(text));
        }
        filter.shown = shown.join(" ");
        Ok(filter)
    }
}

/// `p1`; `p` alone is a word.
fn priority(word: &str) -> Option<Priority> {
    let digit = word.strip_prefix('p')?;
    Priority::from_number(digit.parse().ok().filter(|_| digit.len() == 1)?)
}

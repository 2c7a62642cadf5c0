//! `incidents`: the open ones, or those that words, severity, labels and time find.

use super::super::reply::private;
use super::super::{Command, Said, typed, which as alerts};
use super::which;
use crate::actions::Answer;
use crate::domain::incident::State;
use crate::domain::search::{Misread, parse};
use crate::engine::incident::search::{Found, search};
use crate::engine::{Work, listed};
use crate::limits::{ALERTS_PAGE, SHOWN_VALUE_CHARS};
use crate::slack::blocks::{Mrkdwn, truncate};
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
            "incidents \"too many connections\" since:90d",
            "incidents page 2",
        ],
        help: "open ones; with words, severity, label=value, 7d: also past ones",
        about: About::Incidents,
    },
    run: incidents_,
};

fn incidents_(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    // "incident INC-12" means that one.
    if let which::Named::Incident(found, _) = which::named(work, said, rest)? {
        return super::show::card(work, *found);
    }
    let asked = match parse(&work.rules.incidents, &typed::plain(rest), work.now) {
        Ok(asked) => asked,
        Err(Misread { text, reason }) => {
            return Ok(private(
                Mrkdwn::markup("I cannot read ")
                    .code(&truncate(&text, SHOWN_VALUE_CHARS))
                    .raw(": ")
                    .text(&reason),
            ));
        }
    };
    let viewer = alerts::viewer(work, said)?;
    let skip = asked.page.max(1).saturating_sub(1).saturating_mul(ALERTS_PAGE);
    let mut results = search(work.tx, &asked.query, &viewer, skip, ALERTS_PAGE)?;
    let total = results.total;
    let pages = total.div_ceil(ALERTS_PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    if page != asked.page {
        results = search(work.tx, &asked.query, &viewer, (page - 1) * ALERTS_PAGE, ALERTS_PAGE)?;
    }
    let mut links = listed::incident_links(work.tx, results.found.iter().map(|found| &found.incident))?;
    let mut shown = Vec::new();
    for Found { incident, snippet } in results.found {
        let lead = work.rules.incidents.roles.first().map(|role| role.name.clone()).unwrap_or_default();
        let roles = incidents::roles(work.tx, incident.id)?;
        let leads = roles.into_iter().filter(|one| one.role == lead).map(|one| one.user_id).collect();
        let emoji = work.rules.incidents.severity(&incident.severity).map(|one| one.emoji.clone());
        let emoji = emoji.unwrap_or_else(|| "rotating_light".to_owned());
        let link = links.remove(&incident.id);
        shown.push(Row { incident, leads, emoji, snippet, link });
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

//! `firebell doctor`: asks the live Slack and the database whether all is well, and says how to mend what is not.
//!
//! Each file asks one kind of thing and adds [`Check`]s; a check that fails never stops the others. Nothing is written,
//! neither here nor in Slack.

mod channels;
mod database;
mod mentions;
mod people;
mod scopes;
mod slack;

pub(crate) use database::size;

use serde::Serialize;

use crate::clock::SharedClock;
use crate::config::{Config, SlackConfig};
use crate::slack::api::{ApiError, SlackApi, Tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    /// It works, but somebody should look at it.
    Doubtful,
    /// Something will not work.
    Wrong,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: `database`, `channel #ops`.
    pub what: String,
    pub verdict: Verdict,
    /// What was found, in a line.
    pub found: String,
    /// What to do about it, step by step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mend: Vec<String>,
}

/// The answers so far.
#[derive(Debug, Default)]
pub struct Checks(pub Vec<Check>);

impl Checks {
    pub fn good(&mut self, what: impl Into<String>, found: impl Into<String>) {
        self.add(what, Verdict::Good, found, &[]);
    }

    pub fn doubtful(&mut self, what: impl Into<String>, found: impl Into<String>, mend: &[&str]) {
        self.add(what, Verdict::Doubtful, found, mend);
    }

    pub fn wrong(&mut self, what: impl Into<String>, found: impl Into<String>, mend: &[&str]) {
        self.add(what, Verdict::Wrong, found, mend);
    }

    fn add(&mut self, what: impl Into<String>, verdict: Verdict, found: impl Into<String>, mend: &[&str]) {
        let mend = mend.iter().map(|step| (*step).to_owned()).collect();
        self.0.push(Check { what: what.into(), verdict, found: found.into(), mend });
    }

    /// A question Slack did not answer.
    fn unanswered(&mut self, what: impl Into<String>, error: &ApiError) {
        let mend = match error {
            ApiError::RateLimited { .. } => "run `firebell doctor` again in a minute",
            ApiError::NotSent { .. } | ApiError::Uncertain { .. } => {
                "run `firebell doctor` again; see `slack` above"
            }
            _ => "see docs.slack.dev for this error",
        };
        match error {
            ApiError::Slack { error: code, needed: Some(scope), .. } if code == "missing_scope" => {
                let mend =
                    format!("add the scope {scope} to the Slack app (OAuth & Permissions) and reinstall it");
                self.wrong(what, format!("cannot be asked: {error}"), &[&mend]);
            }
            _ => self.doubtful(what, format!("not answered: {error}"), &[mend]),
        }
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.0.iter().filter(|check| check.verdict == verdict).count()
    }
}

/// Asks everything that can be asked with this config.
pub async fn examine(config: &Config, clock: &SharedClock, checks: &mut Checks) {
    database::examine(config, clock, checks).await;
    integrations(config, checks);
    let Some(slack) = &config.slack else {
        checks.wrong("slack", "the config has no `slack` section", &["see examples/firebell.yaml"]);
        return;
    };
    let tokens = Tokens::fixed(Some(slack.bot_token.clone()), slack.app_token.clone());
    let api = match SlackApi::new(slack.api_url.as_str(), tokens) {
        Ok(api) => api,
        Err(error) => return checks.wrong("slack", format!("{error:#}"), &["mend slack.api_url"]),
    };
    ask_slack(config, slack, &api, clock, checks).await;
    api.close();
}

/// Shows where senders reach each integration, to be pasted there.
fn integrations(config: &Config, checks: &mut Checks) {
    for integration in &config.integrations {
        let what = format!("integration {}", integration.name);
        let address = config.address_of(integration);
        if config.reached_from_here_only() {
            let fix = "for senders elsewhere set `server.listen: 0.0.0.0:8080`, or `server.public_url` where a proxy \
                       stands in front";
            checks.doubtful(what, format!("{address} (only from this machine)"), &[fix]);
        } else {
            checks.good(what, address);
        }
    }
}

async fn ask_slack(
    config: &Config,
    slack: &SlackConfig,
    api: &SlackApi,
    clock: &SharedClock,
    checks: &mut Checks,
) {
    let Some(bot) = slack::examine(config, slack, api, clock, checks).await else { return };
    channels::examine(config, api, &bot, checks).await;
    people::examine(config, api, checks).await;
    mentions::examine(config, api, checks).await;
}

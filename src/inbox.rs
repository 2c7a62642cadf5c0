//! Both Slack transports → a row, once → the deed → the answer.
//!
//! Nothing of Slack's is acknowledged before it is a row, and a second delivery finds the row and does nothing.
//! The deed runs in a transaction of its own; if the program ends in between, the next start finds the row. What only
//! Slack can tell and a decision depends on is asked for in between ([`held`]).

mod held;

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{debug, error, info, warn};

use crate::actions::{self, Answer};
use crate::activity::Activity;
use crate::domain::rights::Unknown;
use crate::domain::say::{Asker, Say, Urgency};
use crate::domain::time::Timestamp;
use crate::engine::{Work, say};
use crate::limits::{SLACK_ANSWER_WITHIN, SLACK_INBOX_ATTEMPTS_MAX, SLACK_LEFTOVER_AFTER, SLACK_LEFTOVERS};
use crate::people::{Asked, People};
use crate::runner::Runner;
use crate::slack::blocks::{fit, fit_message};
use crate::slack::types::Inbound;
use crate::store::{StoreError, inbox};

/// Takes in what Slack sends. Clones share it.
#[derive(Clone)]
pub struct Inbox {
    pub runner: Runner,
    pub activity: Activity,
    pub people: People,
    /// The workspace our token belongs to; only it is served.
    pub team: watch::Receiver<Option<String>>,
    /// The one it belonged to when Slack last told.
    pub team_before: Option<String>,
}

/// What the transport tells Slack.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Acknowledged, with what the person gets at once.
    Ack(Option<Value>),
    /// Not taken: Slack should deliver it again.
    Later,
}

impl Inbox {
    /// Takes one input in; `transport` is where it came from.
    pub async fn accept(&self, inbound: Inbound, transport: &'static str) -> Reply {
        let _in_hand = self.activity.begin();
        let kind = inbound.kind().to_owned();
        if let Inbound::UrlVerification { challenge } = &inbound {
            return Reply::Ack(Some(json!({ "challenge": challenge })));
        }
        // The time Slack waits began to run before the row was written.
        let mut too_late = pin!(timeout(SLACK_ANSWER_WITHIN, pending::<()>()));
        let (foreign, certain) = self.foreign_team(&inbound);
        if let (Some(foreign), false) = (&foreign, certain) {
            let team = foreign.as_str();
            warn!(
                team,
                kind, "not taken yet: whose bot we are is not known; Slack is asked to send it again"
            );
            self.runner.metrics.slack_in(&kind, "workspace_unclear");
            return Reply::Later;
        }
        if let Some(foreign) = foreign {
            warn!(team = foreign, kind, "refused: it comes from a workspace that is not served");
            self.runner.metrics.slack_in(&kind, "foreign_workspace");
            return Reply::Ack(None);
        }
        match &inbound {
            Inbound::AppRateLimited(_) => {
                warn!("Slack drops events of this workspace: more than 30,000 an hour");
                self.runner.metrics.slack_in(&kind, "rate_limited_by_slack");
            }
            Inbound::Unknown { kind, .. } => info!(kind, "Slack sent something unknown; it is kept"),
            _ => {}
        }
        if !inbound.is_durable() {
            return self.answer_only(&inbound, &kind).await;
        }
        let row = match self.store_row(&inbound, transport).await {
            Ok(Some(row)) => row,
            Ok(None) => {
                debug!(kind, "delivered a second time; nothing to do");
                self.runner.metrics.slack_in(&kind, "duplicate");
                return Reply::Ack(None);
            }
            Err(error) => {
                error!(%error, kind, "an input of Slack's could not be stored; Slack is asked to send it again");
                self.runner.metrics.slack_in(&kind, "not_stored");
                return Reply::Later;
            }
        };
        self.runner.metrics.slack_in(&kind, "accepted");
        let (this, for_event) = (self.clone(), matches!(inbound, Inbound::Event(_)));
        let shape = Shape::of(&inbound);
        let in_hand = self.activity.begin();
        let for_later = matches!(inbound, Inbound::Command(_)).then(|| inbound.clone());
        let mut work = tokio::spawn(async move {
            let done = this.carry_out(row, inbound).await;
            drop(in_hand);
            done
        });
        if for_event {
            return Reply::Ack(None);
        }
        let done = tokio::select! {
            biased;
            done = &mut work => Some(done),
            _ = &mut too_late => None,
        };
        match done {
            Some(Ok(Ok(answer))) => Reply::Ack(shape.payload(answer)),
            Some(Ok(Err(reason))) => Reply::Ack(shape.payload(Answer::Private(reason))),
            Some(Err(panicked)) => {
                error!(%panicked, kind, "a bug: dealing with an input of Slack's panicked");
                Reply::Ack(shape.payload(Answer::Private(SORRY.to_owned())))
            }
            None => {
                warn!(
                    kind,
                    "answering Slack took too long; acknowledged without an answer, the work goes on"
                );
                self.runner.metrics.slack_in(&kind, "slow");
                if let Some(inbound) = for_later {
                    let (this, in_hand) = (self.clone(), self.activity.begin());
                    tokio::spawn(async move {
                        this.answer_late(work, inbound).await;
                        drop(in_hand);
                    });
                }
                Reply::Ack(None)
            }
        }
    }

    /// The acknowledgement of a command has gone without its answer: it follows as a message of its own.
    async fn answer_late(&self, work: JoinHandle<Result<Answer, String>>, inbound: Inbound) {
        let answer = match work.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(reason)) => Answer::Private(reason),
            Err(_panicked) => Answer::Private(SORRY.to_owned()),
        };
        let told = self
            .runner
            .write(move |work| {
                work.asker = asker(&inbound);
                whisper(work, &inbound, answer.clone()).map(drop)
            })
            .await;
        if let Err(error) = told {
            warn!(%error, "an answer to a command came too late, and could not be sent after it");
        }
    }

    /// Rows that nobody has dealt with, because the program ended or the database failed in between.
    pub async fn leftovers(&self) -> Result<bool, StoreError> {
        let _in_hand = self.activity.begin();
        let before = self.runner.now() - SLACK_LEFTOVER_AFTER;
        let rows = self.runner.store.read(move |tx| inbox::list_waiting(tx, before, SLACK_LEFTOVERS)).await?;
        let any = !rows.is_empty();
        for row in rows {
            match serde_json::from_str::<Inbound>(&row.body) {
                Ok(inbound) => {
                    info!(
                        kind = inbound.kind(),
                        inbox_row = row.id,
                        "dealing with an input that was left over"
                    );
                    if self.carry_out(row.id, inbound).await.is_err()
                        && row.attempts + 1 >= SLACK_INBOX_ATTEMPTS_MAX
                    {
                        self.set_aside(row.id, "it failed again and again").await?;
                    }
                }
                Err(error) => self.set_aside(row.id, &format!("it cannot be read: {error}")).await?,
            }
        }
        Ok(any)
    }

    async fn set_aside(&self, id: i64, reason: &str) -> Result<(), StoreError> {
        error!(inbox_row = id, reason, "an input of Slack's is set aside; it is kept in the inbox table");
        self.runner.metrics.slack_in("leftover", "set_aside");
        let reason = reason.to_owned();
        self.runner.store.write(move |tx| inbox::failed(tx, id, &reason)).await
    }

    /// The workspace of an input if it is not ours, and whether that is certain: before Slack has told whose our token
    /// is, all we know is whose it was.
    fn foreign_team(&self, inbound: &Inbound) -> (Option<String>, bool) {
        let configured = self.runner.rules.borrow().slack.team_id.clone();
        let ours = configured.or_else(|| self.team.borrow().clone());
        let certain = ours.is_some();
        let Some(ours) = ours.or_else(|| self.team_before.clone()) else { return (None, false) };
        (inbound.team_id().filter(|team| *team != ours).map(str::to_owned), certain)
    }

    async fn store_row(&self, inbound: &Inbound, transport: &'static str) -> Result<Option<i64>, StoreError> {
        let key = inbound.dedup_key();
        let body =
            serde_json::to_string(inbound).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        let now = self.runner.now();
        self.runner.store.write(move |tx| inbox::put(tx, transport, &key, &body, now)).await
    }

    /// Menus only ask; there is nothing to remember.
    async fn answer_only(&self, inbound: &Inbound, kind: &str) -> Reply {
        let (inbound, shape) = (inbound.clone(), Shape::of(inbound));
        let answer = self.runner.read(move |work| actions::handle(work, &inbound)).await;
        match answer {
            Ok(answer) => {
                self.runner.metrics.slack_in(kind, "answered");
                Reply::Ack(shape.payload(answer.unwrap_or(Answer::Nothing)))
            }
            Err(error) => {
                warn!(%error, kind, "a menu's question could not be answered");
                self.runner.metrics.slack_in(kind, "failed");
                Reply::Ack(None)
            }
        }
    }

    /// Answers a question on a reader, so that whoever lists ten thousand alerts keeps nobody waiting who writes. `None`:
    /// it changes something, or the reader failed; then it is done as everything else is.
    async fn ask(&self, inbound: &Inbound) -> Option<Option<Answer>> {
        if !actions::only_asks(inbound) {
            return None;
        }
        let inbound = inbound.clone();
        self.runner.read(move |work| actions::respond(work, &inbound)).await.ok()
    }

    async fn carry_out(&self, row: i64, inbound: Inbound) -> Result<Answer, String> {
        self.people.meet(&inbound).await;
        let ahead = inbound.clone();
        if let Err(panicked) = tokio::task::spawn_blocking(move || actions::prepare(&ahead)).await {
            error!(%panicked, "a bug: getting an input of Slack's ready panicked");
        }
        let kind = inbound.kind().to_owned();
        let result = match self.decide(row, &inbound, Try::First).await {
            Ok(Decided::Done(answer)) => Ok(answer),
            Ok(Decided::Waits(unknown, asked)) => self.hold(row, &inbound, &unknown, &asked).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(answer) => Ok(answer.unwrap_or(Answer::Nothing)),
            Err(error) => {
                error!(%error, kind, inbox_row = row, "an input of Slack's could not be dealt with; it will be tried again");
                self.runner.metrics.slack_in(&kind, "failed");
                let noted = self.runner.store.write(move |tx| inbox::tried(tx, row)).await;
                if let Err(error) = noted {
                    debug!(%error, "the attempt could not be counted");
                }
                Err(SORRY.to_owned())
            }
        }
    }

    /// One transaction: all of it or nothing. `None`: somebody else was faster, or it is none of ours.
    async fn attempt(&self, row: i64, inbound: &Inbound, which: Try) -> Result<Option<Answer>, StoreError> {
        let (kind, inbound) = (inbound.kind().to_owned(), inbound.clone());
        let asked = self.ask(&inbound).await;
        let result = self
            .runner
            .write(move |work| {
                if !inbox::claim(work.tx, row)? {
                    return Ok(None);
                }
                work.asker = asker(&inbound);
                let answer = match &asked {
                    Some(answer) => {
                        actions::keep(work, &inbound)?;
                        answer.clone()
                    }
                    None => actions::handle(work, &inbound)?,
                };
                let answer = match answer {
                    Some(answer) if which == Try::Again => {
                        Some(whisper(work, &inbound, held::late(&inbound, answer))?)
                    }
                    Some(answer) if Shape::of(&inbound) == Shape::Click => {
                        Some(whisper(work, &inbound, answer)?)
                    }
                    answer => answer,
                };
                match &inbound {
                    Inbound::Unknown { .. } => inbox::odd(work.tx, row, work.now)?,
                    _ => inbox::done(work.tx, row, work.now)?,
                }
                Ok(Some(answer))
            })
            .await?;
        let Some(answer) = result else { return Ok(None) };
        if answer.is_none() {
            self.runner.metrics.slack_in(&kind, "not_ours");
        }
        Ok(answer)
    }

    fn now(&self) -> Timestamp {
        self.runner.now()
    }
}

/// The acknowledgement of a click carries nothing, nor does one that could not wait: the answer goes out as a message of
/// its own.
fn whisper(work: &mut Work<'_>, inbound: &Inbound, answer: Answer) -> Result<Answer, StoreError> {
    let (text, message) = match answer {
        Answer::Private(text) => (text, None),
        Answer::PrivateMessage(message) => {
            (message["text"].as_str().unwrap_or_default().to_owned(), Some(message))
        }
        other => return Ok(other),
    };
    let url = match inbound {
        Inbound::Command(command) => command.response_url(),
        other => other.interaction().and_then(|interaction| interaction.response_url()),
    };
    let what = match (url, asker(inbound)) {
        (Some(url), _) => Say::Respond { url: url.to_owned(), text, replace: false, message },
        (None, Some(asker)) => asker.answer(text, message),
        (None, None) => return Ok(Answer::Nothing),
    };
    say::say(work, &what, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

/// Who did it, and where they look for an answer.
fn asker(inbound: &Inbound) -> Option<Asker> {
    let thread_ts = match inbound {
        Inbound::Event(event) => event.thread_ts(),
        // Of a thread's first message both are the same: that one stands in the channel.
        other => {
            other.interaction().and_then(|one| one.thread_ts().filter(|ts| one.message_ts() != Some(*ts)))
        }
    };
    Some(Asker {
        user: inbound.user_id()?.to_owned(),
        channel: inbound.channel_id().filter(|channel| !channel.is_empty()).map(str::to_owned),
        thread_ts: thread_ts.map(str::to_owned),
    })
}

/// Whether the acknowledgement can still carry the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Try {
    First,
    /// It was held back: Slack has its acknowledgement long since.
    Again,
}

/// What came of an input.
enum Decided {
    Done(Option<Answer>),
    /// Nothing was decided: this has to be known first, and Slack does not tell it yet.
    Waits(Unknown, Asked),
}

const SORRY: &str =
    ":warning: Firebell could not do that just now. It is kept and tried again; the log says why.";

/// What an answer looks like depends on what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Command,
    View,
    Options,
    Click,
}

impl Shape {
    fn of(inbound: &Inbound) -> Self {
        match inbound {
            Inbound::Command(_) => Self::Command,
            Inbound::ViewSubmission(_) => Self::View,
            Inbound::BlockSuggestion(_) => Self::Options,
            _ => Self::Click,
        }
    }

    /// The payload of the acknowledgement (docs.slack.dev/interactivity/handling-user-interaction). A click's
    /// acknowledgement has none: `actions::handle` whispers instead.
    fn payload(self, answer: Answer) -> Option<Value> {
        match (self, answer) {
            (Self::Command, Answer::Private(text)) => {
                Some(json!({ "response_type": "ephemeral", "text": fit(&text) }))
            }
            (Self::Command, Answer::PrivateMessage(mut message)) => {
                message["response_type"] = json!("ephemeral");
                fit_message(&mut message);
                Some(message)
            }
            (Self::View, Answer::Errors(errors)) => {
                Some(json!({ "response_action": "errors", "errors": errors }))
            }
            (Self::View, Answer::Clear) => Some(json!({ "response_action": "clear" })),
            (Self::View, Answer::Update(view)) => Some(json!({ "response_action": "update", "view": view })),
            (Self::View, Answer::Push(view)) => Some(json!({ "response_action": "push", "view": view })),
            (Self::Options, Answer::Options(options)) => Some(options),
            _ => None,
        }
    }
}

/// How often left-over rows are looked for.
pub const LEFTOVERS_EVERY: Duration = Duration::from_secs(5);

//! Requests that wait until Slack has told who asks.
//!
//! A transaction that comes upon something only Slack can tell ([`Unknown`]) undoes itself. Slack is asked, and it runs
//! anew; where Slack does not answer in time the row is held back, the person is told, and it is tried again when Slack
//! says, or something was learned. The row is claimed by each attempt and done with the one that succeeds, so nothing
//! happens twice, whichever replica tries it.

use std::collections::HashSet;
use std::time::Duration;

use super::*;
use crate::actions::notice;
use crate::limits::{
    HELD_AT_ONCE, HELD_LOOK_EVERY, HELD_MAX, HELD_RETRY_MIN, PEOPLE_WAIT, SLACK_LEFTOVERS, UNKNOWNS_ASKED,
};
use crate::slack::blocks::Mrkdwn;

impl Inbox {
    /// Tries it, asking Slack for what is missing as long as Slack tells.
    pub(super) async fn decide(
        &self,
        row: i64,
        inbound: &Inbound,
        which: Try,
    ) -> Result<Decided, StoreError> {
        let mut asked = HashSet::new();
        loop {
            let unknown = match self.attempt(row, inbound, which).await {
                Err(StoreError::Unknown(unknown)) => unknown,
                Ok(answer) => return Ok(Decided::Done(answer)),
                Err(error) => return Err(error),
            };
            let is_new = asked.len() < UNKNOWNS_ASKED && asked.insert(unknown.clone());
            if !is_new {
                let again = self.now() + HELD_RETRY_MIN;
                let why = "what Slack tells does not suffice".to_owned();
                return Ok(Decided::Waits(unknown, Asked::NotYet { again, why }));
            }
            match self.people.learn(&unknown, PEOPLE_WAIT).await {
                Asked::Known => {}
                not => return Ok(Decided::Waits(unknown, not)),
            }
        }
    }

    /// Holds a request back for the first time; what the person is told of it.
    pub(super) async fn hold(
        &self,
        row: i64,
        inbound: &Inbound,
        unknown: &Unknown,
        asked: &Asked,
    ) -> Result<Option<Answer>, StoreError> {
        let (again, why) = match asked {
            Asked::Known => (self.now(), ""),
            Asked::NotYet { again, why } => (*again, why.as_str()),
            Asked::Never { why } => return self.give_up(row, inbound, unknown, why, Try::First).await,
        };
        if self.runner.store.read(inbox::count_held).await? >= HELD_AT_ONCE {
            return self.give_up(row, inbound, unknown, "too many requests wait for it", Try::First).await;
        }
        warn!(
            kind = inbound.kind(),
            inbox_row = row,
            ?unknown,
            why,
            "a request is held back until Slack tells"
        );
        self.runner.metrics.slack_in(inbound.kind(), "held");
        let (inbound, text) = (inbound.clone(), checking(unknown));
        self.runner
            .write(move |work| {
                if !inbox::hold(work.tx, row, work.now, again)? || !is_a_wish(&inbound) {
                    return Ok(None);
                }
                told_at_once(work, &inbound, "One moment", text.clone()).map(Some)
            })
            .await
    }

    /// Nothing will be decided any more.
    async fn give_up(
        &self,
        row: i64,
        inbound: &Inbound,
        unknown: &Unknown,
        why: &str,
        which: Try,
    ) -> Result<Option<Answer>, StoreError> {
        warn!(
            kind = inbound.kind(),
            inbox_row = row,
            ?unknown,
            why,
            "a request is refused: Slack did not tell what it depends on"
        );
        self.runner.metrics.slack_in(inbound.kind(), "held_in_vain");
        let (inbound, text) = (inbound.clone(), in_vain(unknown, why));
        self.runner
            .write(move |work| {
                if !inbox::claim(work.tx, row)? {
                    return Ok(None);
                }
                actions::only_keep(work, &inbound)?;
                let answer = match which {
                    _ if !is_a_wish(&inbound) => None,
                    Try::First => Some(told_at_once(work, &inbound, "Not done", text.clone())?),
                    Try::Again => Some(whisper(work, &inbound, Answer::Private(text.clone().into_string()))?),
                };
                inbox::done(work.tx, row, work.now)?;
                Ok(answer)
            })
            .await
    }

    /// Tries held requests again when Slack may be asked, until told to stop.
    pub async fn run_held(self, mut stop: watch::Receiver<bool>) {
        let mut rings = self.runner.store.changes("held");
        while !*stop.borrow() {
            rings.mark_unchanged();
            let in_hand = self.activity.begin();
            let round = self.held_round().await;
            drop(in_hand);
            let next = round.unwrap_or_else(|error| {
                warn!(%error, "requests that are held back cannot be looked for; trying again soon");
                Some(self.now() + HELD_RETRY_MIN)
            });
            // Another replica may have held some, and ended.
            let next = next.unwrap_or_else(|| self.now() + HELD_LOOK_EVERY);
            tokio::select! {
                _ = rings.changed() => {}
                () = self.runner.clock.wait_until_ms(next.as_ms()) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Tries those whose time has come; when the next one's comes.
    async fn held_round(&self) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.runner.store.read(|tx| inbox::list_held(tx, SLACK_LEFTOVERS)).await?;
        for row in rows.iter().filter(|row| row.retry <= self.now()) {
            self.try_again(row).await?;
        }
        let rows = self.runner.store.read(|tx| inbox::list_held(tx, SLACK_LEFTOVERS)).await?;
        Ok(rows.iter().map(|row| row.retry).min())
    }

    async fn try_again(&self, row: &inbox::Held) -> Result<(), StoreError> {
        let inbound = match serde_json::from_str::<Inbound>(&row.body) {
            // By now it opens nothing any more.
            Ok(inbound) => inbound.without_trigger(),
            Err(error) => return self.set_aside(row.id, &format!("it cannot be read: {error}")).await,
        };
        let waited = self.now().since(row.held);
        match self.decide(row.id, &inbound, Try::Again).await? {
            Decided::Done(_) => {
                info!(
                    kind = inbound.kind(),
                    inbox_row = row.id,
                    waited_ms = waited.as_millis(),
                    "a request that was held back is done"
                );
                self.runner.metrics.slack_in(inbound.kind(), "held_then_done");
                Ok(())
            }
            Decided::Waits(unknown, Asked::Never { why }) => {
                self.give_up(row.id, &inbound, &unknown, &why, Try::Again).await.map(drop)
            }
            Decided::Waits(unknown, Asked::NotYet { why, .. }) if waited >= HELD_MAX => {
                self.give_up(row.id, &inbound, &unknown, &why, Try::Again).await.map(drop)
            }
            Decided::Waits(_, asked) => {
                let (id, now) = (row.id, self.now());
                let last = row.held + HELD_MAX;
                let again = match asked {
                    Asked::NotYet { again, .. } => again.min(last).max(now + Duration::from_millis(1)),
                    Asked::Known | Asked::Never { .. } => now + HELD_RETRY_MIN,
                };
                self.runner.store.write(move |tx| inbox::hold(tx, id, now, again)).await.map(drop)
            }
        }
    }
}

/// Whether somebody wants something and waits for an answer; who opens App Home looks at it.
fn is_a_wish(inbound: &Inbound) -> bool {
    !matches!(inbound, Inbound::Event(event) if event.event_type() == "app_home_opened")
}

/// An answer that the acknowledgement carries, where it can.
fn told_at_once(
    work: &mut Work<'_>,
    inbound: &Inbound,
    title: &str,
    text: Mrkdwn,
) -> Result<Answer, StoreError> {
    match Shape::of(inbound) {
        Shape::View => Ok(Answer::Update(notice(title, text))),
        Shape::Click => whisper(work, inbound, Answer::Private(text.into_string())),
        Shape::Command | Shape::Options => Ok(Answer::Private(text.into_string())),
    }
}

/// The answer to what was held back comes as a message, whatever it would have been.
pub(super) fn late(inbound: &Inbound, answer: Answer) -> Answer {
    let failed = |words: String| Answer::Private(format!("{words}\nPlease fill in the form again."));
    match answer {
        Answer::Errors(errors) => failed(errors.into_values().collect::<Vec<_>>().join(" ")),
        Answer::Update(view) | Answer::Push(view) => Answer::Private(words_of(&view)),
        Answer::Nothing | Answer::Clear | Answer::Options(_) if is_a_wish(inbound) => Answer::Private(
            ":white_check_mark: Slack has told who you are; what you asked for is done.".to_owned(),
        ),
        answer => answer,
    }
}

fn words_of(view: &Value) -> String {
    let blocks = view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = blocks.iter().filter_map(|block| block["text"]["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

fn checking(unknown: &Unknown) -> Mrkdwn {
    Mrkdwn::markup(":hourglass_flowing_sand: Nothing is done yet: Slack has not told Firebell ")
        .raw(what(unknown))
        .raw(
            ". It is being asked; as soon as it answers your request is carried out, and you are told here. ",
        )
        .raw("Acknowledging works meanwhile.")
}

fn in_vain(unknown: &Unknown, why: &str) -> Mrkdwn {
    Mrkdwn::markup("Nothing was done: Slack does not tell Firebell ")
        .raw(what(unknown))
        .raw(" (")
        .text(why)
        .raw("). Please try again; if it stays so, whoever runs Firebell can try ")
        .code("firebell doctor")
        .raw(".")
}

const fn what(unknown: &Unknown) -> &'static str {
    match unknown {
        Unknown::Person(_) => "whether you are a full member of this workspace",
        Unknown::Usergroups => "who is in the user groups that may do this",
        Unknown::Channels(_) => "which channels you are in",
        Unknown::Channel(_) => "whether this channel is private",
    }
}

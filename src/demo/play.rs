//! An incident from its alert to its record, played by the team through what people have: clicks, words, reactions.

use anyhow::Context as _;

use super::alerts::{self, OUTAGE};
use super::bot::Bot;
use crate::clock::SharedClock;
use crate::limits::DEMO_PATIENCE_MS;
use crate::sim::{Actor, At, Choice, Form, Message, Sim, SimState};

/// Where it is played, and how fast.
pub(super) struct Stage<'a> {
    pub(super) sim: &'a Sim,
    pub(super) bot: &'a Bot,
    pub(super) clock: &'a SharedClock,
    /// Whether people take their time.
    pub(super) pauses: bool,
}

/// A message that was waited for.
struct Found {
    channel: String,
    ts: String,
}

impl Found {
    fn at(&self) -> At {
        At::message(&self.channel, &self.ts)
    }
}

impl Stage<'_> {
    /// Plays it; the channel's name.
    pub(super) async fn play(&self) -> anyhow::Result<String> {
        let (ben, chie, dev) = (self.sim.actor("ben")?, self.sim.actor("chie")?, self.sim.actor("dev")?);
        let channel = self.declare(&ben).await?;
        self.sim.lead_to(&channel, Some(&self.oncall()?));
        let card = self.message(&channel, "incident_take").await?;
        self.pause(2_500).await;
        ben.click(&card.at(), "incident_take").await?;
        self.pause(1_500).await;
        ben.post(&channel, "Checkout answers 502 since deploy 2026.11.21-3. Chie, you know that code best: please have a look.")?;
        ben.command(&channel, "/firebell role investigator @chie").await?;
        self.member(&channel, &chie).await?;
        self.pause(3_000).await;
        let cause = chie.post(
            &channel,
            "Found it: the deploy set the pool to 5 connections instead of 50. Every request waits for one.",
        )?;
        self.pause(1_500).await;
        ben.react(&channel, &cause, "pushpin")?;
        ben.command(&channel, "/firebell status identified").await?;
        self.pause(1_500).await;
        chie.reply(&channel, &cause, "I roll it back now, that takes two minutes")?;
        self.pause(1_500).await;
        let words = "A third of checkouts in the EU fail. We know why and roll the last deploy back; all should be well in five minutes.";
        ben.command(&channel, &format!("/firebell update {words}")).await?;
        self.join(&dev, &channel).await?;
        self.pause(2_000).await;
        dev.post(&channel, "The database is fine, by the way: it has hardly anything to do")?;
        ben.command(&channel, "/firebell task followup check the pool's size when a deploy starts @dev")
            .await?;
        self.pause(2_500).await;
        let end = chie.post(&channel, "Rolled back on all pods: errors are at 0.1 % again")?;
        ben.react(&channel, &end, "pushpin")?;
        ben.command(&channel, "/firebell status monitoring").await?;
        self.pause(1_500).await;
        self.bot.send(&alerts::outage(self.clock.now_ms(), true)).await?;
        self.resolve(&ben, &channel).await?;
        Ok(channel)
    }

    /// The alert, and what Ben makes of it; the id of the incident's channel.
    async fn declare(&self, ben: &Actor) -> anyhow::Result<String> {
        let oncall = self.oncall()?;
        self.sim.lead_to(&oncall, None);
        let before: Vec<String> = self.sim.read(|state| state.channels.keys().cloned().collect());
        self.bot.send(&alerts::outage(self.clock.now_ms(), false)).await?;
        let alert = self
            .wait("the alert", |state| {
                newest(state, &oncall, |message| {
                    has(message, "group_ack") && message.visible_text().contains(OUTAGE.name)
                })
            })
            .await?;
        self.pause(2_500).await;
        ben.click(&alert.at(), "group_ack").await?;
        self.pause(1_500).await;
        ben.act(&alert.at(), Choice::set("group_more", "Declare incident")).await?;
        self.modal(ben).await?;
        self.pause(1_000).await;
        let form = Form::new().set("inc_title", "A third of checkouts fail").set("inc_severity", "SEV1");
        let wrong = ben.submit(&form).await?;
        anyhow::ensure!(wrong.is_empty(), "the form was not taken: {wrong:?}");
        self.wait("the incident's channel", |state| {
            let new = state.channels.values().find(|channel| !before.contains(&channel.id))?;
            new.members.contains(ben.id()).then(|| new.id.clone())
        })
        .await
    }

    fn oncall(&self) -> anyhow::Result<String> {
        let found = self.sim.read(|state| state.channel("oncall").map(|channel| channel.id.clone()));
        found.context("#oncall is not there")
    }

    /// Dev reads of it in #incidents.
    async fn join(&self, dev: &Actor, channel: &str) -> anyhow::Result<()> {
        let told = self
            .wait("the announcement", |state| {
                let link = format!("<#{channel}>");
                newest(state, "incidents", |message| {
                    has(message, "incident_join") && message.visible_text().contains(&link)
                })
            })
            .await?;
        dev.click(&told.at(), "incident_join").await?;
        self.member(channel, dev).await
    }

    async fn resolve(&self, ben: &Actor, channel: &str) -> anyhow::Result<()> {
        let over = self
            .wait("the end of the alerts", |state| {
                newest(state, channel, |message| {
                    message.visible_text().contains("All its alerts are resolved")
                })
            })
            .await?;
        self.pause(2_500).await;
        ben.click(&over.at(), "incident_form_resolve").await?;
        self.modal(ben).await?;
        self.pause(1_000).await;
        let form = Form::new()
            .set("inc_happened", "A third of checkouts in the EU failed after deploy 2026.11.21-3")
            .set("inc_cause", "It set the connection pool to 5 instead of 50")
            .set("inc_fix", "Rolled the deploy back");
        let wrong = ben.submit(&form).await?;
        anyhow::ensure!(wrong.is_empty(), "the form was not taken: {wrong:?}");
        self.wait("the record", |state| newest(state, channel, |message| !message.files.is_empty())).await?;
        Ok(())
    }

    async fn message(&self, channel: &str, action: &str) -> anyhow::Result<Found> {
        self.wait(action, |state| newest(state, channel, |message| has(message, action))).await
    }

    async fn modal(&self, who: &Actor) -> anyhow::Result<()> {
        self.wait("the form", |state| (!state.open_views(who.id()).is_empty()).then_some(())).await
    }

    async fn member(&self, channel: &str, who: &Actor) -> anyhow::Result<()> {
        self.wait("an invitation", |state| {
            state.channel(channel).filter(|channel| channel.members.contains(who.id())).map(drop)
        })
        .await
    }

    async fn pause(&self, ms: i64) {
        if self.pauses {
            self.clock.wait_ms(ms).await;
        }
    }

    async fn wait<T>(&self, what: &str, look: impl FnMut(&SimState) -> Option<T>) -> anyhow::Result<T> {
        tokio::select! {
            found = self.sim.wait_for(look) => Ok(found),
            () = self.clock.wait_ms(DEMO_PATIENCE_MS) => anyhow::bail!("{what} did not come"),
        }
    }
}

fn newest(state: &SimState, channel: &str, is: impl Fn(&Message) -> bool) -> Option<Found> {
    let id = state.channel(channel)?.id.clone();
    let found = state.messages(&id).into_iter().rev().find(|message| !message.deleted && is(message))?;
    Some(Found { ts: found.ts.clone(), channel: id })
}

/// Whether it has this button.
fn has(message: &Message, action: &str) -> bool {
    message.all_blocks().any(|block| {
        let elements = block["elements"].as_array().into_iter().flatten();
        elements.into_iter().any(|element| element["action_id"] == action)
    })
}

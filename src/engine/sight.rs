//! Who may see what. Full members see all but private incidents, which only those see who have a part in them (who
//! declared them, has a role or a task in them) or are in their channels. Everybody else sees what the channels they
//! are in show: the messages of alerts, incidents' channels, announcements.

use std::collections::BTreeSet;

use super::Work;
use super::say::{announcement_name, card_name, storm_name};
use crate::domain::actor::Actor;
use crate::domain::group::Group;
use crate::domain::incident::Incident;
use crate::domain::rights::{Standing, Unknown};
use crate::domain::time::Timestamp;
use crate::limits::{CHANNELS_AT_HAND, CHANNELS_FRESH};
use crate::store::{StoreError, Tx, groups, incidents, outbox, people, storms};

/// Somebody who looks, and from where.
#[derive(Clone, Debug)]
pub struct Viewer {
    user: String,
    /// The channel they ask in: Slack has shown it to them.
    here: String,
    standing: Standing,
    /// The channels they are in, as far as that is known.
    channels: Option<BTreeSet<String>>,
    /// The incidents they have a part in, those they declared aside.
    parts: BTreeSet<i64>,
    /// What is not known is asked for, and the answer waits; otherwise it counts as not so.
    asks: bool,
}

impl Viewer {
    /// Where it matters who they are or which channels they are in, and Slack has not told, it is
    /// [`StoreError::Unknown`].
    pub fn of(tx: &mut dyn Tx, user: &str, here: &str, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            user: user.to_owned(),
            here: here.to_owned(),
            standing: people::asker(tx, user, now)?.standing,
            channels: people::channels_of(tx, user, now - CHANNELS_FRESH)?,
            parts: incidents::parts_of_user(tx, user)?,
            asks: true,
        })
    }

    /// For what is drawn later and cannot wait any more: whoever is not known sees the least.
    pub fn at_hand(tx: &mut dyn Tx, user: &str, now: Timestamp) -> Result<Self, StoreError> {
        let channels = people::channels_of(tx, user, now - CHANNELS_AT_HAND)?;
        Ok(Self { channels, asks: false, ..Self::of(tx, user, "", now)? })
    }

    /// Who does something in a use case.
    pub fn doing(work: &mut Work<'_>, user: &str) -> Result<Self, StoreError> {
        let here = work.here.clone().unwrap_or_default();
        let now = work.now;
        Self::of(work.tx, user, &here, now)
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    /// Whether they are a full member, who sees every alert.
    pub fn is_member(&self) -> Result<bool, StoreError> {
        match self.standing {
            Standing::Member => Ok(true),
            Standing::Unknown if self.asks => Err(StoreError::Unknown(Unknown::Person(self.user.clone()))),
            _ => Ok(false),
        }
    }

    /// Everything that any list for them depends on is known, or [`StoreError::Unknown`].
    pub fn is_ready(&self) -> Result<(), StoreError> {
        if !self.is_member()? {
            self.is_in("")?;
        }
        Ok(())
    }

    fn is_in(&self, channel: &str) -> Result<bool, StoreError> {
        match &self.channels {
            Some(channels) => Ok(channels.contains(channel)),
            None if self.asks => Err(StoreError::Unknown(Unknown::Channels(self.user.clone()))),
            None => Ok(false),
        }
    }

    /// Whether they may know of this alert group. In its channel, or where they were called to it, nothing need be asked.
    pub fn sees_group(&self, tx: &mut dyn Tx, group: &Group) -> Result<bool, StoreError> {
        let taken = group.facts.acknowledged.as_ref().and_then(|taken| taken.by.slack_id());
        if self.standing == Standing::Member || taken == Some(self.user.as_str()) {
            return Ok(true);
        }
        let mut places = Vec::new();
        for channel in &group.channels {
            places.extend(outbox::place(tx, &card_name(group.id, channel))?.map(|place| place.channel_id));
        }
        for one in storms::of_group(tx, group.id)? {
            let name = storm_name(one.storm, &one.channel);
            places.extend(outbox::place(tx, &name)?.map(|place| place.channel_id));
        }
        if places.contains(&self.here)
            || groups::responders(tx, group.id)?.iter().any(|one| one.user_id == self.user)
        {
            return Ok(true);
        }
        if self.is_member()? {
            return Ok(true);
        }
        places.iter().try_fold(false, |seen, place| Ok(seen || self.is_in(place)?))
    }

    /// Those of them they may know of.
    pub fn seen_of(&self, tx: &mut dyn Tx, all: Vec<Group>) -> Result<Vec<Group>, StoreError> {
        if self.standing == Standing::Member {
            return Ok(all);
        }
        let mut seen = Vec::new();
        for group in all {
            if self.sees_group(tx, &group)? {
                seen.push(group);
            }
        }
        Ok(seen)
    }

    /// Whether they have a part in it.
    pub fn has_part(&self, one: &Incident) -> bool {
        one.facts.declared.by.slack_id() == Some(self.user.as_str()) || self.parts.contains(&one.id)
    }

    /// Whether a list shows it to them. Full members need not be asked for their channels: a private incident that they
    /// have no part in is on no list of theirs.
    pub fn lists_incident(&self, tx: &mut dyn Tx, one: &Incident) -> Result<bool, StoreError> {
        let is_its_channel = !self.here.is_empty() && one.channel_id.as_deref() == Some(self.here.as_str());
        if self.has_part(one) || is_its_channel {
            return Ok(true);
        }
        if self.is_member()? {
            return Ok(!one.private);
        }
        if let Some(channel) = &one.channel_id
            && self.is_in(channel)?
        {
            return Ok(true);
        }
        Ok(!one.private && self.was_told_of(tx, one)?)
    }

    /// Whether they may know of it when they name it or use one of its buttons.
    pub fn sees_incident(&self, tx: &mut dyn Tx, one: &Incident) -> Result<bool, StoreError> {
        if self.lists_incident(tx, one)? {
            return Ok(true);
        }
        match &one.channel_id {
            Some(channel) if one.private => self.is_in(channel),
            _ => Ok(false),
        }
    }

    /// Whether a channel that they are in announces it.
    fn was_told_of(&self, tx: &mut dyn Tx, one: &Incident) -> Result<bool, StoreError> {
        for name in outbox::placed_names(tx, &announcement_name(one.id, ""))? {
            let Some(place) = outbox::place(tx, &name)? else { continue };
            if place.channel_id == self.here || self.is_in(&place.channel_id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether whoever does something may know of this alert group; rules, senders and tokens may.
pub fn sees_group(work: &mut Work<'_>, actor: &Actor, group: &Group) -> Result<bool, StoreError> {
    match actor.slack_id() {
        Some(user) => Viewer::doing(work, user)?.sees_group(work.tx, group),
        None => Ok(true),
    }
}

/// The same of an incident.
pub fn sees_incident(work: &mut Work<'_>, actor: &Actor, one: &Incident) -> Result<bool, StoreError> {
    match actor.slack_id() {
        Some(user) => Viewer::doing(work, user)?.sees_incident(work.tx, one),
        None => Ok(true),
    }
}

//! Finding incidents by words. The one place that knows how: a full-text search takes this function's place.

use crate::domain::incident::{Incident, State};
use crate::domain::matcher::Matchers;
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::limits::INCIDENTS_LOOKED_AT;
use crate::store::{StoreError, incidents};

/// What is looked for; all of it must hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    /// Lower-cased; each must be in it.
    pub words: Vec<String>,
    /// None: those of any.
    pub states: Vec<State>,
    pub severities: Vec<String>,
    pub matchers: Option<Matchers>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Declared by them, or they have a role in it.
    pub mine: bool,
}

/// The incidents that this person may see and that the query holds for, the newest first.
pub(super) fn search(
    work: &mut Work<'_>,
    query: &Query,
    user: &str,
    channel: &str,
) -> Result<Vec<Incident>, StoreError> {
    let mut found = Vec::new();
    for one in incidents::newest(work.tx, 0, INCIDENTS_LOOKED_AT)? {
        if query.holds(&one) && may_see(work, &one, user, channel)? && query.is_theirs(work, &one, user)? {
            found.push(one);
        }
    }
    Ok(found)
}

/// A private incident is known to those who have a part in it, and in its own channel.
pub(in crate::commands) fn may_see(
    work: &mut Work<'_>,
    one: &Incident,
    user: &str,
    channel: &str,
) -> Result<bool, StoreError> {
    Ok(!one.private || one.channel_id.as_deref() == Some(channel) || has_part(work, one, user)?)
}

fn has_part(work: &mut Work<'_>, one: &Incident, user: &str) -> Result<bool, StoreError> {
    if one.facts.declared.by.slack_id() == Some(user) {
        return Ok(true);
    }
    Ok(incidents::roles(work.tx, one.id)?.iter().any(|holder| holder.user_id == user))
}

impl Query {
    fn holds(&self, one: &Incident) -> bool {
        let told = [
            &one.title,
            &one.facts.description,
            &one.facts.summary.happened,
            &one.facts.summary.cause,
            &one.facts.summary.fix,
        ];
        let told = told.map(|text| text.to_lowercase());
        (self.states.is_empty() || self.states.contains(&one.state))
            && (self.severities.is_empty() || self.severities.contains(&one.severity))
            && self.matchers.as_ref().is_none_or(|matchers| matchers.matches(&one.labels))
            && self.since.is_none_or(|since| one.ended_at.is_none_or(|ended| ended >= since))
            && self.until.is_none_or(|until| one.began_at() <= until)
            && self.words.iter().all(|word| told.iter().any(|text| text.contains(word)))
    }

    fn is_theirs(&self, work: &mut Work<'_>, one: &Incident, user: &str) -> Result<bool, StoreError> {
        Ok(!self.mine || has_part(work, one, user)?)
    }
}

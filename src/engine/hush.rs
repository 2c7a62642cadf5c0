//! Silences by matchers, from their beginning to their end; muted times; sources of inhibition.

use serde_json::json;

use super::deeds::By;
use super::silenced::{self, Applying};
use super::suppress::{self, Checked, Cursor, Silences};
use super::{Work, journal};
use crate::domain::actor::{Actor, Via};
use crate::domain::alert::Alert;
use crate::domain::group::Group;
use crate::domain::label::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::route::Route;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::domain::time_interval::Quiet;
use crate::limits::SOURCE_FIRES_FOR;
use crate::store::due::Due;
use crate::store::silences::SilenceRow;
use crate::store::{StoreError, alerts, due, inhibitors, silences};

/// Due rows of silences by matchers; their subject is the silence's id.
pub(super) const SILENCE_STARTS: &str = "silence_starts";
pub(super) const SILENCE_ENDS: &str = "silence_ends";

/// A route's mute or active time intervals forbid to speak now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Muted {
    pub reason: String,
    /// When that may change.
    pub until: Option<Timestamp>,
}

/// Whether the route's time intervals hush it now.
pub fn muted_now(rules: &Rules, route: &Route, now: Timestamp) -> Option<Muted> {
    let (mute, active) = (&route.mute_time_intervals, &route.active_time_intervals);
    let reason = match rules.time_intervals.quiet(mute, active, now)? {
        Quiet::Muted { by } => format!("muted by time interval {}", by.join(", ")),
        Quiet::NotActive { none_of } => format!("outside its active time intervals ({})", none_of.join(", ")),
    };
    Some(Muted { reason, until: rules.time_intervals.next_change(mute.iter().chain(active), now) })
}

/// A firing alert may hush others from now on.
pub(super) fn remember_source(
    work: &mut Work<'_>,
    integration: &str,
    alert: &Alert,
) -> Result<(), StoreError> {
    let rules = work.rules;
    let until = alert.expires_at.unwrap_or(work.now + SOURCE_FIRES_FOR);
    for row in rules.inhibit.source_rows(&alert.labels) {
        inhibitors::heard(work.tx, &row, integration, &alert.fingerprint.to_string(), until)?;
    }
    Ok(())
}

/// Whether the silence by matchers that a group has still covers all that fires in it, as far as one transaction looks. One
/// of its own is not asked about.
pub(super) fn rule_covers(work: &mut Work<'_>, group: &Group) -> Result<bool, StoreError> {
    let Some(rule) = group.facts.silenced.as_ref().and_then(|silenced| silenced.rule) else {
        return Ok(true);
    };
    let holds = silences::by_id(work.tx, rule)?.is_some_and(|row| work.now < row.ends);
    Ok(holds && suppress::check_group(work, group, Cursor::default())? != Checked::Open)
}

/// Makes a silence by matchers; groups that it covers whole become silenced.
pub fn silence(
    work: &mut Work<'_>,
    matchers: &Matchers,
    starts: Timestamp,
    ends: Timestamp,
    comment: &str,
    by: &By,
) -> Result<i64, StoreError> {
    let row = SilenceRow {
        id: 0,
        matchers: matchers.to_string(),
        starts,
        ends,
        created_by: by.actor.to_string(),
        comment: comment.to_owned(),
        created: work.now,
    };
    let id = silences::add(work.tx, &row)?;
    Silences::changed(work);
    let data = json!({ "matchers": row.matchers, "starts": starts, "ends": ends, "comment": comment });
    journal::write(work, &format!("silence:{id}"), "silence_made", &by.actor, by.via, comment, &data)?;
    work.tally.add("silences_made", 1);
    if starts <= work.now {
        silenced::apply(work, id, &Applying::default())?;
    } else {
        due::set(work.tx, SILENCE_STARTS, &id.to_string(), starts, "{}")?;
    }
    due::set(work.tx, SILENCE_ENDS, &id.to_string(), ends, "{}")?;
    Ok(id)
}

/// Ends a silence by matchers now; `false` if it had ended.
pub fn unsilence(work: &mut Work<'_>, id: i64, by: &By) -> Result<bool, StoreError> {
    if !silences::end(work.tx, id, work.now)? {
        return Ok(false);
    }
    Silences::changed(work);
    due::clear(work.tx, SILENCE_STARTS, &id.to_string())?;
    due::clear(work.tx, SILENCE_ENDS, &id.to_string())?;
    journal::write(
        work,
        &format!("silence:{id}"),
        "silence_ended",
        &by.actor,
        by.via,
        "ended by hand",
        &json!({}),
    )?;
    silenced::lift(work, id, by)?;
    Ok(true)
}

pub(super) fn silence_due(work: &mut Work<'_>, one: &Due) -> Result<(), StoreError> {
    let Ok(id) = one.subject.parse() else { return Ok(()) };
    if one.kind == SILENCE_STARTS {
        return silenced::apply(work, id, &serde_json::from_str(&one.data).unwrap_or_default());
    }
    if let Ok(lifting) = serde_json::from_str(&one.data) {
        return silenced::go_on_lifting(work, id, lifting);
    }
    let by = By { actor: Actor::Firebell, via: Via::Timer };
    journal::write(
        work,
        &format!("silence:{id}"),
        "silence_ended",
        &by.actor,
        by.via,
        "it ran out",
        &json!({}),
    )?;
    silenced::lift(work, id, &by)
}

/// After a start and a new configuration: sources of rules that are gone are forgotten, and all firing alerts are looked
/// through for those of new rules, the one last heard of last. Rules that stay keep theirs: a restart changes nothing.
pub fn refresh_sources(work: &mut Work<'_>) -> Result<(), StoreError> {
    let rules = work.rules;
    let in_force: Vec<String> = rules.inhibit.iter().map(|rule| rule.key.clone()).collect();
    for gone in inhibitors::rules(work.tx)?.iter().filter(|key| !in_force.contains(key)) {
        inhibitors::forget_rule(work.tx, gone)?;
    }
    let looked_up = inhibitors::looked_up(work.tx)?;
    if looked_up == in_force {
        return Ok(());
    }
    let new: Vec<_> = rules.inhibit.iter().filter(|rule| !looked_up.contains(&rule.key)).collect();
    if !new.is_empty() {
        for alert in alerts::all_firing(work.tx)? {
            let labels: Labels = serde_json::from_str(&alert.labels).unwrap_or_default();
            let until = alert.expires.unwrap_or(alert.seen + SOURCE_FIRES_FOR);
            for row in new.iter().filter_map(|rule| rule.source_row(&labels)) {
                inhibitors::heard(work.tx, &row, &alert.integration, &alert.fingerprint, until)?;
            }
        }
    }
    inhibitors::set_looked_up(work.tx, &in_force)
}

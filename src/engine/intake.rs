//! From the alerts of a request to alert groups: who joins, who ends, what reopens.
//!
//! Alerts are followed one by one. A repeat is not a new alert; an end is matched whatever route the alert would
//! take today; a group that fires again soon comes back under its number.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::deeds::By;
use super::{Work, attached, flush, hush, incident, journal, look, say};
use crate::domain::actor::{Actor, Via};
use crate::domain::alert::{Alert, Intake, Kind, SenderGroup};
use crate::domain::group::{Change, Facts, Group, State, Told};
use crate::domain::label::Labels;
use crate::domain::priority::Priority;
use crate::domain::route::{GroupBy, Route};
use crate::domain::rules::Rules;
use crate::domain::say::{GroupNote, Urgency};
use crate::domain::time::Timestamp;
use crate::domain::title;
use crate::limits::{ALERT_SEEN_EVERY, CARD_SETTLES};
use crate::store::alerts::{self, AlertRow};
use crate::store::{StoreError, groups};

/// Where alerts came from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// The integration's name.
    pub integration: String,
    /// Its kind.
    pub kind: String,
}

/// What a waiting webhook holds.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct AlertsRow {
    /// The integration's kind.
    pub kind: String,
    pub intake: Intake,
}

/// Alerts being sorted into groups. Several requests share one transaction; their groups are settled once.
#[derive(Default)]
pub struct Batch {
    groups: HashMap<i64, Group>,
    newest: HashMap<String, Option<i64>>,
    touched: BTreeMap<i64, Touch>,
}

/// What happened to a group in this batch.
#[derive(Default)]
struct Touch {
    created: bool,
    /// Somebody joined, ended, or changed what the message shows.
    changed: bool,
    fires_again: Option<Change>,
    /// The most urgent alert that joined.
    most_urgent: Option<Priority>,
    /// What it was attached to before.
    left: Option<i64>,
    origin: Option<String>,
}

impl Batch {
    /// Takes in one request's alerts.
    pub fn take(&mut self, work: &mut Work<'_>, origin: &Origin, intake: &Intake) -> Result<(), StoreError> {
        for alert in &intake.alerts {
            if alert.is_firing() {
                work.tally.add("alerts_firing", 1);
                if alert.kind == Kind::Unrecognised {
                    work.tally.add("alerts_unrecognised", 1);
                }
                self.fires(work, origin, intake.sender_group.as_ref(), alert)?;
            } else {
                work.tally.add("alerts_resolved", 1);
                self.ends(work, &origin.integration, alert)?;
            }
        }
        Ok(())
    }

    /// An alert is over, as its sender says or because nobody repeated it.
    fn ends(&mut self, work: &mut Work<'_>, integration: &str, alert: &Alert) -> Result<(), StoreError> {
        let ended = alert.ends_at.unwrap_or(work.now);
        // Senders repeat an end (Prometheus for 15 minutes): one that is older than what fires now is not its end.
        let is_start_known = !matches!(alert.starts_at, at if at == ended || at == alert.updated_at);
        let of = if is_start_known { ended.max(alert.starts_at) } else { Timestamp::MAX };
        self.end(work, integration, &alert.fingerprint.to_string(), ended, of)
    }

    /// `of`: only what began by then.
    pub(super) fn end(
        &mut self,
        work: &mut Work<'_>,
        integration: &str,
        fingerprint: &str,
        ended: Timestamp,
        of: Timestamp,
    ) -> Result<(), StoreError> {
        let in_groups = alerts::groups_firing(work.tx, integration, fingerprint)?;
        if in_groups.is_empty() {
            work.tally.add("resolves_without_alert", 1);
            return Ok(());
        }
        let mut is_over = false;
        for id in in_groups {
            self.before_it_ends(work, id)?;
            if alerts::end(work.tx, id, fingerprint, ended, of)? {
                is_over = true;
                let Some(group) = self.group(work, id)? else { continue };
                group.firing = group.firing.saturating_sub(1);
                group.resolved += 1;
                self.touch(id, integration).changed = true;
            }
        }
        if !is_over {
            work.tally.add("resolves_of_the_past", 1);
            return Ok(());
        }
        crate::store::inhibitors::remove(work.tx, integration, fingerprint)
    }

    /// A group that comes and goes in one batch is settled in between: it says what it would have said if its alerts
    /// had been dealt with one by one. How late we are must not decide what is told.
    fn before_it_ends(&mut self, work: &mut Work<'_>, id: i64) -> Result<(), StoreError> {
        let last = self.groups.get(&id).is_some_and(|group| group.firing == 1 && group.notified_at.is_none());
        if !last || !self.touched.get(&id).is_some_and(|touch| touch.created) {
            return Ok(());
        }
        if let (Some(mut group), Some(touch)) = (self.groups.remove(&id), self.touched.remove(&id)) {
            settle_group(work, &mut group, touch)?;
            self.groups.insert(id, group);
        }
        Ok(())
    }

    fn fires(
        &mut self,
        work: &mut Work<'_>,
        origin: &Origin,
        sender: Option<&SenderGroup>,
        alert: &Alert,
    ) -> Result<(), StoreError> {
        hush::remember_source(work, &origin.integration, alert)?;
        let fingerprint = alert.fingerprint.to_string();
        let firing = alerts::firing(work.tx, &origin.integration, &fingerprint)?;
        // Repeats within seconds are no news: they are not worth a write each.
        let quiet_after = work.rules.groups.auto_resolve_after;
        let noted_every = quiet_after.map_or(ALERT_SEEN_EVERY, |after| ALERT_SEEN_EVERY.min(after / 4));
        let is_news = |row: &AlertRow| {
            let seen_ago = work.now.since(row.seen);
            row.expires != alert.expires_at || seen_ago >= noted_every || work.now < row.seen
        };
        if firing.iter().any(is_news) {
            alerts::seen_again(work.tx, &origin.integration, &fingerprint, work.now, alert.expires_at)?;
        }
        let rules = work.rules;
        for route in rules.tree.matching(&alert.labels) {
            let (key, labels) = grouping(origin, route, sender, alert);
            let id = self.group_for(work, origin, route, sender, alert, key, labels)?;
            let known = firing.iter().find(|row| row.group_id == id);
            self.join(work, origin, id, sender, alert, known)?;
        }
        Ok(())
    }

    /// The group this alert belongs to: the newest of its key if it is open, holds this very alert already, or was
    /// resolved a moment ago; else a new one.
    #[expect(clippy::too_many_arguments, reason = "one call, and each is a fact of its own")]
    fn group_for(
        &mut self,
        work: &mut Work<'_>,
        origin: &Origin,
        route: &Route,
        sender: Option<&SenderGroup>,
        alert: &Alert,
        key: String,
        labels: Labels,
    ) -> Result<i64, StoreError> {
        let newest = match self.newest.get(&key) {
            Some(known) => *known,
            None => {
                let found = groups::latest_of_key(work.tx, &key)?;
                let id = found.as_ref().map(|group| group.id);
                if let Some(group) = found {
                    self.groups.entry(group.id).or_insert(group);
                }
                self.newest.insert(key.clone(), id);
                id
            }
        };
        if let Some(id) = newest
            && let Some(group) = self.group(work, id)?
        {
            if group.state != State::Resolved {
                return Ok(id);
            }
            let resolved_at = group.resolved_at.unwrap_or(group.updated_at);
            let soon = work.now.since(resolved_at) <= work.rules.groups.reopen_within
                || group.is_silenced_beyond_its_end(work.now);
            let group_firing = group.firing;
            // Somebody resolved it by hand while it fires: the sender's repeats must not page anew.
            if group_firing > 0
                && let Some(row) = alerts::get(work.tx, id, &alert.fingerprint.to_string())?
                && row.firing
                && row.starts >= alert.starts_at
            {
                return Ok(id);
            }
            if soon {
                if let Some(group) = self.groups.get_mut(&id) {
                    let root = group.attached_to;
                    let change = group.fire_again(work.now);
                    let touch = self.touch(id, &origin.integration);
                    touch.fires_again = Some(change);
                    touch.left = root;
                    touch.changed = true;
                }
                return Ok(id);
            }
        }
        let group = self.create(work, origin, route, sender, alert, &key, labels)?;
        let id = group.id;
        self.newest.insert(key, Some(id));
        self.groups.insert(id, group);
        let touch = self.touch(id, &origin.integration);
        touch.created = true;
        touch.changed = true;
        Ok(id)
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and each is a fact of its own")]
    fn create(
        &mut self,
        work: &mut Work<'_>,
        origin: &Origin,
        route: &Route,
        sender: Option<&SenderGroup>,
        alert: &Alert,
        key: &str,
        labels: Labels,
    ) -> Result<Group, StoreError> {
        let receiver = work.rules.receiver(&route.receiver);
        let priority = route.priority.unwrap_or_else(|| work.rules.priorities.decide(&alert.labels).0);
        let sender_title =
            sender.and_then(|group| group.title.as_deref()).filter(|_| !is_templated(&origin.kind));
        let title = sender_title
            .and_then(title::fit)
            .or_else(|| title::fit(&Rules::plain_title(alert.name(), &labels)))
            .unwrap_or_else(|| Rules::plain_title("", &Labels::new()));
        let new = Group {
            id: 0,
            number: 0,
            integration: origin.integration.clone(),
            kind: origin.kind.clone(),
            receiver: route.receiver.clone(),
            route: route.id.clone(),
            group_key: key.to_owned(),
            group_labels: labels,
            channels: receiver.map(|receiver| receiver.channels.clone()).unwrap_or_default(),
            title,
            priority,
            state: State::Firing,
            facts: Facts::default(),
            firing: 0,
            resolved: 0,
            notified_at: None,
            flushed_at: None,
            created_at: work.now,
            updated_at: work.now,
            resolved_at: None,
            attached_to: None,
        };
        let title = look::title(receiver, &new, alert, work.now);
        let group =
            groups::add(work.tx, &Group { title: title.unwrap_or_else(|| new.title.clone()), ..new })?;
        work.tally.add("groups_created", 1);
        let rules = work.rules;
        let path: Vec<_> = rules
            .tree
            .path_to(route)
            .iter()
            .map(|node| json!({ "path": node.path, "matchers": node.matchers.to_string(), "receiver": node.receiver }))
            .collect();
        let why = json!({
            "integration": origin.integration,
            "receiver": route.receiver,
            "route": route.key,
            "path": path,
            "grouping": grouping_text(route, sender),
            "group_labels": group.group_labels,
            "sender_group": sender.map(|group| &*group.key),
            "group_wait_ms": wait_of(route).as_millis() as u64,
            "group_interval_ms": route.group_interval.as_millis() as u64,
            "repeat_interval_ms": route.repeat_interval.as_millis() as u64,
            "priority": priority,
            "config": work.rules.version,
        });
        let by = Actor::Integration(origin.integration.clone());
        journal::group(
            work,
            group.id,
            "created",
            &by,
            Via::Source,
            "an alert fired that no open group holds",
            &why,
        )?;
        let due = group.created_at.max(alert.starts_at.min(work.now)) + wait_of(route);
        let late = alert.starts_at + wait_of(route) <= work.now;
        flush::schedule(work, group.id, if late { work.now } else { due })?;
        flush::schedule_quiet(work, group.id)?;
        Ok(group)
    }

    /// The alert stands in the group, firing, with what is known of it now.
    fn join(
        &mut self,
        work: &mut Work<'_>,
        origin: &Origin,
        id: i64,
        sender: Option<&SenderGroup>,
        alert: &Alert,
        firing: Option<&AlertRow>,
    ) -> Result<(), StoreError> {
        // Who does not say since when it fires says the same with every repeat.
        let is_start_known = alert.starts_at != alert.updated_at;
        let since = firing.filter(|_| !is_start_known).map_or(alert.starts_at, |row| row.starts);
        let data = serde_json::to_string(&Shown::of(alert, since))
            .map_err(|e| StoreError::Inconsistent(e.to_string()))?;
        if firing.is_some_and(|row| row.data == data) {
            work.tally.add("alerts_repeated", 1);
            return Ok(());
        }
        let fingerprint = alert.fingerprint.to_string();
        let known = match firing {
            Some(row) => Some(row.clone()),
            None => alerts::get(work.tx, id, &fingerprint)?,
        };
        let (priority, _) = work.rules.priorities.decide(&alert.labels);
        let was_firing = known.as_ref().is_some_and(|row| row.firing);
        let starts = match &known {
            Some(row) if row.firing => row.starts.min(alert.starts_at),
            _ => alert.starts_at,
        };
        let labels =
            serde_json::to_string(&alert.labels).map_err(|e| StoreError::Inconsistent(e.to_string()))?;
        let row = AlertRow {
            group_id: id,
            fingerprint,
            integration: origin.integration.clone(),
            firing: true,
            priority: u32::from(priority.as_number()),
            starts,
            ended: None,
            expires: alert.expires_at,
            seen: work.now,
            told: known.as_ref().map(|row| row.told.clone()).unwrap_or_default(),
            labels,
            data,
        };
        alerts::put(work.tx, &row)?;
        let was_known = known.is_some();
        let Some(group) = self.group(work, id)? else { return Ok(()) };
        group.facts.test =
            alert.kind == Kind::Test && (group.facts.test || group.firing + group.resolved == 0);
        if !was_firing {
            group.firing += 1;
            if was_known {
                group.resolved = group.resolved.saturating_sub(1);
            }
        }
        if let Some(sender) = sender {
            group.facts.truncated = sender.truncated;
        }
        let touch = self.touch(id, &origin.integration);
        touch.changed = true;
        touch.most_urgent = Some(touch.most_urgent.map_or(priority, |known| known.min(priority)));
        Ok(())
    }

    /// Decides what follows for every group that was touched, and writes them back.
    ///
    /// What happens to a group happens to those that are attached to it: these are written first, and read anew when
    /// their turn comes.
    pub fn settle(mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let touched = std::mem::take(&mut self.touched);
        let mut attached = Vec::new();
        for (id, touch) in &touched {
            let Some(group) = self.groups.get(id) else { continue };
            if group.attached_to.is_some() || touch.left.is_some() {
                groups::save(work.tx, group)?;
                attached.push(*id);
            }
        }
        for (id, touch) in touched {
            let group = match attached.contains(&id) {
                true => groups::by_id(work.tx, id)?,
                false => self.groups.remove(&id),
            };
            if let Some(mut group) = group {
                settle_group(work, &mut group, touch)?;
            }
        }
        Ok(())
    }

    fn group(&mut self, work: &mut Work<'_>, id: i64) -> Result<Option<&mut Group>, StoreError> {
        if let std::collections::hash_map::Entry::Vacant(slot) = self.groups.entry(id) {
            let Some(group) = groups::by_id(work.tx, id)? else { return Ok(None) };
            slot.insert(group);
        }
        Ok(self.groups.get_mut(&id))
    }

    fn touch(&mut self, id: i64, origin: &str) -> &mut Touch {
        let touch = self.touched.entry(id).or_default();
        touch.origin.get_or_insert_with(|| origin.to_owned());
        touch
    }
}

fn settle_group(work: &mut Work<'_>, group: &mut Group, touch: Touch) -> Result<(), StoreError> {
    if !touch.changed {
        return Ok(());
    }
    let by = touch.origin.map_or(Actor::Firebell, Actor::Integration);
    group.updated_at = work.now;
    if let Some(root) = touch.left {
        attached::left(work, root)?;
    }
    if let Some(change) = touch.fires_again {
        if group.firing > 0 {
            let from = By { actor: by.clone(), via: Via::Source };
            attached::follow(work, group, &change, &from)?;
            let told = Told { change, by: by.clone(), via: Via::Source, at: work.now };
            journal::group(
                work,
                group.id,
                told.change.kind(),
                &by,
                Via::Source,
                "it fires again",
                &json!(told),
            )?;
            flush::speak_again(work, group, told)?;
            say::pages_anew(work, group)?;
            incident::groups_changed(work, group)?;
        }
        work.tally.add("groups_reopened", 1);
    }
    if group.firing == 0 && group.state != State::Resolved {
        resolve_by_source(work, group, &by, "its last alert ended")?;
    } else if group.notified_at.is_some() {
        if touch.most_urgent.is_some_and(|priority| priority < group.priority) {
            flush::raise(work, group)?;
        }
        let soon = work.now + CARD_SETTLES;
        say::card(work, group, Urgency::Update, soon)?;
        flush::schedule_news(work, group)?;
    }
    flush::if_due(work, group)?;
    groups::save(work.tx, group)
}

/// Every alert of the group ended: it is over, and its thread and message say so.
pub(super) fn resolve_by_source(
    work: &mut Work<'_>,
    group: &mut Group,
    by: &Actor,
    reason: &str,
) -> Result<(), StoreError> {
    let was_silenced = group.state == State::Silenced;
    let root = group.attached_to;
    let Ok(change) = group.resolve(by, None, work.now) else { return Ok(()) };
    attached::follow(work, group, &change, &By { actor: by.clone(), via: Via::Source })?;
    if let Some(root) = root {
        attached::left(work, root)?;
    }
    let told = Told { change, by: by.clone(), via: Via::Source, at: work.now };
    journal::group(work, group.id, told.change.kind(), by, Via::Source, reason, &json!(told))?;
    work.tally.add("groups_resolved", 1);
    flush::clear(work, group.id)?;
    say::pages_anew(work, group)?;
    if group.notified_at.is_some() {
        alerts::tell(work.tx, group.id)?;
        if !was_silenced {
            say::note(work, group, &GroupNote::Changed(told), Urgency::Update)?;
        }
        let now = work.now;
        say::card(work, group, Urgency::Deed, now)?;
    }
    incident::groups_changed(work, group)
}

/// What an alert shows: the part of it that, when it changes, changes the message.
#[derive(serde::Serialize, serde::Deserialize)]
struct Shown<'a>(std::borrow::Cow<'a, Alert>);

impl<'a> Shown<'a> {
    fn of(alert: &'a Alert, since: Timestamp) -> Shown<'static> {
        let mut alert = alert.clone();
        alert.starts_at = since;
        alert.updated_at = Timestamp::from_ms(0);
        alert.expires_at = None;
        Shown(std::borrow::Cow::Owned(alert))
    }
}

/// How long the first message waits for company. A sender that groups has waited already.
pub(super) fn wait_of(route: &Route) -> std::time::Duration {
    route.group_wait
}

/// These senders put counts and states into their titles ("[FIRING:2] …"), which would be stale at once.
fn is_templated(kind: &str) -> bool {
    matches!(kind, "grafana" | "grafana_alerting" | "alertmanager")
}

fn grouping(origin: &Origin, route: &Route, sender: Option<&SenderGroup>, alert: &Alert) -> (String, Labels) {
    let (text, labels) = match (&route.group_by, sender) {
        (GroupBy::Sender, Some(group)) => (format!("sender {}", group.key), group.group_labels.clone()),
        (GroupBy::Sender, None) => {
            let labels = alert.labels.filtered(|name| name == "alertname");
            let text =
                if labels.is_empty() { format!("alert {}", alert.fingerprint) } else { format!("{labels}") };
            (text, labels)
        }
        _ => {
            let labels = route.group_labels(&alert.labels);
            (format!("{labels}"), labels)
        }
    };
    let whole = format!("{}\n{}\n{}\n{text}", origin.integration, route.key, route.receiver);
    let digest = Sha256::digest(whole.as_bytes());
    (digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect(), labels)
}

fn grouping_text(route: &Route, sender: Option<&SenderGroup>) -> String {
    match (&route.group_by, sender) {
        (GroupBy::Sender, Some(_)) => "the sender's own group".to_owned(),
        (GroupBy::Sender, None) => "alertname (the sender does not group)".to_owned(),
        (GroupBy::All, _) => "all labels".to_owned(),
        (GroupBy::Labels(names), _) => names.join(", "),
    }
}

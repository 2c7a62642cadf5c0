//! A group of alerts as Alertmanager (webhook version "4") and Grafana (version "1") send it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::alert::{WireAlert, problem};
use super::list::AlertList;
use super::pairs::Pairs;
use super::text::{Number, Text};
use crate::domain::alert::{Alert, Intake, Kind, SenderGroup, Status};
use crate::domain::time::Timestamp;
use crate::limits::{
    ALERTS_PER_REQUEST_MAX, ANNOTATION_MAX_BYTES, LABEL_VALUE_MAX_BYTES, LABELS_PER_ALERT_MAX,
};
use crate::sources::Rejection;
use crate::sources::time::WireTime;

/// The body of a notification.
#[derive(Debug, Default)]
pub(crate) struct WireGroup<'a> {
    /// Which form of body it is; "4" from Alertmanager, "1" from Grafana.
    pub(crate) version: Text<'a>,
    /// The alerts; nothing if the body has no such field.
    pub(crate) alerts: Option<AlertList<'a>>,
    receiver: Text<'a>,
    status: Text<'a>,
    group_labels: Pairs<'a>,
    group_key: Text<'a>,
    external_url: Text<'a>,
    truncated: Number,
    title: Text<'a>,
    message: Text<'a>,
    reason: Text<'a>,
}

impl WireGroup<'_> {
    /// The alerts of it. The list must be there.
    pub(crate) fn into_intake(self, received_at: Timestamp) -> Result<Intake, Rejection> {
        let Some(list) = self.alerts else {
            return Err(Rejection::bad_body(
                "there is no `alerts`",
                "$",
                "send Alertmanager's or Grafana's own body",
            ));
        };
        if let Some(instead) = list.instead {
            return Err(Rejection::bad_body(
                format!("`alerts` is {instead}"),
                "$.alerts",
                "send a list of alerts",
            ));
        }
        if list.count > ALERTS_PER_REQUEST_MAX {
            return Err(Rejection::TooManyAlerts { count: list.count, limit: ALERTS_PER_REQUEST_MAX });
        }
        let mut intake = Intake { alerts: Vec::with_capacity(list.count), ..Intake::default() };
        for (index, wire) in list.into_alerts().enumerate() {
            let mut problems = Vec::new();
            let alert = wire.into_alert(
                received_at,
                |alert, wire, note| status(alert, wire, received_at, note),
                &mut |what, fix, lost| {
                    problems.push(problem(index, what, fix, lost));
                },
            );
            problems.into_iter().for_each(|problem| intake.add_problem(problem));
            intake.alerts.extend(alert);
        }
        let receiver = self.receiver.kept(LABEL_VALUE_MAX_BYTES).unwrap_or_default();
        if let Some(key) = self.group_key.kept(LABEL_VALUE_MAX_BYTES) {
            mark_test(&mut intake.alerts, &receiver, &key);
            intake.sender_group = Some(SenderGroup {
                key,
                status: group_status(&self.status, &intake.alerts),
                title: self.title.kept(ANNOTATION_MAX_BYTES),
                message: self.message.kept(ANNOTATION_MAX_BYTES),
                group_labels: self.group_labels.into_labels(LABELS_PER_ALERT_MAX, LABEL_VALUE_MAX_BYTES).0,
                truncated: self.truncated.0.map_or(0, |count| count as u32),
                external_url: self.external_url.url(),
                reason: self.reason.kept(LABEL_VALUE_MAX_BYTES),
                receiver,
            });
        }
        Ok(intake)
    }
}

/// An alert of a notification says itself whether it fires; its `endsAt` only tells when it stopped.
fn status(alert: &mut Alert, wire: &WireAlert<'_>, received_at: Timestamp, note: &mut dyn FnMut(&str, &str)) {
    let ended_at = wire.ends_at.at().filter(|at| *at <= received_at);
    let resolved = match wire.status.raw().map(str::trim) {
        Some(word) if word.eq_ignore_ascii_case("resolved") => true,
        Some(word) if word.eq_ignore_ascii_case("firing") => false,
        None => ended_at.is_some(),
        Some(word) => {
            note(&format!("`status` is {word:?}"), "send \"firing\" or \"resolved\"; the end time decided");
            ended_at.is_some()
        }
    };
    if resolved {
        alert.status = Status::Resolved;
        // An end in the future is a clock that is ahead, or a time-out: it has ended now.
        alert.ends_at = Some(ended_at.unwrap_or(received_at));
    }
    if matches!(wire.starts_at, WireTime::None | WireTime::Bad(_)) && resolved {
        alert.starts_at = alert.ends_at.unwrap_or(received_at);
    }
}

/// A group fires while anything in it does. What the sender says counts only for a group that lists no alert, because
/// its word for the whole can be older than its list.
fn group_status(said: &Text<'_>, alerts: &[Alert]) -> Status {
    let said_resolved = said.raw().is_some_and(|word| word.eq_ignore_ascii_case("resolved"));
    let all_resolved = alerts.iter().all(|alert| alert.status == Status::Resolved);
    if all_resolved && (!alerts.is_empty() || said_resolved) { Status::Resolved } else { Status::Firing }
}

/// Grafana's "Test" button makes a group key of its own, `<receiver>-<fingerprint>-<unix seconds>`; labels and
/// annotations may be anything then.
fn mark_test(alerts: &mut [Alert], receiver: &str, key: &str) {
    let [alert] = alerts else { return };
    let seconds = key
        .strip_prefix(receiver)
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|rest| rest.strip_prefix(&*alert.fingerprint.to_string()))
        .and_then(|rest| rest.strip_prefix('-'));
    if seconds.is_some_and(|seconds| !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit()))
    {
        alert.kind = Kind::Test;
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireGroup<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(GroupVisitor)
    }
}

struct GroupVisitor;

impl<'de> Visitor<'de> for GroupVisitor {
    type Value = WireGroup<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `alerts`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<WireGroup<'de>, A::Error> {
        let mut group = WireGroup::default();
        while let Some(Text(key)) = access.next_key::<Text<'de>>()? {
            match key.as_deref().unwrap_or_default() {
                "version" => group.version = access.next_value()?,
                "alerts" => group.alerts = Some(access.next_value()?),
                "receiver" => group.receiver = access.next_value()?,
                "status" => group.status = access.next_value()?,
                "groupLabels" => group.group_labels = access.next_value()?,
                "groupKey" => group.group_key = access.next_value()?,
                "externalURL" => group.external_url = access.next_value()?,
                "truncatedAlerts" => group.truncated = access.next_value()?,
                "title" => group.title = access.next_value()?,
                "message" => group.message = access.next_value()?,
                "notification_reason" => group.reason = access.next_value()?,
                _ => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        Ok(group)
    }
}

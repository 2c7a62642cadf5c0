//! One alert as every source hands it over, and the [`Intake`] of one request: what is stored before the sender gets its
//! 2xx and what all decisions are made from. Field names in JSON are short and stable, because rows live long.

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::label::Labels;
use super::time::Timestamp;

/// One labelled condition at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its identity: the sender's, or the hash of its labels.
    #[serde(rename = "fp")]
    pub fingerprint: Fingerprint,
    /// What it is called; what routes, groups and silences look at.
    pub labels: Labels,
    /// What is told about it.
    #[serde(rename = "ann", default, skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// Whether it still holds.
    pub status: Status,
    /// Since when, by the sender's clock; when it came, if the sender did not say.
    #[serde(rename = "start")]
    pub starts_at: Timestamp,
    /// When it ended. Only a resolved alert has it.
    #[serde(rename = "end", default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// When a firing alert ends if nothing more is heard of it (Prometheus repeats its alerts).
    #[serde(rename = "exp", default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it came in.
    #[serde(rename = "upd")]
    pub updated_at: Timestamp,
    /// What it is: a condition, or the sender telling that it cannot know, or a test.
    #[serde(default, skip_serializing_if = "Kind::is_normal")]
    pub kind: Kind,
    /// Where the rule is.
    #[serde(rename = "gen", default, skip_serializing_if = "Option::is_none")]
    pub generator_url: Option<Box<str>>,
    /// Where else to look.
    #[serde(default, skip_serializing_if = "Links::is_empty")]
    pub links: Links,
    /// Grafana's values by `refId`; only finite numbers.
    #[serde(rename = "val", with = "values", default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(Box<str>, f64)>,
    /// Grafana's values as it writes them.
    #[serde(rename = "vals", default, skip_serializing_if = "Option::is_none")]
    pub value_string: Option<Box<str>>,
    /// Why the sender says this state (Grafana: `NoData`, `Error`, `MissingSeries`, `Paused` …).
    #[serde(rename = "why", default, skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<Box<str>>,
    /// Grafana's id of the rule.
    #[serde(rename = "rule", default, skip_serializing_if = "Option::is_none")]
    pub rule_uid: Option<Box<str>>,
    /// Grafana's organisation.
    #[serde(rename = "org", default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<i64>,
}

impl Alert {
    /// A firing alert with these labels and nothing else.
    pub fn new(labels: Labels, at: Timestamp) -> Self {
        Self {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: Labels::new(),
            status: Status::Firing,
            starts_at: at,
            ends_at: None,
            expires_at: None,
            updated_at: at,
            kind: Kind::Normal,
            generator_url: None,
            links: Links::default(),
            values: Vec::new(),
            value_string: None,
            state_reason: None,
            rule_uid: None,
            org_id: None,
        }
    }

    /// What people call it: the rule's name. Grafana renames the alert of a rule without data; the rule's own name is
    /// then in another label.
    pub fn name(&self) -> &str {
        let renamed = matches!(self.kind, Kind::NoData | Kind::Error);
        self.labels
            .find("rulename")
            .filter(|name| renamed && !name.is_empty())
            .unwrap_or_else(|| self.labels.get("alertname"))
    }

    /// Whether it still holds, by what the sender said last.
    pub fn is_firing(&self) -> bool {
        self.status == Status::Firing
    }
}

/// Whether the condition still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It does.
    Firing,
    /// It did.
    Resolved,
}

impl Status {
    /// Alertmanager's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// What an alert tells: that something is wrong, or that nobody can know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A condition that holds or held.
    #[default]
    Normal,
    /// The query gave nothing.
    NoData,
    /// The query failed.
    Error,
    /// Somebody pressed "Test".
    Test,
    /// A body of which no field is known: it may be anything, so it is told, but nothing will ever end it.
    Unrecognised,
}

impl Kind {
    /// The word in templates and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::NoData => "no_data",
            Self::Error => "error",
            Self::Test => "test",
            Self::Unrecognised => "unrecognised",
        }
    }

    /// What all of these are, if they are one thing.
    pub fn of_all(mut kinds: impl Iterator<Item = Self>) -> Self {
        match kinds.next() {
            Some(first) if kinds.all(|kind| kind == first) => first,
            _ => Self::Normal,
        }
    }

    const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

/// Where to look at an alert. Only `http` and `https` get here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The sender's form that silences this alert.
    #[serde(rename = "silence", default, skip_serializing_if = "Option::is_none")]
    pub silence_url: Option<Box<str>>,
    /// The dashboard.
    #[serde(rename = "dashboard", default, skip_serializing_if = "Option::is_none")]
    pub dashboard_url: Option<Box<str>>,
    /// The one panel of it.
    #[serde(rename = "panel", default, skip_serializing_if = "Option::is_none")]
    pub panel_url: Option<Box<str>>,
    /// A picture of the panel.
    #[serde(rename = "image", default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Box<str>>,
    /// What to do.
    #[serde(rename = "runbook", default, skip_serializing_if = "Option::is_none")]
    pub runbook_url: Option<Box<str>>,
    /// Others, by the name they are shown with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<NamedLink>,
}

impl Links {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A link with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedLink {
    /// What the button says.
    pub name: Box<str>,
    /// Where it goes.
    pub url: Box<str>,
}

/// What one request brought, independent of the kind of its sender.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intake {
    /// The alerts, in the sender's order, each fingerprint once.
    #[serde(default)]
    pub alerts: Vec<Alert>,
    /// How the sender grouped them, if it does.
    #[serde(rename = "group", default, skip_serializing_if = "Option::is_none")]
    pub sender_group: Option<SenderGroup>,
    /// What was wrong and what became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// Problems beyond the ones kept.
    #[serde(rename = "more_problems", default, skip_serializing_if = "is_zero")]
    pub problems_left_out: u32,
    /// Alerts that could not be read at all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u32,
    /// Alerts that were in the request more than once; the newest of them is kept.
    #[serde(rename = "dup", default, skip_serializing_if = "is_zero")]
    pub duplicates: u32,
}

impl Intake {
    /// Notes a problem; the first ones are kept, all are counted.
    pub fn add_problem(&mut self, problem: Problem) {
        self.lost += u32::from(problem.lost);
        if self.problems.len() < crate::limits::PROBLEMS_PER_REQUEST_MAX {
            self.problems.push(problem);
        } else {
            self.problems_left_out += 1;
        }
    }

    /// Keeps one alert of each fingerprint: the one that started last, and of those the last in the request. A sender
    /// that lists an alert's end and its next beginning means the beginning, whichever it wrote first.
    pub fn drop_duplicates(&mut self) {
        if self.alerts.len() < 2 {
            return;
        }
        let mut order: Vec<usize> = (0..self.alerts.len()).collect();
        order.sort_unstable_by_key(|&at| (self.alerts[at].fingerprint, self.alerts[at].starts_at, at));
        let mut keep = vec![true; self.alerts.len()];
        for pair in order.windows(2) {
            keep[pair[0]] = self.alerts[pair[0]].fingerprint != self.alerts[pair[1]].fingerprint;
        }
        let dropped = keep.iter().filter(|keep| !**keep).count();
        if dropped > 0 {
            self.duplicates += u32::try_from(dropped).unwrap_or(u32::MAX);
            let mut at = keep.into_iter();
            self.alerts.retain(|_| at.next().unwrap_or(true));
        }
    }
}

/// The sender's own group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderGroup {
    /// Its identity at the sender (Alertmanager's `groupKey`).
    pub key: Box<str>,
    /// The sender's receiver, which is what it calls us.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub receiver: Box<str>,
    /// Firing while any of its alerts is.
    pub status: Status,
    /// The sender's title of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Box<str>>,
    /// The sender's text about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
    /// The labels it is grouped by.
    #[serde(rename = "labels", default, skip_serializing_if = "Labels::is_empty")]
    pub group_labels: Labels,
    /// Alerts that the sender left out of the request.
    #[serde(rename = "cut", default, skip_serializing_if = "is_zero")]
    pub truncated: u32,
    /// Where the sender is.
    #[serde(rename = "url", default, skip_serializing_if = "Option::is_none")]
    pub external_url: Option<Box<str>>,
    /// Why it sent this (`first notification`, `repeat interval elapsed` …; Alertmanager since 0.33).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

/// Something in a request that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which alert of the request, from 0; none for the request itself.
    #[serde(rename = "at", default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// What is wrong.
    pub what: Box<str>,
    /// How to mend it.
    pub fix: Box<str>,
    /// The alert could not be read. Otherwise it was taken, with what is told here changed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lost: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Pairs as a JSON map.
mod values {
    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        pairs: &[(Box<str>, f64)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(Box<str>, f64)>, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(Box<str>, f64)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of names to numbers")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = access.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests;

//! What a test puts in: silences, alerts, webhook bodies, and what people do; in the order of time.

use std::time::Duration;

use axum::http::{HeaderMap, Method};
use serde_json::json;

use super::act;
use super::format::{Action, AlertLine, Post, SilenceLine, Test};
use super::simulate::Parts;
use super::world::{Record, Trouble};
use crate::domain::actor::Via;
use crate::domain::alert::{Intake, SenderGroup, Status};
use crate::domain::label::Labels;
use crate::domain::time::Timestamp;
use crate::engine::deeds::By;
use crate::engine::intake::{Batch, Origin};
use crate::engine::{Work, hush};
use crate::sources::settings::AuthSettings;
use crate::sources::{self, Incoming, IntegrationSettings};
use crate::store::StoreError;

/// The name and kind of the integration where the config has none.
const NO_INTEGRATION: (&str, &str) = ("alerts", "alertmanager");

/// Something that comes in.
#[derive(Clone)]
pub(super) struct Input<'a> {
    pub(super) at: Duration,
    what: What<'a>,
}

/// In the order in which they count at the same moment.
#[derive(Clone)]
enum What<'a> {
    Silence(&'a SilenceLine),
    Ends(&'a AlertLine),
    Fires(&'a AlertLine),
    Post(&'a Post),
    Action(&'a Action),
}

impl What<'_> {
    fn rank(&self) -> u8 {
        match self {
            Self::Silence(_) => 0,
            Self::Ends(_) => 1,
            Self::Fires(_) => 2,
            Self::Post(_) => 3,
            Self::Action(_) => 4,
        }
    }
}

/// Everything that comes in until `end`, in order.
pub(super) fn timeline(test: &Test, end: Duration) -> Vec<Input<'_>> {
    let mut all: Vec<Input<'_>> = Vec::new();
    all.extend(test.silences.iter().map(|one| Input { at: one.from, what: What::Silence(one) }));
    for alert in &test.alerts {
        all.push(Input { at: alert.from, what: What::Fires(alert) });
        let until = alert.until.unwrap_or(Duration::MAX);
        if let Some(every) = alert.repeat_every {
            let mut at = alert.from.saturating_add(every);
            while at < until && at <= end {
                all.push(Input { at, what: What::Fires(alert) });
                at = at.saturating_add(every);
            }
        }
        all.extend(alert.until.map(|at| Input { at, what: What::Ends(alert) }));
    }
    all.extend(test.posts.iter().map(|one| Input { at: one.at, what: What::Post(one) }));
    all.extend(test.actions.iter().map(|one| Input { at: one.at, what: What::Action(one) }));
    all.sort_by_key(|input| (input.at, input.what.rank()));
    all
}

/// Alerts of one moment that come in together.
struct Request<'a> {
    origin: Origin,
    group: Option<&'a Labels>,
    /// Whether it fires, and which.
    lines: Vec<(bool, &'a AlertLine)>,
}

/// Takes in everything of one moment.
pub(super) fn take(
    work: &mut Work<'_>,
    parts: &Parts,
    at: Duration,
    inputs: &[Input<'_>],
    record: &mut Record,
) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    let mut requests: Vec<Request<'_>> = Vec::new();
    for input in inputs {
        match &input.what {
            What::Silence(silence) => make_silence(work, parts, silence)?,
            What::Ends(alert) | What::Fires(alert) => {
                let fires = matches!(input.what, What::Fires(_));
                let origin = origin(parts, alert.integration.as_ref().map(|name| name.value.as_str()));
                let group = alert.sender_group.as_ref();
                match requests.iter_mut().find(|one| one.origin == origin && one.group == group) {
                    Some(one) => one.lines.push((fires, alert)),
                    None => requests.push(Request { origin, group, lines: vec![(fires, alert)] }),
                }
            }
            What::Post(post) => {
                let name = post.integration.as_ref().map(|name| name.value.as_str());
                match read_post(work, parts, name, post) {
                    Ok(intake) => batch.take(work, &origin(parts, name), &intake)?,
                    Err(what) => {
                        record.troubles.push(Trouble { at, span: post.span, what, more: Vec::new() });
                    }
                }
            }
            What::Action(_) => {}
        }
    }
    for one in requests {
        batch.take(work, &one.origin, &request(work, work.now - at, &one.lines, one.group)?)?;
    }
    batch.settle(work)?;
    for input in inputs {
        if let What::Action(action) = &input.what {
            act::act(work, parts, action, record)?;
        }
    }
    Ok(())
}

fn origin(parts: &Parts, name: Option<&str>) -> Origin {
    let integration = match name {
        Some(name) => parts.config.integration(name),
        None => parts.config.integrations.first(),
    };
    let (name, kind) = integration.map_or(NO_INTEGRATION, |one| (one.name.as_str(), one.kind));
    Origin { integration: name.to_owned(), kind: kind.to_owned() }
}

/// The alerts as a sender would post them, read by the source that reads such posts.
fn request(
    work: &Work<'_>,
    zero: Timestamp,
    lines: &[(bool, &AlertLine)],
    group: Option<&Labels>,
) -> Result<Intake, StoreError> {
    let body = json!({
        "version": "4",
        "alerts": lines.iter().map(|(fires, line)| {
            let mut alert = json!({
                "status": if *fires { "firing" } else { "resolved" },
                "labels": line.labels,
                "annotations": line.annotations,
                "startsAt": (zero + line.from).to_string(),
            });
            if !fires {
                alert["endsAt"] = json!(work.now.to_string());
            }
            alert
        }).collect::<Vec<_>>(),
    });
    let settings = IntegrationSettings::new("");
    let mut intake = receive("alertmanager", &settings, work, body.to_string().as_bytes())
        .map_err(StoreError::Inconsistent)?;
    intake.sender_group = group.map(|labels| SenderGroup {
        key: format!("{{}}:{labels}").into(),
        receiver: "".into(),
        status: Status::Firing,
        title: None,
        message: None,
        group_labels: labels.clone(),
        truncated: 0,
        external_url: None,
        reason: None,
    });
    Ok(intake)
}

/// What the integration makes of a body.
fn read_post(work: &Work<'_>, parts: &Parts, name: Option<&str>, post: &Post) -> Result<Intake, String> {
    let integration = match name {
        Some(name) => parts.config.integration(name),
        None => parts.config.integrations.first(),
    };
    let integration = integration.ok_or("the config has no integration that could read it")?;
    let settings = IntegrationSettings { auth: AuthSettings::default(), ..integration.settings.clone() };
    let body = post.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let intake = receive(integration.kind, &settings, work, body.as_bytes())?;
    match intake.problems.first() {
        Some(problem) if problem.lost => Err(format!("an alert of it cannot be read: {}", problem.what)),
        _ => Ok(intake),
    }
}

fn receive(
    kind: &str,
    settings: &IntegrationSettings,
    work: &Work<'_>,
    body: &[u8],
) -> Result<Intake, String> {
    let source = sources::find(kind).ok_or_else(|| format!("there is no kind of integration {kind}"))?;
    let incoming = Incoming {
        method: &Method::POST,
        // Prometheus adds this to its path_prefix.
        path_rest: if source.kind == "prometheus" { "api/v2/alerts" } else { "" },
        headers: &HeaderMap::new(),
        body,
        received_at: work.now,
    };
    source.receive(&incoming, settings).map_err(|rejection| rejection.to_string())
}

fn make_silence(work: &mut Work<'_>, parts: &Parts, silence: &SilenceLine) -> Result<(), StoreError> {
    let by = By { actor: act::who(parts, &silence.by), via: Via::Command };
    let (starts, ends) = (work.now, work.now + silence.until.saturating_sub(silence.from));
    hush::silence(work, &silence.matchers, starts, ends, &silence.comment, &by)?;
    Ok(())
}

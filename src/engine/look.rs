//! Gathers what people are shown. Reads only.

use serde_json::Value;
use tracing::warn;

use crate::domain::actor::Actor;
use crate::domain::alert::{Alert, Status};
use crate::domain::group::{Group, State};
use crate::domain::label::Labels;
use crate::domain::picture::{
    AlertPicture, Button, Called, Dialogue, Earlier, Fix, GroupPicture, Happened, History, HomePicture,
    Named, WhyHere,
};
use crate::domain::rules::{Link, Receiver, Rules};
use crate::domain::say::View;
use crate::domain::template::{Context, Template, TemplateError, group_payload};
use crate::domain::time::Timestamp;
use crate::domain::title::{fit, tidy};
use crate::limits::{
    CARD_ALERTS_MAX, CARD_LINKS_MAX, HISTORY_LOOKED_AT, HISTORY_SPAN, HOME_GROUPS_MAX, SLACK_OPTIONS,
    TIMELINE_PAGE_LINES, WHY_DECISIONS_MAX,
};
use crate::random::SeededRandom;
use crate::store::alerts::AlertRow;
use crate::store::{StoreError, Tx, alerts, events, groups, silences};

use super::sight::Viewer;
use super::{Work, find, hush, incident, storm, suppress};

/// A group as its message shows it.
pub fn group(
    tx: &mut dyn Tx,
    rules: &Rules,
    group: Group,
    now: Timestamp,
) -> Result<GroupPicture, StoreError> {
    let pictured = top_alerts(tx, group.id)?;
    let responders = groups::responders(tx, group.id)?
        .into_iter()
        .map(|responder| Called { user_id: responder.user_id, importance: responder.importance })
        .collect();
    let history = history(tx, &group, now)?;
    let attached = groups::attached(tx, group.id)?.iter().map(named).collect();
    let root = match group.attached_to {
        Some(root) => groups::by_id(tx, root)?.as_ref().map(named),
        None => None,
    };
    let receiver = rules.receiver(&group.receiver);
    let context = context(&group, &pictured, now);
    let receiver_or = |what: &str, pick: fn(&Receiver) -> Option<&Template>| {
        let receiver = receiver?;
        render(pick(receiver)?, &context, &format!("{what} of receiver {}", receiver.name))
    };
    Ok(GroupPicture {
        links: links(rules, receiver, &pictured, &context),
        summary: receiver_or("summary", |receiver| receiver.summary.as_ref()),
        text: receiver_or("text", |receiver| receiver.text.as_ref()),
        color: receiver.and_then(|receiver| receiver.color.clone()),
        mention: receiver.map(|receiver| receiver.mention.join(" ")).filter(|mention| !mention.is_empty()),
        alerts: pictured,
        responders,
        history,
        attached,
        root,
        silence_presets: rules.groups.silence_presets.clone(),
        incident: incident::look::brief_of_group(tx, group.id)?,
        group,
        now,
    })
}

/// The title a receiver's template gives a group.
pub(super) fn title(
    receiver: Option<&Receiver>,
    group: &Group,
    alert: &Alert,
    now: Timestamp,
) -> Option<String> {
    let receiver = receiver?;
    let template = receiver.title.as_ref()?;
    let one = AlertPicture { alert: alert.clone(), firing: true, since: alert.starts_at, ended: None };
    // Its first alert is about to join it.
    let group = Group { firing: 1, ..group.clone() };
    let context = context(&group, std::slice::from_ref(&one), now);
    let rendered = render(template, &context, &format!("title of receiver {}", receiver.name))?;
    fit(&tidy(&rendered))
}

fn top_alerts(tx: &mut dyn Tx, group: i64) -> Result<Vec<AlertPicture>, StoreError> {
    alerts::top(tx, group, CARD_ALERTS_MAX)?.iter().map(picture).collect()
}

fn picture(row: &AlertRow) -> Result<AlertPicture, StoreError> {
    let mut alert: Alert = serde_json::from_str(&row.data)
        .map_err(|error| StoreError::Inconsistent(format!("alert {}: {error}", row.fingerprint)))?;
    alert.expires_at = row.expires;
    Ok(AlertPicture { alert, firing: row.firing, since: row.starts, ended: row.ended })
}

fn named(group: &Group) -> Named {
    Named { id: group.id, number: group.number, title: group.title.clone() }
}

fn history(tx: &mut dyn Tx, group: &Group, now: Timestamp) -> Result<History, StoreError> {
    let earlier =
        groups::earlier_of_key(tx, &group.group_key, group.id, now - HISTORY_SPAN, HISTORY_LOOKED_AT)?;
    let fix = earlier.iter().find_map(|old| {
        let note = old.facts.resolved.as_ref()?.note.clone()?;
        Some(Fix { number: old.number, note })
    });
    Ok(History {
        count: u32::try_from(earlier.len()).unwrap_or(u32::MAX),
        last: earlier.first().map(|old| Earlier { number: old.number, at: old.created_at }),
        fix,
    })
}

/// What templates can read: the group, its first alert as `alert`, `labels`, `annotations`, and OnCall's `payload`.
fn context(group: &Group, pictured: &[AlertPicture], now: Timestamp) -> Context {
    // What is kept of an alert are its last values while it fired; whether it still does, its row says.
    let first = pictured.first().map(|one| Alert {
        status: if one.firing { Status::Firing } else { Status::Resolved },
        ends_at: one.ended,
        ..one.alert.clone()
    });
    let empty = Labels::new();
    let (labels, annotations) =
        first.as_ref().map_or((&empty, &empty), |alert| (&alert.labels, &alert.annotations));
    let about = serde_json::json!({
        "number": group.number,
        "title": group.title,
        "state": group.state,
        "priority": group.priority,
        "receiver": group.receiver,
        "integration": group.integration,
        "labels": group.group_labels,
        "firing": group.firing,
        "resolved": group.resolved,
    });
    let context = Context::new(now)
        .with_labels("labels", labels)
        .with_labels("annotations", annotations)
        .with_json("group", about)
        .with_json("payload", group_payload(group, pictured))
        .with("integration_name", group.integration.as_str())
        .with("grafana_oncall_incident_id", group.number);
    match first {
        Some(alert) => context.with_alert(alert),
        None => context,
    }
}

/// A template that fails at run time must not cost the message: it is left out, and the log says so.
fn render(template: &Template, context: &Context, what: &str) -> Option<String> {
    match template.render(context) {
        Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Err(error) => {
            failed(what, &error);
            None
        }
    }
}

fn failed(what: &str, error: &TemplateError) {
    warn!(template = what, %error, "a template fails; the message goes without it");
}

/// The configured links that have an address for this group, then what the sender gave.
fn links(
    rules: &Rules,
    receiver: Option<&Receiver>,
    pictured: &[AlertPicture],
    context: &Context,
) -> Vec<Button> {
    let mut buttons: Vec<Button> = Vec::new();
    let mut add = |name: &str, url: &str| {
        let known = buttons.iter().any(|button| button.url == url || button.name == name);
        if !known
            && buttons.len() < CARD_LINKS_MAX
            && (url.starts_with("https://") || url.starts_with("http://"))
        {
            buttons.push(Button { name: name.to_owned(), url: url.to_owned() });
        }
    };
    let configured = receiver.map(|receiver| receiver.links.as_slice()).unwrap_or_default();
    for Link { name, url, when } in configured.iter().chain(&rules.links) {
        let wanted = when.as_ref().is_none_or(|when| {
            when.is_true(context).unwrap_or_else(|error| {
                failed(&format!("when of link {name}"), &error);
                false
            })
        });
        if !wanted {
            continue;
        }
        if let Some(url) = render(url, context, &format!("url of link {name}")) {
            add(name, &url);
        }
    }
    if let Some(first) = pictured.first() {
        let links = &first.alert.links;
        let given = [
            ("Runbook", &links.runbook_url),
            ("Dashboard", &links.dashboard_url),
            ("Panel", &links.panel_url),
            ("Source", &first.alert.generator_url),
        ];
        for (name, url) in given {
            if let Some(url) = url {
                add(name, url);
            }
        }
        for more in &links.more {
            add(&more.name, &more.url);
        }
    }
    buttons
}

fn happened(row: events::Event) -> Happened {
    Happened {
        at: row.at,
        kind: row.kind,
        actor: Actor::parse(&row.actor),
        source: row.source,
        reason: row.reason,
        data: serde_json::from_str(&row.data).unwrap_or(Value::Null),
    }
}

/// What a dialogue shows; `None` when its group is gone.
pub fn dialogue(
    tx: &mut dyn Tx,
    rules: &Rules,
    view: &View,
    now: Timestamp,
) -> Result<Option<Dialogue>, StoreError> {
    let id = match view {
        View::Resolve { group }
        | View::Silence { group }
        | View::Responders { group }
        | View::Attach { group }
        | View::Note { group }
        | View::Timeline { group }
        | View::TimelinePage { group, .. }
        | View::Why { group }
        | View::Details { group } => *group,
        View::Several { what, groups } => {
            let mut found = Vec::new();
            for id in groups {
                found.extend(groups::by_id(tx, *id)?);
            }
            return Ok(Some(Dialogue::Several { what: *what, groups: found }));
        }
        View::Declare { group, title, description, severity, channel, private, drill } => {
            let mut form = incident::look::declare_form(tx, rules, *group, title, description, channel, now)?;
            if let Some(named) = severity.as_deref().and_then(|named| rules.incidents.severity(named)) {
                form.severity.clone_from(&named.name);
            }
            (form.private, form.drill) = (*private, *drill);
            return Ok(Some(Dialogue::Declare(Box::new(form))));
        }
        View::Storm { storm, page } => {
            let page = storm::page(tx, rules, *storm, *page, now)?;
            return Ok(page.map(|page| Dialogue::Storm(Box::new(page))));
        }
        View::Incident { incident, form } => {
            let dialogue = incident::look::dialogue(tx, rules, *incident, *form, now)?;
            return Ok(dialogue.map(|dialogue| Dialogue::Incident(Box::new(dialogue))));
        }
    };
    let Some(group) = groups::by_id(tx, id)? else { return Ok(None) };
    let name = named(&group);
    Ok(Some(match view {
        View::Resolve { .. } => Dialogue::Fix {
            group: name,
            resolved: group.state == State::Resolved,
            note: group.facts.resolved.and_then(|resolved| resolved.note),
        },
        View::Silence { .. } => Dialogue::Silence { group: name },
        View::Responders { .. } => {
            let called = groups::responders(tx, id)?
                .into_iter()
                .map(|one| Called { user_id: one.user_id, importance: one.importance })
                .collect();
            Dialogue::Responders { group: name, called }
        }
        View::Attach { .. } => {
            let most = i64::try_from(SLACK_OPTIONS).unwrap_or(i64::MAX);
            let open = groups::roots_for(tx, id, most)?.iter().map(named).collect();
            Dialogue::Attach { group: name, open }
        }
        View::Note { .. } => Dialogue::Note { group: name },
        View::Timeline { .. } => timeline_page(tx, name, 0)?,
        View::TimelinePage { page, .. } => timeline_page(tx, name, *page)?,
        View::Why { .. } => Dialogue::Why(Box::new(why_here(tx, rules, group, now)?)),
        View::Details { .. } => Dialogue::Details(Box::new(self::group(tx, rules, group, now)?)),
        // They were answered above.
        View::Declare { .. } | View::Storm { .. } | View::Incident { .. } | View::Several { .. } => {
            return Ok(None);
        }
    }))
}

/// The newest happenings of a group, oldest first, and whether there are earlier ones; `page` 0 is the newest.
pub fn happened_last(tx: &mut dyn Tx, group: i64, page: u32) -> Result<(Vec<Happened>, bool), StoreError> {
    let skip = i64::from(page) * TIMELINE_PAGE_LINES;
    let subject = format!("group:{group}");
    let mut rows = events::newest_by_subject(tx, &subject, skip, TIMELINE_PAGE_LINES + 1)?;
    let shown = usize::try_from(TIMELINE_PAGE_LINES).unwrap_or(usize::MAX);
    let has_earlier = rows.len() > shown;
    rows.truncate(shown);
    Ok((rows.into_iter().rev().map(happened).collect(), has_earlier))
}

fn timeline_page(tx: &mut dyn Tx, group: Named, page: u32) -> Result<Dialogue, StoreError> {
    let (lines, has_earlier) = happened_last(tx, group.id, page)?;
    Ok(Dialogue::Timeline { group, page, has_earlier, lines })
}

/// How a group came to be, from what was written down then, and what keeps it quiet now.
pub fn why_here(tx: &mut dyn Tx, rules: &Rules, group: Group, now: Timestamp) -> Result<WhyHere, StoreError> {
    let subject = format!("group:{}", group.id);
    let created = events::list_by_subject(tx, &subject, 0, 1)?
        .into_iter()
        .next()
        .filter(|row| row.kind == "created")
        .map(happened);
    let decided = events::newest_of_kinds(tx, &subject, ["hushed", "notified"], WHY_DECISIONS_MAX)?
        .into_iter()
        .rev()
        .map(happened)
        .collect();
    let mut quiet = Vec::new();
    if let Some(muted) = rules.tree.by_id(&group.route).and_then(|route| hush::muted_now(rules, route, now)) {
        quiet.push(muted.reason);
    }
    // The check only reads, so nothing is drawn from this.
    let random = SeededRandom::new(0);
    let mut work = Work::new(tx, rules, now, &random);
    quiet.extend(suppress::check_whole_group(&mut work, &group)?);
    Ok(WhyHere { group, created, decided, quiet, config: rules.version.clone() })
}

/// Somebody's App Home: what is theirs first, then what nobody has.
pub fn home(tx: &mut dyn Tx, user: &str, now: Timestamp) -> Result<HomePicture, StoreError> {
    let mut home = HomePicture { user: user.to_owned(), ..HomePicture::default() };
    let viewer = Viewer::at_hand(tx, user, now)?;
    let seen_by = if viewer.is_member()? {
        home.silences = u32::try_from(silences::count_not_ended(tx, now)?).unwrap_or(u32::MAX);
        None
    } else {
        Some(viewer.clone())
    };
    let most = usize::try_from(HOME_GROUPS_MAX).unwrap_or(usize::MAX);
    let found = find::page(tx, &find::Filter { seen_by, ..find::Filter::default() }, 1, most)?;
    home.more = u32::try_from(found.total - found.groups.len()).unwrap_or(u32::MAX);
    for group in found.groups {
        let theirs = group.facts.acknowledged.as_ref().is_some_and(|taken| taken.by.slack_id() == Some(user));
        let called = groups::responders(tx, group.id)?.iter().any(|responder| responder.user_id == user);
        if theirs || called {
            home.mine.push(group);
        } else if group.state == State::Firing {
            home.waiting.push(group);
        } else {
            home.others.push(group);
        }
    }
    incident::look::home(tx, &viewer, &mut home)?;
    Ok(home)
}

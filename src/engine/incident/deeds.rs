//! What is done to an incident that is there.

use serde_json::{Value, json};

use super::declare::join as put_under;
use super::{
    By, Done, bookmarks, event, load, redraw, refuses, seen, step, steps, tell, tell_outside, timers, words,
};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::{Group, State as GroupState};
use crate::domain::incident::news::{Note, Page, Step};
use crate::domain::incident::{Change, Incident, Link, Mark, Refusal, RoleHolder, Summary, Update};
use crate::domain::rights::Right;
use crate::domain::say::{Say, Urgency};
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::engine::say::{card, say, say_at};
use crate::limits::{
    INCIDENT_GROUPS_MAX, INCIDENT_LINKS_MAX, INCIDENT_TEXT_CHARS, INCIDENT_TITLE_CHARS, RECORD_WAIT,
};
use crate::store::{StoreError, groups, incidents, mirror};

pub fn severity(work: &mut Work<'_>, id: i64, by: &By, to: &str) -> Result<Done, StoreError> {
    let (now, rules) = (work.now, work.rules);
    change(work, id, by, None, |incident| incident.set_severity(&rules.incidents, to, now))
}

pub fn status(work: &mut Work<'_>, id: i64, by: &By, to: &str) -> Result<Done, StoreError> {
    let (now, rules) = (work.now, work.rules);
    change(work, id, by, None, |incident| incident.set_status(&rules.incidents, to, &by.actor, now))
}

pub fn title(work: &mut Work<'_>, id: i64, by: &By, to: &str) -> Result<Done, StoreError> {
    let now = work.now;
    change(work, id, by, None, |incident| {
        bounded("title", to, INCIDENT_TITLE_CHARS)?;
        incident.set_title(to, now)
    })
}

/// Its end, with what was learned; the record follows as a file.
pub fn resolve(work: &mut Work<'_>, id: i64, by: &By, summary: Summary) -> Result<Done, StoreError> {
    let now = work.now;
    let done = change(work, id, by, Some(Right::Resolve), |incident| {
        for (field, text) in
            [("happened", &summary.happened), ("cause", &summary.cause), ("fix", &summary.fix)]
        {
            bounded(field, text, INCIDENT_TEXT_CHARS)?;
        }
        incident.resolve(&by.actor, summary, now)
    })?;
    if let Done::Yes(incident) = &done {
        work.tally.add("incidents_resolved", 1);
        record_file(work, incident.id)?;
    }
    Ok(done)
}

/// Its record as a file: once its channels have been read to their ends, so that nothing is missing that can be known;
/// or without, if that takes too long.
pub(super) fn record_file(work: &mut Work<'_>, id: i64) -> Result<(), StoreError> {
    let now = work.now;
    let mut at = now;
    for channel in mirror::of_incident(work.tx, id)? {
        mirror::want(work.tx, &channel.channel_id, true, "its record is made", now)?;
        at = now + RECORD_WAIT;
    }
    say_at(work, &Say::IncidentRecord { incident: id }, Urgency::Update, at)
}

/// What was learned of one that has ended, written or written anew; the record is made anew, too.
pub fn summarize(work: &mut Work<'_>, id: i64, by: &By, summary: Summary) -> Result<Done, StoreError> {
    let mut incident = match load(work, id, by, Some(Right::Resolve))? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    for (field, text) in [("happened", &summary.happened), ("cause", &summary.cause), ("fix", &summary.fix)] {
        if let Err(refusal) = bounded(field, text, INCIDENT_TEXT_CHARS) {
            return Ok(Done::No(incident, refusal));
        }
    }
    words::summarized(work.tx, id, &incident.facts.summary, &summary)?;
    incident.facts.summary = summary;
    incident.updated_at = work.now;
    incidents::save(work.tx, &incident)?;
    let data = json!({ "summary": incident.facts.summary });
    event(work, id, "summary", by, "its summary was written", &data)?;
    tell(work, &incident, Note::Summary { by: by.actor.clone() }, Urgency::Deed)?;
    redraw(work, &incident, Urgency::Deed)?;
    record_file(work, id)?;
    Ok(Done::Yes(incident))
}

/// Somebody comes in by themselves.
pub fn join(work: &mut Work<'_>, id: i64, by: &By, user: &str) -> Result<Done, StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    if !incident.is_open() {
        let refusal = Refusal::Ended(incident.state);
        return Ok(Done::No(incident, refusal));
    }
    event(work, id, "joined", by, "somebody came in by the Join button", &json!({ "user": user }))?;
    let asked_by = by.actor.slack_id().map(str::to_owned);
    step(work, &incident, Step::Invite { users: vec![user.to_owned()], asked_by }, Urgency::Deed)?;
    Ok(Done::Yes(incident))
}

pub fn cancel(work: &mut Work<'_>, id: i64, by: &By, reason: String) -> Result<Done, StoreError> {
    let now = work.now;
    change(work, id, by, Some(Right::Resolve), |incident| {
        bounded("reason", &reason, INCIDENT_TEXT_CHARS)?;
        incident.cancel(&by.actor, reason, now)
    })
}

pub fn reopen(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    let (now, rules) = (work.now, work.rules);
    change(work, id, by, Some(Right::Resolve), |incident| incident.reopen(&rules.incidents, now))
}

/// It goes on in another one, with its alert groups, open tasks and links.
pub fn merge(work: &mut Work<'_>, id: i64, by: &By, into: i64) -> Result<Done, StoreError> {
    let now = work.now;
    let Some(mut target) = seen(work, into, &by.actor)? else { return Ok(Done::Unknown) };
    let done = change(work, id, by, Some(Right::Admin), |incident| incident.merge(&target, &by.actor, now))?;
    let Done::Yes(incident) = &done else { return Ok(done) };
    incidents::move_parts(work.tx, incident.id, target.id, &by.actor, now)?;
    target.facts.alerts_over = false;
    target.facts.detected_at =
        Some(target.began_at().min(incident.began_at())).filter(|at| *at < target.facts.declared.at);
    target.updated_at = now;
    incidents::save(work.tx, &target)?;
    // The other one's channel may have readers of its own.
    let is_told = target.private || !incident.private;
    let title = if is_told { incident.title.clone() } else { "(private)".to_owned() };
    let data = json!({ "incident": incident.number, "title": title });
    event(work, target.id, "took_in", by, "another incident was merged into it", &data)?;
    let news = Note::TookIn { number: incident.number, title, by: by.actor.clone() };
    tell(work, &target, news, Urgency::Deed)?;
    redraw(work, &target, Urgency::Deed)?;
    if target.has_live_channel() {
        bookmarks::all(work, &target)?;
    }
    redraw_groups(work, target.id)?;
    Ok(done)
}

/// Gives somebody a role. Of a role that one has at a time, the one who had it loses it.
pub fn take_role(work: &mut Work<'_>, id: i64, by: &By, role: &str, user: &str) -> Result<Done, StoreError> {
    let mut incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let settings = &work.rules.incidents;
    let Some(role) = settings.role(role).cloned() else {
        let refusal = settings.unknown_role(role);
        return Ok(Done::No(incident, refusal));
    };
    if !incident.is_open() {
        let refusal = Refusal::Ended(incident.state);
        return Ok(Done::No(incident, refusal));
    }
    if let Some(refusal) = refuses(work, &incident, "person", &[user.to_owned()])? {
        return Ok(refusal);
    }
    let now = work.now;
    let holders = incidents::roles(work.tx, id)?;
    let new = RoleHolder {
        role: role.name.clone(),
        user_id: user.to_owned(),
        given_by: by.actor.clone(),
        since: now,
    };
    if !incidents::give_role(work.tx, id, &new)? {
        return Ok(Done::No(incident, Refusal::Same(role.name)));
    }
    if !role.many {
        for old in holders.iter().filter(|old| old.role == role.name) {
            incidents::take_role(work.tx, id, &old.role, &old.user_id)?;
            let data = json!({ "role": old.role, "user": old.user_id });
            event(work, id, "role_left", by, "another has the role now", &data)?;
        }
    }
    let data = json!({ "role": role.name, "user": user });
    event(work, id, "role_taken", by, "a role was given", &data)?;
    if incident.facts.acknowledged.is_none() {
        incident.facts.acknowledged = Some(Mark { by: Actor::Person(user.to_owned()), at: now });
    }
    incident.updated_at = now;
    incidents::save(work.tx, &incident)?;
    let asked_by = by.actor.slack_id().map(str::to_owned);
    step(work, &incident, Step::Invite { users: vec![user.to_owned()], asked_by }, Urgency::Deed)?;
    let page = Page::RoleTaken { role: role.name.clone(), by: by.actor.clone() };
    say(work, &Say::IncidentPage { incident: id, user: user.to_owned(), page }, Urgency::Page)?;
    let note = Note::RoleTaken { role: role.name, user: user.to_owned(), by: by.actor.clone() };
    tell(work, &incident, note, Urgency::Deed)?;
    redraw(work, &incident, Urgency::Deed)?;
    Ok(Done::Yes(incident))
}

pub fn leave_role(work: &mut Work<'_>, id: i64, by: &By, role: &str, user: &str) -> Result<Done, StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let settings = &work.rules.incidents;
    // A role that the config no longer has can still be laid down.
    let role = settings.role(role).map_or_else(|| role.to_owned(), |role| role.name.clone());
    if !incidents::take_role(work.tx, id, &role, user)? {
        return Ok(Done::No(incident, Refusal::Same(role)));
    }
    let data = json!({ "role": role, "user": user });
    event(work, id, "role_left", by, "a role was laid down", &data)?;
    let note = Note::RoleLeft { role, user: user.to_owned(), by: by.actor.clone() };
    tell(work, &incident, note, Urgency::Deed)?;
    redraw(work, &incident, Urgency::Deed)?;
    Ok(Done::Yes(incident))
}

/// Words for those outside.
pub fn update(work: &mut Work<'_>, id: i64, by: &By, text: &str) -> Result<Done, StoreError> {
    let mut incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let text = text.trim();
    if let Err(refusal) = said("update", text) {
        return Ok(Done::No(incident, refusal));
    }
    let now = work.now;
    incident.facts.last_update = Some(Update { text: text.to_owned(), by: by.actor.clone(), at: now });
    incident.updated_at = now;
    incidents::save(work.tx, &incident)?;
    let told = event(work, id, "update", by, "an update for those outside", &json!({ "text": text }))?;
    words::noted(work.tx, id, text)?;
    let note = Note::Update { text: text.to_owned(), by: by.actor.clone() };
    tell(work, &incident, note.clone(), Urgency::Deed)?;
    timers::updated(work, &incident)?;
    redraw(work, &incident, Urgency::Deed)?;
    tell_outside(work, &incident, told, &note)?;
    Ok(Done::Yes(incident))
}

/// An entry of the timeline in somebody's words, at another time if one is given.
pub fn note(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    text: &str,
    at: Option<Timestamp>,
) -> Result<Done, StoreError> {
    noted(work, id, by, text, at, None)
}

/// The same, of a message in its channel (`ts`): should that be redacted, the note goes with it.
pub fn note_of_message(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    text: &str,
    at: Option<Timestamp>,
    ts: &str,
) -> Result<Done, StoreError> {
    noted(work, id, by, text, at, Some(ts))
}

fn noted(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    text: &str,
    at: Option<Timestamp>,
    ts: Option<&str>,
) -> Result<Done, StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let text = text.trim();
    if let Err(refusal) = said("note", text) {
        return Ok(Done::No(incident, refusal));
    }
    let mut data = json!({ "text": text, "at": at });
    if let Some(ts) = ts {
        data["ts"] = json!(ts);
    }
    event(work, id, "note", by, "a note", &data)?;
    words::noted(work.tx, id, text)?;
    let note = Note::Words { text: text.to_owned(), by: by.actor.clone(), at };
    tell(work, &incident, note, Urgency::Deed)?;
    Ok(Done::Yes(incident))
}

/// Calls people and user groups into the channel.
pub fn invite(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    users: &[String],
    usergroups: &[String],
) -> Result<Done, StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    if users.is_empty() && usergroups.is_empty() {
        let refusal = Refusal::Text { field: "people", problem: "Nobody was named.".to_owned() };
        return Ok(Done::No(incident, refusal));
    }
    if let Some(refusal) = refuses(work, &incident, "people", users)? {
        return Ok(refusal);
    }
    let data = json!({ "users": users, "usergroups": usergroups });
    event(work, id, "invited", by, "people were called in", &data)?;
    let asked_by = by.actor.slack_id().map(str::to_owned);
    if !users.is_empty() {
        let invite = Step::Invite { users: users.to_vec(), asked_by: asked_by.clone() };
        step(work, &incident, invite, Urgency::Page)?;
    }
    let note = Note::Invited { users: users.to_vec(), usergroups: usergroups.to_vec(), by: by.actor.clone() };
    tell(work, &incident, note, Urgency::Deed)?;
    for group in usergroups {
        let invite = Step::InviteGroup { group: group.clone(), asked_by: asked_by.clone() };
        step(work, &incident, invite, Urgency::Page)?;
    }
    for user in users {
        let page = Page::Called { by: by.actor.clone() };
        say(work, &Say::IncidentPage { incident: id, user: user.clone(), page }, Urgency::Page)?;
    }
    Ok(Done::Yes(incident))
}

pub fn link(work: &mut Work<'_>, id: i64, by: &By, url: &str, title: &str) -> Result<Done, StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let (url, title) = (url.trim(), title.trim());
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace) {
        let problem = "A link begins with https:// or http://.".to_owned();
        return Ok(Done::No(incident, Refusal::Text { field: "url", problem }));
    }
    if incidents::links(work.tx, id)?.len() >= INCIDENT_LINKS_MAX {
        let problem = format!("An incident has at most {INCIDENT_LINKS_MAX} links.");
        return Ok(Done::No(incident, Refusal::Text { field: "url", problem }));
    }
    let title = if title.is_empty() { url } else { title };
    let new =
        Link { url: url.to_owned(), title: title.to_owned(), added_by: by.actor.clone(), added_at: work.now };
    if !incidents::add_link(work.tx, id, &new)? {
        return Ok(Done::No(incident, Refusal::Same(url.to_owned())));
    }
    event(work, id, "link", by, "a link was added", &json!({ "url": url, "title": title }))?;
    words::noted(work.tx, id, title)?;
    let bookmark = Step::Bookmark {
        title: title.to_owned(),
        url: url.to_owned(),
        emoji: ":link:".to_owned(),
        group: None,
    };
    step(work, &incident, bookmark, Urgency::Chatter)?;
    let note = Note::Link { title: title.to_owned(), url: url.to_owned(), by: by.actor.clone() };
    tell(work, &incident, note, Urgency::Deed)?;
    redraw(work, &incident, Urgency::Update)?;
    Ok(Done::Yes(incident))
}

/// Puts an alert group under it.
pub fn attach_group(work: &mut Work<'_>, id: i64, by: &By, group: i64) -> Result<Done, StoreError> {
    let mut incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let Some(group) = groups::by_id(work.tx, group)? else { return Ok(Done::Unknown) };
    if !incident.is_open() {
        let refusal = Refusal::Ended(incident.state);
        return Ok(Done::No(incident, refusal));
    }
    if incidents::groups_of(work.tx, id)?.len() >= INCIDENT_GROUPS_MAX {
        let problem = format!("An incident has at most {INCIDENT_GROUPS_MAX} alert groups.");
        return Ok(Done::No(incident, Refusal::Text { field: "group", problem }));
    }
    if !put_under(work, &incident, &group, by)? {
        return Ok(Done::No(incident, Refusal::Same(format!("#{}", group.number))));
    }
    if group.state != GroupState::Resolved {
        incident.facts.alerts_over = false;
    }
    if group.created_at < incident.began_at() {
        incident.facts.detected_at = Some(group.created_at);
    }
    incident.updated_at = work.now;
    incidents::save(work.tx, &incident)?;
    let note = Note::GroupAttached { group: group.id, by: by.actor.clone() };
    tell(work, &incident, note, Urgency::Deed)?;
    if !incident.private {
        let note = crate::domain::say::GroupNote::Incident {
            number: incident.number,
            title: incident.title.clone(),
            severity: incident.severity.clone(),
            channel_id: incident.channel_id.clone(),
            by: by.actor.clone(),
        };
        crate::engine::say::note(work, &group, &note, Urgency::Deed)?;
    }
    let now = work.now;
    card(work, &group, Urgency::Deed, now)?;
    redraw(work, &incident, Urgency::Deed)?;
    steps::alert_joined(work, &incident, group.id)?;
    if incident.has_live_channel() {
        bookmarks::of_group(work, &incident, group)?;
    }
    Ok(Done::Yes(incident))
}

pub fn detach_group(work: &mut Work<'_>, id: i64, by: &By, group: i64) -> Result<Done, StoreError> {
    let mut incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let Some(group) = groups::by_id(work.tx, group)? else { return Ok(Done::Unknown) };
    let now = work.now;
    if !incidents::detach(work.tx, id, group.id, now)? {
        return Ok(Done::No(incident, Refusal::Same(format!("#{}", group.number))));
    }
    let data = json!({ "group": group.number, "title": group.title });
    event(work, id, "detached", by, "an alert group does not belong to it any more", &data)?;
    incident.updated_at = now;
    bookmarks::without_group(work, &mut incident, group.id)?;
    let note = Note::GroupDetached { number: group.number, title: group.title.clone(), by: by.actor.clone() };
    tell(work, &incident, note, Urgency::Deed)?;
    card(work, &group, Urgency::Deed, now)?;
    redraw(work, &incident, Urgency::Deed)?;
    Ok(Done::Yes(incident))
}

/// The state of an alert group changed: its incidents show it, and are asked whether it is over.
pub fn groups_changed(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    for mut incident in incidents::of_group(work.tx, group.id)? {
        if !incident.is_open() {
            continue;
        }
        if let Some(taken) = &group.facts.acknowledged
            && group.state == GroupState::Acknowledged
            && incident.facts.acknowledged.is_none()
        {
            incident.facts.acknowledged = Some(Mark { by: taken.by.clone(), at: taken.at });
        }
        let mut over = group.state == GroupState::Resolved;
        for id in incidents::groups_of(work.tx, incident.id)? {
            over &= id == group.id
                || groups::by_id(work.tx, id)?.is_none_or(|other| other.state == GroupState::Resolved);
        }
        let tells = over && !incident.facts.alerts_over;
        incident.facts.alerts_over = over;
        incidents::save(work.tx, &incident)?;
        if tells {
            let by = By { actor: Actor::Firebell, via: Via::Source };
            event(work, incident.id, "alerts_over", &by, "all its alert groups are resolved", &json!({}))?;
            tell(work, &incident, Note::AlertsOver, Urgency::First)?;
        }
        redraw(work, &incident, Urgency::Update)?;
    }
    Ok(())
}

fn change(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    right: Option<Right>,
    decide: impl FnOnce(&mut Incident) -> Result<Change, Refusal>,
) -> Result<Done, StoreError> {
    let mut incident = match load(work, id, by, right)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let summary = incident.facts.summary.clone();
    let change = match decide(&mut incident) {
        Ok(change) => change,
        Err(refusal) => return Ok(Done::No(incident, refusal)),
    };
    incidents::save(work.tx, &incident)?;
    let data = serde_json::to_value(&change).unwrap_or(Value::Null);
    let told = event(work, id, change.kind(), by, reason(&change), &data)?;
    match &change {
        Change::Title { from, to } => words::retitled(work.tx, id, from, to)?,
        Change::Resolved { summary: now } => words::summarized(work.tx, id, &summary, now)?,
        Change::Cancelled { reason } => words::noted(work.tx, id, reason)?,
        Change::Severity { .. } | Change::Status { .. } | Change::Reopened { .. } | Change::Merged { .. } => {
        }
    }
    if let Change::Reopened { .. } = &change {
        steps::reopened(work, &incident)?;
    }
    let note = Note::Changed { change: change.clone(), by: by.actor.clone(), via: by.via };
    tell(work, &incident, note.clone(), Urgency::Deed)?;
    timers::changed(work, &incident, &change)?;
    redraw(work, &incident, Urgency::Deed)?;
    // How far it is, and what it is called, shows in the announcement; the rest those outside should hear.
    if !matches!(change, Change::Status { .. } | Change::Title { .. }) {
        tell_outside(work, &incident, told, &note)?;
    }
    if let Change::Severity { from, .. } = &change {
        steps::severity_changed(work, &incident, from)?;
    }
    if matches!(change, Change::Resolved { .. } | Change::Cancelled { .. } | Change::Reopened { .. }) {
        redraw_groups(work, id)?;
    }
    Ok(Done::Yes(incident))
}

/// Its alert groups show it, or no longer do.
pub(super) fn redraw_groups(work: &mut Work<'_>, id: i64) -> Result<(), StoreError> {
    let now = work.now;
    for group in incidents::groups_of(work.tx, id)? {
        if let Some(group) = groups::by_id(work.tx, group)?.filter(|group| group.notified_at.is_some()) {
            card(work, &group, Urgency::Update, now)?;
        }
    }
    Ok(())
}

const fn reason(change: &Change) -> &'static str {
    match change {
        Change::Severity { .. } => "its severity was changed",
        Change::Status { .. } => "its status was changed",
        Change::Title { .. } => "its title was changed",
        Change::Resolved { .. } => "it was resolved",
        Change::Reopened { .. } => "it was reopened",
        Change::Cancelled { .. } => "it was cancelled",
        Change::Merged { .. } => "it goes on in another incident",
    }
}

fn bounded(field: &'static str, text: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() > most {
        return Err(Refusal::Text { field, problem: format!("At most {most} characters, please.") });
    }
    Ok(())
}

fn said(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(Refusal::Text { field, problem: "It needs words.".to_owned() });
    }
    bounded(field, text, INCIDENT_TEXT_CHARS)
}

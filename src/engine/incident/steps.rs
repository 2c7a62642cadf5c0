//! The incident's channel: what is asked of Slack to make and keep it, and what follows from Slack's answers.
//!
//! One lane carries all that goes into the channel, so what is said waits until the channel is there. A step that
//! fails undoes nothing: it is told once, and tried again where somebody may mend it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::trouble::{self, Refused};
use super::{By, announce, bookmarks, event, redraw, step, tell};
use crate::domain::actor::{Actor, Via};
use crate::domain::incident::news::{Note, Page, Step};
use crate::domain::incident::{Incident, Settings};
use crate::domain::say::{GroupNote, Say, Urgency};
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::engine::incident::timers::STEP_RETRY;
use crate::engine::say::{
    announcement_name, announcement_note_name, card, incident_card_name, incident_opening_name, note, say,
};
use crate::limits::{INCIDENT_NAMES_TRIED, INCIDENT_STEP_RETRY, INVITE_USERS_MAX};
use crate::store::outbox::{self, Place};
use crate::store::{StoreError, due, groups, incidents, mirror, people};

/// What becomes of the outbox row of a refused step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is dealt with; the row goes.
    Over,
    /// The row keeps its place in its lane and is sent again then.
    Again(Timestamp),
    /// Nothing follows from it; the row is a dead letter.
    Dead,
}

/// The channel is made, and first of all it is told what this is about.
pub(super) fn open_channel(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    step(work, incident, Step::CreateChannel, Urgency::First)?;
    open(work, incident)
}

/// The first messages of a channel, after what makes it.
fn open(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    say(work, &Say::IncidentCard { incident: incident.id }, Urgency::First)?;
    tell(work, incident, Note::Opening, Urgency::First)?;
    tell(work, incident, Note::Alike, Urgency::Chatter)
}

/// The bot enters a channel that was there before, and tells what this is about.
pub(super) fn enter_channel(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    step(work, incident, Step::Join, Urgency::First)?;
    open(work, incident)
}

/// It is open again; a channel that is archived stays so (a bot cannot bring it back), so it gets a new one.
pub(super) fn reopened(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    if incident.has_live_channel() { Ok(()) } else { open_channel(work, incident) }
}

/// Slack did a step, and says this.
pub fn answered(work: &mut Work<'_>, id: i64, one: &Step, answer: &Value) -> Result<(), StoreError> {
    let Some(mut incident) = incidents::by_id(work.tx, id)? else { return Ok(()) };
    trouble::over(work, &mut incident, one.name())?;
    match one {
        Step::CreateChannel => created(work, &mut incident, answer),
        Step::Join => joined(work, &mut incident, answer),
        Step::Invite { asked_by, .. } => invited(work, &mut incident, answer, asked_by.as_deref()),
        Step::InviteGroup { asked_by, .. } => {
            let users = strings(&answer["users"]);
            invite(work, &incident, users.into_iter().collect(), Urgency::Update, asked_by.as_deref())
        }
        Step::Archive => archived(work, &mut incident, "the rest after its end is over"),
        Step::Topic => {
            answer["asked"].as_str().unwrap_or_default().clone_into(&mut incident.facts.topic);
            incidents::save(work.tx, &incident)
        }
        Step::Bookmark { group, .. } => bookmarks::added(work, &mut incident, *group, answer),
        Step::AlertBookmark { group, .. } => bookmarks::added(work, &mut incident, Some(*group), answer),
        Step::Rename { .. } => renamed(work, &mut incident, answer),
        // Without a word on it, it counts as private.
        Step::CheckChannel => {
            let private = answer["channel"]["is_private"] != json!(false);
            kind_known(work, &mut incident, private, "Slack was asked what kind of channel it is")
        }
        Step::Purpose | Step::Unbookmark { .. } | Step::PinCard => Ok(()),
    }
}

fn by_itself() -> By {
    By { actor: Actor::Firebell, via: Via::Timer }
}

fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn created(work: &mut Work<'_>, incident: &mut Incident, answer: &Value) -> Result<(), StoreError> {
    let Some(channel_id) = answer["channel"]["id"].as_str() else {
        return Err(StoreError::Inconsistent("the answer of conversations.create has no channel".to_owned()));
    };
    if incidents::by_channel(work.tx, channel_id)?.is_some_and(|other| other.id != incident.id) {
        // Asked for by its name, Slack showed the channel of another incident: that name is taken.
        incident.facts.name_attempt += 1;
        incidents::save(work.tx, incident)?;
        return open_channel(work, incident);
    }
    let name = answer["channel"]["name"].as_str().unwrap_or_default();
    incident.channel_id = Some(channel_id.to_owned());
    incident.channel_name = Some(name.to_owned());
    let before = incident.facts.archived_at.take();
    incident.facts.topic.clear();
    incident.facts.bookmarks.clear();
    incidents::save(work.tx, incident)?;
    mirror::start(work.tx, channel_id, incident.id, work.now)?;
    let data = json!({ "channel_id": channel_id, "name": name, "private": incident.private });
    let reason = if before.is_some() { "its old channel is archived" } else { "every incident has one" };
    event(work, incident.id, "channel", &by_itself(), reason, &data)?;
    let now = work.now;
    mirror::start(work.tx, channel_id, incident.id, now)?;
    // Whatever stood in an earlier channel is not drawn anew any more.
    outbox::forget_place(work.tx, &incident_card_name(incident.id))?;
    outbox::forget_place(work.tx, &incident_opening_name(incident.id))?;
    show_way(work, incident)?;
    step(work, incident, Step::Topic, Urgency::Update)?;
    step(work, incident, Step::Purpose, Urgency::Chatter)?;
    call_in(work, incident)?;
    bookmarks::all(work, incident)?;
    announce(work, incident, Urgency::First)?;
    tell_groups(work, incident)
}

fn renamed(work: &mut Work<'_>, incident: &mut Incident, answer: &Value) -> Result<(), StoreError> {
    let Some(name) = answer["channel"]["name"].as_str() else { return Ok(()) };
    let data = json!({ "from": incident.channel_name, "to": name });
    incident.channel_name = Some(name.to_owned());
    incidents::save(work.tx, incident)?;
    event(work, incident.id, "renamed", &by_itself(), "its channel follows its title", &data)?;
    Ok(())
}

/// Whoever declared it waits for the way there.
fn show_way(work: &mut Work<'_>, incident: &mut Incident) -> Result<(), StoreError> {
    let Some(to) = incident.facts.shown_to.take() else { return Ok(()) };
    incidents::save(work.tx, incident)?;
    let what = Say::IncidentLink { incident: incident.id, user: to.user, url: to.url };
    say(work, &what, Urgency::Answer)
}

fn joined(work: &mut Work<'_>, incident: &mut Incident, answer: &Value) -> Result<(), StoreError> {
    if let Some(name) = answer["channel"]["name"].as_str() {
        incident.channel_name = Some(name.to_owned());
    }
    // Until Slack said so it counted as private, so that nothing was told of it.
    incident.private = answer["channel"]["is_private"] != json!(false);
    incidents::save(work.tx, incident)?;
    let data = json!({
        "channel_id": incident.channel_id, "name": incident.channel_name, "private": incident.private,
    });
    event(work, incident.id, "channel", &by_itself(), "the bot is in it", &data)?;
    if let Some(channel) = &incident.channel_id {
        let now = work.now;
        mirror::start(work.tx, channel, incident.id, now)?;
    }
    announce(work, incident, Urgency::First)?;
    tell_groups(work, incident)
}

/// Its channel was made private, or public again: what is told of it elsewhere follows.
pub(super) fn kind_known(
    work: &mut Work<'_>,
    incident: &mut Incident,
    private: bool,
    reason: &str,
) -> Result<(), StoreError> {
    if incident.private == private {
        return Ok(());
    }
    incident.private = private;
    incident.updated_at = work.now;
    incidents::save(work.tx, incident)?;
    let kind = if private { "made_private" } else { "made_public" };
    event(work, incident.id, kind, &by_itself(), reason, &json!({ "channel_id": incident.channel_id }))?;
    work.tally.add(if private { "incidents_made_private" } else { "incidents_made_public" }, 1);
    let prefix = announcement_name(incident.id, "");
    for name in outbox::placed_names(work.tx, &prefix)? {
        if let Some(channel) = name.strip_prefix(&prefix) {
            let what = Say::Announcement { incident: incident.id, channel: channel.to_owned() };
            say(work, &what, Urgency::First)?;
        }
    }
    redraw(work, incident, Urgency::First)?;
    super::deeds::redraw_groups(work, incident.id)
}

/// The threads of its alerts tell where it goes on; of a private one they tell nothing.
fn tell_groups(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    let now = work.now;
    for group in incidents::groups_of(work.tx, incident.id)? {
        let Some(group) = groups::by_id(work.tx, group)?.filter(|group| group.notified_at.is_some()) else {
            continue;
        };
        if !incident.private {
            let news = GroupNote::Incident {
                number: incident.number,
                title: incident.title.clone(),
                severity: incident.severity.clone(),
                channel_id: incident.channel_id.clone(),
                by: incident.facts.declared.by.clone(),
            };
            note(work, &group, &news, Urgency::Deed)?;
        }
        card(work, &group, Urgency::Update, now)?;
    }
    Ok(())
}

/// Those who belong into the channel: who declared it and who has a part in it, who was called to its alerts or has
/// them, and whom the config names. Of a private one too, unless the config says otherwise: to be invited there is
/// not to be told of elsewhere.
fn call_in(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    let mut users: BTreeSet<String> = BTreeSet::new();
    users.extend(incident.facts.declared.by.slack_id().map(str::to_owned));
    users.extend(incidents::roles(work.tx, incident.id)?.into_iter().map(|one| one.user_id));
    let tasks = incidents::tasks(work.tx, incident.id)?;
    users.extend(tasks.into_iter().filter(|task| task.done.is_none()).filter_map(|task| task.assignee));
    if !calls_others(work, incident) {
        return invite(work, incident, users, Urgency::Page, None);
    }
    for group in incidents::groups_of(work.tx, incident.id)? {
        users.extend(of_alert(work, group)?);
    }
    let (named, usergroups) = configured(&work.rules.incidents, incident, None);
    users.extend(named);
    invite(work, incident, users, Urgency::Page, None)?;
    for group in usergroups {
        step(work, incident, Step::InviteGroup { group, asked_by: None }, Urgency::Page)?;
    }
    Ok(())
}

/// Who was called to an alert group or has it.
pub(super) fn of_alert(work: &mut Work<'_>, group: i64) -> Result<BTreeSet<String>, StoreError> {
    let mut users: BTreeSet<String> =
        groups::responders(work.tx, group)?.into_iter().map(|one| one.user_id).collect();
    if let Some(group) = groups::by_id(work.tx, group)? {
        let taken = group.facts.acknowledged.as_ref();
        users.extend(taken.and_then(|taken| taken.by.slack_id()).map(str::to_owned));
    }
    Ok(users)
}

/// Whether others are called in than those who have a part in it.
fn calls_others(work: &Work<'_>, incident: &Incident) -> bool {
    !incident.private || work.rules.incidents.invite_to_private
}

/// An alert group came later: its people come with it.
pub(super) fn alert_joined(work: &mut Work<'_>, incident: &Incident, group: i64) -> Result<(), StoreError> {
    if !incident.has_live_channel() || incident.facts.adopted || !calls_others(work, incident) {
        return Ok(());
    }
    let users = of_alert(work, group)?;
    invite(work, incident, users, Urgency::Page, None)
}

/// The config's people (ids and addresses) and user groups for it; less those of an earlier severity.
fn configured(
    settings: &Settings,
    incident: &Incident,
    earlier: Option<&str>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut users, mut usergroups) = (BTreeSet::new(), BTreeSet::new());
    for one in settings.invite.iter().filter(|one| one.filter.holds(incident)) {
        if earlier.is_some_and(|severity| one.filter.holds_for(severity, &incident.labels, incident.drill)) {
            continue;
        }
        for who in &one.who {
            let is_user = who.contains('@') || is_id(who, &['U', 'W']);
            if is_user {
                users.insert(who.clone())
            } else {
                usergroups.insert(who.clone())
            };
        }
    }
    (users, usergroups)
}

fn is_id(text: &str, first: &[char]) -> bool {
    text.starts_with(first)
        && text.len() >= 9
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// Its severity changed: whom the config names for the new one is called in, too.
pub(super) fn severity_changed(
    work: &mut Work<'_>,
    incident: &Incident,
    before: &str,
) -> Result<(), StoreError> {
    if !incident.has_live_channel() || !calls_others(work, incident) {
        return Ok(());
    }
    let (users, usergroups) = configured(&work.rules.incidents, incident, Some(before));
    invite(work, incident, users, Urgency::Page, None)?;
    for group in usergroups {
        step(work, incident, Step::InviteGroup { group, asked_by: None }, Urgency::Page)?;
    }
    Ok(())
}

fn invite(
    work: &mut Work<'_>,
    incident: &Incident,
    users: BTreeSet<String>,
    urgency: Urgency,
    asked_by: Option<&str>,
) -> Result<(), StoreError> {
    let users: Vec<String> = users.into_iter().collect();
    for some in users.chunks(INVITE_USERS_MAX) {
        let invite = Step::Invite { users: some.to_vec(), asked_by: asked_by.map(str::to_owned) };
        step(work, incident, invite, urgency)?;
    }
    Ok(())
}

/// Some came, some could not: that is told with the reason, once each, and each time somebody asked for it.
fn invited(
    work: &mut Work<'_>,
    incident: &mut Incident,
    answer: &Value,
    asked_by: Option<&str>,
) -> Result<(), StoreError> {
    let refused = answer["refused"].as_array().cloned().unwrap_or_default();
    let mut by_code: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for one in &refused {
        let (user, code) = (one["user"].as_str().unwrap_or("?"), one["error"].as_str().unwrap_or("?"));
        by_code.entry(code.to_owned()).or_default().push(user.to_owned());
    }
    for (code, users) in by_code {
        let mut names = Vec::new();
        for user in &users {
            names.push(people::name(work.tx, user)?.unwrap_or_else(|| user.clone()));
        }
        let why = trouble::why(&Refused { code: code.clone(), needed: None });
        let key = format!("invited {code} {}", users.join(","));
        let what = format!("Inviting {}", names.join(", "));
        if asked_by.is_some() {
            incident.facts.troubles.remove(&key);
        }
        trouble::tell_once(work, incident, &key, &what, &code, &why)?;
        // Whoever wanted to come in by themselves does not see what the channel is told.
        if let Some(user) = asked_by.filter(|user| users.iter().any(|one| one == user)) {
            let page = Page::Trouble { what, reason: why.reason, mend: why.mend, again: why.again };
            let page = Say::IncidentPage { incident: incident.id, user: user.to_owned(), page };
            say(work, &page, Urgency::Deed)?;
        }
    }
    Ok(())
}

/// Nothing can be said there any more.
pub(super) fn archived(work: &mut Work<'_>, incident: &mut Incident, reason: &str) -> Result<(), StoreError> {
    if !incident.has_live_channel() {
        return Ok(());
    }
    incident.facts.archived_at = Some(work.now);
    incidents::save(work.tx, incident)?;
    if let Some(channel_id) = &incident.channel_id {
        mirror::end(work.tx, channel_id, work.now)?;
    }
    let data = json!({ "channel_id": incident.channel_id, "name": incident.channel_name });
    event(work, incident.id, "archived", &by_itself(), reason, &data)?;
    redraw(work, incident, Urgency::Chatter)
}

/// A message of an incident's stands in Slack.
pub fn arrived(work: &mut Work<'_>, what: &Say, place: &Place) -> Result<(), StoreError> {
    let now = work.now;
    match what {
        Say::IncidentCard { incident } => {
            let name = incident_card_name(*incident);
            let is_new = outbox::place(work.tx, &name)?.is_none_or(|known| known.ts != place.ts);
            outbox::set_place(work.tx, &name, place, now)?;
            outbox::forget_dead(work.tx, &name)?;
            if is_new && let Some(incident) = incidents::by_id(work.tx, *incident)? {
                step(work, &incident, Step::PinCard, Urgency::Update)?;
            }
            Ok(())
        }
        Say::IncidentNote { incident, note: Note::Opening } => {
            let name = incident_opening_name(*incident);
            outbox::set_place(work.tx, &name, place, now)?;
            outbox::forget_dead(work.tx, &name)
        }
        Say::Announcement { incident, channel } => {
            let name = announcement_name(*incident, channel);
            outbox::set_place(work.tx, &name, place, now)?;
            outbox::forget_dead(work.tx, &name)?;
            if let Some(mut incident) = incidents::by_id(work.tx, *incident)? {
                trouble::over(work, &mut incident, &format!("announce {channel}"))?;
            }
            Ok(())
        }
        Say::AnnouncementNote { incident, channel, event, .. } => {
            // Found again should its words be redacted.
            outbox::set_place(work.tx, &announcement_note_name(*incident, *event, channel), place, now)
        }
        _ => Ok(()),
    }
}

/// The message of an alert group stands in Slack: its incidents lead to it from now on.
pub fn alert_stands(work: &mut Work<'_>, group: i64) -> Result<(), StoreError> {
    for mut incident in incidents::of_group(work.tx, group)? {
        if !incident.is_open() || !incident.has_live_channel() {
            continue;
        }
        if let Some(known) = groups::by_id(work.tx, group)? {
            bookmarks::alert_stands(work, &mut incident, &known)?;
        }
        say(work, &Say::IncidentCard { incident: incident.id }, Urgency::Update)?;
        // The opening tells of those it began with.
        let groups = incidents::groups_ever(work.tx, incident.id)?;
        if groups.iter().any(|(id, since, _)| *id == group && *since == incident.created_at) {
            tell(work, &incident, Note::Opening, Urgency::Update)?;
        }
    }
    Ok(())
}

/// Slack will not have it: what becomes of the row, and who is told.
pub fn refused(work: &mut Work<'_>, what: &Say, refused: &Refused) -> Result<Fate, StoreError> {
    let (Say::IncidentCard { incident: id }
    | Say::IncidentNote { incident: id, .. }
    | Say::Announcement { incident: id, .. }
    | Say::AnnouncementNote { incident: id, .. }
    | Say::IncidentPage { incident: id, .. }
    | Say::IncidentLink { incident: id, .. }
    | Say::IncidentStep { incident: id, .. }
    | Say::IncidentRecord { incident: id }) = what
    else {
        return Ok(Fate::Dead);
    };
    let Some(mut incident) = incidents::by_id(work.tx, *id)? else { return Ok(Fate::Over) };
    let in_channel = !matches!(
        what,
        Say::Announcement { .. }
            | Say::AnnouncementNote { .. }
            | Say::IncidentPage { .. }
            | Say::IncidentLink { .. }
    );
    let creates = matches!(what, Say::IncidentStep { step: Step::CreateChannel, .. });
    if in_channel && !creates && refused.code == "is_archived" {
        archived(work, &mut incident, "somebody archived it")?;
        return Ok(Fate::Over);
    }
    match what {
        Say::IncidentStep { step: Step::CreateChannel, .. } => no_channel(work, &mut incident, refused),
        // What the bot may not even see any more is private.
        Say::IncidentStep { step: Step::CheckChannel, .. } if refused.code == "channel_not_found" => {
            kind_known(work, &mut incident, true, "Slack does not show the bot its channel")?;
            Ok(Fate::Over)
        }
        Say::IncidentStep { step, .. } => {
            step_refused(work, &mut incident, what, step, refused)?;
            Ok(Fate::Over)
        }
        // The response URL is used up or too old: there is the direct message.
        Say::IncidentLink { incident, user, url: Some(_) } => {
            let what = Say::IncidentLink { incident: *incident, user: user.clone(), url: None };
            say(work, &what, Urgency::Answer)?;
            Ok(Fate::Over)
        }
        Say::IncidentCard { .. } if is_gone(refused) => {
            outbox::forget_place(work.tx, &incident_card_name(incident.id))?;
            say(work, what, Urgency::Update)?;
            Ok(Fate::Over)
        }
        Say::IncidentNote { note: Note::Opening, .. } if is_gone(refused) => {
            outbox::forget_place(work.tx, &incident_opening_name(incident.id))?;
            Ok(Fate::Over)
        }
        Say::Announcement { channel, .. } if is_gone(refused) => {
            // Somebody took it away there: it is not put back.
            outbox::forget_place(work.tx, &announcement_name(incident.id, channel))?;
            Ok(Fate::Over)
        }
        Say::AnnouncementNote { channel, .. } => {
            let why = trouble::Why { again: false, ..trouble::why(refused) };
            let key = format!("announce {channel} {}", refused.code);
            let text = format!("Telling {channel} of it");
            trouble::tell_once(work, &mut incident, &key, &text, &refused.code, &why)?;
            Ok(Fate::Over)
        }
        Say::Announcement { channel, .. } => {
            let why = trouble::why(refused);
            let text = format!("Announcing it in {channel}");
            let key = format!("announce {channel} {}", refused.code);
            trouble::tell_once(work, &mut incident, &key, &text, &refused.code, &why)?;
            if why.again {
                retry_later(work, &incident, what)?;
            }
            Ok(Fate::Over)
        }
        _ => Ok(Fate::Dead),
    }
}

/// The message that was to be drawn anew is not there any more.
fn is_gone(refused: &Refused) -> bool {
    matches!(refused.code.as_str(), "message_not_found" | "cant_update_message")
}

/// It stays first in its lane until it works or the incident is over: everything else waits for it.
fn no_channel(work: &mut Work<'_>, incident: &mut Incident, refused: &Refused) -> Result<Fate, StoreError> {
    if refused.code == "name_taken" && incident.facts.name_attempt < INCIDENT_NAMES_TRIED {
        incident.facts.name_attempt += 1;
        incidents::save(work.tx, incident)?;
        return Ok(Fate::Again(work.now));
    }
    let why = trouble::why(refused);
    let why = trouble::Why { again: true, ..why };
    let key = format!("{} {}", Step::CreateChannel.name(), refused.code);
    trouble::tell_once(work, incident, &key, &trouble::what(&Step::CreateChannel), &refused.code, &why)?;
    announce(work, incident, Urgency::First)?;
    Ok(Fate::Again(work.now + INCIDENT_STEP_RETRY))
}

fn step_refused(
    work: &mut Work<'_>,
    incident: &mut Incident,
    what: &Say,
    step: &Step,
    refused: &Refused,
) -> Result<(), StoreError> {
    if matches!(step, Step::Unbookmark { .. }) && refused.code == "not_found" {
        // Somebody took it away before.
        return Ok(());
    }
    let why = trouble::why(refused);
    let key = match step {
        Step::AlertBookmark { group, .. } => format!("{} {} {group}", step.name(), refused.code),
        Step::Bookmark { url, .. } => format!("{} {} {url}", step.name(), refused.code),
        Step::InviteGroup { group, .. } => format!("{} {} {group}", step.name(), refused.code),
        _ => format!("{} {}", step.name(), refused.code),
    };
    // Whoever asked for it is answered each time; what is tried again by itself is told once.
    let mut later = what.clone();
    if let Say::IncidentStep {
        step: Step::Invite { asked_by, .. } | Step::InviteGroup { asked_by, .. }, ..
    } = &mut later
        && asked_by.take().is_some()
    {
        incident.facts.troubles.remove(&key);
    }
    trouble::tell_once(work, incident, &key, &trouble::what(step), &refused.code, &why)?;
    if why.again { retry_later(work, incident, &later) } else { Ok(()) }
}

fn retry_later(work: &mut Work<'_>, incident: &Incident, what: &Say) -> Result<(), StoreError> {
    let text = serde_json::to_string(what).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    let hash: String = Sha256::digest(text.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
    let subject = format!("{}:{hash}", incident.id);
    due::set(work.tx, STEP_RETRY, &subject, work.now + INCIDENT_STEP_RETRY, &text)
}

/// Somebody may have mended what was in the way.
pub(super) fn try_again(work: &mut Work<'_>, data: &str) -> Result<(), StoreError> {
    let Ok(what) = serde_json::from_str::<Say>(data) else { return Ok(()) };
    match &what {
        Say::IncidentStep { incident, .. } => match incidents::by_id(work.tx, *incident)? {
            Some(one) if one.has_live_channel() => say(work, &what, Urgency::Update),
            _ => Ok(()),
        },
        Say::Announcement { incident, channel } => match incidents::by_id(work.tx, *incident)? {
            Some(one) if one.is_open() && announces(work, &one, channel) => say(work, &what, Urgency::Update),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn announces(work: &Work<'_>, incident: &Incident, channel: &str) -> bool {
    let all = &work.rules.incidents.announce;
    !incident.private && all.iter().any(|one| one.channel == channel && one.filter.holds(incident))
}

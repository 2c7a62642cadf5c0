//! Incidents in Slack: their messages, and the calls that make and keep their channels.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::record;
use super::slack::SlackChannel;
use crate::domain::actor::Actor;
use crate::domain::group::Group;
use crate::domain::incident::news::{Note, Step};
use crate::domain::incident::{Bookmark, Incident, naming};
use crate::domain::rules::Rules;
use crate::domain::say::Say;
use crate::domain::time::Timestamp;
use crate::engine::incident::alike::alike;
use crate::engine::incident::bookmarks::alert_title;
use crate::engine::incident::{Refused, look};
use crate::engine::say::{
    announcement_name, card_name, incident_card_name, incident_opening_name, step_method,
};
use crate::limits::{ALIKE_TOLD, ASK_BACK, INCIDENT_BOOKMARKS_MAX};
use crate::outbox::{Composed, Message, WhenUnclear};
use crate::slack::api::{ApiError, SlackApi};
use crate::store::outbox::{self, OutboxRow, Place};
use crate::store::{StoreError, Tx, counters, groups, incidents, people};
use crate::views;

/// What to send for a row about an incident; `None` for all other rows.
pub(super) fn compose(
    tx: &mut dyn Tx,
    rules: &Rules,
    row: &OutboxRow,
    say: &Say,
    metadata: &Value,
    now: Timestamp,
    permalink: &dyn Fn(&Place) -> Option<String>,
) -> Result<Option<Composed>, StoreError> {
    let (Say::IncidentCard { incident: id }
    | Say::IncidentNote { incident: id, .. }
    | Say::Announcement { incident: id, .. }
    | Say::AnnouncementNote { incident: id, .. }
    | Say::IncidentPage { incident: id, .. }
    | Say::IncidentLink { incident: id, .. }
    | Say::IncidentStep { incident: id, .. }
    | Say::IncidentRecord { incident: id }) = say
    else {
        return Ok(None);
    };
    let Some(incident) = incidents::by_id(tx, *id)? else {
        return Ok(Some(Composed::Moot("what it is about is gone")));
    };
    if let Say::IncidentStep { step, .. } = say {
        return compose_step(tx, rules, row, incident, step, permalink).map(Some);
    }
    let live = incident.channel_id.clone().filter(|_| incident.has_live_channel());
    let mut metadata = metadata.clone();
    // A database that is made anew counts on from what Slack has seen.
    metadata["event_payload"][counters::INCIDENT] = json!(incident.number);
    let post = |mut body: Value, channel: &str| {
        body["channel"] = json!(channel);
        body["metadata"] = metadata.clone();
        message("chat.postMessage", body, WhenUnclear::Ask)
    };
    let update = |mut body: Value, place: &Place| {
        body["channel"] = json!(place.channel_id);
        body["ts"] = json!(place.ts);
        body["metadata"] = metadata.clone();
        message("chat.update", body, WhenUnclear::Repeat)
    };
    let nowhere = if incident.channel_id.is_some() {
        Composed::Moot("its channel is archived")
    } else {
        Composed::Moot("it has no channel")
    };
    if let Say::IncidentRecord { .. } = say {
        let Some(channel) = live else { return Ok(Some(nowhere)) };
        return record::compose(tx, row, &incident, &channel, permalink).map(Some);
    }
    let (is_open, is_private) = (incident.is_open(), incident.private);
    let mut picture = look::picture(tx, rules, incident, now)?;
    for group in &picture.groups {
        let link = alert_link(tx, group, permalink)?;
        picture.alert_links.extend(link.map(|link| (group.id, link)));
    }
    Ok(Some(match say {
        Say::IncidentCard { incident } => {
            let Some(channel) = live else { return Ok(Some(nowhere)) };
            let body = views::incident::card(&picture);
            match outbox::place(tx, &incident_card_name(*incident))? {
                Some(place) if place.channel_id == channel => update(body, &place),
                _ => post(body, &channel),
            }
        }
        Say::IncidentNote { note, .. } => {
            let Some(channel) = live else { return Ok(Some(nowhere)) };
            if *note == Note::Alike {
                picture.alike = alike(tx, &picture.incident, ALIKE_TOLD)?;
            }
            for user in note.told_directly() {
                picture.names.extend(people::name(tx, user)?.map(|name| (user.to_owned(), name)));
            }
            // Of the opening it is the one who declared it.
            let doer = note.by().unwrap_or(&picture.incident.facts.declared.by);
            let name = match doer.slack_id() {
                Some(user) => people::name(tx, user)?,
                None => None,
            };
            match views::incident::note(&picture, note, name.as_deref()) {
                Value::Null => Composed::Moot("there is nothing to say"),
                body if *note == Note::Opening => {
                    match outbox::place(tx, &incident_opening_name(picture.incident.id))? {
                        Some(place) if place.channel_id == channel => update(body, &place),
                        _ => post(body, &channel),
                    }
                }
                body => post(body, &channel),
            }
        }
        Say::Announcement { incident, channel } => {
            let placed = outbox::place(tx, &announcement_name(*incident, channel))?;
            let body = match (is_private, &placed) {
                (true, None) => return Ok(Some(Composed::Moot("it is private"))),
                // Its channel was made private after it had been announced: what was told is taken back.
                (true, Some(_)) => views::incident::withdrawn(picture.incident.number),
                (false, _) => views::incident::announcement(&picture),
            };
            match placed {
                Some(place) => update(body, &place),
                None if is_open => post(body, channel),
                None => Composed::Moot("it is over, and was not announced there"),
            }
        }
        Say::AnnouncementNote { incident, channel, note, .. } => {
            if is_private {
                return Ok(Some(Composed::Moot("it is private")));
            }
            let Some(place) = outbox::place(tx, &announcement_name(*incident, channel))? else {
                return Ok(Some(Composed::Moot("it was not announced there")));
            };
            let name = match note.by().and_then(Actor::slack_id) {
                Some(user) => people::name(tx, user)?,
                None => None,
            };
            let mut body = views::incident::outside(&picture, note, name.as_deref());
            body["thread_ts"] = json!(place.ts);
            if rules.incidents.shows_in_channel(channel, &picture.incident.severity) {
                body["reply_broadcast"] = json!(true);
            }
            post(body, &place.channel_id)
        }
        Say::IncidentLink { user, url, .. } => {
            let mut body = views::incident::way(&picture);
            match url {
                Some(url) => {
                    body["response_type"] = json!("ephemeral");
                    body["replace_original"] = json!(false);
                    let body = json!({ "url": url, "message": body });
                    message("response_url", body, WhenUnclear::Repeat)
                }
                None => post(body, user),
            }
        }
        Say::IncidentPage { user, page, .. } => post(views::incident::page(&picture, page), user),
        // The record and the steps were composed above; the rest is not about incidents.
        _ => return Ok(None),
    }))
}

fn message(method: &str, body: Value, when_unclear: WhenUnclear) -> Composed {
    // A row's channel may be known only now; what is posted into it shares its pace.
    let destination = match (method, body["channel"].as_str()) {
        ("chat.postMessage", Some(channel)) => format!("slack:{channel}"),
        _ => String::new(),
    };
    Composed::Send(Message { method: method.to_owned(), destination, body, when_unclear })
}

fn compose_step(
    tx: &mut dyn Tx,
    rules: &Rules,
    row: &OutboxRow,
    incident: Incident,
    step: &Step,
    permalink: &dyn Fn(&Place) -> Option<String>,
) -> Result<Composed, StoreError> {
    if *step == Step::CreateChannel {
        return Ok(create(rules, row, &incident));
    }
    let Some(channel) = incident.channel_id.clone().filter(|_| incident.has_live_channel()) else {
        return Ok(Composed::Moot("there is no channel, or it is archived"));
    };
    let (body, when_unclear) = match step {
        Step::CreateChannel | Step::Join => (json!({ "channel": channel }), WhenUnclear::Repeat),
        Step::Topic => {
            let topic = topic(tx, rules, &incident)?;
            if incident.facts.topic == topic {
                return Ok(Composed::Moot("the topic says so already"));
            }
            (json!({ "channel": channel, "topic": topic }), WhenUnclear::Repeat)
        }
        Step::Purpose => (
            json!({ "channel": channel, "purpose": views::incident::purpose(&incident) }),
            WhenUnclear::Repeat,
        ),
        Step::Bookmark { title, url, emoji, group } => {
            if let Some(reason) = no_bookmark(tx, &incident, *group, |known| known.url == *url)? {
                return Ok(Composed::Moot(reason));
            }
            (bookmark(&channel, title, url, emoji), WhenUnclear::Ask)
        }
        Step::AlertBookmark { group: id, number } => {
            let Some(group) = groups::by_id(tx, *id)? else {
                return Ok(Composed::Moot("the alert group is gone"));
            };
            let title = alert_title(*number);
            if let Some(reason) = no_bookmark(tx, &incident, Some(*id), |known| known.title == title)? {
                return Ok(Composed::Moot(reason));
            }
            let Some(url) = alert_link(tx, &group, permalink)? else {
                return Ok(Composed::Moot("its message does not stand in Slack yet"));
            };
            (bookmark(&channel, &title, &url, ":rotating_light:"), WhenUnclear::Ask)
        }
        Step::Unbookmark { bookmark } => {
            (json!({ "channel_id": channel, "bookmark_id": bookmark }), WhenUnclear::Repeat)
        }
        Step::Invite { users, .. } => (json!({ "channel": channel, "users": users }), WhenUnclear::Repeat),
        Step::InviteGroup { group, .. } => (json!({ "usergroup": group }), WhenUnclear::Repeat),
        Step::PinCard => match outbox::place(tx, &incident_card_name(incident.id))? {
            Some(place) if place.channel_id == channel => {
                (json!({ "channel": channel, "timestamp": place.ts }), WhenUnclear::Repeat)
            }
            _ => return Ok(Composed::Moot("the card is not there")),
        },
        Step::Rename { name } => (json!({ "channel": channel, "name": name }), WhenUnclear::Repeat),
        Step::Archive if incident.is_open() => return Ok(Composed::Moot("it is open again")),
        Step::Archive | Step::CheckChannel => (json!({ "channel": channel }), WhenUnclear::Repeat),
    };
    Ok(message(step_method(step), body, when_unclear))
}

fn bookmark(channel: &str, title: &str, url: &str, emoji: &str) -> Value {
    json!({ "channel_id": channel, "title": title, "type": "link", "link": url, "emoji": emoji })
}

/// Why it is not added, if so: it is there, what it came with is gone, or the bar is full.
fn no_bookmark(
    tx: &mut dyn Tx,
    incident: &Incident,
    group: Option<i64>,
    is_it: impl Fn(&Bookmark) -> bool,
) -> Result<Option<&'static str>, StoreError> {
    if incident.facts.bookmarks.iter().any(is_it) {
        return Ok(Some("the bookmark is there"));
    }
    let Some(group) = group else { return Ok(None) };
    if !incidents::groups_of(tx, incident.id)?.contains(&group) {
        return Ok(Some("the alert group is no part of it any more"));
    }
    let full = incident.facts.bookmarks.len() >= INCIDENT_BOOKMARKS_MAX;
    Ok(full.then_some("there are as many bookmarks as people see"))
}

/// Where an alert group's message stands, in the first of its channels.
fn alert_link(
    tx: &mut dyn Tx,
    group: &Group,
    permalink: &dyn Fn(&Place) -> Option<String>,
) -> Result<Option<String>, StoreError> {
    for channel in &group.channels {
        if let Some(place) = outbox::place(tx, &card_name(group.id, channel))? {
            return Ok(permalink(&place));
        }
    }
    Ok(None)
}

fn create(rules: &Rules, row: &OutboxRow, incident: &Incident) -> Composed {
    if incident.has_live_channel() {
        return Composed::Moot("it has a channel");
    }
    if !incident.is_open() {
        return Composed::Moot("it ended before its channel was made");
    }
    let name = naming::channel_name(&rules.incidents.channel_name, incident, incident.facts.name_attempt);
    // After an unclear try, the name may be taken by ourselves.
    let since_s = row.sent.map(|sent| (sent - ASK_BACK).as_s());
    message(
        step_method(&Step::CreateChannel),
        json!({ "name": name, "is_private": incident.private, "since_s": since_s }),
        WhenUnclear::Ask,
    )
}

fn topic(tx: &mut dyn Tx, rules: &Rules, incident: &Incident) -> Result<String, StoreError> {
    let settings = &rules.incidents;
    let leading = settings.roles.first().map(|role| role.name.clone()).unwrap_or_default();
    let mut leads = Vec::new();
    for holder in incidents::roles(tx, incident.id)?.into_iter().filter(|holder| holder.role == leading) {
        leads.extend(people::name(tx, &holder.user_id)?.map(|name| (holder.role, name)));
    }
    let severity = look::severity(rules, &incident.severity);
    Ok(views::incident::topic(incident, &severity, &leads))
}

/// Whether a method belongs to a step: what Slack refuses of those is told in words and tried again by the engine.
pub(super) fn is_step(method: &str) -> bool {
    const ALL: &[Step] = &[
        Step::CreateChannel,
        Step::Join,
        Step::Topic,
        Step::Purpose,
        Step::PinCard,
        Step::Archive,
        Step::CheckChannel,
    ];
    ALL.iter().any(|step| step_method(step) == method)
        || matches!(
            method,
            "bookmarks.add"
                | "bookmarks.remove"
                | "conversations.invite"
                | "conversations.rename"
                | "usergroups.users.list"
        )
}

/// Carries out a step whose call is more than one; `None` for all other messages.
pub(super) async fn call(channel: &SlackChannel, message: &Message) -> Option<Result<Value, ApiError>> {
    let (api, body) = (&channel.api, &message.body);
    Some(match message.method.as_str() {
        "conversations.create" => create_channel(api, body).await,
        "conversations.join" => join(api, body).await,
        "conversations.invite" => invite(api, body).await,
        "usergroups.users.list" => members(api, body["usergroup"].as_str().unwrap_or_default()).await,
        "conversations.setTopic" => {
            // The answer's text may be escaped or cut; what was asked for is what the next one is compared with.
            let answer = api.call(&message.method, body.clone()).await;
            answer.map(|_| json!({ "asked": body["topic"] }))
        }
        _ => return record::call(channel, message).await,
    })
}

async fn create_channel(api: &SlackApi, body: &Value) -> Result<Value, ApiError> {
    let arguments = json!({ "name": body["name"], "is_private": body["is_private"] });
    match api.call("conversations.create", arguments).await {
        Err(error) if error.is_slack(&["name_taken"]) && body["since_s"].is_i64() => {
            own_channel(api, body, body["since_s"].as_i64().unwrap_or_default()).await?.ok_or(error)
        }
        answer => answer,
    }
}

/// The channel of that name that we made since then: an unclear try may have made it.
async fn own_channel(api: &SlackApi, body: &Value, since_s: i64) -> Result<Option<Value>, ApiError> {
    let us = api.auth_test().await?.user_id;
    let types = if body["is_private"] == json!(true) { "private_channel" } else { "public_channel" };
    let listing = api.all_pages("conversations.list", json!({ "types": types }), "channels").await?;
    let ours = listing.items.into_iter().find(|one| {
        one["name"] == body["name"]
            && one["creator"].as_str() == Some(&us)
            && one["created"].as_i64().is_some_and(|created| created >= since_s)
    });
    Ok(ours.map(|channel| json!({ "channel": channel })))
}

/// Whether an unclear step was done: its answer, if it was. Steps that are not asked about are `None`.
pub(super) async fn look_for(
    api: &SlackApi,
    message: &Message,
    sent: Timestamp,
) -> Option<Result<Option<Value>, ApiError>> {
    match message.method.as_str() {
        "conversations.create" => Some(own_channel(api, &message.body, (sent - ASK_BACK).as_s()).await),
        "bookmarks.add" => {
            let listed =
                api.call("bookmarks.list", json!({ "channel_id": message.body["channel_id"] })).await;
            Some(listed.map(|answer| {
                let all = answer["bookmarks"].as_array().cloned().unwrap_or_default();
                all.into_iter().find(|one| one["link"] == message.body["link"])
            }))
        }
        record::METHOD => record::look_for(api, message, sent).await,
        _ => None,
    }
}

/// Enters a public channel; in a private one we are, or somebody has to invite us.
async fn join(api: &SlackApi, body: &Value) -> Result<Value, ApiError> {
    let refused = match api.call("conversations.join", body.clone()).await {
        Ok(answer) if answer["channel"]["is_private"].is_boolean() => return Ok(answer),
        Ok(_) => None,
        Err(error) if error.is_slack(&["method_not_supported_for_channel_type", "already_in_channel"]) => {
            Some(error)
        }
        Err(error) => return Err(error),
    };
    // What kind of channel it is decides on what is told of it elsewhere.
    let answer = api.call("conversations.info", body.clone()).await?;
    match refused {
        Some(error) if answer["channel"]["is_member"] != json!(true) => Err(error),
        _ => Ok(answer),
    }
}

/// Those who want nothing more, or are us.
const THERE_ALREADY: &[&str] = &["already_in_channel", "cant_invite_self"];

/// Invites several; where Slack refuses, one by one, so that one guest does not keep out the others. The answer names
/// those who could not come, and why.
async fn invite(api: &SlackApi, body: &Value) -> Result<Value, ApiError> {
    let (mut users, mut refused) = (BTreeSet::new(), Vec::new());
    for one in body["users"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let one = one.as_str().unwrap_or_default();
        if !one.contains('@') {
            users.insert(one.to_owned());
            continue;
        }
        match api.users_lookup_by_email(one).await {
            Ok(user) => {
                users.insert(user.id);
            }
            Err(error) if error.is_slack(&["users_not_found"]) => {
                refused.push(json!({ "user": one, "error": "users_not_found" }));
            }
            Err(error) => return Err(error),
        }
    }
    let call = async |users: &str| {
        let arguments = json!({ "channel": body["channel"], "users": users, "force": true });
        api.call("conversations.invite", arguments).await
    };
    let all = users.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    if all.is_empty() {
        return Ok(json!({ "refused": refused }));
    }
    match call(&all).await {
        Ok(answer) => {
            let some = answer["errors"].as_array().cloned().unwrap_or_default();
            refused.extend(some.into_iter().filter(|one| !is_there(one)));
        }
        Err(error) if !of_one_person(&error) => return Err(error),
        Err(error) if users.len() == 1 => {
            let code = error.slack_code().unwrap_or_default().to_owned();
            refused.push(json!({ "user": all, "error": code }));
        }
        Err(_) => {
            for user in &users {
                match call(user).await {
                    Ok(_) => {}
                    Err(error) if of_one_person(&error) => {
                        let code = error.slack_code().unwrap_or_default().to_owned();
                        refused.push(json!({ "user": user, "error": code }));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    refused.retain(|one| !is_there(one));
    Ok(json!({ "refused": refused }))
}

fn is_there(refused: &Value) -> bool {
    refused["error"].as_str().is_some_and(|code| THERE_ALREADY.contains(&code))
}

/// A refusal that is about somebody, not about the channel or us (docs.slack.dev/reference/methods/conversations.invite).
fn of_one_person(error: &ApiError) -> bool {
    const CODES: &[&str] = &[
        "cant_invite",
        "invitee_cant_see_channel",
        "no_external_invite_permission",
        "org_user_not_in_team",
        "ura_max_channels",
        "user_disabled",
        "user_is_restricted",
        "user_is_ultra_restricted",
        "user_not_found",
    ];
    error.is_slack(THERE_ALREADY) || error.is_slack(CODES)
}

/// The members of a user group, by its id or its handle.
async fn members(api: &SlackApi, group: &str) -> Result<Value, ApiError> {
    let is_id = group.starts_with('S')
        && group.len() >= 9
        && group.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if is_id {
        let answer = api.call("usergroups.users.list", json!({ "usergroup": group })).await?;
        return Ok(json!({ "users": answer["users"] }));
    }
    let handle = group.trim_start_matches('@');
    let found = api.usergroups_list().await?.into_iter().find(|one| one.handle == handle);
    found.map(|one| json!({ "users": one.users })).ok_or_else(|| ApiError::Slack {
        method: "usergroups.list".to_owned(),
        error: "no_such_subteam".to_owned(),
        needed: None,
        messages: Vec::new(),
    })
}

/// Slack's own word in the text of an error.
pub(super) fn refused(reason: &str) -> Refused {
    let after = |mark: &str| {
        let rest = reason.split_once(mark)?.1;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | ',')));
        let word = &rest[..end.unwrap_or(rest.len())];
        Some(word.trim_end_matches([':', '.', ',']).to_owned()).filter(|word| !word.is_empty())
    };
    Refused {
        code: after("Slack says ").unwrap_or_else(|| reason.to_owned()),
        needed: after("it needs the scope "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slacks_word_is_found_in_what_is_kept_of_an_error() {
        let error = |error: &str, needed: Option<&str>, messages: &[&str]| ApiError::Slack {
            method: "conversations.create".to_owned(),
            error: error.to_owned(),
            needed: needed.map(str::to_owned),
            messages: messages.iter().map(|one| (*one).to_owned()).collect(),
        };
        for (error, code, needed) in [
            (error("name_taken", None, &[]), "name_taken", None),
            (error("invalid_name", None, &["odd: [x]"]), "invalid_name", None),
            (
                error("missing_scope", Some("channels:manage,groups:write"), &[]),
                "missing_scope",
                Some("channels:manage,groups:write"),
            ),
        ] {
            let found = refused(&error.to_string());
            assert_eq!((found.code.as_str(), found.needed.as_deref()), (code, needed), "{error}");
        }
        assert_eq!(refused("the row cannot be read").code, "the row cannot be read");
    }
}

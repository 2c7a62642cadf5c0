//! Who people are: fetched from Slack before a transaction needs to know, kept in the store, never long waited for.
//!
//! Names are nice to have: what somebody did goes on without them ([`People::meet`]). Whether somebody is a guest, and
//! what else a decision depends on, is not: what comes upon it waits for [`People::learn`]. Both are asked for when they
//! are first needed and again when they are old. `user_change` is not
//! subscribed to: it comes with every status that anybody in the workspace sets, and Slack counts those events.

mod learn;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::activity::Activity;
use crate::clock::SharedClock;
use crate::domain::readable::{self, Mentions};
use crate::domain::rights::Standing;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::engine::incident::mirror;
use crate::limits::{
    NO_MEMBER_FRESH, PEOPLE_AT_ONCE, PEOPLE_REMEMBERED, PEOPLE_WAIT, PERSON_AGAIN, PERSON_FRESH,
    USERGROUP_FRESH,
};
use crate::slack::api::{ApiError, SlackApi, User};
use crate::slack::types::Inbound;
use crate::store::people::{self, Person, Usergroup};
use crate::store::{Store, StoreError, inbox, incidents, mirror as kept};

pub use learn::Asked;
use learn::Learning;

/// Asks Slack who people are. Clones share what they know.
#[derive(Clone)]
pub struct People(Arc<Inner>);

/// What asking is made of.
pub struct Parts {
    pub api: SlackApi,
    pub store: Store,
    pub clock: SharedClock,
    pub rules: watch::Receiver<Arc<Rules>>,
    pub activity: Activity,
    /// The workspace our token belongs to: who is of another one is no member.
    pub team: watch::Receiver<Option<String>>,
}

struct Inner {
    parts: Parts,
    known: Mutex<Known>,
    /// One asks at a time: many messages of one person come at once, and one answer is enough for all.
    asking: tokio::sync::Mutex<()>,
    learning: Mutex<Learning>,
}

/// What need not be looked up in the store again, with when it was fetched.
#[derive(Default)]
struct Known {
    people: HashMap<String, Timestamp>,
    channels: HashMap<String, Timestamp>,
    usergroups_at: Option<Timestamp>,
    /// Kept messages show these without a name.
    owed: BTreeSet<String>,
    /// Whom Slack did not tell of when it was asked: asked again after a while, not with every message.
    refused: HashMap<String, Timestamp>,
}

/// What was fetched.
#[derive(Default)]
struct Fetched {
    people: Vec<Person>,
    channels: Vec<(String, String)>,
    groups: Option<Vec<Usergroup>>,
}

impl People {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            learning: Mutex::default(),
        }))
    }

    /// Everybody whom dealing with this input needs to know. Waits a moment at most.
    pub async fn meet(&self, inbound: &Inbound) {
        let Some((needed, asker)) = self.needed(inbound).await else { return };
        self.know(needed, asker, PEOPLE_WAIT).await;
    }

    /// Everybody in these messages.
    pub async fn meet_all(&self, messages: &[Value], wait: Duration) {
        let mut all = Mentions::default();
        for message in messages {
            let found = mirror::who_is_in(message);
            all.users.extend(found.users);
            all.channels.extend(found.channels);
            all.groups.extend(found.groups);
        }
        self.know(all, false, wait).await;
    }

    /// Those who could not be asked about before.
    pub async fn catch_up(&self) {
        let owed: Vec<String> = self.lock().owed.iter().take(PEOPLE_AT_ONCE).cloned().collect();
        if owed.is_empty() {
            return;
        }
        let of = |first: &[char]| owed.iter().filter(|id| id.starts_with(first)).cloned().collect();
        let needed = Mentions { users: of(&['U', 'W']), channels: of(&['C', 'G']), groups: of(&['S']) };
        self.know(needed, false, PEOPLE_WAIT).await;
    }

    /// Whose names and standing this input needs; the flag says that somebody asks for something.
    async fn needed(&self, inbound: &Inbound) -> Option<(Mentions, bool)> {
        let asks = match inbound {
            Inbound::Event(event) => {
                let inner = event.event();
                match event.event_type() {
                    // Words to the bot alone are a wish.
                    "message" if inner["channel_type"] == "im" => true,
                    "message" => {
                        let channel = mirror::heard::channel_of(inner)?.to_owned();
                        let is_kept = self.0.parts.store.read(move |tx| kept::is_kept(tx, &channel)).await;
                        return is_kept
                            .unwrap_or(false)
                            .then(|| (mirror::who_is_in(inner), false))
                            .filter(|(who, _)| !who.is_empty());
                    }
                    "app_mention" | "reaction_added" | "app_home_opened" => true,
                    _ => false,
                }
            }
            Inbound::Command(_) => true,
            other => other.interaction().is_some(),
        };
        let user = inbound.user_id().filter(|_| asks)?.to_owned();
        let mut users = named(inbound);
        users.push(user);
        Some((Mentions { users, ..Mentions::default() }, true))
    }

    async fn know(&self, needed: Mentions, asker: bool, wait: Duration) {
        let needed = match self.missing(needed, asker).await {
            Ok(needed) => needed,
            Err(error) => {
                debug!(%error, "the store does not tell who is known");
                return;
            }
        };
        if needed.is_empty() {
            return;
        }
        let Ok(_asking) = tokio::time::timeout(wait, self.0.asking.lock()).await else { return };
        let Ok(needed) = self.missing(needed, asker).await else { return };
        if needed.is_empty() {
            return;
        }
        // Not the machine's clock: tests stand still, and then whoever waits here must not.
        let fetched = tokio::time::timeout(wait, self.fetch(&needed)).await;
        let fetched = fetched.unwrap_or_else(|_| {
            warn!(?needed, "Slack does not tell in time who they are; it goes on without their names");
            Fetched::default()
        });
        let got = |list: &[String], has: &dyn Fn(&str) -> bool| {
            list.iter().filter(|id| !has(id)).cloned().collect::<Vec<_>>()
        };
        let unknown: Vec<String> = [
            got(&needed.users, &|id| fetched.people.iter().any(|person| person.user_id == id)),
            got(&needed.channels, &|id| fetched.channels.iter().any(|(known, _)| known == id)),
        ]
        .concat();
        if let Err(error) = self.keep(fetched, unknown).await {
            debug!(%error, "who they are could not be kept");
        }
    }

    /// Those of them who are unknown, or known for too long.
    async fn missing(&self, mut needed: Mentions, asker: bool) -> Result<Mentions, StoreError> {
        let now = self.now();
        // A page of messages names the same few people again and again.
        for list in [&mut needed.users, &mut needed.channels] {
            list.sort();
            list.dedup();
        }
        let groups_matter =
            !needed.groups.is_empty() || (asker && self.0.parts.rules.borrow().rights.need_groups());
        let mut open = {
            let known = self.lock();
            let old = |at: Option<&Timestamp>| at.is_none_or(|at| now.since(*at) >= PERSON_FRESH);
            let may = |id: &String| known.refused.get(id).is_none_or(|at| now.since(*at) >= PERSON_AGAIN);
            let users = needed.users.into_iter().filter(|id| old(known.people.get(id)) && may(id));
            let channels = needed.channels.into_iter().filter(|id| old(known.channels.get(id)) && may(id));
            let mut open =
                Mentions { users: users.collect(), channels: channels.collect(), groups: Vec::new() };
            let groups_old = known.usergroups_at.is_none_or(|at| now.since(at) >= USERGROUP_FRESH);
            if groups_matter && groups_old {
                open.groups.push(String::new());
            }
            open
        };
        open.users.truncate(PEOPLE_AT_ONCE * 10);
        open.channels.truncate(PEOPLE_AT_ONCE);
        if open.is_empty() {
            return Ok(open);
        }
        let ask = open.clone();
        let (people, channels) = self
            .0
            .parts
            .store
            .read(move |tx| {
                let mut people = Vec::new();
                for id in &ask.users {
                    people.extend(people::by_id(tx, id)?.map(|one| (one.user_id, one.fetched_at)));
                }
                let mut channels = Vec::new();
                for id in &ask.channels {
                    channels.extend(people::channel(tx, id)?.map(|(_, at)| (id.clone(), at)));
                }
                Ok::<_, StoreError>((people, channels))
            })
            .await?;
        let mut known = self.lock();
        known.bound();
        for (list, remembered, found) in [
            (&mut open.users, &mut known.people, people),
            (&mut open.channels, &mut Default::default(), channels),
        ] {
            for (id, at) in found {
                if now.since(at) < PERSON_FRESH {
                    list.retain(|open| *open != id);
                    remembered.insert(id, at);
                }
            }
        }
        Ok(open)
    }

    async fn fetch(&self, needed: &Mentions) -> Fetched {
        let now = self.now();
        let mut fetched = Fetched::default();
        if !needed.groups.is_empty() && self.free_at("usergroups.list") <= now {
            match self.usergroups().await {
                Ok(groups) => fetched.groups = Some(groups),
                Err(error) => warn!(%error, "user groups cannot be asked for"),
            }
        }
        let mut users = stream::iter(needed.users.clone())
            .map(|id| async move { (self.person(&id).await, id) })
            .buffer_unordered(4);
        while let Some((answer, id)) = users.next().await {
            match answer {
                Ok(person) => fetched.people.push(person),
                Err(error) => debug!(%error, id, "Slack does not tell who this is"),
            }
        }
        for id in &needed.channels {
            match self.0.parts.api.conversations_info(id).await {
                Ok(channel) => fetched.channels.push((id.clone(), channel.name)),
                Err(error) if error.is_slack(&["channel_not_found"]) => {
                    fetched.channels.push((id.clone(), id.clone()));
                }
                Err(error) => debug!(%error, id, "Slack does not tell which channel this is"),
            }
        }
        fetched
    }

    /// Asks who somebody is. Whom Slack does not know, or does not show, is nobody.
    async fn person(&self, id: &str) -> Result<Person, ApiError> {
        const METHOD: &str = "users.info";
        let now = self.now();
        let free_at = self.free_at(METHOD);
        if free_at > now {
            let retry_after_s = free_at.since(now).as_secs().max(1);
            return Err(ApiError::RateLimited { method: METHOD.to_owned(), retry_after_s });
        }
        let team = self.our_team().await;
        match self.noting(METHOD, self.0.parts.api.users_info(id).await) {
            Ok(user) => Ok(person(&user, team.as_deref(), now)),
            Err(error) if error.is_slack(&["user_not_found", "user_not_visible"]) => Ok(nobody(id, now)),
            Err(error) => Err(error),
        }
    }

    async fn usergroups(&self) -> Result<Vec<Usergroup>, ApiError> {
        let now = self.now();
        match self.noting("usergroups.list", self.0.parts.api.usergroups_list().await) {
            Ok(groups) => Ok(groups.into_iter().map(|group| usergroup(group, now)).collect()),
            // Without a paid plan there are none.
            Err(error) if error.is_slack(&["plan_upgrade_required"]) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The workspace whose members are members, as far as it is known.
    async fn our_team(&self) -> Option<String> {
        let configured = self.0.parts.rules.borrow().slack.team_id.clone();
        let told = self.0.parts.team.borrow().clone();
        match configured.or(told) {
            Some(team) => Some(team),
            None => self.0.parts.store.read(incidents::workspace_team).await.unwrap_or_default(),
        }
    }

    async fn keep(&self, fetched: Fetched, unknown: Vec<String>) -> Result<(), StoreError> {
        let now = self.now();
        let late: Vec<String> = {
            let mut known = self.lock();
            let all = fetched
                .people
                .iter()
                .map(|one| &one.user_id)
                .chain(fetched.channels.iter().map(|(id, _)| id));
            let late = all.filter(|id| known.owed.contains(*id)).cloned().collect();
            known.refused.extend(unknown.iter().map(|id| (id.clone(), now)));
            if known.refused.len() > PEOPLE_REMEMBERED {
                known.refused.clear();
            }
            known.owed.extend(unknown);
            known.bound();
            late
        };
        let fetched = Arc::new(fetched);
        let (put, named) = (Arc::clone(&fetched), late.clone());
        self.0
            .parts
            .store
            .write(move |tx| {
                for one in &put.people {
                    people::put(tx, one)?;
                }
                for (id, name) in &put.channels {
                    people::put_channel(tx, id, name, now)?;
                }
                if let Some(groups) = &put.groups {
                    for old in people::usergroups(tx)? {
                        if !groups.iter().any(|group| group.group_id == old.group_id) {
                            people::remove_usergroup(tx, &old.group_id)?;
                        }
                    }
                    for group in groups {
                        people::put_usergroup(tx, group)?;
                    }
                    people::set_usergroups_read(tx, now)?;
                }
                if !put.people.is_empty() || put.groups.is_some() {
                    inbox::retry_held(tx, now)?;
                }
                named.iter().try_for_each(|id| mirror::named(tx, id))
            })
            .await?;
        let mut known = self.lock();
        for one in &fetched.people {
            known.people.insert(one.user_id.clone(), one.fetched_at);
        }
        for (id, _) in &fetched.channels {
            known.channels.insert(id.clone(), now);
        }
        if fetched.groups.is_some() {
            known.usergroups_at = Some(now);
        }
        for id in late {
            known.owed.remove(&id);
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.parts.clock.now_ms())
    }
}

/// Whom somebody names in what they ask for: a role or a task for them is told by their name.
fn named(inbound: &Inbound) -> Vec<String> {
    let mut found = match inbound {
        Inbound::Command(command) => readable::mentions(command.text()).users,
        Inbound::Event(event) => mirror::who_is_in(event.event()).users,
        other => {
            let mut chosen = Vec::new();
            let state = other.interaction().and_then(|one| one.view()).map(|view| &view["state"]["values"]);
            let fields = state.and_then(Value::as_object).into_iter().flat_map(|blocks| blocks.values());
            for field in fields.filter_map(Value::as_object).flat_map(|actions| actions.values()) {
                let many = field["selected_users"].as_array().map(Vec::as_slice).unwrap_or_default();
                let ids = many.iter().chain([&field["selected_user"]]).filter_map(Value::as_str);
                chosen.extend(ids.map(str::to_owned));
            }
            chosen
        }
    };
    found.truncate(PEOPLE_AT_ONCE);
    found
}

impl Known {
    /// Forgets all rather than grow for ever; the store still knows.
    fn bound(&mut self) {
        if self.people.len() > PEOPLE_REMEMBERED {
            self.people.clear();
        }
        if self.channels.len() > PEOPLE_REMEMBERED {
            self.channels.clear();
        }
        while self.owed.len() > PEOPLE_REMEMBERED {
            self.owed.pop_first();
        }
    }
}

fn person(user: &User, team: Option<&str>, now: Timestamp) -> Person {
    let standing = standing(user, team);
    Person {
        user_id: user.id.clone(),
        name: user.shown_name().to_owned(),
        handle: user.name.clone(),
        email: user.email.clone(),
        standing,
        zone: user.tz.clone(),
        fetched_at: told_at(standing, now),
    }
}

/// Whoever is kept out is asked for again soon: they may have been made a full member just now.
fn told_at(standing: Standing, now: Timestamp) -> Timestamp {
    match standing {
        Standing::Member | Standing::Bot => now,
        _ => now - (PERSON_FRESH - NO_MEMBER_FRESH),
    }
}

fn standing(user: &User, team: Option<&str>) -> Standing {
    match (user, team) {
        (User { deleted: true, .. }, _) => Standing::Gone,
        (User { is_bot: true, .. }, _) => Standing::Bot,
        (_, None) => Standing::Unknown,
        (user, Some(team)) if !user.is_of(team) => Standing::Stranger,
        (User { is_guest: true, .. }, _) => Standing::Guest,
        _ => Standing::Member,
    }
}

/// Slack knows nobody of this id, or does not show them.
fn nobody(id: &str, now: Timestamp) -> Person {
    Person {
        user_id: id.to_owned(),
        name: id.to_owned(),
        handle: id.to_owned(),
        email: None,
        standing: Standing::Gone,
        zone: None,
        fetched_at: told_at(Standing::Gone, now),
    }
}

fn usergroup(group: crate::slack::api::UserGroup, now: Timestamp) -> Usergroup {
    Usergroup {
        group_id: group.id,
        handle: group.handle,
        name: group.name,
        members: group.users,
        fetched_at: now,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As `users.info` shows them (docs.slack.dev/reference/objects/user-object).
    #[test]
    fn only_people_of_our_workspace_are_members() {
        for (user, wanted) in [
            (json!({"team_id": "T1"}), Standing::Member),
            (json!({"team_id": "T1", "is_restricted": true}), Standing::Guest),
            (json!({"team_id": "T1", "is_ultra_restricted": true}), Standing::Guest),
            (json!({"team_id": "T1", "is_bot": true}), Standing::Bot),
            (json!({"team_id": "T1", "deleted": true}), Standing::Gone),
            (json!({"team_id": "T2"}), Standing::Stranger),
            (json!({"team_id": "T2", "is_admin": true}), Standing::Stranger),
            (json!({"team_id": "T1", "is_stranger": true}), Standing::Stranger),
            (json!({"team_id": "E1", "enterprise_user": {"teams": ["T2", "T1"]}}), Standing::Member),
            (json!({"team_id": "E1", "enterprise_user": {"teams": ["T2"]}}), Standing::Stranger),
            (json!({}), Standing::Stranger),
        ] {
            let mut all = user.clone();
            all["id"] = json!("U1");
            let found = User::from_value(&all).unwrap();
            assert_eq!(standing(&found, Some("T1")), wanted, "{user}");
        }
        let member = User::from_value(&json!({"id": "U1", "team_id": "T1"})).unwrap();
        assert_eq!(standing(&member, None), Standing::Unknown);
    }
}

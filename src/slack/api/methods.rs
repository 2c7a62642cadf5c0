//! The methods whose answers we read, with answers cut to what we need: whatever else Slack sends, or sends oddly,
//! cannot make a call fail that Slack has carried out.

use serde_json::{Value, json};

use super::{ApiError, SlackApi};
use crate::limits::{SLACK_LIST_ITEMS, SLACK_PAGE_ITEMS};

/// Who a token belongs to (`auth.test`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub team_id: String,
    pub team: String,
    pub enterprise_id: Option<String>,
    /// The bot's user id, as it stands in mentions.
    pub user_id: String,
    pub user: String,
    pub bot_id: Option<String>,
    /// The address of the workspace.
    pub url: String,
}

/// A message that was posted or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The channel's id, even where its name or a user's id was given.
    pub channel: String,
    pub ts: String,
}

/// A channel, private channel or direct message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub is_member: bool,
    pub is_archived: bool,
    pub is_private: bool,
    pub is_im: bool,
    pub creator: Option<String>,
}

/// A person or a bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub id: String,
    pub team_id: Option<String>,
    pub name: String,
    pub real_name: String,
    pub display_name: String,
    /// Needs the scope users:read.email.
    pub email: Option<String>,
    /// Time zone, as in the tz database.
    pub tz: Option<String>,
    pub is_bot: bool,
    /// A guest of one or several channels (`is_restricted`, `is_ultra_restricted`).
    pub is_guest: bool,
    pub deleted: bool,
    /// Of another workspace, and in no channel that we share with it.
    pub is_stranger: bool,
    /// The workspaces of an organisation that they belong to (`enterprise_user.teams`).
    pub teams: Vec<String>,
}

/// A user group (`@sre`); paid plans only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserGroup {
    pub id: String,
    pub handle: String,
    pub name: String,
    pub users: Vec<String>,
}

/// A message read back from a channel. Everything Slack said of it is in `raw`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub ts: String,
    pub thread_ts: Option<String>,
    pub subtype: Option<String>,
    pub user: Option<String>,
    pub bot_id: Option<String>,
    pub text: String,
    /// With `event_type` and, if asked for, `event_payload`.
    pub metadata: Option<Value>,
    pub raw: Value,
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn missing(method: &str, key: &str) -> ApiError {
    ApiError::Uncertain { method: method.to_owned(), detail: format!("the answer has no {key}") }
}

impl Channel {
    /// None without an id.
    pub fn from_value(value: &Value) -> Option<Self> {
        Some(Self {
            id: text(value, "id")?,
            name: text(value, "name").unwrap_or_default(),
            is_member: flag(value, "is_member"),
            is_archived: flag(value, "is_archived"),
            is_private: flag(value, "is_private"),
            is_im: flag(value, "is_im"),
            creator: text(value, "creator"),
        })
    }
}

impl User {
    /// None without an id.
    pub fn from_value(value: &Value) -> Option<Self> {
        let profile = value.get("profile").unwrap_or(&Value::Null);
        Some(Self {
            id: text(value, "id")?,
            team_id: text(value, "team_id"),
            name: text(value, "name").unwrap_or_default(),
            real_name: text(value, "real_name").or_else(|| text(profile, "real_name")).unwrap_or_default(),
            display_name: text(profile, "display_name").unwrap_or_default(),
            email: text(profile, "email"),
            tz: text(value, "tz"),
            is_bot: flag(value, "is_bot"),
            is_guest: flag(value, "is_restricted") || flag(value, "is_ultra_restricted"),
            deleted: flag(value, "deleted"),
            is_stranger: flag(value, "is_stranger"),
            teams: texts(value.pointer("/enterprise_user/teams")),
        })
    }

    /// Whether they belong to this workspace, and not only to one that shares a channel with it
    /// (docs.slack.dev/reference/objects/user-object, docs.slack.dev/apis/slack-connect).
    pub fn is_of(&self, team: &str) -> bool {
        let is_in = self.team_id.as_deref() == Some(team) || self.teams.iter().any(|one| one == team);
        is_in && !self.is_stranger
    }

    /// The name people know them by.
    pub fn shown_name(&self) -> &str {
        [&self.display_name, &self.real_name, &self.name]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or(&self.id)
    }
}

impl UserGroup {
    /// None without an id.
    pub fn from_value(value: &Value) -> Option<Self> {
        Some(Self {
            id: text(value, "id")?,
            handle: text(value, "handle").unwrap_or_default(),
            name: text(value, "name").unwrap_or_default(),
            users: texts(value.get("users")),
        })
    }
}

impl Message {
    /// None without a ts.
    pub fn from_value(raw: Value) -> Option<Self> {
        Some(Self {
            ts: text(&raw, "ts")?,
            thread_ts: text(&raw, "thread_ts"),
            subtype: text(&raw, "subtype"),
            user: text(&raw, "user"),
            bot_id: text(&raw, "bot_id"),
            text: text(&raw, "text").unwrap_or_default(),
            metadata: raw.get("metadata").filter(|metadata| metadata.is_object()).cloned(),
            raw,
        })
    }
}

impl SlackApi {
    /// Whose token this is.
    pub async fn auth_test(&self) -> Result<Identity, ApiError> {
        const METHOD: &str = "auth.test";
        let answer = self.call(METHOD, Value::Null).await?;
        Ok(Identity {
            team_id: text(&answer, "team_id").ok_or_else(|| missing(METHOD, "team_id"))?,
            team: text(&answer, "team").unwrap_or_default(),
            enterprise_id: text(&answer, "enterprise_id"),
            user_id: text(&answer, "user_id").ok_or_else(|| missing(METHOD, "user_id"))?,
            user: text(&answer, "user").unwrap_or_default(),
            bot_id: text(&answer, "bot_id"),
            url: text(&answer, "url").unwrap_or_default(),
        })
    }

    /// Posts a message (all arguments of the method in `message`).
    pub async fn post_message(&self, message: Value) -> Result<Posted, ApiError> {
        self.posting("chat.postMessage", message, "ts").await
    }

    /// Changes a message of our own.
    pub async fn update_message(&self, message: Value) -> Result<Posted, ApiError> {
        self.posting("chat.update", message, "ts").await
    }

    /// Shows a message to one member of a channel. It cannot be changed by the API later.
    pub async fn post_ephemeral(&self, message: Value) -> Result<Posted, ApiError> {
        self.posting("chat.postEphemeral", message, "message_ts").await
    }

    async fn posting(&self, method: &str, message: Value, ts_key: &str) -> Result<Posted, ApiError> {
        let asked = text(&message, "channel");
        let answer = self.call(method, message).await?;
        Ok(Posted {
            channel: text(&answer, "channel").or(asked).ok_or_else(|| missing(method, "channel"))?,
            ts: text(&answer, ts_key).ok_or_else(|| missing(method, ts_key))?,
        })
    }

    /// All channels of these types (`public_channel,private_channel`) that are not archived.
    pub async fn conversations_list(&self, types: &str) -> Result<Vec<Channel>, ApiError> {
        let arguments = json!({"types": types, "exclude_archived": true, "limit": SLACK_LIST_ITEMS});
        let listing = self.all_pages("conversations.list", arguments, "channels").await?;
        Ok(listing.items.iter().filter_map(Channel::from_value).collect())
    }

    /// One channel by its id.
    pub async fn conversations_info(&self, channel: &str) -> Result<Channel, ApiError> {
        const METHOD: &str = "conversations.info";
        let answer = self.call(METHOD, json!({"channel": channel})).await?;
        answer.get("channel").and_then(Channel::from_value).ok_or_else(|| missing(METHOD, "channel"))
    }

    /// The public channels somebody is in, and the private ones that the bot is in, too
    /// (docs.slack.dev/reference/methods/users.conversations). At most `pages` pages.
    pub async fn users_conversations(&self, user: &str, pages: usize) -> Result<Vec<Channel>, ApiError> {
        let arguments = json!({"user": user, "types": "public_channel,private_channel",
            "exclude_archived": false, "limit": SLACK_LIST_ITEMS});
        let listing = self.pages("users.conversations", arguments, "channels", pages).await?;
        Ok(listing.items.iter().filter_map(Channel::from_value).collect())
    }

    /// A page of a channel's messages, newest first, with our metadata; then the cursor of the next page. Ask again
    /// with the cursor until there is none.
    pub async fn conversations_history(
        &self,
        channel: &str,
        oldest: Option<&str>,
        latest: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<(Vec<Message>, Option<String>), ApiError> {
        let arguments = json!({"channel": channel, "oldest": oldest, "latest": latest, "cursor": cursor,
            "inclusive": true, "include_all_metadata": true, "limit": SLACK_PAGE_ITEMS});
        self.messages("conversations.history", arguments).await
    }

    /// A page of a thread, oldest first and the parent among them; then the cursor of the next page.
    pub async fn conversations_replies(
        &self,
        channel: &str,
        thread_ts: &str,
        oldest: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<(Vec<Message>, Option<String>), ApiError> {
        let arguments = json!({"channel": channel, "ts": thread_ts, "oldest": oldest, "cursor": cursor,
            "inclusive": true, "include_all_metadata": true, "limit": SLACK_PAGE_ITEMS});
        self.messages("conversations.replies", arguments).await
    }

    async fn messages(
        &self,
        method: &str,
        arguments: Value,
    ) -> Result<(Vec<Message>, Option<String>), ApiError> {
        let page = self.page(method, arguments, "messages").await?;
        Ok((page.items.into_iter().filter_map(Message::from_value).collect(), page.next_cursor))
    }

    /// One user by id.
    pub async fn users_info(&self, user: &str) -> Result<User, ApiError> {
        self.user("users.info", json!({"user": user})).await
    }

    /// One user by e-mail address; `users_not_found` if there is none.
    pub async fn users_lookup_by_email(&self, email: &str) -> Result<User, ApiError> {
        self.user("users.lookupByEmail", json!({"email": email})).await
    }

    async fn user(&self, method: &str, arguments: Value) -> Result<User, ApiError> {
        let answer = self.call(method, arguments).await?;
        answer.get("user").and_then(User::from_value).ok_or_else(|| missing(method, "user"))
    }

    /// All users, also the deleted ones (they stay in old messages).
    pub async fn users_list(&self) -> Result<Vec<User>, ApiError> {
        let listing = self.all_pages("users.list", json!({"limit": SLACK_LIST_ITEMS}), "members").await?;
        Ok(listing.items.iter().filter_map(User::from_value).collect())
    }

    /// All user groups with their members; `plan_upgrade_required` on a free plan.
    pub async fn usergroups_list(&self) -> Result<Vec<UserGroup>, ApiError> {
        let answer = self.call("usergroups.list", json!({"include_users": true})).await?;
        let groups =
            answer.get("usergroups").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(groups.iter().filter_map(UserGroup::from_value).collect())
    }

    /// Replaces the members of a user group: Slack has no way to add one.
    pub async fn usergroups_users_update(&self, usergroup: &str, users: &[String]) -> Result<(), ApiError> {
        let arguments = json!({"usergroup": usergroup, "users": users.join(",")});
        self.call("usergroups.users.update", arguments).await.map(|_| ())
    }
}

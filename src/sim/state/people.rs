//! People, bots and user groups.

use serde_json::{Value, json};

use super::{Change, Code, SimState};

/// A member of the workspace: person, guest or bot.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: String,
    pub name: String,
    pub real_name: String,
    pub display_name: String,
    pub email: Option<String>,
    /// An IANA zone name.
    pub tz: String,
    pub title: String,
    pub status: String,
    pub is_admin: bool,
    pub is_bot: bool,
    pub is_guest: bool,
    pub deleted: bool,
    /// The workspace they belong to, if not this one (Slack Connect).
    pub team: Option<String>,
}

impl Default for User {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            real_name: String::new(),
            display_name: String::new(),
            email: None,
            tz: "UTC".to_owned(),
            title: String::new(),
            status: String::new(),
            is_admin: false,
            is_bot: false,
            is_guest: false,
            deleted: false,
            team: None,
        }
    }
}

impl User {
    /// A person: the name is the handle; the rest is made from it and may be changed.
    pub fn person(name: &str) -> Self {
        let mut letters = name.chars();
        let real: String =
            letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default();
        Self {
            name: name.to_owned(),
            real_name: real.clone(),
            display_name: real,
            email: Some(format!("{name}@example.com")),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn real_name(mut self, real_name: &str) -> Self {
        self.real_name = real_name.to_owned();
        self.display_name = real_name.split(' ').next().unwrap_or(real_name).to_owned();
        self
    }

    #[must_use]
    pub fn email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    #[must_use]
    pub fn tz(mut self, tz: &str) -> Self {
        self.tz = tz.to_owned();
        self
    }

    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.title = title.to_owned();
        self
    }

    #[must_use]
    pub fn guest(mut self) -> Self {
        self.is_guest = true;
        self
    }

    /// Of another workspace that shares a channel with this one.
    #[must_use]
    pub fn of_team(mut self, team: &str) -> Self {
        self.team = Some(team.to_owned());
        self
    }

    #[must_use]
    pub fn admin(mut self) -> Self {
        self.is_admin = true;
        self
    }

    #[must_use]
    pub fn deactivated(mut self) -> Self {
        self.deleted = true;
        self
    }

    #[must_use]
    pub fn bot(mut self) -> Self {
        self.is_bot = true;
        self.email = None;
        self
    }

    /// A colour that stays the same for this person; apps wear one of their own.
    pub fn color(&self) -> String {
        if self.is_bot {
            return APP_COLOR.to_owned();
        }
        let hash =
            self.id.bytes().chain(self.name.bytes()).fold(17_u32, |h, b| h.wrapping_mul(31) ^ u32::from(b));
        let channel = |shift: u32| 64 + ((hash >> shift) & 0x7f);
        format!("{:02x}{:02x}{:02x}", channel(0), channel(8), channel(16))
    }
}

/// The orange of an app's picture.
const APP_COLOR: &str = "c2410c";

/// A user group, like @oncall.
#[derive(Clone, Debug, PartialEq)]
pub struct UserGroup {
    pub id: String,
    pub handle: String,
    pub name: String,
    pub users: Vec<String>,
    pub disabled: bool,
    pub updated_by: String,
    pub updated_s: i64,
    pub created_s: i64,
}

impl SimState {
    /// Adds a person or bot; returns the id (made here when it is empty).
    pub fn add_user(&mut self, mut user: User) -> String {
        if user.id.is_empty() {
            user.id = self.new_id("U");
        }
        let id = user.id.clone();
        self.users.insert(id.clone(), user);
        self.record(Change::User { user: id.clone(), joined: true });
        id
    }

    /// Changes a person (time zone, name, deactivation …).
    pub fn change_user(&mut self, id: &str, change: impl FnOnce(&mut User)) -> Result<(), Code> {
        let id = self.user(id).ok_or("user_not_found")?.id.clone();
        change(self.users.get_mut(&id).ok_or("user_not_found")?);
        self.record(Change::User { user: id, joined: false });
        Ok(())
    }

    /// Adds a user group; `users` are ids or names.
    pub fn add_group(&mut self, handle: &str, name: &str, users: &[&str]) -> String {
        let users: Vec<String> = users.iter().filter_map(|u| self.user(u)).map(|u| u.id.clone()).collect();
        let group = UserGroup {
            id: self.new_id("S"),
            handle: handle.to_owned(),
            name: name.to_owned(),
            users,
            disabled: false,
            updated_by: self.app.bot_user.clone(),
            updated_s: self.now_s(),
            created_s: self.now_s(),
        };
        let id = group.id.clone();
        self.groups.insert(id.clone(), group);
        self.record(Change::Group { group: id.clone(), created: true, before: Vec::new() });
        id
    }

    /// Replaces the members of a group (usergroups.users.update).
    pub fn set_group_users(&mut self, group: &str, users: Vec<String>, by: &str) -> Result<(), Code> {
        if users.is_empty() {
            return Err("no_users_provided");
        }
        if users.iter().any(|u| self.users.get(u).is_none_or(|u| u.deleted || u.is_bot)) {
            return Err("invalid_users");
        }
        let id = self.group(group).ok_or("no_such_subteam")?.id.clone();
        let now_s = self.now_s();
        let group = self.groups.get_mut(&id).ok_or("no_such_subteam")?;
        let before = std::mem::replace(&mut group.users, users);
        by.clone_into(&mut group.updated_by);
        group.updated_s = now_s;
        self.record(Change::Group { group: id, created: false, before });
        Ok(())
    }

    /// A user as `users.info` shows it.
    pub fn user_json(&self, user: &User, with_email: bool) -> Value {
        let offset_s = jiff::tz::TimeZone::get(&user.tz).ok().map_or(0, |tz| {
            let at = jiff::Timestamp::from_millisecond(self.now_ms).unwrap_or_default();
            tz.to_offset(at).seconds()
        });
        let team = user.team.as_ref().unwrap_or(&self.workspace.id);
        let mut profile = json!({
            "title": user.title, "phone": "", "skype": "", "real_name": user.real_name,
            "real_name_normalized": user.real_name, "display_name": user.display_name,
            "display_name_normalized": user.display_name, "status_text": user.status, "status_emoji": "",
            "avatar_hash": "g000000", "team": team,
        });
        if with_email && let Some(email) = &user.email {
            profile["email"] = json!(email);
        }
        if user.is_bot {
            profile["api_app_id"] = json!(self.app.id);
            profile["bot_id"] = json!(self.app.bot_id);
            profile["always_active"] = json!(false);
        }
        let mut out = json!({
            "id": user.id, "team_id": team, "name": user.name, "deleted": user.deleted,
            "profile": profile, "is_bot": user.is_bot, "is_app_user": false, "updated": self.now_s(),
        });
        if !user.deleted {
            out["color"] = json!(user.color());
            out["real_name"] = json!(user.real_name);
            out["tz"] = json!(user.tz);
            out["tz_label"] = json!(user.tz);
            out["tz_offset"] = json!(offset_s);
            out["is_admin"] = json!(user.is_admin);
            out["is_owner"] = json!(false);
            out["is_primary_owner"] = json!(false);
            out["is_restricted"] = json!(user.is_guest);
            out["is_ultra_restricted"] = json!(false);
            out["is_email_confirmed"] = json!(!user.is_bot);
            out["who_can_share_contact_card"] = json!("EVERYONE");
        }
        out
    }

    /// A user group as `usergroups.list` shows it.
    pub fn group_json(&self, group: &UserGroup, with_users: bool) -> Value {
        let mut out = json!({
            "id": group.id, "team_id": self.workspace.id, "is_usergroup": true, "is_subteam": true, "name": group.name,
            "description": "", "handle": group.handle, "is_external": false, "date_create": group.created_s,
            "date_update": group.updated_s, "date_delete": if group.disabled { group.updated_s } else { 0 },
            "auto_type": null, "auto_provision": false, "enterprise_subteam_id": "",
            "created_by": group.updated_by, "updated_by": group.updated_by, "deleted_by": null,
            "prefs": {"channels": [], "groups": []}, "user_count": group.users.len(),
        });
        if with_users {
            out["users"] = json!(group.users);
        }
        out
    }
}

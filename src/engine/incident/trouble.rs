//! What Slack refuses, in words for people: what it means, how to mend it, whether to try again.

use serde_json::json;

use super::{By, event};
use crate::domain::actor::{Actor, Via};
use crate::domain::incident::Incident;
use crate::domain::incident::news::{Note, Page, Step};
use crate::domain::say::{GroupNote, Say, Urgency};
use crate::engine::say::{note, say};
use crate::engine::{Work, incident::tell};
use crate::store::{StoreError, groups, incidents};

/// Slack's word for a refusal (`missing_scope`), and the scope it asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub code: String,
    pub needed: Option<String>,
}

/// A refusal as people understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    pub(super) reason: String,
    pub(super) mend: String,
    /// Somebody may mend it, so it is tried again.
    pub(super) again: bool,
}

/// What was to be done, as the beginning of a sentence.
pub(super) fn what(step: &Step) -> String {
    match step {
        Step::CreateChannel => "Making the incident's channel".to_owned(),
        Step::Join => "Entering the channel".to_owned(),
        Step::Topic => "Setting the channel's topic".to_owned(),
        Step::Purpose => "Setting the channel's description".to_owned(),
        Step::Bookmark { title, .. } => format!("Adding the bookmark “{title}”"),
        Step::AlertBookmark { number, .. } => format!("Adding the bookmark “Alert #{number}”"),
        Step::Unbookmark { .. } => "Removing a bookmark".to_owned(),
        Step::Invite { .. } => "Inviting people".to_owned(),
        Step::InviteGroup { group, .. } => format!("Inviting the user group {group}"),
        Step::PinCard => "Pinning the status card".to_owned(),
        Step::Rename { name } => format!("Renaming the channel to #{name}"),
        Step::Archive => "Archiving the channel".to_owned(),
        Step::CheckChannel => "Looking whether the channel is private".to_owned(),
    }
}

/// The errors of the methods the steps call (docs.slack.dev/reference/methods), in plain words.
pub(super) fn why(refused: &Refused) -> Why {
    let code = refused.code.as_str();
    let (reason, mend, again): (String, String, bool) = match code {
        "missing_scope" => {
            let scope = refused.needed.as_deref().unwrap_or("it needs");
            let scope = scope.split(',').next().unwrap_or(scope);
            (
                format!("the Slack app lacks the scope `{scope}`"),
                "Add it to the app (OAuth & Permissions → Bot Token Scopes, or `firebell manifest`) and reinstall the app."
                    .to_owned(),
                true,
            )
        }
        "restricted_action"
        | "cannot_create_channel"
        | "no_permission"
        | "permission_denied"
        | "access_denied"
        | "not_authorized" => (
            "the workspace does not let this app do it".to_owned(),
            "A workspace admin can allow it (Settings & permissions → Channel management, and Apps)."
                .to_owned(),
            true,
        ),
        "not_in_channel" => (
            "the bot is not in the channel".to_owned(),
            "Add it again: type /invite and the bot's name in the channel.".to_owned(),
            true,
        ),
        "channel_not_found" => (
            "Slack knows no such channel, or the bot may not see it".to_owned(),
            "Check its name in the config, or invite the bot to it.".to_owned(),
            true,
        ),
        "invalid_name"
        | "invalid_name_specials"
        | "invalid_name_punctuation"
        | "invalid_name_required"
        | "invalid_name_maxlength" => (
            "Slack does not take the channel's name".to_owned(),
            "Change `incidents.channel_name` in the config.".to_owned(),
            true,
        ),
        "name_taken" => (
            "every name that was tried is taken".to_owned(),
            "Put {number} into `incidents.channel_name` in the config.".to_owned(),
            true,
        ),
        "user_is_restricted" | "ura_max_channels" => (
            "guests cannot be invited by an app".to_owned(),
            "Somebody who may can add them: type /invite and their name.".to_owned(),
            false,
        ),
        "cant_invite"
        | "invitee_cant_see_channel"
        | "org_user_not_in_team"
        | "no_external_invite_permission" => (
            "the workspace does not let them in here".to_owned(),
            "Somebody who may can add them: type /invite and their name.".to_owned(),
            false,
        ),
        "user_not_found" | "users_not_found" | "user_disabled" | "user_not_visible" => (
            "Slack knows nobody, or nobody active, by that id or address".to_owned(),
            "Mend it where it is named: in the config, or in the command.".to_owned(),
            false,
        ),
        "no_such_subteam" | "subteam_not_found" => (
            "Slack knows no such user group".to_owned(),
            "Mend its handle or id in the config, or in the command.".to_owned(),
            false,
        ),
        "plan_upgrade_required" | "paid_teams_only" => {
            ("this workspace's plan has no user groups".to_owned(), "Name people instead.".to_owned(), false)
        }
        "too_many_bookmarks" | "too_many_pins" | "too_many_tabs" => (
            "the channel has as many as Slack allows".to_owned(),
            "Remove one that nobody needs.".to_owned(),
            false,
        ),
        "is_archived" => (
            "the channel is archived".to_owned(),
            "Only a person can unarchive it, in the channel's details.".to_owned(),
            false,
        ),
        "method_not_supported_for_channel_type" => (
            "the channel is private, and the bot is not in it".to_owned(),
            "Type /invite and the bot's name in the channel.".to_owned(),
            true,
        ),
        "invalid_link" | "invalid_emoji" => {
            ("Slack does not take the address".to_owned(), String::new(), false)
        }
        _ => (format!("Slack says {code}"), String::new(), false),
    };
    Why { reason, mend, again }
}

/// Tells once what failed and why: in the channel, or to whoever declared it if there is none. `key` names the
/// trouble; it is told again only after the step worked in between.
pub(super) fn tell_once(
    work: &mut Work<'_>,
    incident: &mut Incident,
    key: &str,
    what: &str,
    code: &str,
    why: &Why,
) -> Result<(), StoreError> {
    if !incident.facts.troubles.insert(key.to_owned()) {
        return Ok(());
    }
    incidents::save(work.tx, incident)?;
    let by = By { actor: Actor::Firebell, via: Via::Timer };
    let data = json!({
        "what": what, "error": code, "reason": why.reason, "mend": why.mend, "again": why.again,
    });
    event(work, incident.id, "step_failed", &by, &why.reason, &data)?;
    work.tally.add("incident_steps_failed", 1);
    let (what, reason, mend, again) = (what.to_owned(), why.reason.clone(), why.mend.clone(), why.again);
    if incident.has_live_channel() {
        return tell(work, incident, Note::Trouble { what, reason, mend, again }, Urgency::First);
    }
    if let Some(user) = incident.facts.declared.by.slack_id().map(str::to_owned) {
        let page = Page::Trouble { what, reason, mend, again };
        return say(work, &Say::IncidentPage { incident: incident.id, user, page }, Urgency::Page);
    }
    // Declared by a rule or a program: whoever looks at its alerts hears of it.
    let text = format!("INC-{}: {what} failed: {reason}. {mend}", incident.number);
    for group in incidents::groups_of(work.tx, incident.id)? {
        if let Some(group) = groups::by_id(work.tx, group)? {
            let words = GroupNote::Words { by: Actor::Firebell, via: Via::Timer, text: text.clone() };
            note(work, &group, &words, Urgency::First)?;
        }
    }
    Ok(())
}

/// It works: the next failure is told again. `about` is the beginning of the keys, up to a blank.
pub(super) fn over(work: &mut Work<'_>, incident: &mut Incident, about: &str) -> Result<(), StoreError> {
    let before = incident.facts.troubles.len();
    let is_about = |known: &str| known.strip_prefix(about).is_some_and(|rest| rest.starts_with(' '));
    incident.facts.troubles.retain(|known| !is_about(known));
    if incident.facts.troubles.len() != before {
        incidents::save(work.tx, incident)?;
    }
    Ok(())
}

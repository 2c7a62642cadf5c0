//! The buttons that make sense in each state. A tap that comes twice must not do a second thing: what stands where the
//! first tap was is harmless, and Resolve keeps its place and asks while alerts fire.

use slack_morphism::blocks::{SlackActionBlockElement, SlackSectionBlockElement};

use super::is_test;
use crate::domain::group::State;
use crate::domain::picture::GroupPicture;
use crate::slack::blocks::{
    Choice, Mrkdwn, SlackBlock, SlackButtonStyle, actions, button, confirm, link_button, overflow,
    static_select,
};
use crate::views::words::span;

/// A menu keeps what somebody chose in it for as long as its block keeps its name (bolt-js#2766), and choosing that again
/// would do nothing: after a change the block has another name.
pub(super) fn block_id(picture: &GroupPicture) -> String {
    format!("group_{}_{}", picture.group.id, picture.group.updated_at.as_ms())
}

/// The buttons of a group, the likeliest first.
pub(super) fn row(picture: &GroupPicture) -> Option<SlackBlock> {
    let group = &picture.group;
    let id = group.id.to_string();
    let plain = |action: &str, text: &str| -> SlackActionBlockElement { button(action, text, &id).into() };
    let acknowledge = button("group_ack", "Acknowledge", &id);
    let elements: Vec<SlackActionBlockElement> = match group.state {
        _ if group.attached_to.is_some() => {
            vec![
                plain("group_detach", "Detach"),
                more(&id, &[("timeline", "Timeline"), ("why", "Why here?")]),
            ]
        }
        State::Firing if is_test(picture) => {
            vec![plain("group_resolve", "Close"), more(&id, &[("timeline", "Timeline, why here?")])]
        }
        State::Firing => vec![
            acknowledge.with_style(SlackButtonStyle::Primary).into(),
            resolve(picture),
            silence(picture, &id),
            more(&id, &[RESPONDERS, NOTE, DECLARE, ATTACH, TIMELINE]),
        ],
        State::Acknowledged => vec![
            plain("group_responders", "Add responders"),
            resolve(picture),
            silence(picture, &id),
            more(&id, &[("unack", "Unacknowledge"), NOTE, DECLARE, ATTACH, TIMELINE]),
        ],
        State::Silenced => vec![
            plain("group_unsilence", "Unsilence"),
            acknowledge.into(),
            resolve(picture),
            more(&id, &[RESPONDERS, NOTE, DECLARE, ATTACH, TIMELINE]),
        ],
        // Those of one that is not attached stand beside its line.
        State::Resolved => Vec::new(),
    };
    actions(&block_id(picture), elements)
}

const RESPONDERS: (&str, &str) = ("responders", "Add responders");
const NOTE: (&str, &str) = ("note", "Add note");
const DECLARE: (&str, &str) = ("declare", "Declare incident");
const ATTACH: (&str, &str) = ("attach", "Attach to another");
const TIMELINE: (&str, &str) = ("timeline", "Timeline, why here?");

/// What can be done about a group that is over, in one menu.
pub(super) fn of_resolved(picture: &GroupPicture) -> SlackSectionBlockElement {
    let group = &picture.group;
    let has_note = group.facts.resolved.as_ref().is_some_and(|resolved| resolved.note.is_some());
    let fix = if has_note { "Change what fixed it" } else { "What fixed it?" };
    let entries = [("details", "Show details"), ("fix", fix), ("unresolve", "Unresolve"), NOTE, TIMELINE];
    overflow("group_more", &choices(&group.id.to_string(), &entries)).into()
}

/// Asks first while alerts fire: who resolves what burns silences it until it ends and fires anew.
fn resolve(picture: &GroupPicture) -> SlackActionBlockElement {
    let group = &picture.group;
    let resolve = button("group_resolve", "Resolve", &group.id.to_string());
    if group.firing == 0 {
        return resolve.into();
    }
    let still = match group.firing {
        1 => "It still fires.".to_owned(),
        firing => format!("{firing} alerts still fire."),
    };
    let text =
        Mrkdwn::markup(still).raw(" Resolved by hand, it says nothing more until they end and fire anew.");
    resolve.with_confirm(confirm(&format!("Resolve #{}?", group.number), text, "Resolve", "Cancel")).into()
}

fn silence(picture: &GroupPicture, id: &str) -> SlackActionBlockElement {
    let mut choices: Vec<Choice> = picture
        .silence_presets
        .iter()
        .map(|preset| match preset {
            Some(length) => {
                Choice::new(format!("for {}", span(*length)), format!("{id}:{}", length.as_secs()))
            }
            None => Choice::new("until I lift it", format!("{id}:forever")),
        })
        .collect();
    choices.push(Choice::new("Other…", format!("{id}:custom")));
    static_select("group_silence", "Silence", &choices, None).into()
}

fn more(id: &str, entries: &[(&str, &str)]) -> SlackActionBlockElement {
    overflow("group_more", &choices(id, entries)).into()
}

fn choices(id: &str, entries: &[(&str, &str)]) -> Vec<Choice> {
    entries.iter().map(|(verb, text)| Choice::new(*text, format!("{verb}:{id}"))).collect()
}

/// The links as buttons.
pub(super) fn links(picture: &GroupPicture) -> Option<SlackBlock> {
    let row = picture.links.iter().enumerate().filter_map(|(nth, link)| {
        link_button(&format!("link_{nth}"), &link.name, &link.url).map(SlackActionBlockElement::from)
    });
    actions(&format!("links_{}", picture.group.id), row)
}

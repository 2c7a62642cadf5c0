//! What people click and fill in. One file a thing, one line in [`ACTIONS`].

mod attach;
mod bulk;
mod events;
mod fix;
mod incident;
mod more;
mod note;
mod plain;
mod responders;
mod silence;
mod silence_rule;
mod state;
mod storm;
mod timeline;
mod words;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::commands::{self, Said};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::{Group, Refusal};
use crate::domain::say::{Say, Urgency, View};
use crate::engine::deeds::{By, Done};
use crate::engine::incident::permit;
use crate::engine::sight::Viewer;
use crate::engine::{Work, say};
use crate::slack::blocks::{Mrkdwn, truncate};
use crate::slack::types::{Inbound, Interaction};
use crate::store::{StoreError, groups, outbox, people};
use crate::views::answer::{self, WORDS};

pub use crate::views::answer::GONE;
use crate::views::incident::answer::denied;
pub use crate::views::modal::notice;

/// What the person gets back at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing but the acknowledgement; what follows comes as messages.
    Nothing,
    /// Words only this person sees.
    Private(String),
    /// A message only this person sees, in full.
    PrivateMessage(Value),
    /// Errors at the fields of a dialogue, by block id.
    Errors(BTreeMap<String, String>),
    /// All dialogues are closed.
    Clear,
    /// This dialogue becomes another.
    Update(Value),
    /// A dialogue on top of this one.
    Push(Value),
    /// What a menu offers.
    Options(Value),
}

/// What a thing does when it is used.
type Run = fn(&mut Work<'_>, &Act<'_>) -> Result<Answer, StoreError>;

/// By what it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A button or a menu, by its action id.
    Click,
    /// A form that is sent, by its callback id.
    Form,
    /// A shortcut on a message, by its callback id.
    Message,
}

/// One thing that can be used.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    pub kind: Kind,
    pub id: &'static str,
    run: Run,
}

const fn click(id: &'static str, run: Run) -> Action {
    Action { kind: Kind::Click, id, run }
}

const fn form(id: &'static str, run: Run) -> Action {
    Action { kind: Kind::Form, id, run }
}

const fn on_message(id: &'static str, run: Run) -> Action {
    Action { kind: Kind::Message, id, run }
}

/// Everything that can be used. Messages that hang in Slack keep these ids: one that goes stays known.
pub const ACTIONS: &[Action] = &[
    click("group_ack", state::acknowledge),
    click("group_unack", state::unacknowledge),
    click("group_resolve", state::resolve),
    click("group_unresolve", state::unresolve),
    click("group_unsilence", state::unsilence),
    click("group_confirm", state::confirm),
    click("group_detach", attach::detach),
    click("group_silence", silence::chosen),
    click("group_more", more::chosen),
    click("group_fix", fix::open),
    click("group_responders", responders::open),
    click("storm_ack", storm::acknowledge_all),
    click("storm_list", storm::list),
    click("storm_earlier", storm::turn),
    click("storm_later", storm::turn),
    click("storm_group", storm::chosen),
    click("responder_remove", responders::remove),
    click("timeline_earlier", timeline::turn),
    click("timeline_later", timeline::turn),
    click("timeline_why", timeline::why),
    click("silence_confirm", silence_rule::confirmed),
    click("bulk_confirm", bulk::confirmed),
    click("home_ack", bulk::open),
    click("home_resolve", bulk::open),
    click("home_silence", bulk::open),
    form("bulk", bulk::sent),
    form("group_fix", fix::sent),
    form("group_silence", silence::sent),
    form("group_responders", responders::sent),
    form("group_attach", attach::sent),
    form("group_note", note::sent),
    on_message("add_note", note::from_message),
    click("incident_form_menu", incident::opened),
    click("incident_form_severity", incident::opened),
    click("incident_form_status", incident::opened),
    click("incident_form_roles", incident::opened),
    click("incident_form_tasks", incident::opened),
    click("incident_form_update", incident::opened),
    click("incident_form_note", incident::opened),
    click("incident_form_invite", incident::opened),
    click("incident_form_title", incident::opened),
    click("incident_form_resolve", incident::opened),
    click("incident_form_cancel", incident::opened),
    click("incident_form_timeline", incident::opened),
    click("incident_form_attach", incident::opened),
    click("incident_form_detach", incident::opened),
    click("incident_form_link", incident::opened),
    click("incident_form_merge", incident::opened),
    click("incident_declare", incident::open_empty),
    click("incident_take", incident::take),
    click("incident_leave", incident::leave),
    click("incident_task_done", incident::task_done),
    click("incident_join", incident::join),
    click("incident_reopen", incident::reopen),
    click("incident_earlier", incident::turned),
    click("incident_later", incident::turned),
    form("incident_declare", incident::declare_sent),
    form("incident_severity", incident::severity),
    form("incident_status", incident::status),
    form("incident_title", incident::title),
    form("incident_update", incident::update),
    form("incident_note", incident::note),
    form("incident_resolve", incident::resolve),
    form("incident_cancel", incident::cancel),
    form("incident_invite", incident::invite),
    form("incident_role", incident::role),
    form("incident_task", incident::task),
    form("incident_attach", incident::attach),
    form("incident_detach", incident::detach),
    form("incident_link", incident::link),
    form("incident_merge", incident::merge),
    click("incident_rename", incident::rename),
    click("incident_resolve_anyway", incident::resolve_anyway),
    click("incident_coming", incident::answered_call),
    click("incident_cant", incident::answered_call),
    click("responder_coming", responders::answered),
    click("responder_cant", responders::answered),
    on_message("declare_incident", incident::from_message),
    click("incident_redact", incident::redact_confirmed),
    on_message("redact_message", incident::redact_message),
];

/// Buttons that only lead somewhere begin so; Slack tells of their clicks all the same.
const LINK: &str = "link_";

/// Who uses it and with what.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    pub user: &'a str,
    /// The button's value, the chosen option's, or what the form keeps for us.
    pub value: &'a str,
    pub via: Via,
    pub from: &'a Interaction,
}

impl Act<'_> {
    fn by(&self) -> By {
        By { actor: Actor::Person(self.user.to_owned()), via: self.via }
    }

    /// The group, where the value is its id or begins with it (`24:3600`).
    fn group(&self) -> Option<i64> {
        self.value.split(':').next()?.parse().ok()
    }

    /// What stands behind the group's id.
    fn rest(&self) -> &str {
        self.value.split_once(':').map_or("", |(_, rest)| rest)
    }

    /// What was typed into a field, without blank ends.
    fn typed(&self, field: &str) -> &str {
        self.from.state_of(field).and_then(|field| field.text()).unwrap_or_default().trim()
    }
}

/// Does before the transaction what would keep everybody else waiting in it.
pub fn prepare(inbound: &Inbound) {
    match inbound {
        Inbound::Command(command) => commands::prepare(command.text()),
        Inbound::Event(event) => commands::prepare(event.event()["text"].as_str().unwrap_or_default()),
        Inbound::BlockActions(from) => {
            for action in from.actions() {
                let value = action.value().unwrap_or_default();
                if action.action_id().starts_with(WORDS) {
                    commands::prepare(value);
                } else {
                    bulk::prepare(value);
                    silence_rule::prepare(value);
                }
            }
        }
        _ => {}
    }
}

/// Of an input nothing is carried out; what it tells of the channels of incidents is kept all the same.
pub fn only_keep(work: &mut Work<'_>, inbound: &Inbound) -> Result<(), StoreError> {
    match inbound {
        Inbound::Event(event) => events::keep(work, event).map(drop),
        _ => Ok(()),
    }
}

/// Deals with everything that comes from Slack. `None`: none of ours.
pub fn handle(work: &mut Work<'_>, inbound: &Inbound) -> Result<Option<Answer>, StoreError> {
    let kept = keep(work, inbound)?;
    let answer = respond(work, inbound)?;
    Ok(answer.or(kept.then_some(Answer::Nothing)))
}

/// Keeps what an input tells besides what it asks for: somebody's name, what was said in an incident's channel. Whether it
/// was the latter.
pub fn keep(work: &mut Work<'_>, inbound: &Inbound) -> Result<bool, StoreError> {
    // What is only asked is answered without writing.
    if let (true, Some(user), Some(name)) = (inbound.is_durable(), inbound.user_id(), inbound.user_name()) {
        people::learn(work.tx, user, name)?;
    }
    match inbound {
        Inbound::Event(event) => events::keep(work, event),
        _ => Ok(false),
    }
}

/// Whether this most likely asks for something and changes nothing: then it is tried without the writer.
pub fn only_asks(inbound: &Inbound) -> bool {
    match inbound {
        Inbound::Command(command) => commands::only_asks(command.text()),
        Inbound::Event(event) => events::words(event).is_some_and(commands::only_asks),
        _ => false,
    }
}

/// Does what this asks for. On a reader, whoever wants to write gets [`StoreError::ReadOnly`].
pub fn respond(work: &mut Work<'_>, inbound: &Inbound) -> Result<Option<Answer>, StoreError> {
    work.here = inbound.channel_id().map(str::to_owned);
    match inbound {
        Inbound::Command(command) => {
            let Some(user) = command.user_id() else { return Ok(None) };
            let said = Said {
                user,
                channel: command.channel_id().unwrap_or_default(),
                thread_ts: None,
                trigger_id: command.trigger_id(),
                text: command.text().trim(),
                mention: false,
                command: command.command(),
                response_url: command.response_url(),
                channel_name: command.channel_name(),
            };
            commands::run(work, &said).map(Some)
        }
        Inbound::Event(event) => events::wish(work, event),
        Inbound::AppRateLimited(raw) => events::rate_limited(work, raw),
        Inbound::BlockActions(from) => clicked(work, from),
        Inbound::ViewSubmission(from) => {
            let value = from.private_metadata();
            used(work, Kind::Form, from.callback_id(), value, Via::Form, from)
        }
        Inbound::MessageAction(from) => {
            used(work, Kind::Message, from.callback_id(), "", Via::Shortcut, from)
        }
        _ => Ok(None),
    }
}

/// Slack sends one click at a time, but says it may send more; the last one's answer is given.
fn clicked(work: &mut Work<'_>, from: &Interaction) -> Result<Option<Answer>, StoreError> {
    let mut last = None;
    for action in from.actions() {
        let (id, value) = (action.action_id(), action.value().unwrap_or_default());
        let answer = match from.user_id() {
            _ if id.starts_with(LINK) => Some(Answer::Nothing),
            Some(user) if id.starts_with(WORDS) => Some(words::pressed(work, user, value, from)?),
            _ => used(work, Kind::Click, Some(id), value, Via::Button, from)?,
        };
        last = answer.or(last);
    }
    // What was clicked in App Home shows there at once.
    if let (Some("home"), Some(user), true) = (from.view_type(), from.user_id(), last.is_some()) {
        say::say(work, &Say::Home { user: user.to_owned() }, Urgency::Answer)?;
    }
    Ok(last)
}

fn used(
    work: &mut Work<'_>,
    kind: Kind,
    id: Option<&str>,
    value: &str,
    via: Via,
    from: &Interaction,
) -> Result<Option<Answer>, StoreError> {
    let found = ACTIONS.iter().find(|action| action.kind == kind && Some(action.id) == id);
    let (Some(action), Some(user)) = (found, from.user_id()) else { return Ok(None) };
    (action.run)(work, &Act { user, value, via, from }).map(Some)
}

/// What the one who clicked is told of it: nothing if it was done, because everybody sees it.
fn answer(work: &mut Work<'_>, act: &Act<'_>, done: &Done) -> Result<Answer, StoreError> {
    Ok(match said(work, act, done)? {
        Some(text) => Answer::Private(text.into_string()),
        None => Answer::Nothing,
    })
}

/// The same for a form: it closes, or becomes the words.
fn form_answer(work: &mut Work<'_>, act: &Act<'_>, done: &Done) -> Result<Answer, StoreError> {
    Ok(match said(work, act, done)? {
        Some(text) => Answer::Update(notice("Not done", text)),
        None => Answer::Nothing,
    })
}

fn said(work: &mut Work<'_>, act: &Act<'_>, done: &Done) -> Result<Option<Mrkdwn>, StoreError> {
    Ok(match done {
        Done::Yes(_) => None,
        Done::No(group, refusal) => Some(refused(work, act.user, group, refusal)?),
        Done::Denied(why) => Some(denied(why)),
        Done::Unknown => Some(Mrkdwn::markup(GONE)),
    })
}

/// Why a wish of this person's was not granted.
pub fn refused(
    work: &mut Work<'_>,
    user: &str,
    group: &Group,
    refusal: &Refusal,
) -> Result<Mrkdwn, StoreError> {
    let root = match group.attached_to {
        Some(root) => groups::by_id(work.tx, root)?.map(|root| root.number),
        None => None,
    };
    Ok(answer::refused(group, refusal, root, user, &work.rules.slack.command))
}

/// Whether they may change anything; or what they are told. Before a dialogue, so that nobody fills in one in vain.
pub fn may_work(work: &mut Work<'_>, user: &str) -> Result<Result<(), Answer>, StoreError> {
    let asker = Actor::Person(user.to_owned());
    let may = permit(work, &asker, None)?;
    Ok(may.map_err(|why| Answer::Private(denied(&why).into_string())))
}

/// Slack lets a dialogue be opened only right after the tap.
fn too_late() -> Answer {
    let text = "Slack opens a form only within 3 seconds of your tap, and it took longer. Please tap again.";
    Answer::Private(text.to_owned())
}

/// A button whose value is not what we put there: an old message or a mistake of ours.
fn unreadable() -> Answer {
    let text = "Nothing was done: this button is from another version of Firebell. The typed words work: try `help`.";
    Answer::Private(text.to_owned())
}

/// Opens a dialogue about a group that is still there.
fn open(work: &mut Work<'_>, act: &Act<'_>, group: i64, view: View) -> Result<Answer, StoreError> {
    if !sees(work, act, group)? {
        return Ok(Answer::Private(GONE.to_owned()));
    }
    let only_looks = matches!(
        view,
        View::Details { .. } | View::Timeline { .. } | View::TimelinePage { .. } | View::Why { .. }
    );
    if !only_looks && let Err(denied) = may_work(work, act.user)? {
        return Ok(denied);
    }
    let Some(trigger_id) = act.from.trigger_id() else { return Ok(too_late()) };
    say::say(work, &Say::OpenView { trigger_id: trigger_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

/// Whether there is such a group, and they may know of it.
fn sees(work: &mut Work<'_>, act: &Act<'_>, group: i64) -> Result<bool, StoreError> {
    match groups::by_id(work.tx, group)? {
        Some(group) => Viewer::doing(work, act.user)?.sees_group(work.tx, &group),
        None => Ok(false),
    }
}

/// An error at a field of a form.
fn error_at(field: &str, text: impl Into<String>) -> Answer {
    Answer::Errors(BTreeMap::from([(field.to_owned(), text.into())]))
}

/// The alert group whose message or thread this is.
pub fn group_at(work: &mut Work<'_>, channel: &str, ts: &str) -> Result<Option<Group>, StoreError> {
    let Some(name) = outbox::name_at(work.tx, channel, ts)? else { return Ok(None) };
    match say::group_of(&name) {
        Some(group) => groups::by_id(work.tx, group),
        None => Ok(None),
    }
}

/// A text of somebody's, within its bound.
fn bounded(text: &str, chars: usize) -> String {
    truncate(text.trim(), chars)
}

#[cfg(test)]
mod tests;

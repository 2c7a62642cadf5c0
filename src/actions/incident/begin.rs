//! Declaring: from an alert group's menu, from any message, from App Home; and the form that is sent.

use serde_json::Value;

use super::super::{Act, Answer, GONE, bounded, error_at, group_at, plain, sees, too_late};
use super::{field_of, to_form};
use crate::domain::actor::Actor;
use crate::domain::incident::{Refusal, ShownTo};
use crate::domain::label::Labels;
use crate::domain::say::{Say, Urgency, View};
use crate::engine::incident::{self, Declared, Wish};
use crate::engine::{Work, say};
use crate::limits::{INCIDENT_TEXT_CHARS, INCIDENT_TITLE_CHARS};
use crate::slack::blocks::Mrkdwn;
use crate::store::StoreError;
use crate::views::incident::answer;
use crate::views::modal::incident::field;
use crate::views::modal::notice;

/// Whoever may not declare hears so before the form, not after it.
fn open(work: &mut Work<'_>, act: &Act<'_>, view: View) -> Result<Answer, StoreError> {
    let actor = Actor::Person(act.user.to_owned());
    if let Err(denied) = incident::permit(work, &actor, Some(crate::domain::rights::Right::Declare))? {
        return Ok(Answer::Private(answer::denied(&denied).into_string()));
    }
    let Some(trigger_id) = act.from.trigger_id() else { return Ok(too_late()) };
    say::say(work, &Say::OpenView { trigger_id: trigger_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

pub(in crate::actions) fn from_group(
    work: &mut Work<'_>,
    act: &Act<'_>,
    group: i64,
) -> Result<Answer, StoreError> {
    if !sees(work, act, group)? {
        return Ok(Answer::Private(GONE.to_owned()));
    }
    let channel = act.from.channel_id().unwrap_or_default().to_owned();
    open(work, act, form(Some(group), String::new(), String::new(), channel))
}

/// The button in App Home.
pub(in crate::actions) fn open_empty(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let channel = act.from.channel_id().unwrap_or_default().to_owned();
    open(work, act, form(None, String::new(), String::new(), channel))
}

const fn form(group: Option<i64>, title: String, description: String, channel: String) -> View {
    View::Declare { group, title, description, severity: None, channel, private: false, drill: false }
}

/// The shortcut on a message: its words are the title; in an alert's thread it is about that alert.
pub(in crate::actions) fn from_message(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let channel = act.from.channel_id().unwrap_or_default();
    let mut group = None;
    for ts in [act.from.message_ts(), act.from.thread_ts()].into_iter().flatten() {
        group = match group {
            None => group_at(work, channel, ts)?.map(|group| group.id),
            found => found,
        };
    }
    let text = act.from.message().and_then(|message| message["text"].as_str()).unwrap_or_default();
    let text = plain::message(text);
    let (title, description) = match group {
        // The alert has a better title than its message's markup.
        Some(_) => (String::new(), String::new()),
        None => {
            let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            let title = bounded(first.trim_end_matches('.'), INCIDENT_TITLE_CHARS);
            // What the title says whole need not stand there twice.
            let more = text.trim().len() > first.len() || title.len() + 1 < first.len();
            (title, if more { bounded(&text, INCIDENT_TEXT_CHARS) } else { String::new() })
        }
    };
    open(work, act, form(group, title, description, channel.to_owned()))
}

pub(in crate::actions) fn sent(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let keeps: Value = serde_json::from_str(act.value).unwrap_or(Value::Null);
    let group = keeps["group"].as_i64();
    if let (Some(group), Ok(into)) = (group, act.typed(field::INTO).parse()) {
        let done = incident::attach_group(work, into, &act.by(), group)?;
        return Ok(to_form(work, &done));
    }
    let labels = match labels(act.typed(field::LABELS)) {
        Ok(labels) => labels,
        Err(problem) => return Ok(error_at(field::LABELS, problem)),
    };
    let flags = act.from.state_of(field::FLAGS).map(|field| field.list()).unwrap_or_default();
    let severity = Some(act.typed(field::SEVERITY)).filter(|typed| !typed.is_empty()).map(str::to_owned);
    let wish = Wish {
        title: act.typed(field::TITLE).to_owned(),
        severity,
        description: act.typed(field::DESCRIPTION).to_owned(),
        labels,
        private: flags.contains(&field::PRIVATE),
        drill: flags.contains(&field::DRILL),
        groups: group.into_iter().collect(),
        group_key: None,
        shown_to: Some(ShownTo { user: act.user.to_owned(), url: None }),
    };
    Ok(match incident::declare(work, wish, &act.by())? {
        // Its channel is made now; the invitation to it is the answer everybody gets.
        Declared::New(_) | Declared::Attached(_) => Answer::Clear,
        Declared::Denied(denied) => Answer::Update(notice("Not declared", answer::denied(&denied))),
        Declared::No(Refusal::Text { field, problem }) => match field_of(field) {
            Some(id) => error_at(id, problem),
            None => Answer::Update(notice("Not declared", Mrkdwn::new().text(&problem))),
        },
        Declared::No(Refusal::Unknown { known, .. }) => error_at(
            field::SEVERITY,
            format!("There is no such severity any more; there are {}.", known.join(", ")),
        ),
        Declared::No(_) => {
            Answer::Update(notice("Not declared", Mrkdwn::markup("It cannot be declared so.")))
        }
    })
}

/// `team=shop, region=eu`
fn labels(typed: &str) -> Result<Labels, String> {
    let mut labels = Labels::new();
    for pair in typed.split([' ', ',', '\n']).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                labels.insert(name, value.trim_matches('"'));
            }
            _ => {
                return Err(format!(
                    "\u{201c}{pair}\u{201d} is no label: write name=value, as in team=shop."
                ));
            }
        }
    }
    Ok(labels)
}

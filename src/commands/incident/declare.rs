//! `declare`: an incident begins.

use super::super::reply::{by, private};
use super::super::{Command, Said, flags, typed, which as alerts};
use super::reply::{self, may};
use super::which::{Named, named, of_group};
use crate::actions::Answer;
use crate::domain::group::Group;
use crate::domain::incident::{Incident, ShownTo, one_line};
use crate::domain::rights::Right;
use crate::domain::say::{Say, Urgency, View};
use crate::engine::incident::{Declared, Wish, declare as declare_it};
use crate::engine::{Work, say};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, incidents};
use crate::views::answer::next;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::{denied, name, not_declared};

pub(in crate::commands) const DECLARE: Command = Command {
    entry: Entry {
        word: "declare",
        aliases: &["start", "create", "new"],
        usage: &[
            "declare [title]",
            "declare SEV1 title",
            "declare alert 5 [title]",
            "declare SEV1 --private title",
            "declare SEV3 --drill title",
        ],
        help: "begin an incident; with a severity and a title at once, else with a form",
        about: About::Incidents,
    },
    run: declare,
};

fn declare(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let typed = match flags::read(DECLARE.entry.word, rest) {
        Ok(typed) => typed,
        Err(flag) => return Ok(private(flags::refused(&DECLARE, &flag, &work.rules.slack.command))),
    };
    let (rest, is_private) = (typed.text.as_str(), typed.flags.contains(&flags::PRIVATE));
    let is_drill = typed.flags.contains(&flags::DRILL);
    if is_private && let Err(answer) = may(work, said, Some(Right::Private))? {
        return Ok(answer);
    }
    if let Err(answer) = may(work, said, Some(Right::Declare))? {
        return Ok(answer);
    }
    if let Some(answer) = channel_for_alert(work, said, rest)? {
        return Ok(answer);
    }
    let (group, rest) = match named(work, said, rest)? {
        Named::Alert(number, after) => match alerts::by_number(work, said, number)? {
            Some(group) => (Some(group), after),
            None => return Ok(super::super::reply::no_such_group(work, number)),
        },
        _ => (alerts::of_thread(work, said)?, rest),
    };
    if let Some(group) = &group
        && let Some(open) = of_group(work, said, group)?
    {
        return Ok(already(work, group, &open));
    }
    let (severity, words) = severity(work, rest);
    let title = one_line(&typed::plain(words));
    // In the channel of one that is open, another one is declared with open eyes: by the form, which says so.
    let inside = incidents::by_channel(work.tx, said.channel)?.filter(Incident::is_open);
    let has_all = severity.is_some() && (!title.is_empty() || group.is_some()) && inside.is_none();
    if let Some(trigger_id) = said.trigger_id.filter(|_| !has_all) {
        let group = group.map(|group| group.id);
        let channel = said.channel.to_owned();
        let view = View::Declare {
            group,
            title,
            description: String::new(),
            severity,
            channel,
            private: is_private,
            drill: is_drill,
        };
        say::say(work, &Say::OpenView { trigger_id: trigger_id.to_owned(), view }, Urgency::Answer)?;
        return Ok(Answer::Nothing);
    }
    if title.is_empty() && group.is_none() {
        let text = Mrkdwn::markup("What is wrong? As in ");
        let severity = severity.as_deref().unwrap_or("SEV2");
        let words = format!("declare {severity} nobody can pay");
        return Ok(private(next(text, &work.rules.slack.command, &words)));
    }
    if let Some(here) = inside {
        let text = Mrkdwn::markup("This is the channel of ").append(&name(&here));
        let text = text
            .raw(", which is open. To declare *another* one, say so in another channel, or open the form: ");
        return Ok(private(next(text, &work.rules.slack.command, "declare")));
    }
    let shown_to = Some(ShownTo { user: said.user.to_owned(), url: said.response_url.map(str::to_owned) });
    let groups = group.iter().map(|group| group.id).collect();
    let wish =
        Wish { title, severity, private: is_private, drill: is_drill, groups, shown_to, ..Wish::default() };
    let declared = declare_it(work, wish, &by(said))?;
    Ok(told(work, declared))
}

/// Slack made a channel of `#5`: they are asked whether that alert was meant.
fn channel_for_alert(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Option<Answer>, StoreError> {
    let (first, after) = typed::first(rest);
    let (is_alert, first) = match typed::is_alert_word(first) {
        true => (true, typed::first(after).0),
        false => (false, first),
    };
    let Some(channel) = typed::channel(first) else { return Ok(None) };
    let Some(meant) = typed::numbers_for_channels(rest) else { return Ok(None) };
    let meant = if is_alert { meant } else { format!("alert {meant}") };
    let Some(number) = typed::alert(&meant).map(|named| named.number) else { return Ok(None) };
    Ok(alerts::by_number(work, said, number)?.map(|group| {
        super::super::reply::is_it(work, channel, &group, &format!("{} {meant}", DECLARE.entry.word), None)
    }))
}

/// The severity at the beginning, if one is named; a mere number is a word of the title.
fn severity<'t>(work: &Work<'_>, text: &'t str) -> (Option<String>, &'t str) {
    let (first, after) = typed::first(text);
    let word = typed::plain(first);
    let word = word.trim_end_matches([':', ',']).to_lowercase();
    let known = work.rules.incidents.severities.iter().find(|one| one.name.to_lowercase() == word);
    match known {
        Some(known) => (Some(known.name.clone()), after.trim_start_matches(['-', '–', ':', ' '])),
        None => (None, text),
    }
}

fn already(work: &Work<'_>, group: &Group, open: &Incident) -> Answer {
    let text = Mrkdwn::markup(format!("#{} belongs to an open incident already: ", group.number));
    let text = reply::line(text, open).raw(". To put it into another one: ");
    let words = format!("detach {} INC-{}", group.number, open.number);
    private(next(text, &work.rules.slack.command, &words))
}

/// What comes next is its channel, which takes a moment.
pub(super) fn told(work: &Work<'_>, declared: Declared) -> Answer {
    private(match declared {
        Declared::New(one) | Declared::Attached(one) => match &one.channel_id {
            Some(channel) => {
                name(&one).raw(" is ").channel(channel).raw(" from now on: what is said there is kept.")
            }
            None => {
                let text = Mrkdwn::markup(":rotating_light: ").append(&name(&one)).raw(" is declared as ");
                let text =
                    text.text(&one.severity).raw(". Its channel is being made; you are invited to it.");
                next(text.raw(" All open ones: "), &work.rules.slack.command, "incidents")
            }
        },
        Declared::Denied(why) => denied(&why),
        Declared::No(refusal) => not_declared(&refusal),
    })
}

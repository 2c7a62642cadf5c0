//! `invite` (and `call`): people and user groups come into its channel.

use super::super::reply::{by, private};
use super::super::{Command, Said, call as alerts, typed};
use super::reply;
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::domain::say::IncidentForm;
use crate::engine::{Work, incident};
use crate::limits::RESPONDERS_AT_ONCE_MAX;
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, people};
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;

pub(in crate::commands) const INVITE: Command = Command {
    entry: Entry {
        word: "invite",
        aliases: &["add"],
        usage: &["invite @ann @dba", "invite INC-12 @ann", "invite 5 @ann"],
        help: "call people and user groups in",
        about: About::Incidents,
    },
    run: alerts::call,
};

/// The incident's part.
pub(in crate::commands) fn invite(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: Incident,
    words: &str,
) -> Result<Answer, StoreError> {
    let users = typed::users(words);
    let (mut groups, mut unknown) = (typed::user_groups(words), Vec::new());
    // What was typed without picking from Slack's list may still be the handle of a user group.
    for word in typed::without_references(words).split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty())
    {
        let handle = word.trim_start_matches('@');
        let known = people::usergroups(work.tx)?.into_iter().find(|group| group.handle == handle);
        match known {
            Some(group) if !groups.contains(&group.group_id) => groups.push(group.group_id),
            Some(_) => {}
            None if matches!(word, "and" | "please" | "important") => {}
            None => unknown.push(word.to_owned()),
        }
    }
    if !unknown.is_empty() {
        let text = Mrkdwn::markup("I do not know who ").code(&unknown.join(" "));
        return Ok(private(text.raw(" is. Type @ and pick people or user groups from Slack's list.")));
    }
    if users.is_empty() && groups.is_empty() {
        return reply::form(work, said, &one, IncidentForm::Invite, "invite");
    }
    if users.len() > RESPONDERS_AT_ONCE_MAX {
        let text = format!("At most {RESPONDERS_AT_ONCE_MAX} people at once; these are {}.", users.len());
        return Ok(private(Mrkdwn::markup(text).raw(" A user group takes all of its people.")));
    }
    let done = incident::invite(work, one.id, &by(said), &users, &groups)?;
    Ok(reply::done(work, done, |one, _| {
        let mut text = reply::people(name(one).raw(": called in "), &users);
        for (nth, group) in groups.iter().enumerate() {
            text = if nth == 0 && users.is_empty() { text } else { text.raw(", ") };
            text = text.user_group(group);
        }
        text.raw(".")
    }))
}

//! `adopt`: a channel that is there already becomes an incident's.

use super::super::reply::{by, private};
use super::super::{Command, Said, typed};
use super::declare::told;
use crate::actions::Answer;
use crate::domain::incident::one_line;
use crate::engine::Work;
use crate::engine::incident::{Wish, adopt as adopt_it};
use crate::slack::blocks::Mrkdwn;
use crate::store::StoreError;
use crate::views::answer::next;
use crate::views::help::{About, Entry};

pub(in crate::commands) const ADOPT: Command = Command {
    entry: Entry {
        word: "adopt",
        aliases: &[],
        usage: &["adopt [title]"],
        help: "make this channel an incident's; it is read from its beginning",
        about: About::Incidents,
    },
    run: adopt,
};

fn adopt(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let name = said.channel_name.unwrap_or_default();
    if said.channel.is_empty() || said.channel.starts_with('D') || name == "directmessage" {
        let text = "Only a channel can be adopted. Type it in the channel, and invite me there first.";
        return Ok(private(Mrkdwn::markup(text)));
    }
    let private_channel = name == "privategroup" || said.channel.starts_with('G');
    let mut title = one_line(&typed::plain(rest));
    if title.is_empty() && name != "privategroup" {
        title = one_line(&name.replace(['-', '_'], " "));
    }
    if title.is_empty() {
        let text = Mrkdwn::markup("Under which title? As in ");
        return Ok(private(next(text, &work.rules.slack.command, "adopt the shop was down")));
    }
    let wish = Wish { title, private: private_channel, ..Wish::default() };
    let declared = adopt_it(work, wish, said.channel, &by(said))?;
    Ok(told(work, declared))
}

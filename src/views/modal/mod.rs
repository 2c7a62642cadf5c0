//! Dialogues: one file each. What they show is gathered before ([`Dialogue`]); what comes back is read in
//! `actions`, by the block and action ids named here.

mod attach;
mod fix;
pub mod incident;
mod notes;
mod notice;
mod responders;
mod several;
mod silence;
pub(super) mod timeline;
pub(super) mod why;

use serde_json::Value;

use crate::domain::picture::{Dialogue, Named};
use crate::slack::blocks::{Mrkdwn, SlackBlock, section};

pub use notice::notice;

/// Block ids of inputs, which are their action ids too; errors are shown at them.
pub mod field {
    pub const NOTE: &str = "note";
    pub const LENGTH: &str = "length";
    pub const UNTIL: &str = "until";
    pub const PEOPLE: &str = "people";
    pub const IMPORTANCE: &str = "importance";
    pub const ROOT: &str = "root";
}

/// The dialogue as views.open and views.update take it.
pub fn draw(dialogue: &Dialogue) -> Value {
    match dialogue {
        Dialogue::Fix { group, resolved, note } => fix::draw(group, *resolved, note.as_deref()),
        Dialogue::Silence { group } => silence::draw(group),
        Dialogue::Several { what, groups } => several::draw(*what, groups),
        Dialogue::Responders { group, called } => responders::draw(group, called),
        Dialogue::Attach { group, open } => attach::draw(group, open),
        Dialogue::Note { group } => notes::draw(group),
        Dialogue::Timeline { group, page, has_earlier, lines } => {
            timeline::draw(group, *page, *has_earlier, lines)
        }
        Dialogue::Why(why) => why::draw(why),
        Dialogue::Storm(page) => crate::views::storm::list(page),
        Dialogue::Details(picture) => crate::views::group::details(picture),
        Dialogue::Declare(form) => incident::declare(form),
        Dialogue::Incident(dialogue) => incident::draw(dialogue),
    }
}

/// Which group it is about.
fn about(group: &Named) -> SlackBlock {
    section(Mrkdwn::markup(format!("*#{}* ", group.number)).text(&group.title))
}

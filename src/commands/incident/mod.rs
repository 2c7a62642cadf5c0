//! The words about incidents. One file a word, or a few that belong together.
//!
//! Which incident is meant is decided in `which`, once for all of them.

mod adopt;
mod attach;
mod declare;
mod end;
mod invite;
mod link;
mod list;
mod merge;
mod note;
mod redact;
mod reply;
mod role;
mod show;
mod state;
mod task;
mod task_words;
mod timeline;
mod title;
mod update;
mod when;
mod which;

pub(super) use adopt::ADOPT;
pub(super) use attach::{ATTACH, DETACH};
pub(super) use declare::DECLARE;
pub(super) use end::{CANCEL, REOPEN, reopen, resolve};
pub(super) use invite::{INVITE, invite};
pub(super) use link::LINK;
pub(super) use list::INCIDENTS;
pub(super) use merge::MERGE;
pub(super) use note::note;
pub(super) use redact::REDACT;
pub use redact::message as redact_message;
pub(super) use role::ROLE;
pub(super) use show::show;
pub(super) use state::{SEVERITY, STATUS};
pub(super) use task::TASK;
pub(super) use timeline::timeline;
pub(super) use title::TITLE;
pub(super) use update::UPDATE;
pub(super) use which::{Subject, is_incidents_place, is_place_of_one, newest_open, subject};

//! Everything the bot says, as pure functions to Block Kit. What they show comes in as a picture
//! ([`crate::domain::picture`]); they read nothing, and nothing they are given can break them.

pub mod answer;
pub mod bulk;
pub mod group;
pub mod help;
pub mod home;
pub mod incident;
pub mod lists;
pub mod modal;
pub mod note;
pub mod page;
pub mod record;
pub mod storm;
mod words;

//! The JSON of senders, read in one pass without a tree in between. Nothing here refuses a value: what has an odd type
//! is read as what it was probably meant to be, so that one field never costs an alert, nor one alert the others.

mod alert;
mod flat;
mod group;
mod list;
mod pairs;
mod text;

pub(super) use alert::{WireAlert, problem};
pub(super) use group::WireGroup;
pub(super) use list::AlertList;
pub(super) use pairs::labels_from;
pub(super) use text::{clean, is_url, json_text};

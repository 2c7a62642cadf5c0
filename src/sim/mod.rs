//! A local Slack: state, Web API, Socket Mode, signed HTTP, faults, and a page to click in.
//!
//! It serves the demo, the end-to-end tests and whoever tests another bot (`firebell sim`). It is strict where
//! Slack is strict, and can fail in all the ways Slack fails. It is one reading of Slack's documents; the client in
//! `crate::slack` is another, and neither knows the other, so that one mistake cannot hide a second.
//!
//! The remote is a model, the HTTP is an adapter:
//! - [`state`] is plain data; its methods are everything that can happen, and record what follows ([`Change`]);
//! - `api` is the Web API: one file a family of methods, one table of methods;
//! - `delivery` tells the app: changes become events; Socket Mode or signed HTTP carries them;
//! - [`actor`] is a person: posts, clicks, types commands, submits modals;
//! - `blockkit` refuses what Slack refuses; [`faults`] breaks things on demand; `ui` and `server` are the page.

pub mod actor;
mod api;
mod blockkit;
mod builder;
mod core;
mod delivery;
pub mod faults;
pub mod forms;
mod limiter;
pub mod page;
mod push;
mod server;
pub mod state;
mod ui;
mod unrest;

pub use actor::{Actor, At, Choice, UserError};
pub use builder::{RateLimits, SimBuilder};
pub use core::{Call, Panel, PanelButton, PanelHook, Sim};
pub use delivery::{HttpTargets, Transport};
pub use faults::{Fault, FaultRule};
pub use forms::Form;
pub use server::SimHandle;
pub use state::{
    App, Author, Change, Channel, Draft, Ephemeral, File, Happened, Kind, Manifest, Message, SimState, Toast,
    User, UserGroup, View, What, Workspace,
};
pub use unrest::Rest;

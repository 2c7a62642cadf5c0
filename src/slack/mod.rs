//! The Slack wire and nothing else: it knows no alert, no incident and no database.
//!
//! Out: [`api`] calls Slack's Web API, [`blocks`] builds what it is sent, [`manifest`] describes the app.
//! In: [`http`] (signed requests, [`verify`]) and [`socket`] (Socket Mode) both yield a [`types::Inbound`].

pub mod api;
pub mod blocks;
pub mod http;
pub mod manifest;
pub mod socket;
pub mod types;
pub mod verify;

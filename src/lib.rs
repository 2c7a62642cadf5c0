//! Firebell: alerts and incidents in Slack, self-hosted.

pub mod actions;
pub mod app;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod domain;
pub mod engine;
pub mod inbox;
pub mod limits;
pub mod log;
pub mod metrics;
pub mod outbox;
pub mod random;
pub mod sim;
pub mod slack;
pub mod sources;
pub mod store;
pub mod trial;
pub mod views;
pub mod web;
pub mod yaml;

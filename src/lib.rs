//! Firebell: alerts and incidents in Slack, self-hosted. This page is the map of the code.
//!
//! # The way of one alert
//! [`web`] takes the request and finds the integration → [`sources`] makes alerts of the body → one row of
//! `webhook` ([`store`]), and only then the sender gets its 2xx → the driver in [`app`] hands the row to
//! [`engine`]`::intake`, which asks [`domain`] where the alert goes and what becomes of its group, and writes group,
//! events, due moments and outbox rows in one transaction → [`outbox`] takes what may go now (rate, order, merging),
//! has [`channels`] compose it with [`views`] in the words of now, sends it through [`slack`], and records where it
//! stands.
//!
//! # The way of one click
//! Socket Mode or a signed request ([`slack`]) → [`inbox`]: one row under its dedup key, then the acknowledgement →
//! [`actions`] or [`commands`] → [`engine`]`::deeds` → the same transaction, the same outbox.
//!
//! # The rooms
//! | room | what it does |
//! |---|---|
//! | [`domain`] | the rules: labels, matchers, routes, inhibition, silences, time intervals, alert groups, what is said |
//! | [`store`] | the only SQL; one text per query for SQLite and PostgreSQL; `read` and `write` closures are transactions |
//! | [`runner`] | runs the use cases: one transaction each, counted once it is committed |
//! | [`engine`] | use cases, one transaction each: intake, flush, deeds, hush, tick; `incident`, with its mirror and record; and `look`, what people are shown, and `sight`, who may see what |
//! | [`sources`] | webhook body → alerts; one file a kind, one line in `SOURCES` |
//! | [`actions`] | buttons, menus, dialogues, shortcuts; one file each, one line in `ACTIONS` |
//! | [`commands`] | the words people type; one file a word, one line in `COMMANDS` |
//! | [`views`] | everything the bot says, as pure functions to Block Kit |
//! | [`inbox`] | both Slack transports → a row, once → the deed → the answer; held back while Slack does not tell who asks |
//! | [`mirror`] | reads the channels of incidents: what events did not tell, and whether they told all |
//! | [`people`] | who people are: asked of Slack before somebody needs to know |
//! | [`outbox`] | rows → rate, order, merging → sent → recorded; retry, and asking when it is unclear |
//! | [`replica`] | says to other replicas that this one lives, and takes over from those that died |
//! | [`channels`] | how a notification leaves; one file each, one line in `channels()` |
//! | [`slack`] | the Slack wire and nothing else: calls, Socket Mode, signed requests, blocks, the manifest |
//! | [`web`] | the connections, and the addresses: integrations, Slack's endpoints, health, metrics |
//! | [`config`] | files, folders, URLs → one checked `Config`; every mistake at once; reload |
//! | [`yaml`] | YAML read so that every mistake is told at its place; the tables that give reader and schema |
//! | [`app`] | wiring, the driver (the one loop that waits for the clock), the order of stopping |
//! | [`sim`] | a local Slack: state, Web API, Socket Mode, signed HTTP, faults, and a page to click in |
//! | [`demo`] | bot, database and local Slack on one machine, with a story and a panel |
//! | [`trial`] | `firebell test`: the engine on a simulated clock, and what was expected of it |
//! | [`doctor`] | asks the live Slack and the database whether all is well; changes nothing |
//! | [`cli`] | one file a subcommand |
//! | [`metrics`] | everything that is counted |
//! | [`manifest`] | what the Slack app must be allowed, from what is used |
//! | [`files`] | files that nobody but their owner may read |
//! | [`json`] | what JSON of strangers costs as a tree, before it is one |
//! | [`log`] | how logs are written |
//! | [`net`] | which addresses are this machine's |
//! | [`limits`] | every bound: name, unit, reason |
//! | [`activity`] | what is in hand now |
//! | [`clock`], [`random`] | the only files that read time and draw chance |
//!
//! Who may import whom is a table in `tests/tidy.rs`.
//!
//! # What must never be
//! - An input acknowledged before it is a row; something sent that is not an outbox row.
//! - A decision without its event row, or committed apart from its messages.
//! - I/O, a clock or chance in [`domain`]; a due moment that is a sleeping task instead of a row.
//! - [`sim`] and [`slack`] sharing code: two readings of Slack's documents, so that one mistake cannot hide the other.
//! - A message dropped, merged, delayed or refused without a number in [`metrics`] and a word in the log or in Slack.

pub mod actions;
pub mod activity;
pub mod app;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod engine;
pub mod files;
pub mod inbox;
pub mod json;
pub mod limits;
pub mod log;
pub mod manifest;
pub mod metrics;
pub mod mirror;
pub mod net;
pub mod outbox;
pub mod people;
pub mod random;
pub mod replica;
pub mod runner;
pub mod sim;
pub mod slack;
pub mod sources;
pub mod store;
pub mod trial;
pub mod views;
pub mod web;
pub mod yaml;

//! The whole product against the local Slack: app, simulator, a clock that stands still, and a seed.
//!
//! A scenario is an async function of a [`World`]; `scenario!` makes a test of it on SQLite over Socket Mode, on SQLite
//! over signed HTTP, and on PostgreSQL over Socket Mode. It says what happens (`world.fire(…)`, `msg.click(…)`,
//! `world.advance(…)`) and what is to be seen (`channel.expect(…)`, `thread.expect(…)`). At its end it fails on every
//! message, ephemeral, modal, error notice and dead letter that it did not claim.
//!
//! Nothing sleeps: the clock moves only when a scenario moves it, and only after everything has come to [`rest`].

#![allow(dead_code, reason = "a vocabulary: it has words that no scenario happens to use")]

mod alerts;
mod database;
mod finish;
mod people;
mod rest;
mod set_up;
mod slack;
mod transcript;
mod world;

pub(crate) use alerts::{alert, alertmanager};
pub(crate) use set_up::{Engine, Setup, Transport};
pub(crate) use slack::{Channel, Msg};
pub(crate) use world::{World, run};

use std::time::Duration;

/// `7.days()`: lengths of simulated time.
pub(crate) trait Span {
    fn seconds(self) -> Duration;
    fn minutes(self) -> Duration;
    fn hours(self) -> Duration;
    fn days(self) -> Duration;
}

impl Span for u64 {
    fn seconds(self) -> Duration {
        Duration::from_secs(self)
    }

    fn minutes(self) -> Duration {
        Duration::from_secs(self * 60)
    }

    fn hours(self) -> Duration {
        Duration::from_secs(self * 3_600)
    }

    fn days(self) -> Duration {
        Duration::from_secs(self * 86_400)
    }
}

/// Tests of a scenario: `scenario! { async fn it_works(world) { … } }`, with `in SETUP;` before it where the usual
/// config will not do.
macro_rules! scenario {
    (in $setup:expr; $(#[$doc:meta])* async fn $name:ident($world:ident) $body:block) => {
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every scenario needs what its file imports")]
            use super::*;
            use $crate::harness::{Engine, Setup, Transport, World, run};

            async fn scenario($world: &World) $body

            fn set_up() -> Setup {
                $setup
            }

            #[tokio::test]
            async fn sqlite_socket() {
                run(set_up().on(Engine::Sqlite, Transport::Socket), |world| Box::pin(scenario(world))).await;
            }

            #[tokio::test]
            async fn sqlite_http() {
                run(set_up().on(Engine::Sqlite, Transport::Http), |world| Box::pin(scenario(world))).await;
            }

            #[tokio::test]
            async fn postgres_socket() {
                run(set_up().on(Engine::Postgres, Transport::Socket), |world| Box::pin(scenario(world))).await;
            }
        }
    };
    ($(#[$doc:meta])* async fn $name:ident($world:ident) $body:block) => {
        $crate::harness::scenario! {
            in Setup::default();
            $(#[$doc])* async fn $name($world) $body
        }
    };
}
pub(crate) use scenario;

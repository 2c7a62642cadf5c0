//! The store as its callers see it. Every test that can runs on both engines: SQLite always, PostgreSQL when
//! `FIREBELL_TEST_POSTGRES` names a server on which databases may be made.

mod crash;
pub(crate) mod engines;
mod files;
mod lease;
mod migrations;
mod postgres;
pub(crate) mod samples;
mod statements;
mod transactions;
mod writers;

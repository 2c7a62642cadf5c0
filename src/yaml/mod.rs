//! Reads a YAML document so that a person hears of every mistake at once, each at its place.
//!
//! serde stops at the first error. This room does not: [`parse`] makes a tree in which everything knows where it
//! stands, [`merge`] puts several files together, [`env`] fills in `${VAR}`, and a [`Section`] then says, in one
//! place for each key, its name, its kind, its default and what it is for. Read with a document, a section gives the
//! value and the findings; read without one, it gives the JSON Schema. The two cannot drift apart.
//!
//! What is secret never gets out: findings show source lines with every secret value masked (see [`Reading`]).

pub mod env;
mod fields;
mod finding;
mod kinds;
mod mask;
pub mod merge;
mod node;
pub mod parse;
mod reading;
mod render;
pub mod schema;

pub use fields::{Fields, Section};
pub use finding::{Finding, Place, Report, Severity};
pub use kinds::{
    Choice, Flag, Kind, ListOf, MapOf, Name, Number, OneOf, OneOrMany, Parsed, Problem, Reference, Text,
    Within, decimal,
};
pub use node::{Entry, Node, Scalar, SourceFile, Sources, Span, Value};
pub use reading::{Reading, Surroundings, TestSurroundings, ThisMachine};
pub use render::Style;

//! The words by which incidents are found, and how much each of them says about one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Arg, Row, StoreError, Tx};
use crate::args;

/// After every letter that a word may go on with.
const AFTER_ALL: char = '\u{10ffff}';

/// How many words go into one statement: few different statements, few round trips.
const TOGETHER: [usize; 3] = [32, 8, 1];

/// An incident that a word is said about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub incident_id: i64,
    /// Of the word itself.
    pub exact: i64,
    /// And of those that begin with it.
    pub all: i64,
}

/// Adds these weights to an incident's words; what falls to nothing goes.
pub fn change(tx: &mut dyn Tx, incident_id: i64, by: &BTreeMap<String, i64>) -> Result<(), StoreError> {
    let more: Vec<(&str, i64)> =
        by.iter().filter(|(_, weight)| **weight > 0).map(|(word, weight)| (word.as_str(), *weight)).collect();
    let mut rest = more.as_slice();
    for size in TOGETHER {
        while rest.len() >= size {
            let (now, later) = rest.split_at(size);
            add(tx, incident_id, now)?;
            rest = later;
        }
    }
    for (word, weight) in by.iter().filter(|(_, weight)| **weight < 0) {
        let changed = tx.exec(
            "DELETE FROM incident_word WHERE incident_id = ?1 AND word = ?2 AND weight <= ?3",
            args![incident_id, word, -weight],
        )?;
        if changed == 0 {
            tx.exec(
                "UPDATE incident_word SET weight = weight + ?3 WHERE incident_id = ?1 AND word = ?2",
                args![incident_id, word, *weight],
            )?;
        }
    }
    Ok(())
}

fn add(tx: &mut dyn Tx, incident_id: i64, words: &[(&str, i64)]) -> Result<(), StoreError> {
    let mut sql = "INSERT INTO incident_word (incident_id, word, weight) VALUES ".to_owned();
    let mut args = vec![Arg::I(incident_id)];
    for (index, (word, weight)) in words.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(sql, "{comma}(?1, ?{}, ?{})", 2 * index + 2, 2 * index + 3);
        args.extend([Arg::T(word), Arg::I(*weight)]);
    }
    sql.push_str(
        " ON CONFLICT (incident_id, word) DO UPDATE SET weight = incident_word.weight + excluded.weight",
    );
    tx.exec(&sql, &args)?;
    Ok(())
}

/// The incidents that a word is said about.
pub fn with(tx: &mut dyn Tx, word: &str) -> Result<Vec<Hit>, StoreError> {
    let sql = "SELECT incident_id, weight, weight FROM incident_word WHERE word = ?1";
    tx.query(sql, args![word])?.iter().map(hit).collect()
}

/// The incidents that a word is said about which begins so.
pub fn beginning_with(tx: &mut dyn Tx, start: &str) -> Result<Vec<Hit>, StoreError> {
    let end = format!("{start}{AFTER_ALL}");
    let rows = tx.query(
        "SELECT incident_id, CAST(SUM(CASE WHEN word = ?1 THEN weight ELSE 0 END) AS BIGINT), \
         CAST(SUM(weight) AS BIGINT) FROM incident_word WHERE word >= ?1 AND word < ?2 GROUP BY incident_id",
        args![start, &end],
    )?;
    rows.iter().map(hit).collect()
}

fn hit(row: &Row) -> Result<Hit, StoreError> {
    Ok(Hit { incident_id: row.get(0)?, exact: row.get(1)?, all: row.get(2)? })
}

/// About how many incidents a word is said.
pub fn spread(tx: &mut dyn Tx, word: &str) -> Result<i64, StoreError> {
    tx.query_i64("SELECT COUNT(*) FROM incident_word WHERE word = ?1", args![word])
}

/// All words of an incident with their weights.
pub fn of(tx: &mut dyn Tx, incident_id: i64) -> Result<BTreeMap<String, i64>, StoreError> {
    tx.query("SELECT word, weight FROM incident_word WHERE incident_id = ?1", args![incident_id])?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

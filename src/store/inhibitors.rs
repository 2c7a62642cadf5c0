//! Firing alerts that may hush others, by rule and the values of its equal labels.

use super::{StoreError, Tx};
use crate::args;

/// One firing source of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inhibitor {
    pub integration: String,
    pub fingerprint: String,
    /// It matches the rule's target side too; such a source does not hush an alert that is like it.
    pub both: bool,
}

pub fn put(
    tx: &mut dyn Tx,
    rule: &str,
    equal_key: &str,
    integration: &str,
    fingerprint: &str,
    both: bool,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO inhibit_source (rule, equal_key, integration, fingerprint, both_sides) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (rule, equal_key, integration, fingerprint) DO NOTHING",
        args![rule, equal_key, integration, fingerprint, both],
    )?;
    Ok(())
}

/// A source for this rule and these values; `not_both` leaves out those that match both sides.
pub fn find(
    tx: &mut dyn Tx,
    rule: &str,
    equal_key: &str,
    not_both: bool,
) -> Result<Option<Inhibitor>, StoreError> {
    tx.query_one(
        "SELECT integration, fingerprint, both_sides FROM inhibit_source WHERE rule = ?1 AND equal_key = ?2 AND both_sides <= ?3 \
         ORDER BY both_sides, integration, fingerprint LIMIT 1",
        args![rule, equal_key, !not_both],
    )?
    .map(|row| Ok(Inhibitor { integration: row.get(0)?, fingerprint: row.get(1)?, both: row.get(2)? }))
    .transpose()
}

/// The alert ended: it hushes nobody any more.
pub fn remove(tx: &mut dyn Tx, integration: &str, fingerprint: &str) -> Result<(), StoreError> {
    tx.exec(
        "DELETE FROM inhibit_source WHERE integration = ?1 AND fingerprint = ?2",
        args![integration, fingerprint],
    )?;
    Ok(())
}

/// Which rules have sources, for a new configuration.
pub fn rules(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    tx.query("SELECT DISTINCT rule FROM inhibit_source ORDER BY rule", &[])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

pub fn forget_rule(tx: &mut dyn Tx, rule: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM inhibit_source WHERE rule = ?1", args![rule])?;
    Ok(())
}

//! What is old enough goes, a bounded number of rows at a time. Incidents never go, on purpose: their record is what
//! people look up years later, so nothing that it shows goes either: the events of an incident, its messages, and the
//! alert groups that ever belonged to it with their alerts, events and places.

use super::{StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

/// Forgets what was over before `before`: resolved groups with their alerts and places, events, dead letters,
/// inputs that were set aside or were odd, ended silences. How many rows of each; call again while one of them is `limit`.
pub fn forget(
    tx: &mut dyn Tx,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let old_groups = "SELECT id FROM alert_group WHERE state = 'resolved' AND resolved_ms < ?1 \
                      AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.group_id = alert_group.id AND a.status = 'firing') \
                      AND id NOT IN (SELECT group_id FROM incident_group) ORDER BY resolved_ms, id LIMIT ?2";
    // What was attached to a group that goes stands for itself.
    let loose = format!("UPDATE alert_group SET attached_to = NULL WHERE attached_to IN ({old_groups})");
    tx.exec(&loose, args![before, limit])?;
    let statements = [
        ("alert_group", format!("DELETE FROM alert_group WHERE id IN ({old_groups})")),
        (
            "event",
            "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at_ms < ?1 AND subject NOT LIKE 'incident:%' \
             AND subject NOT IN (SELECT 'group:' || group_id FROM incident_group) ORDER BY id LIMIT ?2)"
                .to_owned(),
        ),
        (
            "message_ref",
            "DELETE FROM message_ref WHERE name IN (SELECT name FROM message_ref r WHERE r.posted_ms < ?1 \
             AND r.name NOT LIKE 'incident%' AND r.name NOT LIKE 'announcement:%' \
             AND r.name NOT IN (SELECT m.name FROM incident_group g JOIN message_ref m \
             ON m.name >= 'group:' || g.group_id || '@' AND m.name < 'group:' || g.group_id || 'A') \
             ORDER BY r.posted_ms LIMIT ?2)"
                .to_owned(),
        ),
        (
            "outbox",
            "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state = 'dead' AND created_ms < ?1 \
             ORDER BY id LIMIT ?2)"
                .to_owned(),
        ),
        (
            "inbox",
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE state IN ('failed', 'odd') AND received_ms < ?1 \
             ORDER BY id LIMIT ?2)"
                .to_owned(),
        ),
        (
            "silence",
            "DELETE FROM silence WHERE id IN (SELECT id FROM silence WHERE ends_ms < ?1 ORDER BY id LIMIT ?2)"
                .to_owned(),
        ),
    ];
    // A storm goes with the last of its groups.
    tx.exec(
        "DELETE FROM storm WHERE id IN (SELECT s.id FROM storm s WHERE s.began_ms < ?1 \
         AND NOT EXISTS (SELECT 1 FROM storm_group m WHERE m.storm_id = s.id) ORDER BY s.id LIMIT ?2)",
        args![before, limit],
    )?;
    let mut forgotten = Vec::new();
    for (table, sql) in statements {
        forgotten.push((table, tx.exec(&sql, args![before, limit])?));
    }
    Ok(forgotten)
}

//! Rows that every migration must survive: for each step, what people may have in its tables.

use firebell::args;
use firebell::store::{Store, StoreError};

/// The step, and statements that put rows into every table it made.
const SAMPLES: &[(i64, &[&str])] = &[
    (
        1,
        &[
            "INSERT INTO meta (key, value) VALUES ('installed', '2026-11-21')",
            "INSERT INTO lease (name, holder, until_ms) VALUES ('tick', 'replica-1', 1700000000000)",
            "INSERT INTO counter (name, value) VALUES ('group', 24)",
            "INSERT INTO event (at_ms, subject, kind, actor, source, reason, data) VALUES
             (1700000000000, 'group:24', 'group.opened', 'firebell', 'grafana', 'a first alert', '{\"a\":1}')",
        ],
    ),
    (
        2,
        &[
            "INSERT INTO inbox (kind, origin, dedup_key, body, received_ms, state, error, done_ms) VALUES
             ('alerts', 'grafana', NULL, '{}', 1700000000000, 'new', NULL, NULL),
             ('slack', 'socket', 'Ev1', '', 1700000000000, 'done', NULL, 1700000000100)",
            "INSERT INTO outbox (key, lane, channel, destination, method, priority, say, created_ms, not_before_ms,
                                 state, error) VALUES
             ('k1', 'group:24', 'slack', 'C1', 'chat.postMessage', 1, '{}', 1700000000000, 0, 'waiting', NULL),
             ('k2', 'group:24', 'slack', 'C1', 'chat.update', 2, '{}', 1700000000000, 0, 'uncertain', NULL),
             ('k3', 'group:23', 'slack', 'C2', 'chat.update', 2, '{}', 1700000000000, 0, 'dead', 'is_archived')",
            "INSERT INTO bucket (name, full_ms, free_ms) VALUES ('C1', 1700000001000, 1700000030000)",
            "INSERT INTO message_ref (name, channel_id, ts, posted_ms)
             VALUES ('group:24@#ops', 'C1', '1700000000.000100', 1700000000000)",
            "INSERT INTO due (kind, subject, at_ms) VALUES ('group.flush', 'group:24', 1700000300000)",
        ],
    ),
    (
        3,
        &[
            "INSERT INTO alert_group (number, integration, kind, receiver, route, group_key, group_labels, channels,
                                      title, priority, state, facts, created_ms, updated_ms)
             VALUES (24, 'grafana', 'grafana', 'ops', '{}', 'grafana/{}/a', '{}', '[\"#ops\"]',
                     'The disk fills', 1, 'firing', '{}', 1700000000000, 1700000000000)",
            "INSERT INTO alert (group_id, fingerprint, integration, status, priority, starts_ms, seen_ms, labels, data)
             SELECT id, 'f1', 'grafana', 'firing', 1, 1700000000000, 1700000000000, '{}', '{}' FROM alert_group",
            "INSERT INTO inhibit_source (rule, equal_key, integration, fingerprint) VALUES ('r', 'e', 'grafana', 'f1')",
            "INSERT INTO silence (matchers, starts_ms, ends_ms, created_by, comment, created_ms)
             VALUES ('[]', 1700000000000, 1700003600000, 'U1', 'a known one', 1700000000000)",
            "INSERT INTO responder (group_id, user_id, importance, added_by, added_ms)
             SELECT id, 'U2', 'important', 'U1', 1700000000000 FROM alert_group",
        ],
    ),
    (
        4,
        &[
            "INSERT INTO inhibit_source (rule, equal_key, integration, fingerprint, until_ms)
             VALUES ('r', 'e', 'grafana', 'f1', 1700000300000)",
            "INSERT INTO person_name (user_id, name) VALUES ('U1', 'ada')",
        ],
    ),
];

/// Fills the tables of one step.
pub(crate) async fn fill(store: &Store, version: i64) {
    let sample = SAMPLES.iter().find(|(of, _)| *of == version);
    let Some((_, statements)) = sample else {
        panic!("migration {version} has no sample data in samples.rs")
    };
    let filled = store.write(move |tx| {
        for sql in *statements {
            tx.exec(sql, args![])?;
        }
        Ok::<_, StoreError>(())
    });
    filled.await.unwrap();
}

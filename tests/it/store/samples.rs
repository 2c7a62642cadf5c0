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
        ],
    ),
    (
        5,
        &[
            "INSERT INTO incident (number, title, severity, status, state, labels, channel_id, facts, created_ms, updated_ms)
             VALUES (7, 'The shop is down', 'SEV1', 'investigating', 'open', '{}', 'C7', '{}', 1700000000000, 1700000000000)",
            "INSERT INTO incident_group (incident_id, group_id, attached_ms, attached_by)
             SELECT id, 1, 1700000000000, 'slack:U1' FROM incident",
            "INSERT INTO incident_role (incident_id, role, user_id, given_by, since_ms)
             SELECT id, 'Commander', 'U1', 'slack:U1', 1700000000000 FROM incident",
            "INSERT INTO incident_task (incident_id, number, text, created_by, created_ms)
             SELECT id, 1, 'call the provider', 'slack:U1', 1700000000000 FROM incident",
            "INSERT INTO incident_link (incident_id, url, title, added_by, added_ms)
             SELECT id, 'https://example.com', 'Runbook', 'slack:U1', 1700000000000 FROM incident",
            "INSERT INTO incident_word (incident_id, word, weight) SELECT id, 'shop', 8 FROM incident",
            "INSERT INTO mirror (channel_id, incident_id, started_ms, active_ms, known_ts, checked_ms)
             SELECT 'C7', id, 1700000000000, 1700000000000, '1700000000.000100', 1700000000000 FROM incident",
            "INSERT INTO mirror_thread (channel_id, thread_ts, known_ts)
             VALUES ('C7', '1700000000.000100', '1700000000.000200')",
            "INSERT INTO mirror_gap (incident_id, channel_id, from_ms, to_ms, reason, certain, found_ms)
             SELECT id, 'C7', 1700000000000, 1700000060000, 'the bot was away', 1, 1700000060000 FROM incident",
            "INSERT INTO mirror_found (channel_id, ts, what, gap_id)
             SELECT 'C7', '1700000000.000100', 'said', id FROM mirror_gap",
            "INSERT INTO mirror_early (channel_id, ts, event_ts, event, seen_ms)
             VALUES ('C7', '1700000000.000300', '1700000000.000400', '{}', 1700000000000)",
            "INSERT INTO message (incident_id, channel_id, ts, at_ms, kind, user_id, author, text, plain, seen_ms)
             SELECT id, 'C7', '1700000000.000100', 1700000000000, 'said', 'U1', 'Ann', 'hi <@U2>', 'hi @Bob',
                    1700000000100 FROM incident",
            "INSERT INTO message_version (message_id, edited_ts, text, plain, seen_ms)
             SELECT id, '', 'hi', 'hi', 1700000000100 FROM message",
            "INSERT INTO channel_name (channel_id, name, fetched_ms) VALUES ('C1', 'ops', 1700000000000)",
            "INSERT INTO person (user_id, name, handle, kind, fetched_ms) VALUES ('U1', 'Ann', 'ann', 'member', 1700000000000)",
            "INSERT INTO usergroup (group_id, handle, name, members, fetched_ms)
             VALUES ('S1', 'sre', 'SRE', '[\"U1\"]', 1700000000000)",
        ],
    ),
    (
        9,
        &[
            "INSERT INTO storm (channel, urgent, began_ms, joined_ms, rung_ms)
             VALUES ('#ops', 0, 1700000000000, 1700000000000, 1700000000000)",
            "INSERT INTO storm_group (storm_id, group_id, joined_ms, told) SELECT id, 1, 1700000000000, 1 FROM storm",
            "INSERT INTO storm_watch (channel, urgent, group_id, at_ms) VALUES ('#ops', 1, 1, 1700000000000)",
        ],
    ),
    (
        6,
        &["INSERT INTO webhook (origin, body, received_ms) VALUES ('grafana', '{}', 1700000000000)"],
    ),
    (
        7,
        &[
            "INSERT INTO alert_group (number, integration, kind, receiver, route, group_key, group_labels, channels,
                                      title, priority, state, facts, created_ms, updated_ms, silence_id)
             VALUES (25, 'grafana', 'grafana', 'ops', '{}', 'grafana/{}/b', '{}', '[\"#ops\"]', 'The disk fills',
                     1, 'silenced', '{\"silenced\":{\"by\":\"slack:U1\",\"at\":1700000000000,\"until\":null,\"rule\":1}}',
                     1700000000000, 1700000000000, 1)",
        ],
    ),
    (
        8,
        &[
            "UPDATE message SET redacted = '{\"hash\":\"00\",\"by\":\"slack:U1\",\"at\":1700000000000}'
             WHERE (SELECT LENGTH(chain_key) FROM incident WHERE incident.id = message.incident_id) = 32",
        ],
    ),
    (
        10,
        // Newer than any: it holds up no migration.
        &["INSERT INTO replica (holder, schema_version, beats, beat_ms) VALUES ('replica-1', 1000000, 7, 1700000000000)"],
    ),
    (
        11,
        &[
            "INSERT INTO inbox (kind, origin, dedup_key, body, received_ms, state, held_ms, retry_ms) VALUES
             ('slack', 'socket', 'Ev7', '{}', 1700000000000, 'held', 1700000000000, 1700000030000)",
            "INSERT INTO person (user_id, name, handle, kind, fetched_ms, channels, channels_ms)
             VALUES ('U7', 'gus', 'gus', 'guest', 1700000000000, '[\"C1\"]', 1700000000000)",
            "INSERT INTO channel_name (channel_id, name, fetched_ms, private, kind_ms)
             VALUES ('C7', 'secret', 1700000000000, 1, 1700000000000)",
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

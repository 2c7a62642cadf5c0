//! Rows that every migration must survive: for each step, what people may have in its tables.

use firebell::args;
use firebell::store::{Store, StoreError};

/// The step, and statements that put rows into every table it made.
const SAMPLES: &[(i64, &[&str])] = &[(
    1,
    &[
        "INSERT INTO meta (key, value) VALUES ('installed', '2026-11-21')",
        "INSERT INTO lease (name, holder, until_ms) VALUES ('tick', 'replica-1', 1700000000000)",
        "INSERT INTO counter (name, value) VALUES ('group', 24)",
        "INSERT INTO event (at_ms, subject, kind, actor, source, reason, data)
         VALUES (1700000000000, 'group:24', 'group.opened', 'firebell', 'grafana', 'a first alert', '{\"a\":1}')",
    ],
)];

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

//! The outbox rows: what is to be said, until it is said.

use std::time::Duration;

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;
use crate::limits::{OUTBOX_AHEAD_MAX, OUTBOX_ASK_AFTER, RETRY_LONGEST_MS};

/// A new row. See `migrations/0002_flow.sql` for what each field means.
#[derive(Clone, Debug)]
pub struct NewRow<'a> {
    pub key: &'a str,
    pub lane: &'a str,
    pub channel: &'a str,
    pub destination: &'a str,
    pub method: &'a str,
    pub priority: i64,
    pub say: &'a str,
    pub merge_key: Option<&'a str>,
    pub now: Timestamp,
    pub not_before: Timestamp,
    pub expires: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: i64,
    pub key: String,
    pub lane: String,
    pub channel: String,
    pub destination: String,
    pub method: String,
    pub priority: i64,
    pub say: String,
    pub merge_key: Option<String>,
    pub created: Timestamp,
    pub not_before: Timestamp,
    pub expires: Option<Timestamp>,
    pub state: String,
    pub attempts: u32,
    pub sent: Option<Timestamp>,
    pub error: Option<String>,
}

const COLUMNS: &str = "id, key, lane, channel, destination, method, priority, say, merge_key, created_ms, not_before_ms, \
                       expires_ms, state, attempts, sent_ms, error";

fn row(row: &Row) -> Result<OutboxRow, StoreError> {
    Ok(OutboxRow {
        id: row.get(0)?,
        key: row.get(1)?,
        lane: row.get(2)?,
        channel: row.get(3)?,
        destination: row.get(4)?,
        method: row.get(5)?,
        priority: row.get(6)?,
        say: row.get(7)?,
        merge_key: row.get(8)?,
        created: row.get(9)?,
        not_before: row.get(10)?,
        expires: row.get(11)?,
        state: row.get(12)?,
        attempts: row.get(13)?,
        sent: row.get(14)?,
        error: row.get(15)?,
    })
}

/// Whether a row was added, or a waiting one says it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    Added,
    /// A waiting row with the same merge key says it; it was made more urgent if need be.
    Merged,
}

pub fn put(tx: &mut dyn Tx, new: &NewRow<'_>) -> Result<Put, StoreError> {
    if let Some(merge_key) = new.merge_key {
        let merged = tx.exec(
            "UPDATE outbox SET priority = CASE WHEN priority > ?2 THEN ?2 ELSE priority END, \
             not_before_ms = CASE WHEN not_before_ms > ?3 THEN ?3 ELSE not_before_ms END, say = ?4 \
             WHERE merge_key = ?1 AND state = 'waiting'",
            args![merge_key, new.priority, new.not_before, new.say],
        )?;
        if merged > 0 {
            hurry(tx, new)?;
            return Ok(Put::Merged);
        }
    }
    tx.exec(
        "INSERT INTO outbox (key, lane, channel, destination, method, priority, say, merge_key, created_ms, \
         not_before_ms, expires_ms, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'waiting')",
        args![
            new.key,
            new.lane,
            new.channel,
            new.destination,
            new.method,
            new.priority,
            new.say,
            new.merge_key,
            new.now,
            new.not_before,
            new.expires
        ],
    )?;
    hurry(tx, new)?;
    Ok(Put::Added)
}

/// What waits in the same lane goes first, so it is as urgent as what waits behind it.
fn hurry(tx: &mut dyn Tx, new: &NewRow<'_>) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET priority = ?2 WHERE lane = ?1 AND state <> 'dead' AND state = 'waiting' AND priority > ?2",
        args![new.lane, new.priority],
    )?;
    Ok(())
}

/// Since when the one waits that waits longest: what is to go later does not wait before then.
pub fn oldest_waiting(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    tx.query_one(
        "SELECT MIN(CASE WHEN attempts = 0 AND not_before_ms > created_ms THEN not_before_ms ELSE created_ms END) FROM outbox \
         WHERE state IN ('waiting', 'uncertain')",
        &[],
    )?
    .map_or(Ok(None), |row| row.get(0))
}

/// Which rows a claim is about.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub now: Timestamp,
    pub limit: i64,
    /// Nothing less urgent than this.
    pub priority_max: i64,
    /// Nothing of these channels. Names of our own: letters and underscores.
    pub but: &'a [String],
}

impl Wanted<'_> {
    /// Any row.
    pub const fn any(now: Timestamp, limit: i64) -> Self {
        Self { now, limit, priority_max: i64::MAX, but: &[] }
    }

    fn but(&self) -> String {
        let name = |name: &&String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let names: Vec<String> = self.but.iter().filter(name).map(|name| format!("'{name}'")).collect();
        if names.is_empty() { String::new() } else { format!("AND o.channel NOT IN ({})", names.join(", ")) }
    }
}

/// Neither its destination nor its method is blocked.
const FREE: &str = "NOT EXISTS (SELECT 1 FROM bucket b WHERE b.name IN (o.destination, o.method) \
                    AND b.free_ms > ?1 AND b.free_ms <= ?3)";

/// The heads of all lanes whose destination and method are free, most urgent first. What is further ahead than
/// anything waits ([`OUTBOX_AHEAD_MAX`]) counts as now.
pub fn sendable(tx: &mut dyn Tx, wanted: Wanted<'_>) -> Result<Vec<OutboxRow>, StoreError> {
    let (now, but) = (wanted.now, wanted.but());
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox o WHERE o.state = 'waiting' AND (o.not_before_ms <= ?1 OR o.not_before_ms > ?3) \
         AND o.priority <= ?4 AND (o.expires_ms IS NULL OR o.expires_ms > ?1) {but} \
         AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.lane = o.lane AND e.id < o.id AND e.state <> 'dead') \
         AND {FREE} ORDER BY o.priority, o.id LIMIT ?2 /*skip locked*/"
    );
    let args = args![now, wanted.limit, now + OUTBOX_AHEAD_MAX, wanted.priority_max];
    tx.query(&sql, args)?.iter().map(row).collect()
}

/// Waiting rows whose time is over, or will be before their destination and method are free.
pub fn expired(tx: &mut dyn Tx, now: Timestamp, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox o WHERE o.state = 'waiting' AND o.expires_ms IS NOT NULL \
         AND (o.expires_ms <= ?1 OR EXISTS (SELECT 1 FROM bucket b WHERE b.name IN (o.destination, o.method) \
         AND b.free_ms >= o.expires_ms AND b.free_ms <= ?3)) ORDER BY o.expires_ms, o.id LIMIT ?2 /*skip locked*/"
    );
    tx.query(&sql, args![now, limit, now + OUTBOX_AHEAD_MAX])?.iter().map(row).collect()
}

/// Rows whose sender is gone or that ended unclear: Slack has to be asked about them. Most urgent first.
pub fn unclear(tx: &mut dyn Tx, wanted: Wanted<'_>) -> Result<Vec<OutboxRow>, StoreError> {
    let (now, but) = (wanted.now, wanted.but());
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox o WHERE o.state IN ('sending', 'uncertain') AND o.priority <= ?4 {but} \
         AND (o.lease_ms <= ?1 OR o.lease_ms > ?3) ORDER BY o.priority, o.id LIMIT ?2 /*skip locked*/"
    );
    let args = args![now, wanted.limit, now + OUTBOX_AHEAD_MAX, wanted.priority_max];
    tx.query(&sql, args)?.iter().map(row).collect()
}

/// The most urgent of a channel's rows that are not through: on their way, unclear, or to be sent shortly.
pub fn unsettled(tx: &mut dyn Tx, channel: &str, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let row = tx.query_one(
        "SELECT MIN(priority) FROM outbox WHERE channel = ?1 AND (state IN ('sending', 'uncertain') \
         OR (state = 'waiting' AND not_before_ms <= ?2))",
        args![channel, now + RETRY_SPAN],
    )?;
    Ok(row.map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten())
}

/// The longest that a row which got no answer waits, spread included.
const RETRY_SPAN: Duration = Duration::from_millis(RETRY_LONGEST_MS + RETRY_LONGEST_MS / 5);

/// The channel's other side is back: what got no answer is tried, or asked about, now.
pub fn hurry_failed(tx: &mut dyn Tx, channel: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET not_before_ms = ?2 WHERE channel = ?1 AND state = 'waiting' AND attempts > 0 \
         AND not_before_ms > ?2 AND not_before_ms <= ?3",
        args![channel, now, now + RETRY_SPAN],
    )?;
    tx.exec(
        "UPDATE outbox SET lease_ms = ?2 WHERE channel = ?1 AND state = 'uncertain' AND holder IS NULL \
         AND lease_ms > ?2 AND sent_ms <= ?3",
        args![channel, now, now - OUTBOX_ASK_AFTER],
    )?;
    Ok(())
}

/// Takes a row for sending: until `lease` nobody else will.
pub fn take(
    tx: &mut dyn Tx,
    id: i64,
    holder: &str,
    now: Timestamp,
    lease: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET state = 'sending', holder = ?2, lease_ms = ?4, sent_ms = ?3, attempts = attempts + 1 \
         WHERE id = ?1",
        args![id, holder, now, lease],
    )?;
    Ok(())
}

/// Takes an unclear row to ask about it; `sent_ms` stays, it tells from when on to look.
pub fn take_unclear(tx: &mut dyn Tx, id: i64, holder: &str, lease: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET state = 'uncertain', holder = ?2, lease_ms = ?3 WHERE id = ?1",
        args![id, holder, lease],
    )?;
    Ok(())
}

/// Whether the row is still ours under the lease it was taken with: after that, another process may have taken it
/// over, or this one anew.
pub fn held(tx: &mut dyn Tx, id: i64, holder: &str, lease: Timestamp) -> Result<bool, StoreError> {
    Ok(tx
        .query_one(
            "SELECT 1 FROM outbox WHERE id = ?1 AND holder = ?2 AND lease_ms = ?3 AND state IN ('sending', 'uncertain')",
            args![id, holder, lease],
        )?
        .is_some())
}

pub fn remove(tx: &mut dyn Tx, id: i64) -> Result<(), StoreError> {
    tx.exec("DELETE FROM outbox WHERE id = ?1", args![id])?;
    Ok(())
}

/// Back to waiting, after a failure that certainly did nothing.
pub fn retry(tx: &mut dyn Tx, id: i64, not_before: Timestamp, error: &str) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET state = 'waiting', holder = NULL, lease_ms = NULL, not_before_ms = ?2, error = ?3 \
         WHERE id = ?1",
        args![id, not_before, error],
    )?;
    Ok(())
}

/// An unclear row that nobody may ask about yet.
pub fn ask_later(tx: &mut dyn Tx, id: i64, ask_at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET state = 'uncertain', holder = NULL, lease_ms = ?2 WHERE id = ?1",
        args![id, ask_at],
    )?;
    Ok(())
}

/// What waits under a merge key since `since` or longer, and was not tried yet, waits no more. Whether there was any.
pub fn go(tx: &mut dyn Tx, merge_key: &str, since: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
    let gone = tx.exec(
        "UPDATE outbox SET not_before_ms = ?3 WHERE merge_key = ?1 AND state = 'waiting' AND attempts = 0 \
         AND created_ms <= ?2 AND not_before_ms > ?3",
        args![merge_key, since, now],
    )?;
    Ok(gone > 0)
}

/// It leaves by another method, or to another destination, than was thought.
pub fn readdress(tx: &mut dyn Tx, id: i64, method: &str, destination: &str) -> Result<(), StoreError> {
    tx.exec("UPDATE outbox SET method = ?2, destination = ?3 WHERE id = ?1", args![id, method, destination])?;
    Ok(())
}

/// The same for what waits to be said under a merge key.
pub fn readdress_waiting(
    tx: &mut dyn Tx,
    merge_key: &str,
    method: &str,
    destination: &str,
) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET method = ?2, destination = ?3 WHERE merge_key = ?1 AND state = 'waiting'",
        args![merge_key, method, destination],
    )?;
    Ok(())
}

/// It may or may not have arrived: asked about at `ask_at`.
pub fn unsure(tx: &mut dyn Tx, id: i64, ask_at: Timestamp, error: &str) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET state = 'uncertain', holder = NULL, lease_ms = ?2, error = ?3 WHERE id = ?1",
        args![id, ask_at, error],
    )?;
    Ok(())
}

/// A dead letter: kept, shown, counted, sent only when somebody says so. An earlier one that says the same goes.
pub fn bury(tx: &mut dyn Tx, id: i64, reason: &str) -> Result<(), StoreError> {
    tx.exec(
        "DELETE FROM outbox WHERE state = 'dead' AND id < ?1 \
         AND merge_key = (SELECT o.merge_key FROM outbox o WHERE o.id = ?1)",
        args![id],
    )?;
    tx.exec(
        "UPDATE outbox SET state = 'dead', holder = NULL, lease_ms = NULL, error = ?2 WHERE id = ?1",
        args![id, reason],
    )?;
    Ok(())
}

/// The rows that a process holds: id, and whether it is the first time that they are sent or asked about.
pub fn held_by(tx: &mut dyn Tx, holder: &str) -> Result<Vec<(i64, bool)>, StoreError> {
    let rows = tx.query(
        "SELECT id, state FROM outbox WHERE holder = ?1 AND state IN ('sending', 'uncertain') ORDER BY id",
        args![holder],
    )?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get::<String>(1)? == "sending"))).collect()
}

/// Undoes [`take`]: nothing was sent.
pub fn give_back(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE outbox SET state = 'waiting', holder = NULL, lease_ms = NULL, not_before_ms = ?2, \
         attempts = attempts - 1 WHERE id = ?1",
        args![id, now],
    )?;
    Ok(())
}

/// A replica died: what it was doing is unclear now, and asked about at `ask_at`.
pub fn release(tx: &mut dyn Tx, holder: &str, ask_at: Timestamp) -> Result<u64, StoreError> {
    tx.exec(
        "UPDATE outbox SET state = 'uncertain', holder = NULL, lease_ms = ?2 WHERE holder = ?1 \
         AND state IN ('sending', 'uncertain')",
        args![holder, ask_at],
    )
}

/// At a start: what the process was doing when it ended is unclear now, not when its leases are over; but a message
/// that was posted a moment ago may not show yet, so it is asked about a little later.
pub fn abandon(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, StoreError> {
    tx.exec(
        "UPDATE outbox SET lease_ms = ?1 WHERE state IN ('sending', 'uncertain') AND lease_ms > ?1",
        args![now + OUTBOX_ASK_AFTER],
    )
}

/// When a row that waits now may first be sent, or an unclear one be asked about.
pub fn next_at(tx: &mut dyn Tx, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut next: Option<i64> = None;
    for sql in [
        "SELECT MIN(not_before_ms) FROM outbox WHERE state = 'waiting' AND not_before_ms > ?1",
        "SELECT MIN(b.free_ms) FROM bucket b WHERE b.free_ms > ?1 AND EXISTS (SELECT 1 FROM outbox o \
         WHERE o.state = 'waiting' AND (o.destination = b.name OR o.method = b.name))",
        "SELECT MIN(lease_ms) FROM outbox WHERE state IN ('sending', 'uncertain') AND lease_ms > ?1",
        "SELECT MIN(expires_ms) FROM outbox WHERE state = 'waiting' AND expires_ms > ?1",
    ] {
        let found =
            tx.query_one(sql, args![now])?.map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten();
        next = match (next, found) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    Ok(next.map(Timestamp::from_ms))
}

/// How many rows stand in each state.
pub fn counts(tx: &mut dyn Tx) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query("SELECT state, COUNT(*) FROM outbox GROUP BY state ORDER BY state", &[])?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

pub fn dead(tx: &mut dyn Tx, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE state = 'dead' ORDER BY id DESC LIMIT ?1");
    tx.query(&sql, args![limit])?.iter().map(row).collect()
}

/// For people: dead letters and unclear rows first, then what waits, in the order in which it came.
pub fn list(tx: &mut dyn Tx, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox ORDER BY CASE state WHEN 'dead' THEN 0 WHEN 'uncertain' THEN 1 \
         WHEN 'sending' THEN 2 ELSE 3 END, id LIMIT ?1"
    );
    tx.query(&sql, args![limit])?.iter().map(row).collect()
}

/// Somebody says that a dead letter is to be sent again. Whether it was one. What waits and says the same stands for it.
pub fn revive(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    let said = tx.exec(
        "DELETE FROM outbox WHERE id = ?1 AND state = 'dead' AND EXISTS (SELECT 1 FROM outbox w \
         WHERE w.merge_key = outbox.merge_key AND w.state = 'waiting')",
        args![id],
    )?;
    let revived = tx.exec(
        "UPDATE outbox SET state = 'waiting', attempts = 0, not_before_ms = ?2 WHERE id = ?1 AND state = 'dead'",
        args![id, now],
    )?;
    Ok(said + revived > 0)
}

/// A rate bucket: GCRA over two columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    pub full: i64,
    pub free: i64,
}

pub fn bucket(tx: &mut dyn Tx, name: &str) -> Result<Bucket, StoreError> {
    match tx.query_one("SELECT full_ms, free_ms FROM bucket WHERE name = ?1", args![name])? {
        Some(row) => Ok(Bucket { full: row.get(0)?, free: row.get(1)? }),
        None => Ok(Bucket::default()),
    }
}

pub fn set_bucket(tx: &mut dyn Tx, name: &str, bucket: Bucket) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO bucket (name, full_ms, free_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT (name) DO UPDATE SET full_ms = excluded.full_ms, free_ms = excluded.free_ms",
        args![name, bucket.full, bucket.free],
    )?;
    Ok(())
}

/// Where a message of ours stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub channel_id: String,
    pub ts: String,
}

impl Place {
    /// Its address in the workspace at `site` (`https://acme.slack.com/`).
    pub fn link(&self, site: &str) -> String {
        format!("{}/archives/{}/p{}", site.trim_end_matches('/'), self.channel_id, self.ts.replace('.', ""))
    }
}

pub fn place(tx: &mut dyn Tx, name: &str) -> Result<Option<Place>, StoreError> {
    tx.query_one("SELECT channel_id, ts FROM message_ref WHERE name = ?1", args![name])?
        .map(|row| Ok(Place { channel_id: row.get(0)?, ts: row.get(1)? }))
        .transpose()
}

pub fn set_place(tx: &mut dyn Tx, name: &str, place: &Place, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO message_ref (name, channel_id, ts, posted_ms) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (name) DO UPDATE SET channel_id = excluded.channel_id, ts = excluded.ts",
        args![name, &place.channel_id, &place.ts, now],
    )?;
    Ok(())
}

/// The names of our messages that begin so.
pub fn placed_names(tx: &mut dyn Tx, prefix: &str) -> Result<Vec<String>, StoreError> {
    let end = format!("{prefix}\u{10ffff}");
    tx.query(
        "SELECT name FROM message_ref WHERE name >= ?1 AND name < ?2 ORDER BY name",
        args![prefix, &end],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Where our messages stand whose names begin so.
pub fn places_of(tx: &mut dyn Tx, prefix: &str) -> Result<Vec<Place>, StoreError> {
    let mut places = Vec::new();
    for name in placed_names(tx, prefix)? {
        places.extend(place(tx, &name)?);
    }
    Ok(places)
}

/// What says these words (as they stand in JSON) of an incident and waits, or is a dead letter, goes. How many rows.
pub fn forget_saying(tx: &mut dyn Tx, incident: i64, words: &str) -> Result<u64, StoreError> {
    let like = super::messages::like(words);
    let own = format!("incident:{incident}");
    let [parts, outside, pages] = [
        format!("incident:{incident}:%"),
        format!("announcement:{incident}@%"),
        format!("incident!_page:{incident}:%"),
    ];
    tx.exec(
        "DELETE FROM outbox WHERE state IN ('waiting', 'dead') AND LOWER(say) LIKE ?1 ESCAPE '!' \
         AND (lane = ?2 OR lane LIKE ?3 OR lane LIKE ?4 OR lane LIKE ?5 ESCAPE '!')",
        args![&like, &own, &parts, &outside, &pages],
    )
}

/// The message is not there any more.
pub fn forget_place(tx: &mut dyn Tx, name: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM message_ref WHERE name = ?1", args![name])?;
    Ok(())
}

/// None of our messages is there any more.
pub fn forget_all_places(tx: &mut dyn Tx) -> Result<(), StoreError> {
    tx.exec("DELETE FROM message_ref", &[])?;
    Ok(())
}

/// What could not be said before has been said now: its dead letters go.
pub fn forget_dead(tx: &mut dyn Tx, merge_key: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM outbox WHERE merge_key = ?1 AND state = 'dead'", args![merge_key])?;
    Ok(())
}

/// Which of our messages stands there.
pub fn name_at(tx: &mut dyn Tx, channel_id: &str, ts: &str) -> Result<Option<String>, StoreError> {
    tx.query_one("SELECT name FROM message_ref WHERE channel_id = ?1 AND ts = ?2", args![channel_id, ts])?
        .map(|row| row.get(0))
        .transpose()
}

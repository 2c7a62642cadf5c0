//! What was said in the channels of incidents: messages as they stand, and their earlier versions.

use std::collections::BTreeMap;

use super::incidents::{json_at, to_json};
use super::value::id_list;
use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;
use crate::domain::timeline::{Kind, Message, Version};
use crate::limits::SEARCH_MESSAGES_PAGE;

/// Of what was done to a message by reactions and pins: `"name user"` or `"pin"` → the event's timestamp.
pub type Marks = BTreeMap<String, String>;

const COLUMNS: &str = "id, incident_id, channel_id, ts, thread_ts, at_ms, kind, user_id, author, ours, text, plain, \
                       files, reactions, versions, edited_ts, deleted_ms, deleted_by, pinned, key_by, key_ms, seen_ms, \
                       redacted";

fn message(row: &Row) -> Result<Message, StoreError> {
    let kind: String = row.get(6)?;
    let (ours, pinned): (i64, i64) = (row.get(9)?, row.get(18)?);
    Ok(Message {
        id: row.get(0)?,
        incident_id: row.get(1)?,
        channel_id: row.get(2)?,
        ts: row.get(3)?,
        thread_ts: row.get(4)?,
        at: row.get(5)?,
        kind: Kind::parse(&kind),
        user_id: row.get(7)?,
        author: row.get(8)?,
        ours: ours != 0,
        text: row.get(10)?,
        plain: row.get(11)?,
        files: json_at(row, 12)?,
        reactions: json_at(row, 13)?,
        versions: row.get(14)?,
        edited_ts: row.get(15)?,
        deleted_at: row.get(16)?,
        deleted_by: row.get(17)?,
        pinned: pinned != 0,
        key_by: row.get(19)?,
        key_at: row.get(20)?,
        seen_at: row.get(21)?,
        redacted: match row.get::<Option<String>>(22)? {
            Some(_) => Some(json_at(row, 22)?),
            None => None,
        },
    })
}

/// Adds a message; its id.
pub fn add(tx: &mut dyn Tx, new: &Message) -> Result<i64, StoreError> {
    let (files, reactions) = (to_json(&new.files)?, to_json(&new.reactions)?);
    tx.query_i64(
        "INSERT INTO message (incident_id, channel_id, ts, thread_ts, at_ms, kind, user_id, author, ours, text, plain, \
         files, reactions, versions, edited_ts, deleted_ms, deleted_by, pinned, key_by, key_ms, seen_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21) \
         RETURNING id",
        args![
            new.incident_id,
            &new.channel_id,
            &new.ts,
            new.thread_ts.as_deref(),
            new.at,
            new.kind.as_str(),
            new.user_id.as_deref(),
            &new.author,
            i64::from(new.ours),
            &new.text,
            &new.plain,
            &files,
            &reactions,
            new.versions,
            new.edited_ts.as_deref(),
            new.deleted_at,
            &new.deleted_by,
            i64::from(new.pinned),
            new.key_by.as_deref(),
            new.key_at,
            new.seen_at
        ],
    )
}

/// Writes what may change of a message.
pub fn save(tx: &mut dyn Tx, one: &Message) -> Result<(), StoreError> {
    let (files, reactions) = (to_json(&one.files)?, to_json(&one.reactions)?);
    let redacted = one.redacted.as_ref().map(to_json).transpose()?;
    tx.exec(
        "UPDATE message SET thread_ts = ?2, kind = ?3, user_id = ?4, author = ?5, ours = ?6, text = ?7, plain = ?8, \
         files = ?9, reactions = ?10, versions = ?11, edited_ts = ?12, deleted_ms = ?13, deleted_by = ?14, \
         pinned = ?15, key_by = ?16, key_ms = ?17, redacted = ?18 WHERE id = ?1",
        args![
            one.id,
            one.thread_ts.as_deref(),
            one.kind.as_str(),
            one.user_id.as_deref(),
            &one.author,
            i64::from(one.ours),
            &one.text,
            &one.plain,
            &files,
            &reactions,
            one.versions,
            one.edited_ts.as_deref(),
            one.deleted_at,
            &one.deleted_by,
            i64::from(one.pinned),
            one.key_by.as_deref(),
            one.key_at,
            redacted.as_deref()
        ],
    )?;
    Ok(())
}

/// The message at this place.
pub fn at(tx: &mut dyn Tx, channel_id: &str, ts: &str) -> Result<Option<Message>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM message WHERE channel_id = ?1 AND ts = ?2");
    tx.query_one(&sql, args![channel_id, ts])?.as_ref().map(message).transpose()
}

pub fn by_id(tx: &mut dyn Tx, id: i64) -> Result<Option<Message>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?1");
    tx.query_one(&sql, args![id])?.as_ref().map(message).transpose()
}

pub fn marks(tx: &mut dyn Tx, id: i64) -> Result<Marks, StoreError> {
    match tx.query_one("SELECT marks FROM message WHERE id = ?1", args![id])? {
        Some(row) => json_at(&row, 0),
        None => Ok(Marks::new()),
    }
}

pub fn set_marks(tx: &mut dyn Tx, id: i64, marks: &Marks) -> Result<(), StoreError> {
    let marks = to_json(marks)?;
    tx.exec("UPDATE message SET marks = ?2 WHERE id = ?1", args![id, &marks])?;
    Ok(())
}

// Versions.

/// Keeps an earlier version; whether it was not known.
pub fn add_version(tx: &mut dyn Tx, message_id: i64, one: &Version) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "INSERT INTO message_version (message_id, edited_ts, text, plain, seen_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (message_id, edited_ts) DO NOTHING",
        args![message_id, one.edited_ts.as_deref().unwrap_or_default(), &one.text, &one.plain, one.seen_at],
    )?;
    Ok(changed > 0)
}

/// The earlier versions of a message, the first one first.
pub fn versions(tx: &mut dyn Tx, message_id: i64) -> Result<Vec<Version>, StoreError> {
    let rows = tx.query(
        "SELECT edited_ts, text, plain, seen_ms FROM message_version WHERE message_id = ?1 ORDER BY edited_ts",
        args![message_id],
    )?;
    (1_u32..)
        .zip(&rows)
        .map(|(version, row)| {
            let edited_ts: String = row.get(0)?;
            Ok(Version {
                version,
                text: row.get(1)?,
                plain: row.get(2)?,
                edited_ts: Some(edited_ts).filter(|ts| !ts.is_empty()),
                seen_at: row.get(3)?,
            })
        })
        .collect()
}

/// The words of its earlier versions are forgotten; that there were some is not.
pub fn forget_versions(tx: &mut dyn Tx, message_id: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE message_version SET text = '', plain = '' WHERE message_id = ?1", args![message_id])?;
    Ok(())
}

// Lists.

/// A page of an incident's messages, newest first; those of the bot itself only if `ours`.
pub fn newest(tx: &mut dyn Tx, incident_id: i64, ours: bool, limit: i64) -> Result<Vec<Message>, StoreError> {
    let only = if ours { "" } else { "AND ours = 0 " };
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE incident_id = ?1 {only}ORDER BY incident_id DESC, ts DESC LIMIT ?2"
    );
    tx.query(&sql, args![incident_id, limit])?.iter().map(message).collect()
}

/// The pattern of texts in which this may stand, letters in either case, behind `ESCAPE '!'`.
pub(super) fn like(text: &str) -> String {
    let mut like = "%".to_owned();
    for c in text.to_lowercase().chars() {
        match c {
            '%' | '_' | '!' => like.extend(['!', c]),
            c if c.is_ascii() => like.push(c),
            _ if like.ends_with('%') => {}
            _ => like.push('%'),
        }
    }
    like.push('%');
    like
}

/// The ids of messages in whose words, or in an earlier version of them, this stands, the first ones first; the bot's
/// own too.
pub fn holding(tx: &mut dyn Tx, incident_id: i64, text: &str, limit: i64) -> Result<Vec<i64>, StoreError> {
    let (wanted, like) = (text.to_lowercase(), like(text));
    let rows = tx.query(
        "SELECT m.id, m.text, m.plain, m.files, v.text, v.plain FROM message m \
         LEFT JOIN message_version v ON v.message_id = m.id \
         WHERE m.incident_id = ?1 AND (LOWER(m.text) LIKE ?2 ESCAPE '!' OR LOWER(m.plain) LIKE ?2 ESCAPE '!' \
         OR LOWER(m.files) LIKE ?2 ESCAPE '!' OR LOWER(v.text) LIKE ?2 ESCAPE '!' \
         OR LOWER(v.plain) LIKE ?2 ESCAPE '!') ORDER BY m.id",
        args![incident_id, &like],
    )?;
    let mut found: Vec<i64> = Vec::new();
    for row in &rows {
        let id = row.get(0)?;
        let holds = |text: Option<String>| text.is_some_and(|text| text.to_lowercase().contains(&wanted));
        let mut any = false;
        for column in 1..=5 {
            any |= holds(row.get(column)?);
        }
        if any && found.last() != Some(&id) && i64::try_from(found.len()).unwrap_or(i64::MAX) < limit {
            found.push(id);
        }
    }
    Ok(found)
}

/// Who said what in which this stands (letters in either case), newest first; nothing that was deleted.
pub fn saying(
    tx: &mut dyn Tx,
    incident_id: i64,
    text: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    // SQLite knows the cases of ASCII's letters only, PostgreSQL those of its locale: of the others, the database finds
    // where they may stand, and what stands there is looked at here.
    let (wanted, is_ascii, like) = (text.to_lowercase(), text.is_ascii(), like(text));
    let (mut found, mut skip) = (Vec::new(), 0);
    let page = if is_ascii { limit } else { SEARCH_MESSAGES_PAGE };
    loop {
        let rows = tx.query(
            "SELECT author, plain FROM message WHERE incident_id = ?1 AND ours = 0 AND deleted_ms IS NULL \
             AND kind = 'said' AND LOWER(plain) LIKE ?2 ESCAPE '!' ORDER BY incident_id DESC, ts DESC LIMIT ?3 OFFSET ?4",
            args![incident_id, &like, page, skip],
        )?;
        for row in &rows {
            let said: (String, String) = (row.get(0)?, row.get(1)?);
            if is_ascii || said.1.to_lowercase().contains(&wanted) {
                found.push(said);
            }
        }
        let enough = usize::try_from(limit).unwrap_or(usize::MAX);
        skip += page;
        if is_ascii || found.len() >= enough || i64::try_from(rows.len()).unwrap_or(0) < page {
            found.truncate(enough);
            return Ok(found);
        }
    }
}

/// Where a message stands in a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePlace {
    pub id: i64,
    pub at: Timestamp,
    pub ts: String,
    /// Marked as a key moment, and not deleted.
    pub key: bool,
}

/// Where an incident's messages after `after` stand (empty: from the first), in order.
pub fn places(
    tx: &mut dyn Tx,
    incident_id: i64,
    after: &str,
    limit: i64,
) -> Result<Vec<MessagePlace>, StoreError> {
    tx.query(
        "SELECT id, at_ms, ts, CASE WHEN key_ms IS NOT NULL AND deleted_ms IS NULL THEN 1 ELSE 0 END FROM message \
         WHERE incident_id = ?1 AND ts > ?2 ORDER BY incident_id, ts LIMIT ?3",
        args![incident_id, after, limit],
    )?
    .iter()
    .map(|row| {
        let key: i64 = row.get(3)?;
        Ok(MessagePlace { id: row.get(0)?, at: row.get(1)?, ts: row.get(2)?, key: key != 0 })
    })
    .collect()
}

/// Messages by their ids, in any order.
pub fn by_ids(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<Message>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (places, args) = id_list(ids);
    let sql = format!("SELECT {COLUMNS} FROM message WHERE id IN ({places})");
    tx.query(&sql, &args)?.iter().map(message).collect()
}

/// How many messages each person wrote in an incident, by user id; the bot's own are not among them.
pub fn count_by_person(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<(String, u32)>, StoreError> {
    tx.query(
        "SELECT user_id, COUNT(*) FROM message WHERE incident_id = ?1 AND ours = 0 AND user_id IS NOT NULL \
         GROUP BY user_id ORDER BY user_id",
        args![incident_id],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Who began each thread of an incident that has replies, and when: timestamp, author, moment.
pub fn thread_roots(
    tx: &mut dyn Tx,
    incident_id: i64,
) -> Result<Vec<(String, String, Timestamp)>, StoreError> {
    tx.query(
        "SELECT ts, author, at_ms FROM message m WHERE incident_id = ?1 AND EXISTS (SELECT 1 FROM message r \
         WHERE r.channel_id = m.channel_id AND r.thread_ts = m.ts)",
        args![incident_id],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .collect()
}

/// Messages of an incident from `after` on (none: from the first), in order.
pub fn in_order(
    tx: &mut dyn Tx,
    incident_id: i64,
    after: &str,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE incident_id = ?1 AND ts > ?2 ORDER BY incident_id, ts LIMIT ?3"
    );
    tx.query(&sql, args![incident_id, after, limit])?.iter().map(message).collect()
}

/// When each of them was first known, by its timestamp.
pub fn first_known(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<(String, Timestamp)>, StoreError> {
    tx.query("SELECT ts, seen_ms FROM message WHERE incident_id = ?1", args![incident_id])?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

/// Deleted messages whose words are still there, the oldest first.
pub fn deleted_with_words(tx: &mut dyn Tx, limit: i64) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE deleted_ms IS NOT NULL AND redacted IS NULL ORDER BY message.id LIMIT ?1"
    );
    tx.query(&sql, args![limit])?.iter().map(message).collect()
}

/// The last key moments of an incident, in order.
pub fn key_moments(tx: &mut dyn Tx, incident_id: i64, limit: i64) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE incident_id = ?1 AND key_ms IS NOT NULL \
         AND deleted_ms IS NULL AND redacted IS NULL ORDER BY incident_id DESC, ts DESC LIMIT ?2"
    );
    let mut found: Vec<Message> =
        tx.query(&sql, args![incident_id, limit])?.iter().map(message).collect::<Result<_, _>>()?;
    found.reverse();
    Ok(found)
}

/// How many of them were said before this moment.
pub fn count_before(tx: &mut dyn Tx, incident_id: i64, before: Timestamp) -> Result<i64, StoreError> {
    tx.query_i64(
        "SELECT COUNT(*) FROM message WHERE incident_id = ?1 AND at_ms < ?2",
        args![incident_id, before],
    )
}

pub fn count(tx: &mut dyn Tx, incident_id: i64) -> Result<i64, StoreError> {
    tx.query_i64("SELECT COUNT(*) FROM message WHERE incident_id = ?1", args![incident_id])
}

/// What stands in a span of a channel itself (`after` and `before` not among them), threads aside.
pub fn standing(
    tx: &mut dyn Tx,
    channel_id: &str,
    after: &str,
    before: &str,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE channel_id = ?1 AND ts > ?2 AND ts < ?3 AND thread_ts IS NULL \
         AND deleted_ms IS NULL ORDER BY ts"
    );
    tx.query(&sql, args![channel_id, after, before])?.iter().map(message).collect()
}

/// The same of a thread's replies.
pub fn standing_replies(
    tx: &mut dyn Tx,
    channel_id: &str,
    thread_ts: &str,
    after: &str,
    before: &str,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE channel_id = ?1 AND thread_ts = ?2 AND ts > ?3 AND ts < ?4 \
         AND deleted_ms IS NULL ORDER BY ts"
    );
    tx.query(&sql, args![channel_id, thread_ts, after, before])?.iter().map(message).collect()
}

/// How many replies of a thread stand, and the newest one's timestamp.
pub fn replies_known(
    tx: &mut dyn Tx,
    channel_id: &str,
    thread_ts: &str,
) -> Result<(i64, Option<String>), StoreError> {
    let row = tx.query_one(
        "SELECT COUNT(*), MAX(ts) FROM message WHERE channel_id = ?1 AND thread_ts = ?2 AND deleted_ms IS NULL",
        args![channel_id, thread_ts],
    )?;
    row.map_or(Ok((0, None)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The threads of which a reply is known.
pub fn threads(tx: &mut dyn Tx, channel_id: &str) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT DISTINCT thread_ts FROM message WHERE channel_id = ?1 AND thread_ts IS NOT NULL",
        args![channel_id],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Messages in which this id still stands where a name should: as their author, or in their words.
pub fn unnamed(tx: &mut dyn Tx, id: &str, limit: i64) -> Result<Vec<Message>, StoreError> {
    let like = format!("%{id}%");
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE author = ?1 OR plain LIKE ?2 ORDER BY message.id DESC LIMIT ?3"
    );
    tx.query(&sql, args![id, &like, limit])?.iter().map(message).collect()
}

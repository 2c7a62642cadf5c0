//! Lists of alert groups: filtered, counted and paged by the database, however many there are.
//!
//! What the database cannot decide (regular expressions, letters beyond ASCII in either case) it narrows down; the caller
//! looks at what is left, batch by batch ([`after`]).

use super::groups::{self, COLUMNS};
use super::value::id_list;
use super::{Arg, StoreError, Tx};
use crate::args;
use crate::domain::group::{Group, State};
use crate::domain::priority::Priority;

/// Which groups are wanted; all of it must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The resolved ones, the last resolved first; else the open ones, the most urgent and newest first.
    pub resolved: bool,
    /// Of the open ones: in one of these states; none: in any.
    pub states: Vec<State>,
    pub priorities: Vec<Priority>,
    /// In lower case, each in the title or the name of a channel of it.
    pub words: Vec<String>,
    /// Acknowledged, silenced or resolved by this user.
    pub user: Option<String>,
    /// An alert of it (a firing one, if the group is open) has each of these labels; not necessarily the same alert.
    pub labels: Vec<(String, String)>,
    /// Only those whose state is silenced by somebody's own button, not by matchers.
    pub silenced_by_hand: bool,
}

impl Wanted {
    /// Whether the database decides it alone: then [`count`] and [`page`] are exact.
    pub fn is_exact(&self) -> bool {
        self.labels.is_empty() && self.words.iter().all(|word| word.is_ascii())
    }
}

/// A condition with its arguments, in the order of their numbers.
#[derive(Default)]
struct Condition {
    sql: String,
    args: Vec<OwnedArg>,
}

enum OwnedArg {
    I(i64),
    T(String),
}

impl OwnedArg {
    fn as_arg(&self) -> Arg<'_> {
        match self {
            Self::I(number) => Arg::I(*number),
            Self::T(text) => Arg::T(text),
        }
    }
}

impl Condition {
    fn of(wanted: &Wanted) -> Self {
        let mut all = Self::default();
        all.sql.push_str(if wanted.resolved { "state = 'resolved'" } else { "state <> 'resolved'" });
        if !wanted.states.is_empty() {
            let states = wanted.states.iter().map(|state| OwnedArg::T(state.as_str().to_owned()));
            all.one_of("state", states.collect());
        }
        if !wanted.priorities.is_empty() {
            let numbers = wanted.priorities.iter().map(|one| OwnedArg::I(i64::from(one.as_number())));
            all.one_of("priority", numbers.collect());
        }
        for word in &wanted.words {
            let in_title = all.arg(OwnedArg::T(format!("%{}%", like(word))));
            // As it stands in the JSON list, with or without its sign.
            let quoted = serde_json::to_string(word).unwrap_or_default();
            let bare = quoted.trim_matches('"');
            let named = all.arg(OwnedArg::T(format!("%\"{}\"%", like(bare))));
            let signed = all.arg(OwnedArg::T(format!("%\"#{}\"%", like(bare))));
            all.sql.push_str(&format!(
                " AND (LOWER(title) LIKE {in_title} ESCAPE '!' OR LOWER(channels) LIKE {named} ESCAPE '!' \
                 OR LOWER(channels) LIKE {signed} ESCAPE '!')"
            ));
        }
        if let Some(user) = &wanted.user {
            let by = |what: &str| OwnedArg::T(format!("%\"{what}\":{{\"by\":\"slack:{}\"%", like(user)));
            let (taken, silenced) = (all.arg(by("acknowledged")), all.arg(by("silenced")));
            let resolved = all.arg(by("resolved"));
            all.sql.push_str(&format!(
                " AND (facts LIKE {taken} ESCAPE '!' OR facts LIKE {silenced} ESCAPE '!' \
                 OR facts LIKE {resolved} ESCAPE '!')"
            ));
        }
        let only_firing = if wanted.resolved { "" } else { "a.status = 'firing' AND " };
        for (name, value) in &wanted.labels {
            let json = |text: &str| serde_json::to_string(text).unwrap_or_default();
            let pair = all.arg(OwnedArg::T(format!("%{}:{}%", like(&json(name)), like(&json(value)))));
            all.sql.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM alert a WHERE a.group_id = alert_group.id AND {only_firing}\
                 a.labels LIKE {pair} ESCAPE '!')"
            ));
        }
        if wanted.silenced_by_hand {
            all.sql.push_str(" AND state = 'silenced' AND silence_id IS NULL");
        }
        all
    }

    fn arg(&mut self, arg: OwnedArg) -> String {
        self.args.push(arg);
        format!("?{}", self.args.len())
    }

    fn one_of(&mut self, column: &str, args: Vec<OwnedArg>) {
        let places: Vec<String> = args.into_iter().map(|arg| self.arg(arg)).collect();
        self.sql.push_str(&format!(" AND {column} IN ({})", places.join(", ")));
    }

    fn args(&self) -> Vec<Arg<'_>> {
        self.args.iter().map(OwnedArg::as_arg).collect()
    }
}

/// For a LIKE with `!` as its escape; letters beyond ASCII stand for anything, since their case is not known to both
/// engines.
fn like(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '_' | '!' => out.extend(['!', c]),
            c if c.is_ascii() => out.push(c),
            _ if out.ends_with('%') && !out.ends_with("!%") => {}
            _ => out.push('%'),
        }
    }
    out
}

const fn order(wanted: &Wanted) -> &'static str {
    if wanted.resolved { "resolved_ms DESC, id DESC" } else { "priority, id DESC" }
}

/// How many there are.
pub fn count(tx: &mut dyn Tx, wanted: &Wanted) -> Result<i64, StoreError> {
    let condition = Condition::of(wanted);
    tx.query_i64(&format!("SELECT COUNT(*) FROM alert_group WHERE {}", condition.sql), &condition.args())
}

/// A page of them. A row that cannot be read is left out, with a word in the log: it hides none of the others.
pub fn page(tx: &mut dyn Tx, wanted: &Wanted, skip: i64, limit: i64) -> Result<Vec<Group>, StoreError> {
    let mut condition = Condition::of(wanted);
    let (limit, skip) = (condition.arg(OwnedArg::I(limit)), condition.arg(OwnedArg::I(skip)));
    let sql = format!(
        "SELECT {COLUMNS} FROM alert_group WHERE {} ORDER BY {} LIMIT {limit} OFFSET {skip}",
        condition.sql,
        order(wanted)
    );
    Ok(groups::readable(&tx.query(&sql, &condition.args())?))
}

/// Where a batch of [`after`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The priority, or of resolved ones the moment.
    rank: i64,
    id: i64,
}

/// The next batch after this place, and where it ended: `None` after the last one.
pub fn after(
    tx: &mut dyn Tx,
    wanted: &Wanted,
    place: Option<Place>,
    limit: i64,
) -> Result<(Vec<Group>, Option<Place>), StoreError> {
    let mut condition = Condition::of(wanted);
    if let Some(Place { rank, id }) = place {
        let (rank, id) = (condition.arg(OwnedArg::I(rank)), condition.arg(OwnedArg::I(id)));
        condition.sql.push_str(&if wanted.resolved {
            format!(" AND (resolved_ms < {rank} OR (resolved_ms = {rank} AND id < {id}))")
        } else {
            format!(" AND (priority > {rank} OR (priority = {rank} AND id < {id}))")
        });
    }
    let most = condition.arg(OwnedArg::I(limit));
    let sql = format!(
        "SELECT {COLUMNS} FROM alert_group WHERE {} ORDER BY {} LIMIT {most}",
        condition.sql,
        order(wanted)
    );
    let rows = tx.query(&sql, &condition.args())?;
    let last = rows.last().filter(|_| i64::try_from(rows.len()).is_ok_and(|count| count == limit));
    let end = match last {
        Some(row) => {
            let rank: Option<i64> = row.get(if wanted.resolved { 19 } else { 10 })?;
            Some(Place { rank: rank.unwrap_or(0), id: row.get(0)? })
        }
        None => None,
    };
    Ok((groups::readable(&rows), end))
}

/// Ids of open groups after this one that a silence by matchers could take, with how many alerts fire in each.
pub fn could_fall_silent(tx: &mut dyn Tx, after: i64, limit: i64) -> Result<Vec<(i64, u32)>, StoreError> {
    tx.query(
        "SELECT id, firing FROM alert_group WHERE state <> 'resolved' AND state = 'firing' \
         AND notified_ms IS NOT NULL AND attached_to IS NULL AND firing > 0 AND id > ?1 ORDER BY id LIMIT ?2",
        args![after, limit],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Ids of groups after this one that the silence by matchers holds, resolved ones among them: what comes back within a
/// silence is still silenced.
pub fn of_silence(tx: &mut dyn Tx, silence: i64, after: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
    tx.query(
        "SELECT id FROM alert_group WHERE silence_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        args![silence, after, limit],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Ids of open groups after this one that keep quiet: not told of yet, or hushed since.
pub fn quiet(tx: &mut dyn Tx, after: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
    tx.query(
        "SELECT id FROM alert_group WHERE state <> 'resolved' AND attached_to IS NULL AND id > ?1 \
         AND (notified_ms IS NULL OR facts LIKE '%\"hushed\":%') ORDER BY id LIMIT ?2",
        args![after, limit],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Groups by their ids, in any order; one that cannot be read is left out, with a word in the log.
pub fn by_ids(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<Group>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (places, args) = id_list(ids);
    let sql = format!("SELECT {COLUMNS} FROM alert_group WHERE id IN ({places})");
    Ok(groups::readable(&tx.query(&sql, &args)?))
}

/// The labels of alerts of these groups, a group's together; only of firing ones, if that is wanted. Not for groups
/// with many alerts: see [`labels_of`].
pub fn labels_of_all(
    tx: &mut dyn Tx,
    groups: &[i64],
    only_firing: bool,
) -> Result<Vec<(i64, String)>, StoreError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let (places, args) = id_list(groups);
    let firing = if only_firing { " AND status = 'firing'" } else { "" };
    let sql =
        format!("SELECT group_id, labels FROM alert WHERE group_id IN ({places}){firing} ORDER BY group_id");
    tx.query(&sql, &args)?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A batch of a group's alerts after this fingerprint: fingerprint and labels.
pub fn labels_of(
    tx: &mut dyn Tx,
    group: i64,
    only_firing: bool,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(
        "SELECT fingerprint, labels FROM alert WHERE group_id = ?1 AND fingerprint > ?2 \
         AND (?3 = 0 OR status = 'firing') ORDER BY fingerprint LIMIT ?4",
        args![group, after, only_firing, limit],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

//! From the common subset to PostgreSQL's spelling.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Statements already translated. As many as the program has.
#[derive(Debug, Default)]
pub(super) struct Translations(RwLock<HashMap<String, Arc<str>>>);

impl Translations {
    pub(super) fn get(&self, sql: &str) -> Arc<str> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return Arc::clone(known);
        }
        let translated: Arc<str> = translate(sql).into();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(sql.to_owned()).or_insert(translated))
    }
}

/// `?1` → `$1`, `/*skip locked*/` → `FOR UPDATE SKIP LOCKED`, `/*for update*/` → `FOR UPDATE`; strings, quoted
/// names and other comments stay as they are.
pub(super) fn translate(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut rest = sql;
    while let Some(at) = rest.find(['?', '\'', '"', '/', '-']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = match from.as_bytes() {
            [quote @ (b'\'' | b'"'), ..] => {
                from[1..].find(char::from(*quote)).map_or(from.len(), |end| end + 2)
            }
            [b'-', b'-', ..] => from.find('\n').unwrap_or(from.len()),
            [b'/', b'*', ..] => from.find("*/").map_or(from.len(), |end| end + 2),
            _ => 1,
        };
        let (token, after) = from.split_at(length);
        out.push_str(match token {
            "?" if after.starts_with(|c: char| c.is_ascii_digit()) => "$",
            "/*skip locked*/" => "FOR UPDATE SKIP LOCKED",
            "/*for update*/" => "FOR UPDATE",
            other => other,
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_respelled() {
        let table = [
            ("SELECT ?1, ?12 - 3 / 4", "SELECT $1, $12 - 3 / 4"),
            ("SELECT '?1 it''s -- no' || ?1", "SELECT '?1 it''s -- no' || $1"),
            ("SELECT \"a?1\" -- ?1 '\nFROM t WHERE a = ?2", "SELECT \"a?1\" -- ?1 '\nFROM t WHERE a = $2"),
            ("SELECT 1 /*skip locked*/", "SELECT 1 FOR UPDATE SKIP LOCKED"),
            ("SELECT ?1 /*for update*/", "SELECT $1 FOR UPDATE"),
            ("SELECT /* why ?1 */ ?1", "SELECT /* why ?1 */ $1"),
            ("SELECT a ? 'b'", "SELECT a ? 'b'"),
            ("SELECT 'open", "SELECT 'open"),
            ("SELECT /* open", "SELECT /* open"),
        ];
        for (common, postgres) in table {
            assert_eq!(translate(common), postgres);
        }
    }

    #[test]
    fn a_statement_is_translated_once() {
        let translations = Translations::default();
        assert!(Arc::ptr_eq(&translations.get("SELECT ?1"), &translations.get("SELECT ?1")));
    }
}

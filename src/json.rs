//! What JSON of strangers costs as a tree, counted over its bytes before the tree is made.
//!
//! A tree takes far more than its text: eight million bytes of `[1,1,1,…]` are four million values of some seventy
//! bytes each, and `[{"a":1},…]` costs fifty times its length. A bound on bytes alone is therefore no bound on memory.

use serde_json::Value;

/// A place in a list. Lists grow by doubling, so that up to half of their places are empty.
const ELEMENT: usize = 2 * size_of::<Value>();
/// A list that is not empty: it begins with four places.
const LIST: usize = 4 * size_of::<Value>() + ALLOCATION;
/// A field of an object, with its place in the table of hashes; both grow by doubling, too.
const FIELD: usize = 2 * (size_of::<String>() + size_of::<Value>() + 2 * size_of::<usize>());
/// An object that is not empty: it begins with room for three fields and a table.
const OBJECT: usize = 3 * FIELD / 2 + 2 * ALLOCATION;
/// What a piece of memory takes beside what is in it, rounding included.
const ALLOCATION: usize = 32;

/// Why there is no tree.
#[derive(Debug, thiserror::Error)]
pub enum NoTree {
    #[error("it holds too many values: as a tree they would take more than {0} bytes")]
    TooCostly(usize),
    #[error(transparent)]
    Invalid(#[from] serde_json::Error),
}

/// Reads a text as a tree that takes at most about `at_most_bytes` of memory.
pub fn read(text: &[u8], at_most_bytes: usize) -> Result<Value, NoTree> {
    if !fits(text, at_most_bytes) {
        return Err(NoTree::TooCostly(at_most_bytes));
    }
    Ok(serde_json::from_slice(text)?)
}

/// Whether the tree of a text takes at most `at_most_bytes`, reckoned generously. Broken JSON is counted as far as it goes.
pub fn fits(text: &[u8], at_most_bytes: usize) -> bool {
    tree_bytes(text, at_most_bytes) <= at_most_bytes
}

/// Counts what the tree of a text takes; stops when it is more than `enough_bytes`.
pub fn tree_bytes(text: &[u8], enough_bytes: usize) -> usize {
    let mut bytes = size_of::<Value>();
    // What is open, the innermost in the lowest bit; 1 is an object. Deeper nesting than this is no tree of ours.
    let mut open = 0_u128;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let length = string_length(&text[at..]);
                bytes += length + ALLOCATION;
                at += length + 1;
            }
            b'[' | b'{' => {
                open = (open << 1) | u128::from(*byte == b'{');
                if !matches!(text.get(at), Some(b']' | b'}')) {
                    bytes += if *byte == b'{' { OBJECT } else { LIST };
                }
            }
            b']' | b'}' => open >>= 1,
            b',' if open & 1 == 0 => bytes += ELEMENT,
            b':' => bytes += FIELD,
            _ => continue,
        }
        if bytes > enough_bytes {
            break;
        }
    }
    bytes
}

/// The bytes up to the quote that ends a string.
fn string_length(rest: &[u8]) -> usize {
    let mut escaped = false;
    let end = rest.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a tree takes at least: its values, names and texts, without anything the allocator adds.
    fn least(value: &Value) -> usize {
        let inner = match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(least).sum(),
            Value::Object(map) => {
                map.iter().map(|(name, value)| size_of::<String>() + name.len() + least(value)).sum()
            }
            _ => 0,
        };
        size_of::<Value>() + inner
    }

    #[test]
    fn a_tree_is_never_reckoned_smaller_than_it_is() {
        let wide: Vec<Value> = (0..500).map(|n| json!({ "a": n, "b": [n, "x\"y\\"], "c": {} })).collect();
        for value in [
            json!(null),
            json!("a text with \" and \\ and [1,2,{\"a\":3}]"),
            json!([1, 1, 1, 1, 1, 1, 1, 1, 1]),
            json!([[], [], {}, {}, [[]], [{}]]),
            json!({ "title": "x", "a": [[], []] }),
            json!(wide),
        ] {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let reckoned = tree_bytes(text.as_bytes(), usize::MAX);
                assert!(reckoned >= least(&value), "{text}: {reckoned} < {}", least(&value));
            }
        }
    }

    #[test]
    fn bombs_are_seen_for_what_they_are() {
        let million = 1_000_000;
        for (what, times) in [("1,", 144), ("[],", 144), ("{},", 144), ("[1],", 400), ("{\"a\":1},", 600)] {
            let text = format!("[{}0]", what.repeat(million));
            assert!(tree_bytes(text.as_bytes(), usize::MAX) >= times * million, "{what}");
            assert!(!fits(text.as_bytes(), 64 << 20), "{what}");
            assert!(matches!(read(text.as_bytes(), 1 << 20), Err(NoTree::TooCostly(_))), "{what}");
        }
        // A long text is as cheap as it is long.
        let text = format!("\"{}\"", "[1,{".repeat(million));
        assert!(tree_bytes(text.as_bytes(), usize::MAX) < text.len() + 1_000);
    }

    #[test]
    fn what_is_small_is_read() {
        assert_eq!(read(b" {\"a\": [1, 2]} ", 4_096).unwrap(), json!({ "a": [1, 2] }));
        assert!(matches!(read(b"{\"a\": ", 4_096), Err(NoTree::Invalid(_))));
    }
}

//! Several files as one: maps are put together key by key, lists one after the other, and a value may be set once.

use super::node::{Node, Span, Value};

/// A key that two files set to values that cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub first: Span,
    pub second: Span,
    /// The values, which must not be shown.
    pub values: [Span; 2],
}

/// Puts `more` into `base`.
pub fn merge(base: &mut Node, more: Node, conflicts: &mut Vec<Conflict>) {
    if base.is_null() {
        *base = more;
        return;
    }
    match (&mut base.value, more.value) {
        (_, Value::Null) => {}
        (Value::Map(entries), Value::Map(added)) => {
            for entry in added {
                let Some(have) = entries.iter_mut().find(|e| e.key == entry.key) else {
                    entries.push(entry);
                    continue;
                };
                let together = matches!(
                    (&have.node.value, &entry.node.value),
                    (Value::Null, _)
                        | (_, Value::Null)
                        | (Value::Map(_), Value::Map(_))
                        | (Value::List(_), Value::List(_))
                );
                if together {
                    merge(&mut have.node, entry.node, conflicts);
                } else {
                    let values = [have.node.span, entry.node.span];
                    conflicts.push(Conflict { first: have.key_span, second: entry.key_span, values });
                }
            }
        }
        (Value::List(items), Value::List(added)) => items.extend(added),
        // Only the roots get here: one file is a map and the other is not; the reader says what a root must be.
        (_, _) => {}
    }
}

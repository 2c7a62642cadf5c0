//! Cursors, as opaque to the caller as Slack's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::state::Code;
use super::{Cx, Refusal};

impl Cx<'_> {
    /// The `limit` argument between 1 and `most`.
    pub(super) fn limit(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        match self.args.text("limit").filter(|t| !t.is_empty()) {
            None => Ok(default),
            Some(text) => match text.parse::<i64>() {
                Ok(0) => Ok(default),
                Ok(n) if n > 0 => Ok(usize::try_from(n).unwrap_or(most).min(most)),
                _ => Err(Refusal::new("invalid_limit")),
            },
        }
    }

    /// Where the `cursor` argument points to: the key the page begins after.
    pub(super) fn cursor(&self) -> Result<Option<String>, Code> {
        let Some(cursor) = self.args.text("cursor").filter(|c| !c.is_empty()) else { return Ok(None) };
        let bytes = STANDARD.decode(cursor).map_err(|_| "invalid_cursor")?;
        let text = String::from_utf8(bytes).map_err(|_| "invalid_cursor")?;
        text.strip_prefix("next:").map(|key| Some(key.to_owned())).ok_or("invalid_cursor")
    }
}

/// The cursor of a page that begins after `key`.
pub(super) fn cursor_after(key: &str) -> String {
    STANDARD.encode(format!("next:{key}"))
}

/// One page of `items` (sorted by key), and the cursor of the next, empty at the end.
pub(super) fn page<T>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    after: Option<&str>,
    limit: usize,
) -> (Vec<T>, String) {
    let mut rest: Vec<T> =
        items.into_iter().skip_while(|i| after.is_some_and(|a| key(i).as_str() <= a)).collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let next =
        if more { rest.last().map(|i| cursor_after(&key(i))).unwrap_or_default() } else { String::new() };
    (rest, next)
}

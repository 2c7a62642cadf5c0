//! Lists that come in pages (docs.slack.dev/apis/web-api/pagination).

use serde_json::{Map, Value};

use super::{ApiError, SlackApi};
use crate::limits::{SLACK_PAGE_ITEMS, SLACK_PAGES};

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub items: Vec<Value>,
    /// Ask with this for the next page; none at the end.
    pub next_cursor: Option<String>,
}

/// A whole list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    pub items: Vec<Value>,
    /// The list was longer than we are willing to read.
    pub truncated: bool,
}

impl SlackApi {
    /// One page of `method`, whose items stand under `key`.
    pub async fn page(&self, method: &str, arguments: Value, key: &str) -> Result<Page, ApiError> {
        let mut answer = self.call(method, arguments).await?;
        let next_cursor = answer
            .pointer("/response_metadata/next_cursor")
            .and_then(Value::as_str)
            .filter(|cursor| !cursor.is_empty())
            .map(str::to_owned);
        let items = match answer.get_mut(key).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        Ok(Page { items, next_cursor })
    }

    /// All pages of `method`. A failing page fails the whole listing: half a list would read as "the rest is gone".
    pub async fn all_pages(&self, method: &str, arguments: Value, key: &str) -> Result<Listing, ApiError> {
        self.pages(method, arguments, key, SLACK_PAGES).await
    }

    /// At most `pages` pages of `method`.
    pub async fn pages(
        &self,
        method: &str,
        arguments: Value,
        key: &str,
        pages: usize,
    ) -> Result<Listing, ApiError> {
        let mut arguments = match arguments {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        arguments.entry("limit").or_insert_with(|| SLACK_PAGE_ITEMS.into());
        let mut listing = Listing::default();
        for _ in 0..pages {
            let page = self.page(method, Value::Object(arguments.clone()), key).await?;
            listing.items.extend(page.items);
            match page.next_cursor {
                // A server that repeats its cursor would keep us here for ever.
                Some(cursor) if arguments.get("cursor").and_then(Value::as_str) != Some(&cursor) => {
                    arguments.insert("cursor".to_owned(), cursor.into());
                }
                _ => return Ok(listing),
            }
        }
        listing.truncated = true;
        Ok(listing)
    }
}

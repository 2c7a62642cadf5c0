//! The value of an interactive element, whatever its kind, both in `actions[]` and in `state.values`
//! (docs.slack.dev/reference/block-kit/block-elements).

use serde_json::Value;

use super::text_at;

/// The value of one element. Unset values come as null or not at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a>(pub &'a Value);

/// Where the kinds of elements keep a single value.
const SINGLE: &[&str] = &[
    "/value",
    "/selected_option/value",
    "/selected_user",
    "/selected_conversation",
    "/selected_channel",
    "/selected_date",
    "/selected_time",
];

/// Where they keep several.
const SEVERAL: &[&str] =
    &["selected_options", "selected_users", "selected_conversations", "selected_channels"];

impl<'a> Field<'a> {
    /// `plain_text_input`, `users_select`, …
    pub fn element_type(self) -> &'a str {
        text_at(self.0, "/type").unwrap_or("")
    }

    /// The one value: typed text, a button's or an option's value, an id, a date (`2026-11-21`), a time (`17:30`).
    pub fn text(self) -> Option<&'a str> {
        super::first_text(self.0, SINGLE)
    }

    /// All values: of a multi-select or of checkboxes, or the single one.
    pub fn list(self) -> Vec<&'a str> {
        for key in SEVERAL {
            if let Some(Value::Array(items)) = self.0.get(key) {
                return items
                    .iter()
                    .filter_map(|item| item.as_str().or_else(|| text_at(item, "/value")))
                    .collect();
            }
        }
        self.text().into_iter().collect()
    }

    /// Of a date-and-time picker, in seconds.
    pub fn date_time_s(self) -> Option<i64> {
        let value = self.0.get("selected_date_time")?;
        value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
    }

    /// The text shown on the chosen option.
    pub fn option_text(self) -> Option<&'a str> {
        text_at(self.0, "/selected_option/text/text")
    }

    /// Of a rich text input: the block it made.
    pub fn rich_text(self) -> Option<&'a Value> {
        self.0.get("rich_text_value").filter(|value| value.is_object())
    }

    /// Of a file input: the files.
    pub fn files(self) -> &'a [Value] {
        self.0.get("files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

/// One element that was clicked, chosen or typed into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Action<'a>(pub &'a Value);

impl<'a> Action<'a> {
    pub fn action_id(self) -> &'a str {
        text_at(self.0, "/action_id").unwrap_or("")
    }

    pub fn block_id(self) -> &'a str {
        text_at(self.0, "/block_id").unwrap_or("")
    }

    /// When it was done, as Slack's ts.
    pub fn action_ts(self) -> Option<&'a str> {
        text_at(self.0, "/action_ts")
    }

    /// What was chosen.
    pub fn field(self) -> Field<'a> {
        Field(self.0)
    }

    /// The one value; see [`Field::text`].
    pub fn value(self) -> Option<&'a str> {
        self.field().text()
    }
}

//! A click, a submitted or closed form, a shortcut (docs.slack.dev/interactivity/handling-user-interaction).

use serde_json::Value;

use super::{Action, Field, first_text, text_at};

/// An interaction of any kind. Which accessors give something depends on the kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// The payload as it came.
    pub raw: Value,
}

impl Interaction {
    /// `block_actions`, `view_submission`, …
    pub fn kind(&self) -> &str {
        text_at(&self.raw, "/type").unwrap_or("")
    }

    /// Who did it.
    pub fn user_id(&self) -> Option<&str> {
        first_text(&self.raw, &["/user/id", "/user"])
    }

    /// Their name, for logs; it may be out of date.
    pub fn user_name(&self) -> Option<&str> {
        first_text(&self.raw, &["/user/username", "/user/name"])
    }

    /// The workspace. An app installed for a whole organisation gets `team: null`; then the user or the view tell.
    pub fn team_id(&self) -> Option<&str> {
        first_text(&self.raw, &["/team/id", "/user/team_id", "/view/team_id", "/message/team"])
    }

    pub fn enterprise_id(&self) -> Option<&str> {
        first_text(&self.raw, &["/enterprise/id", "/team/enterprise_id"])
    }

    pub fn channel_id(&self) -> Option<&str> {
        first_text(&self.raw, &["/channel/id", "/container/channel_id"])
    }

    /// The message it was done on.
    pub fn message_ts(&self) -> Option<&str> {
        first_text(&self.raw, &["/container/message_ts", "/message_ts", "/message/ts"])
    }

    /// The thread that message is in.
    pub fn thread_ts(&self) -> Option<&str> {
        first_text(&self.raw, &["/container/thread_ts", "/message/thread_ts"])
    }

    /// The message it was done on, as Slack sends it; none for ephemeral ones.
    pub fn message(&self) -> Option<&Value> {
        self.raw.get("message").filter(|message| message.is_object())
    }

    /// Whether that message is shown to this user only; it can be changed by the response_url alone.
    pub fn is_ephemeral(&self) -> bool {
        self.raw.pointer("/container/is_ephemeral").and_then(Value::as_bool).unwrap_or(false)
    }

    /// Opens one modal within 3 seconds.
    pub fn trigger_id(&self) -> Option<&str> {
        text_at(&self.raw, "/trigger_id")
    }

    /// Works 5 times in 30 minutes. After a submission it is that of the chosen conversation.
    pub fn response_url(&self) -> Option<&str> {
        first_text(&self.raw, &["/response_url", "/response_urls/0/response_url"])
    }

    /// Of a shortcut or of the view.
    pub fn callback_id(&self) -> Option<&str> {
        first_text(&self.raw, &["/callback_id", "/view/callback_id"])
    }

    /// The view it was done in.
    pub fn view(&self) -> Option<&Value> {
        self.raw.get("view").filter(|view| view.is_object())
    }

    pub fn view_id(&self) -> Option<&str> {
        first_text(&self.raw, &["/view/id", "/container/view_id"])
    }

    /// Changes with every update of the view; `views.update` with it fails if another was faster.
    pub fn view_hash(&self) -> Option<&str> {
        text_at(&self.raw, "/view/hash")
    }

    /// `modal` or `home`.
    pub fn view_type(&self) -> Option<&str> {
        text_at(&self.raw, "/view/type")
    }

    /// What we put into the view when we opened it.
    pub fn private_metadata(&self) -> &str {
        text_at(&self.raw, "/view/private_metadata").unwrap_or("")
    }

    /// Whether the whole stack of views was closed.
    pub fn is_cleared(&self) -> bool {
        self.raw.get("is_cleared").and_then(Value::as_bool).unwrap_or(false)
    }

    /// The elements that were used; Slack sends one at a time, but says it may send more.
    pub fn actions(&self) -> impl Iterator<Item = Action<'_>> {
        self.raw.get("actions").and_then(Value::as_array).into_iter().flatten().map(Action)
    }

    /// The first element that was used. A suggestion carries its ids itself.
    pub fn action(&self) -> Option<Action<'_>> {
        self.actions().next().or_else(|| text_at(&self.raw, "/action_id").map(|_| Action(&self.raw)))
    }

    /// What was typed so far into a menu that asks us for its options.
    pub fn suggestion_query(&self) -> &str {
        text_at(&self.raw, "/value").unwrap_or("")
    }

    fn state_values(&self) -> Option<&serde_json::Map<String, Value>> {
        ["/view/state/values", "/state/values"]
            .iter()
            .find_map(|path| self.raw.pointer(path).and_then(Value::as_object))
    }

    /// The value of an element by its block and its action.
    pub fn state(&self, block_id: &str, action_id: &str) -> Option<Field<'_>> {
        self.state_values()?.get(block_id)?.get(action_id).map(Field)
    }

    /// The value of an element by its action alone: block ids change where a view is updated.
    pub fn state_of(&self, action_id: &str) -> Option<Field<'_>> {
        self.state_fields().find(|(_, action, _)| *action == action_id).map(|(_, _, field)| field)
    }

    /// The block an element stands in, to answer with an error at it.
    pub fn block_of(&self, action_id: &str) -> Option<&str> {
        self.state_fields().find(|(_, action, _)| *action == action_id).map(|(block, _, _)| block)
    }

    /// All values with their block id and action id.
    pub fn state_fields(&self) -> impl Iterator<Item = (&str, &str, Field<'_>)> {
        self.state_values().into_iter().flatten().flat_map(|(block, actions)| {
            let actions = actions.as_object().into_iter().flatten();
            actions.map(move |(action, value)| (block.as_str(), action.as_str(), Field(value)))
        })
    }
}

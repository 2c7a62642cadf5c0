//! The words people type. One file a word, one line in `COMMANDS`.

use crate::actions::Answer;
use crate::engine::Work;
use crate::store::StoreError;

/// Where and by whom a word was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said<'a> {
    pub user: &'a str,
    pub channel: &'a str,
    /// The thread it was said in: in an alert's thread its number may be left out.
    pub thread_ts: Option<&'a str>,
    /// Opens dialogues; a mention has none.
    pub trigger_id: Option<&'a str>,
    /// Everything after the root command or the mention.
    pub text: &'a str,
    /// A mention of the bot instead of the slash command.
    pub mention: bool,
}

/// Runs the word.
pub fn run(_work: &mut Work<'_>, _said: &Said<'_>) -> Result<Answer, StoreError> {
    Ok(Answer::Nothing)
}

//! The regular expression of one matcher, anchored at both ends.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::MatcherError;
use super::regexp;
use crate::limits::{REGEX_NEST_DEPTH, REGEX_PROGRAM_BYTES};

/// Most patterns in real files are `a|b|c`, `.*` or `.+`; those need no engine.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// `.*`: anything on one line.
    Anything,
    /// `.+`: anything on one line that is not empty.
    Something,
    /// `a|b|c`.
    Choices(Arc<[String]>),
    /// All others.
    Compiled(Regex),
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, MatcherError> {
        // `match_re` is shown with its anchors, which change nothing.
        let bare = text.strip_prefix("^(?:").and_then(|rest| rest.strip_suffix(")$")).unwrap_or(text);
        match bare {
            ".*" => return Ok(Self::Anything),
            ".+" => return Ok(Self::Something),
            _ => {}
        }
        if let Some(choices) = plain_choices(bare) {
            return Ok(Self::Choices(choices.into()));
        }
        Self::compile(text)
    }

    fn compile(text: &str) -> Result<Self, MatcherError> {
        let translated = regexp::translate_anchored(text).map_err(|error| MatcherError {
            what: format!("error parsing regexp: {error}"),
            column: None,
            hint: Some(error.hint().to_owned()),
        })?;
        RegexBuilder::new(&translated)
            .size_limit(REGEX_PROGRAM_BYTES)
            .nest_limit(REGEX_NEST_DEPTH)
            .build()
            .map(Self::Compiled)
            .map_err(|error| MatcherError {
                what: format!("error parsing regexp: `{text}`: {error}"),
                column: None,
                hint: Some("make the expression smaller: fewer or smaller {n,m}".to_owned()),
            })
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        match self {
            Self::Anything => !value.contains('\n'),
            Self::Something => !value.is_empty() && !value.contains('\n'),
            Self::Choices(choices) => choices.iter().any(|choice| choice == value),
            Self::Compiled(regex) => regex.is_match(value),
        }
    }

    /// All the values that match, if they are few and known.
    pub(super) fn choices(&self) -> Option<&[String]> {
        match self {
            Self::Choices(choices) => Some(choices),
            _ => None,
        }
    }
}

/// Reads `a|b|c` and `(a|b|c)`, with escaped punctuation; `None` for what needs an engine.
fn plain_choices(text: &str) -> Option<Vec<String>> {
    let inner = text
        .strip_prefix("(?:")
        .or_else(|| text.strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or(text);
    let mut choices = vec![String::new()];
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '|' => {
                choices.push(String::new());
                continue;
            }
            '\\' => chars.next().filter(char::is_ascii_punctuation)?,
            '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            other => other,
        };
        choices.last_mut()?.push(literal);
    }
    Some(choices)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_ways_say_what_the_engine_says(
            text in r"(\^\(\?:)?\(?[ab\\.é|]{0,8}\)?(\)\$)?|\.\*|\.\+",
            value in "[abé\n.|]{0,4}",
        ) {
            if let (Ok(short), Ok(engine)) = (Pattern::new(&text), Pattern::compile(&text)) {
                prop_assert_eq!(short.matches(&value), engine.matches(&value), "{:?} on {:?}", text, value);
            } else {
                prop_assert!(Pattern::new(&text).is_err() && Pattern::compile(&text).is_err(), "{:?}", text);
            }
        }
    }
}

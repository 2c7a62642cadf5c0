//! The regular expression of one matcher, anchored at both ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use regex::{Regex, RegexBuilder};

use super::regexp;
use super::{Allowance, MatcherError};
use crate::limits::{
    REGEX_NEST_DEPTH, REGEX_PROGRAM_BYTES, TYPED_REGEX_CACHE_BYTES, TYPED_REGEX_SIZES_BYTES,
    TYPED_REGEXES_KEPT,
};

/// Most patterns in real files are `a|b|c`, `.*` or `.+`; those need no engine.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// `.*`: anything on one line.
    Anything,
    /// `.+`: anything on one line that is not empty.
    Something,
    /// `a|b|c`.
    Choices(Arc<[String]>),
    /// All others, and what they take at most, in bytes; 0 where nobody asked.
    Compiled(Regex, usize),
}

impl Pattern {
    pub(super) fn new(text: &str, allowance: &Allowance) -> Result<Self, MatcherError> {
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
        match allowance.left() {
            None => Self::compile(text, REGEX_PROGRAM_BYTES, None),
            Some(left) => {
                let pattern = Self::typed(text)?;
                let Self::Compiled(_, bytes) = &pattern else { return Ok(pattern) };
                if *bytes > left {
                    return Err(too_large(text, "together with the others it is too large"));
                }
                allowance.take(*bytes);
                Ok(pattern)
            }
        }
    }

    /// Compiles what somebody typed, once: it is asked for again while the answer is made and when a button is clicked.
    fn typed(text: &str) -> Result<Self, MatcherError> {
        static KEPT: Mutex<VecDeque<(String, Result<Pattern, MatcherError>)>> = Mutex::new(VecDeque::new());
        let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = kept().iter().find(|(known, _)| known == text) {
            return known.clone();
        }
        let mut compiled = Err(too_large(text, "it is too large"));
        for size in TYPED_REGEX_SIZES_BYTES {
            compiled = Self::compile(text, size, Some(TYPED_REGEX_CACHE_BYTES));
            if compiled.is_ok() {
                break;
            }
        }
        let mut kept = kept();
        if kept.len() >= TYPED_REGEXES_KEPT {
            kept.pop_front();
        }
        kept.push_back((text.to_owned(), compiled.clone()));
        compiled
    }

    fn compile(text: &str, bytes: usize, cache_bytes: Option<usize>) -> Result<Self, MatcherError> {
        let translated = regexp::translate_anchored(text).map_err(|error| MatcherError {
            what: format!("error parsing regexp: {error}"),
            column: None,
            hint: Some(error.hint().to_owned()),
        })?;
        let mut builder = RegexBuilder::new(&translated);
        builder.size_limit(bytes).nest_limit(REGEX_NEST_DEPTH);
        if let Some(cache_bytes) = cache_bytes {
            builder.dfa_size_limit(cache_bytes);
        }
        builder
            .build()
            .map(|regex| Self::Compiled(regex, if cache_bytes.is_some() { bytes } else { 0 }))
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(bytes) => {
                    too_large(text, &format!("too large: it takes more than {} KiB compiled", bytes / 1024))
                }
                other => too_large(text, &other.to_string()),
            })
    }

    /// What it takes, in bytes, if somebody typed it.
    pub(super) fn typed_bytes(&self) -> usize {
        if let Self::Compiled(_, bytes) = self { *bytes } else { 0 }
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        match self {
            Self::Anything => !value.contains('\n'),
            Self::Something => !value.is_empty() && !value.contains('\n'),
            Self::Choices(choices) => choices.iter().any(|choice| choice == value),
            Self::Compiled(regex, _) => regex.is_match(value),
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

fn too_large(text: &str, why: &str) -> MatcherError {
    MatcherError {
        what: format!("error parsing regexp: `{text}`: {why}"),
        column: None,
        hint: Some("make the expression smaller: fewer or smaller {n,m}".to_owned()),
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
            let short = || Pattern::new(&text, &Allowance::CONFIG);
            let engine = || Pattern::compile(&text, REGEX_PROGRAM_BYTES, None);
            if let (Ok(short), Ok(engine)) = (short(), engine()) {
                prop_assert_eq!(short.matches(&value), engine.matches(&value), "{:?} on {:?}", text, value);
            } else {
                prop_assert!(short().is_err() && engine().is_err(), "{:?}", text);
            }
        }
    }
}

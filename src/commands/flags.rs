//! Flags that people type: `declare SEV2 --private the keys leaked`. One that is not known is refused: as a word of the
//! title it would be shown to everybody, who would take it for done.

use super::{Command, typed};
use crate::slack::blocks::Mrkdwn;
use crate::views::answer::next;

pub(super) const PRIVATE: &str = "private";
pub(super) const DRILL: &str = "drill";

/// The words with flags, and which they know.
const KNOWN: &[(&str, &[&str])] = &[("declare", &[PRIVATE, DRILL])];

/// The words behind which anything may be said, also what looks like a flag; it begins with a word that is none.
const FREE_TEXT: &[&str] =
    &["note", "update", "resolve", "cancel", "title", "task", "link", "silence", "adopt", "help"];

/// What was typed behind a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    /// Those that are known, once each.
    pub(super) flags: Vec<&'static str>,
    /// Everything else, as Slack sent it.
    pub(super) text: String,
}

/// Takes the flags out of what was typed behind a word; the first that the word does not know is the error, as it was
/// typed. Behind a lone `--` everything is text.
pub(super) fn read(word: &str, rest: &str) -> Result<Typed, String> {
    let known = known(word);
    let is_free = FREE_TEXT.contains(&word);
    let mut found = Typed { flags: Vec::new(), text: String::new() };
    let mut left = rest;
    loop {
        let blanks = left.len() - left.trim_start().len();
        let (before, after) = left.split_at(blanks);
        let (token, behind) = after.split_at(end_of(after));
        if token.is_empty() {
            found.text = found.text.trim().to_owned();
            return Ok(found);
        }
        match flag(token) {
            Flag::None => {
                found.text.push_str(before);
                found.text.push_str(token);
                // What is named first ("#24", "INC-12") is no text yet.
                let is_name = typed::number(token).is_some() || typed::incident_number(token).is_some();
                if is_free && !is_name {
                    found.text.push_str(behind);
                    found.text = found.text.trim().to_owned();
                    return Ok(found);
                }
            }
            Flag::End => {
                found.text.push_str(behind);
                found.text = found.text.trim().to_owned();
                return Ok(found);
            }
            Flag::Named(name) => match known.iter().find(|one| **one == name) {
                Some(one) if found.flags.contains(one) => {}
                Some(one) => found.flags.push(*one),
                None => return Err(typed::plain(token)),
            },
        }
        left = behind;
    }
}

fn known(word: &str) -> &'static [&'static str] {
    KNOWN.iter().find(|(of, _)| *of == word).map_or(&[], |(_, flags)| *flags)
}

/// Whether the word has flags, which it reads itself.
pub(super) fn has_any(word: &str) -> bool {
    !known(word).is_empty()
}

/// Where the first word ends; quotes and references hold together what is in them.
fn end_of(text: &str) -> usize {
    let (mut in_quotes, mut in_reference) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' | '“' | '”' if !in_reference => in_quotes = !in_quotes,
            '<' if !in_quotes => in_reference = true,
            '>' => in_reference = false,
            c if c.is_whitespace() && !in_quotes && !in_reference => return at,
            _ => {}
        }
    }
    text.len()
}

enum Flag {
    None,
    /// `--` alone.
    End,
    Named(String),
}

/// Phones make one long dash of two short ones.
fn flag(token: &str) -> Flag {
    let Some(name) = token.strip_prefix("--").or_else(|| token.strip_prefix('—')) else {
        return Flag::None;
    };
    if name.is_empty() && token == "--" {
        return Flag::End;
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Flag::None;
    }
    Flag::Named(name.trim_end_matches([',', '.', ':', ';']).to_lowercase())
}

/// What is answered to an unknown flag.
pub(super) fn refused(command: &Command, flag: &str, root: &str) -> Mrkdwn {
    let word = command.entry.word;
    let text = Mrkdwn::markup("Nothing was done: ").code(word);
    let text = match known(word) {
        [] => text.raw(" has no flags, and I do not know ").code(flag),
        known => {
            let text = text.raw(" does not know ").code(flag).raw("; it knows ");
            known.iter().enumerate().fold(text, |text, (nth, one)| {
                if nth == 0 { text } else { text.raw(" and ") }.code(&format!("--{one}"))
            })
        }
    };
    next(text.raw(". To say it as text, put it behind "), root, &format!("{word} -- {flag} …"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::COMMANDS;
    use super::*;

    #[test]
    fn flags_are_taken_out_of_what_was_typed() {
        for (word, rest, flags, text) in [
            ("declare", "SEV2 --private X", &[PRIVATE][..], "SEV2 X"),
            ("declare", "SEV2 —private X", &[PRIVATE], "SEV2 X"),
            ("declare", "SEV2 the keys leaked --Private", &[PRIVATE], "SEV2 the keys leaked"),
            ("declare", "--drill --private, SEV1 a  b", &[DRILL, PRIVATE], " SEV1 a  b"),
            ("declare", "--drill --drill x", &[DRILL], "x"),
            ("declare", "SEV2 -- rm --private ran", &[], "SEV2 rm --private ran"),
            ("declare", "SEV2 private keys leaked", &[], "SEV2 private keys leaked"),
            ("declare", "SEV2 \"a --private b\" x", &[], "SEV2 \"a --private b\" x"),
            ("declare", "SEV2 disk - full — again", &[], "SEV2 disk - full — again"),
            ("declare", "", &[], ""),
            ("note", "#24 kubectl delete --force helped", &[], "#24 kubectl delete --force helped"),
            ("note", "#24 -- --force helped", &[], "#24 --force helped"),
            ("alerts", "team=db \"a --b\"", &[], "team=db \"a --b\""),
        ] {
            let found = read(word, rest).unwrap();
            assert_eq!((found.flags.as_slice(), found.text.as_str()), (flags, text.trim()), "{rest}");
        }
        for (word, rest, flag) in [
            ("declare", "SEV2 --secret X", "--secret"),
            ("declare", "SEV2 --private=yes X", "--private=yes"),
            ("declare", "SEV2 X —quiet", "—quiet"),
            ("note", "#24 --private the keys leaked", "--private"),
            ("note", "--private the keys leaked", "--private"),
            ("update", "--private x", "--private"),
            ("ack", "#24 --force", "--force"),
            ("call", "#24 <@U1|ann b> --now", "--now"),
        ] {
            assert_eq!(read(word, rest), Err(flag.to_owned()), "{word} {rest}");
        }
    }

    #[test]
    fn every_word_in_the_lists_is_a_word() {
        let words = KNOWN.iter().map(|(word, _)| word).chain(FREE_TEXT);
        for word in words {
            assert!(COMMANDS.iter().any(|command| command.entry.word == *word), "{word}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[-—<>@\"a1 é]{0,40}") {
            for word in ["declare", "note", "alerts"] {
                if let Ok(found) = read(word, &text) {
                    prop_assert!(found.text.len() <= text.len());
                }
            }
        }
    }
}

//! `${VAR}` and `${VAR:-default}` in any value; `$${` stands for `${`.
//!
//! Only `${` followed by a name counts, so the `$` of a regular expression is left alone. What is put in is text: it is
//! never read as YAML again, so a variable cannot add keys.

use std::ops::Range;

/// A variable that is not set and has no default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    pub name: String,
    /// Where `${NAME}` stands in the written text.
    pub at: Range<usize>,
}

/// The text with its variables put in; `None` if there was nothing to do.
pub fn substitute(
    written: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<Substituted>, Vec<Unset>> {
    if !written.contains("${") {
        return Ok(None);
    }
    let (mut text, mut unset, mut used, mut done) = (String::new(), Vec::new(), false, 0);
    while let Some(found) = written[done..].find("${").map(|at| at + done) {
        if written[..found].ends_with('$') && found > done {
            text.push_str(&written[done..found]);
            text.push('{');
            done = found + 2;
            continue;
        }
        text.push_str(&written[done..found]);
        let Some((name, default, len)) = variable(&written[found + 2..]) else {
            text.push_str("${");
            done = found + 2;
            continue;
        };
        let end = found + 2 + len;
        match (lookup(name), default) {
            (Some(value), Some(default)) if value.is_empty() => text.push_str(default),
            (Some(value), _) => {
                text.push_str(&value);
                used = true;
            }
            (None, Some(default)) => text.push_str(default),
            (None, None) => unset.push(Unset { name: name.to_owned(), at: found..end }),
        }
        done = end;
    }
    text.push_str(&written[done..]);
    if unset.is_empty() { Ok(Some(Substituted { text, used })) } else { Err(unset) }
}

/// A text after [`substitute`].
#[derive(Clone, PartialEq, Eq)]
pub struct Substituted {
    pub text: String,
    /// Something came from the environment (and not only from a default), so it must not be shown.
    pub used: bool,
}

/// Reads `NAME}` or `NAME:-default}`: the name, the default, and how many bytes it takes.
fn variable(rest: &str) -> Option<(&str, Option<&str>, usize)> {
    let close = rest.find('}')?;
    let inside = &rest[..close];
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let mut chars = name.bytes();
    let first = chars.next()?;
    let good = (first.is_ascii_alphabetic() || first == b'_')
        && chars.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    good.then_some((name, default, close + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "A" => Some("alpha".to_owned()),
            "EMPTY" => Some(String::new()),
            "YAML" => Some("x: [1, 2]".to_owned()),
            "NESTED" => Some("${A}".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_defaults_and_escapes() {
        for (written, expected) in [
            ("${A}", Some("alpha")),
            ("x-${A}-${A}", Some("x-alpha-alpha")),
            ("${NO:-beta}", Some("beta")),
            ("${NO:-}", Some("")),
            ("${EMPTY}", Some("")),
            ("${EMPTY:-full}", Some("full")),
            ("${A:-beta}", Some("alpha")),
            ("$${A}", Some("${A}")),
            ("$$${A}", Some("$${A}")),
            ("a$${A}b${A}", Some("a${A}balpha")),
            ("${YAML}", Some("x: [1, 2]")),
            ("${NESTED}", Some("${A}")),
            ("^foo$", None),
            ("a{2}$", None),
            ("$A", None),
            ("${}", Some("${}")),
            ("${1}", Some("${1}")),
            ("${a b}", Some("${a b}")),
            ("${A", Some("${A")),
            ("日本${A}語", Some("日本alpha語")),
            ("", None),
        ] {
            let got = substitute(written, lookup).unwrap();
            assert_eq!(got.as_ref().map(|s| s.text.as_str()), expected, "{written}");
        }
    }

    #[test]
    fn every_unset_variable_is_named_with_its_place() {
        let unset = substitute("${A} ${NO} ${NEITHER}", lookup).err().unwrap();
        assert_eq!(
            unset,
            [Unset { name: "NO".to_owned(), at: 5..10 }, Unset { name: "NEITHER".to_owned(), at: 11..21 }]
        );
    }

    #[test]
    fn a_default_may_be_shown_and_a_value_may_not() {
        let used = |written| substitute(written, lookup).unwrap().unwrap().used;
        assert!(used("${A}"));
        assert!(!used("${NO:-beta}"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_fail_or_loses_what_is_around(before in "[^$]*", after in "[^$}]*") {
            let written = format!("{before}${{A}}{after}");
            let got = substitute(&written, lookup).unwrap().unwrap().text;
            proptest::prop_assert_eq!(got, format!("{before}alpha{after}"));
        }
    }
}

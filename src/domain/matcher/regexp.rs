//! Go's regular expressions, written anew for the `regex` crate.
//!
//! Both descend from RE2 and agree on most things. Where they do not, Go's meaning is kept: `\d \w \s \b`
//! are ASCII; `[a&&b]` is a set of four characters; `a{`, `a{,2}` are literals; `\Q…\E`, octal escapes, POSIX classes,
//! `(?P<n>…)`; `a**`, `\pX`, `(?x)`, repeats beyond 1000 are errors. The rules are those of Go's package regexp/syntax.

mod class;
mod counts;
mod escape;

use std::fmt;

use counts::{Counts, REPEAT_MAX};

/// Why Go would not take an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RegexpError {
    kind: ErrorKind,
    at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorKind {
    ClassRange,
    Escape,
    CaptureName,
    Perl,
    NestedRepeat,
    RepeatCount,
    NothingToRepeat,
    NoClosingBracket,
    NoClosingParenthesis,
    UnexpectedParenthesis,
    TrailingBackslash,
}

impl RegexpError {
    /// How to mend it.
    pub const fn hint(&self) -> &'static str {
        match self.kind {
            ErrorKind::ClassRange => {
                "a range in [ ] goes from the smaller to the larger character; classes are [:alpha:] or \\p{Greek}"
            }
            ErrorKind::Escape => {
                "only known escapes may follow a backslash; write \\\\ for a backslash itself"
            }
            ErrorKind::CaptureName => "a group's name is made of letters, digits and _",
            ErrorKind::Perl => {
                "Go's expressions have no look-around and no such flag; flags are i, m, s and U"
            }
            ErrorKind::NestedRepeat => {
                "one of * + ? {n} is enough; put the inner one in parentheses if both are meant"
            }
            ErrorKind::RepeatCount => "a repeat goes up to 1000 and from the smaller to the larger number",
            ErrorKind::NothingToRepeat => {
                "there is nothing before the * + ? or {n}; write .* for anything, \\* for a star"
            }
            ErrorKind::NoClosingBracket => "close the [ with a ], or write \\[ for the character itself",
            ErrorKind::NoClosingParenthesis => "close the ( with a ), or write \\( for the character itself",
            ErrorKind::UnexpectedParenthesis => {
                "there is a ) without a (; write \\) for the character itself"
            }
            ErrorKind::TrailingBackslash => "write \\\\ for a backslash itself",
        }
    }
}

impl fmt::Display for RegexpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::ClassRange => "invalid character class range",
            ErrorKind::Escape => "invalid escape sequence",
            ErrorKind::CaptureName => "invalid named capture",
            ErrorKind::Perl => "invalid or unsupported Perl syntax",
            ErrorKind::NestedRepeat => "invalid nested repetition operator",
            ErrorKind::RepeatCount => "invalid repeat count",
            ErrorKind::NothingToRepeat => "missing argument to repetition operator",
            ErrorKind::NoClosingBracket => "missing closing ]",
            ErrorKind::NoClosingParenthesis => "missing closing )",
            ErrorKind::UnexpectedParenthesis => "unexpected )",
            ErrorKind::TrailingBackslash => "trailing backslash at end of expression",
        };
        write!(f, "{what}: `{}`", self.at)
    }
}

/// What Alertmanager puts around the expression of a matcher. The whole is read, so `a)|(?:b` means what it means there.
const BEFORE: &str = "^(?:";
const AFTER: &str = ")$";

/// The expression of a matcher, anchored, for the `regex` crate.
pub fn translate_anchored(go: &str) -> Result<String, RegexpError> {
    translate(&format!("{BEFORE}{go}{AFTER}")).map_err(|error| {
        // People did not write the anchors.
        let at = error.at.strip_prefix(BEFORE).unwrap_or(&error.at);
        let at = at.strip_suffix(AFTER).unwrap_or(at).to_owned();
        RegexpError { at, ..error }
    })
}

/// A Go expression for the `regex` crate.
pub fn translate(go: &str) -> Result<String, RegexpError> {
    let mut translator = Translator {
        whole: go,
        rest: go,
        out: String::with_capacity(go.len() + 16),
        flags: Flags::default(),
        open: Vec::new(),
        atom: None,
        weight: 1,
    };
    translator.run()?;
    Ok(translator.out)
}

/// Matches nothing: what is left of a surrogate in UTF-8.
const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_newline: bool,
    ungreedy: bool,
}

impl Flags {
    /// All four, so that nothing is left to what was set before.
    fn written(self) -> String {
        let all = [('i', self.fold), ('m', self.multi_line), ('s', self.dot_newline), ('U', self.ungreedy)];
        let on: String = all.iter().filter(|(_, set)| *set).map(|(letter, _)| letter).collect();
        let off: String = all.iter().filter(|(_, set)| !*set).map(|(letter, _)| letter).collect();
        if off.is_empty() { on } else { format!("{on}-{off}") }
    }
}

struct Open {
    start: usize,
    flags: Flags,
    /// Of what stands before it in the group around it.
    weight: u64,
}

/// What a repeat would repeat: where it begins and ends in `out`, and how often it repeats inside.
#[derive(Clone, Copy)]
struct Atom {
    start: usize,
    end: usize,
    weight: u64,
    is_repeat: bool,
}

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    flags: Flags,
    open: Vec<Open>,
    atom: Option<Atom>,
    weight: u64,
}

impl<'a> Translator<'a> {
    fn run(&mut self) -> Result<(), RegexpError> {
        // The text of the repeat just read: two in a row are an error.
        let mut last_repeat: Option<&'a str> = None;
        while let Some(c) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeat = None;
            match c {
                '(' => self.open_group()?,
                ')' => self.close_group()?,
                '|' => {
                    self.skip(1);
                    self.out.push('|');
                    self.atom = None;
                }
                '^' | '$' | '.' => {
                    self.skip(1);
                    self.push_atom(&c.to_string());
                }
                '[' => {
                    let (class, rest) = class::translate(self.rest)?;
                    self.rest = rest;
                    self.push_atom(&class);
                }
                '*' | '+' | '?' => {
                    self.skip(1);
                    self.repeat(before, &c.to_string(), None, last_repeat)?;
                    repeat = Some(before);
                }
                '{' => match counts::read(self.rest) {
                    None => self.literal_char(),
                    Some((counts, rest)) => {
                        let operator = &before[..before.len() - rest.len()];
                        if !counts.is_valid() {
                            return Err(error(ErrorKind::RepeatCount, operator));
                        }
                        self.rest = rest;
                        self.repeat(before, &counts.written(), Some(counts), last_repeat)?;
                        repeat = Some(before);
                    }
                },
                '\\' => self.backslash()?,
                _ => self.literal_char(),
            }
            last_repeat = repeat;
        }
        if self.open.is_empty() { Ok(()) } else { Err(error(ErrorKind::NoClosingParenthesis, self.whole)) }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn push_atom(&mut self, text: &str) {
        let start = self.out.len();
        self.out.push_str(text);
        self.atom = Some(Atom { start, end: self.out.len(), weight: 1, is_repeat: false });
    }

    fn literal(&mut self, c: u32) {
        let text = literal(c);
        self.push_atom(&text);
    }

    fn literal_char(&mut self) {
        if let Some(c) = self.rest.chars().next() {
            self.skip(c.len_utf8());
            self.literal(u32::from(c));
        }
    }

    fn repeat(
        &mut self,
        before: &'a str,
        operator: &str,
        counts: Option<Counts>,
        last_repeat: Option<&'a str>,
    ) -> Result<(), RegexpError> {
        let is_lazy = self.rest.starts_with('?');
        if is_lazy {
            self.skip(1);
        }
        let through = |from: &'a str, rest: &str| &from[..from.len() - rest.len()];
        if let Some(last) = last_repeat {
            return Err(error(ErrorKind::NestedRepeat, through(last, self.rest)));
        }
        let written = through(before, self.rest);
        let Some(atom) = self.atom else {
            return Err(error(ErrorKind::NothingToRepeat, written));
        };
        let weight = counts.map_or(atom.weight, |counts| counts.weight(atom.weight));
        if counts.is_some_and(Counts::is_plural) && weight > REPEAT_MAX {
            return Err(error(ErrorKind::RepeatCount, written));
        }
        // Flags may stand between an atom and its repeat; the repeat still belongs to the atom.
        let lazy = if is_lazy { "?" } else { "" };
        let (prefix, operator) = if atom.is_repeat {
            ("(?:", format!("){operator}{lazy}"))
        } else {
            ("", format!("{operator}{lazy}"))
        };
        self.out.insert_str(atom.end, &operator);
        self.out.insert_str(atom.start, prefix);
        let end = atom.end + prefix.len() + operator.len();
        self.weight = self.weight.max(weight);
        self.atom = Some(Atom { start: atom.start, end, weight, is_repeat: true });
        Ok(())
    }

    fn open_group(&mut self) -> Result<(), RegexpError> {
        let start = self.out.len();
        let flags = self.flags;
        let is_open = if let Some(rest) = self.rest.strip_prefix("(?") {
            self.perl_group(rest)?
        } else {
            self.skip(1);
            self.out.push_str("(?:");
            true
        };
        if is_open {
            self.open.push(Open { start, flags, weight: self.weight });
            self.weight = 1;
            self.atom = None;
        }
        Ok(())
    }

    /// What follows `(?`: a name, or flags; `false` if it set flags without opening a group.
    fn perl_group(&mut self, rest: &'a str) -> Result<bool, RegexpError> {
        if let Some(named) = rest.strip_prefix("P<").or_else(|| rest.strip_prefix('<')) {
            let Some((name, after)) = named.split_once('>') else {
                return Err(error(ErrorKind::CaptureName, self.rest));
            };
            let written = &self.rest[..self.rest.len() - after.len()];
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                let is_look_behind = rest.starts_with("<=") || rest.starts_with("<!");
                let kind = if is_look_behind { ErrorKind::Perl } else { ErrorKind::CaptureName };
                return Err(error(kind, written));
            }
            self.rest = after;
            self.out.push_str("(?:");
            return Ok(true);
        }
        let mut flags = self.flags;
        let mut on = true;
        let mut saw_flag = false;
        for (index, c) in rest.char_indices() {
            match c {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_newline = on,
                'U' => flags.ungreedy = on,
                '-' if on => on = false,
                ':' | ')' if on || saw_flag => {
                    self.rest = &rest[index + 1..];
                    let close = if c == ':' { ":" } else { ")" };
                    self.out.push_str(&format!("(?{}{close}", flags.written()));
                    // The flags of the group around come back at its end.
                    let is_open = c == ':';
                    self.flags = flags;
                    return Ok(is_open);
                }
                _ => return Err(self.bad_perl(rest, index + c.len_utf8())),
            }
            saw_flag = c != '-';
        }
        Err(error(ErrorKind::Perl, self.rest))
    }

    fn bad_perl(&self, rest: &str, end: usize) -> RegexpError {
        let skipped = self.rest.len() - rest.len();
        error(ErrorKind::Perl, &self.rest[..skipped + end])
    }

    fn close_group(&mut self) -> Result<(), RegexpError> {
        let Some(open) = self.open.pop() else {
            return Err(error(ErrorKind::UnexpectedParenthesis, self.whole));
        };
        self.skip(1);
        self.out.push(')');
        self.flags = open.flags;
        self.atom =
            Some(Atom { start: open.start, end: self.out.len(), weight: self.weight, is_repeat: false });
        self.weight = self.weight.max(open.weight);
        Ok(())
    }

    fn backslash(&mut self) -> Result<(), RegexpError> {
        let kind = self.rest.chars().nth(1);
        match kind {
            Some('A') => self.two("\\A"),
            Some('b') => self.two(r"(?-u:\b)"),
            Some('B') => self.two(r"(?-u:\B)"),
            Some('z') => self.two(r"\z"),
            Some('Q') => {
                self.skip(2);
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                for c in quoted.chars() {
                    self.literal(u32::from(c));
                }
            }
            _ => {
                if let Some((class, rest)) = class::shorthand(self.rest)? {
                    self.rest = rest;
                    self.push_atom(&format!("[{class}]"));
                } else {
                    let (c, rest) = escape::read(self.rest)?;
                    self.rest = rest;
                    self.literal(c);
                }
            }
        }
        Ok(())
    }

    fn two(&mut self, text: &str) {
        self.skip(2);
        self.push_atom(text);
    }
}

fn error(kind: ErrorKind, at: &str) -> RegexpError {
    RegexpError { kind, at: at.to_owned() }
}

/// One character as the `regex` crate takes it anywhere.
fn literal(c: u32) -> String {
    match char::from_u32(c) {
        None => NOTHING.to_owned(),
        Some(c) if c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric()) => c.to_string(),
        Some(c) => format!("\\x{{{:X}}}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests;

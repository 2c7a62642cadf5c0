//! Text and actions of a Go template, and the tokens of an action.

use std::fmt;

use super::NotTranslated;

pub(super) enum Piece<'a> {
    Text(&'a str),
    Action(Action),
}

/// `{{ … }}`; no tokens where it is a comment.
#[derive(Default)]
pub(super) struct Action {
    pub(super) trims_before: bool,
    pub(super) trims_after: bool,
    pub(super) tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or a function.
    Word(String),
    /// `.` (empty) or `.Labels.job`.
    Field(Vec<String>),
    /// `$` (empty) or `$x`.
    Variable(String),
    /// The fields of what stands directly before: `$x.Labels`, `(…).Name`.
    Chain(Vec<String>),
    Text(String),
    Number(String),
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
    Assign,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Field(path) | Self::Chain(path) => write!(f, ".{}", path.join(".")),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Number(number) => f.write_str(number),
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::Pipe => f.write_str("|"),
            Self::Comma => f.write_str(","),
            Self::Declare => f.write_str(":="),
            Self::Assign => f.write_str("="),
        }
    }
}

/// Splits a template into text and actions.
pub(super) fn pieces(source: &str) -> Result<Vec<Piece<'_>>, NotTranslated> {
    let (mut pieces, mut rest) = (Vec::new(), source);
    while let Some(at) = rest.find("{{") {
        pieces.push(Piece::Text(&rest[..at]));
        let (action, after) = action(&rest[at + 2..])?;
        pieces.push(Piece::Action(action));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// One action, from behind its `{{`, and the text after its `}}`.
fn action(text: &str) -> Result<(Action, &str), NotTranslated> {
    let mut action = Action::default();
    let mut rest = text;
    // A trim marker is a minus with a space on its inner side; without one it is a sign.
    if let Some(after) = rest.strip_prefix('-').filter(|after| after.starts_with(char::is_whitespace)) {
        (action.trims_before, rest) = (true, after);
    }
    loop {
        let blank = rest.len() - rest.trim_start().len();
        let begin = &rest[blank..];
        if let Some(after) = begin.strip_prefix("-}}").filter(|_| blank > 0) {
            action.trims_after = true;
            return Ok((action, after));
        }
        if let Some(after) = begin.strip_prefix("}}") {
            return Ok((action, after));
        }
        if let Some(comment) = begin.strip_prefix("/*") {
            let end = comment.find("*/").ok_or_else(|| NotTranslated("a comment without `*/`".to_owned()))?;
            rest = &comment[end + 2..];
            continue;
        }
        let follows_value = matches!(action.tokens.last(), Some(Token::Variable(_) | Token::Close));
        let (token, after) = token(begin, blank == 0 && follows_value)?;
        action.tokens.push(token);
        rest = after;
    }
}

/// Reads one token; `joined` says that it stands directly behind a variable or a parenthesis.
fn token(text: &str, joined: bool) -> Result<(Token, &str), NotTranslated> {
    let Some(first) = text.chars().next() else {
        return Err(NotTranslated("a `{{` without its `}}`".to_owned()));
    };
    let simple = [
        (":=", Token::Declare),
        ("=", Token::Assign),
        ("(", Token::Open),
        (")", Token::Close),
        ("|", Token::Pipe),
        (",", Token::Comma),
    ];
    if let Some((sign, token)) = simple.into_iter().find(|(sign, _)| text.starts_with(sign)) {
        return Ok((token, &text[sign.len()..]));
    }
    match first {
        '"' => quoted(text),
        '`' => match text[1..].split_once('`') {
            Some((inside, after)) => Ok((Token::Text(inside.to_owned()), after)),
            None => Err(NotTranslated("a text without its closing backquote".to_owned())),
        },
        '$' => {
            let (name, after) = word(&text[1..]);
            Ok((Token::Variable(name.to_owned()), after))
        }
        '.' => {
            let (path, after) = path(text);
            // `$x.Labels` and `(…).Labels` are joined to what stands before; `eq .A .B` is not.
            Ok((if joined { Token::Chain(path) } else { Token::Field(path) }, after))
        }
        '-' | '+' | '0'..='9' => {
            let end =
                text[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(text.len(), |at| at + 1);
            let number = &text[..end];
            if number.parse::<f64>().is_err() {
                return Err(NotTranslated(format!("`{number}`")));
            }
            Ok((Token::Number(number.to_owned()), &text[end..]))
        }
        c if c.is_alphabetic() || c == '_' => {
            let (name, after) = word(text);
            Ok((Token::Word(name.to_owned()), after))
        }
        other => Err(NotTranslated(format!("`{other}`"))),
    }
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()))
}

/// `.A.B` → its names; a lone `.` has none.
fn path(text: &str) -> (Vec<String>, &str) {
    let (mut names, mut rest) = (Vec::new(), text);
    while let Some(after) = rest.strip_prefix('.') {
        let (name, behind) = word(after);
        if name.is_empty() {
            return (names, after);
        }
        names.push(name.to_owned());
        rest = behind;
    }
    (names, rest)
}

/// A Go string with the escapes that templates use.
fn quoted(text: &str) -> Result<(Token, &str), NotTranslated> {
    let (mut inside, mut letters) = (String::new(), text.char_indices().skip(1));
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Token::Text(inside), &text[at + 1..])),
            '\\' => match letters.next() {
                Some((_, 'n')) => inside.push('\n'),
                Some((_, 't')) => inside.push('\t'),
                Some((_, same @ ('"' | '\\' | '\''))) => inside.push(same),
                _ => return Err(NotTranslated("an escape other than \\n, \\t, \\\" and \\\\".to_owned())),
            },
            other => inside.push(other),
        }
    }
    Err(NotTranslated("a text without its closing quote".to_owned()))
}

//! The newer grammar: any text may be a name; what has reserved characters stands in double quotes.
//!
//! Errors name the place as Alertmanager does: from character : to character, counted from 0.

use super::quote::{go_unquote, is_reserved};
use super::{Allowance, Matcher, MatcherError, Op};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OpenBrace,
    CloseBrace,
    Comma,
    Operator(Op),
    Quoted,
    Unquoted,
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    /// Characters before it, and before its end.
    from: usize,
    to: usize,
}

impl Token<'_> {
    fn complain(&self, what: &str) -> Trouble {
        Trouble { text: format!("{}:{}: {what}", self.from, self.to), column: Some(self.from + 1) }
    }

    /// The name or value it stands for.
    fn text(&self) -> Result<String, Trouble> {
        if self.kind != Kind::Quoted {
            return Ok(self.text.to_owned());
        }
        let inner = self.text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(self.text);
        go_unquote(inner).ok_or_else(|| self.complain(&format!("{}: invalid input", self.text)))
    }
}

/// An error on its way out: what was found, before it is said what was expected.
struct Trouble {
    text: String,
    column: Option<usize>,
}

impl Trouble {
    fn but(self, expected: &str) -> MatcherError {
        MatcherError {
            what: format!("{}: {expected}", self.text),
            column: self.column,
            hint: Some(HINT.to_owned()),
        }
    }

    fn alone(self) -> MatcherError {
        MatcherError { what: self.text, column: self.column, hint: Some(HINT.to_owned()) }
    }
}

const HINT: &str = "write name=\"value\" with one of = != =~ !~, double quotes around the value, a backslash before \" and \\ in it";
const NO_NAME: &str = "expected label name";
const NO_VALUE: &str = "expected label value";
const NO_OPERATOR: &str = "expected an operator such as '=', '!=', '=~' or '!~'";
const NO_OPEN_BRACE: &str = "expected opening brace";
const NO_CLOSE_BRACE: &str = "expected close brace";
const NO_COMMA_OR_BRACE: &str = "expected a comma or close brace";
const NO_MATCHER_OR_BRACE: &str = "expected a matcher or close brace after comma";
const NO_END: &str = "expected end of input";

/// Exactly one matcher.
pub(super) fn parse_one(text: &str, allowance: &Allowance) -> Result<Matcher, MatcherError> {
    let mut matchers = parse_many(text, allowance)?;
    match (matchers.pop(), matchers.len()) {
        (Some(matcher), 0) => Ok(matcher),
        (None, _) => {
            Err(MatcherError { what: "no matchers".to_owned(), column: None, hint: Some(HINT.to_owned()) })
        }
        (Some(_), others) => Err(MatcherError {
            what: format!("expected 1 matcher, found {}", others + 1),
            column: None,
            hint: Some("put a value with a comma in double quotes".to_owned()),
        }),
    }
}

/// A list, in braces or not.
pub(super) fn parse_many(text: &str, allowance: &Allowance) -> Result<Vec<Matcher>, MatcherError> {
    Parser { lexer: Lexer { text, at: 0, column: 0 }, matchers: Vec::new(), allowance }.parse()
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    matchers: Vec<Matcher>,
    allowance: &'a Allowance,
}

impl<'a> Parser<'a> {
    fn parse(mut self) -> Result<Vec<Matcher>, MatcherError> {
        let Some(first) = self.peek().map_err(Trouble::alone)? else {
            return Ok(self.matchers);
        };
        let braced = first.kind == Kind::OpenBrace;
        if braced {
            self.take();
        }
        let next = self.peek().map_err(Trouble::alone)?;
        let is_at_end = next.is_none_or(|token| token.kind == Kind::CloseBrace);
        if !is_at_end {
            self.list()?;
        }
        self.close(braced)
    }

    /// Matchers with commas between, to a brace or the end.
    fn list(&mut self) -> Result<(), MatcherError> {
        loop {
            self.matcher()?;
            match self.peek().map_err(|trouble| trouble.but(NO_COMMA_OR_BRACE))? {
                None => return Ok(()),
                Some(token) if token.kind == Kind::CloseBrace => return Ok(()),
                Some(token) if token.kind == Kind::Comma => self.take(),
                Some(token) => return Err(unexpected(&token).but(NO_COMMA_OR_BRACE)),
            }
            match self.peek().map_err(|trouble| trouble.but(NO_MATCHER_OR_BRACE))? {
                None => return Ok(()),
                Some(token) if token.kind == Kind::CloseBrace => return Ok(()),
                Some(token) if matches!(token.kind, Kind::Quoted | Kind::Unquoted) => {}
                Some(token) => return Err(unexpected(&token).but(NO_MATCHER_OR_BRACE)),
            }
        }
    }

    fn matcher(&mut self) -> Result<(), MatcherError> {
        let name = self.text(NO_NAME)?;
        let op =
            self.expect(NO_OPERATOR, |kind| if let Kind::Operator(op) = kind { Some(op) } else { None })?.1;
        let value = self.text(NO_VALUE)?;
        let matcher = Matcher::within(op, name, value, self.allowance).map_err(|error| MatcherError {
            what: format!("failed to create matcher: {}", error.what),
            ..error
        })?;
        self.matchers.push(matcher);
        Ok(())
    }

    fn text(&mut self, expected: &str) -> Result<String, MatcherError> {
        let is_text = |kind| matches!(kind, Kind::Quoted | Kind::Unquoted).then_some(());
        self.expect(expected, is_text)?.0.text().map_err(Trouble::alone)
    }

    fn expect<T>(
        &mut self,
        expected: &str,
        wanted: impl Fn(Kind) -> Option<T>,
    ) -> Result<(Token<'a>, T), MatcherError> {
        let token = match self.peek().map_err(|trouble| trouble.but(expected))? {
            Some(token) => token,
            None => return Err(self.end_of_input().but(expected)),
        };
        match wanted(token.kind) {
            Some(wanted) => {
                self.take();
                Ok((token, wanted))
            }
            None => Err(unexpected(&token).but(expected)),
        }
    }

    /// The closing brace if there was an opening one, and nothing after it.
    fn close(mut self, braced: bool) -> Result<Vec<Matcher>, MatcherError> {
        let column = self.lexer.column;
        let next = self.peek().map_err(|trouble| trouble.but(NO_CLOSE_BRACE))?;
        match next {
            Some(token) if token.kind == Kind::CloseBrace => {
                self.take();
                if !braced {
                    let text = format!("0:{}: }}", self.lexer.column);
                    return Err(Trouble { text, column: Some(token.from + 1) }.but(NO_OPEN_BRACE));
                }
            }
            Some(token) if braced => {
                let text = format!("0:{column}: {}", unexpected(&token).text);
                return Err(Trouble { text, column: Some(token.from + 1) }.but(NO_CLOSE_BRACE));
            }
            None if braced => {
                let trouble = self.end_of_input();
                return Err(
                    Trouble { text: format!("0:{column}: {}", trouble.text), ..trouble }.but(NO_CLOSE_BRACE)
                );
            }
            _ => {}
        }
        match self.peek().map_err(|trouble| trouble.but(NO_END))? {
            None => Ok(self.matchers),
            Some(token) => Err(token.complain(token.text).but(NO_END)),
        }
    }

    fn end_of_input(&self) -> Trouble {
        Trouble { text: "end of input".to_owned(), column: Some(self.lexer.text.chars().count() + 1) }
    }

    fn peek(&self) -> Result<Option<Token<'a>>, Trouble> {
        self.lexer.clone().scan()
    }

    /// Goes past the token that was peeked at.
    fn take(&mut self) {
        // A token that could be peeked at can be read.
        let _ = self.lexer.scan();
    }
}

fn unexpected(token: &Token<'_>) -> Trouble {
    token.complain(&format!("unexpected {}", token.text))
}

#[derive(Clone, Debug)]
struct Lexer<'a> {
    text: &'a str,
    /// Bytes read.
    at: usize,
    /// Characters read.
    column: usize,
}

impl<'a> Lexer<'a> {
    fn scan(&mut self) -> Result<Option<Token<'a>>, Trouble> {
        self.take_while(char::is_whitespace);
        let start = self.clone();
        let Some(first) = self.next() else {
            return Ok(None);
        };
        let kind = match first {
            '{' => Kind::OpenBrace,
            '}' => Kind::CloseBrace,
            ',' => Kind::Comma,
            '=' if self.accept('~') => Kind::Operator(Op::Regexp),
            '=' => Kind::Operator(Op::Equal),
            '!' if self.accept('=') => Kind::Operator(Op::NotEqual),
            '!' if self.accept('~') => Kind::Operator(Op::NotRegexp),
            '!' => return Err(self.half_an_operator(&start)),
            '"' => {
                self.quoted(&start)?;
                Kind::Quoted
            }
            other if is_reserved(other) => {
                return Err(self.token(&start, Kind::Unquoted).complain(&format!("{other}: invalid input")));
            }
            _ => {
                self.take_while(|c| !is_reserved(c));
                Kind::Unquoted
            }
        };
        Ok(Some(self.token(&start, kind)))
    }

    fn quoted(&mut self, start: &Self) -> Result<(), Trouble> {
        let mut escaped = false;
        while let Some(c) = self.next() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return Ok(()),
                _ => {}
            }
        }
        let token = self.token(start, Kind::Quoted);
        Err(token.complain(&format!("{}: missing end \"", token.text)))
    }

    fn half_an_operator(&self, start: &Self) -> Trouble {
        let token = self.token(start, Kind::Unquoted);
        if self.at >= self.text.len() {
            token.complain("unexpected end of input, expected one of '=~'")
        } else {
            token.complain(&format!("{}: expected one of '=~'", token.text))
        }
    }

    fn token(&self, start: &Self, kind: Kind) -> Token<'a> {
        Token { kind, text: &self.text[start.at..self.at], from: start.column, to: self.column }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        self.column += 1;
        Some(c)
    }

    fn accept(&mut self, wanted: char) -> bool {
        let found = self.text[self.at..].starts_with(wanted);
        if found {
            self.next();
        }
        found
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.text[self.at..].starts_with(&wanted) {
            self.next();
        }
    }
}

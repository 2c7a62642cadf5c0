//! Alertmanager's notification templates (Go's text/template) as templates of ours: the part of the language that
//! `title` and `text` of a `slack_configs` entry use. What has no counterpart is named, never guessed.
//!
//! Rules: pkg.go.dev/text/template and prometheus.io/docs/alerting/latest/notifications.

mod lexer;

use std::fmt::Write as _;

use lexer::{Action, Piece, Token};

/// Parentheses and blocks inside one another: far more than people write, far less than the stack holds.
const DEPTH_MAX: usize = 50;

/// What became of a Go template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromGo {
    /// It only calls Alertmanager's built-in text: Firebell has its own.
    BuiltIn,
    /// The same as a template of ours.
    Template(String),
}

/// A part of a Go template that has no counterpart here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTranslated(pub String);

/// Translates a template of Alertmanager's. Its data is the notification of one alert group.
pub fn from_go(source: &str) -> Result<FromGo, NotTranslated> {
    if is_built_in(source) {
        return Ok(FromGo::BuiltIn);
    }
    let mut translation = Translation {
        out: String::with_capacity(source.len()),
        blocks: Vec::new(),
        scopes: vec![Scope { dot: Typed::new("payload", Type::Data), variables: Vec::new() }],
        loops: 0,
        trim_left: false,
    };
    for piece in lexer::pieces(source)? {
        match piece {
            Piece::Text(text) => translation.text(text),
            Piece::Action(action) => translation.action(&action)?,
        }
    }
    if translation.blocks.is_empty() {
        Ok(FromGo::Template(translation.out))
    } else {
        Err(NotTranslated("a block without its `{{ end }}`".to_owned()))
    }
}

/// Whether all it says is `{{ template "slack.default.…" . }}`.
fn is_built_in(source: &str) -> bool {
    let inside = source.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    let words: Vec<&str> = inside.unwrap_or_default().trim_matches('-').split_whitespace().collect();
    matches!(words.as_slice(), ["template", name, "."] if name.starts_with("\"slack.default.") && name.ends_with('"'))
}

/// Alertmanager's types, as far as their fields differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Data,
    Alerts,
    Alert,
    KeyValues,
    Pairs,
    Pair,
    Texts,
    Time,
    Plain,
}

/// An expression of ours, and what it is to Go.
#[derive(Clone, Debug)]
struct Typed {
    code: String,
    kind: Type,
}

impl Typed {
    fn new(code: impl Into<String>, kind: Type) -> Self {
        Self { code: code.into(), kind }
    }

    fn plain(code: impl Into<String>) -> Self {
        Self::new(code, Type::Plain)
    }

    /// The type of what a `range` over this yields.
    fn element(&self) -> Option<Type> {
        match self.kind {
            Type::Alerts => Some(Type::Alert),
            Type::Pairs => Some(Type::Pair),
            Type::KeyValues | Type::Texts => Some(Type::Plain),
            _ => None,
        }
    }

    fn field(self, name: &str) -> Result<Self, NotTranslated> {
        let Self { code, kind } = self;
        let known = match (kind, name) {
            (Type::Data, "Receiver") => Self::plain("payload.receiver"),
            (Type::Data, "Status") => Self::plain("payload.status"),
            (Type::Data, "Alerts") => Self::new("payload.alerts", Type::Alerts),
            (Type::Data, "GroupLabels") => Self::new("payload.groupLabels", Type::KeyValues),
            (Type::Data, "CommonLabels") => Self::new("payload.commonLabels", Type::KeyValues),
            (Type::Data, "CommonAnnotations") => Self::new("payload.commonAnnotations", Type::KeyValues),
            (Type::Alerts, "Firing" | "Resolved") => {
                let status = name.to_ascii_lowercase();
                Self::new(
                    format!("({code} | selectattr(\"status\", \"eq\", \"{status}\") | list)"),
                    Type::Alerts,
                )
            }
            (Type::Alert, "Status") => Self::plain(format!("{code}.status")),
            (Type::Alert, "Labels") => Self::new(format!("{code}.labels"), Type::KeyValues),
            (Type::Alert, "Annotations") => Self::new(format!("{code}.annotations"), Type::KeyValues),
            (Type::Alert, "StartsAt") => Self::new(format!("{code}.startsAt"), Type::Time),
            (Type::Alert, "EndsAt") => Self::new(format!("{code}.endsAt"), Type::Time),
            (Type::Alert, "GeneratorURL") => Self::plain(format!("{code}.generatorURL")),
            (Type::Alert, "Fingerprint") => Self::plain(format!("{code}.fingerprint")),
            (Type::KeyValues, "SortedPairs") => Self::new(format!("({code} | dictsort)"), Type::Pairs),
            (Type::KeyValues, "Remove") => return Err(NotTranslated("`.Remove`".to_owned())),
            (Type::KeyValues, "Names") => {
                Self::new(format!("({code} | dictsort | map(\"first\") | list)"), Type::Texts)
            }
            (Type::KeyValues, "Values") => {
                Self::new(format!("({code} | dictsort | map(\"last\") | list)"), Type::Texts)
            }
            (Type::KeyValues, label) => Self::plain(format!("{code}[{}]", quoted(label))),
            (Type::Pairs, "Names") => Self::new(format!("({code} | map(\"first\") | list)"), Type::Texts),
            (Type::Pairs, "Values") => Self::new(format!("({code} | map(\"last\") | list)"), Type::Texts),
            (Type::Pair, "Name") => Self::plain(format!("{code}[0]")),
            (Type::Pair, "Value") => Self::plain(format!("{code}[1]")),
            _ => return Err(NotTranslated(format!("`.{name}`"))),
        };
        Ok(known)
    }

    /// As a number, text or truth: what a whole structure prints as in Go, nobody wants to read.
    fn printable(self) -> Result<String, NotTranslated> {
        match self.kind {
            Type::Plain | Type::Time => Ok(self.code),
            _ => Err(NotTranslated("a whole list or map printed as text".to_owned())),
        }
    }
}

/// A string literal of ours.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    If,
    Range,
}

/// What `.` and variables mean inside a block.
struct Scope {
    dot: Typed,
    variables: Vec<(String, Typed)>,
}

struct Translation {
    out: String,
    blocks: Vec<Block>,
    scopes: Vec<Scope>,
    /// Loops so far: each has a name of its own for its element.
    loops: usize,
    /// The action before ended in `-}}`.
    trim_left: bool,
}

impl Translation {
    /// Text between actions; what would be a tag to us is written as a value.
    fn text(&mut self, text: &str) {
        let text = if self.trim_left { text.trim_start() } else { text };
        self.trim_left = false;
        let mut rest = text;
        while let Some(at) = rest.find("{%").into_iter().chain(rest.find("{#")).min() {
            let (before, after) = rest.split_at(at);
            self.out.push_str(before);
            _ = write!(self.out, "{{{{ {} }}}}", quoted(&after[..2]));
            rest = &after[2..];
        }
        self.out.push_str(rest);
    }

    fn tag(&mut self, inside: &str) {
        _ = write!(self.out, "{{% {inside} %}}");
    }

    fn action(&mut self, action: &Action) -> Result<(), NotTranslated> {
        if action.trims_before {
            self.out.truncate(self.out.trim_end().len());
        }
        self.trim_left = action.trims_after;
        let tokens = action.tokens.as_slice();
        let (word, rest) = match tokens.first() {
            None => return Ok(()),
            Some(Token::Word(word)) => (word.as_str(), &tokens[1..]),
            Some(_) => ("", tokens),
        };
        match word {
            "if" => self.begin_if(rest, false),
            "with" => self.begin_if(rest, true),
            "range" => self.begin_range(rest),
            "else" => self.middle(rest),
            "end" => self.end(),
            "break" | "continue" => {
                self.tag(word);
                Ok(())
            }
            "template" | "define" | "block" => {
                Err(NotTranslated(format!("`{{{{ {word} … }}}}` (template files are not read)")))
            }
            _ => self.print_or_set(tokens),
        }
    }

    fn print_or_set(&mut self, tokens: &[Token]) -> Result<(), NotTranslated> {
        match tokens {
            [Token::Variable(name), Token::Declare, value @ ..] => {
                let value = self.pipeline(value, 0)?;
                self.tag(&format!("set go_{name} = {}", value.code));
                let known = Typed::new(format!("go_{name}"), value.kind);
                self.remember(name.clone(), known);
            }
            [Token::Variable(name), Token::Assign, ..] => {
                return Err(NotTranslated(format!("an assignment to `${name}` after its declaration")));
            }
            _ => {
                let code = self.pipeline(tokens, 0)?.printable()?;
                _ = write!(self.out, "{{{{ {code} }}}}");
            }
        }
        Ok(())
    }

    fn remember(&mut self, name: String, value: Typed) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.variables.push((name, value));
        }
    }

    fn enter(&mut self, block: Block, dot: Typed) -> Result<(), NotTranslated> {
        if self.blocks.len() >= DEPTH_MAX {
            return Err(NotTranslated(format!("more than {DEPTH_MAX} blocks inside one another")));
        }
        self.blocks.push(block);
        self.scopes.push(Scope { dot, variables: Vec::new() });
        Ok(())
    }

    fn begin_if(&mut self, tokens: &[Token], moves_dot: bool) -> Result<(), NotTranslated> {
        let (variable, tokens) = match tokens {
            [Token::Variable(name), Token::Declare, rest @ ..] => (Some(name.clone()), rest),
            _ => (None, tokens),
        };
        let value = self.pipeline(tokens, 0)?;
        self.tag(&format!("if {}", value.code));
        let dot = if moves_dot { value.clone() } else { self.dot() };
        self.enter(Block::If, dot)?;
        if let Some(name) = variable {
            self.remember(name, value);
        }
        Ok(())
    }

    fn begin_range(&mut self, tokens: &[Token]) -> Result<(), NotTranslated> {
        let (index, element, tokens) = match tokens {
            [Token::Variable(index), Token::Comma, Token::Variable(element), Token::Declare, rest @ ..] => {
                (Some(index), Some(element), rest)
            }
            [Token::Variable(element), Token::Declare, rest @ ..] => (None, Some(element), rest),
            _ => (None, None, tokens),
        };
        let list = self.pipeline(tokens, 0)?;
        let Some(kind) = list.element() else {
            return Err(NotTranslated("a `range` over what is not a list".to_owned()));
        };
        self.loops += 1;
        let dot = Typed::new(format!("go_item{}", self.loops), kind);
        let key = Typed::plain(format!("go_key{}", self.loops));
        if list.kind == Type::KeyValues {
            self.tag(&format!("for {}, {} in {} | dictsort", key.code, dot.code, list.code));
        } else {
            self.tag(&format!("for {} in {}", dot.code, list.code));
        }
        let first = if list.kind == Type::KeyValues { key } else { Typed::plain("loop.index0") };
        self.enter(Block::Range, dot.clone())?;
        if let Some(name) = index {
            // A loop inside has a `loop` of its own.
            self.tag(&format!("set go_{name} = {}", first.code));
            self.remember(name.clone(), Typed::plain(format!("go_{name}")));
        }
        if let Some(name) = element {
            self.remember(name.clone(), dot);
        }
        Ok(())
    }

    fn middle(&mut self, tokens: &[Token]) -> Result<(), NotTranslated> {
        let Some(block) = self.blocks.last().copied() else {
            return Err(NotTranslated("an `{{ else }}` without its `{{ if }}`".to_owned()));
        };
        // In the other branch `.` is what it was outside.
        self.scopes.pop();
        let dot = self.dot();
        let tag = match tokens {
            [] => "else".to_owned(),
            [Token::Word(word), rest @ ..] if word == "if" && block == Block::If => {
                format!("elif {}", self.pipeline(rest, 0)?.code)
            }
            _ => return Err(NotTranslated("an `{{ else }}` of this form".to_owned())),
        };
        self.tag(&tag);
        self.scopes.push(Scope { dot, variables: Vec::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), NotTranslated> {
        let tag = match self.blocks.pop() {
            Some(Block::If) => "endif",
            Some(Block::Range) => "endfor",
            None => return Err(NotTranslated("an `{{ end }}` without its block".to_owned())),
        };
        self.scopes.pop();
        self.tag(tag);
        Ok(())
    }

    fn dot(&self) -> Typed {
        self.scopes.last().map_or_else(|| Typed::new("payload", Type::Data), |scope| scope.dot.clone())
    }

    fn variable(&self, name: &str) -> Result<Typed, NotTranslated> {
        if name.is_empty() {
            return Ok(Typed::new("payload", Type::Data));
        }
        let known = self.scopes.iter().rev().flat_map(|scope| scope.variables.iter().rev());
        let found = known.into_iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        found.ok_or_else(|| NotTranslated(format!("the variable `${name}`, which is not declared before it")))
    }

    /// `command | command …`: the value of each is the last argument of the next.
    fn pipeline(&self, tokens: &[Token], depth: usize) -> Result<Typed, NotTranslated> {
        if depth > DEPTH_MAX {
            return Err(NotTranslated(format!("more than {DEPTH_MAX} parentheses inside one another")));
        }
        let mut value = None;
        for command in split_at_pipes(tokens) {
            value = Some(self.command(command, value, depth)?);
        }
        value.ok_or_else(|| NotTranslated("an empty expression".to_owned()))
    }

    fn command(&self, tokens: &[Token], piped: Option<Typed>, depth: usize) -> Result<Typed, NotTranslated> {
        if let Some(Token::Word(name)) = tokens.first()
            && !matches!(name.as_str(), "true" | "false")
        {
            let mut arguments = self.operands(&tokens[1..], depth)?;
            arguments.extend(piped);
            return call(name, arguments);
        }
        let mut operands = self.operands(tokens, depth)?;
        match (operands.pop(), operands.is_empty(), piped) {
            (Some(only), true, None) => Ok(only),
            _ => Err(NotTranslated("a method with arguments".to_owned())),
        }
    }

    fn operands(&self, tokens: &[Token], depth: usize) -> Result<Vec<Typed>, NotTranslated> {
        let mut found: Vec<Typed> = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Field(path) => found.push(along(self.dot(), path)?),
                Token::Variable(name) => found.push(self.variable(name)?),
                Token::Chain(path) => {
                    let Some(before) = found.pop() else {
                        return Err(NotTranslated("a field of nothing".to_owned()));
                    };
                    found.push(along(before, path)?);
                }
                Token::Text(text) => found.push(Typed::plain(quoted(text))),
                Token::Number(number) => found.push(Typed::plain(number.clone())),
                Token::Word(word) if matches!(word.as_str(), "true" | "false") => {
                    found.push(Typed::plain(word.clone()));
                }
                Token::Open => {
                    let end =
                        closing(tokens, at).ok_or_else(|| NotTranslated("a `(` without `)`".to_owned()))?;
                    let Typed { code, kind } = self.pipeline(&tokens[at..end], depth + 1)?;
                    found.push(Typed::new(format!("({code})"), kind));
                    at = end + 1;
                }
                other => return Err(NotTranslated(format!("`{other}` here"))),
            }
        }
        Ok(found)
    }
}

fn along(from: Typed, path: &[String]) -> Result<Typed, NotTranslated> {
    path.iter().try_fold(from, |value, name| value.field(name))
}

/// Commands of a pipeline; what is in parentheses belongs together.
fn split_at_pipes(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut open, mut begin, mut commands) = (0_usize, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => open += 1,
            Token::Close => open = open.saturating_sub(1),
            Token::Pipe if open == 0 => {
                commands.push(&tokens[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    commands.push(&tokens[begin..]);
    commands
}

/// Where the parenthesis closes that was opened before `from`.
fn closing(tokens: &[Token], from: usize) -> Option<usize> {
    let mut open = 1_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token {
            Token::Open => open += 1,
            Token::Close => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

/// The functions of Go's templates and of Alertmanager that have a counterpart.
fn call(name: &str, arguments: Vec<Typed>) -> Result<Typed, NotTranslated> {
    let kinds: Vec<Type> = arguments.iter().map(|argument| argument.kind).collect();
    let codes: Vec<&str> = arguments.iter().map(|argument| argument.code.as_str()).collect();
    let between = |sign: &str| Typed::plain(format!("({})", codes.join(sign)));
    let value = match (name, codes.as_slice()) {
        ("toUpper", [x]) => Typed::plain(format!("({x} | upper)")),
        ("toLower", [x]) => Typed::plain(format!("({x} | lower)")),
        ("title", [x]) => Typed::plain(format!("({x} | title)")),
        ("trimSpace", [x]) => Typed::plain(format!("({x} | trim)")),
        ("safeHtml" | "safeUrl" | "print" | "html", [x]) => Typed::plain((*x).to_owned()),
        ("urlquery", [x]) => Typed::plain(format!("({x} | urlencode)")),
        ("len", [x]) => Typed::plain(format!("({x} | length)")),
        ("join", [separator, list]) if kinds.get(1) == Some(&Type::Texts) => {
            Typed::plain(format!("({list} | join({separator}))"))
        }
        ("match", [pattern, x]) => Typed::plain(format!("({x} | regex_search({pattern}))")),
        ("reReplaceAll", [pattern, with, x]) if !with.contains('$') => {
            Typed::plain(format!("({x} | regex_replace({pattern}, {with}))"))
        }
        ("index", [x, key]) if kinds.first() == Some(&Type::KeyValues) => Typed::plain(format!("{x}[{key}]")),
        ("index", [x, at]) if kinds.first() == Some(&Type::Alerts) => {
            Typed::new(format!("{x}[{at}]"), Type::Alert)
        }
        ("stringSlice", all) => Typed::new(format!("[{}]", all.join(", ")), Type::Texts),
        ("not", [x]) => Typed::plain(format!("(not {x})")),
        ("eq", [x, one]) => Typed::plain(format!("({x} == {one})")),
        ("eq", [x, any @ ..]) if any.len() > 1 => Typed::plain(format!("({x} in [{}])", any.join(", "))),
        ("ne", [_, _]) => between(" != "),
        ("lt", [_, _]) => between(" < "),
        ("le", [_, _]) => between(" <= "),
        ("gt", [_, _]) => between(" > "),
        ("ge", [_, _]) => between(" >= "),
        ("and", [_, _, ..]) => between(" and "),
        ("or", [_, _, ..]) => between(" or "),
        ("printf", [format, values @ ..]) => Typed::plain(printf(format, values)?),
        _ => return Err(NotTranslated(format!("the function `{name}` with {} arguments", codes.len()))),
    };
    Ok(value)
}

/// `printf` with nothing but `%s`, `%v`, `%d` and `%%` in its format.
fn printf(format: &str, values: &[&str]) -> Result<String, NotTranslated> {
    let refused = || NotTranslated("a `printf` with more than %s, %v and %d".to_owned());
    let inside = format.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(refused)?;
    let (mut parts, mut text, mut values) = (Vec::new(), String::new(), values.iter());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => match letters.next() {
                Some('%') => text.push('%'),
                Some('s' | 'v' | 'd') => {
                    parts.push(format!("\"{}\"", std::mem::take(&mut text)));
                    parts.push((*values.next().ok_or_else(refused)?).to_owned());
                }
                _ => return Err(refused()),
            },
            other => text.push(other),
        }
    }
    if values.next().is_some() {
        return Err(refused());
    }
    parts.push(format!("\"{text}\""));
    Ok(format!("({})", parts.join(" ~ ")))
}

#[cfg(test)]
mod tests;

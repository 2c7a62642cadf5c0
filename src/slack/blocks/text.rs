//! Text for Slack (docs.slack.dev/messaging/formatting-message-text).

use std::fmt::{self, Write as _};

use slack_morphism::blocks::{SlackBlockMarkDownText, SlackBlockPlainText, SlackBlockPlainTextOnly};

/// Breaks what Slack would otherwise read as markup; takes no room on the screen.
const ZERO_WIDTH: char = '\u{200b}';
/// Stands where Slack wants a text and there is none.
const NOTHING: &str = "—";
/// Where a text was cut.
const CUT: char = '…';

/// The length of a text as Slack may count it. Slack says "characters"; UTF-16 units are never fewer, so what fits by
/// this count fits by any.
pub fn width(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// A text of others made harmless for the eye: no control characters, none that turn the reading direction of what
/// follows, plain line ends.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\u{2028}' | '\u{2029}' | '\u{85}' => out.push('\n'),
            '\t' => out.push_str("  "),
            '\n' => out.push('\n'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A text of others as mrkdwn that shows it word for word: nothing in it is a mention, a link of ours or markup.
///
/// Slack has no escape for `*`, `_`, `~` and the backtick; a zero-width space breaks them, only where they could open a
/// format, so that names such as `pg_up` can still be copied. `&gt;` at the start of a line would be a quote.
pub fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut before: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, c)| *c);
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => {
                if before.is_none_or(|c| c == '\n') {
                    out.push(ZERO_WIDTH);
                }
                out.push_str("&gt;");
            }
            '`' => out.extend([ZERO_WIDTH, '`', ZERO_WIDTH]),
            '*' | '_' | '~' => {
                out.push(c);
                let opens =
                    !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| !c.is_whitespace());
                if opens {
                    out.push(ZERO_WIDTH);
                }
            }
            '@' => {
                out.push('@');
                if calls_everybody(&text[at + 1..]) {
                    out.push(ZERO_WIDTH);
                }
            }
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

/// `@here` and the like are linked in plain text where somebody switches link_names on.
fn calls_everybody(rest: &str) -> bool {
    ["channel", "here", "everyone", "group"]
        .iter()
        .any(|word| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
}

/// Cuts a plain text to a width, with `…` where it was cut.
pub fn truncate(text: &str, max: usize) -> String {
    cut(text, max, false)
}

/// Cuts at the end of a piece: a character or, in mrkdwn, a whole `<…>` or `&…;`.
fn cut(text: &str, max: usize, markup: bool) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let fence = if markup && text.contains("```") { "\n```" } else { "" };
    let room = max.saturating_sub(1 + fence.len());
    let (mut end, mut used) = (0, 0);
    while let Some(piece) = next_piece(&text[end..], markup) {
        let piece_width = width(piece);
        if used + piece_width > room {
            break;
        }
        used += piece_width;
        end += piece.len();
    }
    let mut out = text[..end].trim_end_matches(|c: char| c.is_whitespace() || c == '\u{200d}').to_owned();
    if max > 0 {
        out.push(CUT);
    }
    // A block of code that lost its end would swallow everything after it.
    if out.matches("```").count() % 2 == 1 {
        out.push_str(fence);
    }
    out
}

/// A message's text as Slack takes it: what is longer than it counts, escapes and all, is cut at the end of a piece.
pub fn fit(text: &str) -> String {
    cut(text, crate::limits::SLACK_TEXT_CHARS, true)
}

/// The same in a message that is ready to go.
pub fn fit_message(message: &mut serde_json::Value) {
    if let Some(text) = message["text"].as_str().filter(|text| width(text) > crate::limits::SLACK_TEXT_CHARS)
    {
        message["text"] = fit(text).into();
    }
}

fn next_piece(text: &str, markup: bool) -> Option<&str> {
    let first = text.chars().next()?;
    let end = match first {
        '<' if markup => text.find('>').map(|at| at + 1),
        '&' if markup => ["&amp;", "&lt;", "&gt;"].iter().find(|e| text.starts_with(**e)).map(|e| e.len()),
        '`' if markup && text.starts_with("```") => Some(3),
        _ => None,
    };
    text.get(..end.unwrap_or(first.len_utf8()))
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == ZERO_WIDTH || c == '\u{200d}')
}

/// A plain_text object: cleaned, on one line, cut, never empty.
pub fn plain(text: &str, max: usize) -> SlackBlockPlainTextOnly {
    // Only the head can be seen; a menu of a hundred long texts should not cost their whole length.
    let head: String = text.chars().take(max.saturating_mul(4) + 64).collect();
    let one_line = clean(&head).split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = if is_blank(&one_line) { NOTHING.to_owned() } else { truncate(&one_line, max) };
    SlackBlockPlainTextOnly::from(SlackBlockPlainText { text: shown, emoji: Some(true) })
}

/// Text in Slack's markup. What comes from others enters it escaped: `Mrkdwn::from("…")` and [`Mrkdwn::text`]; only
/// [`Mrkdwn::markup`] and [`Mrkdwn::raw`] take markup as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mrkdwn(String);

impl Mrkdwn {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Markup of our own, or of a template whose values were escaped. Never a text of others.
    pub fn markup(ours: impl Into<String>) -> Self {
        Self(ours.into())
    }

    /// Adds markup of our own.
    pub fn raw(mut self, ours: &str) -> Self {
        self.0.push_str(ours);
        self
    }

    /// Adds a text of others.
    pub fn text(mut self, theirs: &str) -> Self {
        self.0.push_str(&escape(theirs));
        self
    }

    /// Adds another piece.
    pub fn append(self, other: &Self) -> Self {
        self.raw(&other.0)
    }

    /// Adds a line end.
    pub fn line(self) -> Self {
        self.raw("\n")
    }

    /// Adds a text of others in bold. Formats do not reach over lines, so it is put on one.
    pub fn bold(self, theirs: &str) -> Self {
        self.styled("*", theirs)
    }

    /// Adds a text of others in italics.
    pub fn italic(self, theirs: &str) -> Self {
        self.styled("_", theirs)
    }

    /// Adds a text of others struck through.
    pub fn strike(self, theirs: &str) -> Self {
        self.styled("~", theirs)
    }

    fn styled(self, mark: &str, theirs: &str) -> Self {
        // The same mark inside would end the format.
        let inner = escape(&one_line(theirs)).replace(mark, &format!("{ZERO_WIDTH}{mark}{ZERO_WIDTH}"));
        if is_blank(&inner) { self } else { self.raw(mark).raw(&inner).raw(mark) }
    }

    /// Adds a text of others as code on one line. Nothing is hidden in it, so it can be copied; a backtick becomes an
    /// apostrophe.
    pub fn code(self, theirs: &str) -> Self {
        let inner = entities(&one_line(theirs).replace('`', "'"));
        if is_blank(&inner) { self } else { self.raw("`").raw(&inner).raw("`") }
    }

    /// Adds a text of others as a block of code.
    pub fn code_block(self, theirs: &str) -> Self {
        let inner = entities(&clean(theirs).replace("```", "'''"));
        if is_blank(&inner) { self } else { self.raw("```\n").raw(inner.trim_end_matches('\n')).raw("\n```") }
    }

    /// Adds a text of others as a quote, line by line.
    pub fn quote(mut self, theirs: &str) -> Self {
        for line in escape(theirs).lines() {
            if !self.0.is_empty() && !self.0.ends_with('\n') {
                self.0.push('\n');
            }
            self = self.raw("&gt; ").raw(line);
        }
        self
    }

    /// Adds a link; only web and mail addresses become one, others show their label alone.
    pub fn link(self, url: &str, label: &str) -> Self {
        let label = one_line(label);
        let label = if is_blank(&label) { url } else { &label };
        let shown = escape(label).replace('|', "¦");
        match safe_url(url) {
            Some(url) => self.raw("<").raw(&url).raw("|").raw(&shown).raw(">"),
            None => self.raw(&shown),
        }
    }

    /// Adds a mention, which notifies that person; an odd id is shown as text.
    pub fn user(self, user_id: &str) -> Self {
        self.reference("<@", user_id)
    }

    /// Adds a link to a channel.
    pub fn channel(self, channel_id: &str) -> Self {
        self.reference("<#", channel_id)
    }

    /// Adds a mention of a user group, which notifies all its members.
    pub fn user_group(self, usergroup_id: &str) -> Self {
        self.reference("<!subteam^", usergroup_id)
    }

    fn reference(self, open: &str, id: &str) -> Self {
        let is_id =
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if is_id { self.raw(open).raw(id).raw(">") } else { self.text(id) }
    }

    /// Adds a moment in the reader's time zone. `format` is Slack's (`{date_short_pretty} {time}`); `fallback` is what
    /// clients show that cannot, and should name its zone.
    pub fn date(mut self, unix_s: i64, format: &str, fallback: &str) -> Self {
        let safe = |text: &str| entities(&one_line(text)).replace(['^', '|'], " ");
        let fallback = safe(fallback);
        let fallback = if is_blank(&fallback) { "a date" } else { &fallback };
        // Writing to a String cannot fail.
        let _ = write!(self.0, "<!date^{unix_s}^{}|{fallback}>", safe(format));
        self
    }

    /// Whether there is nothing to see.
    pub fn is_blank(&self) -> bool {
        is_blank(&self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }

    /// Cut to a width, never within a link, a mention or an escape.
    pub fn truncated(&self, max: usize) -> Self {
        Self(cut(&self.0, max, true))
    }

    /// Fit for Slack: cut and never empty.
    pub(super) fn shown(&self, max: usize) -> String {
        if self.is_blank() { NOTHING.to_owned() } else { cut(self.0.trim_end(), max, true) }
    }

    /// As a text object.
    pub(super) fn object(&self, max: usize) -> SlackBlockMarkDownText {
        SlackBlockMarkDownText { text: self.shown(max), verbatim: None }
    }
}

impl From<&str> for Mrkdwn {
    /// A text of others, escaped.
    fn from(theirs: &str) -> Self {
        Self(escape(theirs))
    }
}

impl From<&String> for Mrkdwn {
    fn from(theirs: &String) -> Self {
        Self(escape(theirs))
    }
}

impl From<String> for Mrkdwn {
    fn from(theirs: String) -> Self {
        Self(escape(&theirs))
    }
}

impl From<&Mrkdwn> for Mrkdwn {
    fn from(same: &Mrkdwn) -> Self {
        same.clone()
    }
}

impl fmt::Display for Mrkdwn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn one_line(text: &str) -> String {
    clean(text).split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The three characters that Slack wants escaped.
fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An address fit for `<url|label>`; none if it is no web or mail address.
pub(super) fn safe_url(url: &str) -> Option<String> {
    let url = url::Url::parse(url.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https" | "mailto") {
        return None;
    }
    let text = url.as_str().replace('|', "%7C").replace('<', "%3C").replace('>', "%3E").replace(' ', "%20");
    (width(&text) <= crate::limits::SLACK_URL_CHARS).then_some(text)
}

//! Logs: to standard error, as text for people or JSON for machines. Each event is one line, whatever is in it: much of
//! what is logged comes from outside, and must not look like another line or move the reader's cursor.

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::util::SubscriberInitExt as _;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged if nobody says otherwise.
pub const DEFAULT_LEVEL: &str = "info";

/// Starts logging. `level` wins over `RUST_LOG`; both are a level (`debug`) or directives (`info,firebell=debug`).
/// A second call changes nothing.
pub fn init(format: LogFormat, level: Option<&str>) -> anyhow::Result<()> {
    let wanted =
        level.map(str::to_owned).or_else(|| std::env::var("RUST_LOG").ok().filter(|v| !v.is_empty()));
    let wanted = wanted.as_deref().unwrap_or(DEFAULT_LEVEL);
    let filter = EnvFilter::try_new(wanted).with_context(|| {
        format!(
            "{wanted:?} is not a log level: write error, warn, info, debug, trace, or info,firebell=debug"
        )
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // Fails only if there is a logger already, as in a test.
    _ = match format {
        LogFormat::Text => {
            let coloured = colour_wanted(io::stderr().is_terminal());
            let fields = debug_fn(field).delimited(" ");
            builder.with_ansi(coloured).fmt_fields(fields).finish().try_init()
        }
        // JSON's own escapes keep an event in its line.
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    };
    Ok(())
}

/// Writes a field of an event or a span, as the library does, with its value escaped.
fn field(out: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let value = format!("{value:?}");
    let value = escape(&value);
    match field.name() {
        "message" => out.write_str(&value),
        name if out.has_ansi_escapes() => write!(out, "\u{1b}[3m{name}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{value}"),
        name => write!(out, "{name}={value}"),
    }
}

/// A text without what would end its line or make it look like something else.
fn escape(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| {
        let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || turns
    };
    if !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_odd(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Colours go to terminals, unless NO_COLOR is set to anything; see no-color.org.
pub fn colour_wanted(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(coloured: bool, log: impl FnOnce()) -> String {
        let out = Shared::default();
        let writer = {
            let out = out.clone();
            move || out.clone()
        };
        let builder = tracing_subscriber::fmt().with_ansi(coloured).with_writer(writer);
        let subscriber = builder.fmt_fields(debug_fn(field).delimited(" ")).finish();
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn what_comes_from_outside_stays_in_its_line() {
        let forged = "7\n2026-01-01T00:00:00Z ERROR forged\r\u{1b}[2K\u{9b}31m\u{202e}\u{2028}end";
        for coloured in [false, true] {
            let text = logged(coloured, || {
                let span = tracing::info_span!("request", id = 7, route = forged);
                span.in_scope(|| {
                    tracing::info!(reason = forged, why = %forged, "`startsAt` is no time: {forged}");
                });
                tracing::warn!(left_out = 3, "the next one");
            });
            assert_eq!(text.lines().count(), 2, "{text:?}");
            let odd = |c: char| c.is_control() && c != '\n' && !(coloured && c == '\u{1b}');
            assert!(!text.contains(odd) && !text.contains(['\u{202e}', '\u{2028}']), "{text:?}");
            assert!(!text.contains("\u{1b}[2K"), "no escape sequence of a value gets through: {text:?}");
            assert!(text.contains("7\\n2026"), "{text:?}");
            let plain = "the next one left_out=3\n";
            assert!(coloured || text.ends_with(plain), "{text:?}");
        }
    }
}

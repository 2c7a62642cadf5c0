//! Values of the config that have a grammar of their own.

use std::time::Duration;

use serde_json::json;
use url::Url;

use crate::domain::duration;
use crate::domain::matcher::Matchers;
use crate::domain::priority::Priority;
use crate::domain::template::{Template, TemplateError};
use crate::yaml::{Parsed, Problem};

/// As Prometheus writes them: `30s`, `5m`, `1h30m`, `2d`.
pub(super) fn span() -> Parsed<Duration> {
    Parsed {
        what: "a duration",
        parse: |text| {
            duration::parse(text).map_err(|e| {
                let says_no_more = e.what.starts_with("not a valid duration string");
                Problem::new(if says_no_more { String::new() } else { e.what }).hint(e.hint)
            })
        },
        schema: duration_schema,
    }
}

/// A duration that is not zero.
pub(super) fn longer_span() -> Parsed<Duration> {
    Parsed {
        what: "a duration",
        parse: |text| match (span().parse)(text)? {
            Duration::ZERO => Err(Problem::new("it must be longer than zero")),
            span => Ok(span),
        },
        schema: duration_schema,
    }
}

fn duration_schema() -> serde_json::Value {
    json!({"pattern": "^([0-9]+(ms|[smhdwy]))+$|^0$|\\$\\{", "examples": ["30s", "5m", "1h30m"]})
}

/// Matchers as in Alertmanager: `severity="critical"`, or several in braces.
pub(super) fn matchers() -> Parsed<Matchers> {
    Parsed {
        what: "a matcher",
        parse: |text| {
            Matchers::parse(text).map_err(|e| Problem {
                part: e
                    .column
                    .and_then(|c| text.char_indices().nth(c.saturating_sub(1)))
                    .map(|(at, c)| at..at + c.len_utf8()),
                hint: Some(e.hint.unwrap_or_else(|| {
                    "write for example severity=\"critical\" or service=~\"api|web\"".to_owned()
                })),
                message: e.what,
            })
        },
        schema: || json!({"examples": ["severity=\"critical\"", "service=~\"api|web\""]}),
    }
}

/// The text of matchers, which the domain reads where it builds the whole.
pub(super) fn matcher_text() -> Parsed<String> {
    Parsed { what: "a matcher", parse: |text| Ok(text.to_owned()), schema: matchers().schema }
}

/// P1 to P5.
pub(super) fn priority() -> Parsed<Priority> {
    Parsed {
        what: "a priority",
        parse: |text| text.parse().map_err(|_| Problem::new("write P1 (most urgent), P2, P3, P4 or P5")),
        schema: || json!({"enum": ["P1", "P2", "P3", "P4", "P5", 1, 2, 3, 4, 5], "type": ["string", "integer"]}),
    }
}

/// A Jinja template.
pub(super) fn template() -> Parsed<Template> {
    Parsed {
        what: "a template",
        parse: |text| Template::compile(text).map_err(|e| template_problem(text, e)),
        schema: || json!({"examples": ["{{ labels.alertname }} on {{ labels.instance }}"]}),
    }
}

/// A template's mistake at its place in the text.
pub(super) fn template_problem(text: &str, error: TemplateError) -> Problem {
    let line_start: usize = text.split_inclusive('\n').take(error.line.saturating_sub(1)).map(str::len).sum();
    let rest = &text[line_start.min(text.len())..];
    let at =
        rest.char_indices().nth(error.col.saturating_sub(1)).map_or(text.len(), |(at, _)| line_start + at);
    let part = at..text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    Problem { message: error.what, hint: error.hint, part: Some(part) }
}

/// An http or https address.
pub(super) fn web_url() -> Parsed<Url> {
    Parsed {
        what: "a web address",
        parse: |text| {
            let url = Url::parse(text).map_err(|e| {
                Problem::new(e.to_string()).hint("write for example https://firebell.example.com")
            })?;
            match url.scheme() {
                "http" | "https" if url.has_host() => Ok(url),
                other => Err(Problem::new(format!("it begins with {other}:"))
                    .hint("it must begin with https:// or http://")),
            }
        },
        schema: || json!({"format": "uri"}),
    }
}

/// A Slack channel by its name or its id.
pub(super) fn channel() -> Parsed<String> {
    Parsed {
        what: "a Slack channel",
        parse: |text| {
            let is_id = text.len() >= 9
                && text.starts_with(['C', 'G', 'D'])
                && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            if is_id {
                return Ok(text.to_owned());
            }
            let hint = "write #its-name, or its id (in Slack: channel name → About → Channel ID)";
            let name = text.strip_prefix('#').unwrap_or(text);
            if text.starts_with('@') {
                return Err(Problem::new("it names a person").hint(hint));
            }
            if name.is_empty() || name.chars().count() > crate::limits::SLACK_CHANNEL_NAME_CHARS {
                return Err(Problem::new("a name has 1 to 80 characters").hint(hint));
            }
            let bad = |c: char| {
                c.is_uppercase() || c.is_whitespace() || (c.is_ascii_punctuation() && c != '-' && c != '_')
            };
            match name.char_indices().find(|(_, c)| bad(*c)) {
                None => Ok(format!("#{name}")),
                Some((at, c)) => {
                    let at = at + text.len() - name.len();
                    Err(Problem::new("a name has lower-case letters, digits, - and _ only")
                        .hint(hint)
                        .part(at..at + c.len_utf8()))
                }
            }
        },
        schema: || json!({"examples": ["#alerts", "C0123456789"]}),
    }
}

/// A colour as Slack takes it.
pub(super) fn colour() -> Parsed<String> {
    Parsed {
        what: "a colour",
        parse: |text| {
            let digits = text.strip_prefix('#').unwrap_or_default();
            if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Ok(text.to_owned());
            }
            Err(Problem::new("").hint("write it as \"#d7263d\" (in quotes, or YAML takes it for a comment)"))
        },
        schema: || json!({"pattern": "^#[0-9a-fA-F]{6}$|\\$\\{"}),
    }
}

/// A slash command.
pub(super) fn command() -> Parsed<String> {
    Parsed {
        what: "a slash command",
        parse: |text| {
            let name = text.strip_prefix('/').unwrap_or_default();
            let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
            if (1..=31).contains(&name.len()) && name.bytes().all(good) {
                return Ok(text.to_owned());
            }
            Err(Problem::new("").hint("write a slash and lower-case letters, for example /firebell"))
        },
        schema: || json!({"pattern": "^/[a-z0-9_-]{1,31}$|\\$\\{"}),
    }
}

/// A Slack workspace's id.
pub(super) fn team_id() -> Parsed<String> {
    Parsed {
        what: "a Slack workspace id",
        parse: |text| slack_id(text, &["T", "E"], "a workspace id begins with T, for example T0123456789"),
        schema: || json!({"pattern": "^[TE][A-Z0-9]{2,}$|\\$\\{"}),
    }
}

/// A Slack user's id.
pub(super) fn user_id() -> Parsed<String> {
    Parsed {
        what: "a Slack user id",
        parse: |text| {
            let hint = "a user id begins with U or W (in Slack: profile → ⋮ → Copy member ID)";
            slack_id(text, &["U", "W"], hint)
        },
        schema: || json!({"pattern": "^[UW][A-Z0-9]{2,}$|\\$\\{"}),
    }
}

/// Somebody a message rings: everybody here, or a user or user group by id. Slack rings nobody by a handle.
pub(super) fn mention() -> Parsed<String> {
    Parsed {
        what: "a mention",
        parse: |text| {
            let bare = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text);
            let bare = bare.split_once('|').map_or(bare, |(id, _)| id).trim_start_matches(['@', '!']);
            let bare = bare.strip_prefix("subteam^").unwrap_or(bare);
            let hint = "Slack rings nobody by a handle: write @here, @channel, a user's id (U…; profile → ⋮ → Copy \
                        member ID) or a user group's id (S…; People → User groups → ⋮ → Copy group ID)";
            match bare {
                "here" | "channel" | "everyone" => Ok(text.to_owned()),
                id => slack_id(id, &["U", "W", "S"], hint).map(|_| text.to_owned()),
            }
        },
        schema: || {
            json!({"pattern": "^<?[@!]?(subteam\\^)?(here|channel|everyone|[UWS][A-Z0-9]{2,})(\\|.*)?>?$|\\$\\{",
                   "examples": ["@here", "U0123456789", "S0123456789"]})
        },
    }
}

pub(super) fn slack_id(text: &str, starts: &[&str], hint: &str) -> Result<String, Problem> {
    let good = text.len() >= 3
        && starts.iter().any(|start| text.starts_with(start))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if good { Ok(text.to_owned()) } else { Err(Problem::new("").hint(hint)) }
}

/// An e-mail address, as far as it can be seen from here.
pub(super) fn email() -> Parsed<String> {
    Parsed {
        what: "an e-mail address",
        parse: |text| match text.split_once('@') {
            Some((who, host))
                if !who.is_empty() && host.contains('.') && !text.contains(char::is_whitespace) =>
            {
                Ok(text.to_owned())
            }
            _ => Err(Problem::new("").hint("write for example ada@example.com")),
        },
        schema: || json!({"format": "email"}),
    }
}

/// The name of an HTTP header.
pub(super) fn header() -> Parsed<String> {
    Parsed {
        what: "the name of an HTTP header",
        parse: |text| match axum::http::HeaderName::from_bytes(text.as_bytes()) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(Problem::new("").hint("write for example X-Grafana-Alerting-Signature")),
        },
        schema: || json!({}),
    }
}

/// An address to listen at.
pub(super) fn listen() -> Parsed<std::net::SocketAddr> {
    Parsed {
        what: "an address to listen at",
        parse: |text| {
            text.parse().map_err(|_| {
                Problem::new("").hint("write IP:port, for example 127.0.0.1:8080 or 0.0.0.0:8080")
            })
        },
        schema: || json!({"examples": ["127.0.0.1:8080", "0.0.0.0:8080", "[::]:8080"]}),
    }
}

/// Bytes, with a unit if one likes: `10MiB`.
pub(super) fn bytes() -> Parsed<u64> {
    Parsed {
        what: "a size",
        parse: |text| {
            let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
                "" | "b" => Some(1),
                "k" | "kib" => Some(1 << 10),
                "m" | "mib" => Some(1 << 20),
                "kb" => Some(1_000),
                "mb" => Some(1_000_000),
                _ => None,
            };
            let size = digits.trim().parse::<u64>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
            size.filter(|n| *n > 0)
                .ok_or_else(|| Problem::new("").hint("write for example 10MiB, 512KiB or 1048576"))
        },
        schema: || json!({"type": ["string", "integer"], "examples": ["10MiB"]}),
    }
}

/// Any secret.
pub(super) fn any_secret(_: &str) -> Result<(), Problem> {
    Ok(())
}

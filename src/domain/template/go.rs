//! Habits of Alertmanager's and Grafana's Go templates, and what to write instead.

use std::sync::OnceLock;

use regex::Regex;

/// What to write instead of the Go template in `line`, if it looks like one.
pub(super) fn hint(line: &str) -> Option<String> {
    static FIELD: OnceLock<Option<Regex>> = OnceLock::new();
    let field =
        FIELD.get_or_init(|| Regex::new(r"\{\{-?\s*\$?\.?(?P<path>[$.A-Za-z][A-Za-z0-9_.]*)").ok()).as_ref();
    let go = |name: &str, jinja: &str| Some(format!("this is a Go template; {name} is written {jinja} here"));
    let inside = line.split("{{").nth(1)?.trim_start_matches('-').trim();
    if let Some((word, jinja)) = keyword(inside) {
        return go(&format!("`{{{{ {word} }}}}`"), jinja);
    }
    if !inside.starts_with(['.', '$']) {
        return None;
    }
    let path = field?.captures(line)?.name("path")?.as_str();
    let path = path.trim_start_matches(['$', '.']);
    let ours = jinja_name(path);
    go(&format!("`{{{{ .{path} }}}}`"), &format!("`{{{{ {ours} }}}}`"))
}

/// The offset of the first tag that only Go's templates have. Some of them are no error here (`{{ range .Alerts }}` reads
/// as a field of `range`) and would silently render nothing.
pub(super) fn first_keyword(source: &str) -> Option<usize> {
    if source.contains("endraw") {
        return None;
    }
    source.match_indices("{{").map(|(at, _)| at).find(|at| {
        let line = source[at + 2..].split('\n').next().unwrap_or_default();
        keyword(line.trim_start_matches('-').trim_start()).is_some()
    })
}

/// Go's keyword at the begin of what is in a tag, and what is written instead.
fn keyword(inside: &str) -> Option<(&'static str, &'static str)> {
    [
        ("range", true, "`{% for alert in alerts %} … {% endfor %}`"),
        ("if", true, "`{% if … %} … {% endif %}`"),
        ("else if", true, "`{% elif … %}`"),
        ("with", true, "`{% if … %} … {% endif %}`"),
        ("define", true, "`{% macro name() %} … {% endmacro %}`"),
        ("template", true, "the text itself; there are no named templates"),
        ("else", false, "`{% else %}`"),
        ("end", false, "`{% endif %}` or `{% endfor %}`"),
    ]
    .into_iter()
    .find(|(word, takes_more, _)| {
        let Some(rest) = inside.strip_prefix(word) else { return false };
        let more = rest.trim_start();
        let ends = more.trim_start_matches('-').starts_with("}}");
        if *takes_more {
            more.len() < rest.len()
                && more.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '$' | '"' | '('))
        } else {
            ends
        }
    })
    .map(|(word, _, jinja)| (word, jinja))
}

/// Where the value of a Go template's field is in ours.
fn jinja_name(path: &str) -> String {
    let (head, rest) = path.split_once('.').map_or((path, ""), |(head, rest)| (head, rest));
    let ours = match head {
        "Labels" | "labels" => "labels",
        "Annotations" | "annotations" => "annotations",
        "CommonLabels" => "payload.commonLabels",
        "CommonAnnotations" => "payload.commonAnnotations",
        "GroupLabels" => "payload.groupLabels",
        "Status" => "payload.status",
        "Alerts" => "payload.alerts",
        "ExternalURL" => "payload.externalURL",
        "Receiver" => "payload.receiver",
        "Value" | "value" | "Values" | "values" => "alert.values",
        "StartsAt" => "alert.starts_at",
        "EndsAt" => "alert.ends_at",
        "GeneratorURL" => "alert.generator_url",
        "Fingerprint" => "alert.fingerprint",
        other => return format!("payload.{other}{}{rest}", if rest.is_empty() { "" } else { "." }),
    };
    if rest.is_empty() { ours.to_owned() } else { format!("{ours}.{rest}") }
}

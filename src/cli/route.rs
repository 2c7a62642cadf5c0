//! `firebell route`

use serde_json::{Value as Json, json};

use super::{ConfigArgs, Context, Exit, UsageError};
use crate::config::{Config, Need};
use crate::domain::duration;
use crate::domain::label::Labels;
use crate::domain::matcher::{Matcher, Mode};
use crate::domain::priority::PriorityReason;
use crate::domain::route::{GroupBy, Route};
use crate::domain::time::Timestamp;
use crate::domain::time_interval::Quiet;

/// Tell where an alert with these labels would go
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  firebell route severity=critical team=db
  firebell route --config alertmanager.yml --json 'alertname=Disk full' instance=db1:9100
  firebell route 'path=\"C:\\\\temp\\n\"'        in double quotes, \\n, \\\" and \\\\ are escapes
  firebell route '\"disk.used %\"=97'           a name with any characters, as amtool takes it

Explains path, priority, channels, grouping, timers, muted times, inhibition and incidents. For scripts, --receivers prints
the receivers in one line, comma separated, as `amtool config routes test` does; --json has everything.")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,

    /// Print the receivers only, comma separated
    #[arg(long)]
    receivers: bool,

    /// Print everything as JSON
    #[arg(long, conflicts_with = "receivers")]
    json: bool,

    /// Ask for another moment than now (RFC 3339), for time intervals
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// The alert's labels
    #[arg(value_name = "LABEL=VALUE")]
    labels: Vec<String>,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let labels = parse_labels(&self.labels)?;
        let now = match &self.at {
            None => Timestamp::from_ms(cx.clock.now_ms()),
            Some(text) => parse_time(text)?,
        };
        let config = match cx.load(&self.config, Need::Rules)?.into_result() {
            Ok((config, _)) => config,
            Err(report) => {
                writeln!(cx.err, "{}\n{}", report.render(cx.err_style), report.summary())?;
                return Ok(Exit::Wrong);
            }
        };
        if self.json {
            writeln!(cx.out, "{:#}", as_json(&config, &labels, now))?;
        } else if self.receivers {
            let receivers: Vec<&str> =
                config.routes.matching(&labels).iter().map(|r| r.receiver.as_str()).collect();
            writeln!(cx.out, "{}", receivers.join(","))?;
        } else {
            cx.out.write_all(in_words(&config, &labels, now).as_bytes())?;
        }
        Ok(Exit::Fine)
    }
}

fn parse_time(text: &str) -> Result<Timestamp, UsageError> {
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    match parsed {
        Ok(at) => Ok(Timestamp::from_ms(at.as_millisecond())),
        Err(_) => Err(UsageError(format!("{text:?} is not a time: write for example 2026-11-21T03:00:00Z"))),
    }
}

/// `label=value`: the value as it stands, or in double quotes with escapes; so the name, which may have any characters.
fn parse_labels(args: &[String]) -> Result<Labels, UsageError> {
    let mut labels = Labels::new();
    for arg in args {
        let bad = |why: &str| UsageError(format!("{arg:?} is not label=value: {why}"));
        let (name, value) = match quoted_name(arg) {
            Some((quoted, value)) => {
                let matcher = Matcher::parse(&format!("{quoted}=x"), Mode::Fallback);
                (matcher.map_err(|e| bad(&e.what))?.name().to_owned(), value)
            }
            None => {
                let (name, value) = arg.split_once('=').ok_or_else(|| bad("there is no ="))?;
                (name.to_owned(), value)
            }
        };
        if name.is_empty() {
            return Err(bad("there is no name before the ="));
        }
        let value = if value.len() >= 2 && value.starts_with('"') && value.ends_with('"') {
            let matcher = Matcher::parse(&format!("x={value}"), Mode::Fallback);
            matcher.map_err(|e| bad(&e.what))?.value().to_owned()
        } else {
            value.to_owned()
        };
        labels.insert(name, value);
    }
    Ok(labels)
}

/// `"name"=value` with the quotes, if the name is quoted.
fn quoted_name(arg: &str) -> Option<(&str, &str)> {
    let inner = arg.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.find(|c| {
        let is_end = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    })?;
    let (name, rest) = arg.split_at(end + 2);
    Some((name, rest.strip_prefix('=')?))
}

/// What becomes of such an alert, a paragraph for each receiver.
fn in_words(config: &Config, labels: &Labels, now: Timestamp) -> String {
    let mut text = format!("{labels}\n");
    for route in config.routes.matching(labels) {
        let quiet =
            config.time_intervals.quiet(&route.mute_time_intervals, &route.active_time_intervals, now);
        let muted = quiet.as_ref().map(|quiet| muted(config, route, quiet, now)).unwrap_or_default();
        text.push_str(&format!("\n-> {}{muted}\n", route.receiver));
        let mut line = |name: &str, what: String| text.push_str(&format!("   {name:<10}{what}\n"));
        let path = config.routes.path_to(route);
        for (nth, node) in path.iter().enumerate() {
            let matchers =
                if node.matchers.is_empty() { String::new() } else { format!("  {}", node.matchers) };
            line(if nth == 0 { "path" } else { "" }, format!("{}{matchers}", node.path));
        }
        line("channels", channels(config, route));
        line("priority", priority(config, route, labels));
        line("group", grouping(route, labels));
        let [wait, interval, repeat] =
            [route.group_wait, route.group_interval, route.repeat_interval].map(duration::canonical);
        line("timers", format!("group_wait {wait}, group_interval {interval}, repeat_interval {repeat}"));
        let muting = [("mute", &route.mute_time_intervals), ("active", &route.active_time_intervals)];
        for (how, names) in muting.into_iter().filter(|(_, names)| !names.is_empty()) {
            line("times", format!("{how}_time_intervals {}", names.join(", ")));
        }
        line(
            "declare",
            route
                .declare
                .as_ref()
                .map_or("no incident".to_owned(), |severity| format!("an incident of {severity}")),
        );
    }
    for (nth, rule) in config.inhibit_rules.iter().enumerate() {
        let Some(question) = rule.question(labels) else { continue };
        let equal =
            rule.equal.iter().map(|name| format!("{name}={:?}", labels.get(name))).collect::<Vec<_>>();
        let with = if equal.is_empty() { String::new() } else { format!(" with {}", equal.join(", ")) };
        let but = if question.not_by_targets {
            format!(", unless that is {}, too", rule.target)
        } else {
            String::new()
        };
        text.push_str(&format!(
            "\nInhibited while {} fires{with}{but} (inhibit_rules[{nth}]).\n",
            rule.source
        ));
    }
    text
}

/// ": muted now …", where people look first.
fn muted(config: &Config, route: &Route, quiet: &Quiet, now: Timestamp) -> String {
    let why = match quiet {
        Quiet::Muted { by } => format!("by {}", by.join(", ")),
        Quiet::NotActive { none_of } => format!("outside {}", none_of.join(", ")),
    };
    let names = route.mute_time_intervals.iter().chain(&route.active_time_intervals);
    let until = config.time_intervals.next_change(names, now).map(|at| format!(", until {at} at least"));
    format!(": muted now {why}{}", until.unwrap_or_default())
}

fn channels(config: &Config, route: &Route) -> String {
    match config.receiver(&route.receiver).and_then(|receiver| receiver.slack.as_ref()) {
        Some(slack) => slack.channels.join(", "),
        None => "none: nobody is notified".to_owned(),
    }
}

fn priority(config: &Config, route: &Route, labels: &Labels) -> String {
    let (by_rules, reason) = config.priorities.decide(labels);
    match (route.priority, reason) {
        (Some(priority), _) => format!("{priority}, by the route"),
        (None, PriorityReason::Rule { index }) => format!("{by_rules}, by priorities[{index}]"),
        (None, PriorityReason::Severity { .. }) => format!("{by_rules}, by the label severity"),
        (None, _) => format!("{by_rules}, since nothing says otherwise"),
    }
}

fn grouping(route: &Route, labels: &Labels) -> String {
    match &route.group_by {
        GroupBy::Sender => "as its sender groups it, else by alertname (no group_by is set)".to_owned(),
        GroupBy::All => "by itself (group_by: ['...'])".to_owned(),
        GroupBy::Labels(names) if names.is_empty() => {
            "all alerts of this route in one (group_by: [])".to_owned()
        }
        GroupBy::Labels(names) => format!("by {}: {}", names.join(", "), route.group_labels(labels)),
    }
}

fn as_json(config: &Config, labels: &Labels, now: Timestamp) -> Json {
    let taken = config.routes.matching(labels);
    let routes: Vec<Json> = taken.iter().map(|route| route_json(config, labels, route, now)).collect();
    let first = |key: &str| routes.first().and_then(|r| r.get(key)).cloned().unwrap_or_default();
    let (priority, why) = config.priorities.decide(labels);
    let priority_of = |route: &Route| route.priority.unwrap_or(priority);
    json!({
        "receivers": taken.iter().map(|r| &r.receiver).collect::<Vec<_>>(),
        "group_by": first("group_by"),
        "group_wait": first("group_wait"),
        "group_interval": first("group_interval"),
        "repeat_interval": first("repeat_interval"),
        "path": first("path"),
        "muted_by": first("muted_by"),
        "inhibited_by": inhibited_by(config, labels),
        "priority": taken.first().map(|r| priority_of(r)),
        "priority_by_rules": {"priority": priority, "reason": why},
        "routes": routes,
        "explanation": config.routes.explain(labels),
        "labels": labels.iter().collect::<std::collections::BTreeMap<_, _>>(),
        "config_version": config.version,
    })
}

/// The rules under which another alert would hush this one, and what that other one must be.
fn inhibited_by(config: &Config, labels: &Labels) -> Vec<Json> {
    let rules = config.inhibit_rules.iter().enumerate();
    rules
        .filter_map(|(nth, rule)| {
            let question = rule.question(labels)?;
            let equal = rule.equal.iter().map(|name| (name, labels.get(name)));
            Some(json!({
                "at": format!("inhibit_rules[{nth}]"),
                "name": rule.name,
                "while_firing": rule.source.to_string(),
                "with": equal.collect::<std::collections::BTreeMap<_, _>>(),
                "but_not": question.not_by_targets.then(|| rule.target.to_string()),
            }))
        })
        .collect()
}

fn route_json(config: &Config, labels: &Labels, route: &Route, now: Timestamp) -> Json {
    let path: Vec<Json> = config
        .routes
        .path_to(route)
        .iter()
        .map(|node| {
            json!({
                "at": node.path,
                "matchers": node.matchers.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "held": node.matchers.iter().map(|m| held(m, labels)).collect::<Vec<_>>(),
                "receiver": node.receiver,
            })
        })
        .collect();
    let receiver = config.receiver(&route.receiver);
    let quiet = config.time_intervals.quiet(&route.mute_time_intervals, &route.active_time_intervals, now);
    let group_labels = route.group_labels(labels);
    json!({
        "receiver": route.receiver,
        "channels": receiver.and_then(|r| r.slack.as_ref()).map(|s| s.channels.clone()).unwrap_or_default(),
        "group_by": match &route.group_by {
            GroupBy::Sender => json!([]),
            other => json!(other),
        },
        "grouped_by_sender": route.group_by == GroupBy::Sender,
        "group_labels": group_labels.iter().collect::<std::collections::BTreeMap<_, _>>(),
        "group_wait": duration::canonical(route.group_wait),
        "group_interval": duration::canonical(route.group_interval),
        "repeat_interval": duration::canonical(route.repeat_interval),
        "priority": route.priority,
        "declare": route.declare,
        "mute_time_intervals": route.mute_time_intervals,
        "active_time_intervals": route.active_time_intervals,
        "muted_by": match &quiet {
            None => &[],
            Some(Quiet::Muted { by: names } | Quiet::NotActive { none_of: names }) => names.as_slice(),
        },
        "quiet": quiet,
        "id": route.id,
        "path": path,
    })
}

/// A matcher that held, and what it found: nothing, if there is no such label.
fn held(matcher: &Matcher, labels: &Labels) -> Json {
    json!({"matcher": matcher.to_string(), "value": labels.find(matcher.name())})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_as_they_stand_or_unquoted() {
        for (arg, name, value) in [
            ("a=b", "a", "b"),
            ("a=", "a", ""),
            ("a=b=c", "a", "b=c"),
            ("a= b ", "a", " b "),
            ("a=\\n", "a", "\\n"),
            (r#"a="b""#, "a", "b"),
            (r#"a="b\n\"c\\""#, "a", "b\n\"c\\"),
            (r#"a="b"#, "a", "\"b"),
            ("foo bar=日本", "foo bar", "日本"),
            ("a=it's", "a", "it's"),
            (r#""foo bar"=x"#, "foo bar", "x"),
            (r#""a=\"b\\"="c=\"d""#, "a=\"b\\", "c=\"d"),
            (r#""a"b"=c"#, r#""a"b""#, "c"),
            (r#""a=b"#, "\"a", "b"),
        ] {
            let labels = parse_labels(&[arg.to_owned()]).unwrap();
            assert_eq!(labels.find(name), Some(value), "{arg}");
        }
        for arg in ["", "a", "=b", r#"a="b"c""#, r#"""=b"#, r#""\x"=b"#] {
            assert!(parse_labels(&[arg.to_owned()]).is_err(), "{arg}");
        }
    }
}

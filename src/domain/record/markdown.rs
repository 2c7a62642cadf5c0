//! The record as a text that can be sent round after the incident.

use std::fmt::Write as _;

use super::{Entry, Message, Record, What, chain};
use crate::domain::timeline::{Kind, by_slack};

/// The record in Markdown (GitHub's).
pub fn render(record: &Record) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write(&mut out, record);
    out
}

fn write(out: &mut String, record: &Record) -> std::fmt::Result {
    let drill = if record.drill { " (drill)" } else { "" };
    writeln!(out, "# INC-{} {}{drill}\n", record.number, inline(&record.title))?;
    writeln!(out, "| | |\n|---|---|")?;
    let mut row = |name: &str, value: &str| {
        if value.is_empty() { Ok(()) } else { writeln!(out, "| {name} | {} |", cell(value)) }
    };
    row("Severity", &record.severity)?;
    let state = if record.state == "open" { &record.status } else { &record.state };
    row("Status", state)?;
    for role in &record.roles {
        row(&role.role, &role.name)?;
    }
    let times = &record.times;
    let after = |moment: &Option<String>, length: Option<u64>| -> String {
        match (moment, length) {
            (Some(moment), Some(length)) => format!("{} (after {})", utc(moment), span(length)),
            (Some(moment), None) => utc(moment),
            (None, _) => String::new(),
        }
    };
    row("Detected", &after(&times.detected, None))?;
    row("Declared", &utc(&times.declared))?;
    row("Acknowledged", &after(&times.acknowledged, times.began_to_acknowledged_s))?;
    row("Mitigated", &after(&times.mitigated, times.began_to_mitigated_s))?;
    row("Resolved", &after(&times.resolved, times.began_to_resolved_s))?;
    row("Channel", &record.channel_name.as_ref().map(|name| format!("#{name}")).unwrap_or_default())?;
    let labels: Vec<String> = record.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    row("Labels", &labels.join(", "))?;
    if let Some(into) = record.merged_into {
        row("Merged into", &format!("INC-{into}"))?;
    }
    section(out, "Description", &record.description)?;
    section(out, "What happened", &record.summary.happened)?;
    section(out, "Cause", &record.summary.cause)?;
    section(out, "What fixed it", &record.summary.fix)?;
    if !record.alert_groups.is_empty() {
        writeln!(out, "\n## Alerts\n")?;
        for group in &record.alert_groups {
            let fixed = group.fixed_by.as_ref().map(|fix| format!(" — fixed by: {}", inline(fix)));
            writeln!(
                out,
                "- #{} [{}] {} — {}, began {}{}",
                group.number,
                group.priority,
                inline(&group.title),
                group.state,
                utc(&group.began),
                fixed.unwrap_or_default()
            )?;
        }
    }
    if !record.links.is_empty() {
        writeln!(out, "\n## Links\n")?;
        for link in &record.links {
            writeln!(out, "- [{}](<{}>)", inline(&link.title), link.url.replace(['<', '>'], ""))?;
        }
    }
    tasks(out, record, "Tasks", false)?;
    tasks(out, record, "Follow-ups", true)?;
    key_moments(out, record)?;
    writeln!(out, "\n## Timeline\n\nAll times are UTC.\n")?;
    for entry in &record.timeline {
        line(out, entry)?;
    }
    writeln!(
        out,
        "\n---\n\nWritten by Firebell. The last hash of this record's chain: `{}`",
        chain::last(record)
    )
}

fn section(out: &mut String, title: &str, text: &str) -> std::fmt::Result {
    if text.is_empty() { Ok(()) } else { writeln!(out, "\n## {title}\n\n{}", quiet(text)) }
}

fn tasks(out: &mut String, record: &Record, title: &str, follow_up: bool) -> std::fmt::Result {
    let mut chosen = record.tasks.iter().filter(|task| task.follow_up == follow_up).peekable();
    if chosen.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## {title}\n")?;
    for task in chosen {
        let mark = if task.done_at.is_some() { "x" } else { " " };
        let who = task.assignee.as_ref().map(|name| format!(" — {}", inline(name))).unwrap_or_default();
        writeln!(out, "- [{mark}] {}. {}{who}", task.number, inline(&task.text))?;
    }
    Ok(())
}

fn key_moments(out: &mut String, record: &Record) -> std::fmt::Result {
    let is_key = |entry: &&Entry| match &entry.what {
        What::Message(message) => message.key_by.is_some() && message.deleted_at.is_none(),
        What::Event(event) => event.kind == "note" && event.alert_group.is_none(),
        What::Gap { .. } => false,
    };
    let mut keys = record.timeline.iter().filter(is_key).peekable();
    if keys.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Key moments\n")?;
    for entry in keys {
        line(out, entry)?;
    }
    Ok(())
}

fn line(out: &mut String, entry: &Entry) -> std::fmt::Result {
    let at = clock(&entry.at);
    match &entry.what {
        What::Event(event) => {
            let about = event.alert_group.map(|number| format!("#{number}: ")).unwrap_or_default();
            writeln!(out, "- `{at}` *{about}{} {}*", inline(&event.name), inline(&event.text))
        }
        What::Gap { until, reason, .. } => {
            writeln!(out, "- `{at}` **Gap until {}: {}**", clock(until), inline(reason))
        }
        What::Message(message) => said(out, &at, message),
    }
}

fn said(out: &mut String, at: &str, message: &Message) -> std::fmt::Result {
    // The events tell what the bot said.
    if message.ours {
        return Ok(());
    }
    let indent = if message.thread_ts.is_some() { "  " } else { "" };
    let key = if message.key_by.is_some() { "📌 " } else { "" };
    let author = inline(&message.author);
    let head = match &message.permalink {
        Some(link) => format!("{indent}- [`{at}`](<{link}>) {key}**{author}**"),
        None => format!("{indent}- `{at}` {key}**{author}**"),
    };
    if message.kind != Kind::Said.as_str() && message.deleted_at.is_none() {
        let text = inline(by_slack(&message.author, &message.plain));
        return match &message.permalink {
            Some(link) => writeln!(out, "{indent}- [`{at}`](<{link}>) *{author} {text}*"),
            None => writeln!(out, "{indent}- `{at}` *{author} {text}*"),
        };
    }
    if let Some(deleted) = &message.deleted_at {
        writeln!(out, "{head}: ~~{}~~ (deleted {})", inline(&message.plain), clock(deleted))?;
    } else {
        let text = message.plain.trim_end().replace('\n', &format!("\n{indent}  "));
        writeln!(out, "{head}: {}", quiet(&text))?;
    }
    for version in message.versions.iter().rev().skip(1) {
        writeln!(out, "{indent}  - before it was edited: {}", inline(&version.plain))?;
    }
    for file in &message.files {
        writeln!(out, "{indent}  - file: [{}](<{}>)", inline(&file.name), file.permalink)?;
    }
    if !message.reactions.is_empty() {
        let all: Vec<String> =
            message.reactions.iter().map(|(name, users)| format!(":{name}: {}", users.len())).collect();
        writeln!(out, "{indent}  - {}", all.join("  "))?;
    }
    Ok(())
}

/// The same where no word near it names the zone.
fn utc(moment: &str) -> String {
    format!("{} UTC", clock(moment))
}

/// `2026-11-21 03:14:15` of an RFC 3339 moment.
fn clock(moment: &str) -> String {
    moment.get(..19).unwrap_or(moment).replace('T', " ")
}

/// "2 h 5 min"
fn span(seconds: u64) -> String {
    crate::domain::duration::human(std::time::Duration::from_secs(seconds.max(1)))
}

/// On one line, and nothing of it is taken for Markdown's own.
fn inline(text: &str) -> String {
    quiet(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn cell(text: &str) -> String {
    inline(text).replace('|', "\\|")
}

/// What would begin a heading, a list or HTML is only text.
fn quiet(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

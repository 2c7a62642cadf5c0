//! The record as a text that can be sent round after the incident.

use std::collections::BTreeMap;
use std::fmt::{Result, Write as _};

use super::text::{cell, inline, lines, quiet};
use super::{Entry, Message, Record, Redaction, What, story};

/// Who began each thread that has replies, and when, by the timestamp of its first message.
pub type Roots = BTreeMap<String, (String, String)>;

/// Writes a record in Markdown (GitHub's), piece by piece: its beginning, the key moments, the timeline, the end.
#[derive(Debug)]
pub struct Markdown {
    roots: Roots,
    day: String,
    /// Of the line before.
    thread: Option<String>,
    has_keys: bool,
}

impl Markdown {
    /// Begins with everything of the record but its timeline.
    pub fn begin(out: &mut String, record: &Record, roots: Roots) -> Self {
        // Writing into a string cannot fail.
        let _ = head(out, record);
        Self { roots, day: String::new(), thread: None, has_keys: false }
    }

    /// Adds an entry to the key moments, which come before the timeline, if it is one.
    pub fn key_moment(&mut self, out: &mut String, entry: &Entry) {
        let is_key = match &entry.what {
            _ if entry.redaction().is_some() => false,
            What::Message(message) => message.key_at.is_some() && message.deleted_at.is_none(),
            What::Event(event) => event.kind == "note" && event.alert_group.is_none(),
            What::Gap { .. } => false,
        };
        if !is_key {
            return;
        }
        if !self.has_keys {
            out.push_str("\n## Key moments\n\n");
            self.has_keys = true;
        }
        let _ = line(out, entry, &Place { day: "", roots: &self.roots, follows: false, indented: false });
    }

    /// Begins the timeline.
    pub fn timeline(&self, out: &mut String) {
        out.push_str("\n## Timeline\n\nAll times are UTC.\n");
    }

    /// Adds the next entry of the timeline.
    pub fn entry(&mut self, out: &mut String, entry: &Entry) {
        if matches!(&entry.what, What::Message(message) if message.ours) {
            // The events tell what the bot said.
            return;
        }
        let today = entry.at.get(..10).unwrap_or_default();
        if today != self.day {
            let _ = writeln!(out, "\n### {today}\n");
            today.clone_into(&mut self.day);
            self.thread = None;
        }
        let own = match &entry.what {
            What::Message(message) => Some(message.thread_ts.as_ref().unwrap_or(&message.ts)),
            _ => None,
        };
        let follows = own.is_some() && own == self.thread.as_ref();
        let _ = line(out, entry, &Place { day: &self.day, roots: &self.roots, follows, indented: true });
        self.thread = own.cloned();
    }

    /// Ends it with the last hash of the chain.
    pub fn end(self, out: &mut String, last_hash: &str) {
        let _ = writeln!(
            out,
            "\n---\n\nWritten by Firebell. The last hash of this record's chain: `{last_hash}`"
        );
    }
}

fn head(out: &mut String, record: &Record) -> Result {
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
    let people: Vec<String> =
        record.people.iter().map(|person| format!("{} ({})", person.name, person.messages)).collect();
    row("People (messages)", &people.join(", "))?;
    row("Visibility", if record.private { "private" } else { "" })?;
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
                "- #{} ({}) {} — {}, began {}{}{}",
                group.number,
                group.priority,
                inline(&group.title),
                group.state,
                utc(&group.began),
                group.resolved.as_ref().map(|at| format!(", over {}", utc(at))).unwrap_or_default(),
                fixed.unwrap_or_default()
            )?;
        }
    }
    if !record.links.is_empty() {
        writeln!(out, "\n## Links\n")?;
        for link in &record.links {
            writeln!(
                out,
                "- [{}](<{}>)",
                inline(&link.title).replace(']', "\\]"),
                link.url.replace(['<', '>'], "")
            )?;
        }
    }
    tasks(out, record, "Tasks", false)?;
    tasks(out, record, "Follow-ups", true)
}

fn section(out: &mut String, title: &str, text: &str) -> Result {
    if text.is_empty() { Ok(()) } else { writeln!(out, "\n## {title}\n\n{}", lines(text, "")) }
}

fn tasks(out: &mut String, record: &Record, title: &str, follow_up: bool) -> Result {
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

/// Where a line stands.
struct Place<'a> {
    /// Times of this day need no date.
    day: &'a str,
    roots: &'a Roots,
    /// The line before it is of the same thread.
    follows: bool,
    /// In the timeline: replies stand deeper than what they answer, and what was done to a message follows it.
    indented: bool,
}

impl Place<'_> {
    /// `03:14:15`, or with its date on another day.
    fn clock(&self, moment: &str) -> String {
        let time = clock(moment);
        match time.strip_prefix(self.day).filter(|_| !self.day.is_empty()) {
            Some(time) => time.trim_start().to_owned(),
            None => time,
        }
    }

    /// Which message this one answers, where that is not the line before.
    fn answers(&self, message: &Message) -> String {
        let Some(root) = message.thread_ts.as_deref().filter(|_| !self.follows) else { return String::new() };
        match self.roots.get(root) {
            Some((author, at)) => format!(" (to {}, {})", name(author), self.clock(at)),
            None => " (to a message that is not known)".to_owned(),
        }
    }
}

fn line(out: &mut String, entry: &Entry, place: &Place<'_>) -> Result {
    let at = place.clock(&entry.at);
    match &entry.what {
        What::Event(event) => {
            let about = event.alert_group.map(|number| format!("#{number}: ")).unwrap_or_default();
            let text = match entry.redaction() {
                Some(one) => format!("{}; {}", story::without_words(&event.kind), redacted(one, place)),
                None => event.text.clone(),
            };
            writeln!(out, "- `{at}` *{}*", inline(&format!("{about}{} {text}", event.name)))
        }
        What::Gap { until, reason } => writeln!(
            out,
            "- `{at}` **Gap until {}**: what was said and deleted, or changed more than once, cannot be known: {}",
            place.clock(until),
            inline(reason)
        ),
        What::Message(message) => said(out, &at, message, entry.redaction(), place),
    }
}

/// "redacted by Ann, 03:14:15"
fn redacted(one: &Redaction, place: &Place<'_>) -> String {
    format!("redacted by {}, {}", one.name, place.clock(&one.at))
}

fn said(
    out: &mut String,
    at: &str,
    message: &Message,
    redaction: Option<&Redaction>,
    place: &Place<'_>,
) -> Result {
    let is_reply = message.thread_ts.is_some();
    let indent = if is_reply && place.indented { "  " } else { "" };
    let deeper = format!("{indent}  ");
    let arrow = if is_reply { "↳ " } else { "" };
    let key = if message.key_at.is_some() { "📌 " } else { "" };
    let at = match &message.permalink {
        Some(link) => format!("[`{at}`](<{link}>)"),
        None => format!("`{at}`"),
    };
    let author = name(&message.author);
    let head = format!("{indent}- {arrow}{at} {key}**{author}**{}", place.answers(message));
    let text = message.plain.trim();
    match (&message.deleted_at, redaction) {
        (_, Some(one)) => writeln!(out, "{head}: *({})*", inline(&redacted(one, place)))?,
        (Some(deleted), None) => {
            let by = message.deleted_by.as_deref().unwrap_or_default();
            let how = if by == "inferred" { "gone when the channel was read" } else { "deleted" };
            let when = place.clock(deleted);
            match text {
                "" => writeln!(out, "{head}: *({how}, {when})*")?,
                text => writeln!(out, "{head}: ~~{}~~ *({how}, {when})*", inline(text))?,
            }
        }
        // What Slack writes itself begins with the name.
        (None, None) if message.kind != "said" => {
            let whole = text.strip_prefix('@').unwrap_or(text);
            let rest = whole.strip_prefix(message.author.as_str()).unwrap_or(whole).trim();
            writeln!(out, "{indent}- {arrow}{at} {key}*{author} {}*", inline(rest))?;
        }
        (None, None) if text.is_empty() => writeln!(out, "{head}")?,
        (None, None) => writeln!(out, "{head}: {}", lines(text, &deeper))?,
    }
    if !place.indented {
        // The timeline tells the rest.
        return Ok(());
    }
    for (version, next) in message.versions.iter().zip(message.versions.iter().skip(1)) {
        match version.plain.as_str() {
            "" => writeln!(out, "{deeper}- edited {}", place.clock(&next.at))?,
            text => writeln!(out, "{deeper}- until {} it read: {}", place.clock(&next.at), inline(text))?,
        }
    }
    for file in &message.files {
        match file.permalink.as_str() {
            "" => writeln!(out, "{deeper}- file: {}", inline(&file.name))?,
            link => writeln!(out, "{deeper}- file: [{}](<{link}>)", quiet(&file.name).replace(']', "\\]"))?,
        }
    }
    if !message.reactions.is_empty() {
        let all: Vec<String> =
            message.reactions.iter().map(|(name, users)| format!(":{name}: {}", users.len())).collect();
        writeln!(out, "{deeper}- {}", all.join("  "))?;
    }
    Ok(())
}

fn name(author: &str) -> String {
    if author.is_empty() { "somebody".to_owned() } else { inline(author) }
}

/// `2026-11-21 03:14:15` of an RFC 3339 moment.
fn clock(moment: &str) -> String {
    moment.get(..19).unwrap_or(moment).replace('T', " ")
}

/// The same with its zone.
fn utc(moment: &str) -> String {
    format!("{} UTC", clock(moment))
}

/// "2 h 5 min"
fn span(seconds: u64) -> String {
    crate::domain::duration::human(std::time::Duration::from_secs(seconds.max(1)))
}

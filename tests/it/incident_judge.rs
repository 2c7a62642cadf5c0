//! Judges an incident's export by the true history that the local Slack holds: entry by entry, or there is a gap.

use std::collections::{BTreeMap, BTreeSet};

use firebell::app::rules::rules;
use firebell::cli::Exit;
use firebell::domain::record::chain;
use firebell::random::{Random, SeededRandom};
use firebell::sim::{SimState, What};
use serde_json::Value;

use crate::harness::World;

/// A message of the export.
pub(crate) struct Said(pub(crate) Value);

impl Said {
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    fn opt(&self, key: &str) -> Option<&str> {
        self.0[key].as_str()
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.0["ours"] == true
    }

    fn is_deleted(&self) -> bool {
        self.0["deleted_at"].is_string()
    }

    /// Only that it was there, and is gone, is known.
    fn is_stub(&self) -> bool {
        self.text("text").is_empty()
            && self.0["user_id"].is_null()
            && self.0["versions"] == Value::Array(vec![])
    }

    /// Nothing of its words is here.
    fn is_wordless(&self) -> bool {
        let is_empty = |key: &str| self.0[key] == Value::Array(vec![]);
        self.text("text").is_empty()
            && self.text("plain").is_empty()
            && is_empty("files")
            && is_empty("versions")
            && self.0["salt"].is_null()
    }

    /// What it read, and since when if it was edited.
    fn versions(&self) -> Vec<(Option<i64>, &str)> {
        let all = self.0["versions"].as_array().unwrap();
        if all.is_empty() {
            return vec![(None, self.text("text"))];
        }
        all.iter().map(|one| (Some(ms(&one["at"])), one["text"].as_str().unwrap())).collect()
    }
}

#[derive(Debug)]
pub(crate) struct Gap {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) reason: String,
}

/// What `firebell export` wrote.
pub(crate) struct Export {
    pub(crate) messages: BTreeMap<String, Said>,
    pub(crate) gaps: Vec<Gap>,
    /// The events: kind and data.
    pub(crate) events: Vec<(String, Value)>,
    pub(crate) whole: Value,
    pub(crate) markdown: String,
}

fn ms(value: &Value) -> i64 {
    value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Runs the program's own command, into a file, and lets it look whether the file is what it wrote.
async fn write(world: &World, number: i64, format: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("record.{format}"));
    let (number, out) = (number.to_string(), path.display().to_string());
    let (exit, told) = world.cli(&["export", "incident", &number, "--format", format, "--out", &out]).await;
    assert_eq!(exit, Exit::Fine, "{told}");
    if format == "json" {
        let (exit, told) = world.cli(&["export", "verify", &out]).await;
        assert_eq!(exit, Exit::Fine, "{told}");
        assert!(told.contains("the database says the same"), "{told}");
    }
    std::fs::read_to_string(&path).unwrap()
}

pub(crate) async fn export(world: &World, number: i64) -> Export {
    let text = write(world, number, "json").await;
    let whole: Value = serde_json::from_str(&text).unwrap();
    let verified = chain::verify(&text).unwrap();
    assert_eq!(Some(verified.last.as_str()), whole["chain"]["last"].as_str());
    let markdown = write(world, number, "md").await;
    let mut found = Export {
        messages: BTreeMap::new(),
        gaps: Vec::new(),
        events: Vec::new(),
        markdown,
        whole: Value::Null,
    };
    let mut last = i64::MIN;
    for entry in whole["timeline"].as_array().unwrap() {
        let at = ms(&entry["at"]);
        assert!(at >= last, "the entries are in order: {entry}");
        last = at;
        match entry["entry"].as_str().unwrap() {
            "message" => {
                let ts = entry["ts"].as_str().unwrap().to_owned();
                let twice = found.messages.insert(ts, Said(entry.clone()));
                assert!(twice.is_none(), "a message is there twice: {entry}");
            }
            "gap" => {
                let reason = entry["reason"].as_str().unwrap().to_owned();
                found.gaps.push(Gap { from: at, to: ms(&entry["until"]), reason });
            }
            "event" => found.events.push((entry["kind"].as_str().unwrap().to_owned(), entry["data"].clone())),
            other => panic!("{other}"),
        }
    }
    found.whole = whole;
    found
}

/// What truly happened to a message.
#[derive(Debug, Default)]
struct Truth {
    said_ms: i64,
    user: Option<String>,
    by_app: bool,
    subtype: Option<String>,
    thread_ts: Option<String>,
    files: Vec<String>,
    /// When, and the text.
    versions: Vec<(i64, String)>,
    deleted_ms: Option<i64>,
}

impl Truth {
    fn kind(&self) -> &'static str {
        let subtype = self.subtype.as_deref().unwrap_or_default();
        match subtype.split_once('_').map_or(subtype, |(_, what)| what) {
            "join" => "joined",
            "leave" => "left",
            "topic" => "topic",
            "purpose" => "purpose",
            "name" => "renamed",
            _ => "said",
        }
    }
}

fn truth(world: &World, channel: &str) -> BTreeMap<String, Truth> {
    let mut all: BTreeMap<String, Truth> = BTreeMap::new();
    world.sim.read(|state| {
        for one in state.happened_in(channel) {
            let known = all.entry(one.ts.clone()).or_default();
            match &one.what {
                What::Said { user, by_app, subtype, thread_ts, text, files } => {
                    known.said_ms = one.at_ms;
                    known.user.clone_from(user);
                    known.by_app = *by_app;
                    known.subtype.clone_from(subtype);
                    known.thread_ts.clone_from(thread_ts);
                    known.files.clone_from(files);
                    known.versions.push((one.at_ms, text.clone()));
                }
                What::Edited { text, .. } => known.versions.push((one.at_ms, text.clone())),
                What::Deleted => known.deleted_ms = Some(one.at_ms),
            }
        }
    });
    all
}

fn name(state: &SimState, id: &str) -> String {
    state.user(id).map_or_else(|| id.to_owned(), |user| user.display_name.clone())
}

/// A text as a person reads it: names instead of ids, nothing escaped.
fn readable(state: &SimState, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let (inside, after) = after.split_once('>').unwrap_or((after, ""));
        let id = inside.split('|').next().unwrap_or_default();
        out.push_str(before);
        match id.split_at(1) {
            ("@", id) => out.push_str(&format!("@{}", name(state, id))),
            ("#", id) => out.push_str(&format!("#{}", state.channel(id).unwrap().name)),
            _ => out.push_str(inside),
        }
        rest = after;
    }
    out.push_str(rest);
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace('*', "")
}

const SECOND_MS: i64 = 1_000;

/// Compares what was written with what truly happened, entry by entry. How many things only a gap accounts for.
pub(crate) async fn compare(world: &World, number: i64, channel: &str) -> (Export, usize) {
    let (kept, truth) = (export(world, number).await, truth(world, channel));
    let bot = world.sim.read(|state| state.app.bot_user.clone());
    let forgets = rules(&world.running()[0].config.current()).incidents.redact_deleted;
    let in_gap = |at_ms: i64| kept.gaps.iter().any(|gap| gap.from <= at_ms && at_ms <= gap.to);
    let mut wrong: Vec<String> = Vec::new();
    let mut unknowable = 0;
    for (ts, true_one) in &truth {
        let Some(message) = kept.messages.get(ts) else {
            unknowable += 1;
            if !(in_gap(true_one.said_ms) && true_one.deleted_ms.is_some_and(in_gap)) {
                wrong.push(format!("{ts} is missing: {true_one:?}"));
            }
            continue;
        };
        let mut say =
            |what: &str| wrong.push(format!("{ts}: {what}\n  true: {true_one:?}\n  kept: {}", message.0));
        if (ms(&message.0["at"]) - true_one.said_ms).abs() > SECOND_MS {
            say("said at another time");
        }
        if message.is_deleted() != true_one.deleted_ms.is_some() {
            say("deleted or not");
        }
        if let (true, Some(gone)) = (message.is_deleted(), true_one.deleted_ms) {
            let told = ms(&message.0["deleted_at"]);
            let good = match message.text("deleted_by") {
                "event" => (told - gone).abs() <= SECOND_MS,
                _ => told >= gone && in_gap(gone),
            };
            if !good {
                say("deleted at another time");
            }
        }
        if message.opt("thread_ts") != true_one.thread_ts.as_deref() {
            say("another thread");
        }
        if message.is_ours() != (true_one.by_app || true_one.user.as_deref() == Some(&bot)) {
            say("ours or not");
        }
        if message.is_ours() {
            let stands = true_one.versions.last().map(|(_, text)| text.as_str());
            if true_one.deleted_ms.is_none() && stands != Some(message.text("text")) {
                say("another text");
            }
            continue;
        }
        if message.is_deleted() && forgets {
            if !message.is_wordless() {
                say("its words are kept");
            }
            continue;
        }
        let is_stub = message.is_stub();
        if !is_stub {
            if message.opt("user_id") != true_one.user.as_deref() {
                say("another author");
            }
            if message.text("kind") != true_one.kind() {
                say("of another kind");
            }
            let files = message.0["files"].as_array().unwrap();
            let names: Vec<&str> = files.iter().filter_map(|file| file["name"].as_str()).collect();
            if names != true_one.files || files.iter().any(|file| file["permalink"] == "") {
                say("other files");
            }
            let (author, plain) = world.sim.read(|state| {
                (name(state, true_one.user.as_deref().unwrap()), readable(state, message.text("text")))
            });
            if message.text("author") != author {
                say("another author's name");
            }
            if true_one.kind() == "said" && message.text("plain") != plain {
                say("does not read as it should");
            }
        }
        if message.opt("permalink").is_none_or(|link| !link.contains(&ts.replace('.', ""))) {
            say("no link to it");
        }
        // Each version is there, in order, at its time; or its end is in a gap: nobody could see it stand.
        let texts = message.versions();
        let mut rest = texts.iter().filter(|(_, text)| !text.is_empty() || !is_stub).peekable();
        for (number, (at, text)) in true_one.versions.iter().enumerate() {
            if let Some((since, _)) = rest.next_if(|(_, kept)| kept == text) {
                if since.is_some_and(|since| (since - at).abs() > SECOND_MS) {
                    say("a version of another time");
                }
                continue;
            }
            unknowable += 1;
            let ended = true_one.versions.get(number + 1).map(|(at, _)| *at).or(true_one.deleted_ms);
            if !ended.is_some_and(in_gap) {
                say(&format!("version {number} is missing"));
            }
        }
        if rest.next().is_some() {
            say("a version that never was");
        }
    }
    for ts in kept.messages.keys().filter(|ts| !truth.contains_key(*ts)) {
        wrong.push(format!("{ts} never was: {}", kept.messages[ts].0));
    }
    world.sim.read(|state| marks(state, channel, &kept, &mut wrong));
    in_markdown(&kept, &kept.markdown, &mut wrong);
    world.sim.read(|state| {
        for user in state.users.keys() {
            let line = kept.markdown.lines().find(|line| line.contains(user) && !line.contains("- file: "));
            wrong.extend(line.map(|line| format!("an id instead of a name: {line}")));
        }
    });
    assert!(wrong.is_empty(), "gaps {:#?}\n{}", kept.gaps, wrong.join("\n"));
    (kept, unknowable)
}

/// Reactions, pins and key moments of what stands; and the events that tell of key moments.
fn marks(state: &SimState, channel: &str, kept: &Export, wrong: &mut Vec<String>) {
    let (bot, truly) = (&state.app.bot_user, state.channel(channel).unwrap());
    let pins: BTreeSet<&str> =
        truly.pins.iter().filter(|pin| pin.by != *bot).map(|pin| pin.ts.as_str()).collect();
    for (ts, message) in kept.messages.iter().filter(|(_, message)| !message.is_deleted()) {
        // That it should not stand is told above.
        let Some(there) = truly.messages.get(ts) else { continue };
        let mut reactions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for reaction in &there.reactions {
            let users: BTreeSet<&str> =
                reaction.users.iter().filter(|user| *user != bot).map(String::as_str).collect();
            if !users.is_empty() {
                reactions.insert(&reaction.name, users);
            }
        }
        let known: BTreeMap<&str, BTreeSet<&str>> = message.0["reactions"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, users)| {
                (name.as_str(), users.as_array().unwrap().iter().filter_map(Value::as_str).collect())
            })
            .collect();
        if known != reactions {
            wrong.push(format!("{ts}: reactions {known:?}, but truly {reactions:?}"));
        }
        let is_pinned = pins.contains(ts.as_str());
        if message.0["pinned"] != is_pinned {
            wrong.push(format!("{ts}: pinned {}, truly {is_pinned}", message.0["pinned"]));
        }
        let marks = ["pushpin", "round_pushpin", "robot_face"];
        let is_key = is_pinned || marks.iter().any(|name| reactions.contains_key(name));
        if message.0["key_at"].is_string() != is_key {
            wrong.push(format!("{ts}: a key moment {}, truly {is_key}", message.0["key_at"]));
        }
        let confirmed = there.reactions.iter().any(|r| r.name == "white_check_mark" && r.users.contains(bot));
        if confirmed != is_key {
            wrong.push(format!("{ts}: confirmed {confirmed}, truly a key moment {is_key}"));
        }
        let told =
            |kind: &str| kept.events.iter().filter(|(one, data)| one == kind && data["ts"] == **ts).count();
        if told("key_moment") != told("key_moment_off") + usize::from(is_key) {
            wrong.push(format!("{ts}: the events tell of other key moments, truly {is_key}"));
        }
    }
}

/// Only letters and digits: what Markdown does to the rest is its own business.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Every message's words are in the Markdown, in their order, with its earlier versions and files behind it.
pub(crate) fn in_markdown(kept: &Export, markdown: &str, wrong: &mut Vec<String>) {
    let timeline = bare(markdown.split_once("\n## Timeline\n").expect("a timeline").1);
    let mut rest = timeline.as_str();
    let mut expect = |what: &str, message: &Said| match rest.split_once(what) {
        Some((_, after)) => rest = after,
        None => wrong.push(format!("not in the Markdown, or not there: {what:?} of {}", message.0)),
    };
    for entry in kept.whole["timeline"].as_array().unwrap() {
        if entry["entry"] == "gap" {
            let gap = Said(entry.clone());
            expect(&bare(gap.text("reason")), &gap);
        }
        let Some(message) = entry["ts"].as_str().and_then(|ts| kept.messages.get(ts)) else { continue };
        if message.is_ours() {
            continue;
        }
        let author = if message.text("author").is_empty() { "somebody" } else { message.text("author") };
        if message.text("kind") == "said" {
            expect(&bare(author), message);
        }
        expect(&bare(message.text("plain")), message);
        for file in message.0["files"].as_array().unwrap() {
            expect(&bare(file["name"].as_str().unwrap()), message);
        }
    }
}

/// Whoever changes a byte of an entry is found out, and where.
pub(crate) fn every_change_shows(kept: &Export) {
    let whole = kept.whole.to_string();
    chain::verify(&whole).unwrap();
    let random = SeededRandom::new(5);
    let entries = kept.whole["timeline"].as_array().unwrap();
    let below = |bound: usize| usize::try_from(random.below(bound as u64)).unwrap();
    for _ in 0..20 {
        let number = below(entries.len());
        let entry = entries[number].to_string();
        let letters: Vec<usize> =
            entry.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
        let at = letters[below(letters.len())];
        let mut bytes = entry.clone().into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
        let changed = whole.replacen(&entry, &String::from_utf8(bytes).unwrap(), 1);
        match chain::verify(&changed) {
            Err(chain::Broken::Entry { number: found, .. }) => assert_eq!(found, number + 1, "{entry}"),
            // It is no JSON any more.
            Err(chain::Broken::NoRecord(_)) => {}
            other => panic!("{other:?}: byte {at} of {entry}"),
        }
    }
}

/// Every gap lies in these spans (ms): where events were lost, up to the reading that found it. Spans that overlap are one.
pub(crate) fn gaps_lie_in(kept: &Export, spans: &[(i64, i64)]) {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    spans.dedup_by(|next, before| {
        let one = next.0 <= before.1;
        if one {
            before.1 = before.1.max(next.1);
        }
        one
    });
    for gap in &kept.gaps {
        assert!(
            spans.iter().any(|(begin, end)| *begin <= gap.from && gap.to <= *end),
            "a gap where nothing was lost: {gap:#?}, lost was {spans:?}"
        );
    }
}

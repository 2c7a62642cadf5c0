//! The test file: what may stand in it. Every key is named here once, for the reader, the schema and the mistakes.

use std::time::Duration;

use serde_json::Value as Json;

use super::expect::{ExpectSection, Moment, RouteCheck};
use super::kinds::{self, AnyJson, GroupRef, GroupRefKind, LabelMap};
use crate::domain::label::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::time::Timestamp;
use crate::yaml::{Choice, Fields, Flag, ListOf, Name, OneOrMany, Section, Span, Text, Within};

/// Without `start`, a test begins at this moment, a Thursday at midnight, UTC.
const DEFAULT_START: &str = "2026-01-01T00:00:00Z";

/// A whole file.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// As written; relative to the file's folder.
    pub config: Vec<String>,
    pub config_span: Option<Span>,
    pub tests: Vec<Test>,
}

impl Section for TestFile {
    const NAME: &'static str = "test_file";
    const ABOUT: &'static str = "Tests of a config for `firebell test`.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let config = f.optional(
            "config",
            "The config that is tested: files or folders, relative to this file. `--config` goes before it.",
            &OneOrMany(Text),
        );
        let tests = f.required("tests", "The tests.", &ListOf(Within::<Test>::new()));
        Some(Self { config: config?.unwrap_or_default(), config_span: f.span_of("config"), tests: tests? })
    }
}

/// What happens, and what is expected of it.
#[derive(Clone, Debug)]
pub struct Test {
    pub name: String,
    pub span: Span,
    pub start: Timestamp,
    pub alerts: Vec<AlertLine>,
    pub posts: Vec<Post>,
    pub silences: Vec<SilenceLine>,
    pub actions: Vec<Action>,
    pub routes: Vec<RouteCheck>,
    pub expect: Vec<Moment>,
}

impl Section for Test {
    const NAME: &'static str = "test";
    const ABOUT: &'static str =
        "What happens on a time line, and what is expected of it. Every test starts with an empty database.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "What it shows, in a sentence.", &Name("test"));
        let start = f.or(
            "start",
            "The date at which the time line begins; it matters for time intervals.",
            &kinds::date(),
            DEFAULT_START,
        );
        let alerts =
            f.list("alerts", "Alerts, and from when until when they fire.", &Within::<AlertLine>::new());
        let posts = f.list(
            "posts",
            "Webhook bodies as a sender posts them, to test an integration's mapping.",
            &Within::<Post>::new(),
        );
        let silences = f.list("silences", "Silences by matchers.", &Within::<SilenceLine>::new());
        let actions =
            f.list("actions", "What people do, with buttons or commands.", &Within::<Action>::new());
        let routes =
            f.list("routes", "Where alerts would go; needs no time line.", &Within::<RouteCheck>::new());
        let expect = f.list(
            "expect",
            "What is to be seen at some moments, in the order of time.",
            &Within::<ExpectSection>::new(),
        );
        let expect: Option<Vec<Moment>> = expect.map(|all| all.into_iter().map(|one| one.0).collect());
        if let (Some(expect), Some(routes)) = (&expect, &routes) {
            if expect.is_empty() && routes.is_empty() {
                f.missing("nothing is expected", Some("add `expect:` or `routes:`".to_owned()));
            }
            for pair in expect.windows(2) {
                if let [before, after] = pair
                    && after.at < before.at
                    && let Some(reading) = f.reading()
                {
                    let message = "this moment is before the one above it".to_owned();
                    let hint = "`messages` counts from the moment before: write them in the order of time";
                    let other = ("after this one", before.span);
                    reading.error_of_two("order", after.span, message, other, Some(hint.to_owned()));
                }
            }
        }
        if let (Some(expect), Some(posts), Some(actions)) = (&expect, &posts, &actions) {
            let end = expect.iter().map(|moment| moment.at).max().unwrap_or_default();
            let all = posts.iter().map(|one| (one.at, one.span));
            for (_, span) in all.chain(actions.iter().map(|one| (one.at, one.span))).filter(|one| one.0 > end)
            {
                if let Some(reading) = f.reading() {
                    let hint = "add a later moment to `expect`, or take this out";
                    let message = "this never happens: it is after the last moment that is looked at";
                    reading.error("never", span, message, Some(hint.to_owned()));
                }
            }
        }
        Some(Self {
            name: name?,
            span: f.span()?,
            start: start?,
            alerts: alerts?,
            posts: posts?,
            silences: silences?,
            actions: actions?,
            routes: routes?,
            expect: expect?,
        })
    }
}

/// A name that must be one of the config's; checked once the config is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<T> {
    pub value: T,
    pub span: Span,
}

/// The value of a key with its place.
pub(super) fn placed<T>(f: &Fields<'_, '_>, key: &str, value: Option<T>) -> Option<Place<T>> {
    Some(Place { value: value?, span: f.span_of(key)? })
}

/// One alert and when it fires.
#[derive(Clone, Debug)]
pub struct AlertLine {
    pub labels: Labels,
    pub annotations: Labels,
    pub integration: Option<Place<String>>,
    pub from: Duration,
    pub until: Option<Duration>,
    pub repeat_every: Option<Duration>,
    /// The labels of the group its sender puts it into.
    pub sender_group: Option<Labels>,
}

impl Section for AlertLine {
    const NAME: &'static str = "alert";
    const ABOUT: &'static str =
        "An alert that fires from one moment until another. One that flaps stands here several times.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let labels =
            f.required("labels", "Its labels: {alertname: DiskFull, severity: critical}.", &LabelMap);
        let annotations = f.optional("annotations", "Its annotations, for templates.", &LabelMap);
        let integration = f.optional(
            "integration",
            "Where it comes from; without it, the config's first integration.",
            &Text,
        );
        let from = f.or("from", "When it begins to fire.", &kinds::moment(), "0s");
        let until = f.optional("until", "When it is resolved; without it, it fires on.", &kinds::moment());
        let repeat = f.optional(
            "repeat_every",
            "How often its sender sends it again while it fires; matters for auto_resolve_after.",
            &kinds::span(),
        );
        let sender_group = f.optional(
            "sender_group",
            "The labels of the group its sender (Alertmanager, Grafana) puts it into, for routes without group_by.",
            &LabelMap,
        );
        if let (Some(from), Some(Some(until))) = (&from, &until)
            && until <= from
        {
            f.error_at(
                "until",
                "bad-value",
                "it ends before it begins",
                Some("`until` counts from the start of the test, too".to_owned()),
            );
        }
        let integration = integration?;
        Some(Self {
            labels: labels?,
            annotations: annotations?.unwrap_or_default(),
            integration: placed(f, "integration", integration),
            from: from?,
            until: until?,
            repeat_every: repeat?,
            sender_group: sender_group?,
        })
    }
}

/// A body as a sender posts it.
#[derive(Clone, Debug)]
pub struct Post {
    pub at: Duration,
    pub span: Span,
    pub integration: Option<Place<String>>,
    pub body: Option<Json>,
    /// Relative to the test file.
    pub file: Option<Place<String>>,
}

impl Section for Post {
    const NAME: &'static str = "post";
    const ABOUT: &'static str =
        "A webhook body; the integration reads it as it reads the real ones (passwords are not asked for).";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let at = f.or("at", "When it comes in.", &kinds::moment(), "0s");
        let integration =
            f.optional("integration", "To which integration; without it, the config's first one.", &Text);
        let body = f.optional("body", "The body, as YAML or JSON.", &AnyJson);
        let file = f.optional("file", "A file with the body, relative to the test file.", &Text);
        let exclusive = f.exclusive(&["body", "file"]);
        if !f.has("body") && !f.has("file") {
            f.missing("there is no body", Some("give `body:` or `file:`".to_owned()));
        }
        exclusive?;
        let (integration, file) = (integration?, file?);
        Some(Self {
            at: at?,
            span: f.span()?,
            integration: placed(f, "integration", integration),
            body: body?,
            file: placed(f, "file", file),
        })
    }
}

/// A silence by matchers.
#[derive(Clone, Debug)]
pub struct SilenceLine {
    pub matchers: Matchers,
    pub from: Duration,
    pub until: Duration,
    pub by: String,
    pub comment: String,
}

impl Section for SilenceLine {
    const NAME: &'static str = "silence";
    const ABOUT: &'static str = "A silence by matchers, made at `from`.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let matchers = f.required("matchers", "All must hold.", &OneOrMany(kinds::matchers()));
        let from = f.or("from", "When it is made.", &kinds::moment(), "0s");
        let until = f.required("until", "When it ends.", &kinds::moment());
        let by = f.or("by", "Who makes it.", &Text, "somebody");
        let comment = f.or("comment", "Why.", &Text, "''");
        if let (Some(from), Some(until)) = (&from, &until)
            && until <= from
        {
            f.error_at("until", "bad-value", "it ends before it begins", None);
        }
        Some(Self {
            matchers: Matchers::new(matchers?.iter().flat_map(|m| m.iter().cloned()).collect()),
            from: from?,
            until: until?,
            by: by?,
            comment: comment?,
        })
    }
}

/// What somebody does to an alert group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Do {
    Acknowledge,
    Unacknowledge,
    Resolve,
    Unresolve,
    Silence,
    Unsilence,
    Note,
    Call,
    Uncall,
    Confirm,
    Attach,
    Detach,
}

const DEEDS: &[(&str, Do)] = &[
    ("acknowledge", Do::Acknowledge),
    ("unacknowledge", Do::Unacknowledge),
    ("resolve", Do::Resolve),
    ("unresolve", Do::Unresolve),
    ("silence", Do::Silence),
    ("unsilence", Do::Unsilence),
    ("note", Do::Note),
    ("call", Do::Call),
    ("uncall", Do::Uncall),
    ("confirm", Do::Confirm),
    ("attach", Do::Attach),
    ("detach", Do::Detach),
];

impl Do {
    pub fn word(self) -> &'static str {
        DEEDS.iter().find(|(_, what)| *what == self).map_or("", |(word, _)| word)
    }
}

/// What somebody does, when, to which group.
#[derive(Clone, Debug)]
pub struct Action {
    pub at: Duration,
    pub span: Span,
    pub by: String,
    pub what: Do,
    pub group: GroupRef,
    pub receiver: Option<Place<String>>,
    pub length: Option<Duration>,
    pub note: Option<String>,
    pub users: Vec<String>,
    pub important: bool,
    pub to: Option<GroupRef>,
    pub refused: bool,
}

impl Section for Action {
    const NAME: &'static str = "action";
    const ABOUT: &'static str = "What somebody does to an alert group with a button or a command.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let at = f.required("at", "When.", &kinds::moment());
        let by = f.or("by", "Who: a name from the config's `users`, or any.", &Text, "somebody");
        let what = f.required("do", "What.", &Choice(DEEDS));
        let group = f.required(
            "group",
            "Which group: its number (1, the first of the test), its title, or labels of it or of one of its alerts.",
            &GroupRefKind,
        );
        let receiver = f.optional("receiver", "Only a group of this receiver is meant.", &Text);
        let length =
            f.optional("for", "silence: for how long; without it, until it is lifted.", &kinds::span());
        let note = f.optional("note", "resolve, note: the words.", &Text);
        let users = f.optional("users", "call, uncall: who.", &OneOrMany(Text));
        let important = f.or("important", "call: with importance.", &Flag, "false");
        let to = f.optional("to", "attach: to which group.", &GroupRefKind);
        let refused = f.or("refused", "That it is refused is expected.", &Flag, "false");
        let needs = match what {
            Some(Do::Note) => Some("note"),
            Some(Do::Call | Do::Uncall) => Some("users"),
            Some(Do::Attach) => Some("to"),
            _ => None,
        };
        if let (Some(what), Some(key)) = (what, needs)
            && !f.has(key)
        {
            f.missing(&format!("`do: {}` needs `{key}`", what.word()), None);
        }
        for (key, deeds) in [
            ("for", [Do::Silence].as_slice()),
            ("note", &[Do::Note, Do::Resolve]),
            ("users", &[Do::Call, Do::Uncall]),
            ("important", &[Do::Call]),
            ("to", &[Do::Attach]),
        ] {
            if let Some(what) = what
                && f.has(key)
                && !deeds.contains(&what)
            {
                let hint = format!(
                    "it belongs to `do: {}`",
                    deeds.iter().map(|d| d.word()).collect::<Vec<_>>().join("`, `do: ")
                );
                f.error_at(
                    key,
                    "misplaced",
                    &format!("`{key}` means nothing with `do: {}`", what.word()),
                    Some(hint),
                );
            }
        }
        let receiver = receiver?;
        Some(Self {
            at: at?,
            span: f.span()?,
            by: by?,
            what: what?,
            group: group?,
            receiver: placed(f, "receiver", receiver),
            length: length?,
            note: note?,
            users: users?.unwrap_or_default(),
            important: important?,
            to: to?,
            refused: refused?,
        })
    }
}

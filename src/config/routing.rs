//! `route`, `priorities`, `inhibit_rules`: Alertmanager's rule tree, in its own words.
//!
//! What only a whole tree can tell (duplicate labels in `group_by`, a root with matchers, routes that no alert
//! reaches …) the domain says; here its words get their places.

use std::collections::BTreeMap;

use super::kinds;
use crate::domain::matcher::Matchers;
use crate::domain::priority::PriorityRule;
use crate::domain::route::{BuildOptions, RouteSpec, RouteTree};
use crate::domain::rule_error::RuleError;
use crate::yaml::{
    Fields, Flag, ListOf, MapOf, Node, Parsed, Problem, Reading, Reference, Section, Text, Value, Within,
};

/// A route as written; a key that is wrong was told and is left out, so that the rest of the tree can be looked at.
pub(super) struct RouteSection(pub(super) RouteSpec);

impl Section for RouteSection {
    const NAME: &'static str = "route";
    const ABOUT: &'static str = "A node of the routing tree; spelled and behaving as in Alertmanager.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let interval = Reference("time interval");
        let receiver = f.optional("receiver", "Where its alerts go; inherited.", &Reference("receiver"));
        let matchers =
            f.list("matchers", "All must hold, for example severity=\"critical\".", &kinds::matcher_text());
        let match_equal = f.optional("match", "Old form of matchers: label: value.", &LabelValues::Texts);
        let match_re = f.optional(
            "match_re",
            "Old form of matchers: label: regular expression.",
            &LabelValues::Patterns,
        );
        let go_on = f.or("continue", "Look at the routes after this one too.", &PlainFlag, "false");
        let group_by = f.optional(
            "group_by",
            "Labels whose values make a group; ['...'] is all. Without it, the sender's own groups are kept.",
            &ListOf(Text),
        );
        let wait = f.optional(
            "group_wait",
            "How long a new group waits for more alerts; inherited (30s).",
            &kinds::span(),
        );
        let interval_ = f.optional(
            "group_interval",
            "How long changes of a group are gathered; inherited (5m).",
            &kinds::span(),
        );
        let repeat = f.optional(
            "repeat_interval",
            "When an unchanged group is spoken of again; inherited (4h).",
            &kinds::span(),
        );
        let mute = f.list("mute_time_intervals", "When nothing is said.", &interval);
        let active = f.list("active_time_intervals", "The only times when something is said.", &interval);
        let priority =
            f.optional("priority", "Firebell's own: P1 (most urgent) to P5; inherited.", &kinds::priority());
        let declare = f.optional(
            "declare",
            "Firebell's own: declare an incident of this severity, for example SEV1.",
            &severity(),
        );
        let routes = f.list(
            "routes",
            "Tried in order; the first that matches takes the alert, unless it continues.",
            &Within::<Self>::new(),
        );
        Some(Self(RouteSpec {
            receiver: receiver.flatten(),
            matchers: matchers.unwrap_or_default(),
            match_equal: match_equal.flatten().unwrap_or_default(),
            match_re: match_re.flatten().unwrap_or_default(),
            continue_matching: go_on.unwrap_or_default(),
            group_by: group_by.flatten(),
            group_wait: wait.flatten(),
            group_interval: interval_.flatten(),
            repeat_interval: repeat.flatten(),
            mute_time_intervals: mute.unwrap_or_default(),
            active_time_intervals: active.unwrap_or_default(),
            priority: priority.flatten(),
            declare: declare.flatten(),
            routes: routes.unwrap_or_default().into_iter().map(|r| r.0).collect(),
            ..RouteSpec::default()
        }))
    }
}

/// True or false without quotes: Alertmanager takes `continue: 'true'` for a text and refuses it.
struct PlainFlag;

impl crate::yaml::Kind for PlainFlag {
    type Out = bool;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Scalar(scalar) if !scalar.plain && !scalar.from_env && !scalar.broken => {
                let hint = Some("write it without the quotes: continue: true".to_owned());
                reading.wrong_value(node, "this is a text, not true or false", None, hint);
                None
            }
            _ => Flag.read(reading, node),
        }
    }

    fn schema(&self, definitions: &mut crate::yaml::schema::Definitions) -> serde_json::Value {
        Flag.schema(definitions)
    }
}

/// A severity as incidents have it; which there are is the incidents' config.
fn severity() -> Parsed<String> {
    Parsed {
        what: "a severity",
        parse: |text| match text.trim() {
            "" => Err(Problem::new("").hint("write for example SEV1")),
            text => Ok(text.to_owned()),
        },
        schema: || serde_json::json!({"examples": ["SEV1", "SEV2"]}),
    }
}

/// Label → value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelValues {
    /// An empty one is written as nothing or as ''.
    Texts,
    /// An empty one is written as ''; as nothing, Alertmanager refuses it.
    Patterns,
}

impl crate::yaml::Kind for LabelValues {
    type Out = BTreeMap<String, String>;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<Self::Out> {
        let Value::Map(entries) = &node.value else {
            reading.wrong_kind(node, "a map of labels and values");
            return None;
        };
        let all: Vec<_> = entries
            .iter()
            .map(|entry| {
                let value = if entry.node.is_null() && *self == Self::Texts {
                    Some(String::new())
                } else {
                    Text.read(reading, &entry.node)
                };
                Some((entry.key.clone(), value?))
            })
            .collect();
        all.into_iter().collect()
    }

    fn schema(&self, definitions: &mut crate::yaml::schema::Definitions) -> serde_json::Value {
        MapOf(Text).schema(definitions)
    }
}

/// Checks the tree as a whole and tells what is wrong or odd at its place.
pub(super) fn build_tree(f: &mut Fields<'_, '_>, root: &RouteSpec) -> Option<RouteTree> {
    match RouteTree::build(root, BuildOptions::default()) {
        Ok(tree) => {
            // A key that is wrong was left out, so what the tree looks like then means nothing.
            if f.reading().is_some_and(|reading| !reading.has_errors()) {
                tree.warnings().iter().for_each(|warning| tell(f, warning, false));
            }
            Some(tree)
        }
        Err(errors) => {
            errors.iter().for_each(|error| tell(f, error, true));
            None
        }
    }
}

/// Tells what the domain has found, at its place.
pub(super) fn tell(f: &mut Fields<'_, '_>, found: &RuleError, is_error: bool) {
    let node = place_of(f, &found.path).or_else(|| f.at_path("route"));
    let (Some(node), Some(reading)) = (node, f.reading()) else { return };
    let hint = found.hint.clone();
    if is_error {
        reading.wrong_value(node, &found.what, found.column, hint);
    } else {
        let span = reading.first_key(node);
        reading.warning("unreachable-route", span, found.what.clone(), hint);
    }
}

/// The node at a path of the tree; where that names a key that is not there, the map that lacks it.
fn place_of<'r>(f: &Fields<'r, '_>, path: &str) -> Option<&'r Node> {
    let mut path = path;
    loop {
        match f.at_path(path) {
            Some(node) => return Some(node),
            None => path = &path[..path.rfind(['.', '['])?],
        }
    }
}

/// "Alerts like this are that urgent."
pub(super) struct PrioritySection(pub(super) PriorityRule);

impl Section for PrioritySection {
    const NAME: &'static str = "priority_rule";
    const ABOUT: &'static str = "Alerts that match get this priority; the first rule that holds decides.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let matchers = f.required("matchers", "All must hold.", &ListOf(kinds::matchers()));
        let priority = f.required("priority", "P1 (most urgent) to P5.", &kinds::priority());
        let matchers = Matchers::new(matchers?.iter().flat_map(|m| m.iter().cloned()).collect());
        Some(Self(PriorityRule { matchers, priority: priority? }))
    }
}

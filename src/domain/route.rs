//! The routing tree: which receivers an alert goes to, and what it is grouped by. As in Alertmanager 0.33.
//!
//! A tree is built from plain [`RouteSpec`]s, which checks everything at once; then [`RouteTree::matching`]
//! walks it for one alert. [`RouteTree::explain`] does the same and says why.

mod build;
mod explain;
mod reach;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::label::Labels;
use super::matcher::{Matchers, Mode};
use super::priority::Priority;

pub use super::rule_error::RuleError as RouteError;
pub use explain::{Explanation, Failure, Verdict, Visit};

/// How long a new group waits for more alerts, unless a route says otherwise.
pub const DEFAULT_GROUP_WAIT: Duration = Duration::from_secs(30);
/// How long changes of a group are gathered, unless a route says otherwise.
pub const DEFAULT_GROUP_INTERVAL: Duration = Duration::from_mins(5);
/// After how long an unchanged group is spoken of again, unless a route says otherwise.
pub const DEFAULT_REPEAT_INTERVAL: Duration = Duration::from_hours(4);

/// A route as it is written: nothing inherited, nothing checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteSpec {
    /// Where it was written; given back in errors and in the built route, and otherwise not looked at.
    pub origin: usize,
    /// `receiver:`
    pub receiver: Option<String>,
    /// `matchers:`, each entry a text that may hold several.
    pub matchers: Vec<String>,
    /// `match:`, the old form of `name="value"`.
    pub match_equal: BTreeMap<String, String>,
    /// `match_re:`, the old form of `name=~"value"`.
    pub match_re: BTreeMap<String, String>,
    /// `continue:`
    pub continue_matching: bool,
    /// `group_by:`; absent and empty are different things.
    pub group_by: Option<Vec<String>>,
    /// `group_wait:`
    pub group_wait: Option<Duration>,
    /// `group_interval:`
    pub group_interval: Option<Duration>,
    /// `repeat_interval:`
    pub repeat_interval: Option<Duration>,
    /// `mute_time_intervals:`
    pub mute_time_intervals: Vec<String>,
    /// `active_time_intervals:`
    pub active_time_intervals: Vec<String>,
    /// `priority:` (Firebell's own).
    pub priority: Option<Priority>,
    /// `declare:` (Firebell's own): the severity of the incident that alerts here declare.
    pub declare: Option<String>,
    /// `escalation:` (Firebell's own): the name of an escalation.
    pub escalation: Option<String>,
    /// `labels:` (Alertmanager since 0.34): told to the receiver, merged down the tree.
    pub labels: BTreeMap<String, String>,
    /// `routes:`
    pub routes: Vec<Self>,
}

/// What a route without any `group_by` up to the root does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ungrouped {
    /// Keeps the sender's own groups: Firebell's way.
    #[default]
    Sender,
    /// Puts all into one group: Alertmanager's way.
    OneGroup,
}

/// What building a tree depends on besides the routes.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildOptions<'a> {
    /// See [`Ungrouped`].
    pub ungrouped: Ungrouped,
    /// The grammar of matchers.
    pub matcher_mode: Mode,
    /// The names of the receivers; `None` does not check them.
    pub receivers: Option<&'a BTreeSet<String>>,
    /// The names of the time intervals; `None` does not check them.
    pub time_intervals: Option<&'a BTreeSet<String>>,
}

/// What the alerts of a route are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The sender's own group (the payload's group key).
    Sender,
    /// These labels; none of them is one group for all.
    Labels(Vec<String>),
    /// All labels: every alert by itself (`['...']`).
    All,
}

/// As in the config: `["..."]` for all, `null` for the sender's.
impl Serialize for GroupBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sender => serializer.serialize_none(),
            Self::Labels(names) => names.serialize(serializer),
            Self::All => ["..."].serialize(serializer),
        }
    }
}

/// One node of the tree with everything it inherits.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its place in [`RouteTree::routes`].
    pub index: usize,
    /// The node above it; `None` for the root.
    pub parent: Option<usize>,
    /// The nodes below it, in order.
    pub children: Vec<usize>,
    /// What the spec had.
    pub origin: usize,
    /// Where it stands in the config, as in `route.routes[1].routes[0]`.
    pub path: String,
    /// Its own matchers, all three forms together.
    pub matchers: Matchers,
    /// Whether later siblings are looked at too.
    pub continue_matching: bool,
    /// Where its alerts go.
    pub receiver: String,
    /// What they are grouped by.
    pub group_by: GroupBy,
    /// See [`DEFAULT_GROUP_WAIT`].
    pub group_wait: Duration,
    /// See [`DEFAULT_GROUP_INTERVAL`].
    pub group_interval: Duration,
    /// See [`DEFAULT_REPEAT_INTERVAL`].
    pub repeat_interval: Duration,
    /// Its own; these are not inherited.
    pub mute_time_intervals: Vec<String>,
    /// Its own; these are not inherited.
    pub active_time_intervals: Vec<String>,
    /// The nearest one up the tree.
    pub priority: Option<Priority>,
    /// The nearest one up the tree.
    pub declare: Option<String>,
    /// The nearest one up the tree.
    pub escalation: Option<String>,
    /// Its own and those up the tree; the nearest counts.
    pub labels: BTreeMap<String, String>,
    /// Alertmanager's route key, `{}/{severity="page"}`: the same for equal siblings.
    pub key: String,
    /// Alertmanager's route id, `{}/{severity="page"}/0`: unlike any other in the tree.
    pub id: String,
    /// The matchers again, the cheap ones first.
    checks: Vec<Check>,
}

impl Route {
    /// The labels that name the group of such an alert; the empty set if the sender names it.
    pub fn group_labels(&self, labels: &Labels) -> Labels {
        match &self.group_by {
            GroupBy::Sender => Labels::new(),
            GroupBy::Labels(names) => labels.filtered(|name| names.iter().any(|wanted| wanted == name)),
            GroupBy::All => labels.clone(),
        }
    }

    /// Alertmanager's group key: `{}/{severity="page"}:{alertname="Disk"}`.
    pub fn group_key(&self, group_labels: &Labels) -> String {
        format!("{}:{group_labels}", self.key)
    }
}

/// One matcher of a route, for the walk.
#[derive(Clone, Copy, Debug)]
struct Check {
    /// Its place among the route's matchers.
    matcher: usize,
    /// The place of its name in [`RouteTree`]'s table of names.
    slot: usize,
}

/// A checked tree. The root comes first, every node before those below it, in the order of the file.
#[derive(Clone, Debug)]
pub struct RouteTree {
    routes: Vec<Route>,
    /// Every label name that some matcher looks at, sorted: looked up once for an alert, not once for a matcher.
    names: Vec<String>,
    /// Places by [`Route::id`].
    by_id: HashMap<String, usize>,
}

impl RouteTree {
    /// Checks everything and inherits everything; on failure says all that is wrong.
    pub fn build(root: &RouteSpec, options: BuildOptions<'_>) -> Result<Self, Vec<RouteError>> {
        build::build(root, options)
    }

    /// All nodes, depth first.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The node with this [`Route::id`].
    pub fn by_id(&self, id: &str) -> Option<&Route> {
        self.by_id.get(id).and_then(|index| self.routes.get(*index))
    }

    /// The routes an alert takes, in Alertmanager's order. Never empty: the root takes what no other does.
    pub fn matching(&self, labels: &Labels) -> Vec<&Route> {
        let values = self.values(labels);
        let mut found = Vec::new();
        if let Some(root) = self.routes.first() {
            self.collect(root, &values, &mut found);
        }
        found
    }

    /// The same walk as [`Self::matching`], with the reason for every node that was looked at.
    pub fn explain(&self, labels: &Labels) -> Explanation {
        explain::explain(self, labels)
    }

    /// From the root to `route`, both included.
    pub fn path_to(&self, route: &Route) -> Vec<&Route> {
        let mut path: Vec<&Route> = std::iter::successors(self.routes.get(route.index), |route| {
            route.parent.and_then(|parent| self.routes.get(parent))
        })
        .collect();
        path.reverse();
        path
    }

    /// What is allowed but surely not meant: routes that no alert can reach.
    pub fn warnings(&self) -> Vec<RouteError> {
        reach::warnings(self)
    }

    fn children<'a>(&'a self, route: &'a Route) -> impl Iterator<Item = &'a Route> {
        route.children.iter().filter_map(|index| self.routes.get(*index))
    }

    /// The value of every name in the table.
    fn values<'a>(&self, labels: &'a Labels) -> Vec<&'a str> {
        let mut rest = labels.iter().peekable();
        self.names
            .iter()
            .map(|name| {
                while rest.next_if(|(at, _)| *at < name.as_str()).is_some() {}
                rest.peek().filter(|(at, _)| at == name).map_or("", |(_, value)| value)
            })
            .collect()
    }

    /// Whether the node itself or one below it took the alert.
    fn collect<'a>(&'a self, route: &'a Route, values: &[&str], found: &mut Vec<&'a Route>) -> bool {
        let holds = |check: &Check| {
            let value = values.get(check.slot).copied().unwrap_or_default();
            route.matchers.get(check.matcher).is_some_and(|matcher| matcher.matches_value(value))
        };
        if !route.checks.iter().all(holds) {
            return false;
        }
        let before = found.len();
        for child in self.children(route) {
            if self.collect(child, values, found) && !child.continue_matching {
                break;
            }
        }
        if found.len() == before {
            found.push(route);
        }
        true
    }
}

#[cfg(test)]
mod tests;

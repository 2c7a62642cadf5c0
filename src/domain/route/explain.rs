//! Why an alert goes where it goes.

use serde::Serialize;

use super::{Route, RouteTree};
use crate::domain::label::Labels;

/// Every node that was looked at, in the order in which it was, and the routes taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The nodes that were looked at.
    pub visits: Vec<Visit>,
    /// The [`Route::index`] of the routes taken, as [`RouteTree::matching`] gives them.
    pub taken: Vec<usize>,
}

impl Explanation {
    /// The visits that lead to a route taken: from the root to the route itself.
    pub fn path_to<'a>(&'a self, tree: &RouteTree, route: &Route) -> Vec<&'a Visit> {
        let path: Vec<usize> = tree.path_to(route).iter().map(|route| route.index).collect();
        self.visits.iter().filter(|visit| path.contains(&visit.index)).collect()
    }
}

/// One node that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// Its [`Route::index`].
    pub index: usize,
    /// How far below the root.
    pub depth: usize,
    /// Where it stands in the config.
    pub path: String,
    /// Its own matchers, as Alertmanager shows them.
    pub matchers: Vec<String>,
    /// Its receiver.
    pub receiver: String,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What came of looking at a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// It matched, and so did one below it.
    Passed,
    /// It matched and none below it did: the alert goes to its receiver.
    Taken,
    /// One of its matchers did not hold.
    Failed {
        /// Which, and what it found.
        failed: Failure,
    },
    /// A sibling before it took the alert and does not continue.
    Skipped,
}

/// The matcher that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// As Alertmanager shows it.
    pub matcher: String,
    /// What the alert has under that name; `None` if it has no such label.
    pub value: Option<String>,
}

pub(super) fn explain(tree: &RouteTree, labels: &Labels) -> Explanation {
    let mut explanation = Explanation { visits: Vec::new(), taken: Vec::new() };
    if let Some(root) = tree.routes().first() {
        visit(tree, root, 0, labels, &mut explanation);
    }
    explanation
}

/// Whether the node itself or one below it took the alert.
fn visit(tree: &RouteTree, route: &Route, depth: usize, labels: &Labels, into: &mut Explanation) -> bool {
    let place = into.visits.len();
    into.visits.push(note(route, depth, Verdict::Passed));
    if let Some(matcher) = route.matchers.first_failing(labels) {
        let value = labels.find(matcher.name()).map(str::to_owned);
        into.visits[place].verdict =
            Verdict::Failed { failed: Failure { matcher: matcher.to_string(), value } };
        return false;
    }
    let before = into.taken.len();
    let mut is_done = false;
    for child in tree.children(route) {
        if is_done {
            into.visits.push(note(child, depth + 1, Verdict::Skipped));
        } else {
            is_done = visit(tree, child, depth + 1, labels, into) && !child.continue_matching;
        }
    }
    if into.taken.len() == before {
        into.taken.push(route.index);
        into.visits[place].verdict = Verdict::Taken;
    }
    true
}

fn note(route: &Route, depth: usize, verdict: Verdict) -> Visit {
    Visit {
        index: route.index,
        depth,
        path: route.path.clone(),
        matchers: route.matchers.iter().map(ToString::to_string).collect(),
        receiver: route.receiver.clone(),
        verdict,
    }
}

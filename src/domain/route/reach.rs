//! Routes that no alert can reach: allowed, and never meant.

use super::{Route, RouteError, RouteTree};
use crate::domain::matcher::{Matcher, Op};

pub(super) fn warnings(tree: &RouteTree) -> Vec<RouteError> {
    let mut warnings = Vec::new();
    for route in tree.routes() {
        if let Some((own, other)) = contradiction(tree, route) {
            let hint = format!("every alert that gets here satisfies {other}, so {own} cannot hold");
            warnings.push(warning(route, "no alert can ever match this route", hint));
        } else if let Some(before) = shadow(tree, route) {
            let what = format!("unreachable: {} before it takes every alert that would match", before.path);
            let hint = format!("put it before {}, or set continue: true there", before.path);
            warnings.push(warning(route, what, hint));
        }
    }
    warnings
}

fn warning(route: &Route, what: impl Into<String>, hint: String) -> RouteError {
    RouteError {
        origin: route.origin,
        path: route.path.clone(),
        what: what.into(),
        column: None,
        hint: Some(hint),
    }
}

/// All that an alert at this node has satisfied, the node's own matchers included.
fn known<'a>(tree: &'a RouteTree, route: &'a Route) -> Vec<&'a Matcher> {
    tree.path_to(route).into_iter().flat_map(|route| &route.matchers).collect()
}

/// One of the node's own matchers and one that says the opposite.
fn contradiction<'a>(tree: &'a RouteTree, route: &'a Route) -> Option<(&'a Matcher, &'a Matcher)> {
    let known = known(tree, route);
    route.matchers.iter().find_map(|own| {
        let other = known.iter().find(|other| {
            other.name() == own.name()
                && ((other.op() == Op::Equal && !own.matches_value(other.value()))
                    || (own.op() == Op::Equal && !other.matches_value(own.value())))
        })?;
        Some((own, *other))
    })
}

/// The sibling before it that does not continue and matches whatever this one matches.
fn shadow<'a>(tree: &'a RouteTree, route: &'a Route) -> Option<&'a Route> {
    let parent = tree.routes().get(route.parent?)?;
    let known = known(tree, route);
    tree.children(parent).take_while(|sibling| sibling.index != route.index).find(|sibling| {
        !sibling.continue_matching
            && sibling.matchers.iter().all(|theirs| known.iter().any(|ours| theirs.is_implied_by(ours)))
    })
}

//! Routes that no alert can reach: allowed, and never meant.

use std::collections::HashMap;

use super::{Route, RouteError, RouteTree};
use crate::domain::matcher::{Matcher, Op};

pub(super) fn warnings(tree: &RouteTree) -> Vec<RouteError> {
    let mut warnings = Vec::new();
    let shadows = shadows(tree);
    for route in tree.routes() {
        if let Some((own, other)) = contradiction(tree, route) {
            let hint = format!("every alert that gets here satisfies {other}, so {own} cannot hold");
            warnings.push(warning(route, "no alert can ever match this route", hint));
        } else if let Some(before) =
            shadows.get(route.index).copied().flatten().and_then(|at| tree.routes().get(at))
        {
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

/// For every route the sibling before it, if any, that does not continue and matches whatever this one matches.
///
/// Of many siblings only candidates are compared: one that wants a value of a label is found by that value, one that
/// cannot be found so by its label.
fn shadows(tree: &RouteTree) -> Vec<Option<usize>> {
    let mut shadows = vec![None; tree.routes().len()];
    for parent in tree.routes() {
        let mut before = Before::default();
        for route in tree.children(parent) {
            let known = known(tree, route);
            let shadow = before.candidates(&known).into_iter().find(|index| {
                tree.routes().get(*index).is_some_and(|sibling| {
                    sibling.matchers.iter().all(|theirs| known.iter().any(|ours| theirs.is_implied_by(ours)))
                })
            });
            if let Some(place) = shadows.get_mut(route.index) {
                *place = shadow;
            }
            if !route.continue_matching {
                before.add(route);
            }
        }
    }
    shadows
}

/// The siblings before a route, found by one of the matchers each of them has.
#[derive(Default)]
struct Before<'a> {
    /// Without matchers: the first takes all.
    all: Option<usize>,
    by_value: HashMap<(&'a str, &'a str), Vec<usize>>,
    by_label: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Before<'a> {
    fn add(&mut self, route: &'a Route) {
        let finding = route
            .matchers
            .iter()
            .filter_map(|matcher| Some((matcher.name(), matcher.choices()?)))
            .min_by_key(|(_, choices)| choices.len());
        if let Some((name, choices)) = finding {
            for choice in choices {
                self.by_value.entry((name, choice)).or_default().push(route.index);
            }
        } else if let Some(matcher) = route.matchers.get(0) {
            self.by_label.entry(matcher.name()).or_default().push(route.index);
        } else {
            self.all = self.all.or(Some(route.index));
        }
    }

    /// Those that such matchers may imply, in the order of the file. A matcher implies one with choices only if each of
    /// its own choices, so also its first, is among them.
    fn candidates(&self, known: &[&Matcher]) -> Vec<usize> {
        let mut found: Vec<usize> = self.all.into_iter().collect();
        for matcher in known {
            if let Some(first) = matcher.choices().and_then(<[String]>::first) {
                found.extend(self.by_value.get(&(matcher.name(), first.as_str())).into_iter().flatten());
            }
            found.extend(self.by_label.get(matcher.name()).into_iter().flatten());
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::route::{BuildOptions, RouteSpec};

    /// Every sibling before it, one by one.
    fn naive(tree: &RouteTree, route: &Route) -> Option<usize> {
        let parent = tree.routes().get(route.parent?)?;
        let known = known(tree, route);
        let before = tree.children(parent).take_while(|sibling| sibling.index != route.index);
        before
            .filter(|sibling| !sibling.continue_matching)
            .find(|sibling| {
                sibling.matchers.iter().all(|theirs| known.iter().any(|ours| theirs.is_implied_by(ours)))
            })
            .map(|sibling| sibling.index)
    }

    fn route() -> impl Strategy<Value = RouteSpec> {
        let matcher = "[ab](=|!=|=~|!~)(x|y|x\\|y|x.\\*|\\.\\+|)";
        (prop::collection::vec(matcher, 0..3), any::<bool>()).prop_map(|(matchers, go_on)| RouteSpec {
            matchers,
            continue_matching: go_on,
            ..RouteSpec::default()
        })
    }

    proptest! {
        #[test]
        fn the_index_finds_what_looking_at_all_finds(routes in prop::collection::vec(route(), 0..12)) {
            let root = RouteSpec { receiver: Some("a".to_owned()), routes, ..RouteSpec::default() };
            let Ok(tree) = RouteTree::build(&root, BuildOptions::default()) else { return Ok(()) };
            let found = shadows(&tree);
            for route in tree.routes() {
                prop_assert_eq!(found[route.index], naive(&tree, route), "{}", route.path);
            }
        }
    }
}

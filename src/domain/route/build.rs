//! From specs to a tree: inheritance and Alertmanager's checks, all of them at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{
    BuildOptions, Check, DEFAULT_GROUP_INTERVAL, DEFAULT_GROUP_WAIT, DEFAULT_REPEAT_INTERVAL, GroupBy, Route,
    RouteError, RouteSpec, RouteTree, Ungrouped,
};
use crate::domain::label::{is_classic_name, is_utf8_name};
use crate::domain::matcher::forms::Forms;
use crate::domain::matcher::{Matcher, Matchers, Mode, parse_list};
use crate::domain::priority::Priority;

pub(super) fn build(root: &RouteSpec, options: BuildOptions<'_>) -> Result<RouteTree, Vec<RouteError>> {
    let mut builder = Builder { options, routes: Vec::new(), errors: Vec::new() };
    builder.check_root(root);
    let inherited = Inherited {
        receiver: String::new(),
        group_by: match options.ungrouped {
            Ungrouped::Sender => GroupBy::Sender,
            Ungrouped::OneGroup => GroupBy::Labels(Vec::new()),
        },
        group_wait: None,
        group_interval: DEFAULT_GROUP_INTERVAL,
        repeat_interval: DEFAULT_REPEAT_INTERVAL,
        priority: None,
        declare: None,
        escalation: None,
        labels: BTreeMap::new(),
    };
    builder.add(
        root,
        Place { parent: None, path: "route".to_owned(), key: String::new(), id: String::new() },
        &inherited,
    );
    if !builder.errors.is_empty() {
        return Err(builder.errors);
    }
    let mut routes = builder.routes;
    let names: BTreeSet<String> =
        routes.iter().flat_map(|route| &route.matchers).map(|matcher| matcher.name().to_owned()).collect();
    let names: Vec<String> = names.into_iter().collect();
    for route in &mut routes {
        let slot = |matcher: &Matcher| names.binary_search_by(|name| name.as_str().cmp(matcher.name())).ok();
        let checks = route.matchers.iter().enumerate();
        route.checks =
            checks.filter_map(|(matcher, one)| Some(Check { matcher, slot: slot(one)? })).collect();
        let matchers = &route.matchers;
        route.checks.sort_by_key(|check| matchers.get(check.matcher).map(Matcher::cost));
    }
    let by_id = routes.iter().map(|route| (route.id.clone(), route.index)).collect();
    Ok(RouteTree { routes, names, by_id })
}

/// What a node hands down to those below it.
#[derive(Clone)]
struct Inherited {
    receiver: String,
    group_by: GroupBy,
    /// `None` as long as no route has set it.
    group_wait: Option<Duration>,
    group_interval: Duration,
    repeat_interval: Duration,
    priority: Option<Priority>,
    declare: Option<String>,
    escalation: Option<String>,
    labels: BTreeMap<String, String>,
}

/// Where a node stands; `key` and `id` are those of the node above with a slash.
struct Place {
    parent: Option<(usize, usize)>,
    path: String,
    key: String,
    id: String,
}

struct Builder<'a> {
    options: BuildOptions<'a>,
    routes: Vec<Route>,
    errors: Vec<RouteError>,
}

impl Builder<'_> {
    fn error(&mut self, spec: &RouteSpec, path: String, what: impl Into<String>, hint: impl Into<String>) {
        let hint = Some(hint.into());
        self.errors.push(RouteError { origin: spec.origin, path, what: what.into(), column: None, hint });
    }

    /// The root takes every alert at every time.
    fn check_root(&mut self, root: &RouteSpec) {
        if root.receiver.as_deref().unwrap_or_default().is_empty() {
            let hint = "add receiver: with the name of one of the receivers";
            self.error(root, "route.receiver".to_owned(), "root route must specify a default receiver", hint);
        }
        // An entry may hold no matcher at all: `{}`. What cannot be read is told elsewhere.
        let holds_some =
            |text: &String| parse_list(text, self.options.matcher_mode).is_ok_and(|found| !found.is_empty());
        let has_matchers = [
            ("match", !root.match_equal.is_empty()),
            ("match_re", !root.match_re.is_empty()),
            ("matchers", root.matchers.iter().any(holds_some)),
        ];
        let forbidden = [
            ("mute_time_intervals", !root.mute_time_intervals.is_empty(), "any mute time intervals"),
            ("active_time_intervals", !root.active_time_intervals.is_empty(), "any active time intervals"),
        ];
        for (key, _) in has_matchers.into_iter().filter(|(_, is_set)| *is_set) {
            let hint = "the root takes what no other route does; move the matchers to a route below it";
            self.error(root, format!("route.{key}"), "root route must not have any matchers", hint);
        }
        for (key, _, what) in forbidden.into_iter().filter(|(_, is_set, _)| *is_set) {
            let hint = "move them to a route below the root";
            self.error(root, format!("route.{key}"), format!("root route must not have {what}"), hint);
        }
        if root.continue_matching {
            let hint = "remove it: nothing comes after the root";
            self.error(root, "route.continue".to_owned(), "cannot have continue in root route", hint);
        }
    }

    fn add(&mut self, spec: &RouteSpec, place: Place, above: &Inherited) {
        let matchers = self.matchers(spec, &place.path);
        self.check(spec, &place.path);
        let mut own = above.clone();
        if let Some(receiver) = spec.receiver.as_ref().filter(|receiver| !receiver.is_empty()) {
            own.receiver.clone_from(receiver);
        }
        if let Some(group_by) = self.group_by(spec, &place.path) {
            own.group_by = group_by;
        }
        own.group_wait = spec.group_wait.or(own.group_wait);
        own.group_interval = spec.group_interval.unwrap_or(own.group_interval);
        own.repeat_interval = spec.repeat_interval.unwrap_or(own.repeat_interval);
        own.priority = spec.priority.or(own.priority);
        own.declare = spec.declare.clone().or(own.declare);
        own.labels.extend(spec.labels.clone());
        own.escalation = spec.escalation.clone().or(own.escalation);

        let index = self.routes.len();
        let key = format!("{}{matchers}", place.key);
        let id = match place.parent {
            None => matchers.to_string(),
            Some((_, nth)) => format!("{}{matchers}/{nth}", place.id),
        };
        if let Some(parent) = place.parent.and_then(|(parent, _)| self.routes.get_mut(parent)) {
            parent.children.push(index);
        }
        // The sender has gathered its groups already; waiting again would only be late.
        let unset_wait = if own.group_by == GroupBy::Sender { Duration::ZERO } else { DEFAULT_GROUP_WAIT };
        self.routes.push(Route {
            index,
            parent: place.parent.map(|(parent, _)| parent),
            children: Vec::new(),
            origin: spec.origin,
            path: place.path.clone(),
            matchers,
            continue_matching: spec.continue_matching,
            receiver: own.receiver.clone(),
            group_by: own.group_by.clone(),
            group_wait: own.group_wait.unwrap_or(unset_wait),
            group_interval: own.group_interval,
            repeat_interval: own.repeat_interval,
            mute_time_intervals: spec.mute_time_intervals.clone(),
            active_time_intervals: spec.active_time_intervals.clone(),
            priority: own.priority,
            declare: own.declare.clone(),
            escalation: own.escalation.clone(),
            labels: own.labels.clone(),
            key: key.clone(),
            id: id.clone(),
            checks: Vec::new(),
        });
        for (nth, child) in spec.routes.iter().enumerate() {
            let below = Place {
                parent: Some((index, nth)),
                path: format!("{}.routes[{nth}]", place.path),
                key: format!("{key}/"),
                id: format!("{id}/"),
            };
            self.add(child, below, &own);
        }
    }

    /// All three forms, in Alertmanager's order.
    fn matchers(&mut self, spec: &RouteSpec, path: &str) -> Matchers {
        let forms = Forms {
            origin: spec.origin,
            path,
            prefix: "",
            matchers: &spec.matchers,
            match_equal: &spec.match_equal,
            match_re: &spec.match_re,
        };
        forms.gather(self.options.matcher_mode, &mut self.errors)
    }

    fn check(&mut self, spec: &RouteSpec, path: &str) {
        if let Some((receiver, known)) = spec.receiver.as_ref().zip(self.options.receivers)
            && !receiver.is_empty()
            && !known.contains(receiver)
        {
            let hint = known_names("receivers", known);
            self.error(
                spec,
                format!("{path}.receiver"),
                format!("undefined receiver {receiver:?} used in route"),
                hint,
            );
        }
        for (key, names) in [
            ("active_time_intervals", &spec.active_time_intervals),
            ("mute_time_intervals", &spec.mute_time_intervals),
        ] {
            let Some(known) = self.options.time_intervals else {
                continue;
            };
            for (nth, name) in names.iter().enumerate().filter(|(_, name)| !known.contains(*name)) {
                let hint = known_names("time intervals", known);
                let what = format!("undefined time interval {name:?} used in route");
                self.error(spec, format!("{path}.{key}[{nth}]"), what, hint);
            }
        }
        for (key, interval) in
            [("group_interval", spec.group_interval), ("repeat_interval", spec.repeat_interval)]
        {
            if interval == Some(Duration::ZERO) {
                self.error(
                    spec,
                    format!("{path}.{key}"),
                    format!("{key} cannot be zero"),
                    "write 1s or more",
                );
            }
        }
    }

    /// `None` where nothing is written, so that what is above holds.
    fn group_by(&mut self, spec: &RouteSpec, path: &str) -> Option<GroupBy> {
        let written = spec.group_by.as_ref()?;
        let is_valid = valid_name(self.options.matcher_mode);
        let mut names: Vec<String> = Vec::new();
        let mut all = false;
        for (nth, name) in written.iter().enumerate() {
            let path = format!("{path}.group_by[{nth}]");
            if name == "..." {
                all = true;
            } else if !is_valid(name) {
                let what = format!("invalid label name {name:?} in group_by list");
                self.error(
                    spec,
                    path,
                    what,
                    "write the name of a label, as in group_by: [alertname, cluster]",
                );
            } else if names.contains(name) {
                self.error(
                    spec,
                    path,
                    format!("duplicated label {name:?} in group_by"),
                    "name each label once",
                );
            } else {
                names.push(name.clone());
            }
        }
        if all && !names.is_empty() {
            let what = "cannot have wildcard group_by (`...`) and other labels at the same time";
            self.error(spec, format!("{path}.group_by"), what, "'...' already means all labels");
        }
        Some(if all { GroupBy::All } else { GroupBy::Labels(names) })
    }
}

fn valid_name(mode: Mode) -> fn(&str) -> bool {
    match mode {
        Mode::Classic => is_classic_name,
        Mode::Utf8 | Mode::Fallback => is_utf8_name,
    }
}

fn known_names(what: &str, known: &BTreeSet<String>) -> String {
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    if names.is_empty() {
        format!("there are no {what}")
    } else {
        format!("the {what} are: {}", names.join(", "))
    }
}

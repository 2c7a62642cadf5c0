use super::*;

fn spec(matchers: &[&str]) -> RouteSpec {
    RouteSpec { matchers: matchers.iter().map(|&text| text.to_owned()).collect(), ..RouteSpec::default() }
}

fn root(routes: Vec<RouteSpec>) -> RouteSpec {
    RouteSpec { receiver: Some("ops".to_owned()), routes, ..RouteSpec::default() }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().copied().collect()
}

fn build(root: &RouteSpec) -> RouteTree {
    RouteTree::build(root, BuildOptions::default()).unwrap()
}

#[test]
fn without_group_by_the_sender_groups_and_nothing_waits() {
    let tree = build(&RouteSpec {
        group_interval: Some(Duration::from_mins(1)),
        ..root(vec![
            RouteSpec { group_by: Some(names(&["team"])), routes: vec![spec(&["b=1"])], ..spec(&["a=1"]) },
            RouteSpec {
                group_wait: Some(Duration::from_secs(5)),
                routes: vec![spec(&["b=1"])],
                ..spec(&["a=2"])
            },
            RouteSpec { group_by: Some(Vec::new()), ..spec(&["a=3"]) },
            RouteSpec { group_by: Some(names(&["..."])), ..spec(&["a=4"]) },
        ])
    });
    let found: Vec<(GroupBy, u64)> =
        tree.routes().iter().map(|route| (route.group_by.clone(), route.group_wait.as_secs())).collect();
    let team = GroupBy::Labels(names(&["team"]));
    assert_eq!(
        found,
        [
            (GroupBy::Sender, 0),
            (team.clone(), 30),
            (team, 30),
            (GroupBy::Sender, 5),
            (GroupBy::Sender, 5),
            (GroupBy::Labels(Vec::new()), 30),
            (GroupBy::All, 30),
        ]
    );
    assert!(tree.routes().iter().all(|route| route.group_interval == Duration::from_mins(1)));
}

#[test]
fn group_labels_and_key() {
    let tree = build(&root(vec![RouteSpec {
        group_by: Some(names(&["alertname", "cluster"])),
        ..spec(&["severity=~\"page|critical\""])
    }]));
    let alert = labels(&[("alertname", "Disk \"full\""), ("severity", "page"), ("host", "a")]);
    let route = tree.matching(&alert)[0];
    let group = route.group_labels(&alert);
    assert_eq!(route.group_key(&group), r#"{}/{severity=~"page|critical"}:{alertname="Disk \"full\""}"#);
}

#[test]
fn what_a_route_has_its_children_have_unless_they_say_otherwise() {
    let tree = build(&root(vec![RouteSpec {
        receiver: Some("db".to_owned()),
        priority: Some(Priority::P1),
        declare: Some("sev1".to_owned()),
        mute_time_intervals: names(&["nights"]),
        routes: vec![spec(&["b=1"]), RouteSpec { priority: Some(Priority::P4), ..spec(&["b=2"]) }],
        ..spec(&["a=1"])
    }]));
    let child = tree.matching(&labels(&[("a", "1"), ("b", "1")]))[0];
    assert_eq!(
        (child.receiver.as_str(), child.priority, child.declare.as_deref()),
        ("db", Some(Priority::P1), Some("sev1"))
    );
    assert_eq!(child.mute_time_intervals, names(&[]));
    assert_eq!(child.path, "route.routes[0].routes[0]");
    let other = tree.matching(&labels(&[("a", "1"), ("b", "2")]))[0];
    assert_eq!(other.priority, Some(Priority::P4));
    let path: Vec<usize> = tree.path_to(other).iter().map(|route| route.index).collect();
    assert_eq!(path, [0, 1, 3]);
}

#[test]
fn a_root_may_have_a_list_without_a_matcher() {
    for (text, is_fine) in [("{}", true), ("", true), ("{a=1}", false)] {
        let with = RouteSpec { matchers: names(&[text]), ..root(Vec::new()) };
        assert_eq!(RouteTree::build(&with, BuildOptions::default()).is_ok(), is_fine, "{text:?}");
    }
}

#[test]
fn why_here() {
    let tree = build(&root(vec![
        RouteSpec { receiver: Some("db".to_owned()), routes: vec![spec(&["env=dev"])], ..spec(&["team=db"]) },
        spec(&["team=~\"db|web\""]),
    ]));
    let alert = labels(&[("team", "db"), ("severity", "page")]);
    let explanation = tree.explain(&alert);
    let failed = Failure { matcher: "env=\"dev\"".to_owned(), value: None };
    let verdicts: Vec<&Verdict> = explanation.visits.iter().map(|visit| &visit.verdict).collect();
    assert_eq!(verdicts, [&Verdict::Passed, &Verdict::Taken, &Verdict::Failed { failed }, &Verdict::Skipped]);
    assert_eq!(explanation.taken, [1]);
    let path = explanation.path_to(&tree, tree.matching(&alert)[0]);
    assert_eq!(
        path.iter().map(|visit| visit.path.as_str()).collect::<Vec<_>>(),
        ["route", "route.routes[0]"]
    );
    let json = serde_json::to_value(&explanation.visits[2]).unwrap();
    assert_eq!(json["verdict"], "failed");
    assert_eq!(json["failed"], serde_json::json!({"matcher": "env=\"dev\"", "value": null}));
}

#[test]
fn all_that_is_wrong_at_once() {
    let receivers = names(&["ops"]).into_iter().collect();
    let intervals = names(&["nights"]).into_iter().collect();
    let options = BuildOptions {
        receivers: Some(&receivers),
        time_intervals: Some(&intervals),
        ..BuildOptions::default()
    };
    let tree = RouteSpec {
        matchers: names(&["a=1"]),
        continue_matching: true,
        mute_time_intervals: names(&["nights"]),
        active_time_intervals: names(&["nights"]),
        routes: vec![RouteSpec {
            origin: 9,
            receiver: Some("db".to_owned()),
            match_equal: [("a-b".to_owned(), "1".to_owned())].into(),
            match_re: [("a".to_owned(), "(".to_owned())].into(),
            group_by: Some(names(&["a", "a", "", "..."])),
            group_interval: Some(Duration::ZERO),
            repeat_interval: Some(Duration::ZERO),
            mute_time_intervals: names(&["weekends"]),
            ..spec(&["a=1", "b"])
        }],
        ..RouteSpec::default()
    };
    let errors = RouteTree::build(&tree, options).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "route.receiver: root route must specify a default receiver",
            "route.matchers: root route must not have any matchers",
            "route.mute_time_intervals: root route must not have any mute time intervals",
            "route.active_time_intervals: root route must not have any active time intervals",
            "route.continue: cannot have continue in root route",
            "route.routes[0].matchers[1]: bad matcher format: b",
            "route.routes[0].match.a-b: invalid label name \"a-b\"",
            "route.routes[0].match_re.a: error parsing regexp: missing closing ): `(`",
            "route.routes[0].receiver: undefined receiver \"db\" used in route",
            "route.routes[0].mute_time_intervals[0]: undefined time interval \"weekends\" used in route",
            "route.routes[0].group_interval: group_interval cannot be zero",
            "route.routes[0].repeat_interval: repeat_interval cannot be zero",
            "route.routes[0].group_by[1]: duplicated label \"a\" in group_by",
            "route.routes[0].group_by[2]: invalid label name \"\" in group_by list",
            "route.routes[0].group_by: cannot have wildcard group_by (`...`) and other labels at the same time",
        ]
    );
    assert!(errors.iter().skip(5).all(|error| error.origin == 9));
    assert!(errors.iter().all(|error| error.hint.is_some()));
}

#[test]
fn routes_that_no_alert_reaches() {
    let sure = |routes: Vec<RouteSpec>| -> Vec<String> {
        build(&root(routes)).warnings().iter().map(|warning| warning.path.clone()).collect()
    };
    let on = |matchers: &[&str]| RouteSpec { continue_matching: true, ..spec(matchers) };
    assert_eq!(sure(vec![spec(&["a=1"]), spec(&["a=1"])]), ["route.routes[1]"]);
    assert_eq!(sure(vec![spec(&["a=1"]), spec(&["a=1", "b=2"])]), ["route.routes[1]"]);
    assert_eq!(sure(vec![spec(&["a=~\"1|2|3.*\""]), spec(&["a=3x"])]), ["route.routes[1]"]);
    assert_eq!(sure(vec![spec(&["a!=1"]), spec(&["a=~\"2|3\""])]), ["route.routes[1]"]);
    assert_eq!(sure(vec![spec(&[]), spec(&["a=1"])]), ["route.routes[1]"]);
    assert_eq!(sure(vec![on(&["a=1"]), spec(&["a=1"])]), names(&[]));
    assert_eq!(sure(vec![spec(&["a=1", "b=2"]), spec(&["a=1"])]), names(&[]));
    assert_eq!(sure(vec![spec(&["a=1"]), spec(&["a=2"])]), names(&[]));
    // Under a=1 nothing has another a; and what the parent asks counts for the siblings below it.
    let below = RouteSpec { routes: vec![spec(&["a=2"]), spec(&["a!=2"]), spec(&["b=1"])], ..spec(&["a=1"]) };
    assert_eq!(sure(vec![below]), ["route.routes[0].routes[0]", "route.routes[0].routes[2]"]);
}

proptest::proptest! {
    /// Looking the names up once for all finds what looking at each route finds.
    #[test]
    fn the_fast_walk_is_the_plain_walk(
        specs in proptest::collection::vec(
            ("[abc]", "(=|!=|=~|!~)", "(x|y|x\\|y|\\.\\*|)", proptest::prelude::any::<bool>(), 0usize..3), 1..12),
        pairs in proptest::collection::btree_map("[a-d]", "[xyz]?", 0..4),
    ) {
        let mut top: Vec<RouteSpec> = Vec::new();
        for (name, op, value, continue_matching, depth) in specs {
            let route = RouteSpec { continue_matching, ..spec(&[&format!("{name}{op}\"{value}\"")]) };
            let mut at = &mut top;
            for _ in 0..depth {
                if at.is_empty() { break }
                at = &mut at.last_mut().unwrap().routes;
            }
            at.push(route);
        }
        let tree = build(&root(top));
        let alert: Labels = pairs.into_iter().collect();
        let fast: Vec<usize> = tree.matching(&alert).iter().map(|route| route.index).collect();
        let explained = tree.explain(&alert);
        proptest::prop_assert_eq!(&fast, &explained.taken);
        proptest::prop_assert!(!fast.is_empty());
        for warning in tree.warnings() {
            let route = tree.routes().iter().find(|route| route.path == warning.path).unwrap();
            proptest::prop_assert!(!fast.contains(&route.index), "{} was reached", warning);
        }
    }
}

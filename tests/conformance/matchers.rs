//! Every text in every grammar: what it parses to, or that and why it does not.

use firebell::domain::matcher::{Matcher, MatcherError, Matchers, Mode, Op, parse_list};
use serde_json::Value;

use crate::{fixture, flag, list, text};

/// Alertmanager's text for a broken expression has the anchors that it adds; ours leaves them out.
fn without_anchors(error: &str) -> String {
    error.trim_end().replace(")$`", "`")
}

fn check(
    mode: Mode,
    input: &str,
    read: Result<String, MatcherError>,
    expected: Result<&str, Option<&str>>,
) -> Option<String> {
    match (read, expected) {
        (Ok(shown), Ok(expected)) if shown == expected => None,
        (Err(_), Err(None)) => None,
        (Err(error), Err(Some(expected))) if without_anchors(&error.what) == without_anchors(expected) => {
            None
        }
        (read, expected) => Some(format!("{mode:?} {input:?}\n  expected {expected:?}\n  got      {read:?}")),
    }
}

fn report(cases: usize, failures: Vec<String>) {
    assert!(cases > 0, "no cases");
    assert!(failures.is_empty(), "{} of {cases} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn as_amtool_reads_them() {
    let data = fixture("matchers.json");
    let mut failures = Vec::new();
    let cases = list(&data["cases"]);
    for case in cases {
        let input = text(&case["input"]);
        for (key, mode) in [("classic", Mode::Classic), ("utf8", Mode::Utf8), ("fallback", Mode::Fallback)] {
            let expected = match case[key].get("shown") {
                Some(shown) => Ok(text(shown)),
                None => Err(Some(text(&case[key]["error"]))),
            };
            let read = Matchers::parse_in(input, mode).map(|matchers| matchers.to_string());
            failures.extend(check(mode, input, read, expected));
        }
    }
    report(cases.len(), failures);
}

/// The matchers in the order as written.
fn written(matchers: &[Matcher]) -> String {
    let parts = matchers.iter().map(|one| format!("{:?} {} {:?}", one.name(), one.op(), one.value()));
    parts.collect::<Vec<_>>().join(", ")
}

fn expected_list(case: &Value) -> Vec<Matcher> {
    let matchers = case["matchers"].as_array().unwrap();
    matchers
        .iter()
        .map(|one| Matcher::new(op(text(&one["op"])), text(&one["name"]), text(&one["value"])).unwrap())
        .collect()
}

fn op(text: &str) -> Op {
    [Op::Equal, Op::NotEqual, Op::Regexp, Op::NotRegexp].into_iter().find(|op| op.as_str() == text).unwrap()
}

fn upstream(key: &str, mode: Mode, read: impl Fn(&str, Mode) -> Result<Vec<Matcher>, MatcherError>) {
    let data = fixture("matchers_upstream.json");
    let mut failures = Vec::new();
    let cases = list(&data[key]);
    for case in cases {
        let input = text(&case["input"]);
        let shown = flag(&case["ok"]).then(|| written(&expected_list(case)));
        let expected = shown.as_deref().ok_or_else(|| case.get("error").map(text));
        let read = read(input, mode).map(|matchers| written(&matchers));
        failures.extend(check(mode, input, read, expected));
    }
    report(cases.len(), failures);
}

#[test]
fn as_the_tests_of_the_classic_grammar() {
    upstream("classic", Mode::Classic, parse_list);
    upstream("compliance_classic_only", Mode::Classic, parse_list);
}

#[test]
fn as_the_tests_of_the_utf8_grammar() {
    upstream("utf8", Mode::Utf8, parse_list);
    upstream("compliance_utf8", Mode::Utf8, parse_list);
}

#[test]
fn as_the_tests_of_the_fallback() {
    upstream("fallback", Mode::Fallback, parse_list);
    upstream("fallback_single", Mode::Fallback, |input, mode| {
        Matcher::parse(input, mode).map(|one| vec![one])
    });
}

#[test]
fn as_the_tests_of_a_single_matcher() {
    let data = fixture("matchers_upstream.json");
    let cases = list(&data["utf8_single"]);
    let mut failures = Vec::new();
    for case in cases {
        let input = text(&case["input"]);
        // That test goes around the check for braces, which `Matcher::parse` makes.
        let is_braced = input.starts_with('{') || input.ends_with('}');
        let read = if is_braced {
            assert!(Matcher::parse(input, Mode::Utf8).is_err(), "{input}");
            parse_list(input, Mode::Utf8)
        } else {
            Matcher::parse(input, Mode::Utf8).map(|one| vec![one])
        };
        let expected = if flag(&case["ok"]) { Some(written(&expected_list(case))) } else { None };
        let shown = match read {
            Ok(matchers) if matchers.len() != 1 => None,
            Ok(matchers) => Some(written(&matchers)),
            Err(error) => {
                if !is_braced {
                    assert_eq!(error.what, text(&case["error"]), "{input}");
                }
                None
            }
        };
        if shown != expected {
            failures.push(format!("{input:?}: expected {expected:?}, got {shown:?}"));
        }
    }
    report(cases.len(), failures);
}

#[test]
fn a_matcher_holds_for_the_same_values() {
    let data = fixture("matcher_eval_upstream.json");
    for case in list(&data["cases"]) {
        let matcher = Matcher::new(op(text(&case["op"])), "name", text(&case["pattern"])).unwrap();
        assert_eq!(matcher.matches_value(text(&case["value"])), flag(&case["match"]), "{case}");
    }
}

use proptest::prelude::*;

use super::*;

#[test]
fn a_missing_label_is_the_empty_text() {
    let labels: Labels = [("team", "db")].into_iter().collect();
    for (text, holds) in [
        ("team=db", true),
        ("env=\"\"", true),
        ("env!=prod", true),
        ("env=~\".*\"", true),
        ("env=~\".+\"", false),
        ("env!~\".+\"", true),
        ("team!=\"\"", true),
        ("team=~\"d|b\"", false),
        ("team=~\"d\"", false),
    ] {
        assert_eq!(Matchers::parse(text).unwrap().matches(&labels), holds, "{text}");
    }
}

#[test]
fn shown_as_alertmanager_shows_it() {
    for (op, name, value, shown) in [
        (Op::Equal, "foo", "a\"b\\c\nd\te", "foo=\"a\\\"b\\\\c\\nd\te\""),
        (Op::NotRegexp, "foo bar", "x\ty", "\"foo bar\"!~\"x\\ty\""),
        (Op::Regexp, "é", "", "é=~\"\""),
    ] {
        assert_eq!(Matcher::new(op, name, value).unwrap().to_string(), shown);
    }
}

#[test]
fn errors_say_where_and_how_to_mend() {
    let error = Matchers::parse("{severity=\"critical\", team}").unwrap_err();
    assert_eq!(error.to_string(), "bad matcher format: team");
    assert_eq!(error.column, Some(27));
    assert!(error.hint.is_some());
    let error = Matchers::parse("team=~\"(a\"").unwrap_err();
    assert_eq!(error.to_string(), "error parsing regexp: missing closing ): `(a`");
}

#[test]
fn implication() {
    let implied = |a: &str, b: &str| {
        Matcher::parse(a, Mode::Fallback).unwrap().is_implied_by(&Matcher::parse(b, Mode::Fallback).unwrap())
    };
    assert!(implied("a=~\"x.*\"", "a=xy"));
    assert!(implied("a!=z", "a=~\"x|y\""));
    assert!(implied("a=~\"x.*\"", "a=~\"x.*\""));
    assert!(!implied("a=x", "a=~\"x|y\""));
    assert!(!implied("a=x", "b=x"));
}

#[test]
fn stored_as_alertmanager_stores_it() {
    let matcher = Matcher::new(Op::NotRegexp, "a", "b.*").unwrap();
    let json = serde_json::to_value(&matcher).unwrap();
    assert_eq!(json, serde_json::json!({"name": "a", "value": "b.*", "isRegex": true, "isEqual": false}));
    assert_eq!(serde_json::from_value::<Matcher>(json).unwrap(), matcher);
    let old = serde_json::json!({"name": "a", "value": "b"});
    assert_eq!(serde_json::from_value::<Matcher>(old).unwrap().op(), Op::Equal);
}

fn any_op() -> impl Strategy<Value = Op> {
    prop::sample::select(vec![Op::Equal, Op::NotEqual, Op::Regexp, Op::NotRegexp])
}

proptest! {
    /// What is shown can be read back, in the grammars that know such names.
    #[test]
    fn shown_and_read_again(op in any_op(), name in "[a-z_][a-z0-9_]{0,6}|[^\u{0}]{1,5}", value in any::<String>()) {
        let value = if matches!(op, Op::Regexp | Op::NotRegexp) { regex::escape(&value).replace('\n', "\\n") } else { value };
        let Ok(matcher) = Matcher::new(op, name.clone(), value) else { return Ok(()) };
        let shown = matcher.to_string();
        if crate::domain::label::is_classic_name(&name) {
            prop_assert_eq!(&Matcher::parse(&shown, Mode::Classic).unwrap(), &matcher);
            prop_assert_eq!(&Matcher::parse(&shown, Mode::Fallback).unwrap(), &matcher);
        } else if name.contains(quote::is_reserved) {
            prop_assert_eq!(&Matcher::parse(&shown, Mode::Utf8).unwrap(), &matcher);
        }
    }

    #[test]
    fn no_text_breaks_a_parser(text in "[{}!=~,\\\\\"'`a é\n]{0,20}") {
        for mode in [Mode::Classic, Mode::Utf8, Mode::Fallback] {
            let _ = parse_list(&text, mode);
            let _ = Matcher::parse(&text, mode);
        }
    }
}

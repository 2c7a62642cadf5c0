use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::domain::alert::Alert;
use crate::domain::group::{Facts, Group, State};
use crate::domain::label::Labels;
use crate::domain::picture::AlertPicture;
use crate::domain::priority::Priority;
use crate::domain::time::Timestamp;

/// 2026-04-15T14:00:00Z
pub(super) const NOW: Timestamp = Timestamp::from_ms(1_776_261_600_000);

fn payload() -> Json {
    json!({
        "status": "firing", "state": null, "numFiring": 2, "numResolved": 1, "flag": true, "zero": 0,
        "groupLabels": {"alertname": "Disk full", "zone": "b", "cluster": "eu"},
        "commonLabels": {"severity": "critical"},
        "commonAnnotations": {"runbook_url": "https://r.example.org/disk", "summary": "98 %"},
        "alerts": [{"startsAt": "2026-04-15T15:50:20+02:00", "generatorURL": "https://p.example.org/graph"}],
        "text": "Hello World", "b64": "aGVsbG8=", "raw": "{\"a\": [1, 2]}", "epoch": 1_776_261_600, "ö": "ü",
    })
}

fn context() -> Context {
    let labels: Labels = [("alertname", "Disk full"), ("severity", "critical")].into_iter().collect();
    let mut alert = Alert::new(labels, NOW);
    alert.annotations = [("summary", "98 %")].into_iter().collect();
    alert.values = vec![("A".into(), 98.5)];
    Context::new(NOW)
        .with_json("payload", payload())
        .with("source_link", "https://p.example.org/x")
        .with_alert(alert)
}

fn render(source: &str) -> String {
    match Template::compile(source).and_then(|template| template.render(&context())) {
        Ok(text) => text,
        Err(error) => format!("ERROR {error}"),
    }
}

#[test]
fn what_templates_of_oncall_do() {
    for (source, expected) in [
        ("plain", "plain"),
        ("{{ payload.text }}", "Hello World"),
        (
            "{{ payload['text'] }} {{ payload.get('text') }} {{ payload.get('none', 'x') }}",
            "Hello World Hello World x",
        ),
        // What is not there is empty, as deep as one asks.
        ("[{{ payload.no.such.thing }}][{{ payload.state }}][{{ nothing.at.all }}]", "[][][]"),
        ("{{ payload.no.such.get('x', {}).get('y', 'deep') }}", "deep"),
        ("{{ payload.no.upper() }}|{{ payload.state.upper() }}", "|"),
        ("{{ payload.no | length }}{{ payload.groupLabels | length }}", "03"),
        (
            "{{ payload.text.upper() }} {{ payload.text.lower() }} {{ 'a b'.title() }}",
            "HELLO WORLD hello world A B",
        ),
        (
            "{{ payload.text.split(' ')[0] }} {{ payload.text.split()[1] }} {{ ' x '.strip() }}.",
            "Hello World x.",
        ),
        (
            "{{ payload.text.startswith('Hell') }} {{ payload.text.endswith('d') }} {{ payload.text.replace('World', 'you') }}",
            "True True Hello you",
        ),
        (
            "{{ '{} is {}'.format('a', 1) }} {{ ', '.join(['a', 'b']) }} {{ '%s=%d' | format('a', 3) }}",
            "a is 1 a, b a=3",
        ),
        ("{{ source_link[:8] }} {{ payload.text[-5:] }} {{ payload.text[0] }}", "https:// World H"),
        (
            "{{ 'a/b/c'.rsplit('/', 1)[1] }} {{ 'a=b=c'.partition('=')[2] }} {{ 'v1.2'.removeprefix('v') }}",
            "c b=c 1.2",
        ),
        (
            "{% for k, v in payload.groupLabels.items() %}{{ k }}={{ v }};{% endfor %}",
            "alertname=Disk full;zone=b;cluster=eu;",
        ),
        (
            "{{ payload.groupLabels.values() | join(', ') }}|{{ payload.groupLabels.keys() | list | first }}",
            "Disk full, b, eu|alertname",
        ),
        (
            "{% set l = payload.groupLabels.copy() %}{{ l.pop('alertname', '') }} ({{ l.values() | join(', ') }}) {{ payload.groupLabels | length }}",
            "Disk full (b, eu) 3",
        ),
        (
            "{% set a = payload.commonAnnotations.copy() %}{% set _ = a.pop('runbook_url') %}{{ 'runbook_url' in a }} {{ a | length }} {{ a }}",
            "False 1 {'summary': '98 %'}",
        ),
        ("{% set a = payload.get('labels', {}).copy() %}{{ a.pop('x', 'none of it') }}", "none of it"),
        (
            "{% set d = payload.commonLabels.copy() %}{% set _ = d.update({'team': 'a'}) %}{{ d.team }}{{ d.severity }}",
            "acritical",
        ),
        (
            "{{ {'critical': ':rotating_light:'}[payload.commonLabels.severity] | default(':question:') }}",
            ":rotating_light:",
        ),
        ("{{ {'critical': ':x:'}[payload.commonLabels.none] | default(':question:') }}", ":question:"),
        (
            "{{ payload.status == 'resolved' }} {{ payload.get('state', '') == 'ok' or payload.status == 'firing' }}",
            "False True",
        ),
        (
            "{% if 'labels' in payload %}a{% else %}b{% endif %}{% if payload.status == 'firing' and payload.numFiring -%} 2 {%- endif %}",
            "b2",
        ),
        (
            "{{ payload.alerts[0].generatorURL }} {{ payload.alerts[7].generatorURL }}",
            "https://p.example.org/graph ",
        ),
        ("{# a comment #}{%- set x = 1 -%}\n{{ x }}\n", "1"),
        (
            "{{ payload.text | truncate(8) }} {{ payload.text | truncate(9, true, '…') }}",
            "Hello World Hello World",
        ),
        ("{{ 'one two three four' | truncate(10, leeway=0) }}", "one..."),
        ("{{ 'abcdefghijklmnop' | truncate(5, true, '…', leeway=0) }}", "abcd…"),
        ("{{ '<b>bold</b>' | striptags }} {{ 'a b' | urlencode }}", "bold a%20b"),
    ] {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn lists_of_a_payload() {
    for (source, expected) in [
        (
            "{{ payload.alerts | length }} {{ payload.alerts[:5] | length }} {{ payload.alerts[-1].startsAt[:4] }}",
            "1 1 2026",
        ),
        (
            "{% for alert in payload.alerts %}{{ loop.index }}{{ alert.generatorURL }}{% endfor %}",
            "1https://p.example.org/graph",
        ),
        (
            "{{ payload.alerts | map(attribute='generatorURL') | join(',') }} {{ (payload.alerts | first).generatorURL }}",
            "https://p.example.org/graph https://p.example.org/graph",
        ),
        (
            "{{ payload.alerts | tojson }}",
            r#"[{"startsAt": "2026-04-15T15:50:20+02:00", "generatorURL": "https://p.example.org/graph"}]"#,
        ),
        (
            "{% set d = payload.copy() %}{% set _ = d.update({'self': d}) %}{{ d.self.self is undefined }} {{ d | tojson | length > 10 }}",
            "True True",
        ),
        (
            "{% set _ = payload.commonLabels.pop('severity') %}{{ payload.commonLabels }}{{ payload.commonLabels | length }}",
            "{}0",
        ),
    ] {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn filters_of_oncall() {
    for (source, expected) in [
        // Dates keep the offset that they were written in.
        ("{{ payload.alerts[0].startsAt | iso8601_to_time | datetimeformat }}", "15:50 / 15-04-2026"),
        (
            "{{ payload.alerts[0].startsAt | iso8601_to_time | datetimeformat('%Y-%m-%d %H:%M:%S') }}",
            "2026-04-15 15:50:20",
        ),
        (
            "{{ payload.alerts[0].startsAt | iso8601_to_time | datetimeformat_as_timezone('%H:%M %Z', 'America/New_York') }}",
            "09:50 EDT",
        ),
        ("{{ payload.alerts[0].startsAt | iso8601_to_time }}", "2026-04-15 15:50:20+02:00"),
        ("{{ '2026-04-15T15:50:20.5Z' | iso8601_to_time }}", "2026-04-15 15:50:20.500000+00:00"),
        ("{{ '2026-04-15 15:50:20' | iso8601_to_time | datetimeformat('%H:%M') }}", "15:50"),
        ("[{{ 'yesterday' | iso8601_to_time | datetimeformat }}][{{ none | iso8601_to_time }}]", "[][]"),
        ("{{ '14:00 / 15-04-2026' | datetimeparse | datetimeformat('%d.%m.') }}", "15.04."),
        ("{{ '15 Apr 2026' | datetimeparse('%d %b %Y') | datetimeformat('%Y-%m-%d') }}", "2026-04-15"),
        ("{{ payload.epoch | timestamp_to_datetime | datetimeformat('%H:%M') }}", "14:00"),
        (
            "{{ time() | datetimeformat('%Y') }} {{ now.strftime('%H') }} {{ now.isoformat() }}",
            "2026 14 2026-04-15T14:00:00+00:00",
        ),
        (
            "{{ '1h' | timedeltaparse }} {{ '-2d' | timedeltaparse }} [{{ '1M' | timedeltaparse }}]",
            "1:00:00 -2 days, 0:00:00 []",
        ),
        (
            "{{ now.add('90m').strftime('%H:%M') }} {{ now.sub('1d').day }} {{ now.sub(payload.epoch | timestamp_to_datetime).total_seconds() }}",
            "15:30 14 0.0",
        ),
        ("{{ now > (payload.alerts[0].startsAt | iso8601_to_time) }}", "True"),
        (
            "{{ payload.raw | parse_json | json_dumps }} {{ (payload.raw | parse_json).a[1] }}",
            r#"{"a": [1, 2]} 2"#,
        ),
        ("{{ {'b': 'ü', 'a': [1]} | json_dumps }}", r#"{"a": [1], "b": "\u00fc"}"#),
        ("{{ {'b': 'ü', 'a': {}} | tojson_pretty }}", "{\n    \"a\": {},\n    \"b\": \"ü\"\n}"),
        ("{{ payload.b64 | b64decode }}[{{ '***' | b64decode }}]", "hello[]"),
        (r"{{ payload.text | regex_replace('(\w+) (\w+)', '\\2 \\1 $1') }}", "World Hello $1"),
        (r"{{ 'x=1' | regex_replace('(?P<k>\w)=(\d)', '\\g<k>:\\2') }}", "x:1"),
        (
            "{{ payload.text | regex_match('World') }} {{ payload.text | regex_match('Hel+o') }} {{ payload.text | regex_search('World') }}",
            "False True True",
        ),
        (
            "{{ alert.values.A }} {{ labels.severity }} {{ annotations.summary }} {{ alert.status }}",
            "98.5 critical 98 % firing",
        ),
    ] {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn conditions() {
    let context = context();
    for (source, expected) in [
        ("{{ payload.status == 'firing' }}", true),
        (" OK\n", true),
        ("1", true),
        ("{{ payload.flag }}", true),
        ("{{ payload.zero }}", false),
        ("yes", false),
        ("", false),
        ("{{ payload.none }}", false),
    ] {
        assert_eq!(Template::compile(source).unwrap().is_true(&context), Ok(expected), "{source}");
    }
}

#[test]
fn one_context_serves_many_renderings() {
    let context = context();
    let popping = Template::compile("{{ labels.pop('severity') }}{{ labels | length }}").unwrap();
    for _ in 0..2 {
        assert_eq!(popping.render(&context).unwrap(), "critical1");
    }
}

#[test]
fn mistakes_say_where_what_and_how() {
    for (source, expected) in [
        ("{{ .Labels.severity }}", "write|labels.severity"),
        ("{{ .CommonAnnotations.summary }}", "Go template|payload.commonAnnotations.summary"),
        ("{{ $labels.instance }}", "Go template|labels.instance"),
        ("{{ range .Alerts }}x{{ end }}", "{% for"),
        ("{{ if eq .Status \"firing\" }}x{{ end }}", "{% if"),
        ("a\n  {{ payload.x | jsonify }}", "line 2, column 18|there is no filter `jsonify`"),
        ("{{ payload | tojson_prety }}", "did you mean `tojson_pretty`"),
        ("{% if a %}", "line 1"),
        ("{{ 'x' | regex_search('(') }}", "is no regex"),
        ("{{ 'x' | regex_search('(?=a)') }}", "looks around"),
        ("{{ now + ('1h' | timedeltaparse) }}", "moment.add"),
        ("{{ now | datetimeformat('%!') }}", "no time format"),
        ("{{ now | datetimeformat_as_timezone('%H', 'Mars/Base') }}", "no time zone"),
        (
            "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
            "too many steps",
        ),
        ("{{ 'x' * 100000000000 }}", "too much text|payload.text[:500]"),
    ] {
        let text = render(source);
        assert!(text.starts_with("ERROR "), "{source}: {text}");
        for part in expected.split('|').filter(|part| *part != "write") {
            assert!(text.contains(part), "{source}: {text}");
        }
    }
    assert!(Template::compile(&"x".repeat(50_001)).is_err());
}

#[test]
fn filters_inside_quotes_comments_and_raw_are_no_filters() {
    assert_eq!(
        render("{{ 'a | nope' }}{# | nope #}{% raw %}{{ x | nope }}{% endraw %} | nope"),
        "a | nope{{ x | nope }} | nope"
    );
}

#[test]
fn long_output_is_cut_at_a_character_and_marked() {
    let text = render("{% for i in range(30000) %}ab€{% endfor %}");
    assert_eq!(text.chars().count(), 50_002);
    assert!(text.ends_with("ab.."));
    let mut all = "€".repeat(50_000);
    assert!(!cut(&mut all));
}

#[test]
fn variables_that_are_read() {
    let names = Template::compile("{% set x = label.y %}{{ x }}{{ payload.a }}{{ time() }}{{ loop }}")
        .unwrap()
        .variables();
    assert_eq!(names, ["label", "loop", "payload"]);
}

#[test]
fn known_filters_are_those_of_the_engine() {
    let mut state = base().empty_state();
    for name in filters::NAMES {
        assert!(state.perform_test("filter", &[Value::from(*name)]).unwrap(), "{name}");
    }
}

#[test]
fn a_group_has_the_payload_alertmanager_would_send() {
    let one = |host: &str, ended: Option<Timestamp>| {
        let labels = [("alertname", "Disk"), ("host", host)].into_iter().collect();
        // As it is kept: the last it said while it fired.
        AlertPicture { alert: Alert::new(labels, NOW), firing: ended.is_none(), since: NOW, ended }
    };
    let group = Group {
        id: 7,
        number: 24,
        integration: "am".to_owned(),
        kind: "alertmanager".to_owned(),
        receiver: "ops".to_owned(),
        route: "{}".to_owned(),
        group_key: "{}:{}".to_owned(),
        group_labels: [("alertname", "Disk")].into_iter().collect(),
        channels: Vec::new(),
        title: "Disk".to_owned(),
        priority: Priority::P1,
        state: State::Firing,
        facts: Facts { message: Some("it is full".to_owned()), ..Facts::default() },
        firing: 11,
        resolved: 3,
        notified_at: None,
        flushed_at: None,
        created_at: NOW,
        updated_at: NOW,
        resolved_at: None,
        attached_to: None,
    };
    let payload = group_payload(&group, &[one("a", None), one("b", Some(NOW))]);
    assert_eq!(payload["status"], "firing");
    assert_eq!(
        (&payload["numFiring"], &payload["numResolved"]),
        (&json!(11), &json!(3)),
        "all, not the shown"
    );
    assert_eq!(payload["commonLabels"], json!({"alertname": "Disk"}));
    assert_eq!(payload["groupLabels"], json!({"alertname": "Disk"}));
    assert_eq!(payload["message"], "it is full");
    let alerts = &payload["alerts"];
    assert_eq!((&alerts[0]["status"], &alerts[1]["status"]), (&json!("firing"), &json!("resolved")));
    assert_eq!(alerts[0]["startsAt"], "2026-04-15T14:00:00Z");
    assert_eq!(
        (&alerts[0]["endsAt"], &alerts[1]["endsAt"]),
        (&json!("0001-01-01T00:00:00Z"), &json!("2026-04-15T14:00:00Z"))
    );
}

proptest! {
    #[test]
    fn no_source_panics(source in "(\\PC|\\{\\{|\\}\\}|\\{%|%\\}|\\{#|\\||\\n| payload | pop | raw ){0,20}") {
        if let Ok(template) = Template::compile(&source) {
            let _ = template.render(&context());
            let _ = template.variables();
        }
    }

    #[test]
    fn no_filter_panics_on_any_text(text in "\\PC{0,30}", pattern in "\\PC{0,12}") {
        let context = Context::new(NOW).with("t", text).with("p", pattern);
        for source in [
            "{{ t | datetimeparse(p) }}", "{{ t | iso8601_to_time }}", "{{ now | datetimeformat(p) }}", "{{ t | timedeltaparse }}",
            "{{ t | regex_replace(p, t) }}", "{{ t | regex_match(p) }}", "{{ t | b64decode }}", "{{ t | parse_json | json_dumps }}",
            "{{ t | float | timestamp_to_datetime }}", "{{ t.format(p) }}", "{{ t.rsplit(p) }}", "{{ t | truncate(3) }}", "{{ now.add(t) }}",
        ] {
            let _ = Template::compile(source).unwrap().render(&context);
        }
    }
}

#[test]
fn a_panic_of_the_engine_is_an_error_of_the_template() {
    let error = contained::<()>(|| panic!("on purpose")).unwrap_err();
    assert!(error.what.contains("engine failed"), "{error}");
}

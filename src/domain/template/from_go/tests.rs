//! Translated templates render as Alertmanager renders the originals. The expected texts are what
//! `amtool template render` 0.25.0 prints for these templates and this data.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::domain::template::{Context, Template};
use crate::domain::time::Timestamp;

fn data() -> Json {
    json!({"receiver":"team-x","status":"firing","alerts":[
{"status":"firing","labels":{"alertname":"HighLatency","instance":"db1","severity":"critical"},"annotations":{"summary":"p99 is 2s","description":"slow \"disk\""},"startsAt":"2026-11-21T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom/graph?g0=1","fingerprint":"aa11"},
{"status":"resolved","labels":{"alertname":"HighLatency","instance":"db2","severity":"critical"},"annotations":{"summary":"p99 was 3s"},"startsAt":"2026-11-21T09:00:00Z","endsAt":"2026-11-21T10:00:00Z","generatorURL":"http://prom/graph?g0=2","fingerprint":"bb22"}],
"groupLabels":{"alertname":"HighLatency"},"commonLabels":{"alertname":"HighLatency","severity":"critical"},"commonAnnotations":{},"externalURL":"http://am"})
}

const CASES: &[(&str, &str)] = &[
    (
        r####"[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join " " }} {{ if gt (len .CommonLabels) (len .GroupLabels) }}({{ with .CommonLabels.severity }}{{ . }}{{ end }}){{ end }}"####,
        r####"[FIRING:1] HighLatency (critical)"####,
    ),
    (
        r####"{{ range .Alerts }}*Alert:* {{ .Annotations.summary }} - `{{ .Labels.severity }}`{{ range .Labels.SortedPairs }} {{ .Name }}={{ .Value }}{{ end }};{{ end }}"####,
        r####"*Alert:* p99 is 2s - `critical` alertname=HighLatency instance=db1 severity=critical;*Alert:* p99 was 3s - `critical` alertname=HighLatency instance=db2 severity=critical;"####,
    ),
    (
        r####"{{ .CommonLabels.alertname }} {{ .CommonAnnotations.summary }}|{{ .CommonLabels.nope }}"####,
        r####"HighLatency |"####,
    ),
    (r####"{{ range .Alerts.Firing -}}  {{ .Labels.instance }} {{- end }}"####, r####"db1"####),
    (
        r####"{{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ $i }}:{{ $a.Labels.instance }}{{ end }}"####,
        r####"0:db1, 1:db2"####,
    ),
    (
        r####"{{ $name := .GroupLabels.alertname }}{{ range .Alerts }}{{ $name }}/{{ $.Status }}/{{ .Fingerprint }} {{ end }}"####,
        r####"HighLatency/firing/aa11 HighLatency/firing/bb22 "####,
    ),
    (
        r####"{{ range $k, $v := .CommonLabels }}{{ $k }}={{ $v }} {{ end }}"####,
        r####"alertname=HighLatency severity=critical "####,
    ),
    (
        r####"{{ if and (eq .Status "firing") (ne .Receiver "x") }}yes{{ else }}no{{ end }}"####,
        r####"yes"####,
    ),
    (
        r####"{{ if eq .Status "a" }}1{{ else if eq .Status "firing" "b" }}2{{ else }}3{{ end }}"####,
        r####"2"####,
    ),
    (
        r####"{{/* nothing */}}{{ (index .Alerts 0).Labels.instance }} {{ index .CommonLabels "severity" }}"####,
        r####"db1 critical"####,
    ),
    (r####"{{ printf "%s has %d: 100%%" .Receiver (len .Alerts) }}"####, r####"team-x has 2: 100%"####),
    (
        r####"{{ reReplaceAll "High(.*)" "low" .CommonLabels.alertname }} {{ if match "^db" (index .Alerts 0).Labels.instance }}db{{ end }}"####,
        r####"low db"####,
    ),
    (
        r####"{{ with .CommonAnnotations.runbook }}{{ . }}{{ else }}none {{ .Status }}{{ end }}"####,
        r####"none firing"####,
    ),
    (
        r####"{{ range .Alerts.Resolved }}{{ .Labels.instance }}{{ else }}none{{ end }} {% raw %} {# x #}"####,
        r####"db2 {% raw %} {# x #}"####,
    ),
    (
        r####"{{ if not .CommonAnnotations.x }}{{ .GroupLabels.Names | join "," }}{{ end }} {{ "a\"b" }} {{ `c` }} {{ .CommonLabels.severity | title }}"####,
        r####"alertname a"b c Critical"####,
    ),
    (
        r####"{{ (len .Alerts) }}{{ if (eq .Status "firing") }} {{(index .Alerts 1).Annotations.summary}}{{end}}"####,
        r####"2 p99 was 3s"####,
    ),
    (
        r####"a
  {{- range .Alerts }}
- {{ .Labels.instance }}{{ with .Annotations.description }} ({{ . }}){{ end }}
  {{- end }}"####,
        r####"a
- db1 (slow "disk")
- db2"####,
    ),
    (
        r####"{{ $a := index .Alerts 0 }}{{ $a.Labels.instance }} {{ with $x := .Status }}{{ $x }}{{ . }}{{ end }}"####,
        r####"db1 firingfiring"####,
    ),
    (r####"no tags at all <!here>"####, r####"no tags at all <!here>"####),
    (
        r####"{{ range .Alerts }}{{ range .Labels.SortedPairs }}{{ if eq .Name "instance" }}{{ .Value }}{{ break }}{{ end }}{{ end }} {{ end }}"####,
        r####"db1 db2 "####,
    ),
];

fn rendered(go: &str) -> String {
    let FromGo::Template(ours) = from_go(go).unwrap_or_else(|error| panic!("{go}: {error}")) else {
        panic!("{go} is built in")
    };
    let template = Template::compile(&ours).unwrap_or_else(|error| panic!("{go} → {ours}: {error}"));
    let context = Context::new(Timestamp::from_ms(0)).with_json("payload", data());
    template.render(&context).unwrap_or_else(|error| panic!("{go} → {ours}: {error}"))
}

#[test]
fn translations_render_as_alertmanager_does() {
    for (go, expected) in CASES {
        assert_eq!(rendered(go), *expected, "{go}");
    }
}

#[test]
fn built_in_texts_are_firebells_own() {
    for go in ["{{ template \"slack.default.title\" . }}", " {{- template \"slack.default.text\" . -}} "] {
        assert_eq!(from_go(go), Ok(FromGo::BuiltIn), "{go}");
    }
}

#[test]
fn what_has_no_counterpart_is_named() {
    for (go, named) in [
        ("{{ .ExternalURL }}", "`.ExternalURL`"),
        ("{{ template \"my.title\" . }}", "`{{ template … }}`"),
        ("{{ (index .Alerts 0).StartsAt.Format \"15:04\" }}", "`.Format`"),
        ("{{ humanize 3 }}", "the function `humanize`"),
        ("{{ reReplaceAll \"(a)\" \"$1\" .Status }}", "the function `reReplaceAll`"),
        ("{{ printf \"%05d\" 3 }}", "printf"),
        ("{{ .Alerts }}", "a whole list"),
        ("{{ range .Status }}{{ end }}", "`range`"),
        ("{{ if .Status }}", "without its `{{ end }}`"),
        ("{{ end }}", "without its block"),
        ("{{ $x }}", "`$x`"),
        ("{{ .Status", "without its `}}`"),
        ("{{ \"a }}", "closing quote"),
        ("{{ .CommonLabels.Remove .GroupLabels }}", "`.Remove`"),
    ] {
        let refused = from_go(go).expect_err(go);
        assert!(refused.0.contains(named), "{go}: {refused}");
    }
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(from_go(&deep).expect_err("deep").0.contains("parentheses"));
}

proptest! {
    /// Whatever is translated is a template that compiles, and nothing panics.
    #[test]
    fn a_translation_compiles(parts in proptest::collection::vec(prop_oneof![
        Just("{{"), Just("}}"), Just("{{-"), Just("-}} "), Just(" .Alerts"), Just(" range"), Just(" if"), Just(" end "),
        Just(" else"), Just(" .Labels.a"), Just(" $x"), Just(":="), Just(" | len"), Just(" ("), Just(")"), Just("\"a\""),
        Just("{%"), Just("{#"), Just(" x "), Just(" eq"), Just(" .Status"), Just(" 1"), Just("é"),
    ], 0..14)) {
        if let Ok(FromGo::Template(ours)) = from_go(&parts.concat()) {
            prop_assert!(Template::compile(&ours).is_ok(), "{:?} → {ours}", parts.concat());
        }
    }
}

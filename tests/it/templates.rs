//! Templates that would fill the memory, judged from outside: the program runs with little of it.

use std::process::Command;

/// `check` renders every template with what an angry sender might send. Each of these made the program grow by gigabytes.
#[test]
fn hostile_templates_are_stopped_within_a_small_memory() {
    const DATA_KIB: u64 = 256 * 1_024;
    let double = "{% set a = payload.s %}".to_owned() + &"{% set a = a ~ a %}".repeat(60) + "{{ a }}";
    let nested = "{% set a = payload.s %}".to_owned() + &"{% set a = [a, a] %}".repeat(60) + "{{ a }}";
    let folded = "{{ ".to_owned() + &["'x' * 100000000"; 40].join(" ~ ") + " }}";
    let templates = [
        double.as_str(),
        nested.as_str(),
        folded.as_str(),
        "{{ '%1000000000d' | format(1) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ payload.a | replace('a', payload.b) }}",
        "{{ payload.a.replace('a', payload.b) }}",
        "{{ payload.a | indent(1000000000) }}",
        "{{ payload.a | list | join(payload.b) }}",
        "{{ payload.a | list | batch(1000000000, 'x') }}",
        "{{ payload | tojson(indent=1000000) }}",
        "{% set x %}{% for i in range(100000) %}{{ payload.a }}{% endfor %}{% endset %}{{ x }}",
        "{% macro f(x, n) %}{% if n %}{{ f(x ~ x, n - 1) }}{% endif %}{% endmacro %}{{ f('aaaaaaaaaaaa', 100) }}",
        "{% set n = namespace(a='x') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
    ];
    let receivers: String = templates
        .iter()
        .enumerate()
        .map(|(nth, template)| {
            let text = serde_json::Value::from(*template);
            format!("  - {{name: r{nth}, slack: {{channel: '#a', text: {text}}}}}\n")
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("firebell.yaml");
    std::fs::write(&config, format!("route: {{receiver: r0}}\nreceivers:\n{receivers}")).unwrap();
    let limited = format!("ulimit -d {DATA_KIB}; exec \"$0\" check --config \"$1\"");
    let output = Command::new("sh")
        .args(["-c", &limited, env!("CARGO_BIN_EXE_firebell")])
        .arg(&config)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    let stopped = text.matches("with very long values this template is stopped").count();
    assert_eq!(stopped, templates.len(), "{text}");
}

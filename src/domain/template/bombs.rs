//! Templates that grow without end, each with the bound that has to stop it.

use serde_json::json;

use super::tests::NOW;
use super::{Context, Template};

/// A payload as an angry sender would write it.
fn context() -> Context {
    let long = "a%s{}\n ".repeat(20_000);
    let list: Vec<_> = (0..2_000).map(|n| json!({"n": n, "text": "x".repeat(50)})).collect();
    Context::new(NOW).with_json("payload", json!({"long": long, "list": list, "n": 1_000_000_000, "s": "a"}))
}

fn doubling(step: &str, times: usize) -> String {
    format!("{{% set a = payload.s %}}{}{{{{ a }}}}", step.repeat(times))
}

fn bombs() -> Vec<String> {
    let mut bombs = vec![
        doubling("{% set a = a ~ a %}", 60),
        doubling("{% set a = a + a %}", 60),
        doubling("{% set a = [a, a] %}", 60),
        doubling("{% set a = (a, a) %}", 60),
        doubling("{% set a = {'x': a, 'y': a} %}", 60),
        doubling("{% set a = [a] + [a] %}", 60),
        doubling("{% set a = a * 9 %}", 60),
        doubling("{% set a = 9 * a %}", 60),
        doubling("{% set a = a | list %}{% set a = a | chain(a) %}", 60),
        doubling("{% set a = {'x': a} %}{% set a = a | chain(a) %}", 60),
        doubling("{% set a = [a, a] | join %}", 60),
        doubling("{% set a = ''.join([a, a]) %}", 60),
        doubling("{% set a = a.join(['', '', '']) %}", 60),
        doubling("{% set a = '%s%s' | format(a, a) %}", 60),
        doubling("{% set a = '{0}{0}'.format(a) %}", 60),
        doubling("{% set a = a | replace('a', 'aa') %}", 60),
        doubling("{% set a = a.replace('a', 'aa') %}", 60),
        doubling("{% set a = a | replace('', 'a') %}", 60),
        doubling("{% set a = a | regex_replace('a', 'aa') %}", 60),
        doubling(r"{% set a = a | regex_replace('.+', '\\g<0>\\g<0>') %}", 60),
        doubling("{% set a %}{{ a }}{{ a }}{% endset %}", 60),
        doubling("{% set a = dict(x=a, y=a) %}", 60),
        doubling("{% set a = [a, a] | sum(start=[]) | list %}", 60),
        doubling("{% set a = [a, a] | tojson %}", 60),
        doubling("{% set a = [a, a] | json_dumps %}", 60),
        doubling("{% set a = [[a, a]] | map('join') | first %}", 60),
        doubling("{% set a = [a, a] | zip([a, a]) | list %}", 60),
        doubling("{% set a = [a, a] | batch(1) | list %}", 60),
        doubling("{% set a = [a] %}{% set a = a[::-1] %}", 400),
        doubling("{% set a = [a] %}", 2_500),
        doubling("{% set a = (a | urlencode) ~ (a | urlencode) ~ '%' %}", 60),
    ];
    for one in [
        "{{ 'x' * payload.n }}",
        "{{ [1] * payload.n }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '%-*d' | format(1000000000, 1) }}",
        "{{ '%.1000000000f' | format(1.5) }}",
        "{{ '%s'  * 10000 | format(payload.long) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ '{:>{}}'.format(1, payload.n) }}",
        "{{ payload.long | replace('a', payload.long) }}",
        "{{ payload.long.replace('a', payload.long) }}",
        "{{ payload.long | regex_replace('a', payload.long) }}",
        "{{ payload.long | regex_replace(payload.long, 'b') }}",
        "{{ payload.long | indent(payload.n) }}",
        "{{ payload.long | indent(width=payload.n) }}",
        "{{ payload.list | map(attribute='n') | join(payload.long) }}",
        "{{ payload.list | map(attribute='n') | join(d=payload.long) }}",
        "{{ payload.long.join(payload.list) }}",
        "{{ payload.list | batch(payload.n, 'x') }}",
        "{{ payload.list | slice(payload.n, 'x') }}",
        "{{ payload | tojson(indent=payload.n) }}",
        "{{ payload.list | map('replace', '', payload.long) | list }}",
        "{{ payload.list | map('truncate', 0, end=payload.long, leeway=0) | list }}",
        "{{ range(100000) | map('chain', payload.list) | list }}",
        "{% for i in range(100000) %}{% set x %}{{ payload.long }}{% endset %}{% endfor %}",
        "{% set x %}{% for i in range(100000) %}{{ payload.long }}{% endfor %}{% endset %}",
        "{% set n = namespace(a='x') %}{% for i in range(1000) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
        "{% set n = namespace(a=[]) %}{% for i in range(100000) %}{% set n.a = [n.a, i] %}{% endfor %}{{ n.a }}",
        "{% set n = namespace(a=[]) %}{% for i in range(100000) %}{% set n.a = n.a[:] + [i] %}{% endfor %}",
        "{% set n = namespace() %}{% set n.a = n %}{{ n }}",
        "{% set n = namespace() %}{% set n.a = [{'x': n}] %}{{ n }}",
        "{% set n = namespace() %}{% for n.a in [n] %}{% endfor %}{{ n }}",
        "{% set n = namespace() %}{% with n.a = n %}{% endwith %}{{ n }}",
        "{% macro f(x, n) %}{% if n %}{{ f(x ~ x, n - 1) }}{% endif %}{% endmacro %}{{ f('aaaaaaaa', 100) }}",
        "{% macro f(x) %}{{ x }}{{ x }}{% endmacro %}{{ f(f(f(f(f(f(f(f(f(f(payload.long)))))))))) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for i in range(1000) %}{% for j in range(1000) %}{% macro f() %}{{ i }}{% endmacro %}{% endfor %}{% endfor %}",
        "{% macro f() %}{% endmacro %}{{ f(*range(100000), *range(100000), *range(100000), *range(100000), *range(100000), *range(100000)) }}",
        "{% for i in range(100000) %}{% if 'zz' in payload.long %}{% endif %}{% endfor %}",
        "{{ range(100000) | select('in', payload.list) | list }}",
        "{% for i in range(100000) %}{% if payload.list == payload.list %}{% endif %}{% endfor %}",
        "{% for i in range(100000) %}{% set x = payload.long | regex_search('zz$') %}{% endfor %}",
        "{% for i in range(100000) %}{% set x = 'a' | regex_search('(?i)\\pL{20}' ~ i) %}{% endfor %}",
        "{% set d = payload.copy() %}{% for i in range(60) %}{% set _ = d.update({'a': d, 'b': d}) %}{% endfor %}{{ d }}",
        "{% set d = payload.copy() %}{% for i in range(60) %}{% set _ = d.update({(i, 1): {(1, 2): d}}) %}{% endfor %}{{ d }}",
        "{% filter replace('a', payload.long) %}{{ payload.long }}{% endfilter %}",
        "{% autoescape 'html' %}{% set x %}{% for i in range(100000) %}{{ '<' * 10000 }}{% endfor %}{% endset %}{% endautoescape %}",
        "{{ now | datetimeformat('%255Y' * 1000000) }}",
        "{{ ('[' ~ '1,' * 4000000 ~ '1]') | parse_json }}",
    ] {
        bombs.push(one.to_owned());
    }
    let raw = "x".repeat(40_000);
    bombs.push(format!("{{% set x %}}{{% for i in range(100000) %}}{raw}{{% endfor %}}{{% endset %}}"));
    bombs
}

/// Each ends by itself: with a mistake that says so, or because it was harmless after all. How much memory it took is
/// judged from outside, by `tests/it/templates.rs`.
#[test]
fn every_bomb_is_stopped() {
    for bomb in bombs() {
        let start: String = bomb.chars().take(110).collect();
        let ended = Template::compile(&bomb).and_then(|template| template.render(&context()));
        let what = match ended {
            Ok(text) => format!("{} characters", text.chars().count()),
            Err(error) => error.what,
        };
        assert!(what.chars().count() < 600, "{start}: {what}");
        assert!(!what.contains("template engine failed"), "{start}: {what}");
    }
}

/// Many templates over one body share what they may take: ten thousand alerts cannot each do what one may.
#[test]
fn templates_over_one_body_share_an_allowance() {
    let busy = Template::compile("{% for i in range(90000) %}{% set x = i %}{% endfor %}").unwrap();
    let long = Template::compile("{{ payload.long }}").unwrap();
    for template in [busy, long] {
        let body = context();
        let done =
            (0..10_000).take_while(|n| template.render(&body.clone().with("index", *n)).is_ok()).count();
        assert!((10..1_000).contains(&done), "{done}");
        assert!(template.render(&body).unwrap_err().what.contains("together"));
        assert!(template.render(&context()).is_ok());
    }
}

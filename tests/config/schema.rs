//! The JSON Schema takes what the program takes.

use firebell::config::{Need, json_schema};
use serde_json::Value as Json;

use super::{file, load, variables};

/// As much of JSON Schema as ours uses. `Err` says where it does not fit.
fn fits(root: &Json, schema: &Json, value: &Json, at: &str) -> Result<(), String> {
    if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
        let name = name.strip_prefix("#/$defs/").unwrap();
        fits(root, &root["$defs"][name], value, at)?;
    }
    if let Some(options) = schema.get("anyOf").and_then(Json::as_array) {
        let tried: Vec<_> = options.iter().map(|option| fits(root, option, value, at)).collect();
        if tried.iter().all(Result::is_err) {
            return Err(format!("{at}: none of anyOf: {tried:?}"));
        }
    }
    if let Some(all) = schema.get("allOf").and_then(Json::as_array) {
        for one in all {
            let names = one["not"]["required"].as_array().unwrap();
            if names.iter().all(|n| value.get(n.as_str().unwrap()).is_some()) {
                return Err(format!("{at}: not both of {names:?}"));
            }
        }
    }
    if let Some(options) = schema.get("enum").and_then(Json::as_array)
        && !options.contains(value)
    {
        return Err(format!("{at}: {value} is none of {options:?}"));
    }
    if let Some(types) = schema.get("type") {
        let is = |name: &str| match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_u64(),
            "number" => value.is_number(),
            other => panic!("{at}: unknown type {other}"),
        };
        let fine = match types {
            Json::Array(names) => names.iter().any(|n| is(n.as_str().unwrap())),
            name => is(name.as_str().unwrap()),
        };
        if !fine {
            return Err(format!("{at}: {value} is not {types}"));
        }
    }
    if let (Some(pattern), Some(text)) = (schema.get("pattern").and_then(Json::as_str), value.as_str())
        && !regex::Regex::new(pattern).unwrap().is_match(text)
    {
        return Err(format!("{at}: {text:?} does not match {pattern}"));
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (nth, item) in list.iter().enumerate() {
            fits(root, items, item, &format!("{at}[{nth}]"))?;
        }
    }
    let Some(map) = value.as_object() else { return Ok(()) };
    for name in schema.get("required").and_then(Json::as_array).into_iter().flatten() {
        if !map.contains_key(name.as_str().unwrap()) {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    for (key, item) in map {
        let at = format!("{at}.{key}");
        match (schema.get("properties").and_then(|p| p.get(key)), schema.get("additionalProperties")) {
            (Some(property), _) => fits(root, property, item, &at)?,
            (None, Some(Json::Bool(false))) => return Err(format!("{at}: unknown")),
            (None, Some(other)) => fits(root, other, item, &at)?,
            (None, None) => {}
        }
    }
    Ok(())
}

#[test]
fn the_examples_fit_the_schema_and_pass_the_check() {
    let schema = json_schema();
    let env = variables(&[
        ("SLACK_BOT_TOKEN", "xoxb-1"),
        ("SLACK_APP_TOKEN", "xapp-1"),
        ("GRAFANA_TOKEN", "0123456789abcdef"),
        ("PROMETHEUS_TOKEN", "0123456789abcdeg"),
        ("BACKUPS_TOKEN", "0123456789abcdeh"),
    ]);
    for (name, need) in [("firebell.yaml", Need::Serve), ("alertmanager.yaml", Need::Check)] {
        let text = file(&format!("examples/{name}"));
        let loaded = firebell::config::load_str(&text, need, &env);
        assert!(loaded.config.is_some() && loaded.report.findings.is_empty(), "{name}\n{}", loaded.report);
        let json: Json = serde_saphyr::from_str(&text).unwrap();
        fits(&schema, &schema, &json, name).unwrap();
    }
}

/// Whoever looks for a key finds it there, with an example.
#[test]
fn the_example_shows_every_key_of_incidents() {
    let (schema, text) = (json_schema(), file("examples/firebell.yaml"));
    let from = text.find("incidents:").unwrap();
    let mut left = Vec::new();
    for section in [
        "incidents",
        "severity",
        "status",
        "role",
        "announcement",
        "invitation",
        "rights",
        "api",
        "api_token",
    ] {
        let definition = &schema["$defs"][section]["properties"];
        for key in definition.as_object().unwrap_or_else(|| panic!("no {section}")).keys() {
            // In flow style too, and where a secret may stand in a file instead.
            let shown = [format!("{key}:"), key.clone()];
            let is_file = key.ends_with("_file");
            if !text[from..].contains(&shown[usize::from(is_file)]) {
                left.push(format!("{section}.{key}"));
            }
        }
    }
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn the_schema_refuses_what_the_check_refuses() {
    let schema = json_schema();
    for yaml in [
        "rout: {}",
        "links: [{name: x}]",
        "store: {url: a, url_file: b}",
        "store: {retention: soon}",
        "slack: {mode: both, bot_token: x}",
        "server: {max_body: [1]}",
        "integrations: [{name: a, kind: grafna, token: x}]",
    ] {
        let yaml = format!("{}{yaml}", super::RULES);
        let json: Json = serde_saphyr::from_str(&yaml).unwrap();
        assert!(fits(&schema, &schema, &json, "").is_err(), "{yaml}");
        assert!(load(&yaml, Need::Check).config.is_none(), "{yaml}");
    }
}

/// Sets every key there is, one after the other, to something: none may be unknown to the reader.
#[test]
fn every_key_of_the_schema_is_known_to_the_reader() {
    let schema = json_schema();
    let top = schema["properties"].as_object().unwrap();
    assert!(top.len() > 12);
    for key in top.keys() {
        let loaded = load(&format!("{key}:\n"), Need::Check);
        assert!(loaded.report.findings.iter().all(|f| f.code != "unknown-key"), "{key}");
    }
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for (key, property) in definition["properties"].as_object().unwrap() {
            let doc = property["description"].as_str().unwrap_or_default();
            assert!(doc.len() >= 4, "{name}.{key} has no description");
        }
    }
}

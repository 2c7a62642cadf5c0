//! The JSON Schema of a section, made from the very code that reads it.

use serde_json::{Map, Value as Json, json};

use super::fields::{Fields, Section};
use super::node::{Node, Value};

/// The schemas that are referred to by name; a section that holds itself (a route) stands here once.
#[derive(Debug, Default)]
pub struct Definitions(Map<String, Json>);

impl Definitions {
    pub(super) fn section<S: Section>(&mut self) -> Json {
        if !self.0.contains_key(S::NAME) {
            self.0.insert(S::NAME.to_owned(), Json::Null);
            let described = Fields::describe_section::<S>(self);
            self.0.insert(S::NAME.to_owned(), described);
        }
        json!({"$ref": format!("#/$defs/{}", S::NAME)})
    }
}

/// The whole schema of a document whose root is `S`.
pub fn document<S: Section>(title: &str) -> Json {
    let mut definitions = Definitions::default();
    let mut root = Fields::describe_section::<S>(&mut definitions);
    set(&mut root, "$schema", json!("https://json-schema.org/draft/2020-12/schema"));
    set(&mut root, "title", json!(title));
    set(&mut root, "$defs", Json::Object(definitions.0));
    root
}

/// The schema of one map while it is being described.
pub(super) struct Object {
    about: &'static str,
    properties: Map<String, Json>,
    required: Vec<String>,
    excluded: Vec<Json>,
}

impl Object {
    pub(super) fn new(about: &'static str) -> Self {
        Self { about, properties: Map::new(), required: Vec::new(), excluded: Vec::new() }
    }

    pub(super) fn property(&mut self, key: &str, doc: &str, mut schema: Json) {
        set(&mut schema, "description", json!(doc));
        self.properties.insert(key.to_owned(), schema);
    }

    pub(super) fn require(&mut self, key: &str) {
        self.required.push(key.to_owned());
    }

    /// Not both of these keys.
    pub(super) fn exclude(&mut self, one: &str, other: &str) {
        self.excluded.push(json!({"not": {"required": [one, other]}}));
    }

    pub(super) fn into_json(self) -> Json {
        let mut schema = json!({
            "description": self.about,
            "type": "object",
            "additionalProperties": false,
            "properties": self.properties,
        });
        if !self.required.is_empty() {
            set(&mut schema, "required", json!(self.required));
        }
        if !self.excluded.is_empty() {
            set(&mut schema, "allOf", json!(self.excluded));
        }
        schema
    }
}

pub(super) fn set(schema: &mut Json, key: &str, value: Json) {
    if let Json::Object(map) = schema {
        map.insert(key.to_owned(), value);
    }
}

/// A secret has no default, no example and no shape in the schema.
pub(super) fn secret() -> Json {
    json!({"type": "string", "writeOnly": true})
}

pub(super) fn path() -> Json {
    json!({"type": "string", "minLength": 1})
}

/// A value that is not text may still be written as `${VAR}`.
pub(super) fn or_variable(schema: Json) -> Json {
    json!({"anyOf": [schema, {"type": "string", "pattern": "\\$\\{"}]})
}

/// A default as the schema shows it.
pub(super) fn node_to_json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::List(items) => items.iter().map(node_to_json).collect(),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|e| (e.key.clone(), node_to_json(&e.node))).collect())
        }
        Value::Scalar(scalar) if scalar.plain => match scalar.text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text => match (text.parse::<u64>(), text.parse::<f64>()) {
                (Ok(whole), _) => json!(whole),
                (_, Ok(number)) => json!(number),
                _ => json!(text),
            },
        },
        Value::Scalar(scalar) => json!(scalar.text),
    }
}

/// The known word a person most likely meant.
pub(super) fn nearest<'n>(word: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let lower = word.to_lowercase();
    known
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (word.chars().count().max(name.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word() {
        let known = ["receiver", "routes", "group_by", "group_wait", "match"];
        for (word, expected) in [
            ("reciever", Some("receiver")),
            ("Receiver", Some("receiver")),
            ("group-by", Some("group_by")),
            ("matches", Some("match")),
            ("something", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        }
    }
}

//! The values of inputs: what an element holds, what it starts with, and what Slack checks before it submits.

use serde_json::{Map, Value, json};

/// For an element type: the key its value stands under, the key it starts from, and whether it holds many.
fn slots(kind: &str) -> Option<(&'static str, &'static str, bool)> {
    Some(match kind {
        "plain_text_input" | "email_text_input" | "url_text_input" | "number_input" => {
            ("value", "initial_value", false)
        }
        "rich_text_input" => ("rich_text_value", "initial_value", false),
        "static_select" | "external_select" | "radio_buttons" => ("selected_option", "initial_option", false),
        "multi_static_select" | "multi_external_select" | "checkboxes" => {
            ("selected_options", "initial_options", true)
        }
        "users_select" => ("selected_user", "initial_user", false),
        "multi_users_select" => ("selected_users", "initial_users", true),
        "conversations_select" => ("selected_conversation", "initial_conversation", false),
        "multi_conversations_select" => ("selected_conversations", "initial_conversations", true),
        "channels_select" => ("selected_channel", "initial_channel", false),
        "multi_channels_select" => ("selected_channels", "initial_channels", true),
        "datepicker" => ("selected_date", "initial_date", false),
        "timepicker" => ("selected_time", "initial_time", false),
        "datetimepicker" => ("selected_date_time", "initial_date_time", false),
        "file_input" => ("files", "initial_files", true),
        _ => return None,
    })
}

/// The key a value of this element type stands under (`value`, `selected_option` …).
pub fn value_key(kind: &str) -> Option<&'static str> {
    slots(kind).map(|(key, _, _)| key)
}

/// The interactive elements of one block.
pub(crate) fn elements_of(block: &Value) -> Vec<&Value> {
    match block["type"].as_str() {
        Some("section") => block.get("accessory").into_iter().collect(),
        Some("input") => block.get("element").into_iter().collect(),
        Some("actions" | "context_actions") => block["elements"].as_array().into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// `state.values` of a view or message: every element that holds something, set or not.
pub fn values_of(blocks: &[Value], typed: &Map<String, Value>) -> Value {
    let mut out = Map::new();
    for block in blocks {
        let Some(block_id) = block["block_id"].as_str() else { continue };
        for element in elements_of(block) {
            let (Some(kind), Some(action_id)) = (element["type"].as_str(), element["action_id"].as_str())
            else {
                continue;
            };
            let Some((key, initial, many)) = slots(kind) else { continue };
            let given = typed.get(block_id).and_then(|b| b.get(action_id)).filter(|v| v.get(key).is_some());
            let value = match given {
                Some(given) => {
                    let mut value = given.clone();
                    value["type"] = json!(kind);
                    value
                }
                None => {
                    let empty = if many { json!([]) } else { Value::Null };
                    json!({"type": kind, key: element.get(initial).cloned().unwrap_or(empty)})
                }
            };
            let entry = out.entry(block_id.to_owned()).or_insert_with(|| json!({}));
            entry[action_id] = value;
        }
    }
    Value::Object(out)
}

/// What was typed and still has its place after an update (same block id, action id and type).
pub(crate) fn kept_values(blocks: &[Value], typed: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for block in blocks {
        let Some(block_id) = block["block_id"].as_str() else { continue };
        for element in elements_of(block) {
            let Some(action_id) = element["action_id"].as_str() else { continue };
            let old = typed.get(block_id).and_then(|b| b.get(action_id));
            if let Some(old) = old.filter(|o| o["type"] == element["type"]) {
                let entry = out.entry(block_id.to_owned()).or_insert_with(|| json!({}));
                entry[action_id] = old.clone();
            }
        }
    }
    out
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// What Slack's own client refuses before it submits: `{block_id: sentence}`.
pub fn submit_errors(blocks: &[Value], values: &Value) -> Map<String, Value> {
    let mut errors = Map::new();
    for block in blocks.iter().filter(|b| b["type"] == "input") {
        let element = &block["element"];
        let (Some(block_id), Some(kind)) = (block["block_id"].as_str(), element["type"].as_str()) else {
            continue;
        };
        let Some((key, _, _)) = slots(kind) else { continue };
        let value = &values[block_id][element["action_id"].as_str().unwrap_or_default()][key];
        let optional = block["optional"] == true;
        if is_empty(value) {
            if !optional {
                errors.insert(block_id.to_owned(), json!("Please complete this required field."));
            }
            continue;
        }
        if let Some(sentence) = wrong(kind, element, value) {
            errors.insert(block_id.to_owned(), json!(sentence));
        }
    }
    errors
}

fn wrong(kind: &str, element: &Value, value: &Value) -> Option<String> {
    let text = value.as_str().unwrap_or_default();
    let chars = text.chars().count() as u64;
    match kind {
        "plain_text_input" => match (element["min_length"].as_u64(), element["max_length"].as_u64()) {
            (Some(min), _) if chars < min => Some(format!("Use at least {min} characters.")),
            (_, Some(max)) if chars > max => Some(format!("Use at most {max} characters.")),
            _ => None,
        },
        "email_text_input" => {
            let good =
                text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
            (!good).then(|| "Please enter a valid email address.".to_owned())
        }
        "url_text_input" => url::Url::parse(text).is_err().then(|| "Please enter a valid URL.".to_owned()),
        "number_input" => {
            let Ok(number) = text.parse::<f64>() else { return Some("Please enter a number.".to_owned()) };
            if element["is_decimal_allowed"] != true && number.fract() != 0.0 {
                return Some("Please enter a whole number.".to_owned());
            }
            let bound = |key: &str| element[key].as_str().and_then(|s| s.parse::<f64>().ok());
            match (bound("min_value"), bound("max_value")) {
                (Some(min), _) if number < min => Some(format!("Please enter a number of {min} or more.")),
                (_, Some(max)) if number > max => Some(format!("Please enter a number of {max} or less.")),
                _ => None,
            }
        }
        _ => {
            let max = element["max_selected_items"].as_u64().or(element["max_files"].as_u64())?;
            let many = value.as_array().map_or(0, |v| v.len() as u64);
            (many > max).then(|| format!("Choose at most {max}."))
        }
    }
}

/// What a person fills into a modal, by block id (or action id).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form(Vec<(String, Value)>);

impl Form {
    pub fn new() -> Self {
        Self::default()
    }

    /// Types or chooses: text for text fields, the option's value or label for selects, ids for people and channels,
    /// an array for what takes several.
    #[must_use]
    pub fn set(mut self, input: &str, value: impl Into<Value>) -> Self {
        self.0.push((input.to_owned(), value.into()));
        self
    }

    /// The values as `state.values` has them, found in `blocks`; an unknown name or option is an error sentence.
    pub fn values(&self, blocks: &[Value]) -> Result<Map<String, Value>, String> {
        let mut out = Map::new();
        for (name, value) in &self.0 {
            let found = blocks.iter().find_map(|block| {
                let hit = |e: &&Value| block["block_id"] == name.as_str() || e["action_id"] == name.as_str();
                elements_of(block).into_iter().find(hit).map(|e| (block, e))
            });
            let (block, element) = found.ok_or_else(|| format!("There is no input \"{name}\" here."))?;
            let kind = element["type"].as_str().unwrap_or_default();
            let (key, _, many) =
                slots(kind).ok_or_else(|| format!("\"{name}\" is a {kind}; it takes no value."))?;
            let held = if key.starts_with("selected_option") {
                let wanted: Vec<&Value> =
                    value.as_array().map_or_else(|| vec![value], |v| v.iter().collect());
                let options: Result<Vec<Value>, String> =
                    wanted.into_iter().map(|w| option(element, w)).collect();
                let mut options = options?;
                if many { Value::Array(options) } else { options.pop().unwrap_or_default() }
            } else if many && !value.is_array() {
                json!([value])
            } else {
                value.clone()
            };
            let (Some(block_id), Some(action_id)) =
                (block["block_id"].as_str(), element["action_id"].as_str())
            else {
                return Err(format!("\"{name}\" has no ids."));
            };
            let entry = out.entry(block_id.to_owned()).or_insert_with(|| json!({}));
            entry[action_id] = json!({"type": kind, key: held});
        }
        Ok(out)
    }
}

/// All options of an element, in groups or not.
pub(crate) fn options_of(element: &Value) -> Vec<&Value> {
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.filter_map(|g| g["options"].as_array()).flatten();
    element["options"].as_array().into_iter().flatten().chain(grouped).collect()
}

/// The option of that value or label; an option object stands for itself (external selects).
pub(crate) fn option(element: &Value, wanted: &Value) -> Result<Value, String> {
    if wanted.is_object() {
        return Ok(wanted.clone());
    }
    let options = options_of(element);
    let by_value = options.iter().find(|o| o["value"] == *wanted);
    let found = by_value.or_else(|| options.iter().find(|o| o["text"]["text"] == *wanted));
    found.map(|o| (*o).clone()).ok_or_else(|| {
        let names: Vec<&str> = options.iter().filter_map(|o| o["text"]["text"].as_str()).collect();
        format!("There is no option {wanted}; there are: {}.", names.join(", "))
    })
}

//! Walks blocks along the table and collects what Slack would refuse.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::rules::{Key, Rule};
use super::schema;

/// Where blocks are to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    Message,
    Modal,
    Home,
}

/// Characters over all markdown blocks of a message.
const MARKDOWN_CHARS: usize = 12_000;
const TABLE_ROWS: usize = 100;
const TABLE_CELLS: usize = 20;
const SECTION_FIELDS: usize = 10;
const FIELD_CHARS: usize = 2_000;
const OPTION_GROUPS: usize = 100;

/// What has been seen and what is wrong.
pub(super) struct Checker {
    surface: Surface,
    faults: Vec<String>,
    block_ids: HashSet<String>,
    action_ids: HashSet<String>,
    markdown_chars: usize,
    tables: usize,
    focused: usize,
}

impl Checker {
    pub(super) fn new(surface: Surface) -> Self {
        Self {
            surface,
            faults: Vec::new(),
            block_ids: HashSet::new(),
            action_ids: HashSet::new(),
            markdown_chars: 0,
            tables: 0,
            focused: 0,
        }
    }

    pub(super) fn done(self) -> Result<(), Vec<String>> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    pub(super) fn fault(&mut self, path: &str, what: &str) {
        self.faults.push(format!("[ERROR] {what} [json-pointer:{path}]"));
    }

    /// A list of blocks of this surface.
    pub(super) fn blocks(&mut self, blocks: &[Value], path: &str, most: usize) {
        if blocks.len() > most {
            self.fault(path, &format!("no more than {most} items allowed"));
        }
        for (n, block) in blocks.iter().enumerate() {
            self.block(block, None, &format!("{path}/{n}"));
        }
        if self.markdown_chars > MARKDOWN_CHARS {
            self.fault(path, "must be less than 12001 characters in all markdown blocks");
        }
        if self.tables > 1 {
            self.fault(path, "only one table allowed");
        }
        if self.focused > 1 {
            self.fault(path, "only one element can have focus_on_load");
        }
    }

    fn block(&mut self, block: &Value, allowed: Option<&[&str]>, path: &str) {
        let Some(map) = block.as_object() else { return self.fault(path, "must provide an object") };
        let Some(kind) = map.get("type").and_then(Value::as_str) else {
            return self.fault(path, "missing required field: type");
        };
        let fits = allowed.is_none_or(|a| a.contains(&kind)) && self.shows(kind);
        let Some(keys) = schema::block(kind).filter(|_| fits) else {
            return self.fault(&format!("{path}/type"), &format!("unsupported type: {kind}"));
        };
        if let Some(id) = map.get("block_id").and_then(Value::as_str).filter(|id| !id.is_empty())
            && !self.block_ids.insert(id.to_owned())
        {
            self.fault(&format!("{path}/block_id"), &format!("block_id \"{id}\" already exists"));
        }
        self.action_ids.clear();
        self.object(map, keys, path);
        self.whole_block(kind, map, path);
    }

    fn shows(&self, kind: &str) -> bool {
        match kind {
            "markdown" | "table" | "context_actions" | "plan" | "task_card" | "carousel" | "card" => {
                self.surface == Surface::Message
            }
            _ => true,
        }
    }

    /// What cannot be said key by key.
    fn whole_block(&mut self, kind: &str, map: &Map<String, Value>, path: &str) {
        let has = |key: &str| map.get(key).is_some_and(|v| !v.is_null());
        match kind {
            "section" if !has("text") && !has("fields") => self.fault(path, "missing required field: text"),
            "image" if has("image_url") == has("slack_file") => {
                self.fault(path, "must provide exactly one of image_url and slack_file");
            }
            "input" => self.input(map, path),
            "markdown" => {
                self.markdown_chars +=
                    map.get("text").and_then(Value::as_str).map_or(0, |t| t.chars().count());
            }
            "table" => self.tables += 1,
            "card" if !["hero_image", "title", "actions", "body"].iter().any(|k| has(k)) => {
                self.fault(path, "must provide at least one of hero_image, title, actions, body");
            }
            "container" if !has("title") && !has("rich_text_title") => {
                self.fault(path, "missing required field: title");
            }
            "container"
                if map.get("is_collapsible") == Some(&Value::Bool(true)) && has("has_header_divider") =>
            {
                self.fault(path, "has_header_divider cannot be set when is_collapsible is true");
            }
            _ => {}
        }
    }

    fn input(&mut self, map: &Map<String, Value>, path: &str) {
        let kind = map.get("element").and_then(|e| e["type"].as_str()).unwrap_or_default();
        if kind == "file_input" && self.surface != Surface::Modal {
            self.fault(&format!("{path}/element/type"), "unsupported type: file_input");
        }
        if kind == "file_input" && map.get("dispatch_action") == Some(&Value::Bool(true)) {
            self.fault(path, "dispatch_action is not supported for file_input");
        }
    }

    /// An object of the given keys: all that must be there, none that may not.
    pub(super) fn object(&mut self, map: &Map<String, Value>, keys: &[Key], path: &str) {
        for key in keys {
            let at = format!("{path}/{}", key.name);
            match map.get(key.name) {
                None if key.required => self.fault(path, &format!("missing required field: {}", key.name)),
                None => {}
                Some(Value::Null) => self.fault(&at, "must not be null"),
                Some(value) => self.value(value, key.rule, &at),
            }
        }
        for name in map.keys().filter(|name| !keys.iter().any(|k| k.name == name.as_str())) {
            self.fault(path, &format!("invalid additional property: {name}"));
        }
    }

    fn value(&mut self, value: &Value, rule: Rule, path: &str) {
        match rule {
            Rule::Any => {}
            Rule::Bool if value.is_boolean() => {}
            Rule::Bool => self.fault(path, "must be a boolean"),
            Rule::Int(least, most) => match value.as_i64() {
                Some(n) if (least..=most).contains(&n) => {}
                Some(n) if n < least => self.fault(path, &format!("must be more than {}", least - 1)),
                Some(_) => self.fault(path, &format!("must be less than {}", most + 1)),
                None => self.fault(path, "must be an integer"),
            },
            Rule::Str(least, most) => self.string(value, least, most, path),
            Rule::NumberText if value.as_str().is_some_and(|s| s.parse::<f64>().is_ok()) => {}
            Rule::NumberText => self.fault(path, "must be a number as a string"),
            Rule::OneOf(allowed) if value.as_str().is_some_and(|s| allowed.contains(&s)) => {}
            Rule::OneOf(_) => self.fault(path, "must be a valid enum value"),
            Rule::Plain(most) => self.text(value, &["plain_text"], most, path),
            Rule::Mrkdwn(most) => self.text(value, &["mrkdwn"], most, path),
            Rule::Text(most) => self.text(value, &["plain_text", "mrkdwn"], most, path),
            Rule::Date
                if value
                    .as_str()
                    .is_some_and(|s| s.len() == 10 && s.parse::<jiff::civil::Date>().is_ok()) => {}
            Rule::Date => self.fault(path, "must be a valid date in the format YYYY-MM-DD"),
            Rule::Time if value.as_str().is_some_and(is_time) => {}
            Rule::Time => self.fault(path, "must be a valid time in the format HH:mm"),
            Rule::Strings(least, most) => self.strings(value, least, most, path),
            Rule::Options(most, mrkdwn) => {
                self.list(value, 1, most, path, |this, option, at| this.option(option, mrkdwn, at));
            }
            Rule::OneOption(mrkdwn) => self.option(value, mrkdwn, path),
            Rule::OptionGroups => self.list(value, 1, OPTION_GROUPS, path, |this, group, at| {
                this.keyed(group, schema::OPTION_GROUP, at);
            }),
            Rule::Object(keys) => self.keyed(value, keys, path),
            Rule::Objects(keys, least, most) => {
                self.list(value, least, most, path, |this, item, at| this.keyed(item, keys, at));
            }
            Rule::Element(kinds) => self.element(value, kinds, path),
            Rule::Elements(kinds, least, most) => {
                self.list(value, least, most, path, |this, item, at| this.element(item, kinds, at));
            }
            Rule::Block(kinds) => self.block(value, Some(kinds), path),
            Rule::Blocks(kinds, least, most) => {
                self.list(value, least, most, path, |this, item, at| this.block(item, Some(kinds), at));
            }
            Rule::Fields => self.list(value, 1, SECTION_FIELDS, path, |this, field, at| {
                this.text(field, &["plain_text", "mrkdwn"], FIELD_CHARS, at);
            }),
            Rule::Leaves(kinds) => {
                self.list(value, 0, usize::MAX, path, |this, item, at| this.leaf(item, kinds, at))
            }
            Rule::Rows => self.rows(value, path),
        }
    }

    fn list(
        &mut self,
        value: &Value,
        least: usize,
        most: usize,
        path: &str,
        each: impl Fn(&mut Self, &Value, &str),
    ) {
        let Some(items) = value.as_array() else { return self.fault(path, "must provide an array") };
        if items.len() < least {
            self.fault(path, &format!("no fewer than {least} items allowed"));
        }
        if items.len() > most {
            self.fault(path, &format!("no more than {most} items allowed"));
        }
        for (n, item) in items.iter().enumerate() {
            each(self, item, &format!("{path}/{n}"));
        }
    }

    fn keyed(&mut self, value: &Value, keys: &[Key], path: &str) {
        match value.as_object() {
            Some(map) => self.object(map, keys, path),
            None => self.fault(path, "must provide an object"),
        }
    }

    fn string(&mut self, value: &Value, least: usize, most: usize, path: &str) {
        let Some(text) = value.as_str() else { return self.fault(path, "must be a string") };
        let chars = text.chars().count();
        if chars < least {
            self.fault(path, &format!("must be more than {} characters", least - 1));
        }
        if chars > most {
            self.fault(path, &format!("must be less than {} characters", most + 1));
        }
    }

    fn strings(&mut self, value: &Value, least: usize, most: usize, path: &str) {
        let allowed: Option<&[&str]> = match path.rsplit('/').next() {
            Some("include") => Some(&["im", "mpim", "private", "public"]),
            Some("trigger_actions_on") => Some(&["on_enter_pressed", "on_character_entered"]),
            _ => None,
        };
        self.list(value, least, most, path, |this, item, at| match (item.as_str(), allowed) {
            (None, _) => this.fault(at, "must be a string"),
            (Some(word), Some(allowed)) if !allowed.contains(&word) => {
                this.fault(at, "must be a valid enum value")
            }
            _ => {}
        });
    }

    fn text(&mut self, value: &Value, kinds: &[&str], most: usize, path: &str) {
        let Some(map) = value.as_object() else { return self.fault(path, "must provide an object") };
        let Some(kind) = map.get("type").and_then(Value::as_str) else {
            return self.fault(path, "missing required field: type");
        };
        if !kinds.contains(&kind) {
            return self.fault(&format!("{path}/type"), &format!("must be one of {}", kinds.join(", ")));
        }
        self.object(map, if kind == "plain_text" { schema::PLAIN } else { schema::MRKDWN }, path);
        // The table's own bound is the widest; most places allow less.
        if let Some(text) = map.get("text").and_then(Value::as_str)
            && text.chars().count() > most
            && most < 3_000
        {
            self.fault(&format!("{path}/text"), &format!("must be less than {} characters", most + 1));
        }
    }

    fn option(&mut self, value: &Value, mrkdwn: bool, path: &str) {
        self.keyed(value, schema::OPTION, path);
        if !mrkdwn && value["text"]["type"] == "mrkdwn" {
            self.fault(&format!("{path}/text/type"), "must be one of plain_text");
        }
        if value.is_object() && value["value"].is_null() {
            self.fault(path, "missing required field: value");
        }
    }

    fn element(&mut self, value: &Value, kinds: &[&str], path: &str) {
        let Some(map) = value.as_object() else { return self.fault(path, "must provide an object") };
        let Some(kind) = map.get("type").and_then(Value::as_str) else {
            return self.fault(path, "missing required field: type");
        };
        let Some(keys) = schema::element(kind).filter(|_| kinds.contains(&kind)) else {
            return self.fault(&format!("{path}/type"), &format!("unsupported type: {kind}"));
        };
        if let Some(id) = map.get("action_id").and_then(Value::as_str).filter(|id| !id.is_empty())
            && !self.action_ids.insert(id.to_owned())
        {
            self.fault(&format!("{path}/action_id"), &format!("action_id \"{id}\" already exists"));
        }
        if map.get("focus_on_load") == Some(&Value::Bool(true)) {
            self.focused += 1;
        }
        self.object(map, keys, path);
        self.whole_element(kind, map, path);
    }

    fn whole_element(&mut self, kind: &str, map: &Map<String, Value>, path: &str) {
        let has = |key: &str| map.get(key).is_some_and(|v| !v.is_null());
        match kind {
            "static_select" | "multi_static_select" => {
                match (has("options"), has("option_groups")) {
                    (true, true) => self.fault(path, "options and option_groups cannot both be specified"),
                    (false, false) => self.fault(path, "missing required field: options"),
                    _ => {}
                }
                self.initial_is_an_option(map, path);
            }
            "checkboxes" | "radio_buttons" => self.initial_is_an_option(map, path),
            "image" if has("image_url") == has("slack_file") => {
                self.fault(path, "must provide exactly one of image_url and slack_file");
            }
            "conversations_select" | "multi_conversations_select"
                if map.get("filter").and_then(Value::as_object).is_some_and(Map::is_empty) =>
            {
                self.fault(&format!("{path}/filter"), "must provide at least one of the filter's fields");
            }
            "plain_text_input" => {
                let number = |key: &str| map.get(key).and_then(Value::as_i64);
                if let (Some(least), Some(most)) = (number("min_length"), number("max_length"))
                    && least > most
                {
                    self.fault(path, "min_length must be less than max_length");
                }
            }
            _ => {}
        }
    }

    fn initial_is_an_option(&mut self, map: &Map<String, Value>, path: &str) {
        let element = Value::Object(map.clone());
        let values: HashSet<&str> =
            crate::sim::forms::options_of(&element).iter().filter_map(|o| o["value"].as_str()).collect();
        let single = element.get("initial_option").into_iter();
        let many = element["initial_options"].as_array().into_iter().flatten();
        let key = if map.contains_key("initial_option") { "initial_option" } else { "initial_options" };
        let stranger = single.chain(many).filter_map(|o| o["value"].as_str()).any(|v| !values.contains(v));
        if stranger {
            self.fault(&format!("{path}/{key}"), &format!("{key} must be one of the options"));
        }
    }

    fn leaf(&mut self, value: &Value, kinds: &[&str], path: &str) {
        let kind = value["type"].as_str().unwrap_or_default();
        match schema::leaf(kind).filter(|_| kinds.contains(&kind)) {
            Some(keys) => self.keyed(value, keys, path),
            None => self.fault(&format!("{path}/type"), &format!("unsupported type: {kind}")),
        }
    }

    fn rows(&mut self, value: &Value, path: &str) {
        self.list(value, 1, TABLE_ROWS, path, |this, row, at| {
            this.list(row, 1, TABLE_CELLS, at, |this, cell, at| {
                let kind = cell["type"].as_str().unwrap_or_default();
                match schema::cell(kind) {
                    Some(keys) => this.keyed(cell, keys, at),
                    None => this.block(cell, Some(&["rich_text"]), at),
                }
            });
        });
    }
}

fn is_time(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else { return false };
    let number = |s: &str, below: u8| s.len() == 2 && s.parse::<u8>().is_ok_and(|n| n < below);
    number(hours, 24) && number(minutes, 60)
}

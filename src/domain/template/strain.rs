//! Renders a template with what an angry or broken sender might send, so that `check` can say what will be stopped.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::{Context, Template, TemplateError};
use crate::domain::time::Timestamp;
use crate::limits::{STRAIN_LIST_ITEMS, STRAIN_TEXT_BYTES};

impl Template {
    /// The bound that long texts or long lists make it run into, if they do. Whatever else fails then, fails because
    /// nothing is what it seems.
    pub fn strain(&self) -> Option<TemplateError> {
        let program = self.program.as_ref()?;
        let names = &program.names;
        let share = STRAIN_TEXT_BYTES / names.len().max(1);
        let text = long_text(share);
        let short = long_text(share / STRAIN_LIST_ITEMS);
        let flat = object(names, &Json::String(text.clone()));
        let shapes = [
            Json::String(text),
            flat.clone(),
            object(names, &object(names, &Json::String(long_text(share / names.len().max(1))))),
            object(names, &json!(vec![object(names, &Json::String(short)); STRAIN_LIST_ITEMS])),
        ];
        shapes.iter().find_map(|shape| {
            // `now` is there, and functions stay functions.
            let given = program.variables.iter().filter(|name| **name != "now" && !super::is_global(name));
            let context = given
                .fold(Context::new(Timestamp::from_ms(0)), |context, name| context.with_json(name, shape));
            self.render(&context).err().filter(TemplateError::is_bound)
        })
    }
}

/// Text of which every filter makes more: to be escaped, to be formatted, with many lines and words.
fn long_text(bytes: usize) -> String {
    "a%s{}\n<&\u{1} é".repeat(bytes / 16 + 1)
}

fn object(names: &BTreeSet<&'static str>, value: &Json) -> Json {
    let pairs: BTreeMap<&str, &Json> = names.iter().map(|name| (*name, value)).collect();
    json!(pairs)
}

//! The fields of an alert by what they are called, at the top and further in.

use std::collections::{HashMap, VecDeque};

use serde_json::Value as Json;

use super::names::{ELSEWHERE, VAGUE};
use crate::sources::time::WireTime;
use crate::sources::wire::is_url;

/// The fields of an alert by their plain names, down to a depth at which names still mean something.
pub(super) struct Fields<'a> {
    by_path: HashMap<String, &'a Json>,
    /// Those further in, the shallow ones first: depth and last name. What is about somebody or something else is left out.
    inner: Vec<(usize, String, &'a Json)>,
    used: Vec<&'a Json>,
}

const DEPTH: usize = 4;
const FIELDS_MAX: usize = 1_000;

impl<'a> Fields<'a> {
    pub(super) fn of(item: &'a Json) -> Self {
        let mut fields = Self { by_path: HashMap::new(), inner: Vec::new(), used: Vec::new() };
        let mut ahead = VecDeque::from([(String::new(), 1, true, item)]);
        while let Some((prefix, depth, is_about_it, json)) = ahead.pop_front() {
            for (name, value) in json.as_object().into_iter().flatten() {
                if fields.by_path.len() >= FIELDS_MAX {
                    return fields;
                }
                let name = plain(name);
                let is_about_it = is_about_it && !ELSEWHERE.iter().any(|other| name.starts_with(other));
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                // Of a list, the first says what it is about.
                let further = value.as_array().map_or(value, |items| items.first().unwrap_or(&Json::Null));
                if depth < DEPTH && further.is_object() {
                    ahead.push_back((path.clone(), depth + 1, is_about_it, further));
                }
                if depth > 1 && is_about_it {
                    fields.inner.push((depth, name, value));
                }
                fields.by_path.entry(path).or_insert(value);
            }
        }
        fields
    }

    /// What is at this path.
    pub(super) fn at(&self, path: &str) -> Option<&'a Json> {
        self.by_path.get(path).copied()
    }

    /// The first of `names` that `take` makes something of; it is then no more a field of the rest.
    pub(super) fn first<T>(&mut self, names: &[&str], take: impl Fn(&Json) -> Option<T>) -> Option<T> {
        names.iter().find_map(|name| {
            let json = self.at(name)?;
            let taken = take(json)?;
            self.used.push(json);
            Some(taken)
        })
    }

    /// The same further in, wherever that is: names that may mean anything there are passed over.
    fn first_inside<T>(&self, names: &[&str], take: impl Fn(&Json) -> Option<T>) -> Option<T> {
        (2..=DEPTH).find_map(|level| {
            names.iter().filter(|name| !VAGUE.contains(name)).find_map(|name| {
                self.inner
                    .iter()
                    .filter(|(depth, last, _)| *depth == level && last == name)
                    .find_map(|(_, _, json)| take(json))
            })
        })
    }

    pub(super) fn text(&mut self, names: &[&str]) -> Option<String> {
        self.first(names, as_text)
    }

    /// A text at one of these paths, or further in under one of these names.
    pub(super) fn text_anywhere(&mut self, names: &[&str]) -> Option<String> {
        self.text(names).or_else(|| self.text_inside(names))
    }

    pub(super) fn text_inside(&self, names: &[&str]) -> Option<String> {
        self.first_inside(names, as_text)
    }

    pub(super) fn url(&mut self, names: &[&str]) -> Option<Box<str>> {
        self.first(names, as_url)
    }

    pub(super) fn url_anywhere(&mut self, names: &[&str]) -> Option<Box<str>> {
        self.url(names).or_else(|| self.first_inside(names, as_url))
    }

    pub(super) fn time(&mut self, names: &[&str]) -> Option<crate::domain::time::Timestamp> {
        self.first(names, |json| WireTime::from_json(json).at())
    }

    pub(super) fn time_anywhere(&mut self, names: &[&str]) -> Option<crate::domain::time::Timestamp> {
        self.time(names).or_else(|| self.first_inside(names, |json| WireTime::from_json(json).at()))
    }

    /// Whether something was made of this field.
    pub(super) fn is_used(&self, json: &Json) -> bool {
        self.used.iter().any(|used| std::ptr::eq(*used, json))
    }
}

fn as_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn as_url(json: &Json) -> Option<Box<str>> {
    json.as_str().map(str::trim).filter(|text| is_url(text)).map(Into::into)
}

/// A name without case and punctuation.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

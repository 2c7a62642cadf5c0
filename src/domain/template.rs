//! Templates of the config: MiniJinja with the habits of OnCall's Jinja2 working, so that a team can paste its own.
//!
//! Pure: the time is a value in the [`Context`]; nothing is loaded, nothing is read. An undefined value is empty and can
//! be asked further (`payload.a.b.c`), methods of Python's str, dict and list work, `pop` changes a dict as it does
//! there. A template cannot run away: steps, output, regexes and repetition are bounded (see `limits`).

mod context;
mod datetime;
mod dict;
mod error;
mod filters;
mod from_go;
mod go;
mod json;
mod payload;
mod regexes;

use std::fmt;
use std::sync::OnceLock;

use minijinja::{Environment, UndefinedBehavior, Value, escape_formatter};

pub use context::Context;
pub use error::TemplateError;
pub use from_go::{FromGo, NotTranslated, from_go};
pub use json::Payload;
pub use payload::group_payload;

use crate::limits::{TEMPLATE_FUEL, TEMPLATE_OUTPUT_MAX_CHARS, TEMPLATE_SOURCE_MAX_CHARS};

/// The only name a template has inside its environment.
const NAME: &str = "template";

/// A compiled template; cheap to clone, made once when the config is read.
#[derive(Clone)]
pub struct Template {
    source: String,
    /// None when the text has no tag at all: it then renders as itself, at no cost.
    environment: Option<Box<Environment<'static>>>,
}

impl Template {
    /// Compiles `source`; every mistake that can be seen without data is seen here (syntax, filters that do not exist).
    pub fn compile(source: &str) -> Result<Self, TemplateError> {
        if source.chars().nth(TEMPLATE_SOURCE_MAX_CHARS).is_some() {
            return Err(TemplateError::plain(
                format!("the template is longer than {TEMPLATE_SOURCE_MAX_CHARS} characters"),
                "split it, or move fixed text out of it",
            ));
        }
        if !has_tag(source) {
            return Ok(Self { source: source.to_owned(), environment: None });
        }
        contained(|| {
            let mut environment = base().clone();
            environment
                .add_template_owned(NAME, source.to_owned())
                .map_err(|error| TemplateError::from_engine(&error, source))?;
            error::silent_mistakes(source, &environment)?;
            Ok(Self { source: source.to_owned(), environment: Some(Box::new(environment)) })
        })
    }

    /// Renders with `context`. What is longer than 50,000 characters is cut and ends in "..".
    pub fn render(&self, context: &Context) -> Result<String, TemplateError> {
        let Some(environment) = &self.environment else { return Ok(self.source.clone()) };
        contained(|| {
            let mut out = LimitedText::default();
            let rendered = environment
                .get_template(NAME)
                .and_then(|template| template.render_captured_to(context.to_value(), &mut out).map(drop));
            match rendered {
                Ok(()) => Ok(out.into_text()),
                Err(_) if out.full => Ok(out.into_text()),
                Err(error) => Err(TemplateError::from_engine(&error, &self.source)),
            }
        })
    }

    /// Renders and asks whether the text says yes, as OnCall does for conditions: `1`, `true` or `ok`.
    pub fn is_true(&self, context: &Context) -> Result<bool, TemplateError> {
        Ok(is_truthy(&self.render(context)?))
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Names at the top level that the template reads but does not set itself, sorted: the config compares them with
    /// those that will be there, to warn of `{{ label.x }}`.
    pub fn variables(&self) -> Vec<String> {
        let Some(environment) = &self.environment else { return Vec::new() };
        let Ok(template) = environment.get_template(NAME) else { return Vec::new() };
        let mut names: Vec<String> = template
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !environment.globals().any(|(global, _)| global == name))
            .collect();
        names.sort_unstable();
        names
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source).finish()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

/// Whether a rendered condition says yes; OnCall's rule: the stripped text is `1`, `true` or `ok` in any case.
pub fn is_truthy(rendered: &str) -> bool {
    let rendered = rendered.trim();
    ["1", "true", "ok"].iter().any(|yes| rendered.eq_ignore_ascii_case(yes))
}

/// Keeps a panic of the engine to the one template. MiniJinja 3.0.5 has one in `str.format` (format strings that are not
/// ASCII); whoever can bring one about must not stop the alerts of everybody else.
fn contained<T>(work: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let what = "the template engine failed on this template and its data".to_owned();
        Err(TemplateError::plain(what, "write the `format` in it more simply"))
    })
}

fn has_tag(source: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|tag| source.contains(tag))
}

/// The environment all templates share; cloning it shares filters and globals.
fn base() -> &'static Environment<'static> {
    static BASE: OnceLock<Environment<'static>> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_fuel(Some(TEMPLATE_FUEL));
        environment.set_debug(true);
        environment.set_formatter(|out, state, value| {
            // None is as empty as undefined: nobody wants to read "none" where a link should be.
            let value = if value.is_none() { &Value::UNDEFINED } else { value };
            escape_formatter(out, state, value)
        });
        environment.set_unknown_method_callback(dict::method);
        filters::register(&mut environment);
        environment
    })
}

/// Collects at most so many characters and stops the rendering there.
#[derive(Default)]
struct LimitedText {
    bytes: Vec<u8>,
    chars: usize,
    full: bool,
}

impl LimitedText {
    fn into_text(self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.full {
            text.push_str("..");
        }
        text
    }
}

impl std::io::Write for LimitedText {
    fn write(&mut self, chunk: &[u8]) -> std::io::Result<usize> {
        for (at, &byte) in chunk.iter().enumerate() {
            let starts_char = byte & 0b1100_0000 != 0b1000_0000;
            if starts_char && self.chars == TEMPLATE_OUTPUT_MAX_CHARS {
                self.bytes.extend_from_slice(&chunk[..at]);
                self.full = true;
                return Err(std::io::Error::other("the rendered text is too long"));
            }
            self.chars += usize::from(starts_char);
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

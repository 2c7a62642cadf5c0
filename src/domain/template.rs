//! Templates of the config: MiniJinja with the habits of OnCall's Jinja2 working, so that a team can paste its own.
//!
//! Pure: the time is a value in the [`Context`]; nothing is loaded, nothing is read. An undefined value is empty and can
//! be asked further (`payload.a.b.c`), methods of Python's str, dict and list work, `pop` changes a dict as it does
//! there. A template cannot run away: steps, memory, output and regexes are bounded (see `limits`); [`program`] says how.

mod context;
mod counted;
mod datetime;
mod dict;
mod error;
mod filters;
mod from_go;
mod go;
mod json;
mod meter;
mod payload;
mod program;
mod regexes;
mod strain;

use std::fmt;
use std::sync::{Arc, OnceLock};

use minijinja::machinery::{eval, make_string_output};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, escape_formatter};

pub use context::Context;
pub use error::TemplateError;
pub use from_go::{FromGo, NotTranslated, from_go};
pub use json::Payload;
pub use payload::group_payload;

use self::counted::ESCAPED;
use self::meter::Meter;
use self::program::Program;
use crate::limits::{
    TEMPLATE_BYTES_A_STEP, TEMPLATE_FUEL, TEMPLATE_OUTPUT_MAX_CHARS, TEMPLATE_SOURCE_MAX_CHARS,
    TEMPLATE_WORK_OF_A_MISTAKE,
};

/// A compiled template; cheap to clone, made once when the config is read.
#[derive(Clone)]
pub struct Template {
    source: String,
    /// None when the text has no tag at all: it then renders as itself, at no cost.
    program: Option<Arc<Program>>,
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
            return Ok(Self { source: source.to_owned(), program: None });
        }
        error::overlong_tag(source)?;
        contained(|| {
            let program = Program::new(source)?;
            error::silent_mistakes(source, base())?;
            Ok(Self { source: source.to_owned(), program: Some(Arc::new(program)) })
        })
    }

    /// Renders with `context`. What is longer than 50,000 characters is cut and ends in "..".
    pub fn render(&self, context: &Context) -> Result<String, TemplateError> {
        let Some(program) = &self.program else { return Ok(self.source.clone()) };
        if !context.may_work() {
            return Err(TemplateError::plain(
                "the templates over this body take too many steps, or write too much, together".to_owned(),
                "map fewer fields, or send fewer alerts in one request",
            ));
        }
        contained(|| {
            let mut text = String::new();
            let mut out = make_string_output(&mut text);
            let root = context.to_value();
            let ended =
                eval(base(), &program.instructions, root, &program.blocks, &mut out, AutoEscape::None);
            let ended = ended.map(|(_, state)| {
                let steps = state.fuel_levels().map_or(0, |(consumed, _)| consumed);
                let read = state.get_extension::<Meter>().map_or(0, Meter::read_bytes);
                context.work(steps + read as u64 / TEMPLATE_BYTES_A_STEP);
            });
            match (cut(&mut text), ended) {
                (true, _) | (false, Ok(())) => {
                    context.wrote(text.len());
                    Ok(text)
                }
                (false, Err(error)) => {
                    context.work(TEMPLATE_WORK_OF_A_MISTAKE);
                    Err(TemplateError::from_engine(&error, &self.source))
                }
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
        let names = self.program.iter().flat_map(|program| &program.variables);
        names.filter(|name| !is_global(name)).map(|name| (*name).to_owned()).collect()
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

fn is_global(name: &str) -> bool {
    base().globals().any(|(global, _)| global == name)
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
            // It may be written into a variable (`{% set x %}…`) as well as into the message.
            let weight = meter::read(state, value)?;
            let plain = matches!(state.auto_escape(), AutoEscape::None);
            meter::make(state, if plain { weight } else { weight.saturating_mul(ESCAPED) })?;
            escape_formatter(out, state, value)
        });
        environment.set_unknown_method_callback(dict::method);
        counted::register(&mut environment);
        filters::register(&mut environment);
        environment
    })
}

/// Cuts a text that is too long, and says whether it was.
fn cut(text: &mut String) -> bool {
    let Some((at, _)) = text.char_indices().nth(TEMPLATE_OUTPUT_MAX_CHARS) else { return false };
    text.truncate(at);
    text.push_str("..");
    true
}

#[cfg(test)]
mod bombs;
#[cfg(test)]
mod tests;

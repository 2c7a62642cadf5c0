//! What one rendering may use. MiniJinja's fuel counts steps and not bytes, and one step may double a text: so whatever
//! makes a value is charged for its size before it is made, and whatever reads one for what it has to look at.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

use super::dict::Dict;
use super::json::List;
use crate::limits::{TEMPLATE_DEPTH_MAX, TEMPLATE_MEMORY_MAX_BYTES, TEMPLATE_READ_MAX_BYTES};

/// Bytes a value takes besides its text: itself, its place in a list or map, what the allocator adds.
pub(super) const NODE_BYTES: usize = 32;
/// Bytes that one byte of text inside a list or map can become when that is written out: `\u{1}`.
const ESCAPED: usize = 6;

/// What people read when a template is stopped; the error's hint is found by it.
pub(super) const TOO_BIG: &str = "the template makes too much text or too long lists of this data";
/// What people read when it ran out of the engine's fuel.
pub(super) const TOO_LONG: &str = "the template takes too many steps";
/// Whatever stops a template for its size.
pub(super) const BOUNDS: [&str; 4] = [TOO_BIG, TOO_LONG, TOO_SLOW, TOO_DEEP];
const TOO_SLOW: &str = "the template reads too much of this data, too often";
const TOO_DEEP: &str = "a value in the template is nested too deeply";

/// What is left for this rendering; lives in the engine's state.
pub(super) struct Meter {
    memory_left: usize,
    read_left: usize,
}

impl Default for Meter {
    fn default() -> Self {
        Self { memory_left: TEMPLATE_MEMORY_MAX_BYTES, read_left: TEMPLATE_READ_MAX_BYTES }
    }
}

impl Meter {
    fn of<'a>(state: &'a mut State<'_, '_>) -> &'a mut Self {
        state.get_or_insert_extension_with(Self::default)
    }

    /// Bytes this rendering has looked at.
    pub(super) fn read_bytes(&self) -> usize {
        TEMPLATE_READ_MAX_BYTES - self.read_left
    }
}

/// Charges for bytes that are about to be made.
pub(super) fn make(state: &mut State<'_, '_>, bytes: usize) -> Result<(), Error> {
    let meter = Meter::of(state);
    meter.memory_left = meter.memory_left.checked_sub(bytes).ok_or_else(|| stopped(TOO_BIG))?;
    Ok(())
}

/// Charges for bytes that are about to be looked at.
pub(super) fn look(state: &mut State<'_, '_>, bytes: usize) -> Result<(), Error> {
    let meter = Meter::of(state);
    meter.read_left = meter.read_left.checked_sub(bytes).ok_or_else(|| stopped(TOO_SLOW))?;
    Ok(())
}

/// Weighs a value that is about to be read as a whole, and charges for the reading.
pub(super) fn read(state: &mut State<'_, '_>, value: &Value) -> Result<usize, Error> {
    let mut scale = Scale { left: Meter::of(state).read_left.min(TEMPLATE_MEMORY_MAX_BYTES) };
    let before = scale.left;
    scale.add(value, 0)?;
    let weight = before - scale.left;
    look(state, weight)?;
    Ok(weight)
}

/// Takes a value that was just made: a lazy one is unrolled (lazy ones upon lazy ones have no end), then it is charged.
pub(super) fn made(state: &mut State<'_, '_>, value: Value) -> Result<Value, Error> {
    let value = if value.kind() == ValueKind::Iterable {
        let mut items = Vec::new();
        for item in value.try_iter()?.checked() {
            make(state, NODE_BYTES)?;
            items.push(item?);
        }
        Value::from(items)
    } else {
        value
    };
    if !matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Map) {
        return Ok(value);
    }
    read(state, &value)?;
    make(state, fresh(&value))?;
    Ok(value)
}

/// Charges for going through the elements of a value, not for what is in them.
pub(super) fn scan(state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let bytes = match value.as_str() {
        Some(text) => text.len(),
        None => value.len().unwrap_or(0).saturating_mul(NODE_BYTES),
    };
    look(state, bytes)
}

/// The weight of a payload's leaf, as [`read`] counts it.
pub(super) fn leaf_weight(value: &Value) -> usize {
    NODE_BYTES + value.as_str().map_or(0, |text| text.len() * ESCAPED)
}

/// The weight of a field's name.
pub(super) fn name_weight(name: &str) -> usize {
    NODE_BYTES + name.len() * ESCAPED
}

/// An error that ends the rendering.
pub(super) fn stopped(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

/// Bytes of what a filter made anew; maps and payloads inside are shared with what they came from.
fn fresh(value: &Value) -> usize {
    if let Some(text) = value.as_str() {
        return NODE_BYTES + text.len();
    }
    let Some(object) = value.as_object() else { return NODE_BYTES };
    match value.kind() {
        ValueKind::Map => value.len().unwrap_or(0) * 2 * NODE_BYTES,
        _ if object.downcast_ref::<List>().is_some() => NODE_BYTES,
        _ => NODE_BYTES + value.try_iter().into_iter().flatten().map(|item| fresh(&item)).sum::<usize>(),
    }
}

struct Scale {
    left: usize,
}

impl Scale {
    fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| stopped(TOO_BIG))?;
        Ok(())
    }

    /// Adds a value with all that is in it, as often as it is in it: so much is written when it is written out.
    fn add(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > TEMPLATE_DEPTH_MAX {
            return Err(stopped(TOO_DEEP));
        }
        self.take(NODE_BYTES)?;
        if let Some(text) = value.as_str() {
            return self.take(if depth == 0 { text.len() } else { text.len() * ESCAPED });
        }
        let Some(object) = value.as_object() else { return Ok(()) };
        if let Some(weight) = object.downcast_ref::<List>().map(List::weight) {
            return self.take(weight);
        }
        if let Some(weight) = object.downcast_ref::<Dict>().and_then(Dict::folded_weight) {
            return self.take(weight);
        }
        match value.kind() {
            ValueKind::Map => {
                for (name, item) in object.try_iter_pairs().into_iter().flatten() {
                    self.add(&name, depth + 1)?;
                    self.add(&item, depth + 1)?;
                }
            }
            ValueKind::Seq | ValueKind::Iterable => {
                for item in object.try_iter().into_iter().flatten() {
                    self.add(&item, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

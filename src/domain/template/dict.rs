//! Python's dict for templates: keeps the order of the JSON it came from, and `pop` really takes out, as OnCall's own
//! default templates expect. Also the methods that Python's values have and MiniJinja's do not.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

use super::json::Payload;
use super::{counted, meter};

/// A changeable, ordered map from text to value.
#[derive(Debug, Default)]
pub(super) struct Dict(Mutex<Fold>);

/// What a value takes on its way through JSON, in its own size.
pub(super) const JSON_SPREAD: usize = 4;

type Pairs = Vec<(Arc<str>, Value)>;

#[derive(Debug)]
enum Fold {
    /// Nobody has looked into it yet.
    Folded(Payload),
    Open(Pairs),
}

impl Default for Fold {
    fn default() -> Self {
        Self::Open(Vec::new())
    }
}

impl Dict {
    pub(super) fn new(pairs: Pairs) -> Self {
        Self(Mutex::new(Fold::Open(pairs)))
    }

    /// A map of a payload, unfolded when it is first looked into.
    pub(super) fn folded(payload: Payload) -> Self {
        Self(Mutex::new(Fold::Folded(payload)))
    }

    /// Does something with the pairs. It must not call back into templates: the lock is held.
    fn with<T>(&self, use_pairs: impl FnOnce(&mut Pairs) -> T) -> T {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Fold::Folded(payload) = &*state {
            let pairs = payload.pairs();
            *state = Fold::Open(pairs);
        }
        match &mut *state {
            Fold::Open(pairs) => use_pairs(pairs),
            Fold::Folded(payload) => use_pairs(&mut payload.pairs()),
        }
    }

    /// The weight of a payload that nobody has changed here; it was weighed when it was read.
    pub(super) fn folded_weight(&self) -> Option<usize> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Fold::Folded(payload) => Some(payload.weight()),
            Fold::Open(_) => None,
        }
    }

    /// Charges a method of this map before it is called.
    fn charge(&self, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<(), Error> {
        let pairs = self.with(|pairs| pairs.len());
        meter::look(state, pairs)?;
        match method {
            "keys" | "values" | "items" | "copy" => meter::make(state, pairs * 2 * meter::NODE_BYTES),
            "update" | "setdefault" => {
                for arg in args {
                    let weight = meter::read(state, arg)?;
                    meter::make(state, weight.saturating_mul(JSON_SPREAD))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn copied(&self) -> Pairs {
        self.with(|pairs| pairs.clone())
    }

    fn find(&self, key: &str) -> Option<Value> {
        self.with(|pairs| pairs.iter().find(|(name, _)| &**name == key).map(|(_, value)| value.clone()))
    }

    fn take(&self, key: &str) -> Option<Value> {
        self.with(|pairs| {
            let at = pairs.iter().position(|(name, _)| &**name == key)?;
            Some(pairs.remove(at).1)
        })
    }

    /// Maps and lists are put in as copies, so that a map never holds itself: that would have no end.
    fn put(&self, key: &str, value: Value) {
        let value = match value.as_object().map(|_| serde_json::to_value(&value)) {
            Some(Ok(json)) => Payload::from(json).to_value(),
            // JSON has no such keys.
            Some(Err(_)) => Value::from(value.to_string()),
            None => value,
        };
        self.with(|pairs| match pairs.iter_mut().find(|(name, _)| &**name == key) {
            Some(pair) => pair.1 = value,
            None => pairs.push((Arc::from(key), value)),
        });
    }
}

impl Object for Dict {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.find(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.find(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let pairs = self.copied();
        Enumerator::RevKeyValueIter(Box::new(pairs.into_iter().map(|(key, value)| (Value::from(key), value))))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.with(|pairs| pairs.len()))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.charge(state, method, args)?;
        match method {
            "get" => {
                let (key, default): (&Value, Option<Value>) = from_args(args)?;
                Ok(key
                    .as_str()
                    .and_then(|key| self.find(key))
                    .unwrap_or_else(|| default.unwrap_or(Value::from(()))))
            }
            "pop" => {
                let (key, default): (&Value, Option<Value>) = from_args(args)?;
                Ok(key
                    .as_str()
                    .and_then(|key| self.take(key))
                    .unwrap_or_else(|| default.unwrap_or(Value::from(()))))
            }
            "setdefault" => {
                let (key, default): (&str, Option<Value>) = from_args(args)?;
                if let Some(found) = self.find(key) {
                    return Ok(found);
                }
                let value = default.unwrap_or(Value::from(()));
                self.put(key, value.clone());
                Ok(value)
            }
            "update" => {
                let (other,): (&Value,) = from_args(args)?;
                for key in other.try_iter()? {
                    let value = other.get_item(&key)?;
                    self.put(&key.to_string(), value);
                }
                Ok(Value::from(()))
            }
            "clear" => {
                let () = from_args(args)?;
                self.with(Vec::clear);
                Ok(Value::from(()))
            }
            "keys" => {
                let () = from_args(args)?;
                Ok(self.copied().into_iter().map(|(key, _)| Value::from(key)).collect())
            }
            "values" => {
                let () = from_args(args)?;
                Ok(self.copied().into_iter().map(|(_, value)| value).collect())
            }
            "items" => {
                let () = from_args(args)?;
                let pairs = self.copied().into_iter();
                Ok(pairs.map(|(key, value)| Value::from(Tuple::from([Value::from(key), value]))).collect())
            }
            "copy" => {
                let () = from_args(args)?;
                Ok(Value::from_object(Self::new(self.copied())))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// Methods of values that are not ours: undefined and none answer everything with undefined, because a field that a
/// sender leaves out must not cost the message; the rest is Python's.
pub(super) fn method(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    counted::method_cost(state, value, method, args)?;
    let answer = any_method(state, value, method, args)?;
    meter::made(state, answer)
}

fn any_method(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    match (value.kind(), method) {
        (ValueKind::Undefined | ValueKind::None, "get" | "pop") => {
            let (_, default): (&Value, Option<Value>) = from_args(args)?;
            Ok(default.unwrap_or(Value::UNDEFINED))
        }
        (ValueKind::Undefined | ValueKind::None, "copy" | "items" | "keys" | "values" | "split") => {
            Ok(Value::from_object(Dict::default()))
        }
        (ValueKind::Undefined | ValueKind::None, "startswith" | "endswith") => Ok(Value::from(false)),
        (ValueKind::Undefined | ValueKind::None, _) => Ok(Value::UNDEFINED),
        (ValueKind::Map, "copy") => copy_of(value),
        (ValueKind::Map, "pop" | "update" | "setdefault" | "clear") => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!(
                "`{method}` cannot change a map that is written in the template; use `{{…}}.copy()` first"
            ),
        )),
        (ValueKind::Seq, "copy") => Ok(value.clone()),
        (ValueKind::Seq, "index") => {
            let (what,): (&Value,) = from_args(args)?;
            let at = value.try_iter()?.position(|item| item == *what);
            Ok(at.map_or(Value::UNDEFINED, Value::from))
        }
        (ValueKind::Number, "is_integer") => Ok(Value::from(value.is_integer())),
        (ValueKind::String, "removeprefix") => {
            let (prefix,): (&str,) = from_args(args)?;
            let text = value.as_str().unwrap_or_default();
            Ok(Value::from(text.strip_prefix(prefix).unwrap_or(text)))
        }
        (ValueKind::String, "removesuffix") => {
            let (suffix,): (&str,) = from_args(args)?;
            let text = value.as_str().unwrap_or_default();
            Ok(Value::from(text.strip_suffix(suffix).unwrap_or(text)))
        }
        (ValueKind::String, "partition") => {
            let (sep,): (&str,) = from_args(args)?;
            let text = value.as_str().unwrap_or_default();
            let parts = text.split_once(sep).map_or([text, "", ""], |(before, after)| [before, sep, after]);
            Ok(parts.into_iter().map(Value::from).collect())
        }
        (ValueKind::String, "rsplit") => rsplit(value.as_str().unwrap_or_default(), args),
        (ValueKind::String, "casefold") => Ok(Value::from(value.as_str().unwrap_or_default().to_lowercase())),
        _ => unknown_method_callback(state, value, method, args),
    }
}

/// A changeable copy of any map.
fn copy_of(value: &Value) -> Result<Value, Error> {
    let mut pairs = Vec::new();
    for key in value.try_iter()? {
        let item = value.get_item(&key)?;
        pairs.push((Arc::from(key.to_string()), item));
    }
    Ok(Value::from_object(Dict::new(pairs)))
}

/// `rsplit(sep, maxsplit)`: splits from the right.
fn rsplit(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (sep, max): (Option<&str>, Option<usize>) = from_args(args)?;
    let limit = max.map_or(usize::MAX, |max| max.saturating_add(1));
    let mut parts: Vec<&str> = match sep {
        Some("") => return Err(Error::new(ErrorKind::InvalidOperation, "empty separator")),
        Some(sep) => text.rsplitn(limit, sep).collect(),
        None => text.trim().rsplitn(limit, char::is_whitespace).filter(|part| !part.is_empty()).collect(),
    };
    parts.reverse();
    Ok(parts.into_iter().map(Value::from).collect())
}

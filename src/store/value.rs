//! What goes into a statement ([`Arg`]) and what comes out ([`Row`], [`Value`]): five types, the same on both
//! engines. Moments are milliseconds, booleans 0 and 1, JSON is text.

use crate::domain::time::Timestamp;

use super::StoreError;

/// A value given to a statement. Use [`args!`](crate::args) to write a list of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg<'a> {
    Null,
    I(i64),
    F(f64),
    /// Text. A NUL character becomes U+FFFD, because PostgreSQL cannot hold it.
    T(&'a str),
    B(&'a [u8]),
}

/// The arguments of a statement: `tx.exec("… ?1 … ?2", args![id, name])`.
#[macro_export]
macro_rules! args {
    ($($e:expr),* $(,)?) => { &[$($crate::store::Arg::from($e)),*] };
}

macro_rules! arg_from_int {
    ($($t:ty),*) => { $(impl From<$t> for Arg<'_> { fn from(v: $t) -> Self { Self::I(i64::from(v)) } })* };
}
arg_from_int!(i64, i32, i16, u32, u16, u8, bool);

impl From<f64> for Arg<'_> {
    fn from(v: f64) -> Self {
        Self::F(v)
    }
}

impl From<Timestamp> for Arg<'_> {
    fn from(v: Timestamp) -> Self {
        Self::I(v.as_ms())
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(v: &'a str) -> Self {
        Self::T(v)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(v: &'a String) -> Self {
        Self::T(v)
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(v: &'a [u8]) -> Self {
        Self::B(v)
    }
}

impl<'a> From<&'a Vec<u8>> for Arg<'a> {
    fn from(v: &'a Vec<u8>) -> Self {
        Self::B(v)
    }
}

impl<'a> From<&'a Option<String>> for Arg<'a> {
    fn from(v: &'a Option<String>) -> Self {
        v.as_deref().into()
    }
}

impl<'a, T: Into<Arg<'a>>> From<Option<T>> for Arg<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// A value of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    I(i64),
    F(f64),
    T(String),
    B(Vec<u8>),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::I(_) => "an integer",
            Self::F(_) => "a float",
            Self::T(_) => "text",
            Self::B(_) => "bytes",
        }
    }
}

/// Placeholders and arguments of `id IN (…)`. The list is filled up with its last id to one of few lengths, so that few
/// statements are prepared. Not for an empty one.
pub(super) fn id_list(ids: &[i64]) -> (String, Vec<Arg<'static>>) {
    let length = ids.len().next_power_of_two();
    let mut args: Vec<Arg<'static>> = ids.iter().map(|id| Arg::I(*id)).collect();
    args.resize(length, args.last().copied().unwrap_or(Arg::Null));
    let places: Vec<String> = (1..=length).map(|place| format!("?{place}")).collect();
    (places.join(", "), args)
}

/// One row of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// The value of column `index` (from 0) as a `T`.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, StoreError> {
        let value = self.0.get(index);
        value.and_then(T::from_value).ok_or_else(|| StoreError::Column {
            index,
            wanted: T::WANTED,
            got: value.map_or("missing", Value::kind),
        })
    }

    pub fn values(&self) -> &[Value] {
        &self.0
    }
}

/// What [`Row::get`] can read.
pub trait FromValue: Sized {
    /// For the error message.
    const WANTED: &'static str;
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! from_value_int {
    ($($t:ty),*) => { $(impl FromValue for $t {
        const WANTED: &'static str = stringify!($t);
        fn from_value(value: &Value) -> Option<Self> {
            match value { Value::I(v) => <$t>::try_from(*v).ok(), _ => None }
        }
    })* };
}
from_value_int!(i64, i32, u64, u32, u16, u8, usize);

impl FromValue for bool {
    const WANTED: &'static str = "a boolean (0 or 1)";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::I(0) => Some(false),
            Value::I(1) => Some(true),
            _ => None,
        }
    }
}

impl FromValue for f64 {
    const WANTED: &'static str = "a float";
    #[expect(clippy::cast_precision_loss, reason = "a whole number read as a float, as both engines do")]
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::F(v) => Some(*v),
            Value::I(v) => Some(*v as Self),
            _ => None,
        }
    }
}

impl FromValue for String {
    const WANTED: &'static str = "text";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::T(v) => Some(v.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    const WANTED: &'static str = "bytes";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::B(v) => Some(v.clone()),
            _ => None,
        }
    }
}

impl FromValue for Timestamp {
    const WANTED: &'static str = "a moment (milliseconds)";
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_ms)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_every_kind() {
        let name = "x".to_owned();
        let none: Option<i64> = None;
        let list: &[Arg<'_>] =
            args![1_i64, true, 2_u32, 0.5, "t", &name, Timestamp::from_ms(9), none, Some("s"), &b"ab"[..]];
        let expected = [
            Arg::I(1),
            Arg::I(1),
            Arg::I(2),
            Arg::F(0.5),
            Arg::T("t"),
            Arg::T("x"),
            Arg::I(9),
            Arg::Null,
            Arg::T("s"),
            Arg::B(b"ab"),
        ];
        assert_eq!(list, expected);
    }

    #[test]
    fn a_wrong_column_says_what_it_is() {
        let row = Row(vec![Value::I(-1), Value::Null, Value::T("a".into())]);
        assert_eq!(row.get::<Option<String>>(1), Ok(None));
        let errors =
            [row.get::<u32>(0).map(drop), row.get::<String>(1).map(drop), row.get::<i64>(7).map(drop)];
        let words = errors.map(|e| e.unwrap_err().to_string());
        assert_eq!(
            words,
            [
                "column 0 of the result is an integer, not u32",
                "column 1 of the result is NULL, not text",
                "column 7 of the result is missing, not i64",
            ]
        );
    }
}

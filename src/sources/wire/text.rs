//! Texts and numbers of any JSON type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::flat::Flat;
use crate::domain::fingerprint::Fingerprint;
use crate::limits::URL_MAX_BYTES;

/// A text; numbers and flags as JSON writes them, null as nothing, lists and maps as JSON.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text<'a>(pub(crate) Option<Cow<'a, str>>);

impl<'a> Text<'a> {
    /// The text as it came, nothing when it is missing or empty.
    pub(crate) fn raw(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// The text to keep: cleaned and at most so long.
    pub(crate) fn kept(&self, max_bytes: usize) -> Option<Box<str>> {
        self.raw().map(|text| clean(text, max_bytes).into())
    }

    /// A link to keep; nothing if it is none.
    pub(crate) fn url(&self) -> Option<Box<str>> {
        self.raw().map(str::trim).filter(|text| is_url(text)).map(Into::into)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(text))))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Borrowed(if flag { "true" } else { "false" }))))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(Json::from(number).to_string()))))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(Json::from(number).to_string()))))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(Json::from(number).to_string()))))
    }

    fn visit_unit<E: Error>(self) -> Result<Text<'de>, E> {
        Ok(Text(None))
    }

    fn visit_none<E: Error>(self) -> Result<Text<'de>, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Text<'de>, A::Error> {
        let mut text = String::new();
        Flat(&mut text).visit_seq(access)?;
        Ok(Text(Some(Cow::Owned(text))))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Text<'de>, A::Error> {
        let mut text = String::new();
        Flat(&mut text).visit_map(access)?;
        Ok(Text(Some(Cow::Owned(text))))
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

/// A number, also when it came as text; anything else is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Number(pub(crate) Option<f64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl<'de> Visitor<'de> for NumberVisitor {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number(Some(number).filter(|number| number.is_finite())))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                self.visit_f64(text.trim().parse().unwrap_or(f64::NAN))
            }
            fn visit_bool<E: Error>(self, _: bool) -> Result<Number, E> {
                Ok(Number(None))
            }
            fn visit_unit<E: Error>(self) -> Result<Number, E> {
                Ok(Number(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Number, A::Error> {
                while access.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Number(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Number, A::Error> {
                while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Number(None))
            }
        }
        deserializer.deserialize_any(NumberVisitor)
    }
}

/// A JSON value as a text: texts as they are, null as nothing, all else as JSON.
pub(crate) fn json_text(json: &Json) -> Cow<'_, str> {
    match json {
        Json::Null => Cow::Borrowed(""),
        Json::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// A text that is safe to keep: control characters other than line feed and tab are replaced (a database may refuse
/// them, a terminal obey them), CR LF is LF, and what is too long is cut. The mark of a cut has the hash of the whole,
/// so that texts that differ only behind the cut stay different.
pub(crate) fn clean(text: &str, max_bytes: usize) -> Cow<'_, str> {
    let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
    let has_odd = text.bytes().any(|byte| (byte < 0x20 && byte != b'\n' && byte != b'\t') || byte == 0x7f)
        || text.as_bytes().windows(2).any(|pair| pair[0] == 0xc2 && (0x80..=0x9f).contains(&pair[1]));
    let mut out = Cow::Borrowed(text);
    if has_odd {
        out = Cow::Owned(text.replace("\r\n", "\n").replace(is_odd, "\u{fffd}"));
    }
    if out.len() > max_bytes {
        let whole = Fingerprint::of_sorted([("", text)]);
        let mark = format!("… [cut, {} bytes, {whole}]", text.len());
        let mut end = max_bytes.saturating_sub(mark.len());
        while !out.is_char_boundary(end) {
            end -= 1;
        }
        out = Cow::Owned(format!("{}{mark}", &out[..end]));
    }
    out
}

/// Whether it can be a link: `http` or `https`, no blanks or control characters, not endless.
pub(crate) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && text.len() <= URL_MAX_BYTES
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

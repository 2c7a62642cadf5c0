//! Lists and maps as the text they are, written while they are read: a tree in between would take many times as much.

use std::fmt::{self, Write as _};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::text::Text;

/// Writes a value as JSON without blanks.
pub(super) struct Flat<'o>(pub(super) &'o mut String);

impl Flat<'_> {
    fn put<E>(self, json: &Json) -> Result<(), E> {
        // Writing to a text cannot fail.
        let _ = write!(self.0, "{json}");
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Flat<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Flat<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(&Json::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.put(&flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        let _ = write!(self.0, "{number}");
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        let _ = write!(self.0, "{number}");
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.put(&number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(&text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self(out) = self;
        out.push('[');
        while access.next_element_seed(Flat(out))?.is_some() {
            out.push(',');
        }
        end(out, ']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self(out) = self;
        out.push('{');
        while let Some(Text(name)) = access.next_key::<Text<'de>>()? {
            Flat(out).visit_str(&name.unwrap_or_default())?;
            out.push(':');
            access.next_value_seed(Flat(out))?;
            out.push(',');
        }
        end(out, '}');
        Ok(())
    }
}

fn end(out: &mut String, bracket: char) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push(bracket);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_as_its_tree_would_be() {
        for json in [
            "[]",
            "{}",
            "[[],[1,-2,1.5,true,null],\"a,b\",\",\"]",
            "{\"a\":{\"b\":[{\"c\":\"d\\n\\\"\"}]},\"e,\":\"\"}",
        ] {
            let mut out = String::new();
            Flat(&mut out).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap();
            let tree: Json = serde_json::from_str(json).unwrap();
            assert_eq!(out, tree.to_string());
        }
    }
}

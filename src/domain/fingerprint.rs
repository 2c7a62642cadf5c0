//! The identity of an alert: Alertmanager's hash of its labels, so that ids agree with the sender's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// FNV-1a (64 bit) over the sorted labels; shown as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// For ids that come out of a database column.
    pub const fn from_u64(value: u64) -> Self {
        Self(value)
    }

    /// For a database column.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The hash of `(name, value)` pairs that are already sorted by name.
    pub fn of_sorted<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut hash = Fnv1a::new();
        for (name, value) in labels {
            hash.text(name);
            hash.byte(SEPARATOR);
            hash.text(value);
            hash.byte(SEPARATOR);
        }
        Self(hash.finish())
    }
}

/// Cannot occur in UTF-8, so names and values never run into each other.
const SEPARATOR: u8 = 0xff;

/// FNV-1a, 64 bit: not for secrets, but the same everywhere and for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv1a(u64);

impl Fnv1a {
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) const fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
    }

    pub(crate) fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.byte(byte);
        }
    }

    /// A text and its end, so that `("ab", "c")` and `("a", "bc")` differ.
    pub(crate) fn field(&mut self, text: &str) {
        self.text(text);
        self.byte(SEPARATOR);
    }

    pub(crate) const fn finish(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a fingerprint: 16 hexadecimal digits are expected")]
pub struct FingerprintError(String);

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || FingerprintError(text.to_owned());
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| wrong())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_set_and_a_small_one() {
        assert_eq!(Fingerprint::of_sorted([]).to_string(), "cbf29ce484222325");
        let one = Fingerprint::of_sorted([("alertname", "HighCPU")]);
        assert_eq!(one.to_string().parse(), Ok(one));
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), one);
    }

    #[test]
    fn only_sixteen_digits_are_a_fingerprint() {
        for wrong in ["", "12", "00000000000000zz", "+000000000000000", "00000000000000000"] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}

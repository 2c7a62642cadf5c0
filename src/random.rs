//! The only file that draws chance. Everyone else is given a [`Random`], so that a seed replays a run.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

pub trait Random: Send + Sync + 'static {
    fn next_u64(&self) -> u64;

    /// A number from 0 (inclusive) to `bound` (exclusive); 0 for a bound of 0.
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// A time-ordered id (UUID version 7) made from the given time.
    fn uuid(&self, now_ms: i64) -> Uuid {
        let mut bytes = [0_u8; 10];
        bytes[..8].copy_from_slice(&self.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&self.next_u64().to_le_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(now_ms).unwrap_or(0), &bytes).into_uuid()
    }
}

pub type SharedRandom = Arc<dyn Random>;

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the file where chance is drawn")]
    fn next_u64(&self) -> u64 {
        rand::random()
    }
}

/// SplitMix64: the same seed gives the same run.
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for SeededRandom {
    fn next_u64(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays() {
        let (one, two) = (SeededRandom::new(7), SeededRandom::new(7));
        let draw = |r: &SeededRandom| (0..5).map(|_| r.next_u64()).collect::<Vec<_>>();
        assert_eq!(draw(&one), draw(&two));
        assert_ne!(one.uuid(1), one.uuid(1));
        assert_eq!(one.uuid(1_700_000_000_000).get_version_num(), 7);
    }
}

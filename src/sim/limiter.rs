//! Slack's rate limits: token buckets per method, per channel, per workspace (DOC apis/web-api/rate-limits).

use std::collections::HashMap;

use super::builder::RateLimits;

/// Tokens are counted in thousandths, so that slow refills lose nothing.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    milli_tokens: i64,
    at_ms: i64,
}

/// What has been used of which limit.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    buckets: HashMap<String, Bucket>,
}

impl Limiter {
    /// Takes a token from the bucket, or says how many seconds to wait.
    fn take(&mut self, key: &str, burst: u32, a_minute: u32, now_ms: i64) -> Result<(), i64> {
        let full = i64::from(burst) * 1_000;
        let bucket =
            self.buckets.entry(key.to_owned()).or_insert(Bucket { milli_tokens: full, at_ms: now_ms });
        // a_minute tokens in 60,000 ms are a_minute/60 thousandths of a token a millisecond.
        let gained = (now_ms - bucket.at_ms).max(0).saturating_mul(i64::from(a_minute)) / 60;
        if gained > 0 {
            bucket.milli_tokens = bucket.milli_tokens.saturating_add(gained).min(full);
            bucket.at_ms = now_ms;
        }
        if bucket.milli_tokens >= 1_000 {
            bucket.milli_tokens -= 1_000;
            return Ok(());
        }
        let missing_ms = (1_000 - bucket.milli_tokens) * 60 / i64::from(a_minute.max(1));
        Err(missing_ms.div_euclid(1_000) + 1)
    }

    /// A call of `method`, whose tier allows so many a minute.
    pub(super) fn call(
        &mut self,
        limits: RateLimits,
        method: &str,
        a_minute: u32,
        now_ms: i64,
    ) -> Result<(), i64> {
        if limits.tiers { self.take(method, a_minute, a_minute, now_ms) } else { Ok(()) }
    }

    /// A message to `channel`.
    pub(super) fn message(&mut self, limits: RateLimits, channel: &str, now_ms: i64) -> Result<(), i64> {
        if let Some(burst) = limits.channel_burst {
            self.take(&format!("channel {channel}"), burst.max(1), 60, now_ms)?;
        }
        match limits.messages_a_minute {
            Some(a_minute) => self.take("messages", a_minute, a_minute, now_ms),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_takes_a_burst_and_then_one_a_second() {
        let mut limiter = Limiter::default();
        let mut at = |now_ms| limiter.message(RateLimits::SLACK, "C1", now_ms);
        assert_eq!([at(0), at(0), at(0)], [Ok(()); 3]);
        assert_eq!(at(0), Err(2));
        assert_eq!(at(999), Err(1));
        assert_eq!(at(1_000), Ok(()));
        assert_eq!(at(1_500), Err(1));
        assert_eq!(at(2_000), Ok(()));
    }

    #[test]
    fn a_tier_is_a_minute_of_calls() {
        let mut limiter = Limiter::default();
        for _ in 0..20 {
            assert_eq!(limiter.call(RateLimits::SLACK, "m", 20, 5), Ok(()));
        }
        assert_eq!(limiter.call(RateLimits::SLACK, "m", 20, 5), Err(4));
        assert_eq!(limiter.call(RateLimits::SLACK, "other", 20, 5), Ok(()));
        assert_eq!(limiter.call(RateLimits::OFF, "m", 20, 5), Ok(()));
    }
}

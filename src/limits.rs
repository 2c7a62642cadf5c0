//! Every bound of the program: name, unit, and why it is what it is.

use std::time::Duration;

// Outbox.
/// Calls on their way at once: enough to fill Slack's limits at 100 ms a call, few enough for a small machine.
pub const OUTBOX_IN_FLIGHT_MAX: usize = 32;
/// Rows claimed in one transaction.
pub const OUTBOX_CLAIM_MAX: usize = 32;
/// How long a claimed row is its sender's. Longer than any call may take (`SLACK_CALL_TIMEOUT`).
pub const OUTBOX_LEASE: Duration = Duration::from_secs(30);
/// How long to wait before asking whether a message arrived: a slow request may still be on its way in.
pub const OUTBOX_ASK_AFTER: Duration = Duration::from_secs(5);
/// The first pause before another try; it doubles.
pub const RETRY_FIRST_MS: u64 = 1_000;
/// The longest pause between two tries: after an outage everything is there within this time.
pub const RETRY_LONGEST_MS: u64 = 60_000;

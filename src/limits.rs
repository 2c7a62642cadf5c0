//! Every bound of the program: name, unit, and why it is what it is.

use std::time::Duration;

// The rules (matchers, routes, silences, time intervals).

/// The largest compiled form of one matcher's regular expression, in bytes: Go has no such bound, `\pL{1000}` is below it.
pub const REGEX_PROGRAM_BYTES: usize = 64 * 1024 * 1024;
/// How deep groups of a matcher's regular expression may nest: Go's own bound.
pub const REGEX_NEST_DEPTH: u32 = 1000;
/// How far ahead the end of a time interval is looked for; who asks again then loses nothing, and a search stays short.
pub const TIME_INTERVAL_LOOKAHEAD_DAYS: Duration = Duration::from_hours(400 * 24);

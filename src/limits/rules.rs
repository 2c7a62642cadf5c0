//! Bounds of the rules: templates, matchers, silences, and what they may cost everybody else.

use std::time::Duration;

/// Longest template source, in characters; OnCall's bound.
pub const TEMPLATE_SOURCE_MAX_CHARS: usize = 50_000;

/// Longest rendered text, in characters; OnCall's bound. The rest is cut and marked with "..".
pub const TEMPLATE_OUTPUT_MAX_CHARS: usize = 50_000;

/// Steps a template may take: a loop over 10,000 alerts with a line for each fits, an endless one ends in well under a second.
pub const TEMPLATE_FUEL: u64 = 1_000_000;

/// Steps all templates over one body or message may take together, what they read included.
pub const TEMPLATE_WORK_MAX: u64 = 20_000_000;

/// Bytes all templates over one body or message may render together: a few times the largest body.
pub const TEMPLATE_WRITTEN_MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Steps that a rendering counts for which ended in a mistake: how many it took is not known.
pub const TEMPLATE_WORK_OF_A_MISTAKE: u64 = 50_000;

/// Bytes looked at that count as one step.
pub const TEMPLATE_BYTES_A_STEP: u64 = 64;

/// Bytes of values one rendering may make: texts joined, lists built, output. The largest message has 200 kB.
pub const TEMPLATE_MEMORY_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Bytes one rendering may look at: comparing, searching, sorting. Reading a large payload a hundred times fits.
pub const TEMPLATE_READ_MAX_BYTES: usize = 256 * 1024 * 1024;

/// Lists and maps within each other: JSON is read to 128, and a template may wrap what it was given.
pub const TEMPLATE_DEPTH_MAX: usize = 192;

/// Parts of an expression within each other: the tree is walked on a thread's stack.
pub const TEMPLATE_NESTING_MAX: usize = 400;

/// Operators in one tag; a chain of them is a tree as deep as it is long.
pub const TEMPLATE_TAG_OPERATORS_MAX: usize = 300;

/// Bytes a macro that is declared in a loop holds on to, each time.
pub const TEMPLATE_CLOSURE_BYTES: usize = 1_024;

/// Characters of a mistake; it may quote a value.
pub const TEMPLATE_ERROR_CHARS: usize = 500;

/// Largest compiled regex of a template, in bytes; its cache for searching may be as large again.
pub const TEMPLATE_REGEX_MAX_BYTES: usize = 512 * 1024;

/// Bytes of text that `check` renders each template with, all fields together.
pub const STRAIN_TEXT_BYTES: usize = 256 * 1024;

/// Things in a list that `check` renders each template with.
pub const STRAIN_LIST_ITEMS: usize = 200;

/// Longest pattern of a regex in a template, in bytes: reading one takes a hundred times as much.
pub const TEMPLATE_REGEX_PATTERN_MAX_BYTES: usize = 4_096;

/// Most compiled regexes kept for templates; a config has tens of them.
pub const TEMPLATE_REGEX_CACHE_MAX: usize = 64;

// Matchers, silences, incidents that routes declare.

/// The largest compiled form of one matcher's regular expression, in bytes: Go has no such bound, `\pL{1000}` is below it.
pub const REGEX_PROGRAM_BYTES: usize = 64 * 1024 * 1024;
/// Matchers in a text that somebody types: a silence has three or four.
pub const TYPED_MATCHERS_MAX: usize = 16;
/// The compiled expressions of such a text together, in bytes: guests type, too, and everybody waits for it.
pub const TYPED_REGEXES_MAX_BYTES: usize = 1024 * 1024;
/// The sizes such an expression is tried in, in bytes: the one that fits is what it counts for.
pub const TYPED_REGEX_SIZES_BYTES: [usize; 4] = [16 * 1024, 64 * 1024, 256 * 1024, TYPED_REGEXES_MAX_BYTES];
/// What the search of such an expression may remember, in bytes.
pub const TYPED_REGEX_CACHE_BYTES: usize = 128 * 1024;
/// Typed expressions kept compiled for the next reading, those that are wrong included.
pub const TYPED_REGEXES_KEPT: usize = 32;
/// Silences by matchers that hold or will: an index finds those of an alert, but each is a row to read.
pub const SILENCES_MAX: usize = 1_000;
/// The compiled expressions of all silences together, in bytes.
pub const SILENCES_REGEXES_MAX_BYTES: usize = 32 * 1024 * 1024;
/// Alerts looked at in one transaction to see whether silences and inhibitions cover them: some 20 ms.
pub const SUPPRESSION_LOOKS_MAX: usize = 2_000;
/// Alerts of a group read at once for that.
pub const SUPPRESSION_PAGE: i64 = 500;
/// Incidents of one severity that routes may declare within [`DECLARED_BY_ROUTES_WITHIN`]; what comes on top joins the
/// last of them. Nobody can lead more.
pub const DECLARED_BY_ROUTES_MAX: usize = 5;
/// See [`DECLARED_BY_ROUTES_MAX`].
pub const DECLARED_BY_ROUTES_WITHIN: Duration = Duration::from_mins(1);
/// Incidents looked at for that, the newest first.
pub const DECLARED_LOOKED_AT: i64 = 100;
/// How deep groups of a matcher's regular expression may nest: Go's own bound.
pub const REGEX_NEST_DEPTH: u32 = 1000;

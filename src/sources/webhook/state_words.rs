//! Titles that begin with a state: `[FIRING:2] Disk`, `PROBLEM: Disk`, `[Recovered on {host:a}] Disk`.

use super::fields::plain;

/// Words for the end that stand before a title.
const OVER: &[&str] =
    &["ok", "resolved", "recovered", "recovery", "up", "closed", "cleared", "fixed", "normal"];
/// Words for what goes on that stand before a title.
const ON: &[&str] =
    &["firing", "alerting", "alert", "alarm", "problem", "triggered", "down", "nodata", "failed"];

/// The title without the state, which would be stale with the next change, and whether the state is the end.
pub(super) fn split(title: &str) -> Option<(&str, bool)> {
    let (state, rest) = match title.strip_prefix('[') {
        Some(inside) => inside.split_once(']')?,
        None => title.split_once(": ")?,
    };
    let end = state.find(|c: char| !c.is_alphanumeric() && c != ' ').unwrap_or(state.len());
    let is = |words: &[&str]| {
        let whole = plain(&state[..end]);
        let first = plain(state.split_whitespace().next().unwrap_or_default());
        words.iter().any(|word| whole == *word || (title.starts_with('[') && first == *word))
    };
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '|'));
    let is_over = is(OVER);
    (!rest.is_empty() && (is_over || is(ON))).then_some((rest, is_over))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn states_before_titles() {
        for (title, expected) in [
            ("[FIRING:2] Disk full", Some(("Disk full", false))),
            ("[RESOLVED] Disk: full", Some(("Disk: full", true))),
            ("[Triggered on {host:web-1}] CPU high on web-1", Some(("CPU high on web-1", false))),
            ("[Recovered on {host:web-1}] - CPU", Some(("CPU", true))),
            ("[No data] CPU", Some(("CPU", false))),
            ("[Alerting] Panel", Some(("Panel", false))),
            ("PROBLEM: Disk", Some(("Disk", false))),
            ("OK: \"web-cpu\" in EU", Some(("\"web-cpu\" in EU", true))),
            ("Up: Shop", Some(("Shop", true))),
            ("Upstream: slow", None),
            ("Error: division by zero", None),
            ("web-1: OK", None),
            ("OK:", None),
            ("[OK] ", None),
            ("[Shop] [Down] timeout", None),
            ("Looks up: nothing", None),
            ("[", None),
            ("", None),
        ] {
            assert_eq!(split(title), expected, "{title}");
        }
    }
}

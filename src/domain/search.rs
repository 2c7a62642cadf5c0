//! What somebody looks for among the incidents: words and filters, as they are typed.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::incident::{Incident, Settings, State};
use super::matcher::Matchers;
use super::time::Timestamp;
use super::typed;
use super::words::{self, may_begin};
use crate::limits::{INCIDENT_SEARCH_SPAN, SEARCH_WORDS_MAX};

/// What is looked for; all of it must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Each must be said of it.
    pub terms: Vec<Term>,
    /// The last word may go on: people type the beginning of a word.
    pub goes_on: bool,
    /// Each must be said so, letter by letter.
    pub phrases: Vec<String>,
    /// None: any.
    pub states: Vec<State>,
    /// None: any.
    pub severities: Vec<String>,
    pub labels: Option<Matchers>,
    /// It had not ended before.
    pub since: Option<Timestamp>,
    /// It had begun by then.
    pub until: Option<Timestamp>,
    /// They have a part in it.
    pub mine: bool,
}

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As the index knows it.
    pub folded: String,
    /// As it was typed.
    pub typed: String,
}

/// A search and which page of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub query: Query,
    /// From 1.
    pub page: usize,
    /// As it was understood, without the page.
    pub shown: String,
}

/// What cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    pub text: String,
    pub reason: String,
}

impl Query {
    /// Whether nothing but filters was given.
    pub fn has_no_words(&self) -> bool {
        self.terms.is_empty() && self.phrases.is_empty()
    }

    /// Whether the filters hold; words, phrases and whose it is are another matter.
    pub fn filters_hold(&self, one: &Incident) -> bool {
        (self.states.is_empty() || self.states.contains(&one.state))
            && (self.severities.is_empty() || self.severities.contains(&one.severity))
            && self.labels.as_ref().is_none_or(|labels| labels.matches(&one.labels))
            && self.since.is_none_or(|since| one.ended_at.is_none_or(|ended| ended >= since))
            && self.until.is_none_or(|until| one.began_at() <= until)
    }

    fn add_words(&mut self, text: &str) {
        for word in words::words(text) {
            let term = Term { typed: text[word.start..word.end].to_lowercase(), folded: word.folded };
            if self.terms.len() < SEARCH_WORDS_MAX && !self.terms.contains(&term) {
                self.terms.push(term);
            }
        }
    }
}

/// Reads what was typed: `checkout SEV1`, `"too many connections" since:30d`, `team=shop resolved 7d`,
/// `severity:SEV1 label:team=shop state:resolved since:2026-11-01 until:7d page 2`.
pub fn parse(settings: &Settings, text: &str, now: Timestamp) -> Result<Asked, Misread> {
    let mut query = Query::default();
    let (mut page, mut all, mut matchers, mut shown) = (1, false, Vec::new(), Vec::new());
    let tokens = typed::tokens(text);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let word = token.to_lowercase();
        if matches!(word.as_str(), "page" | "p")
            && let Some(number) = tokens.get(at).and_then(|next| next.parse().ok())
        {
            page = number;
            at += 1;
            continue;
        }
        if let Some((length, taken)) = typed::length(&tokens[at - 1..]) {
            query.since = Some(ago(now, length));
            shown.extend_from_slice(&tokens[at - 1..at - 1 + taken]);
            at += taken - 1;
            continue;
        }
        let typed_filter = token.split_once(':').filter(|(_, value)| !value.is_empty());
        match (word.as_str(), typed_filter) {
            (_, Some((key, value))) if filter(&mut query, settings, key, value, now, &mut matchers)? => {}
            ("all" | "any" | "past", _) => all = true,
            ("open" | "active", _) => query.states.push(State::Open),
            ("mine" | "my", _) => query.mine = true,
            ("list" | "incidents" | "since" | "last" | "with", _) => continue,
            ("closed" | "ended", _) => query.states.extend(ENDED),
            _ if State::parse(&word).is_some() => query.states.extend(State::parse(&word)),
            _ if settings.severities.iter().any(|one| one.name.to_lowercase() == word) => {
                query.severities.extend(settings.severity(&word).map(|one| one.name.clone()));
            }
            _ if token.starts_with('"') && !token.trim_end_matches('"').contains("\"=") => {
                let phrase = token.trim_matches('"').trim();
                query.add_words(phrase);
                query.goes_on = false;
                if !phrase.is_empty() {
                    query.phrases.push(phrase.to_owned());
                }
            }
            _ if typed::is_matcher(token) => matchers.push(token.clone()),
            _ => {
                query.add_words(token);
                query.goes_on = query.terms.last().is_some_and(|last| may_begin(&last.folded));
            }
        }
        shown.push(token.clone());
    }
    if !matchers.is_empty() {
        let text = typed::matchers(&matchers);
        let parsed = Matchers::typed(&text)
            .map_err(|error| Misread { text: text.clone(), reason: error.to_string() })?;
        query.labels = Some(parsed);
    }
    // Whoever looks for something looks in the past, too; whoever does not, wants to know what burns.
    let looks_back = all || query.since.is_some() || query.until.is_some() || !query.has_no_words();
    if query.states.is_empty() && !looks_back {
        query.states.push(State::Open);
    }
    Ok(Asked { query, page, shown: shown.join(" ") })
}

const ENDED: [State; 3] = [State::Resolved, State::Cancelled, State::Merged];

/// A filter with its name before a colon; whether it is one.
fn filter(
    query: &mut Query,
    settings: &Settings,
    key: &str,
    value: &str,
    now: Timestamp,
    matchers: &mut Vec<String>,
) -> Result<bool, Misread> {
    let wrong = |reason: String| Misread { text: format!("{key}:{value}"), reason };
    match key.to_lowercase().as_str() {
        "severity" | "sev" => {
            let known =
                || settings.severities.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
            let one = settings
                .severity(value)
                .ok_or_else(|| wrong(format!("there is no such severity; there are {}", known())))?;
            query.severities.push(one.name.clone());
        }
        "state" | "is" => match value.to_lowercase().as_str() {
            "ended" | "closed" => query.states.extend(ENDED),
            "any" | "all" => query.states.extend(ENDED.into_iter().chain([State::Open])),
            state => {
                let one = State::parse(state);
                let known = "there is no such state; there are open, resolved, cancelled, merged and ended";
                query.states.push(one.ok_or_else(|| wrong(known.to_owned()))?);
            }
        },
        "since" | "after" | "until" | "before" => {
            let is_start = matches!(key.to_lowercase().as_str(), "since" | "after");
            let moment = moment(value, is_start, now).ok_or_else(|| {
                wrong("a time is a length like 30d or a day like 2026-11-21 (UTC)".to_owned())
            })?;
            *(if is_start { &mut query.since } else { &mut query.until }) = Some(moment);
        }
        "label" | "labels" => {
            if !typed::is_matcher(value) {
                return Err(wrong("a label has a value: label:team=shop".to_owned()));
            }
            matchers.push(value.to_owned());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `30d` ago, or a day's beginning or end.
fn moment(text: &str, is_start: bool, now: Timestamp) -> Option<Timestamp> {
    if let Some((length, 1)) = typed::length(&[text.to_owned()]) {
        return Some(ago(now, length));
    }
    let day: Date = text.parse().ok()?;
    let day = if is_start { day } else { day.tomorrow().ok()? };
    Some(Timestamp::from_ms(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

fn ago(now: Timestamp, length: Duration) -> Timestamp {
    now - length.min(INCIDENT_SEARCH_SPAN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_763_700_000_000);
    const DAY_MS: i64 = 86_400_000;

    fn asked(text: &str) -> Asked {
        parse(&Settings::default(), text, NOW).unwrap()
    }

    /// All that was understood, in one line.
    fn told(text: &str) -> String {
        let Asked { query, page, shown } = asked(text);
        let mut out: Vec<String> = query.terms.iter().map(|term| term.folded.clone()).collect();
        if query.goes_on {
            out.push("…".to_owned());
        }
        out.extend(query.phrases.iter().map(|phrase| format!("\"{phrase}\"")));
        out.extend(query.states.iter().map(|state| state.as_str().to_owned()));
        out.extend(query.severities.iter().cloned());
        out.extend(query.labels.iter().map(ToString::to_string));
        let days = |at: Timestamp| (NOW.as_ms() - at.as_ms()) / DAY_MS;
        out.extend(query.since.map(|at| format!("since -{}d", days(at))));
        out.extend(query.until.map(|at| format!("until -{}d", days(at))));
        out.extend(query.mine.then(|| "mine".to_owned()));
        out.extend((page != 1).then(|| format!("page {page}")));
        let _ = shown;
        out.join(" ")
    }

    #[test]
    fn what_is_typed_is_understood() {
        for (text, meant) in [
            ("", "open"),
            ("mine", "open mine"),
            ("all", ""),
            ("Checkout down", "checkout down …"),
            ("database SEV1", "database … SEV1"),
            ("sev1", "open SEV1"),
            ("resolved 7d", "resolved since -7d"),
            ("since 2 weeks", "since -14d"),
            ("since:30d until:7d", "since -30d until -7d"),
            ("since:2025-11-01 until:2025-11-02", "since -20d until -18d"),
            ("severity:sev2 state:resolved disk", "disk … resolved SEV2"),
            ("state:ended", "resolved cancelled merged"),
            ("team=shop", "open {team=\"shop\"}"),
            ("label:team=shop label:env=prod", "open {env=\"prod\",team=\"shop\"}"),
            ("{team=~\"shop|web\"} all", "{team=~\"shop|web\"}"),
            ("\"too many connections\"", "too many connections \"too many connections\""),
            ("db \"at the door\" fix", "db door fix … \"at the door\""),
            ("page 3 disk", "disk … page 3"),
            ("disk page 3", "disk … page 3"),
            ("inc:12 x", "inc 12 x"),
            ("障害対応", "障害 害対 対応 …"),
            ("the", "open"),
            ("disk disk DISK", "disk …"),
        ] {
            let told = told(text);
            let mut given: Vec<&str> = told.split(' ').collect();
            let mut wanted: Vec<&str> = meant.split(' ').collect();
            if text.contains("label:") {
                // The order of matchers is theirs.
                (given, wanted) = (vec![given[0]], vec![wanted[0]]);
            }
            assert_eq!(given, wanted, "{text}");
        }
        assert_eq!(asked("Disk team=a page 2").shown, "Disk team=a");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, reason) in [
            ("severity:purple", "there is no such severity; there are SEV1, SEV2, SEV3, SEV4"),
            ("state:half", "there is no such state"),
            ("since:soon", "a time is a length like 30d"),
            ("until:2026-13-01", "a time is a length like 30d"),
            ("label:team", "a label has a value"),
            ("team=~\"(\"", ""),
        ] {
            let misread = parse(&Settings::default(), text, NOW).unwrap_err();
            assert!(misread.reason.contains(reason), "{text}: {misread:?}");
            assert_eq!(misread.text, text);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,60}|[a-z0-9:=~\"{} ]{0,60}") {
            let _ = parse(&Settings::default(), &text, NOW);
        }
    }
}

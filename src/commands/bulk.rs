//! Several alerts at once: `ack all`, `ack severity=warning`, `resolve 1 2 3`, `silence mine 2h`. What would be done is
//! shown first, and a button does it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alerts::Filter;
use super::{Said, alerts, reply, typed};
use crate::actions::{Answer, may_work};
use crate::domain::actor::Actor;
use crate::domain::bulk::{Deed, Left};
use crate::domain::group::Group;
use crate::domain::priority::Priority;
use crate::engine::sight::Viewer;
use crate::engine::{Work, listed};
use crate::limits::{
    BULK_GROUPS_MAX, BULK_LEFT_SHOWN, BULK_NAMED_MAX, BULK_RESOLVED_LOOKED_AT, NOTE_CHARS,
    PREVIEW_GROUPS_SHOWN, SLACK_BUTTON_VALUE_CHARS,
};
use crate::slack::blocks::{Mrkdwn, width};
use crate::store::{StoreError, groups};
use crate::views::bulk::{self, Preview};

/// Which alerts are meant, as the button keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pick {
    #[serde(rename = "n")]
    Numbers(Vec<i64>),
    /// As `alerts` takes it; empty: all. Only groups that were there when the button was shown: up to this id.
    #[serde(rename = "f")]
    Filter(String, i64),
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    #[serde(rename = "d")]
    pub what: Deed,
    #[serde(rename = "p")]
    pub pick: Pick,
    /// Of a silence, in seconds; none: until it is lifted.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub length_s: Option<u64>,
    #[serde(rename = "w", default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// Several alerts, as they were typed, and what stands behind them.
struct Asked {
    pick: Pick,
    words: String,
    /// Only blanks stand between the numbers, and words behind them: the second number may be the first of the words.
    unsure: bool,
}

/// The preview, if several alerts are named; `None` where a single one is meant. `implied` says that the place means one
/// already, so that words may be a note for that.
pub(super) fn asked(
    work: &mut Work<'_>,
    said: &Said<'_>,
    what: Deed,
    rest: &str,
    implied: bool,
) -> Result<Option<Answer>, StoreError> {
    if let Some(answer) = channels(work, what, rest) {
        return Ok(Some(answer));
    }
    // A channel at the beginning is asked about as that of one alert.
    if rest.split_whitespace().take(2).any(|word| typed::channel(word).is_some()) {
        return Ok(None);
    }
    let tokens = typed::tokens(&typed::plain(rest));
    let Some(asked) = read(what, &tokens, implied) else { return Ok(None) };
    show(work, said, what, asked, None).map(Some)
}

/// The same for `silence`, whose length is read already.
pub(super) fn silence(
    work: &mut Work<'_>,
    said: &Said<'_>,
    chosen: &[String],
    length: Option<Duration>,
    words: &str,
) -> Result<Answer, StoreError> {
    let (numbers, taken, _) = numbers(chosen);
    let pick = if numbers.len() > 1 && taken == chosen.len() {
        Pick::Numbers(numbers)
    } else {
        Pick::Filter(chosen.join(" "), 0)
    };
    let asked = Asked { pick, words: words.to_owned(), unsure: false };
    show(work, said, Deed::Silence, asked, length)
}

/// Slack made channels of several numbers.
fn channels(work: &Work<'_>, what: Deed, rest: &str) -> Option<Answer> {
    let meant = typed::numbers_for_channels(rest)?;
    let (numbers, ..) = numbers(&typed::tokens(&typed::plain(&meant)));
    if numbers.len() < 2 {
        return None;
    }
    let words = format!("{} {meant}", what.as_str());
    let shown = typed::plain(&words);
    let text = Mrkdwn::markup("Slack made channels of numbers. Without the # it leaves them alone: ");
    let text = crate::views::answer::next(text, &work.rules.slack.command, &shown);
    Some(Answer::PrivateMessage(crate::views::answer::choices(text, &[(format!("Yes: {shown}"), words)])))
}

fn read(what: Deed, tokens: &[String], implied: bool) -> Option<Asked> {
    let (numbers, taken, unsure) = numbers(tokens);
    let after = |taken: usize| tokens.get(taken..).unwrap_or_default().join(" ");
    if numbers.len() > 1 {
        let words = after(taken);
        // In an alert's thread "resolve 3 4 disks replaced" tells what was done to it.
        let is_words = implied && unsure && !words.is_empty();
        let unsure = unsure && !words.is_empty();
        return (!is_words).then_some(Asked { pick: Pick::Numbers(numbers), words, unsure });
    }
    if numbers.len() == 1 {
        return None;
    }
    let chosen = tokens.iter().take_while(|token| selects(token)).count();
    let takes_words = matches!(what, Deed::Resolve | Deed::Unresolve) || implied;
    let (chosen, words) = match chosen {
        0 if implied || takes_words || tokens.is_empty() => return None,
        // "resolve all good now" in a thread is about that alert.
        some if implied && some < tokens.len() => return None,
        some if takes_words => (some, after(some)),
        // Nothing else can follow: the rest are words of the titles.
        _ => (tokens.len(), String::new()),
    };
    Some(Asked { pick: Pick::Filter(tokens[..chosen].join(" "), 0), words, unsure: false })
}

/// Whether a word chooses among alerts, whatever stands beside it.
pub(super) fn selects(token: &str) -> bool {
    let word = token.to_lowercase();
    matches!(
        word.as_str(),
        "all" | "everything" | "mine" | "my" | "open" | "firing" | "acked" | "acknowledged" | "silenced"
    ) || word.strip_prefix('p').and_then(|digit| digit.parse().ok()).and_then(Priority::from_number).is_some()
        || typed::is_matcher(token)
}

/// The numbers at the beginning, how many tokens they take, and whether nothing but blanks keeps them apart.
fn numbers(tokens: &[String]) -> (Vec<i64>, usize, bool) {
    let (mut found, mut at, mut only_blanks): (Vec<i64>, usize, bool) = (Vec::new(), 0, true);
    if tokens.first().is_some_and(|token| typed::is_alert_word(token)) {
        (at, only_blanks) = (1, false);
    }
    while let Some(token) = tokens.get(at) {
        let parts: Option<Vec<i64>> =
            token.split(',').filter(|part| !part.is_empty()).map(typed::number).collect();
        match parts {
            Some(some) => {
                only_blanks &= !token.contains([',', '#']);
                found.extend(some);
            }
            None if token.eq_ignore_ascii_case("and") && !found.is_empty() => only_blanks = false,
            None => break,
        }
        at += 1;
        if token.ends_with(':') {
            break;
        }
    }
    let mut unique = Vec::new();
    for number in found {
        if !unique.contains(&number) {
            unique.push(number);
        }
    }
    (unique, at, only_blanks)
}

fn show(
    work: &mut Work<'_>,
    said: &Said<'_>,
    what: Deed,
    asked: Asked,
    length: Option<Duration>,
) -> Result<Answer, StoreError> {
    if what != Deed::Ack
        && let Err(denied) = may_work(work, said.user)?
    {
        return Ok(denied);
    }
    let ends = length.map(|length| (length, work.now + length));
    let found = match find(work, said.user, what, &asked.pick, ends.map(|(_, ends)| ends))? {
        Ok(found) => found,
        Err(text) => return Ok(reply::private(text)),
    };
    let pick = match &asked.pick {
        Pick::Filter(text, _) => {
            Pick::Filter(text.clone(), found.groups.iter().map(|group| group.id).max().unwrap_or(0))
        }
        numbers => numbers.clone(),
    };
    let filter = match &asked.pick {
        Pick::Filter(text, _) if !matches!(text.as_str(), "all" | "everything" | "open") => text.as_str(),
        _ => "",
    };
    let words = asked.words.trim();
    let wish = Wish { what, pick, length_s: length.map(|length| length.as_secs()), words: words.to_owned() };
    let value = serde_json::to_string(&wish).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    if width(&value) > SLACK_BUTTON_VALUE_CHARS || words.chars().count() > NOTE_CHARS {
        let text = "That is too long for a button of Slack's: use fewer words, or a filter such as ";
        return Ok(reply::private(Mrkdwn::markup(text).code("severity=warning").raw(".")));
    }
    let shown = found.groups.iter().take(PREVIEW_GROUPS_SHOWN);
    let listed = listed::groups(work.tx, work.rules, shown, work.now)?;
    let instead = match (&asked.pick, asked.unsure) {
        (Pick::Numbers(numbers), true) => one_instead(what, numbers, words),
        _ => Vec::new(),
    };
    let preview = Preview {
        what,
        groups: &found.groups,
        listed: &listed,
        filter,
        left: &found.left,
        unknown: &found.unknown,
        others: found.others,
        over: found.over,
        looked_at: found.looked_at,
        length: ends,
        words,
        value: &value,
        instead: &instead,
        command: &work.rules.slack.command,
    };
    Ok(match found.groups.is_empty() {
        true => reply::private(bulk::nothing(&preview)),
        false => Answer::PrivateMessage(bulk::preview(&preview)),
    })
}

/// "resolve 5 3 disks replaced" may be about #5 alone.
fn one_instead(what: Deed, numbers: &[i64], words: &str) -> Vec<(String, String)> {
    let Some((first, rest)) = numbers.split_first() else { return Vec::new() };
    let rest: Vec<String> = rest.iter().map(i64::to_string).collect();
    let said = format!("{} {words}", rest.join(" "));
    vec![(format!("Only #{first}: {said}"), format!("{} {first}: {said}", what.as_str()))]
}

/// What is meant now.
#[derive(Default)]
pub struct Found {
    pub groups: Vec<Group>,
    /// Those that were named and stay as they are.
    pub left: Vec<Left>,
    pub unknown: Vec<i64>,
    /// How many others the filter finds.
    pub others: usize,
    /// How many more would change, were they not too many at once.
    pub over: usize,
    /// Only so many of the resolved ones were looked at, and there are more.
    pub looked_at: Option<usize>,
}

/// The groups that this would change; or what cannot be read.
pub fn find(
    work: &mut Work<'_>,
    user: &str,
    what: Deed,
    pick: &Pick,
    until: Option<crate::domain::time::Timestamp>,
) -> Result<Result<Found, Mrkdwn>, StoreError> {
    let mut found = Found::default();
    let by = Actor::Person(user.to_owned());
    let viewer = Viewer::doing(work, user)?;
    match pick {
        Pick::Numbers(numbers) => {
            if numbers.len() > BULK_NAMED_MAX {
                let text = format!(
                    "At most {BULK_NAMED_MAX} numbers at once; these are {}. More: a filter, as in ",
                    numbers.len()
                );
                let text = Mrkdwn::markup(text);
                return Ok(Err(text.code(&format!(
                    "{} {} severity=warning",
                    work.rules.slack.command,
                    what.as_str()
                ))));
            }
            for number in numbers {
                let group = match groups::by_number(work.tx, *number)? {
                    Some(group) if viewer.sees_group(work.tx, &group)? => group,
                    _ => {
                        found.unknown.push(*number);
                        continue;
                    }
                };
                match what.decide(&mut group.clone(), &by, until, work.now) {
                    Ok(_) => found.groups.push(group),
                    Err(refusal) if found.left.len() < BULK_LEFT_SHOWN => {
                        found.left.push(Left { number: *number, why: refusal.to_string() });
                    }
                    Err(_) => found.others += 1,
                }
            }
        }
        Pick::Filter(text, up_to) => {
            let filter = match Filter::parse(user, text) {
                Ok(filter) if filter.is_a_page() => {
                    let text =
                        Mrkdwn::markup("A list has pages; what is done, is done to all it finds: leave out ");
                    return Ok(Err(text.code("page").raw(" and its number.")));
                }
                Ok(filter) => filter.in_states(what).seen_by(&viewer)?,
                Err(text) => return Ok(Err(text)),
            };
            let now = work.now;
            let walk = alerts::each(work, &filter, BULK_RESOLVED_LOOKED_AT, &mut |group| {
                let is_meant = what.is_for(group.state)
                    && group.notified_at.is_some()
                    && (*up_to == 0 || group.id <= *up_to)
                    && what.decide(&mut group.clone(), &by, until, now).is_ok();
                if !is_meant {
                    found.others += 1;
                } else if found.groups.len() < BULK_GROUPS_MAX {
                    found.groups.push(group);
                } else {
                    found.over += 1;
                }
            })?;
            found.looked_at = walk.looked_at;
        }
    }
    Ok(Ok(found))
}

//! Matchers and lengths of time as people type them: blanks, quotes and units are taken as they were meant.

use std::time::Duration;

use super::duration;

/// Words, where quotes and braces hold together what is in them.
pub fn tokens(text: &str) -> Vec<String> {
    let (mut tokens, mut token) = (Vec::new(), String::new());
    let (mut in_quotes, mut depth, mut escaped) = (false, 0_u32, false);
    for c in text.chars() {
        let is_plain = !escaped;
        escaped = in_quotes && c == '\\' && !escaped;
        match c {
            '"' if is_plain => in_quotes = !in_quotes,
            '{' if !in_quotes => depth += 1,
            '}' if !in_quotes => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && !in_quotes && depth == 0 => {
                if !token.is_empty() {
                    tokens.push(std::mem::take(&mut token));
                }
                continue;
            }
            _ => {}
        }
        token.push(c);
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

/// Whether a token is (the start of) a matcher.
pub fn is_matcher(token: &str) -> bool {
    token.starts_with('{') || token.contains('=') || token.contains("!~")
}

/// Matchers of tokens: blanks may stand where commas should.
pub fn matchers(tokens: &[String]) -> String {
    let mut text = String::new();
    for token in tokens {
        let begins_one = token.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '"'))
            && is_matcher(token);
        if !text.is_empty() {
            text.push_str(if begins_one && !text.ends_with([',', '=', '~']) { ", " } else { " " });
        }
        text.push_str(token);
    }
    text
}

/// The length at the beginning of the tokens and how many of them it took: `2h`, `1h 30m`, `2 hours`.
pub fn length(tokens: &[String]) -> Option<(Duration, usize)> {
    let (mut total, mut taken) = (Duration::ZERO, 0);
    while let Some(token) = tokens.get(taken) {
        let together = tokens.get(taken + 1).map(|next| format!("{token}{next}"));
        let is_bare = token.bytes().all(|byte| byte.is_ascii_digit());
        let (part, count) = match (one_length(token), together) {
            (Some(part), _) => (part, 1),
            (None, Some(together)) if is_bare => match one_length(&together) {
                Some(part) => (part, 2),
                None => break,
            },
            _ => break,
        };
        total = total.saturating_add(part);
        taken += count;
    }
    (taken > 0).then_some((total, taken))
}

fn one_length(token: &str) -> Option<Duration> {
    let token = token.trim_end_matches([',', '.', ';']).to_lowercase();
    if token == "0" {
        return None;
    }
    if let Ok(length) = duration::parse(&token) {
        return Some(length);
    }
    let unit_at = token.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = token.split_at(unit_at);
    let unit = match unit {
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "week" | "weeks" => "w",
        _ => return None,
    };
    duration::parse(&format!("{digits}{unit}")).ok()
}

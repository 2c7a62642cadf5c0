//! The name of an incident's channel: at most 80 of `a-z 0-9 - _` (docs.slack.dev/reference/methods/conversations.create),
//! and still readable where the title is in another script.

use super::Incident;
use crate::limits::CHANNEL_NAME_CHARS;
use jiff::tz::TimeZone;

/// The `attempt`th name to try for it: the first is the plain one, a later one has a suffix.
///
/// The template knows `{number}`, `{slug}`, `{severity}`, `{date}` and `{label.NAME}`. A slug that is empty (a title
/// that has no letter Slack allows) leaves the date in its place, so that the name still says something.
pub fn channel_name(template: &str, incident: &Incident, attempt: u32) -> String {
    let date = jiff::Timestamp::from_millisecond(incident.created_at.as_ms())
        .map(|at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string())
        .unwrap_or_default();
    let suffix = if attempt == 0 { String::new() } else { format!("-{}", attempt + 1) };
    let number = incident.number.to_string();
    // A private incident's title stands nowhere but in its channel; a channel's name may leak into other places.
    let slug = if incident.private { String::new() } else { slug(&incident.title) };
    let mut text = template.to_owned();
    for (label, value) in incident.labels.iter() {
        text = text.replace(&format!("{{label.{label}}}"), &slug_of(value));
    }
    let slug = if slug.is_empty() { date.as_str() } else { slug.as_str() };
    let whole = text
        .replace("{number}", &number)
        .replace("{severity}", &slug_of(&incident.severity))
        .replace("{date}", &date)
        .replace("{slug}", slug);
    let mut name: String = slug_of(&whole).chars().take(CHANNEL_NAME_CHARS - suffix.len()).collect();
    while name.ends_with(['-', '_']) {
        name.pop();
    }
    if name.is_empty() {
        name = format!("inc-{number}");
    }
    name + &suffix
}

/// The first words of a title, as far as a channel's name can hold them.
pub fn slug(title: &str) -> String {
    const SLUG_CHARS: usize = 40;
    let whole = slug_of(title);
    if whole.len() <= SLUG_CHARS {
        return whole;
    }
    let cut = &whole[..SLUG_CHARS];
    match cut.rfind('-') {
        Some(end) if end > SLUG_CHARS / 2 => cut[..end].to_owned(),
        _ => cut.trim_end_matches('-').to_owned(),
    }
}

/// Letters and digits in lower case, everything else as one hyphen. Letters of other scripts are written in Latin
/// ones where that can be read (é → e, 東京 → dong-jing).
fn slug_of(text: &str) -> String {
    let mut slug = String::new();
    for c in deunicode::deunicode(text).chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            '\'' => {}
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').to_owned()
}

//! Who has it, what keeps it quiet, what happened before: the small grey lines.

use super::told_kind;
use crate::domain::actor::Actor;
use crate::domain::alert::Kind;
use crate::domain::group::{Group, State};
use crate::domain::picture::GroupPicture;
use crate::domain::say::Importance;
use crate::domain::time::Timestamp;
use crate::limits::{CARD_LINE_CHARS, CARD_SUMMARY_CHARS};
use crate::slack::blocks::{Mrkdwn, truncate};
use crate::views::words::{self, at, span, who};

/// All of them, the most important first.
pub(super) fn lines(picture: &GroupPicture) -> Vec<Mrkdwn> {
    let mut lines = Vec::new();
    lines.extend(incident(picture));
    lines.extend(state_line(picture).or_else(|| quiet(picture)).map(|text| via(text, picture)));
    if !picture.responders.is_empty() {
        let called = picture.responders.iter().fold(Mrkdwn::markup(":wave: Called:"), |text, one| {
            let text = text.raw(" ").user(&one.user_id);
            if one.importance == Importance::Important { text.raw(" (important)") } else { text }
        });
        lines.push(called);
    }
    if !picture.attached.is_empty() {
        let all = picture.attached.iter().fold(Mrkdwn::markup(":link: Attached: "), |text, one| {
            text.raw(&format!("#{} ", one.number)).text(&truncate(&one.title, CARD_LINE_CHARS)).raw("  ")
        });
        lines.push(all);
    }
    lines.extend(history(picture));
    lines
}

/// ":mute: Quiet: inhibited by #12 ClusterDown"
fn quiet(picture: &GroupPicture) -> Option<Mrkdwn> {
    let reason = picture.group.facts.hushed.as_deref()?;
    Some(words::reason(Mrkdwn::markup(":mute: Quiet: "), reason))
}

/// Which integration it came from.
pub(super) fn via(text: Mrkdwn, picture: &GroupPicture) -> Mrkdwn {
    text.raw(" · via ").text(&picture.group.integration)
}

/// ":rotating_light: Incident INC-12 SEV1 The shop is down → #inc-12"
pub(super) fn incident(picture: &GroupPicture) -> Option<Mrkdwn> {
    let one = picture.incident.as_ref()?;
    let mark = if one.is_open { ":rotating_light:" } else { ":white_check_mark:" };
    let text = Mrkdwn::markup(format!("{mark} Incident *INC-{}* ", one.number)).text(&one.severity).raw(" ");
    let text = text.text(&truncate(&one.title, CARD_LINE_CHARS));
    Some(match &one.channel_id {
        Some(channel) => text.raw(" → ").channel(channel),
        None => text,
    })
}

pub(super) fn state_line(picture: &GroupPicture) -> Option<Mrkdwn> {
    let facts = &picture.group.facts;
    if let Some(root) = &picture.root {
        return Some(Mrkdwn::markup(format!("Attached to *#{}* ", root.number)).text(&root.title));
    }
    match picture.group.state {
        State::Firing if picture.group.is_open_and_calm() => Some(reopened(&picture.group)),
        State::Firing if picture.group.facts.hushed.is_some() => None,
        State::Firing if told_kind(picture) == Kind::Test => Some(closes(picture)),
        State::Firing => {
            let again = match facts.reopened {
                0 => String::new(),
                1 => "  ·  fired again once".to_owned(),
                times => format!("  ·  fired again {times} times"),
            };
            // Since when, each alert says for itself.
            let text = Mrkdwn::markup(":bust_in_silhouette: *Nobody has it yet*").raw(&again);
            let text = match picture.group.channels.is_empty() {
                true => text.raw("  ·  :mute: nobody was notified: its receiver has no channel"),
                false => text,
            };
            Some(text.append(&closes_too(picture)))
        }
        State::Acknowledged => facts
            .acknowledged
            .as_ref()
            .map(|taken| at(who(Mrkdwn::markup(":eyes: "), &taken.by).raw(" has it since "), taken.at)),
        State::Silenced => facts.silenced.as_ref().map(|silenced| {
            let text = who(Mrkdwn::markup(":no_bell: Silenced by "), &silenced.by);
            match silenced.until {
                Some(until) => at(text.raw(" until "), until),
                None => text.raw(" until it is lifted"),
            }
        }),
        State::Resolved => facts.resolved.as_ref().map(|resolved| {
            let lasted = span(resolved.at.since(picture.group.created_at));
            let text = match &resolved.by {
                // Which one, `via` says.
                Actor::Integration(_) => Mrkdwn::markup(":white_check_mark: Resolved by the source"),
                by => who(Mrkdwn::markup(":white_check_mark: Resolved by "), by),
            };
            let text = at(text.raw(" "), resolved.at).raw(&format!(" after {lasted}"));
            let text = match picture.group.firing {
                0 => text,
                1 => text.raw(". *Still firing at the source*"),
                firing => text.raw(&format!(". *Still firing at the source: {firing} alerts*")),
            };
            match &resolved.note {
                Some(note) => text.raw(". Fixed by: ").text(&truncate(note, CARD_SUMMARY_CHARS)),
                None => text,
            }
        }),
    }
}

/// "It closes by itself at 14:12." Nobody has to have it.
fn closes(picture: &GroupPicture) -> Mrkdwn {
    let text = at(Mrkdwn::markup(":hourglass: Since "), picture.group.created_at);
    match ends_by_itself(picture) {
        Some(end) => at(text.raw(". Closes by itself "), end),
        None => text,
    }
}

/// The same of what was not recognised: nothing else would ever end it.
fn closes_too(picture: &GroupPicture) -> Mrkdwn {
    match ends_by_itself(picture).filter(|_| told_kind(picture) == Kind::Unrecognised) {
        Some(end) => {
            let text = at(Mrkdwn::markup(". Since "), picture.group.created_at);
            at(text.raw(". Closes by itself "), end)
        }
        None => Mrkdwn::new(),
    }
}

fn ends_by_itself(picture: &GroupPicture) -> Option<Timestamp> {
    picture.alerts.iter().filter(|one| one.firing).map(|one| one.alert.expires_at).max().flatten()
}

/// Open without a fire: who says so.
fn reopened(group: &Group) -> Mrkdwn {
    let text = Mrkdwn::markup(":leftwards_arrow_with_hook: ");
    let text = match &group.facts.reopened_by {
        Some(taken) => {
            at(who(text.raw("Reopened by "), &taken.by).raw(" "), taken.at).raw("; nothing of it fires")
        }
        None => text.raw("Open, though nothing of it fires"),
    };
    text.raw(". Resolve it when it is over.")
}

/// "Seen 4 times in 30 days; last #12, 3 d ago. Fixed by: restarted pgbouncer (#12)"
fn history(picture: &GroupPicture) -> Option<Mrkdwn> {
    let history = &picture.history;
    let last = history.last.as_ref()?;
    let times = match history.count {
        1 => "Seen once before in 30 days".to_owned(),
        count => format!("Seen {count} times before in 30 days"),
    };
    // Slack counts on while the card stands as it is.
    let ago = format!("{} ago", span(picture.now.since(last.at)));
    let mut text = Mrkdwn::markup(format!(":repeat: {times}; last #{}, ", last.number)).date(
        last.at.as_s(),
        "{ago}",
        &ago,
    );
    if let Some(fix) = &history.fix {
        text = text.raw(". Fixed by: ").text(&truncate(&fix.note, CARD_SUMMARY_CHARS));
        if fix.number != last.number {
            text = text.raw(&format!(" (#{})", fix.number));
        }
    }
    Some(text)
}

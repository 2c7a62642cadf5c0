//! conversations.history and conversations.replies: what was said.

use serde_json::{Value, json};

use super::page::cursor_after;
use super::{Cx, Refusal};

/// A ts argument: digits, with or without a fraction. Compared as text of equal width.
fn bound(cx: &Cx<'_>, name: &str, refusal: &'static str) -> Result<Option<String>, Refusal> {
    let Some(text) = cx.args.text(name).filter(|t| !t.is_empty()) else { return Ok(None) };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(refusal.into());
    }
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Ok(Some(format!("{whole:0>10}.{fraction}")))
}

struct Range {
    oldest: Option<String>,
    latest: Option<String>,
    inclusive: bool,
}

impl Range {
    fn of(cx: &Cx<'_>) -> Result<Self, Refusal> {
        let oldest = bound(cx, "oldest", "invalid_ts_oldest")?;
        let latest = bound(cx, "latest", "invalid_ts_latest")?;
        Ok(Self { oldest, latest, inclusive: cx.args.flag("inclusive") })
    }

    fn holds(&self, ts: &str) -> bool {
        let from = self.oldest.as_deref().is_none_or(|o| ts > o || (self.inclusive && ts == o));
        let to = self.latest.as_deref().is_none_or(|l| ts < l || (self.inclusive && ts == l));
        from && to
    }
}

pub(super) fn history(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.own_channel()?;
    let range = Range::of(cx)?;
    let limit = cx.limit(100, 999)?;
    let before = cx.cursor()?;
    let full = cx.args.flag("include_all_metadata");
    let channel = &cx.state.channels[&id];
    let found = channel.messages.values().rev().filter(|m| m.in_channel() && range.holds(&m.ts));
    let mut found: Vec<&str> = found
        .map(|m| m.ts.as_str())
        .filter(|ts| before.as_deref().is_none_or(|b| *ts < b))
        .take(limit + 1)
        .collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let messages: Vec<Value> = found.iter().map(|ts| cx.state.message_json(&id, ts, full)).collect();
    let mut out = json!({
        "messages": messages, "has_more": more, "pin_count": channel.pins.len(), "channel_actions_ts": null,
        "channel_actions_count": 0,
    });
    if let Some(last) = found.last().filter(|_| more) {
        out["response_metadata"] = json!({"next_cursor": cursor_after(last)});
    }
    Ok(out)
}

pub(super) fn replies(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.own_channel()?;
    let ts = cx.need("ts")?;
    let range = Range::of(cx)?;
    let limit = cx.limit(1_000, 1_000)?;
    let after = cx.cursor()?;
    let full = cx.args.flag("include_all_metadata");
    let channel = &cx.state.channels[&id];
    let root = channel.messages.get(&ts).filter(|m| !m.deleted).ok_or("thread_not_found")?;
    // A reply's ts gives that reply alone.
    let thread = if root.is_reply() { vec![root] } else { channel.thread(&ts) };
    // The root is always the first of the first page.
    let wanted = |t: &&str| *t == ts || range.holds(t);
    let mut found: Vec<&str> = thread
        .iter()
        .map(|m| m.ts.as_str())
        .filter(wanted)
        .filter(|t| after.as_deref().is_none_or(|a| *t > a))
        .take(limit + 1)
        .collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let messages: Vec<Value> = found.iter().map(|ts| cx.state.message_json(&id, ts, full)).collect();
    let mut out = json!({"messages": messages, "has_more": more});
    if let Some(last) = found.last().filter(|_| more) {
        out["response_metadata"] = json!({"next_cursor": cursor_after(last)});
    }
    Ok(out)
}

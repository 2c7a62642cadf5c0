//! `alert_groups`: how groups live.

use std::time::Duration;

use serde_json::json;

use super::kinds;
use crate::yaml::{Fields, ListOf, Parsed, Problem, Section, Within};

#[derive(Clone, Debug)]
pub struct AlertGroupsConfig {
    /// A group that fires again within this time after its end goes on in its own thread with its own number.
    pub reopen_within: Duration,
    /// A group that nothing was heard of for so long is resolved.
    pub auto_resolve_after: Option<Duration>,
    pub ack_reminder: Option<AckReminder>,
    pub silence_presets: Vec<SilencePreset>,
}

impl Section for AlertGroupsConfig {
    const NAME: &'static str = "alert_groups";
    const ABOUT: &'static str = "How alert groups live.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let reopen = f.or(
            "reopen_within",
            "A group that fires again within this time goes on in its thread, with its number, instead of paging anew.",
            &kinds::span(),
            "10m",
        );
        let auto = f.optional(
            "auto_resolve_after",
            "Resolve a group that nothing was heard of for so long.",
            &kinds::longer_span(),
        );
        let reminder = f.optional(
            "ack_reminder",
            "Ask the one who acknowledged whether it still is so.",
            &Within::new(),
        );
        let presets = f.or(
            "silence_presets",
            "What the Silence menu offers: durations, or `forever`.",
            &ListOf(preset()),
            "[30m, 1h, 4h, 12h, 24h, forever]",
        );
        Some(Self {
            reopen_within: reopen?,
            auto_resolve_after: auto?,
            ack_reminder: reminder?,
            silence_presets: presets?,
        })
    }
}

/// "Do you still have this?"
#[derive(Clone, Copy, Debug)]
pub struct AckReminder {
    pub every: Duration,
    /// If nobody confirms for so long after a reminder, the group is open again.
    pub unack_after: Option<Duration>,
}

impl Section for AckReminder {
    const NAME: &'static str = "ack_reminder";
    const ABOUT: &'static str = "Reminds the one who acknowledged, with a Confirm button.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let every = f.required("every", "How often to ask.", &kinds::longer_span());
        let unack = f.optional(
            "unack_after",
            "Un-acknowledge if nobody confirms for so long.",
            &kinds::longer_span(),
        );
        Some(Self { every: every?, unack_after: unack? })
    }
}

/// An entry of the Silence menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilencePreset {
    For(Duration),
    Forever,
}

fn preset() -> Parsed<SilencePreset> {
    Parsed {
        what: "a duration or `forever`",
        parse: |text| match text {
            "forever" => Ok(SilencePreset::Forever),
            _ => (kinds::longer_span().parse)(text)
                .map(SilencePreset::For)
                .map_err(|p| Problem { part: None, ..p }),
        },
        schema: || json!({"examples": ["1h", "forever"]}),
    }
}

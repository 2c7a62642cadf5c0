//! `alert_groups`: how groups live.

use std::time::Duration;

use serde_json::json;

use super::kinds;
use crate::domain::again::NotifyAgain;
use crate::domain::storm::StormSettings;
use crate::limits::STORM_GROUPS_MAX;
use crate::yaml::{Choice, Fields, ListOf, Number, Parsed, Problem, Section, Within};

#[derive(Clone, Debug)]
pub struct AlertGroupsConfig {
    /// A group that fires again within this time after its end goes on in its own thread with its own number.
    pub reopen_within: Duration,
    /// A group that nothing was heard of for so long is resolved.
    pub auto_resolve_after: Option<Duration>,
    pub ack_reminder: Option<AckReminder>,
    pub notify_again: NotifyAgain,
    /// When many groups are told in one message; `None`: never.
    pub storm: Option<StormSettings>,
    pub silence_presets: Vec<SilencePreset>,
}

const NOTIFY_AGAIN: Choice<NotifyAgain> = Choice(&[
    ("urgent", NotifyAgain::Urgent),
    ("always", NotifyAgain::Always),
    ("never", NotifyAgain::Never),
]);

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
        let again = f.or(
            "notify_again",
            "Which groups notify the channel again, with the mention, when they fire again, when a silence or an \
             acknowledgement runs out or nobody takes them. urgent: P1, P2 and those nobody has; always; never: only \
             the thread tells.",
            &NOTIFY_AGAIN,
            "urgent",
        );
        let storm = f.section::<Storm>(
            "storm",
            "Many groups that begin to speak in a channel at once are told in one message, with a list.",
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
            notify_again: again?,
            storm: storm?.0,
            silence_presets: presets?,
        })
    }
}

/// When many groups are told in one message.
#[derive(Clone, Copy, Debug)]
struct Storm(Option<StormSettings>);

impl Section for Storm {
    const NAME: &'static str = "storm";
    const ABOUT: &'static str = "When many groups are told in one message. P1 and P2 are counted and told apart from the \
                                 others. Each group keeps its number and can be opened from the list.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let groups = f.or(
            "groups",
            "So many groups that begin to speak in a channel within `within` are a storm; 0: never.",
            &Number { min: 0, max: STORM_GROUPS_MAX },
            "10",
        );
        let within = f.or("within", "The time in which they are counted.", &kinds::longer_span(), "1m");
        let calm =
            f.or("calm_after", "Without a new group for so long it is over.", &kinds::longer_span(), "5m");
        let groups = u32::try_from(groups?).unwrap_or(u32::MAX);
        let settings = StormSettings { groups, within: within?, calm_after: calm? };
        Some(Self((groups > 0).then_some(settings)))
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

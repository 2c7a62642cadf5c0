//! `expect` and `routes`: what may be expected. What a check does not name, it does not look at.

use std::time::Duration;

use super::format::{Place, placed};
use super::kinds::{self, LabelMap};
use crate::domain::group::State;
use crate::domain::label::Labels;
use crate::domain::priority::Priority;
use crate::yaml::{Choice, Fields, Flag, ListOf, Number, OneOrMany, Section, Span, Text, Within};

/// What is to be seen at one moment, after everything that happens at it.
#[derive(Clone, Debug)]
pub struct Moment {
    pub at: Duration,
    pub span: Span,
    pub groups: Option<Place<Vec<GroupCheck>>>,
    pub some_groups: Option<Place<Vec<GroupCheck>>>,
    pub routes: Vec<RouteCheck>,
    pub inhibited: Option<Place<Vec<Labels>>>,
    pub silenced: Option<Place<Vec<Labels>>>,
    pub muted: Option<Place<Vec<Labels>>>,
    pub incidents: Option<Place<Vec<IncidentCheck>>>,
    pub messages: Option<Place<Vec<MessageCheck>>>,
}

pub(super) struct ExpectSection(pub(super) Moment);

impl Section for ExpectSection {
    const NAME: &'static str = "expect";
    const ABOUT: &'static str = "What is to be seen at one moment, after everything that happens at it.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let groups_kind = ListOf(Within::<GroupCheck>::new());
        let labels = ListOf(LabelMap);
        let at = f.required("at", "When.", &kinds::moment());
        let groups = f.optional(
            "groups",
            "Exactly these alert groups are open (firing, acknowledged or silenced), in any order; [] is none. \
             One with `state: resolved` is looked for among the resolved ones.",
            &groups_kind,
        );
        let some =
            f.optional("some_groups", "These are among the alert groups; there may be others.", &groups_kind);
        let routes = f.list("routes", "Where alerts would go.", &Within::<RouteCheck>::new());
        let inhibited = f.optional(
            "inhibited",
            "Exactly these firing alerts are inhibited; each entry stands for all that have its labels. [] is none.",
            &labels,
        );
        let silenced = f.optional(
            "silenced",
            "Exactly these firing alerts are covered by a silence by matchers; likewise.",
            &labels,
        );
        let muted = f.optional(
            "muted",
            "Exactly these firing alerts are muted by time intervals, wherever they go; likewise.",
            &labels,
        );
        let incidents = f.optional(
            "incidents",
            "Exactly these incidents are open, in any order; [] is none. A route's `declare` begins them.",
            &ListOf(Within::<IncidentCheck>::new()),
        );
        let messages = f.optional(
            "messages",
            "Messages since the moment before this one (or the start). [] is none at all.",
            &ListOf(Within::<MessageCheck>::new()),
        );
        let keys =
            ["groups", "some_groups", "routes", "inhibited", "silenced", "muted", "incidents", "messages"];
        if !keys.iter().any(|key| f.has(key)) {
            f.missing("nothing is expected of this moment", Some(format!("add one of {}", keys.join(", "))));
        }
        let (groups, some, inhibited) = (groups?, some?, inhibited?);
        let (silenced, muted, incidents, messages) = (silenced?, muted?, incidents?, messages?);
        Some(Self(Moment {
            at: at?,
            span: f.span()?,
            groups: placed(f, "groups", groups),
            some_groups: placed(f, "some_groups", some),
            routes: routes?,
            inhibited: placed(f, "inhibited", inhibited),
            silenced: placed(f, "silenced", silenced),
            muted: placed(f, "muted", muted),
            incidents: placed(f, "incidents", incidents),
            messages: placed(f, "messages", messages),
        }))
    }
}

/// How quiet a group is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hushed {
    /// Nothing hushes it.
    No,
    /// Something does, and its reason holds these words.
    Because(String),
}

const STATES: &[(&str, State)] = &[
    ("firing", State::Firing),
    ("acknowledged", State::Acknowledged),
    ("silenced", State::Silenced),
    ("resolved", State::Resolved),
];

/// An alert group.
#[derive(Clone, Debug)]
pub struct GroupCheck {
    pub span: Span,
    pub receiver: Option<Place<String>>,
    pub labels: Option<Labels>,
    pub alerts: Option<Vec<Labels>>,
    pub firing: Option<u64>,
    pub resolved: Option<u64>,
    pub state: Option<State>,
    pub number: Option<u64>,
    pub title: Option<String>,
    pub priority: Option<Priority>,
    pub channels: Option<Vec<String>>,
    pub notified: Option<bool>,
    pub hushed: Option<Hushed>,
    pub acknowledged_by: Option<String>,
    pub responders: Option<Vec<String>>,
    pub reopened: Option<u64>,
}

impl Section for GroupCheck {
    const NAME: &'static str = "expected_group";
    const ABOUT: &'static str = "An alert group; what is not named here is not looked at.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let count = Number { min: 0, max: u64::from(u32::MAX) };
        let receiver = f.optional("receiver", "Its receiver.", &Text);
        let labels = f.optional("labels", "Exactly the labels it is grouped by.", &LabelMap);
        let alerts = f.optional(
            "alerts",
            "Exactly its firing alerts, one entry each; an entry names as many labels as tell it from the others.",
            &ListOf(LabelMap),
        );
        let firing = f.optional("firing", "How many alerts fire in it.", &count);
        let resolved = f.optional("resolved", "How many alerts in it are over.", &count);
        let state = f.optional("state", "Its state.", &Choice(STATES));
        let number = f.optional("number", "Its number; a test begins with 1.", &count);
        let title = f.optional("title", "Its title.", &Text);
        let priority = f.optional("priority", "Its priority.", &kinds::priority());
        let channels =
            f.optional("channels", "Exactly the Slack channels it is told in.", &OneOrMany(kinds::channel()));
        let notified = f.optional("notified", "Whether its first message was sent.", &Flag);
        let hushed = f.optional(
            "hushed",
            "What keeps it quiet (inhibited, silenced, muted, outside …): some words of the reason; or false.",
            &Text,
        );
        let acknowledged_by = f.optional("acknowledged_by", "Who has it.", &Text);
        let responders = f.optional("responders", "Exactly who was called to it.", &OneOrMany(Text));
        let reopened = f.optional("reopened", "How often it fired again after a resolve.", &count);
        let receiver = receiver?;
        Some(Self {
            span: f.span()?,
            receiver: placed(f, "receiver", receiver),
            labels: labels?,
            alerts: alerts?,
            firing: firing?,
            resolved: resolved?,
            state: state?,
            number: number?,
            title: title?,
            priority: priority?,
            channels: channels?,
            notified: notified?,
            hushed: hushed?.map(|text| if text == "false" { Hushed::No } else { Hushed::Because(text) }),
            acknowledged_by: acknowledged_by?,
            responders: responders?,
            reopened: reopened?,
        })
    }
}

/// Where an alert with these labels would go.
#[derive(Clone, Debug)]
pub struct RouteCheck {
    pub span: Span,
    pub labels: Labels,
    pub receivers: Place<Vec<String>>,
    pub priority: Option<Priority>,
}

impl Section for RouteCheck {
    const NAME: &'static str = "expected_route";
    const ABOUT: &'static str = "Where an alert with these labels would go.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let labels = f.required("labels", "The alert's labels.", &LabelMap);
        let receivers =
            f.required("receivers", "Its receivers, in the order of the routes.", &OneOrMany(Text));
        let priority = f.optional("priority", "The priority its first group would get.", &kinds::priority());
        Some(Self {
            span: f.span()?,
            labels: labels?,
            receivers: placed(f, "receivers", receivers)?,
            priority: priority?,
        })
    }
}

/// An incident.
#[derive(Clone, Debug)]
pub struct IncidentCheck {
    pub span: Span,
    pub number: Option<u64>,
    pub title: Option<String>,
    pub severity: Option<Place<String>>,
    pub labels: Option<Labels>,
    pub groups: Option<Vec<u64>>,
}

impl Section for IncidentCheck {
    const NAME: &'static str = "expected_incident";
    const ABOUT: &'static str = "An open incident; what is not named here is not looked at.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let count = Number { min: 0, max: u64::from(u32::MAX) };
        let number = f.optional("number", "Its number; a test begins with 1.", &count);
        let title = f.optional("title", "Its title.", &Text);
        let severity = f.optional("severity", "Its severity.", &Text);
        let labels = f.optional("labels", "It has at least these labels.", &LabelMap);
        let groups =
            f.optional("groups", "Exactly the alert groups under it, by their numbers.", &OneOrMany(count));
        let severity = severity?;
        Some(Self {
            span: f.span()?,
            number: number?,
            title: title?,
            severity: placed(f, "severity", severity),
            labels: labels?,
            groups: groups?,
        })
    }
}

/// What a message is in Slack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// The group's message, posted.
    Message,
    /// The group's message, changed in place.
    Update,
    /// An answer in its thread.
    Reply,
    /// A direct message.
    Direct,
}

pub(super) const MESSAGE_KINDS: &[(&str, MessageKind)] = &[
    ("message", MessageKind::Message),
    ("update", MessageKind::Update),
    ("reply", MessageKind::Reply),
    ("direct", MessageKind::Direct),
];

impl MessageKind {
    pub fn word(self) -> &'static str {
        MESSAGE_KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// Messages that were sent.
#[derive(Clone, Debug)]
pub struct MessageCheck {
    pub span: Span,
    pub channel: Option<Place<String>>,
    pub to: Option<String>,
    pub kind: Option<MessageKind>,
    pub contains: Vec<String>,
    pub lacks: Vec<String>,
    pub equals: Option<String>,
    /// `None`: at least one.
    pub count: Option<u64>,
}

impl Section for MessageCheck {
    const NAME: &'static str = "expected_message";
    const ABOUT: &'static str = "Messages like this were sent: at least one, or as many as `count` says.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let channel = f.optional("channel", "In this Slack channel.", &kinds::channel());
        let to = f.optional("to", "To this person, directly.", &Text);
        let kind = f.optional(
            "kind",
            "message: a group's message is posted; update: it is changed; reply: in its thread; direct: to a person.",
            &Choice(MESSAGE_KINDS),
        );
        let contains = f.optional("contains", "All of these words stand in it.", &OneOrMany(Text));
        let lacks = f.optional("lacks", "None of these words stands in it.", &OneOrMany(Text));
        let equals = f.optional("equals", "This is its whole text, line by line.", &Text);
        let count = f.optional("count", "Exactly so many.", &Number { min: 0, max: u64::from(u32::MAX) });
        let channel = channel?;
        Some(Self {
            span: f.span()?,
            channel: placed(f, "channel", channel),
            to: to?,
            kind: kind?,
            contains: contains?.unwrap_or_default(),
            lacks: lacks?.unwrap_or_default(),
            equals: equals?,
            count: count?,
        })
    }
}

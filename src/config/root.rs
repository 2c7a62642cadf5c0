//! The top of the file, and the [`Config`] it becomes.

use std::sync::Arc;

use super::alert_groups::AlertGroupsConfig;
use super::alertmanager;
use super::api::ApiConfig;
use super::incidents::IncidentsConfig;
use super::inhibit::{InhibitSection, build_rules};
use super::integrations::Integration;
use super::people::{Rights, User};
use super::receivers::{Link, Receiver};
use super::routing::{PrioritySection, RouteSection, build_tree};
use super::server::{ServerConfig, StoreConfig};
use super::slack::SlackConfig;
use super::time_intervals::TimeIntervalSection;
use crate::domain::inhibit::InhibitRules;
use crate::domain::priority::PriorityRules;
use crate::domain::route::RouteTree;
use crate::domain::time_interval::TimeIntervals;
use crate::yaml::{Fields, Section, Within};

/// Everything that is configured, checked. Cheap to share; never changed, only replaced.
#[derive(Clone, Debug)]
pub struct Config {
    /// A short name of this content, without its secrets: the same text gives the same version.
    pub version: String,
    pub store: StoreConfig,
    pub server: ServerConfig,
    /// There if it was loaded with [`super::Need::Serve`].
    pub slack: Option<SlackConfig>,
    pub integrations: Vec<Integration>,
    pub routes: Arc<RouteTree>,
    pub priorities: PriorityRules,
    pub receivers: Vec<Receiver>,
    pub inhibit_rules: InhibitRules,
    /// By name, those of `time_intervals` and of `mute_time_intervals` together.
    pub time_intervals: TimeIntervals,
    /// Links at every message, before the receiver's own.
    pub links: Vec<Link>,
    pub alert_groups: AlertGroupsConfig,
    pub incidents: IncidentsConfig,
    pub api: ApiConfig,
    pub users: Vec<User>,
    pub rights: Rights,
}

impl Config {
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == name)
    }

    /// Receivers that a route leads to and that notify nobody, without the config saying that this is meant.
    pub fn receivers_without_channel(&self) -> Vec<&Receiver> {
        let led_to = |name: &str| self.routes.routes().iter().any(|route| route.receiver == name);
        self.receivers.iter().filter(|one| one.slack.is_none() && one.notify && led_to(&one.name)).collect()
    }

    pub fn integration(&self, name: &str) -> Option<&Integration> {
        self.integrations.iter().find(|integration| integration.name == name)
    }
}

/// The whole document.
pub(super) struct Root(pub(super) Config);

impl Section for Root {
    const NAME: &'static str = "config";
    const ABOUT: &'static str =
        "Firebell's config. Any value may hold ${VAR} or ${VAR:-default}; $${ stands for ${.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let store = f.section("store", "Where the state is kept.");
        let server = f.section("server", "The web server that takes alerts in.");
        let slack = f.optional("slack", "The Slack workspace.", &Within::new());
        let integrations = f.list("integrations", "Where alerts come from.", &Within::<Integration>::new());
        let route = f.required("route", "The root of the routing tree.", &Within::<RouteSection>::new());
        let priorities = f.list(
            "priorities",
            "Priority by labels, where no route gives one.",
            &Within::<PrioritySection>::new(),
        );
        let receivers = f.list("receivers", "Named destinations.", &Within::<Receiver>::new());
        let inhibit = f.list("inhibit_rules", "Alerts that hush others.", &Within::<InhibitSection>::new());
        let intervals =
            f.list("time_intervals", "Named times, for routes.", &Within::<TimeIntervalSection>::new());
        let mute = f.list(
            "mute_time_intervals",
            "Old name of time_intervals.",
            &Within::<TimeIntervalSection>::new(),
        );
        let links = f.list(
            "links",
            "Links at every message: runbook, dashboard, logs, trace.",
            &Within::<Link>::new(),
        );
        let alert_groups = f.section("alert_groups", "How alert groups live.");
        let incidents: Option<IncidentsConfig> = f.section("incidents", "How incidents live.");
        let api = f.section("api", "Programs that may declare incidents.");
        let users = f.list("users", "People, linked to Slack by e-mail or id.", &Within::<User>::new());
        let rights = f.section("rights", "Who may do what.");
        if f.has("mute_time_intervals") {
            let hint = "Alertmanager has deprecated this name: move them to `time_intervals`";
            f.warn_at(
                "mute_time_intervals",
                "deprecated",
                "`mute_time_intervals` is an old name",
                Some(hint.to_owned()),
            );
        }
        for key in ["global", "templates", "tracing"] {
            f.ignored(key, "it is Alertmanager's; Firebell has its own `slack` and per-receiver templates");
        }
        alertmanager::judge(f);
        if let (Some(incidents), Some(RouteSection(spec))) = (&incidents, &route) {
            incidents.check_routes(f, spec, "route");
        }
        let routes = route.as_ref().and_then(|RouteSection(spec)| build_tree(f, spec));
        let inhibit_rules = inhibit.and_then(|rules| build_rules(f, rules));
        let time_intervals =
            intervals.into_iter().chain(mute).flatten().map(|i| (i.name, i.intervals)).collect();
        Some(Self(Config {
            version: String::new(),
            store: store?,
            server: server?,
            // What is wrong here was told; who only needs the rules goes on without.
            slack: slack.flatten(),
            integrations: integrations.unwrap_or_default(),
            routes: Arc::new(routes?),
            priorities: PriorityRules(priorities?.into_iter().map(|p| p.0).collect()),
            receivers: receivers?,
            inhibit_rules: inhibit_rules?,
            time_intervals: TimeIntervals(time_intervals),
            links: links?,
            alert_groups: alert_groups?,
            incidents: incidents?,
            api: api?,
            users: users?,
            rights: rights?,
        }))
    }
}

//! `incidents`: the team's own words for incidents, their channels, who is told and who is called.

use serde_json::json;

use super::kinds;
use super::people::{User, Who, who};
use crate::domain::incident::Settings;
use crate::domain::incident::settings::{Announcement, Drills, Filter, Invitation, Role, Severity, Status};
use crate::domain::matcher::Matchers;
use crate::domain::route::RouteSpec;
use crate::limits::{CHANNEL_NAME_CHARS, INCIDENT_WORD_CHARS};
use crate::yaml::{Fields, Flag, ListOf, Name, OneOrMany, Parsed, Problem, Section, Text, Within};

/// What the file says; [`IncidentsConfig::settings`] is what the engine is given.
#[derive(Clone, Debug)]
pub struct IncidentsConfig {
    settings: Settings,
    invite: Vec<InviteSection>,
}

impl IncidentsConfig {
    /// With the people of `users` in the place of their names.
    pub fn settings(&self, users: &[User]) -> Settings {
        let invite = self.invite.iter().map(|one| Invitation {
            who: one.who.iter().map(|who| invited(who, users)).collect(),
            filter: one.filter.clone(),
        });
        Settings { invite: invite.collect(), ..self.settings.clone() }
    }
}

impl IncidentsConfig {
    /// The channels that are told of incidents.
    pub fn announced_in(&self) -> impl Iterator<Item = &str> {
        self.settings.announce.iter().map(|one| one.channel.as_str())
    }

    /// Whom the config calls in.
    pub fn invited(&self) -> impl Iterator<Item = &Who> {
        self.invite.iter().flat_map(|one| &one.who)
    }
}

/// As an invitation names them: a user's or a group's id, an e-mail address, or a group's handle.
fn invited(who: &Who, users: &[User]) -> String {
    match who {
        Who::SlackUser(id) | Who::SlackGroup(id) => id.clone(),
        Who::Email(email) => email.clone(),
        Who::Named(name) => {
            let user = users.iter().find(|user| user.name == *name);
            let known = user.and_then(|user| user.slack_id.clone().or_else(|| user.email.clone()));
            known.unwrap_or_else(|| name.clone())
        }
    }
}

impl Section for IncidentsConfig {
    const NAME: &'static str = "incidents";
    const ABOUT: &'static str = "Incidents: severities, statuses and roles in your own words; their channels, who is told, who is called.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let standard = Settings::default();
        let channel_name = f.or(
            "channel_name",
            "The channel's name, of {number}, {slug} (the title), {severity}, {date} and {label.NAME}.",
            &channel_name(),
            "inc-{number}-{slug}",
        );
        let severities = f.optional(
            "severities",
            "From the worst to the mildest; by default SEV1 to SEV4.",
            &ListOf(Within::<SeveritySection>::new()),
        );
        let statuses = f.optional(
            "statuses",
            "In their order; a new incident has the first. By default investigating, identified, monitoring.",
            &ListOf(Within::<StatusSection>::new()),
        );
        let roles = f.optional(
            "roles",
            "By default Commander, Communications, Scribe and Investigator.",
            &ListOf(Within::<RoleSection>::new()),
        );
        let default_severity = f.optional(
            "default_severity",
            "What a new incident has if nobody says and no alert suggests one (P1 the worst, P2 the next); by default SEV3, or the mildest of yours.",
            &Text,
        );
        let announce = f.list(
            "announce",
            "Channels that are told of incidents, from the beginning to the end.",
            &Within::<AnnounceSection>::new(),
        );
        let invite = f.list(
            "invite",
            "Who is invited to the channels of which incidents.",
            &Within::<InviteSection>::new(),
        );
        let invite_to_private = f.or(
            "invite_to_private",
            "Private incidents call in whom `invite` names and who was called to their alerts, as others do. If false: only who declared it, has a role or a task, or is invited there.",
            &Flag,
            "true",
        );
        let archive_after = f.optional(
            "archive_after",
            "Archive the channel so long after the end; told in the channel before. By default never.",
            &kinds::longer_span(),
        );
        let redact = f.or(
            "redact_deleted",
            "Do not keep the text of deleted messages. If false, it is kept in the database and in exports; the record that is posted never holds it.",
            &Flag,
            "true",
        );
        for (key, given) in [
            ("severities", severities.as_ref().is_some_and(|list| list.as_ref().is_some_and(Vec::is_empty))),
            ("statuses", statuses.as_ref().is_some_and(|list| list.as_ref().is_some_and(Vec::is_empty))),
        ] {
            if given {
                let hint = "leave the key out for the usual ones".to_owned();
                f.error_at(key, "bad-value", &format!("`{key}` is empty"), Some(hint));
                return None;
            }
        }
        let own_severities = severities?.map(|all| all.into_iter().map(|one| one.0).collect::<Vec<_>>());
        let usual = own_severities.is_none();
        let severities = own_severities.unwrap_or(standard.severities);
        let mildest = severities.last().map(|one| one.name.clone()).unwrap_or_default();
        let settings = Settings {
            channel_name: channel_name?,
            severities,
            statuses: statuses?.map_or(standard.statuses, |all| all.into_iter().map(|one| one.0).collect()),
            roles: roles?.map_or(standard.roles, |all| all.into_iter().map(|one| one.0).collect()),
            announce: announce?.into_iter().map(|one| one.0).collect(),
            invite: Vec::new(),
            invite_to_private: invite_to_private?,
            archive_after: archive_after?,
            redact_deleted: redact?,
            default_severity: default_severity?.unwrap_or(if usual {
                standard.default_severity
            } else {
                mildest
            }),
        };
        let config = Self { settings, invite: invite? };
        config.check(f);
        Some(config)
    }
}

impl IncidentsConfig {
    /// Severities that are named have to be there.
    fn check(&self, f: &mut Fields<'_, '_>) {
        self.severity_at(f, "default_severity", &self.settings.default_severity);
        self.check_broadcast(f);
        let announced = self.settings.announce.iter().map(|one| &one.filter);
        let invited = self.invite.iter().map(|one| &one.filter);
        let all = announced.enumerate().map(|(at, filter)| ("announce", at, filter));
        for (key, at, filter) in all.chain(invited.enumerate().map(|(at, filter)| ("invite", at, filter))) {
            for (nth, said) in filter.severities.iter().enumerate() {
                let list = format!("{key}[{at}].severities[{nth}]");
                let single = format!("{key}[{at}].severities");
                let path = if f.at_path(&list).is_some() { list } else { single };
                self.severity_at(f, &path, said);
            }
        }
    }

    fn check_broadcast(&self, f: &mut Fields<'_, '_>) {
        for (at, one) in self.settings.announce.iter().enumerate() {
            for (nth, said) in one.broadcast.iter().flatten().enumerate() {
                self.severity_at(f, &format!("announce[{at}].broadcast[{nth}]"), said);
            }
        }
    }

    /// `declare` of every route names a severity.
    pub(super) fn check_routes(&self, f: &mut Fields<'_, '_>, route: &RouteSpec, path: &str) {
        if let Some(said) = &route.declare {
            self.severity_at(f, &format!("{path}.declare"), said);
        }
        for (nth, child) in route.routes.iter().enumerate() {
            self.check_routes(f, child, &format!("{path}.routes[{nth}]"));
        }
    }

    fn severity_at(&self, f: &mut Fields<'_, '_>, path: &str, said: &str) {
        if self.settings.severity(said).is_some() {
            return;
        }
        let (Some(node), known) = (f.at_path(path), &self.settings.severities) else { return };
        let names = known.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
        if let Some(reading) = f.reading() {
            let message = format!("`{said}` is not a severity");
            reading.wrong_value(node, &message, None, Some(format!("there are {names}")));
        }
    }
}

/// A word that people type: one line and not too long.
fn word(text: &str) -> Result<(), Problem> {
    if text.chars().count() > INCIDENT_WORD_CHARS {
        return Err(Problem::new(format!("it has more than {INCIDENT_WORD_CHARS} characters")));
    }
    if text.chars().any(char::is_control) || text.trim() != text {
        return Err(Problem::new("it must be one line without blanks around it"));
    }
    Ok(())
}

fn check_word(f: &mut Fields<'_, '_>, name: Option<&String>) {
    if let Some(Err(problem)) = name.map(|name| word(name)) {
        f.error_at("name", "bad-value", &problem.message, problem.hint);
    }
}

fn channel_name() -> Parsed<String> {
    Parsed {
        what: "a template of a channel's name",
        parse: |text| {
            let hint = "there are {number}, {slug}, {severity}, {date} and {label.NAME}";
            let mut rest = text;
            let mut tells_apart = false;
            while let Some(open) = rest.find('{') {
                let Some(length) = rest[open..].find('}') else {
                    return Err(Problem::new("a { is not closed").hint(hint));
                };
                let name = &rest[open + 1..open + length];
                if !matches!(name, "number" | "slug" | "severity" | "date") && !name.starts_with("label.") {
                    return Err(Problem::new(format!("there is no {{{name}}}")).hint(hint));
                }
                tells_apart |= matches!(name, "number" | "slug");
                rest = &rest[open + length + 1..];
            }
            if !tells_apart {
                return Err(Problem::new("all channels would have the same name")
                    .hint("put {number} in it, for example inc-{number}-{slug}"));
            }
            if text.chars().count() > CHANNEL_NAME_CHARS {
                return Err(Problem::new(format!(
                    "a channel's name has at most {CHANNEL_NAME_CHARS} characters"
                )));
            }
            Ok(text.to_owned())
        },
        schema: || json!({"examples": ["inc-{number}-{slug}", "{date}-{severity}-{slug}"]}),
    }
}

/// `fire` or `:fire:`.
fn emoji() -> Parsed<String> {
    Parsed {
        what: "the name of an emoji",
        parse: |text| {
            let name = text.trim_matches(':');
            let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '\'');
            if name.is_empty() || !name.is_ascii() || !name.chars().all(good) {
                return Err(Problem::new("").hint("write its name in Slack, for example red_circle"));
            }
            Ok(name.to_owned())
        },
        schema: || json!({"examples": ["red_circle", ":fire:"]}),
    }
}

struct SeveritySection(Severity);

impl Section for SeveritySection {
    const NAME: &'static str = "severity";
    const ABOUT: &'static str = "How bad it is.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "As people write it, for example SEV1.", &Name("severity"));
        let description = f.or("description", "When an incident is that severe.", &Text, "''");
        let emoji = f.or("emoji", "Stands before it.", &emoji(), "rotating_light");
        let every = f.optional(
            "update_every",
            "Remind the commander when those outside have heard nothing for so long.",
            &kinds::longer_span(),
        );
        check_word(f, name.as_ref());
        Some(Self(Severity { name: name?, description: description?, emoji: emoji?, update_every: every? }))
    }
}

struct StatusSection(Status);

impl Section for StatusSection {
    const NAME: &'static str = "status";
    const ABOUT: &'static str = "How far it is. `resolved` is none of them: it is the end.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "As people write it, for example identified.", &Name("status"));
        let description = f.or("description", "What it means.", &Text, "''");
        let mitigated = f.or("mitigated", "Reaching it means that users are no longer hurt.", &Flag, "false");
        check_word(f, name.as_ref());
        if let Some(name) = &name
            && ["resolved", "cancelled", "merged", "open"]
                .iter()
                .any(|taken| name.eq_ignore_ascii_case(taken))
        {
            let hint =
                "an incident gets there by resolving, cancelling or merging it; leave it out".to_owned();
            f.error_at("name", "bad-value", &format!("`{name}` is no status but a state"), Some(hint));
        }
        Some(Self(Status { name: name?, description: description?, mitigated: mitigated? }))
    }
}

struct RoleSection(Role);

impl Section for RoleSection {
    const NAME: &'static str = "role";
    const ABOUT: &'static str = "Somebody's part in an incident.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "As people write it, for example Commander.", &Name("role"));
        let description =
            f.or("description", "What the role does; sent to the one who takes it.", &Text, "''");
        let many = f.or("many", "Several people may have it at once.", &Flag, "false");
        check_word(f, name.as_ref());
        Some(Self(Role { name: name?, description: description?, many: many? }))
    }
}

struct AnnounceSection(Announcement);

impl Section for AnnounceSection {
    const NAME: &'static str = "announcement";
    const ABOUT: &'static str = "A channel that is told of incidents; never of private ones.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let channel = f.required("channel", "#its-name, or its id.", &kinds::channel());
        let broadcast = f.optional(
            "broadcast",
            "Updates and the end stand in the announcement's thread; of these severities they show in the channel, too. By default of the worst two.",
            &ListOf(Text),
        );
        let filter = filter(f);
        Some(Self(Announcement { channel: channel?, filter: filter?, broadcast: broadcast? }))
    }
}

#[derive(Clone, Debug)]
struct InviteSection {
    who: Vec<Who>,
    filter: Filter,
}

impl Section for InviteSection {
    const NAME: &'static str = "invitation";
    const ABOUT: &'static str = "People and user groups that are invited to the channels of which incidents.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let who = f.required(
            "who",
            "Names of `users`, @handles of user groups, e-mail addresses, U… or S….",
            &OneOrMany(who()),
        );
        let filter = filter(f);
        Some(Self { who: who?, filter: filter? })
    }
}

fn filter(f: &mut Fields<'_, '_>) -> Option<Filter> {
    let severities =
        f.optional("severities", "Only of these severities; by default of all.", &OneOrMany(Text));
    let matchers = f.list("matchers", "Only where these hold of the incident's labels.", &kinds::matchers());
    let drills =
        f.or("drills", "Of exercises too (true), of them only (only), or not (false).", &drills(), "false");
    let matchers = Matchers::new(matchers?.iter().flat_map(|one| one.iter().cloned()).collect());
    Some(Filter { severities: severities?.unwrap_or_default(), matchers, drills: drills? })
}

fn drills() -> Parsed<Drills> {
    Parsed {
        what: "true, false or only",
        parse: |text| match text {
            "false" => Ok(Drills::Not),
            "true" => Ok(Drills::Also),
            "only" => Ok(Drills::Only),
            _ => Err(Problem::new("")),
        },
        schema: || json!({"type": ["boolean", "string"], "enum": [true, false, "only"]}),
    }
}

//! What is worth knowing of a config that is fine: not mistakes, and nothing that could be mended at one line.

use super::root::Config;
use crate::domain::route::GroupBy;
use crate::domain::template::Template;
use crate::sources::settings::Split;

impl Config {
    /// Sentences for whoever checks it.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.routes.routes().first().is_some_and(|root| root.group_by == GroupBy::Sender) {
            remarks.push(
                "The root route has no `group_by`: alerts come in the groups of their sender (Grafana, Alertmanager), others in \
                 one group per alertname. Alertmanager makes one group of all; if you want that, write `group_by: []`."
                    .to_owned(),
            );
        }
        for (at, template) in self.templates() {
            if let Some(stopped) = template.strain() {
                let hint = stopped.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                remarks.push(format!(
                    "{at}: with very long values this template is stopped and left out (line {}: {}{hint}).",
                    stopped.line, stopped.what
                ));
            }
        }
        remarks
    }

    /// Every template, with its place.
    fn templates(&self) -> Vec<(String, &Template)> {
        let mut all = Vec::new();
        for (nth, link) in self.links.iter().enumerate() {
            of_link(&mut all, &format!("links[{nth}]"), link);
        }
        for receiver in &self.receivers {
            let at = format!("receiver {}", receiver.name);
            for (nth, link) in receiver.links.iter().enumerate() {
                of_link(&mut all, &format!("{at}, links[{nth}]"), link);
            }
            if let Some(slack) = &receiver.slack {
                let keys = [("title", &slack.title), ("text", &slack.text), ("summary", &slack.summary)];
                for (key, template) in keys {
                    all.extend(template.iter().map(|template| (format!("{at}, {key}"), template)));
                }
            }
        }
        for integration in &self.integrations {
            let at = format!("integration {}", integration.name);
            let mapping = &integration.settings.mapping;
            if let Some(Split::Template(template)) = &mapping.split {
                all.push((format!("{at}, split"), template));
            }
            for (key, template) in [
                ("title", &mapping.title),
                ("message", &mapping.message),
                ("severity", &mapping.severity),
                ("key", &mapping.key),
                ("group_key", &mapping.group_key),
                ("resolved", &mapping.resolved),
                ("firing", &mapping.firing),
                ("starts_at", &mapping.starts_at),
            ] {
                all.extend(template.iter().map(|template| (format!("{at}, {key}"), template)));
            }
            let lists = [
                ("labels", &mapping.labels),
                ("annotations", &mapping.annotations),
                ("links", &mapping.links),
            ];
            for (key, list) in lists {
                all.extend(list.iter().map(|(name, template)| (format!("{at}, {key}.{name}"), template)));
            }
        }
        all
    }
}

fn of_link<'c>(all: &mut Vec<(String, &'c Template)>, at: &str, link: &'c super::Link) {
    all.push((format!("{at}.url"), &link.url));
    all.extend(link.when.iter().map(|when| (format!("{at}.when"), when)));
}

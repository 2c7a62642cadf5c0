//! What tells an alert from the others of its group, in a few words: the same on the card and in the thread.

use super::alert::Alert;
use super::label::Labels;
use super::title::is_blank;

/// Labels shown of one alert: the others are in its details.
const SHOWN: usize = 4;

/// Labels that all of these alerts have alike.
pub fn common<'a>(alerts: impl IntoIterator<Item = &'a Alert>) -> Labels {
    let mut alerts = alerts.into_iter();
    let Some(first) = alerts.next() else { return Labels::new() };
    alerts.fold(first.labels.clone(), |alike, other| {
        alike.filtered(|name| other.labels.get(name) == alike.get(name))
    })
}

/// The values by which `one` differs from its siblings, whose [`common`] labels these are; of an alert that is alone
/// (`common` is `None`) all that says something. Never empty: where nothing differs it is the alert's name.
pub fn particulars(one: &Alert, common: Option<&Labels>, group_labels: &Labels) -> String {
    let told =
        |name: &str| group_labels.find(name).is_some() || common.is_some_and(|c| c.find(name).is_some());
    let mut shown = Vec::new();
    if common.is_some() && !told("alertname") && !is_blank(one.name()) {
        shown.push(one.name().to_owned());
    }
    let own = one.labels.iter().filter(|(name, value)| !is_blank(value) && !boring(name) && !told(name));
    shown.extend(own.take(SHOWN).map(|(name, value)| short(name, value)));
    match one.name() {
        _ if !shown.is_empty() => shown.join(" "),
        name if is_blank(name) => "?".to_owned(),
        name => name.to_owned(),
    }
}

/// The title says them, or they say nothing about where.
fn boring(name: &str) -> bool {
    matches!(name, "alertname" | "severity" | "grafana_folder" | "rulename" | "datasource_uid" | "ref_id")
}

/// The usual places need no name before them.
fn short(name: &str, value: &str) -> String {
    match name {
        "instance" | "pod" | "host" | "hostname" | "node" | "device" | "service" | "mountpoint" => {
            value.to_owned()
        }
        _ => format!("{name}={value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn alert(labels: &[(&str, &str)]) -> Alert {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Alert::new(labels, Timestamp::from_ms(0))
    }

    fn told(alerts: &[Alert], group: &[(&str, &str)]) -> Vec<String> {
        let common = common(alerts);
        let common = (alerts.len() > 1).then_some(&common);
        alerts.iter().map(|one| particulars(one, common, &alert(group).labels)).collect()
    }

    #[test]
    fn what_differs_is_told_and_nothing_else() {
        let disks = [
            alert(&[("alertname", "DiskFull"), ("instance", "db1:9100"), ("disk", "sda"), ("job", "node")]),
            alert(&[("alertname", "DiskFull"), ("instance", "db1:9100"), ("disk", "sdb"), ("job", "node")]),
        ];
        assert_eq!(told(&disks, &[("alertname", "DiskFull")]), ["disk=sda", "disk=sdb"]);
        assert_eq!(told(&disks[..1], &[("alertname", "DiskFull")]), ["disk=sda db1:9100 job=node"]);
    }

    #[test]
    fn names_are_told_where_they_differ() {
        let of_a_cluster = [
            alert(&[("alertname", "DiskFull"), ("cluster", "eu"), ("instance", "db1")]),
            alert(&[("alertname", "LinkDown"), ("cluster", "eu"), ("instance", "db1")]),
        ];
        assert_eq!(told(&of_a_cluster, &[("cluster", "eu")]), ["DiskFull", "LinkDown"]);
    }

    #[test]
    fn there_is_always_something() {
        let same = [alert(&[("alertname", "Down")]), alert(&[("alertname", "Down")])];
        assert_eq!(told(&same, &[]), ["Down", "Down"]);
        assert_eq!(told(&[alert(&[])], &[]), ["?"]);
        assert_eq!(told(&[alert(&[("alertname", " \u{200b}\u{200d}")])], &[]), ["?"]);
    }
}

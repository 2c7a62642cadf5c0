use super::*;

fn alert(name: &str, starts_ms: i64, status: Status) -> Alert {
    let labels = [("alertname", name)].into_iter().collect();
    Alert {
        status,
        starts_at: Timestamp::from_ms(starts_ms),
        ..Alert::new(labels, Timestamp::from_ms(9_000))
    }
}

#[test]
fn json_is_short_and_comes_back() {
    let mut one = alert("Disk", 1_000, Status::Firing);
    assert_eq!(
        serde_json::to_string(&one).unwrap(),
        format!(
            r#"{{"fp":"{}","labels":{{"alertname":"Disk"}},"status":"firing","start":1000,"upd":9000}}"#,
            one.fingerprint
        )
    );
    one.values = vec![("B".into(), 2.5)];
    one.kind = Kind::NoData;
    one.links.more = vec![NamedLink { name: "logs".into(), url: "https://logs.example.org".into() }];
    one.ends_at = Some(Timestamp::from_ms(5));
    let json = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Alert>(&json).unwrap(), one);
}

#[test]
fn the_newest_of_a_fingerprint_is_kept_wherever_it_stands() {
    let ended = alert("Disk", 1_000, Status::Resolved);
    let again = alert("Disk", 2_000, Status::Firing);
    let other = alert("Cpu", 1, Status::Firing);
    for alerts in
        [vec![ended.clone(), other.clone(), again.clone()], vec![again.clone(), other.clone(), ended.clone()]]
    {
        let mut intake = Intake { alerts, ..Intake::default() };
        intake.drop_duplicates();
        assert_eq!(intake.duplicates, 1);
        assert_eq!(intake.alerts.len(), 2);
        assert!(intake.alerts.contains(&again) && intake.alerts.contains(&other));
    }
    // The same start: the later in the request.
    let mut intake =
        Intake { alerts: vec![ended.clone(), alert("Disk", 1_000, Status::Firing)], ..Intake::default() };
    intake.drop_duplicates();
    assert_eq!(intake.alerts[0].status, Status::Firing);
}

#[test]
fn a_rule_without_data_keeps_its_name() {
    let labels: Labels =
        [("alertname", "DatasourceNoData"), ("rulename", "High latency")].into_iter().collect();
    let mut alert = Alert::new(labels, Timestamp::from_ms(0));
    assert_eq!(alert.name(), "DatasourceNoData");
    alert.kind = Kind::NoData;
    assert_eq!(alert.name(), "High latency");
}

#[test]
fn problems_are_bounded_and_counted() {
    let mut intake = Intake::default();
    for at in 0..60 {
        intake.add_problem(Problem { index: Some(at), what: "x".into(), fix: "y".into(), lost: true });
    }
    assert_eq!((intake.problems.len(), intake.problems_left_out, intake.lost), (50, 10, 60));
}

use super::*;
use crate::domain::incident::naming::{channel_name, slug};

fn incident() -> Incident {
    let now = Timestamp::from_ms(1_772_442_000_000);
    Incident {
        id: 7,
        number: 12,
        title: "The shop is down".to_owned(),
        severity: "SEV2".to_owned(),
        status: "investigating".to_owned(),
        state: State::Open,
        private: false,
        drill: false,
        labels: Labels::new(),
        group_key: None,
        channel_id: None,
        channel_name: None,
        facts: Facts::new(Actor::Person("U1".to_owned()), Via::Command, now),
        created_at: now,
        updated_at: now,
        ended_at: None,
    }
}

fn ann() -> Actor {
    Actor::Person("U1".to_owned())
}

#[test]
fn a_channel_has_a_name_that_can_be_read() {
    let template = "inc-{number}-{slug}";
    for (title, name) in [
        ("The shop is down", "inc-12-the-shop-is-down"),
        ("Größe: 100 % — déjà vu!", "inc-12-grosse-100-deja-vu"),
        ("東京リージョン障害", "inc-12-dong-jing-rizi-yon-zhang-hai"),
        ("Сервер упал", "inc-12-server-upal"),
        ("🔥🔥", "inc-12-fire-fire"),
        ("!!! ---", "inc-12-2026-03-02"),
        ("", "inc-12-2026-03-02"),
        ("don't_panic", "inc-12-dont_panic"),
    ] {
        let named = channel_name(template, &Incident { title: title.to_owned(), ..incident() }, 0);
        if title.starts_with('東') {
            assert!(named.starts_with("inc-12-dong-jing"), "{named}");
        } else {
            assert_eq!(named, name, "{title}");
        }
        assert!(
            named.len() <= 80
                && named.bytes().all(|b| b"abcdefghijklmnopqrstuvwxyz0123456789-_".contains(&b))
        );
    }
    assert_eq!(channel_name(template, &incident(), 1), "inc-12-the-shop-is-down-2");
    let long = Incident { title: "x".repeat(300), ..incident() };
    assert_eq!(channel_name(&"{slug}-".repeat(9), &long, 10).len(), 80);
    assert!(channel_name(&"{slug}-".repeat(9), &long, 10).ends_with("-11"));
    let private = Incident { private: true, ..incident() };
    assert_eq!(channel_name(template, &private, 0), "inc-12-2026-03-02", "a private title is nowhere else");
    let labels: Labels = [("team", "Shop & Co")].into_iter().collect();
    let of_team = Incident { labels, ..incident() };
    assert_eq!(channel_name("{severity}-{label.team}-{number}", &of_team, 0), "sev2-shop-co-12");
    assert_eq!(
        slug("one two three four five six seven eight nine ten"),
        "one-two-three-four-five-six-seven-eight"
    );
}

#[test]
fn words_are_found_by_what_people_type() {
    let settings = Settings::default();
    for (said, found) in
        [("SEV1", Some("SEV1")), ("sev1", Some("SEV1")), ("2", Some("SEV2")), ("0", None), ("9", None)]
    {
        assert_eq!(settings.severity(said).map(|one| one.name.as_str()), found, "{said}");
    }
    for (said, found) in [
        ("commander", Some("Commander")),
        ("comma", Some("Commander")),
        ("comm", None),
        ("inv", Some("Investigator")),
        ("in", None),
    ] {
        assert_eq!(settings.role(said).map(|one| one.name.as_str()), found, "{said}");
    }
}

#[test]
fn the_life_of_an_incident() {
    let (settings, mut one) = (Settings::default(), incident());
    let at = |minutes: i64| Timestamp::from_ms(1_772_442_000_000 + minutes * 60_000);
    let change = one.set_severity(&settings, "1", at(1)).unwrap();
    assert_eq!(change, Change::Severity { from: "SEV2".to_owned(), to: "SEV1".to_owned() });
    assert_eq!(one.set_severity(&settings, "sev1", at(1)), Err(Refusal::Same("SEV1".to_owned())));
    assert!(matches!(one.set_severity(&settings, "huge", at(1)), Err(Refusal::Unknown { .. })));
    assert!(one.facts.mitigated.is_none());
    one.set_status(&settings, "monitoring", &ann(), at(5)).unwrap();
    assert_eq!(one.facts.mitigated.as_ref().map(|mark| mark.at), Some(at(5)));
    let summary = Summary { fix: "restarted it".to_owned(), ..Summary::default() };
    one.resolve(&ann(), summary.clone(), at(9)).unwrap();
    assert_eq!((one.state, one.ended_at), (State::Resolved, Some(at(9))));
    assert_eq!(one.resolve(&ann(), Summary::default(), at(10)), Err(Refusal::Ended(State::Resolved)));
    one.clone().set_title("A better title", at(10)).unwrap();
    one.reopen(&settings, at(11)).unwrap();
    assert_eq!((one.state, one.ended_at, one.status.as_str()), (State::Open, None, "investigating"));
    assert_eq!(one.facts.summary, summary, "what was known is not forgotten");
    assert_eq!(one.reopen(&settings, at(11)), Err(Refusal::StillOpen));
    let other = Incident { id: 8, number: 13, ..incident() };
    let private = Incident { private: true, ..other.clone() };
    assert!(matches!(one.merge(&one.clone(), &ann(), at(12)), Err(Refusal::CannotMerge(_))));
    assert!(matches!(one.merge(&private, &ann(), at(12)), Err(Refusal::CannotMerge(_))));
    one.merge(&other, &ann(), at(12)).unwrap();
    assert_eq!((one.state, one.facts.merged_into), (State::Merged, Some(8)));
}

#[test]
fn every_change_and_fact_survives_its_row() {
    let mut one = incident();
    one.resolve(&ann(), Summary { cause: "a typo".to_owned(), ..Summary::default() }, one.created_at)
        .unwrap();
    let text = serde_json::to_string(&one.facts).unwrap();
    assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), one.facts, "{text}");
}

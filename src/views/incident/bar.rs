//! What stands at the top of the incident's channel. Slack takes at most 250 characters for each
//! (docs.slack.dev/reference/methods/conversations.setTopic), in mrkdwn.

use crate::domain::incident::settings::Severity;
use crate::domain::incident::{Incident, State};
use crate::limits::SLACK_TOPIC_CHARS;
use crate::slack::blocks::{escape, truncate};

/// Where it stands now: `:red_circle: SEV1 · identified · Commander: Ada · The shop is down`.
pub fn topic(incident: &Incident, severity: &Severity, leads: &[(String, String)]) -> String {
    let status = match incident.state {
        State::Open => incident.status.as_str(),
        ended => ended.as_str(),
    };
    let mut parts = vec![
        format!(":{}: {}", super::mark(incident.state, &severity.emoji), escape(&severity.name)),
        escape(status),
    ];
    parts.extend(leads.iter().map(|(role, name)| format!("{}: {}", escape(role), escape(name))));
    if incident.drill {
        parts.insert(0, "DRILL".to_owned());
    }
    with_words(parts, &incident.title)
}

/// What it is about, whoever comes later.
pub fn purpose(incident: &Incident) -> String {
    let words =
        if incident.facts.description.is_empty() { &incident.title } else { &incident.facts.description };
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    with_words(vec![format!("Incident INC-{}", incident.number)], &lines.join(" · "))
}

/// The parts, then as much of somebody's words as fits.
fn with_words(parts: Vec<String>, words: &str) -> String {
    let head = truncate(&parts.join(" · "), SLACK_TOPIC_CHARS);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    // No more than this can fit; a long text is not tried at its full length.
    let words = truncate(&words, SLACK_TOPIC_CHARS);
    let mut left = words.chars().count();
    loop {
        let whole = format!("{head} · {}", escape(&truncate(&words, left)));
        if whole.chars().count() <= SLACK_TOPIC_CHARS {
            return whole;
        }
        match left.checked_sub(8) {
            Some(fewer) if fewer > 0 => left = fewer,
            _ => return head,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::{Actor, Via};
    use crate::domain::incident::{Facts, Settings};
    use crate::domain::label::Labels;
    use crate::domain::time::Timestamp;

    fn incident(title: &str) -> Incident {
        let at = Timestamp::from_ms(1_772_442_000_000);
        Incident {
            id: 1,
            number: 12,
            title: title.to_owned(),
            severity: "SEV1".to_owned(),
            status: "identified".to_owned(),
            state: State::Open,
            private: false,
            drill: false,
            labels: Labels::new(),
            group_key: None,
            channel_id: None,
            channel_name: None,
            facts: Facts::new(Actor::Firebell, Via::Api, at),
            created_at: at,
            updated_at: at,
            ended_at: None,
        }
    }

    #[test]
    fn the_topic_tells_where_it_stands_and_fits() {
        let severity = Settings::default().severities[0].clone();
        let leads = [("Commander".to_owned(), "Ada <3".to_owned())];
        assert_eq!(
            topic(&incident("The shop\nis <down>"), &severity, &leads),
            ":red_circle: SEV1 · identified · Commander: Ada &lt;3 · The shop is &lt;down&gt;"
        );
        for title in ["x".repeat(400), "&".repeat(400), "停電 ".repeat(100)] {
            let text = topic(&incident(&title), &severity, &leads);
            assert!(text.chars().count() <= SLACK_TOPIC_CHARS, "{text}");
            assert!(text.chars().count() > 200, "{text}");
        }
    }

    #[test]
    fn the_purpose_says_what_it_is_about() {
        let mut one = incident("The shop is down");
        assert_eq!(purpose(&one), "Incident INC-12 · The shop is down");
        one.facts.description = "Nobody can pay\n\nin the EU".to_owned();
        assert_eq!(purpose(&one), "Incident INC-12 · Nobody can pay · in the EU");
    }
}

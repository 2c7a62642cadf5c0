use serde_json::json;

use super::*;

fn click() -> Value {
    json!({"type": "block_actions", "user": {"id": "U1", "username": "al", "team_id": "T1"},
        "team": {"id": "T1", "domain": "acme"}, "token": "x", "trigger_id": "1.2.abc",
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": "C1",
            "is_ephemeral": false, "thread_ts": "1699999999.000100"},
        "channel": {"id": "C1", "name": "inc-1"},
        "message": {"type": "message", "ts": "1700000000.000100", "text": ".."},
        "state": {"values": {}}, "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "actions": [{"type": "button", "action_id": "ack", "block_id": "b1", "value": "42",
            "action_ts": "1700000001.000100"}]})
}

fn submission() -> Value {
    json!({"type": "view_submission", "team": null, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "1.2.abc",
        "view": {"id": "V1", "type": "modal", "callback_id": "new_incident", "private_metadata": "{}",
            "hash": "1.abc", "state": {"values": {
                "title_b": {"title_a": {"type": "plain_text_input", "value": "DB down"}},
                "who_b": {"who_a": {"type": "multi_users_select", "selected_users": ["U2", "U3"]}},
                "when_b": {"when_a": {"type": "datetimepicker", "selected_date_time": 1_700_000_000}},
                "none_b": {"none_a": {"type": "static_select", "selected_option": null}}}}}})
}

#[test]
fn a_click_tells_who_where_and_what() {
    let inbound = Inbound::from_interaction(click());
    assert_eq!(inbound.dedup_key(), "block_actions:1.2.abc:1700000001.000100:ack");
    let Inbound::BlockActions(it) = inbound else { panic!("no click") };
    assert_eq!((it.user_id(), it.team_id(), it.channel_id()), (Some("U1"), Some("T1"), Some("C1")));
    assert_eq!(it.message_ts(), Some("1700000000.000100"));
    assert_eq!(it.thread_ts(), Some("1699999999.000100"));
    let action = it.action().unwrap();
    assert_eq!((action.action_id(), action.block_id(), action.value()), ("ack", "b1", Some("42")));
    assert!(it.raw.get("token").is_none());
}

#[test]
fn the_value_of_every_kind_of_element_is_found() {
    let option = |value: &str| json!({"text": {"type": "plain_text", "text": "Shown"}, "value": value});
    for (element, want) in [
        (json!({"type": "button", "value": "v"}), vec!["v"]),
        (json!({"type": "plain_text_input", "value": "typed"}), vec!["typed"]),
        (json!({"type": "static_select", "selected_option": option("a")}), vec!["a"]),
        (json!({"type": "overflow", "selected_option": option("o")}), vec!["o"]),
        (json!({"type": "radio_buttons", "selected_option": option("r")}), vec!["r"]),
        (json!({"type": "checkboxes", "selected_options": [option("a"), option("b")]}), vec!["a", "b"]),
        (json!({"type": "multi_static_select", "selected_options": []}), vec![]),
        (json!({"type": "users_select", "selected_user": "U1"}), vec!["U1"]),
        (json!({"type": "multi_users_select", "selected_users": ["U1", "U2"]}), vec!["U1", "U2"]),
        (json!({"type": "conversations_select", "selected_conversation": "C1"}), vec!["C1"]),
        (json!({"type": "multi_conversations_select", "selected_conversations": ["C1"]}), vec!["C1"]),
        (json!({"type": "channels_select", "selected_channel": "C1"}), vec!["C1"]),
        (json!({"type": "multi_channels_select", "selected_channels": ["C1", "C2"]}), vec!["C1", "C2"]),
        (json!({"type": "datepicker", "selected_date": "2026-11-21"}), vec!["2026-11-21"]),
        (json!({"type": "timepicker", "selected_time": "17:30"}), vec!["17:30"]),
        (json!({"type": "users_select", "selected_user": null}), vec![]),
        (json!(null), vec![]),
    ] {
        assert_eq!(Field(&element).list(), want, "{element}");
        assert_eq!(
            Field(&element).text().is_some(),
            want.len() == 1 && Field(&element).text() == Some(want[0])
        );
    }
    for odd in [json!({"selected_date_time": 7}), json!({"selected_date_time": "7"})] {
        assert_eq!(Field(&odd).date_time_s(), Some(7));
    }
    let rich = json!({"type": "rich_text_input", "rich_text_value": {"type": "rich_text", "elements": []}});
    assert!(Field(&rich).rich_text().is_some());
    assert_eq!(Field(&json!({"type": "file_input", "files": [{"id": "F1"}]})).files().len(), 1);
}

#[test]
fn a_submission_of_an_org_wide_install_keeps_its_team_and_its_values() {
    let Inbound::ViewSubmission(it) = Inbound::from_interaction(submission()) else {
        panic!("no submission")
    };
    assert_eq!(it.team_id(), Some("T1"));
    assert_eq!(it.callback_id(), Some("new_incident"));
    assert_eq!(it.state("title_b", "title_a").and_then(Field::text), Some("DB down"));
    assert_eq!(it.state_of("who_a").map(Field::list), Some(vec!["U2", "U3"]));
    assert_eq!(it.state_of("when_a").and_then(Field::date_time_s), Some(1_700_000_000));
    assert_eq!(it.state_of("none_a").and_then(Field::text), None);
    assert_eq!(it.block_of("who_a"), Some("who_b"));
}

#[test]
fn a_view_submitted_again_after_errors_is_another_submission() {
    let first = Inbound::from_interaction(submission());
    let mut raw = submission();
    raw["trigger_id"] = json!("9.9.zzz");
    assert_ne!(first.dedup_key(), Inbound::from_interaction(raw).dedup_key());
    assert_eq!(first.dedup_key(), Inbound::from_interaction(submission()).dedup_key());
}

#[test]
fn keys_are_never_empty_and_tell_things_apart() {
    let event = |id: Value| {
        let raw = json!({"type": "event_callback", "event_id": id, "event": {"type": "message"}});
        Inbound::from_event(raw, None)
    };
    let all = [
        event(json!("Ev1")),
        event(json!(null)),
        event(json!("")),
        Inbound::from_event(
            json!({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 7}),
            None,
        ),
        Inbound::from_event(json!([1]), None),
        Inbound::from_event(json!(null), None),
        Inbound::from_command(json!({"command": "/x", "trigger_id": "1.2"})),
        Inbound::from_command(json!({"command": "/x"})),
        Inbound::from_interaction(json!({"type": "block_actions"})),
        Inbound::from_interaction(json!({"type": "new_thing"})),
    ];
    let keys: std::collections::HashSet<String> = all.iter().map(Inbound::dedup_key).collect();
    assert_eq!(keys.len(), all.len());
    assert!(keys.iter().all(|key| key.len() > 6));
    assert_eq!(event(json!("Ev1")).dedup_key(), "event:Ev1");
}

#[test]
fn everything_survives_the_database() {
    let retry = Some(Retry { attempt: 1, reason: "http_timeout".to_owned() });
    let event =
        json!({"type": "event_callback", "event_id": "Ev1", "event": {"type": "pin_added", "odd": [1.5]}});
    for inbound in [
        Inbound::from_event(event, retry),
        Inbound::from_event(json!({"type": "app_rate_limited", "minute_rate_limited": 1}), None),
        Inbound::from_command(json!({"command": "/firebell", "text": "x"})),
        Inbound::from_interaction(click()),
        Inbound::from_interaction(submission()),
        Inbound::from_interaction(json!({"type": "brand_new"})),
        Inbound::from_envelope("brand_new", json!({"a": 1}), None),
    ] {
        let stored = serde_json::to_string(&inbound).unwrap();
        let back: Inbound = serde_json::from_str(&stored).unwrap();
        assert_eq!(back, inbound);
        assert_eq!(back.dedup_key(), inbound.dedup_key());
    }
}

#[test]
fn a_command_reads_the_same_over_both_transports() {
    let socket =
        json!({"command": "/firebell", "text": " ack #1 ", "is_enterprise_install": true, "token": "x"});
    let Inbound::Command(command) = Inbound::from_envelope("slash_commands", socket, None) else {
        panic!("no command")
    };
    assert_eq!((command.text(), command.is_enterprise_install()), ("ack #1", true));
}

#[test]
fn an_event_tells_its_message_whatever_its_kind() {
    for (event, channel, ts, user) in [
        (json!({"type": "message", "channel": "C1", "user": "U1", "ts": "1.1"}), "C1", "1.1", Some("U1")),
        (
            json!({"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.9",
                "message": {"ts": "1.1", "user": "U1", "edited": {"user": "U2", "ts": "9.0"}}}),
            "C1",
            "1.1",
            Some("U2"),
        ),
        (
            json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "ts": "9.9",
                "deleted_ts": "1.1"}),
            "C1",
            "1.1",
            None,
        ),
        (
            json!({"type": "reaction_added", "user": "U3", "item": {"channel": "C1", "ts": "1.1"},
                "event_ts": "5.0"}),
            "C1",
            "1.1",
            Some("U3"),
        ),
        (
            json!({"type": "pin_added", "user": "U3", "channel_id": "C1",
                "item": {"channel": "C1", "message": {"ts": "1.1"}}}),
            "C1",
            "1.1",
            Some("U3"),
        ),
    ] {
        let raw = json!({"type": "event_callback", "event_id": "Ev1", "event": event});
        let Inbound::Event(event) = Inbound::from_event(raw, None) else { panic!("no event") };
        assert_eq!(
            (event.channel_id(), event.message_ts(), event.user_id()),
            (Some(channel), Some(ts), user)
        );
    }
}

#[test]
fn odd_payloads_cost_nothing_but_the_odd_field() {
    let mut raw = click();
    raw["team"] = json!(5);
    raw["channel"] = json!(null);
    raw["actions"] = json!([{"action_id": 7, "value": "v"}]);
    let Inbound::BlockActions(it) = Inbound::from_interaction(raw) else { panic!("no click") };
    assert_eq!((it.team_id(), it.channel_id()), (Some("T1"), Some("C1")));
    assert_eq!(it.action().map(|action| (action.action_id(), action.value())), Some(("", Some("v"))));
}

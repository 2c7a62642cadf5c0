//! An event in a sentence, for timelines and records.

use serde_json::Value;

use crate::domain::time::Timestamp;

/// What happened, without who and when. `by` is the Slack user id of the one who did it; `name` gives the name of a Slack user id.
pub fn tell(
    kind: &str,
    reason: &str,
    data: &Value,
    by: Option<&str>,
    name: &dyn Fn(&str) -> String,
) -> String {
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    let number = |key: &str| data[key].as_i64().unwrap_or_default();
    let person = |key: &str| data[key].as_str().map(name).unwrap_or_default();
    let people = |key: &str| -> String {
        let all = data[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.map(name).collect::<Vec<_>>().join(", ")
    };
    let change = |what: &str| format!("changed the {what} from {} to {}", text("from"), text("to"));
    match kind {
        "declared" => format!("declared the incident: {} ({})", text("title"), text("severity")),
        "adopted" => format!("made this channel an incident: {} ({})", text("title"), text("severity")),
        "severity" | "status" | "title" => change(kind),
        "role_taken" if data["user"].as_str() == by && by.is_some() => {
            format!("took the role {}", text("role"))
        }
        "role_left" if data["user"].as_str() == by && by.is_some() => {
            format!("gave up the role {}", text("role"))
        }
        "role_taken" => format!("gave the role {} to {}", text("role"), person("user")),
        "role_left" => format!("took the role {} from {}", text("role"), person("user")),
        "task_added" => {
            format!("added task {}: {}{}", number("task"), text("text"), for_whom(&person("assignee")))
        }
        "task_assigned" => {
            format!("gave task {} ({}){}", number("task"), text("text"), for_whom(&person("assignee")))
        }
        "task_done" => format!("finished task {}: {}", number("task"), text("text")),
        "task_reopened" => format!("reopened task {}: {}", number("task"), text("text")),
        "update" => format!("told those outside: {}", text("text")),
        "note" => format!("noted: {}", text("text")),
        "invited" => format!("called in {}", people("users")),
        "called" => format!("called {}", people("users")),
        "joined" => "came in by the Join button".to_owned(),
        "link" => format!("added a link: {} {}", text("title"), text("url")),
        "attached" if data["group"].is_i64() => {
            format!("attached alert #{} {}", number("group"), text("title"))
        }
        "detached" if data["group"].is_i64() => {
            format!("detached alert #{} {}", number("group"), text("title"))
        }
        "attached" if data["to"].is_i64() => format!("attached it to #{}", number("to")),
        "detached" => "detached it".to_owned(),
        "alerts_over" => "saw that all its alerts are resolved".to_owned(),
        "step_failed" => format!("could not do this: {}: {}", text("what"), text("reason")),
        "resolved" if data["summary"].is_object() => {
            match data.pointer("/summary/fix").and_then(Value::as_str).filter(|fix| !fix.is_empty()) {
                Some(fix) => format!("resolved the incident; fixed by: {fix}"),
                None => "resolved the incident".to_owned(),
            }
        }
        "resolved" if !text("note").is_empty() => format!("resolved it; fixed by: {}", text("note")),
        "resolved" => "resolved it".to_owned(),
        "summary" => "wrote the summary".to_owned(),
        "reopened" => "reopened the incident".to_owned(),
        "cancelled" if !text("reason").is_empty() => format!("cancelled the incident: {}", text("reason")),
        "cancelled" => "cancelled the incident".to_owned(),
        "merged" => format!("merged it into INC-{}", number("into")),
        "took_in" if data["number"].is_i64() => format!("attached #{} to it", number("number")),
        "took_in" => format!("took in INC-{} {}", number("incident"), text("title")),
        "channel" => format!("made the channel {}", text("name")),
        "made_private" => "saw that its channel is private now".to_owned(),
        "made_public" => "saw that its channel is public now".to_owned(),
        "key_moment" => format!("marked a key moment{}", of_whom(text("author"), text("text"))),
        "key_moment_off" => {
            format!("took the mark off a key moment{}", of_whom(text("author"), text("text")))
        }
        "recorded" => "posted the record as a file".to_owned(),
        "redacted" => match number("texts") {
            1 => "redacted a text".to_owned(),
            more => format!("redacted {more} texts"),
        },
        // Of alert groups.
        "created" => "told of it: it fires".to_owned(),
        "notified" => {
            let channels = data["channels"].as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("told it to {}", channels.collect::<Vec<_>>().join(", "))
        }
        "nobody_notified" => format!("notified nobody: {reason}"),
        "hushed" => format!("kept it quiet: {reason}"),
        "incident" => "made it part of the incident".to_owned(),
        "acknowledged" if data["lifted"] == true => "acknowledged it and lifted its silence".to_owned(),
        "acknowledged" => "acknowledged it".to_owned(),
        "unacknowledged" if data["timed_out"] == true => {
            "took it as unacknowledged: the reminder was not answered".to_owned()
        }
        "unacknowledged" => "unacknowledged it".to_owned(),
        "unresolved" => "opened it again".to_owned(),
        "silenced" => match data["until"].as_i64() {
            Some(until) => format!("silenced it until {}", Timestamp::from_ms(until)),
            None => "silenced it until somebody lifts it".to_owned(),
        },
        "unsilenced" if data["ran_out"] == true => "let it speak again: the silence ran out".to_owned(),
        "unsilenced" => "lifted its silence".to_owned(),
        "fires_again" => format!("told of it again: it fires ({} times by now)", number("times")),
        "reminded" => "reminded the channel: nobody has it".to_owned(),
        "asked_owner" => "asked whether it is still theirs".to_owned(),
        "confirmed" => "still has it".to_owned(),
        "uncalled" => format!("let {} go", person("user")),
        "answered_call" if data["coming"] == true => "is on the way".to_owned(),
        "answered_call" => "said that they can't come".to_owned(),
        "renamed" => format!("renamed the channel to {}", text("to")),
        "followed" => format!("had it follow #{}: now {}", number("root"), text("state")),
        "alerts" => {
            let parts = [("joined", "joined"), ("ended", "ended")].map(|(key, word)| heads(&data[key], word));
            format!("told of its alerts: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
        }
        _ => {
            let plain = kind.replace('_', " ");
            if reason.is_empty() { plain } else { format!("{plain}: {reason}") }
        }
    }
}

/// What was done, of an event whose words were taken out.
pub fn without_words(kind: &str) -> String {
    match kind {
        "note" => "noted something".to_owned(),
        "update" => "told those outside something".to_owned(),
        "declared" => "declared the incident".to_owned(),
        "title" => "changed the title".to_owned(),
        "summary" => "wrote the summary".to_owned(),
        "resolved" | "cancelled" => format!("{kind} it"),
        "task_added" => "added a task".to_owned(),
        "task_assigned" => "gave a task to somebody".to_owned(),
        "task_done" => "finished a task".to_owned(),
        "task_reopened" => "reopened a task".to_owned(),
        "link" => "added a link".to_owned(),
        _ => kind.replace('_', " "),
    }
}

fn for_whom(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" → {name}") }
}

fn of_whom(author: &str, text: &str) -> String {
    let author = if author.is_empty() { "somebody" } else { author };
    if text.is_empty() { format!(" of {author}") } else { format!(" of {author}: {text}") }
}

/// "2 joined (db1, db2)"
fn heads(value: &Value, word: &str) -> Option<String> {
    let count = value["count"].as_i64().filter(|count| *count > 0)?;
    let names: Vec<&str> =
        value["names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let more = if usize::try_from(count).is_ok_and(|count| count > names.len()) { ", …" } else { "" };
    Some(if names.is_empty() {
        format!("{count} {word}")
    } else {
        format!("{count} {word} ({}{more})", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::actor::{Actor, Via};
    use crate::domain::group::{Change, Told};

    #[test]
    fn every_event_is_a_sentence() {
        let told = |change: Change| {
            let at = Timestamp::from_ms(0);
            let told = Told { change, by: Actor::Firebell, via: Via::Timer, at };
            (told.change.kind(), serde_json::to_value(told).unwrap())
        };
        for ((kind, data), said) in [
            (told(Change::Acknowledged { lifted: false }), "acknowledged it"),
            (
                told(Change::Resolved { note: Some("more disk".to_owned()) }),
                "resolved it; fixed by: more disk",
            ),
            (told(Change::Resolved { note: None }), "resolved it"),
            (
                told(Change::Silenced { until: Some(Timestamp::from_ms(0)), had_it: None }),
                "silenced it until 1970-01-01T00:00:00Z",
            ),
            (told(Change::Unsilenced { ran_out: true }), "let it speak again: the silence ran out"),
            (
                told(Change::FiresAgain { times: 3, had_it: None }),
                "told of it again: it fires (3 times by now)",
            ),
            (
                ("resolved", json!({ "summary": { "fix": "a restart" } })),
                "resolved the incident; fixed by: a restart",
            ),
            (("attached", json!({ "group": 4, "title": "DiskFull" })), "attached alert #4 DiskFull"),
            (("attached", json!({ "to": 4 })), "attached it to #4"),
            (("notified", json!({ "channels": ["#ops", "#db"] })), "told it to #ops, #db"),
            (("role_taken", json!({ "role": "Scribe", "user": "U1" })), "gave the role Scribe to Ann"),
            (
                (
                    "alerts",
                    json!({ "joined": { "count": 2, "names": ["a"] }, "ended": { "count": 0, "names": [] } }),
                ),
                "told of its alerts: 2 joined (a, …)",
            ),
            (
                ("key_moment", json!({ "author": "Bob", "text": "found it" })),
                "marked a key moment of Bob: found it",
            ),
            (("something_new", json!({})), "something new: why"),
        ] {
            assert_eq!(tell(kind, "why", &data, None, &|_| "Ann".to_owned()), said, "{kind} {data}");
        }
    }
}

//! An event in a sentence, for timelines and records.

use serde_json::Value;

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
        "alerts_over" => "saw that all its alerts are resolved".to_owned(),
        "step_failed" => format!("could not do this: {}: {}", text("what"), text("reason")),
        "recorded" => "posted the record".to_owned(),
        "resolved" => {
            match data.pointer("/summary/fix").and_then(Value::as_str).filter(|fix| !fix.is_empty()) {
                Some(fix) => format!("resolved the incident; fixed by: {fix}"),
                None => match data.pointer("/change/note").and_then(Value::as_str) {
                    Some(note) => format!("resolved it; fixed by: {note}"),
                    None => "resolved it".to_owned(),
                },
            }
        }
        "summary" => "wrote the summary".to_owned(),
        "reopened" => "reopened the incident".to_owned(),
        "cancelled" if !text("reason").is_empty() => format!("cancelled the incident: {}", text("reason")),
        "cancelled" => "cancelled the incident".to_owned(),
        "merged" => format!("merged it into INC-{}", number("into")),
        "took_in" => format!("took in INC-{} {}", number("incident"), text("title")),
        "channel" => format!("made the channel {}", text("name")),
        "key_moment" => format!("marked a key moment{}", of_whom(text("author"), text("text"))),
        "key_moment_off" => {
            format!("took the mark off a key moment{}", of_whom(text("author"), text("text")))
        }
        "created" => "sent the first alert".to_owned(),
        "notified" => "posted the alert".to_owned(),
        "incident" => format!("made it part of INC-{}", number("incident")),
        "acknowledged" => "acknowledged the alert".to_owned(),
        "unacknowledged" => "unacknowledged the alert".to_owned(),
        "fires_again" => "sent it again: it fires again".to_owned(),
        "alerts" => {
            format!(
                "told of {} alerts that joined, {} that ended",
                heads(&data["joined"]),
                heads(&data["ended"])
            )
        }
        _ => {
            let plain = kind.replace('_', " ");
            if reason.is_empty() { plain } else { format!("{plain}: {reason}") }
        }
    }
}

fn for_whom(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" → {name}") }
}

fn of_whom(author: &str, text: &str) -> String {
    let author = if author.is_empty() { "somebody" } else { author };
    if text.is_empty() { format!(" of {author}") } else { format!(" of {author}: {text}") }
}

fn heads(value: &Value) -> i64 {
    value["count"].as_i64().unwrap_or_default()
}

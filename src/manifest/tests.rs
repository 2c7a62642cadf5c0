//! The tables against the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The production code of the rooms that call Slack, as one text.
fn code(rooms: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for room in rooms {
        let (dir, file) = (root.join(room), root.join(format!("{room}.rs")));
        if dir.is_dir() {
            files(&dir, &mut found);
        } else {
            found.push(file);
        }
    }
    let mut text = String::new();
    let is_test = |path: &Path| path.iter().any(|part| part == "tests" || part == "tests.rs");
    for path in found.iter().filter(|path| !is_test(path)) {
        let whole = fs::read_to_string(path).unwrap();
        text.push_str(whole.split("#[cfg(test)]\nmod tests {").next().unwrap());
    }
    text
}

/// Rooms from which Slack is called; `slack` itself only offers methods.
const CALLERS: &[&str] = &[
    "app", "channels", "cli", "doctor", "engine", "inbox", "mirror", "outbox", "people", "actions",
    "commands",
];

/// The typed methods `slack` offers, with the names Slack knows them by.
const OFFERED: &[(&str, &str)] = &[
    (".auth_test(", "auth.test"),
    (".post_message(", "chat.postMessage"),
    (".update_message(", "chat.update"),
    (".post_ephemeral(", "chat.postEphemeral"),
    (".conversations_list(", "conversations.list"),
    (".conversations_info(", "conversations.info"),
    (".conversations_history(", "conversations.history"),
    (".conversations_replies(", "conversations.replies"),
    (".users_conversations(", "users.conversations"),
    (".users_info(", "users.info"),
    (".users_lookup_by_email(", "users.lookupByEmail"),
    (".users_list(", "users.list"),
    (".usergroups_list(", "usergroups.list"),
    (".usergroups_users_update(", "usergroups.users.update"),
    (".upload_file(", "files.completeUploadExternal"),
    ("SocketMode::start(", "apps.connections.open"),
];

const FAMILIES: &[&str] = &[
    "apps",
    "auth",
    "bookmarks",
    "bots",
    "chat",
    "conversations",
    "files",
    "pins",
    "reactions",
    "team",
    "usergroups",
    "users",
    "views",
];

/// `"chat.update"` in the code is a call of it: nothing else is written so.
fn called(code: &str) -> BTreeSet<String> {
    let named = code.split('"').filter(|text| {
        text.split_once('.').is_some_and(|(family, rest)| {
            FAMILIES.contains(&family)
                && rest.len() > 2
                && rest.chars().all(|c| c.is_ascii_alphabetic() || c == '.')
                && *text != "chat.post"
        })
    });
    let offered = OFFERED.iter().filter(|(call, _)| code.contains(call)).map(|(_, name)| *name);
    named.chain(offered).map(str::to_owned).collect()
}

#[test]
fn every_method_that_is_called_is_in_the_table_and_no_other() {
    let called = called(&code(CALLERS));
    let listed: BTreeSet<String> = METHODS.iter().map(|method| method.name.to_owned()).collect();
    assert_eq!(called, listed);
}

#[test]
fn every_event_that_is_dealt_with_is_in_the_table_and_no_other() {
    // The events the inbox and the actions look at, by their names in quotes.
    let text = code(&["actions", "inbox"]);
    let names = ["app_", "reaction_", "message.", "member_", "channel_", "pin_", "team_", "file_"];
    let found: BTreeSet<&str> = text
        .split('"')
        .filter(|word| names.iter().any(|start| word.starts_with(start)))
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '.')))
        .filter(|word| !matches!(*word, "channel_id" | "channel_type" | "team_id" | "file_share"))
        // Buttons and forms of alert groups have names that begin as events of private channels do.
        .filter(|word| !crate::actions::ACTIONS.iter().any(|action| action.id == *word))
        .chain(crate::engine::incident::mirror::heard::SUBSCRIBED.iter().copied())
        .collect();
    let listed: BTreeSet<&str> = EVENTS.iter().map(|listened| listened.event).collect();
    assert_eq!(found, listed);
}

#[test]
fn every_shortcut_is_in_the_registry_of_actions() {
    let text = code(&["actions"]);
    let mut registered = BTreeSet::new();
    for kind in ["on_message(\"", "globally(\""] {
        for part in text.split(kind).skip(1) {
            registered.extend(part.split('"').next());
        }
    }
    let listed: BTreeSet<&str> = SHORTCUTS.iter().map(|(callback_id, ..)| *callback_id).collect();
    assert_eq!(registered, listed);
}

#[test]
fn what_each_scope_is_for_is_told_and_no_other_is_asked_for() {
    let asked: BTreeSet<String> = spec("/firebell", &[], Transport::Socket).bot_scopes.into_iter().collect();
    let told: BTreeSet<String> = SCOPES.iter().map(|scope| scope.name.to_owned()).collect();
    assert_eq!(asked, told);
}

#[test]
fn the_file_at_the_top_is_what_the_program_prints() {
    let manifest = Manifest::new(&spec("/firebell", &ALIASES.map(str::to_owned), Transport::Socket)).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifest.yaml");
    let file = fs::read_to_string(path).unwrap();
    assert_eq!(file, manifest.to_yaml().unwrap(), "run: firebell manifest > manifest.yaml");
}

#[test]
fn aliases_are_commands_of_their_own_and_told_once() {
    let aliases = ["/incident".to_owned(), "/firebell".to_owned(), "/incident".to_owned()];
    let manifest = socket("/firebell", &aliases).unwrap();
    let commands: Vec<_> = manifest["features"]["slash_commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command["command"].as_str().unwrap())
        .collect();
    assert_eq!(commands, ["/firebell", "/incident"]);
    assert!(socket("firebell", &[]).is_err());
}

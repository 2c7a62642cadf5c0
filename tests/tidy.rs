//! The house rules as tests: who may import whom, what must not stand where, and that the maps are true.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom. `activity`, `clock`, `files`, `json`, `limits`, `net` and `random` are open to all but `domain`,
/// which has only `json` and `limits`.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("yaml", &[]),
    ("sources", &["domain"]),
    ("config", &["domain", "sources", "yaml"]),
    ("store", &["args", "domain"]),
    ("engine", &["domain", "store"]),
    ("slack", &[]),
    ("views", &["domain", "slack"]),
    ("actions", &["commands", "domain", "engine", "slack", "store", "views"]),
    ("commands", &["actions", "domain", "engine", "slack", "store", "views"]),
    ("replica", &["domain", "store"]),
    ("outbox", &["domain", "engine", "replica", "runner", "store"]),
    ("channels", &["domain", "engine", "outbox", "slack", "store", "views"]),
    ("metrics", &[]),
    ("runner", &["domain", "engine", "metrics", "store"]),
    ("inbox", &["actions", "domain", "engine", "people", "runner", "slack", "store"]),
    ("mirror", &["domain", "engine", "people", "runner", "slack", "store"]),
    ("people", &["domain", "engine", "slack", "store"]),
    ("web", &["config", "domain", "engine", "inbox", "metrics", "slack", "sources", "store"]),
    ("doctor", &["config", "manifest", "slack", "store"]),
    ("sim", &[]),
    ("clock", &[]),
    ("random", &[]),
    ("activity", &[]),
    ("limits", &[]),
    ("files", &[]),
    ("json", &[]),
    ("net", &[]),
    ("log", &[]),
    ("manifest", &["domain", "slack"]),
];

/// They see all: wiring and the command line decide nothing, so nothing is hidden from them.
const SEE_ALL: &[&str] = &["app", "cli", "demo", "main", "trial"];

/// Text that must not stand in the sources, with what to write instead.
const BANNED: &[(&str, &str)] = &[
    ("todo!(", "leave it out, and say so in the issue's note"),
    ("unimplemented!(", "leave it out, and say so in the issue's note"),
    ("FIXME", "mend it"),
    ("#[ignore", "a test that does not run proves nothing"),
    ("cfg(not(test))", "production code does not know that it is tested"),
    ("cfg!(test)", "production code does not know that it is tested"),
];

/// Longer files are hard to read. Those that are longer today may not grow.
const LINES_MAX: usize = 600;
const LONGER_TODAY: &[(&str, usize)] = &[("src/sim/blockkit/schema.rs", 700)];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
}

fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files_under(&root().join("src"), ".rs", &mut found);
    assert!(found.len() > 50, "the sources were not found");
    found.iter().map(|path| (shown(path), fs::read_to_string(path).unwrap())).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// `src/store/mod.rs` → `store`, `src/inbox.rs` → `inbox`.
fn room(path: &str) -> &str {
    let rest = path.strip_prefix("src/").unwrap();
    rest.split('/').next().unwrap().trim_end_matches(".rs")
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// The code without its comments and its test module.
fn production(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn imports(code: &str) -> BTreeSet<&str> {
    code.match_indices("crate::")
        .map(|(at, found)| {
            let rest = &code[at + found.len()..];
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_room_imports_only_what_it_may() {
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !is_test_file(path) && path != "src/lib.rs") {
        let room = room(path);
        if SEE_ALL.contains(&room) {
            continue;
        }
        let Some(allowed) = layers.get(room) else {
            wrong.push(format!(
                "{path}: the room '{room}' stands in no layer; add it to LAYERS in tests/tidy.rs"
            ));
            continue;
        };
        let open: &[&str] = match room {
            "domain" => &["json", "limits"],
            _ => &["activity", "clock", "files", "json", "limits", "net", "random"],
        };
        for name in imports(&production(text)) {
            if name != room && !allowed.contains(&name) && !open.contains(&name) {
                wrong.push(format!("{path}: '{room}' may not import '{name}'"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_banned_is_written() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (banned, instead) in BANNED {
            for (number, _) in text.lines().enumerate().filter(|(_, line)| line.contains(banned)) {
                wrong.push(format!("{path}:{}: {banned} — {instead}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn test_code_stands_in_test_modules() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, _) in lines.iter().enumerate().filter(|(_, line)| line.trim() == "#[cfg(test)]") {
            let next = lines.get(number + 1).map_or("", |line| line.trim());
            if !next.starts_with("mod ") && !next.starts_with("pub(crate) mod ") {
                wrong.push(format!("{path}:{}: only a test module may be for tests alone", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        let limit =
            LONGER_TODAY.iter().find(|(known, _)| *known == path).map_or(LINES_MAX, |(_, limit)| *limit);
        if lines > limit {
            wrong.push(format!("{path} has {lines} lines, more than {limit}: split it by what it does"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_code_map_names_every_room() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rooms: BTreeSet<String> = sources().iter().map(|(path, _)| room(path).to_owned()).collect();
    let missing: Vec<_> = rooms
        .iter()
        .filter(|room| *room != "lib" && !map.contains(&format!("[`{room}`]")) && *room != "main")
        .collect();
    assert!(missing.is_empty(), "src/lib.rs does not tell what these are for: {missing:?}");
}

/// A path in backquotes that looks like one of ours has to exist: maps that lie are worse than none.
#[test]
fn documents_name_only_files_that_exist() {
    let mut documents = vec![root().join("README.md"), root().join("src/lib.rs")];
    files_under(&root().join("docs"), ".md", &mut documents);
    let mut wrong = Vec::new();
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let ours = ["src/", "tests/", "docs/", "examples/", "migrations/", "benches/"]
                .iter()
                .any(|start| quoted.starts_with(start));
            let plain = quoted.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            if ours && plain && !root().join(quoted).exists() {
                wrong.push(format!("{}: there is no {quoted}", shown(&document)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_migration_is_listed() {
    let mut files = Vec::new();
    files_under(&root().join("migrations"), ".sql", &mut files);
    let listed: Vec<String> =
        firebell::store::MIGRATIONS.iter().map(|step| format!("migrations/{}.sql", step.name)).collect();
    assert_eq!(files.iter().map(|path| shown(path)).collect::<Vec<_>>(), listed);
}

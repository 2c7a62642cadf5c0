//! `firebell export`: an incident's record out of the database, and whether it was changed since.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use firebell::app::rules::rules;
use firebell::cli::Exit;
use firebell::clock::ManualClock;
use firebell::config::{Need, load_str};
use firebell::domain::actor::{Actor, Via};
use firebell::domain::time::Timestamp;
use firebell::engine::Work;
use firebell::engine::deeds::By;
use firebell::engine::incident::{self, Wish};
use firebell::random::SeededRandom;
use firebell::store::{Store, StoreError, StoreOptions, people};
use firebell::yaml::TestSurroundings;
use serde_json::Value as Json;
use tempfile::{TempDir, tempdir};
use tokio::runtime::Runtime;

use super::{NOW_MS, firebell};

/// A config, and its database with one incident, which the bot holds open.
struct Bot {
    folder: TempDir,
    config: String,
    runtime: Runtime,
    store: Option<Store>,
}

impl Bot {
    fn new(notes: u32) -> Self {
        let folder = tempdir().unwrap();
        let (config, database) = (folder.path().join("firebell.yaml"), folder.path().join("firebell.db"));
        let yaml = format!(
            "store: {{url: 'sqlite://{}'}}\nroute: {{receiver: ops}}\n\
             receivers: [{{name: ops, slack: {{channel: '#ops'}}}}]\n",
            database.display()
        );
        fs::write(&config, &yaml).unwrap();
        let loaded = load_str(&yaml, Need::Rules, &TestSurroundings::default());
        let rules = rules(&loaded.config.unwrap());
        let runtime = Runtime::new().unwrap();
        let clock = Arc::new(ManualClock::new(NOW_MS));
        let random = Arc::new(SeededRandom::new(1));
        let url = format!("sqlite://{}", database.display());
        let store = runtime.block_on(async move {
            let store = Store::open(StoreOptions { clock, random, ..StoreOptions::new(url) }).await.unwrap();
            let write = store.write(move |tx| {
                let random = SeededRandom::new(2);
                let by = By { actor: Actor::Person("U1".to_owned()), via: Via::Command };
                people::put_member(tx, "U1", "U1", Timestamp::from_ms(NOW_MS))?;
                let mut work = Work::new(tx, &rules, Timestamp::from_ms(NOW_MS), &random);
                let wish = Wish { title: "The shop is down".to_owned(), ..Wish::default() };
                incident::declare(&mut work, wish, &by)?;
                for n in 0..notes {
                    incident::note(&mut work, 1, &by, &format!("step {n} of the failover"), None)?;
                }
                Ok::<_, StoreError>(())
            });
            write.await.unwrap();
            store
        });
        Self { config: config.display().to_string(), folder, runtime, store: Some(store) }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn export(&self, args: &[&str]) -> (Exit, String, String) {
        let mut all = vec!["export", "incident"];
        all.extend(args);
        all.extend(["--config", &self.config]);
        firebell(&all)
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        if let Some(store) = self.store.take() {
            self.runtime.block_on(store.close());
        }
    }
}

#[test]
fn a_record_for_people_and_for_programs() {
    let bot = Bot::new(3);
    for number in ["1", "#1", "INC-1", "inc-1"] {
        let (exit, out, err) = bot.export(&[number]);
        assert_eq!((exit, err.as_str()), (Exit::Fine, ""), "{number}");
        assert!(out.starts_with("# INC-1 The shop is down\n"), "{out}");
        assert!(out.contains("noted: step 2 of the failover"), "{out}");
    }
    let (exit, out, err) = bot.export(&["1", "--format", "json"]);
    assert_eq!((exit, err.as_str()), (Exit::Fine, ""));
    let record: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&record["format"], &record["number"]), (&Json::from(2), &Json::from(1)));
    let last = record["chain"]["last"].as_str().unwrap();
    let (_, markdown, _) = bot.export(&["1", "--format", "md"]);
    assert!(markdown.contains(last), "the Markdown names the chain's end");
    // Into a file, which is not overwritten.
    let file = bot.path("inc-1.json");
    let (exit, out, err) = bot.export(&["1", "--format", "json", "--out", &file]);
    assert_eq!((exit, out.as_str()), (Exit::Fine, ""));
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600,
        "only its owner may read it"
    );
    assert!(err.contains(&file) && err.contains(last), "{err}");
    let (exit, out, _) = firebell(&["export", "verify", &file]);
    assert_eq!(exit, Exit::Fine);
    assert!(out.contains("is as it was written") && out.contains(last), "{out}");
    assert!(out.contains("was not compared with the database"), "{out}");
    let (exit, out, err) = firebell(&["export", "verify", &file, "--config", &bot.config]);
    assert_eq!((exit, err.as_str()), (Exit::Fine, ""));
    assert!(out.contains("the database says the same: 4 entries alike"), "{out}");
    let (exit, _, err) = bot.export(&["1", "--out", &file]);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("remove it, or give --out another name"), "{err}");
    let (exit, _, err) = bot.export(&["1", "--out", &bot.path("no/such/folder.md")]);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("make its folder first"), "{err}");
}

#[test]
fn what_cannot_be_exported_is_told() {
    let bot = Bot::new(0);
    let elsewhere = bot.path("elsewhere.yaml");
    let url = bot.path("not-there.db");
    fs::write(
        &elsewhere,
        format!("store: {{url: 'sqlite://{url}'}}\nroute: {{receiver: ops}}\nreceivers: [{{name: ops}}]\n"),
    )
    .unwrap();
    let broken = bot.path("broken.yaml");
    fs::write(&broken, "route: {receiver: nobody}\n").unwrap();
    for (args, exit, told) in [
        (
            vec!["7", "-c", &bot.config],
            Exit::Wrong,
            "there is no incident INC-7 in this database: the newest one is INC-1",
        ),
        (
            vec!["seven", "-c", &bot.config],
            Exit::Usage,
            "'seven' is no incident's number: write 12 or INC-12",
        ),
        (vec!["1", "--format", "xml", "-c", &bot.config], Exit::Usage, "[possible values: md, json]"),
        (vec!["-c", &bot.config], Exit::Usage, "<N>"),
        (vec!["1", "-c", &elsewhere], Exit::Wrong, "there is no database at"),
        (vec!["1", "-c", "/nowhere.yaml"], Exit::Usage, "/nowhere.yaml"),
        (vec!["1", "-c", &broken], Exit::Wrong, "nobody"),
    ] {
        let all: Vec<&str> = ["export", "incident"].into_iter().chain(args.iter().copied()).collect();
        let (got, out, err) = firebell(&all);
        assert_eq!(got, exit, "{args:?}\n{err}");
        assert_eq!(out, "", "{args:?}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
    assert!(!Path::new(&url).exists(), "a database was made");
}

/// Whoever changes a file and chains it anew cannot reach the database.
#[test]
fn a_forged_file_is_not_what_the_database_holds() {
    let bot = Bot::new(2);
    let (_, text, _) = bot.export(&["1", "--format", "json"]);
    let other = Bot::new(3);
    let file = other.path("inc-1.json");
    fs::write(&file, &text).unwrap();
    let (exit, out, _) = firebell(&["export", "verify", &file, "--config", &other.config]);
    assert_eq!(exit, Exit::Fine, "the database only knows more: {out}");
    let (_, longer, _) = other.export(&["1", "--format", "json"]);
    fs::write(&file, longer).unwrap();
    let (exit, _, err) = firebell(&["export", "verify", &file, "--config", &bot.config]);
    assert_eq!(exit, Exit::Wrong);
    assert!(
        err.contains("the database has no such event") && err.contains("one of both was changed"),
        "{err}"
    );
}

#[test]
fn a_file_that_was_changed_is_found_out() {
    let bot = Bot::new(5);
    let file = bot.path("inc-1.json");
    bot.export(&["1", "--format", "json", "--out", &file]);
    let text = fs::read_to_string(&file).unwrap();
    for (from, to, told) in [
        ("step 3 of the failover", "step 3 of the cover-up", " of the timeline ("),
        ("The shop is down", "The shop is fine", "before the timeline was changed"),
        ("\"algorithm\": \"sha256\"", "\"algorithm\": \"none\"", "another algorithm"),
        ("\"timeline\"", "\"line\"", "it has no \"timeline\""),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&file, text.replace(from, to)).unwrap();
        let (exit, out, err) = firebell(&["export", "verify", &file]);
        assert_eq!((exit, out.as_str()), (Exit::Wrong, ""), "{from}");
        assert!(err.contains(&file) && err.contains(told), "{from}: {err}");
    }
    // Written anew by another program, in another order of keys, it is still the same.
    let value: Json = serde_json::from_str(&text).unwrap();
    fs::write(&file, value.to_string()).unwrap();
    assert_eq!(firebell(&["export", "verify", &file]).0, Exit::Fine);
    let markdown = bot.path("inc-1.md");
    bot.export(&["1", "--out", &markdown]);
    let (exit, _, err) = firebell(&["export", "verify", &markdown]);
    assert_eq!(exit, Exit::Wrong);
    assert!(err.contains("it is no record of Firebell's") && err.contains("--format json"), "{err}");
    let (exit, _, err) = firebell(&["export", "verify", &bot.path("no-such-file.json")]);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("no-such-file.json cannot be read"), "{err}");
}

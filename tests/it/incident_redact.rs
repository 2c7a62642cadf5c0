//! What people take back is not published, and what is redacted is nowhere any more; the chain stays whole.

use firebell::args;
use firebell::cli::Exit;
use firebell::domain::incident::{Incident, Summary};
use firebell::engine::incident;
use firebell::sim::{Choice, User};
use firebell::store::{Tx, messages};
use serde_json::Value;

use crate::harness::{Span, World, scenario};
use crate::incident_judge::export;
use crate::incident_mirror::{declared, deed};

const SECRET: &str = "hunter2-é";

/// Every text column in which words of an incident may stand.
const TEXTS: &[(&str, &str)] = &[
    ("incident", "title || facts || labels"),
    ("incident_task", "text"),
    ("incident_link", "url || title"),
    ("incident_word", "word"),
    ("message", "text || plain || files"),
    ("message_version", "text || plain"),
    ("event", "data || reason"),
    ("outbox", "say"),
    ("inbox", "body"),
    ("due", "data"),
];

/// Where the secret stands in the database and in what the bot said.
async fn places(world: &World, secret: &'static str) -> Vec<String> {
    let mut found = world
        .read(move |tx: &mut dyn Tx| {
            let mut found = Vec::new();
            for (table, columns) in TEXTS {
                for row in tx.query(&format!("SELECT {columns} FROM {table}"), args![])? {
                    let text: String = row.get(0)?;
                    if text.to_lowercase().contains(secret) {
                        found.push(format!("{table}: {text}"));
                    }
                }
            }
            Ok(found)
        })
        .await;
    world.sim.read(|state| {
        for channel in state.channels.values() {
            for message in channel.messages.values().filter(|one| one.by_app && !one.deleted) {
                let whole = format!("{}{:?}{:?}", message.text, message.blocks, message.attachments);
                if whole.contains(secret) {
                    found.push(format!("#{}: {whole}", channel.name));
                }
            }
        }
        for file in state.files.values() {
            if String::from_utf8_lossy(&file.bytes).contains(secret) {
                found.push(format!("the file {}", file.title));
            }
        }
    });
    found
}

async fn resolve(world: &World, id: i64) {
    let summary = Summary { fix: format!("logged in with {SECRET}"), ..Summary::default() };
    deed(world, "ann", move |work, by| incident::resolve(work, id, by, summary.clone())).await;
    world.advance(6.minutes()).await;
}

fn written(world: &World, name: &str) -> String {
    world.sim.read(|state| {
        let mut files = state.files.values().filter(|file| file.name.starts_with(name));
        files.next_back().map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).expect("a record")
    })
}

/// Says the secret wherever it can be said.
async fn told_everywhere(world: &World) -> (Incident, String) {
    let (made, channel) = declared(world, &["ann", "bob"]).await;
    let (ann, bob) = (world.sim.actor("ann").unwrap(), world.sim.actor("bob").unwrap());
    let said = bob.post(&channel, &format!("the password is {SECRET}")).unwrap();
    bob.edit(&channel, &said, &format!("the password is {SECRET}, I think")).unwrap();
    ann.reply(&channel, &said, &format!("> {SECRET}\nthanks")).unwrap();
    ann.react(&channel, &said, "pushpin").unwrap();
    let edited = bob.post(&channel, &format!("{SECRET} here, too")).unwrap();
    bob.edit(&channel, &edited, "nothing to see").unwrap();
    let id = made.id;
    deed(world, "ann", move |work, by| {
        incident::note(work, id, by, &format!("we use {SECRET}"), None)?;
        incident::update(work, id, by, &format!("it is {SECRET}"))?;
        incident::link(work, id, by, &format!("https://example.com/?p={SECRET}"), "the page")?;
        incident::add_task(work, id, by, &format!("change {SECRET}"), None, false)?;
        incident::title(work, id, by, &format!("{SECRET} leaked"))
    })
    .await;
    world.advance(1.minutes()).await;
    (made, channel)
}

scenario! {
    in Setup::default().channels(&["incidents"]).more("incidents: {announce: [{channel: '#incidents'}]}");
    async fn what_is_redacted_is_nowhere_any_more(world) {
        let (made, channel) = told_everywhere(world).await;
        resolve(world, made.id).await;
        assert!(written(world, "INC-1-").contains(SECRET), "it was posted before anybody redacted it");
        let folder = tempfile::tempdir().unwrap();
        let before = folder.path().join("before.json").display().to_string();
        let (exit, told) = world.cli(&["export", "incident", "1", "--format", "json", "--out", &before]).await;
        assert_eq!(exit, Exit::Fine, "{told}");
        assert!(places(world, SECRET).await.len() > 10);

        let ann = world.as_user("ann");
        ann.command(&format!("/firebell redact INC-1 {}", SECRET.to_uppercase())).await;
        let (at, preview) = ann.sees_message("Redact").await;
        assert!(preview.contains("A message of *Bob*") && preview.contains("cannot be undone"), "{preview}");
        assert!(!preview.contains(SECRET), "{preview}");
        let button = world.sim.read(|state| {
            let seen = state.ephemerals(&ann.id());
            let (_, last) = seen.last().unwrap();
            last.message.blocks.iter().find_map(|block| block["elements"][0]["text"]["text"].as_str().map(str::to_owned))
        });
        ann.act(&at, Choice::button(&button.unwrap())).await;
        ann.sees("redacted. Slack still shows").await;
        world.advance(6.minutes()).await;
        assert_eq!(places(world, SECRET).await, Vec::<String>::new());

        // Nothing brings it back: not an edit, not a reading of the channel.
        let bob = world.sim.actor("bob").unwrap();
        let first = world.read(|tx| messages::holding(tx, 1, "nothing to see", 9)).await;
        assert_eq!(first, Vec::<i64>::new(), "its earlier version held it");
        world.sim.read(|state| assert!(state.channel(&channel).is_some()));
        world.advance(7.hours()).await;
        assert_eq!(places(world, SECRET).await, Vec::<String>::new());
        ann.command(&format!("/firebell incidents all {SECRET}")).await;
        ann.sees("No incident").await;
        drop(bob);

        // Who did it stands in the timeline; the chain is whole, and the old file still fits.
        let kept = export(world, 1).await;
        let audit = kept.events.iter().find(|(kind, _)| kind == "redacted").expect("an event of it");
        assert!(audit.1["texts"].as_i64().unwrap() > 8, "{}", audit.1);
        assert!(kept.markdown.contains("redacted by Ann"), "{}", kept.markdown);
        let (exit, told) = world.cli(&["export", "verify", &before]).await;
        assert_eq!(exit, Exit::Fine, "{told}");
        assert!(told.contains("deleted or redacted, with the same hash"), "{told}");
        // Entries before the first change keep their hashes, word or no word.
        let old: Value = serde_json::from_str(&std::fs::read_to_string(&before).unwrap()).unwrap();
        assert_eq!(old["timeline"][0]["hash"], kept.whole["timeline"][0]["hash"]);
        let record = written(world, "INC-1-");
        assert!(!record.contains(SECRET) && record.contains("redacted by Ann"), "{record}");
        world.channel(&channel).claim_all();
        world.channel("#incidents").claim_all();
        ann.direct().claim_all();
    }
}

scenario! {
    in Setup::default().more("rights: {admin: [bob@example.com]}");
    /// A message alone, by the shortcut on it; and who may not.
    async fn a_message_is_redacted_by_a_tap(world) {
        world.sim.set_up(|state| { state.add_user(User::person("gus").email("gus@example.com").guest()); });
        let (made, channel) = declared(world, &["ann", "bob"]).await;
        world.sim.set_up(|state| { let gus = state.user("gus").unwrap().id.clone(); state.join(&channel, &gus, None).unwrap(); });
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        let secret = bob.say(&channel, "token abcdef123456").await;
        let own = ann.say(&channel, "my pin is 4711").await;
        world.as_user("gus").shortcut_on("redact_message", &channel, &secret).await;
        world.as_user("gus").sees("ask a full member").await;
        ann.shortcut_on("redact_message", &channel, &secret).await;
        ann.sees("only").await;
        // Their own words everybody may take back.
        ann.shortcut_on("redact_message", &channel, &own).await;
        let (at, _) = ann.sees_message("Redact one text").await;
        ann.act(&at, Choice::button("Redact one text")).await;
        ann.sees("one text redacted").await;
        bob.shortcut_on("redact_message", &channel, &secret).await;
        let (at, _) = bob.sees_message("Redact one text").await;
        bob.act(&at, Choice::button("Redact one text")).await;
        bob.sees("one text redacted").await;
        bob.act(&at, Choice::button("Redact one text")).await;
        bob.sees("Nothing was left").await;
        for gone in ["abcdef123456", "4711"] {
            assert_eq!(places(world, gone).await, Vec::<String>::new());
        }
        // An edit of it is not taken in.
        world.sim.actor("bob").unwrap().edit(&channel, &secret, "token abcdef123456!").unwrap();
        world.advance(1.minutes()).await;
        assert_eq!(places(world, "abcdef123456").await, Vec::<String>::new());
        let elsewhere = bob.say("#general", "hello").await;
        bob.shortcut_on("redact_message", "#general", &elsewhere).await;
        bob.sees("in no incident's timeline").await;
        let _ = made;
        world.channel(&channel).claim_all();
    }
}

scenario! {
    in Setup::default().more("incidents: {redact_deleted: false}");
    /// Who opts in keeps it and exports it; what is posted holds it never.
    async fn deleted_words_are_never_published(world) {
        world.allow_refusals();
        let (made, channel) = declared(world, &["ann", "bob"]).await;
        let bob = world.sim.actor("bob").unwrap();
        let gone = bob.post(&channel, "the password is hunter2").unwrap();
        bob.react(&channel, &gone, "pushpin").unwrap();
        bob.delete(&channel, &gone).unwrap();
        let edited = bob.post(&channel, "or swordfish").unwrap();
        bob.edit(&channel, &edited, "or what").unwrap();
        world.advance(1.minutes()).await;
        let summary = Summary { fix: "a restart".to_owned(), ..Summary::default() };
        let id = made.id;
        deed(world, "ann", move |work, by| incident::resolve(work, id, by, summary.clone())).await;
        world.advance(6.minutes()).await;
        let record = written(world, "INC-1-");
        for secret in ["hunter2", "swordfish"] {
            assert!(!record.contains(secret), "{record}");
        }
        assert!(record.contains("*(deleted, ") && record.contains("- edited "), "{record}");
        let kept = export(world, 1).await;
        assert!(kept.markdown.contains("hunter2") && kept.markdown.contains("swordfish"), "{}", kept.markdown);
        // Whoever opts out again is not left with what was kept.
        world.reconfigure(|setup| Setup { more: String::new(), ..setup }).await;
        let (_, out) = world.cli(&["export", "incident", "1"]).await;
        assert!(!out.contains("hunter2"), "{out}");
        world.advance(61.minutes()).await;
        assert_eq!(places(world, "hunter2").await, Vec::<String>::new());
        export(world, 1).await;
        world.channel(&channel).claim_all();
    }
}

//! `firebell doctor` against the local Slack.

use std::sync::Arc;

use firebell::cli::Exit;
use firebell::clock::{Clock as _, ManualClock, SharedClock, SystemClock};
use firebell::domain::time::Timestamp;
use firebell::sim::{Manifest, RateLimits, Sim, SimBuilder, SimHandle, User};
use firebell::store::outbox::{self, NewRow};
use firebell::store::{Store, StoreError, StoreOptions};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::{Ran, firebell_at};

/// A local Slack that is served, and a folder for config and database.
struct Place {
    _runtime: Runtime,
    slack: SimHandle,
    folder: TempDir,
}

impl Place {
    fn new(build: impl FnOnce(SimBuilder) -> SimBuilder) -> Self {
        let runtime = Runtime::new().unwrap();
        let builder = Sim::builder()
            .tokens("xoxb-test-1", "xapp-test-1", "0123456789abcdef0123456789abcdef")
            .rate_limits(RateLimits::OFF);
        let sim = build(builder).build();
        let slack =
            runtime.block_on(async { sim.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()) }).unwrap();
        Self { _runtime: runtime, slack, folder: tempfile::tempdir().unwrap() }
    }

    fn database(&self) -> String {
        format!("sqlite://{}/firebell.db", self.folder.path().display())
    }

    fn doctor(&self, clock: SharedClock, slack: &str, rest: &str, args: &[&str]) -> Ran {
        let config = format!(
            "store: {{url: '{}'}}\nslack: {{api_url: '{}', {slack}}}\n\
             integrations: [{{name: a, kind: webhook, token: 0123456789abcdef0123}}]\n{rest}\n",
            self.database(),
            self.slack.api_url()
        );
        let file = self.folder.path().join("firebell.yaml");
        std::fs::write(&file, config).unwrap();
        let mut all = vec!["doctor", "--config", file.to_str().unwrap()];
        all.extend(args);
        let Ran { exit, out, err } = firebell_at(clock, &all);
        let hide = |text: String| {
            text.replace(&format!("{}", self.folder.path().display()), "DIR")
                .replace(&self.slack.base_url, "SLACK")
        };
        Ran { exit, out: hide(out), err: hide(err) }
    }
}

const TOKENS: &str = "bot_token: xoxb-test-1, app_token: xapp-test-1";

fn line<'o>(out: &'o str, what: &str) -> &'o str {
    out.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("no line with {what}:\n{out}"))
}

/// What stands under the line with `what`.
fn mend<'o>(out: &'o str, what: &str) -> Vec<&'o str> {
    let after = out.lines().skip_while(|line| !line.contains(what)).skip(1);
    after.map_while(|line| line.trim_start().strip_prefix("→ ")).collect()
}

#[test]
fn all_is_well() {
    let place = Place::new(|sim| {
        sim.user(User::person("ada").email("ada@example.com"))
            .channel("ops", &["@app", "ada"])
            .private_channel("secret", &["@app", "ada"])
            .group("sre", "SRE", &["ada"])
    });
    let rest = r##"
server: {public_url: "https://firebell.example.com"}
route: {receiver: a}
receivers:
  - {name: a, slack: {channels: ["#ops", "#secret"], mention: "@here"}}
users: [{name: ada, email: ada@example.com}]
rights: {admin: ["@sre", ada]}
"##;
    let ran = place.doctor(Arc::new(SystemClock), TOKENS, rest, &[]);
    assert_eq!(ran.exit, Exit::Fine, "{}{}", ran.out, ran.err);
    for what in [
        "✓ config",
        "✓ disk",
        "✓ database",
        "✓ integration a",
        "✓ bot token",
        "✓ clock",
        "✓ app token",
        "✓ scopes",
        "✓ channel #ops",
        "✓ channel #secret",
        "✓ user ada",
        "✓ user group @sre",
    ] {
        line(&ran.out, what);
    }
    assert!(line(&ran.out, "✓ database").contains("is made at the first start"), "{}", ran.out);
    assert!(ran.out.ends_with("12 checks, all is well\n"), "{}", ran.out);
    assert_eq!(place.slack.sim().calls().iter().filter(|call| call.method.starts_with("chat.")).count(), 0);
}

#[test]
fn everything_is_wrong_and_each_says_how_to_mend_it() {
    let few = Manifest::from_value(json!({
        "display_information": {"name": "Firebell"},
        "oauth_config": {"scopes": {"bot": ["chat:write", "channels:read", "users:read", "users:read.email", "usergroups:read"]}},
        "settings": {"socket_mode_enabled": true},
    }));
    let place = Place::new(|sim| {
        sim.manifest(few)
            .user(User::person("ada").email("ada@example.com"))
            .user(User::person("bob").email("bob@example.com").deactivated())
            .channel("operations", &["@app"])
            .channel("elsewhere", &["ada"])
            .channel("old", &["@app"])
            .private_channel("secret", &["ada"])
            .group("sre", "SRE", &["ada"])
            .with(|state| {
                let old = state.channel("old").unwrap().id.clone();
                state.archive(&old, "ada").unwrap();
            })
    });
    let bob = place.slack.sim().read(|state| state.user("bob").unwrap().id.clone());
    let rest = r##"
route: {receiver: a}
receivers:
  - {name: a, slack: {channels: ["#operation", "#elsewhere", "#old", "#secret"], mention: ["S0NOBODY", "@here"]}}
users:
  - {name: bob, slack_id: BOB}
  - {name: eve, email: eve@example.com}
"##
    .replace("BOB", &bob);
    let slack = "bot_token: xoxb-test-1, app_token: xapp-wrong-1, team_id: T0000000001";
    let clock = ManualClock::new(SystemClock.now_ms() - 600_000);
    let ran = place.doctor(Arc::new(clock), slack, &rest, &[]);
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    for (what, found, step) in [
        ("✗ bot token", "it is for another workspace", "set slack.team_id: T0SIM00001"),
        ("✗ clock", "behind Slack's", "timedatectl"),
        ("✗ app token", "invalid_auth", "connections:write"),
        ("✗ scope commands", "not granted", "Bot Token Scopes"),
        ("! scope groups:read", "private channels are not found", "reinstall"),
        (
            "✗ channel #operation ",
            "there is none that the bot can see (named by a)",
            "there is #operations: is that meant?",
        ),
        (
            "✗ channel #elsewhere",
            "the bot is not in it and cannot post",
            "invite the bot: /invite @firebell in #elsewhere",
        ),
        ("✗ channel #old", "it is archived", "unarchive #old"),
        ("✗ channel #secret", "there is none that the bot can see", "/invite @firebell in #secret"),
        ("✗ user bob", "deactivated", "take the person out"),
        ("✗ user eve", "by eve@example.com", "Copy member ID"),
        ("✗ user group S0NOBODY", "there are @sre", "mend the name"),
    ] {
        assert!(line(&ran.out, what).contains(found), "{what}: {found}\n{}", ran.out);
        assert!(mend(&ran.out, what).iter().any(|line| line.contains(step)), "{what}: {step}\n{}", ran.out);
    }
    assert!(!ran.out.contains("xoxb-") && !ran.out.contains("xapp-wrong"), "{}", ran.out);
}

#[test]
fn a_token_that_slack_does_not_take_and_a_slack_that_is_not_there() {
    let place = Place::new(|sim| sim.channel("ops", &["@app"]));
    let rest = "route: {receiver: a}\nreceivers: [{name: a, slack: {channel: '#ops'}}]";
    let ran = place.doctor(Arc::new(SystemClock), "bot_token: xoxb-old-1, app_token: xapp-test-1", rest, &[]);
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(line(&ran.out, "✗ bot token").contains("invalid_auth"), "{}", ran.out);
    line(&ran.out, "✓ app token");
    assert!(!ran.out.contains("channel #ops"), "{}", ran.out);

    let dead = "bot_token: xoxb-test-1, app_token: xapp-test-1, api_url: 'http://127.0.0.1:9/api/'";
    let config = format!(
        "slack: {{{dead}}}\nintegrations: [{{name: a, kind: webhook, token: 0123456789abcdef0123}}]\n{rest}\nstore: {{url: '{}'}}",
        place.database()
    );
    let file = place.folder.path().join("dead.yaml");
    std::fs::write(&file, config).unwrap();
    let ran = firebell_at(Arc::new(SystemClock), &["doctor", "--config", file.to_str().unwrap()]);
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(line(&ran.out, "✗ slack").contains("does not answer"), "{}", ran.out);
    assert!(mend(&ran.out, "✗ slack")[0].contains("firewall"), "{}", ran.out);
}

#[test]
fn http_mode_looks_at_secret_and_address() {
    let place = Place::new(|sim| sim.channel("ops", &["@app"]));
    let rest = "route: {receiver: a}\nreceivers: [{name: a, slack: {channel: '#ops'}}]";
    let slack = "mode: http, bot_token: xoxb-test-1, signing_secret: 0123456789abcdef0123456789abcdef";
    let ran = place.doctor(Arc::new(SystemClock), slack, rest, &[]);
    line(&ran.out, "✓ signing secret");
    assert!(line(&ran.out, "✗ public address").contains("server.public_url is not set"), "{}", ran.out);
    let with_url = format!("{rest}\nserver: {{public_url: 'https://firebell.example.com'}}");
    let ran = place.doctor(Arc::new(SystemClock), slack, &with_url, &["--format", "json"]);
    assert_eq!(ran.exit, Exit::Fine, "{}", ran.out);
    let result: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(result["wrong"], 0);
    let of = |what: &str| {
        result["checks"].as_array().unwrap().iter().find(|check| check["what"] == what).unwrap().clone()
    };
    assert_eq!(of("public address")["verdict"], "good");
}

#[test]
fn dead_letters_show_with_their_reasons_while_the_bot_runs() {
    let place = Place::new(|sim| sim.channel("ops", &["@app"]));
    let runtime = Runtime::new().unwrap();
    let store = runtime.block_on(Store::open(StoreOptions::new(place.database()))).unwrap();
    let now = Timestamp::from_ms(1);
    let put = store.write(move |tx| {
        for key in ["a", "b", "c"] {
            let row = NewRow {
                key,
                lane: key,
                channel: "slack",
                destination: "slack:#ops",
                method: "chat.postMessage",
                priority: 1,
                say: "{}",
                merge_key: None,
                now,
                not_before: now,
                expires: None,
            };
            outbox::put(tx, &row)?;
        }
        outbox::bury(tx, 2, "channel_not_found")
    });
    runtime.block_on(async { put.await.map_err(|error: StoreError| error.to_string()) }).unwrap();
    let rest = "route: {receiver: a}\nreceivers: [{name: a, slack: {channel: '#ops'}}]";
    let ran = place.doctor(Arc::new(SystemClock), TOKENS, rest, &[]);
    assert_eq!(ran.exit, Exit::Fine, "{}", ran.out);
    assert!(line(&ran.out, "! outbox").contains("messages: 2 waiting, 1 given up"), "{}", ran.out);
    assert_eq!(mend(&ran.out, "! outbox")[0], "chat.postMessage to slack:#ops: channel_not_found");
    line(&ran.out, "✓ database");
}

#[test]
fn a_broken_config_does_not_stop_the_other_questions() {
    let place = Place::new(|sim| sim.channel("ops", &["@app"]));
    let rest = "route: {receiver: a}\nreceivers: [{name: a, slack: {channel: '#ops'}}]";
    let ran = place.doctor(
        Arc::new(SystemClock),
        "bot_token: xoxb-test-1, app_token: '${NOT_SET_ANYWHERE}'",
        rest,
        &[],
    );
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    assert!(line(&ran.out, "✗ config").contains("NOT_SET_ANYWHERE"), "{}", ran.out);
    line(&ran.out, "✗ app token");
    line(&ran.out, "✓ channel #ops");
}

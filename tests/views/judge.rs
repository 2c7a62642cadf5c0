//! The local Slack as the judge of what a view makes: it reads Slack's documents for itself.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use firebell::sim::{RateLimits, Sim, User};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// One Slack for all tests of this binary, with the channel its messages go to.
struct Judge {
    runtime: Runtime,
    http: reqwest::Client,
    api_url: String,
    token: String,
    channel: String,
    sim: Sim,
    /// Somebody before whom views are opened.
    user: String,
}

static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sim = Sim::builder()
        .rate_limits(RateLimits::OFF)
        .user(User::person("ann"))
        .channel("ops", &["@app"])
        .build();
    let (token, channel) =
        sim.read(|state| (state.app.bot_token.clone(), state.channel("ops").unwrap().id.clone()));
    let api_url = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let handle = sim.serve(listener).unwrap();
        let url = handle.api_url();
        std::mem::forget(handle);
        url
    });
    let user = sim.actor("ann").unwrap().id().to_owned();
    Judge { runtime, http: reqwest::Client::new(), api_url, token, channel, sim, user }
});

impl Judge {
    fn ask(&self, method: &str, args: &Value) -> Value {
        self.runtime.block_on(async {
            let request = self.http.post(format!("{}{method}", self.api_url)).bearer_auth(&self.token);
            let request = request.header("Content-Type", "application/json; charset=utf-8");
            request.body(args.to_string()).send().await.unwrap().json().await.unwrap()
        })
    }
}

/// The message would be taken by Slack, as it stands, and mentions nobody but these.
pub(crate) fn takes_message(message: &Value) {
    let mut args = message.clone();
    args["channel"] = json!(JUDGE.channel);
    let answer = JUDGE.ask("chat.postMessage", &args);
    assert_eq!(answer["ok"], true, "Slack would refuse it: {answer:#}\n{message:#}");
    no_id_twice(message);
}

/// The modal would be opened, the home tab published, as it stands.
pub(crate) fn takes_view(view: &Value) {
    let judge = &*JUDGE;
    let answer = if view["type"] == "home" {
        judge.ask("views.publish", &json!({ "user_id": judge.user, "view": view }))
    } else {
        let trigger = judge.sim.change(|state| state.new_trigger(&judge.user, None));
        judge.ask("views.open", &json!({ "trigger_id": trigger, "view": view }))
    };
    assert_eq!(answer["ok"], true, "Slack would refuse it: {answer:#}\n{view:#}");
    judge.sim.change(|state| state.close_views(&judge.user, true));
}

/// Every `<!…>` and `<@…>` that stands in any text of it: whom it would wake.
pub(crate) fn mentions(value: &Value) -> BTreeSet<String> {
    let pattern = regex::Regex::new("<[!@][^>]*>").unwrap();
    let mut found = BTreeSet::new();
    each_text(value, &mut |text| {
        for hit in pattern.find_iter(text) {
            if !hit.as_str().starts_with("<!date") {
                found.insert(hit.as_str().to_owned());
            }
        }
    });
    found
}

fn each_text(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, look)),
        // Plain text mentions nobody, whatever stands in it.
        Value::Object(fields) if fields.get("type").is_some_and(|kind| kind == "plain_text") => {}
        // What a button or an option carries for us is not shown.
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "value").for_each(|(_, field)| each_text(field, look));
        }
        _ => {}
    }
}

/// Block ids are unique in a message, also over its attachments: Slack gives clicks by them.
fn no_id_twice(message: &Value) {
    let mut seen = BTreeSet::new();
    let own = message["blocks"].as_array().into_iter().flatten();
    let attached = message["attachments"].as_array().into_iter().flatten();
    let attached = attached.flat_map(|one| one["blocks"].as_array().into_iter().flatten());
    for id in own.chain(attached).filter_map(|block| block["block_id"].as_str()) {
        assert!(seen.insert(id.to_owned()), "block id {id} stands twice in {message:#}");
    }
}

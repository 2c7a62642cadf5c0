//! The local Slack as the test looks at it.

use firebell::sim::{Manifest, Message, RateLimits, Sim, SimHandle, User};
use tokio::net::TcpListener;

use crate::PATIENCE;

pub(crate) struct Slack {
    pub(crate) sim: Sim,
    handle: SimHandle,
}

impl Slack {
    /// With `#ops`, and nobody in a hurry: it refuses nothing for speed.
    pub(crate) async fn start() -> Self {
        let sim = Sim::builder()
            .rate_limits(RateLimits::OFF)
            .manifest(Manifest::everything("Firebell", &["/firebell"]))
            .tokens("xoxb-test", "xapp-test", "sim-signing-secret")
            .user(User::person("ann"))
            .channel("ops", &["ann", "@app"])
            .build();
        let handle = sim.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
        Self { sim, handle }
    }

    pub(crate) fn api_url(&self) -> String {
        self.handle.api_url()
    }

    /// The bot's messages in `#ops`, oldest first, each with the bot's replies to it.
    pub(crate) fn threads(&self) -> Vec<(String, Vec<String>)> {
        self.sim.read(|state| {
            let id = state.channel("#ops").map(|channel| channel.id.clone()).unwrap_or_default();
            let roots = state.messages(&id);
            roots
                .iter()
                .filter(|message| message.by_app)
                .map(|root| {
                    let replies = state.thread(&id, &root.ts).into_iter().skip(1).filter(|m| m.by_app);
                    (root.visible_text(), replies.map(Message::visible_text).collect())
                })
                .collect()
        })
    }

    /// Waits until the one message of the bot says all of this.
    pub(crate) async fn expect_card(&self, wanted: &[&str]) {
        let look = |text: &str| wanted.iter().all(|part| text.contains(part));
        let mut changes = self.sim.changes();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                let threads = self.threads();
                assert!(threads.len() <= 1, "a second message: {threads:#?}");
                if threads.first().is_some_and(|(text, _)| look(text)) {
                    return;
                }
                _ = changes.changed().await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("no message says {wanted:?}; there is {:#?}", self.threads());
        }
    }

    pub(crate) async fn end(self) {
        self.handle.shutdown().await;
    }
}

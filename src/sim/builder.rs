//! How a simulator is described before it runs.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use tokio::sync::{broadcast, mpsc, watch};

use super::core::{Inner, Sim};
use super::delivery::{HttpTargets, Sockets, Transport};
use super::faults::Faults;
use super::limiter::Limiter;
use super::state::{App, Manifest, SimState, User, Workspace};
use super::unrest::Unrest;
use crate::clock::{SharedClock, SystemClock};
use crate::limits;
use crate::random::{SharedRandom, SystemRandom};

/// Which of Slack's rate limits are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// The tiers of the methods (20, 50, 100 a minute).
    pub tiers: bool,
    /// Messages to one channel before 1/s is enforced; `None` for no such limit.
    pub channel_burst: Option<u32>,
    /// Messages a minute in the workspace; `None` for no such limit.
    pub messages_a_minute: Option<u32>,
}

impl RateLimits {
    pub const SLACK: Self = Self {
        tiers: true,
        channel_burst: Some(limits::SIM_CHANNEL_BURST),
        messages_a_minute: Some(limits::SIM_MESSAGES_A_MINUTE),
    };
    pub const OFF: Self = Self { tiers: false, channel_burst: None, messages_a_minute: None };
}

/// Something that is there from the start.
type SetUp = Box<dyn FnOnce(&mut SimState)>;

/// Describes a simulator: `Sim::builder().clock(…).user(…).channel(…).build()`.
pub struct SimBuilder {
    clock: SharedClock,
    random: SharedRandom,
    rate_limits: RateLimits,
    workspace: Workspace,
    app: App,
    http: Option<HttpTargets>,
    hosts: Vec<String>,
    set_up: Vec<SetUp>,
}

impl Default for SimBuilder {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            rate_limits: RateLimits::SLACK,
            workspace: Workspace {
                id: "T0SIM00001".to_owned(),
                name: "Acme".to_owned(),
                domain: "acme".to_owned(),
            },
            app: App::new(Manifest::everything("Sim App", &["/incident"])),
            http: None,
            hosts: Vec::new(),
            set_up: Vec::new(),
        }
    }
}

impl SimBuilder {
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    #[must_use]
    pub fn random(mut self, random: SharedRandom) -> Self {
        self.random = random;
        self
    }

    #[must_use]
    pub fn rate_limits(mut self, rate_limits: RateLimits) -> Self {
        self.rate_limits = rate_limits;
        self
    }

    #[must_use]
    pub fn workspace(mut self, name: &str, domain: &str) -> Self {
        name.clone_into(&mut self.workspace.name);
        domain.clone_into(&mut self.workspace.domain);
        self
    }

    /// The app's manifest: names, commands, shortcuts, scopes, events, and socket or HTTP.
    #[must_use]
    pub fn manifest(mut self, manifest: Manifest) -> Self {
        self.app.manifest = manifest;
        self
    }

    /// The bot token, the app-level token and the signing secret (`xoxb-test`, `xapp-test`, `sim-signing-secret`).
    #[must_use]
    pub fn tokens(mut self, bot: &str, app: &str, signing_secret: &str) -> Self {
        bot.clone_into(&mut self.app.bot_token);
        app.clone_into(&mut self.app.app_token);
        signing_secret.clone_into(&mut self.app.signing_secret);
        self
    }

    /// Delivers over signed HTTP to these addresses, whatever the manifest says.
    #[must_use]
    pub fn http(mut self, targets: HttpTargets) -> Self {
        self.http = Some(targets);
        self
    }

    /// Another name it is reached by, beside `localhost` and any IP address: a container's, say.
    #[must_use]
    pub fn host(mut self, name: &str) -> Self {
        self.hosts.push(name.to_ascii_lowercase());
        self
    }

    #[must_use]
    pub fn user(self, user: User) -> Self {
        self.with(move |state| {
            state.add_user(user);
        })
    }

    /// A public channel with these members (names); `"@app"` is the app.
    #[must_use]
    pub fn channel(self, name: &str, members: &[&str]) -> Self {
        self.room(name, false, members)
    }

    /// The same, private.
    #[must_use]
    pub fn private_channel(self, name: &str, members: &[&str]) -> Self {
        self.room(name, true, members)
    }

    fn room(self, name: &str, private: bool, members: &[&str]) -> Self {
        let name = name.trim_start_matches('#').to_owned();
        let members: Vec<String> = members.iter().map(|m| (*m).to_owned()).collect();
        self.with(move |state| {
            let bot = state.app.bot_user.clone();
            let members: Vec<&str> =
                members.iter().map(|m| if m == "@app" { bot.as_str() } else { m.as_str() }).collect();
            if let Err(code) = state.add_channel(&name, private, &members) {
                tracing::error!(channel = %name, code, "the simulator refuses this channel");
            }
        })
    }

    #[must_use]
    pub fn group(self, handle: &str, name: &str, users: &[&str]) -> Self {
        let (handle, name) = (handle.to_owned(), name.to_owned());
        let users: Vec<String> = users.iter().map(|u| (*u).to_owned()).collect();
        self.with(move |state| {
            let users: Vec<&str> = users.iter().map(String::as_str).collect();
            state.add_group(&handle, &name, &users);
        })
    }

    /// The demo's people, channels and groups.
    #[must_use]
    pub fn seed_demo(self) -> Self {
        self.with(SimState::seed_demo)
    }

    /// Anything else to be there from the start.
    #[must_use]
    pub fn with(mut self, set_up: impl FnOnce(&mut SimState) + 'static) -> Self {
        self.set_up.push(Box::new(set_up));
        self
    }

    pub fn build(self) -> Sim {
        let mut state = SimState::new(self.workspace, self.app, self.clock.now_ms());
        for set_up in self.set_up {
            set_up(&mut state);
        }
        state.take_changes();
        let transport = match self.http {
            Some(targets) => Transport::Http(targets),
            None => Transport::of(&state.app.manifest),
        };
        // The TLS provider is chosen once for the process; that someone chose it before is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (outgoing, queue) = mpsc::unbounded_channel();
        Sim(Arc::new(Inner {
            state: Mutex::new(state),
            clock: self.clock,
            random: self.random,
            changes: watch::Sender::new(0),
            pushes: broadcast::Sender::new(limits::SIM_PUSHES_KEPT),
            outgoing,
            outgoing_queue: Mutex::new(Some(queue)),
            calls: Mutex::new((0, VecDeque::new())),
            limiter: Mutex::new(Limiter::default()),
            rate_limits: self.rate_limits,
            faults: Mutex::new(Faults::default()),
            sockets: Mutex::new(Sockets::default()),
            sockets_open: watch::Sender::new(0),
            events_pending: AtomicUsize::new(0),
            unrest: Unrest::default(),
            transport: Mutex::new(transport),
            panel: Mutex::new(None),
            hosts: self.hosts,
            http: reqwest::Client::new(),
            shutdown: watch::Sender::new(false),
        }))
    }
}

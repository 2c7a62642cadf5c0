//! `slack`: the workspace, how to reach it, and as whom.

use secrecy::SecretString;
use url::Url;

use super::kinds;
use crate::limits;
use crate::yaml::{Choice, Fields, Flag, Number, Problem, Section, decimal};

/// How Slack's events come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlackMode {
    /// A WebSocket that we open: no public address needed.
    Socket,
    /// Signed requests to our public address.
    Http,
}

#[derive(Clone, Debug)]
pub struct SlackConfig {
    pub mode: SlackMode,
    /// Ends with a slash.
    pub api_url: Url,
    pub bot_token: SecretString,
    /// There in socket mode.
    pub app_token: Option<SecretString>,
    /// There in http mode.
    pub signing_secret: Option<SecretString>,
    /// The old one, while it is being replaced.
    pub signing_secret_previous: Option<SecretString>,
    /// If given, only this workspace is served.
    pub team_id: Option<String>,
    /// With its slash.
    pub command: String,
    pub aliases: Vec<String>,
    /// Socket connections that are open at the same time.
    pub connections: u64,
    pub reactions: bool,
    pub rate: SlackRate,
}

const MODES: Choice<SlackMode> = Choice(&[("socket", SlackMode::Socket), ("http", SlackMode::Http)]);

/// Slack's tokens say what they are by how they begin; docs.slack.dev/authentication/tokens.
fn token_that_begins(token: &str, wanted: &str, key: &str) -> Result<(), Problem> {
    if token.starts_with(wanted) && token.len() > wanted.len() && !token.contains(char::is_whitespace) {
        return Ok(());
    }
    let known = [
        ("xoxb-", "a bot token: it belongs into `bot_token`"),
        ("xapp-", "an app-level token: it belongs into `app_token`"),
        ("xoxp-", "a user token, which Firebell does not use"),
        ("xoxe", "a refresh or rotated token, which Firebell does not use"),
    ];
    let hint = match known.iter().find(|(start, _)| token.starts_with(start)) {
        Some((start, _)) if *start == wanted => {
            "it has blanks in it, or nothing after its beginning".to_owned()
        }
        Some((_, what)) => format!("this is {what}"),
        None => format!("in your Slack app: {key}"),
    };
    Err(Problem::new(format!("it must begin with {wanted}")).hint(hint))
}

fn bot_token(token: &str) -> Result<(), Problem> {
    token_that_begins(token, "xoxb-", "OAuth & Permissions → Bot User OAuth Token")
}

fn app_token(token: &str) -> Result<(), Problem> {
    token_that_begins(token, "xapp-", "Basic Information → App-Level Tokens, with connections:write")
}

fn signing_secret(secret: &str) -> Result<(), Problem> {
    let hint = "in your Slack app: Basic Information → Signing Secret";
    if secret.starts_with("xox") || secret.starts_with("xapp-") {
        return Err(Problem::new("it is a token, not a signing secret").hint(hint));
    }
    if secret.len() < limits::SIGNING_SECRET_MIN_BYTES {
        return Err(Problem::new("it is too short to be one").hint(hint));
    }
    Ok(())
}

impl Section for SlackConfig {
    const NAME: &'static str = "slack";
    const ABOUT: &'static str = "The Slack workspace. `firebell manifest` makes the app; `firebell doctor` looks whether all is well.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let mode = f.or(
            "mode",
            "socket: Firebell calls Slack, no public address needed. http: Slack calls Firebell.",
            &MODES,
            "socket",
        );
        let api_url = f.or(
            "api_url",
            "Another Slack: the local one, or a test double.",
            &kinds::web_url(),
            "https://slack.com/api/",
        );
        let bot = f.required_secret("bot_token", "The bot's token (xoxb-…).", bot_token);
        let app = f.secret("app_token", "The app-level token (xapp-…), needed in socket mode.", app_token);
        let signing = f.secret(
            "signing_secret",
            "What Slack signs its requests with, needed in http mode.",
            signing_secret,
        );
        let previous =
            f.secret("signing_secret_previous", "The one before, valid while you rotate it.", signing_secret);
        let team_id = f.optional("team_id", "Serve this workspace only (T…).", &kinds::team_id());
        let command = f.or("command", "The root command in Slack.", &kinds::command(), "/firebell");
        let aliases =
            f.list("aliases", "More commands that do the same, for example /incident.", &kinds::command());
        let connections = f.or(
            "connections",
            "Socket connections held at the same time, so that one may end without a gap.",
            &Number { min: 1, max: limits::SLACK_SOCKETS_MAX },
            "2",
        );
        let reactions = f.or("reactions", "👀 acknowledges and ✅ resolves.", &Flag, "false");
        let rate = f.section("rate", "How fast messages go out.");
        match mode {
            Some(SlackMode::Socket) if matches!(app, Some(None)) => {
                let hint = "`mode: socket` needs it; in your Slack app: Basic Information → App-Level Tokens";
                f.missing_secret("the key `app_token` is missing", Some(hint.to_owned()));
                return None;
            }
            Some(SlackMode::Http) if matches!(signing, Some(None)) => {
                let hint = "`mode: http` needs it; in your Slack app: Basic Information → Signing Secret";
                f.missing_secret("the key `signing_secret` is missing", Some(hint.to_owned()));
                return None;
            }
            _ => {}
        }
        let mut api_url = api_url?;
        if !api_url.path().ends_with('/') {
            api_url.set_path(&format!("{}/", api_url.path()));
        }
        Some(Self {
            mode: mode?,
            api_url,
            bot_token: bot?,
            app_token: app?,
            signing_secret: signing?,
            signing_secret_previous: previous?,
            team_id: team_id?,
            command: command?,
            aliases: aliases?,
            connections: connections?,
            reactions: reactions?,
            rate: rate?,
        })
    }
}

/// The pace of messages; docs.slack.dev/apis/web-api/rate-limits allows one per second and channel, with short bursts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlackRate {
    pub per_channel_per_s: f64,
    pub burst: u64,
    /// Messages a minute into all channels together.
    pub posts_per_minute: u64,
    /// Whether Slack's published tiers per method are kept.
    pub tiers: bool,
}

impl Section for SlackRate {
    const NAME: &'static str = "slack_rate";
    const ABOUT: &'static str = "How fast messages go out. Slack allows about one per second and channel.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let pace = f.or("per_channel_per_s", "Messages per second into one channel.", &decimal(), "1");
        let burst = f.or(
            "burst",
            "So many may go at once before the pace counts.",
            &Number { min: 1, max: 100 },
            "3",
        );
        let posts = f.or(
            "posts_per_minute",
            "Messages a minute into all channels together; Slack allows several hundred.",
            &Number { min: 1, max: 60_000 },
            "300",
        );
        let tiers = f.or(
            "tiers",
            "Keep the rates Slack publishes for its other methods; false for another Slack that has none.",
            &Flag,
            "true",
        );
        Some(Self { per_channel_per_s: pace?, burst: burst?, posts_per_minute: posts?, tiers: tiers? })
    }
}

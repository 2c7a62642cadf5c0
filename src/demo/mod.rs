//! `firebell demo`: the local Slack, the bot and its database on this machine, with a story and a panel.

mod alerts;
mod bot;
mod past;
mod play;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::clock::SharedClock;
use crate::limits::{DEMO_OUTAGE_MS, DEMO_STORM_ALERTS};
use crate::manifest::ALIASES;
use crate::random::SharedRandom;
use crate::sim::{Manifest, Panel, PanelButton, Sim, SimHandle};
use bot::Bot;

/// The token of the demo's integration for any JSON, as in examples/demo.yaml.
pub const WEBHOOK_TOKEN: &str = "demo-webhook-00000000";

/// The running demo.
pub struct Demo {
    /// What to open in a browser.
    pub url: String,
    /// Where the bot takes alerts in.
    pub intake: String,
    pub sim: Sim,
    bot: Arc<Bot>,
    slack: SimHandle,
    story: JoinHandle<()>,
}

/// What the demo is made of.
pub struct DemoParts<'a> {
    pub listen: SocketAddr,
    /// Where the bot takes alerts in; port 0 is any that is free.
    pub bot_listen: SocketAddr,
    /// Names the local Slack is reached by, beside this machine's.
    pub hosts: Vec<String>,
    /// Where the database lies.
    pub dir: &'a Path,
    pub clock: SharedClock,
    pub random: SharedRandom,
    /// Whether the scripted alerts fire by themselves.
    pub story: bool,
    /// Whether the people of a played incident take their time, so that one can follow.
    pub pauses: bool,
}

impl Demo {
    pub async fn start(parts: DemoParts<'_>) -> anyhow::Result<Self> {
        let DemoParts { listen, bot_listen, hosts, dir, clock, random, story, pauses } = parts;
        let builder = hosts.iter().fold(Sim::builder(), |builder, host| builder.host(host));
        let sim = builder
            .clock(Arc::clone(&clock))
            .workspace("Acme", "acme")
            .manifest(Manifest::from_value(crate::manifest::socket(
                "/firebell",
                &ALIASES.map(str::to_owned),
            )?))
            .tokens("xoxb-demo", "xapp-demo", "demo-signing-secret")
            .seed_demo()
            .build();
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen at {listen}: is another demo running? (--listen)"))?;
        let slack = sim.serve(listener)?;
        let database = dir.join("firebell.db");
        let bot =
            Arc::new(Bot::start(&slack.api_url(), bot_listen, &database, Arc::clone(&clock), random).await?);
        sim.set_panel(panel(&bot.intake()), hook(&sim, &bot, &clock, pauses));
        let story = tokio::spawn({
            let (bot, clock) = (Arc::clone(&bot), Arc::clone(&clock));
            async move {
                if story {
                    tell(&bot, &clock).await;
                }
            }
        });
        Ok(Self { url: slack.base_url.clone(), intake: bot.intake(), sim, bot, slack, story })
    }

    /// Ends all of it, in order.
    pub async fn stop(self) {
        self.story.abort();
        self.bot.stop().await;
        self.slack.shutdown().await;
    }
}

/// The first minute: a page, company for it, a warning, and an end.
async fn tell(bot: &Bot, clock: &SharedClock) {
    for (wait_ms, step) in alerts::STORY {
        clock.wait_ms(*wait_ms).await;
        if let Err(error) = bot.send(&step(clock.now_ms())).await {
            tracing::warn!(%error, "the story could not be told on");
            return;
        }
    }
}

fn panel(intake: &str) -> Panel {
    let button = |name: &str, label: &str, hint: &str, style: &str| PanelButton {
        name: name.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        style: style.to_owned(),
    };
    Panel {
        title: "Firebell demo".to_owned(),
        note: format!(
            "Alerts come in as Alertmanager sends them: see #oncall. Your own: POST any JSON to \
             {intake}/webhook/{WEBHOOK_TOKEN}/. Is one more than an alert? Its ⋯ declares an incident (INC-1 to INC-3 \
             are this team's past); or watch the team handle one:"
        ),
        buttons: vec![
            button("fire", "Fire an alert", "A new critical alert, in #oncall", "primary"),
            button(
                "incident",
                "Play an incident",
                "Ben declares one; watch it from its channel to the record, in half a minute",
                "primary",
            ),
            button("resolve", "Resolve all", "The sources say that it is over", ""),
            button("storm", "Storm of 500", "500 alerts in 25 groups, at once", "danger"),
            button(
                "outage",
                "Slack outage, 30 s",
                "Slack answers nothing; then look how it catches up",
                "danger",
            ),
            button("restart", "Restart the bot", "What was not sent yet is sent after it", ""),
        ],
    }
}

fn hook(sim: &Sim, bot: &Arc<Bot>, clock: &SharedClock, pauses: bool) -> crate::sim::PanelHook {
    let (sim, bot, clock) = (sim.clone(), Arc::clone(bot), Arc::clone(clock));
    let playing = Arc::new(Mutex::new(()));
    Arc::new(move |name| {
        let (sim, bot, clock) = (sim.clone(), Arc::clone(&bot), Arc::clone(&clock));
        let playing = Arc::clone(&playing);
        Box::pin(async move {
            if name == "incident" {
                return play(sim, bot, clock, playing, pauses);
            }
            let told = press(&name, &sim, &bot, clock.now_ms()).await;
            told.map_err(|error| format!("{error:#}"))
        })
    })
}

/// Begins to play an incident; one at a time.
fn play(
    sim: Sim,
    bot: Arc<Bot>,
    clock: SharedClock,
    playing: Arc<Mutex<()>>,
    pauses: bool,
) -> Result<String, String> {
    let held = playing.try_lock_owned().map_err(|_| "An incident is being played already.".to_owned())?;
    tokio::spawn(async move {
        let stage = play::Stage { sim: &sim, bot: &bot, clock: &clock, pauses };
        if let Err(error) = stage.play().await {
            tracing::warn!(error = format!("{error:#}"), "the incident could not be played to its end");
        }
        drop(held);
    });
    Ok("Checkout breaks. Watch #oncall; then this page goes on to the channel that Ben makes.".to_owned())
}

async fn press(name: &str, sim: &Sim, bot: &Bot, now_ms: i64) -> anyhow::Result<String> {
    Ok(match name {
        "fire" => {
            let (alert, body) = bot.next_alert(now_ms);
            bot.send(&body).await?;
            format!("{alert} fires: see #oncall.")
        }
        "resolve" => {
            let bodies = bot.resolve_all(now_ms);
            for body in &bodies {
                bot.send(body).await?;
            }
            format!("{} groups of alerts are over.", bodies.len())
        }
        "storm" => {
            for body in bot.storm(now_ms) {
                bot.send(&body).await?;
            }
            format!("{DEMO_STORM_ALERTS} alerts are in the database. Slack takes about one message a second.")
        }
        "outage" => {
            sim.outage(DEMO_OUTAGE_MS);
            format!("Slack is out for {} s. Fire an alert meanwhile.", DEMO_OUTAGE_MS / 1_000)
        }
        "restart" => {
            bot.restart().await?;
            "The bot has been stopped and started again.".to_owned()
        }
        other => anyhow::bail!("there is no button '{other}'"),
    })
}

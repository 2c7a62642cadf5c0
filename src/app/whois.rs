//! Who we are in Slack, and whether Slack accepts us.

use std::sync::Arc;

use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::clock::SharedClock;
use crate::engine::incident::mirror::Us;
use crate::limits::{IDENTITY_AGAIN_MS, IDENTITY_RETRY_MS};
use crate::slack::api::{ApiError, ErrorClass, SlackApi};
use crate::store::{Store, Tx, incidents};
use crate::web::SlackHealth;

/// Asks Slack who we are until it says so, and again from time to time: a revoked token shows in `/readyz`.
pub(super) struct Whois {
    pub(super) api: SlackApi,
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    pub(super) health: Arc<SlackHealth>,
    pub(super) team: watch::Sender<Option<String>>,
    pub(super) workspace_url: watch::Sender<Option<String>>,
    pub(super) us: watch::Sender<Option<Us>>,
}

impl Whois {
    /// The workspace's address, for links in messages and, from the database, in what `firebell export` writes; and the
    /// workspace, so that no other is served after a restart before Slack says who we are.
    async fn remember(&self, url: String, team: String) {
        self.workspace_url.send_if_modified(|known| known.replace(url.clone()).as_ref() != Some(&url));
        let write = move |tx: &mut dyn Tx| {
            incidents::set_workspace_url(tx, &url)?;
            incidents::set_workspace_team(tx, &team)
        };
        let kept = self.store.write(write).await;
        if let Err(error) = kept {
            warn!(%error, "the workspace's address could not be written down; exports will lack links");
        }
    }

    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut remembered = None;
        while !*stop.borrow() {
            let (known, wait_ms) = match self.api.auth_test().await {
                Ok(identity) => {
                    self.team.send_replace(Some(identity.team_id.clone()));
                    let workspace = (identity.url.clone(), identity.team_id.clone());
                    if remembered.as_ref() != Some(&workspace) {
                        self.remember(workspace.0.clone(), workspace.1.clone()).await;
                        remembered = Some(workspace);
                    }
                    let us = Us {
                        user_id: identity.user_id.clone(),
                        bot_id: identity.bot_id.clone(),
                        app_id: None,
                    };
                    self.us.send_if_modified(|known| known.replace(us.clone()).as_ref() != Some(&us));
                    (Ok(format!("{} in {}", identity.user, identity.team)), IDENTITY_AGAIN_MS)
                }
                Err(error) => (Err(why_unknown(&error)), IDENTITY_RETRY_MS),
            };
            let before = self.health.identity.send_replace(Some(known.clone()));
            if before.as_ref() != Some(&known) {
                match known {
                    Ok(who) => info!("Slack knows us as {who}"),
                    Err(why) => error!("{why}"),
                }
            }
            tokio::select! {
                () = self.clock.wait_ms(wait_ms) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

/// Says why Slack has not told who the bot is: a network that fails is mended elsewhere than a token that is refused.
fn why_unknown(error: &ApiError) -> String {
    match error {
        ApiError::NotSent { .. } => {
            format!("Slack cannot be reached (check DNS, network and proxy; it is tried again): {error}")
        }
        ApiError::RateLimited { .. } | ApiError::Uncertain { .. } | ApiError::Http { .. } => {
            format!("Slack does not answer properly (it is tried again): {error}")
        }
        _ if error.class() == ErrorClass::AuthBroken => {
            format!(
                "Slack refuses the bot token (check slack.bot_token and that the app is installed): {error}"
            )
        }
        _ => format!("Slack refuses auth.test: {error}"),
    }
}

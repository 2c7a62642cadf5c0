//! Wake-ups between replicas: LISTEN on a connection of its own, for as long as the store is open.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio_postgres::{AsyncMessage, Config};

use super::changes::Changes;
use super::postgres_tls::Tls;
use crate::clock::{Clock, SystemClock};
use crate::limits::STORE_LISTEN_RETRY_MS;

/// Listens, and again after the connection broke. What was said meanwhile is not known: everyone is woken then.
pub(super) async fn listen(
    config: Config,
    tls: Tls,
    channel: String,
    replica: String,
    changes: Arc<Changes>,
) {
    let mut said = false;
    loop {
        match listen_once(&config, &tls, &channel, &replica, &changes).await {
            Ok(()) => said = false,
            Err(error) if !said => {
                said = true;
                tracing::warn!(%error, "other replicas cannot be heard; trying again every second");
            }
            Err(_) => {}
        }
        // Real time, whatever clock the program runs on: it is about the server coming back.
        SystemClock.wait_ms(STORE_LISTEN_RETRY_MS).await;
    }
}

/// Until the connection breaks; `Ok` if it listened before that.
async fn listen_once(
    config: &Config,
    tls: &Tls,
    channel: &str,
    replica: &str,
    changes: &Changes,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(tls.clone()).await?;
    let messages = stream::poll_fn(move |cx| connection.poll_message(cx));
    let mut messages = std::pin::pin!(messages);
    let sql = format!("LISTEN \"{}\"", channel.replace('"', "\"\""));
    let mut begin = std::pin::pin!(client.batch_execute(&sql));
    let mut listening = false;
    loop {
        tokio::select! {
            begun = &mut begin, if !listening => {
                begun?;
                listening = true;
                changes.ring_all();
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(note))) => {
                    if let Some((from, topic)) = note.payload().split_once(' ') && from != replica {
                        changes.ring(topic);
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) if !listening => return Err(error),
                Some(Err(_)) | None => return Ok(()),
            },
        }
    }
}

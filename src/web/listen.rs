//! The connections: how many at once, and how long one may keep us waiting for a request.
//!
//! Who opens connections and says nothing must not take the place of those with alerts, nor the files (sockets are
//! files) that the database and the calls to Slack need.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use crate::clock::SharedClock;
use crate::limits::{
    HTTP_ACCEPT_AGAIN_MS, HTTP_CONNECTIONS_MAX, HTTP_FILES_KEPT, HTTP_FULL_TOLD_EVERY_MS, HTTP_HEADERS_WITHIN,
};
use crate::metrics::Metrics;

/// How patient the server is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Connections served at once; who comes later waits in the system's queue.
    pub(super) connections: usize,
    /// How long a connection may take for the head of its next request.
    pub(super) headers_within: Duration,
}

impl Patience {
    /// As many connections as the process may have open files for, less those it needs itself.
    pub(super) fn of_this_process() -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let spare = files.saturating_sub(HTTP_FILES_KEPT).max(files / 4).max(1);
        Self { connections: spare.min(HTTP_CONNECTIONS_MAX), headers_within: HTTP_HEADERS_WITHIN }
    }
}

/// Serves until `stop` completes, then finishes what is in hand.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    (metrics, clock): (Metrics, SharedClock),
    stop: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(patience.connections));
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut full_told_ms = None;
    tokio::pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        if places.available_permits() == 0 {
            metrics.connections("waited");
            let now_ms = clock.now_ms();
            if full_told_ms.is_none_or(|told: i64| now_ms.abs_diff(told) >= HTTP_FULL_TOLD_EVERY_MS) {
                full_told_ms = Some(now_ms);
                let connections = patience.connections;
                warn!(connections, "all HTTP connections are taken; who comes now waits until one is free");
            }
        }
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, place)) => {
                let one = one(stream, router.clone(), patience, stopped.clone(), metrics.clone());
                connections.spawn(async move {
                    one.await;
                    drop(place);
                });
            }
            // The one who called is gone; the next may be fine.
            Err(error) if is_the_callers(error.kind()) => {}
            Err(error) => {
                metrics.connections("not_accepted");
                warn!(%error, "a connection cannot be accepted; trying again");
                tokio::select! {
                    () = clock.wait_ms(HTTP_ACCEPT_AGAIN_MS) => {}
                    () = &mut stop => break,
                }
            }
        }
    }
    drop(listener);
    stopping.send_replace(true);
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    // It is never closed.
    let place = Arc::clone(places).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

fn is_the_callers(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

/// One connection, from its first request to its last.
async fn one(
    stream: TcpStream,
    router: Router,
    patience: Patience,
    mut stopped: watch::Receiver<bool>,
    metrics: Metrics,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY could not be set");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.headers_within)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                match ended {
                    Err(error) if error.is_timeout() => metrics.connections("idle_closed"),
                    Err(error) => debug!(%error, "a connection broke"),
                    Ok(()) => {}
                }
                return;
            }
            _ = stopped.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::clock::SystemClock;

    async fn started(patience: Patience) -> (std::net::SocketAddr, Metrics, watch::Sender<bool>, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = Metrics::default();
        let (stop, mut stopped) = watch::channel(false);
        let router = Router::new().route("/", get(async || "here\n"));
        let parts: (Metrics, SharedClock) = (metrics.clone(), Arc::new(SystemClock));
        let mut server = JoinSet::new();
        server.spawn(async move {
            serve(listener, router, patience, parts, async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            })
            .await;
        });
        (address, metrics, stop, server)
    }

    /// More silent connections than there are places, and a sender behind them: it is served when they were shown out.
    #[tokio::test]
    async fn silent_connections_are_shown_out() {
        let patience = Patience { connections: 4, headers_within: Duration::from_millis(50) };
        let (address, metrics, stop, mut server) = started(patience).await;
        let mut silent = Vec::new();
        for nth in 0..6 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            if nth % 2 == 0 {
                stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
            }
            silent.push(stream);
        }
        let mut sender = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        sender.write_all(request).await.unwrap();
        let mut answer = String::new();
        sender.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here\n"), "{answer}");
        let text = metrics.render();
        for line in ["outcome=\"idle_closed\"}", "outcome=\"waited\"}"] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        stop.send_replace(true);
        server.join_next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_stop_ends_idle_connections_at_once() {
        let patience = Patience { connections: 4, headers_within: Duration::from_secs(600) };
        let (address, _, stop, mut server) = started(patience).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = [0_u8; 12];
        idle.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        stop.send_replace(true);
        server.join_next().await.unwrap().unwrap();
    }

    #[test]
    fn some_files_are_kept_for_ourselves() {
        let patience = Patience::of_this_process();
        assert!((1..=HTTP_CONNECTIONS_MAX).contains(&patience.connections), "{patience:?}");
    }
}

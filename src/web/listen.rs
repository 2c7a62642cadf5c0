//! The connections: how many at once, and how long one may keep us waiting for a request.
//!
//! Who opens connections and says nothing must not take the place of those with alerts, nor the files (sockets are
//! files) that the database and the calls to Slack need.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};
use tower::ServiceExt as _;
use tracing::{debug, warn};

use crate::clock::{SharedClock, Stopwatch};
use crate::limits::{
    HTTP_ACCEPT_AGAIN_MS, HTTP_CONNECTIONS_MAX, HTTP_FILES_KEPT, HTTP_FULL_TOLD_EVERY_MS, HTTP_HEAD_BYTES,
    HTTP_HEADERS_WITHIN,
};
use crate::metrics::Metrics;

/// How patient the server is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Connections at once; when there are more, the one that was silent for longest has to go.
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
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut seats = Seats::default();
    let mut full_told_ms = None;
    tokio::pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= patience.connections {
            let now_ms = clock.now_ms();
            if full_told_ms.is_none_or(|told: i64| now_ms.abs_diff(told) >= HTTP_FULL_TOLD_EVERY_MS) {
                full_told_ms = Some(now_ms);
                let connections = connections.len();
                warn!(
                    connections,
                    "all HTTP connections are taken; those that say nothing make room for others"
                );
            }
        }
        let full = connections.len() >= patience.connections;
        let accepted = tokio::select! {
            accepted = listener.accept(), if !full || seats.any_idle() => accepted,
            // Everybody is being served: the next one waits for the first who is done, or is silent.
            _ = connections.join_next(), if full => continue,
            () = seats.silent.notified(), if full => continue,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => {
                if full && seats.show_one_out() {
                    metrics.connections("idle_closed");
                }
                let seat = Arc::new(Seat::new(&seats.silent));
                let one = one(stream, router.clone(), patience, Arc::clone(&seat), stopped.clone());
                let metrics = metrics.clone();
                let task = connections.spawn(async move {
                    if one.await == End::Idle {
                        metrics.connections("idle_closed");
                    }
                });
                seats.take(seat, task, patience.connections);
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

/// Whether a connection has a request in hand, and since when it has none.
struct Seat {
    requests: AtomicUsize,
    idle_since: Mutex<Stopwatch>,
    /// Rings when a request of any connection is done.
    silent: Arc<Notify>,
}

impl Seat {
    fn new(silent: &Arc<Notify>) -> Self {
        let idle_since = Mutex::new(Stopwatch::start());
        Self { requests: AtomicUsize::new(0), idle_since, silent: Arc::clone(silent) }
    }

    /// How long it has had no request in hand.
    fn idle(&self) -> Option<Duration> {
        (self.requests.load(Ordering::SeqCst) == 0).then(|| self.since().elapsed())
    }

    fn since(&self) -> MutexGuard<'_, Stopwatch> {
        self.idle_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in hand.
struct InHand(Arc<Seat>);

impl InHand {
    fn new(seat: &Arc<Seat>) -> Self {
        seat.requests.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(seat))
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        *self.0.since() = Stopwatch::start();
        self.0.requests.fetch_sub(1, Ordering::SeqCst);
        self.0.silent.notify_one();
    }
}

/// All connections.
#[derive(Default)]
struct Seats {
    taken: Vec<(Arc<Seat>, AbortHandle)>,
    silent: Arc<Notify>,
}

impl Seats {
    fn take(&mut self, seat: Arc<Seat>, task: AbortHandle, most: usize) {
        if self.taken.len() >= most {
            self.taken.retain(|(_, task)| !task.is_finished());
        }
        self.taken.push((seat, task));
    }

    fn any_idle(&self) -> bool {
        self.taken.iter().any(|(seat, task)| !task.is_finished() && seat.idle().is_some())
    }

    /// Ends the connection that has said nothing for the longest time.
    fn show_one_out(&mut self) -> bool {
        let idle = self.taken.iter().enumerate().filter(|(_, (_, task))| !task.is_finished());
        let longest = idle.filter_map(|(nth, (seat, _))| Some((seat.idle()?, nth))).max();
        let Some((_, nth)) = longest else { return false };
        let (_, task) = self.taken.swap_remove(nth);
        task.abort();
        true
    }
}

fn is_the_callers(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
enum End {
    /// It kept us waiting for too long.
    Idle,
    Other,
}

/// One connection, from its first request to its last.
async fn one(
    stream: TcpStream,
    router: Router,
    patience: Patience,
    seat: Arc<Seat>,
    mut stopped: watch::Receiver<bool>,
) -> End {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let in_hand = InHand::new(&seat);
        let answer = router.clone().oneshot(request);
        async move {
            let answer = answer.await;
            drop(in_hand);
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.headers_within)
        .max_buf_size(HTTP_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => return match ended {
                Err(error) if error.is_timeout() => End::Idle,
                Err(error) => {
                    debug!(%error, "a connection broke");
                    End::Other
                }
                Ok(()) => End::Other,
            },
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

    async fn started(
        patience: Patience,
    ) -> (std::net::SocketAddr, Metrics, watch::Sender<bool>, JoinSet<()>) {
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

    async fn ask(address: std::net::SocketAddr) -> String {
        let mut sender = TcpStream::connect(address).await.unwrap();
        sender.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        sender.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn silent(address: std::net::SocketAddr, count: usize) -> Vec<TcpStream> {
        let mut streams = Vec::new();
        for nth in 0..count {
            let mut stream = TcpStream::connect(address).await.unwrap();
            if nth % 2 == 0 {
                stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
            }
            streams.push(stream);
        }
        streams
    }

    #[tokio::test]
    async fn silent_connections_make_room() {
        let patience = Patience { connections: 4, headers_within: Duration::from_secs(600) };
        let (address, metrics, stop, mut server) = started(patience).await;
        let silent = silent(address, 20).await;
        let answer = ask(address).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here\n"), "{answer}");
        let text = metrics.render();
        assert!(text.contains("firebell_http_connections_total{outcome=\"idle_closed\"} 17"), "{text}");
        drop(silent);
        stop.send_replace(true);
        server.join_next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn silent_connections_are_shown_out_in_time() {
        let patience = Patience { connections: 4, headers_within: Duration::from_millis(50) };
        let (address, metrics, stop, mut server) = started(patience).await;
        for mut stream in silent(address, 3).await {
            let mut rest = Vec::new();
            // The end, or a reset: both are an end.
            let _ = stream.read_to_end(&mut rest).await;
        }
        let text = metrics.render();
        assert!(text.contains("outcome=\"idle_closed\"} 3"), "{text}");
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

    #[tokio::test]
    async fn a_head_without_end_is_refused() {
        let patience = Patience { connections: 4, headers_within: Duration::from_secs(600) };
        let (address, _, stop, mut server) = started(patience).await;
        let mut sender = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}", "x".repeat(HTTP_HEAD_BYTES));
        sender.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0_u8; 12];
        sender.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 431");
        drop(sender);
        stop.send_replace(true);
        server.join_next().await.unwrap().unwrap();
    }

    #[test]
    fn some_files_are_kept_for_ourselves() {
        let patience = Patience::of_this_process();
        assert!((1..=HTTP_CONNECTIONS_MAX).contains(&patience.connections), "{patience:?}");
    }
}

//! The load: keep-alive connections that post one request after the other.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use firebell::clock::Stopwatch;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, request: Vec::new(), answer: Vec::new() }
    }

    /// Posts JSON; the status.
    pub(crate) async fn post(&mut self, path: &str, body: &[u8]) -> io::Result<u16> {
        self.request.clear();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(body);
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some(end) = find(&self.answer, b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.answer[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            if self.answer.len() >= end + 4 + length {
                let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
                return status.ok_or_else(|| io::ErrorKind::InvalidData.into());
            }
        }
    }
}

pub(crate) fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// What came of it.
pub(crate) struct Run {
    pub(crate) took: Duration,
    /// Sorted.
    pub(crate) times_us: Vec<u32>,
    pub(crate) refused: usize,
}

impl Run {
    pub(crate) fn percentile_ms(&self, part: f64) -> f64 {
        let at = ((self.times_us.len() - 1) as f64 * part).round() as usize;
        f64::from(self.times_us[at]) / 1e3
    }
}

/// Posts the bodies round and round for a while.
pub(crate) async fn run(
    address: SocketAddr,
    path: &'static str,
    bodies: &[Vec<u8>],
    connections: usize,
    span: Duration,
) -> Run {
    let bodies = Arc::new(bodies.to_vec());
    let watch = Stopwatch::start();
    let mut tasks = tokio::task::JoinSet::new();
    for first in 0..connections {
        let bodies = Arc::clone(&bodies);
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await;
            let (mut times_us, mut refused) = (Vec::new(), 0);
            let mut next = first * bodies.len() / connections;
            while watch.elapsed() < span {
                let one = Stopwatch::start();
                let status = connection.post(path, &bodies[next % bodies.len()]).await.unwrap();
                times_us.push(u32::try_from(one.elapsed().as_micros()).unwrap());
                refused += usize::from(status >= 300);
                next += 1;
            }
            (times_us, refused)
        });
    }
    let (mut times_us, mut refused) = (Vec::new(), 0);
    for (times, no) in tasks.join_all().await {
        times_us.extend(times);
        refused += no;
    }
    times_us.sort_unstable();
    Run { took: watch.elapsed(), times_us, refused }
}

/// Posts each body once.
pub(crate) async fn once(address: SocketAddr, path: &'static str, bodies: &[Vec<u8>], connections: usize) {
    let (bodies, next) = (Arc::new(bodies.to_vec()), Arc::new(AtomicUsize::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (bodies, next) = (Arc::clone(&bodies), Arc::clone(&next));
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await;
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                assert!(connection.post(path, body).await.unwrap() < 300);
            }
        });
    }
    tasks.join_all().await;
}

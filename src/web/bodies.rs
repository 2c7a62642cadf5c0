//! The bodies in memory: how many bytes of them at once, and where the large ones are read.
//!
//! Connections are many, and each may bring a body of megabytes, which takes several times as much while it is read.
//! So a body that is not small waits, unread, until there is room for it; and those that take long to read are read
//! one after the other by one thread, whose memory the allocator can give back as a whole.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tracing::error;

use crate::limits::{BODY_READ_INLINE_BYTES, BODY_ROOM_WITHIN, BODY_SMALL_BYTES};

/// Room for bodies, in KiB.
#[derive(Clone, Debug)]
pub(super) struct Room {
    free: Arc<Semaphore>,
    all: u32,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        let all = kib(bytes);
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Waits for so much of it, or for all of it if it has less.
    async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.free).acquire_many_owned(kib(bytes).min(self.all)).await.ok()
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1_024)).unwrap_or(u32::MAX)
}

/// The rooms that a body needs, by its length: those of everyday length do not wait for the large ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rooms<'r> {
    pub(super) medium: &'r [&'r Room],
    pub(super) large: &'r [&'r Room],
}

impl<'r> Rooms<'r> {
    fn of(self, bytes: usize) -> &'r [&'r Room] {
        if bytes > BODY_READ_INLINE_BYTES { self.large } else { self.medium }
    }
}

/// A body that was read, and the room it takes until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    pub(super) room: Vec<OwnedSemaphorePermit>,
}

/// Why there is no body.
#[derive(Debug)]
pub(super) enum Unread {
    TooLarge,
    BrokeOff(axum::Error),
    /// Others' bodies took all the room for too long.
    NoRoom,
}

/// Reads a body of at most `limit` bytes as soon as all the `rooms` have room for it; small ones never wait.
pub(super) async fn read(body: Body, limit: usize, rooms: Rooms<'_>) -> Result<Held, Unread> {
    read_within(body, limit, rooms, BODY_ROOM_WITHIN).await
}

async fn read_within(body: Body, limit: usize, rooms: Rooms<'_>, patience: Duration) -> Result<Held, Unread> {
    let declared = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    // What is too long is not kept, but read so far that its sender hears the answer.
    let kept = declared.is_none_or(|bytes| bytes <= limit);
    let mut room = Vec::new();
    if let Some(bytes) = declared.filter(|bytes| kept && *bytes > BODY_SMALL_BYTES) {
        room = take_room(rooms.of(bytes), bytes, patience).await?;
    }
    let mut bytes = Vec::with_capacity(declared.filter(|_| kept).unwrap_or(0));
    let mut chunks = body.into_data_stream();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(Unread::BrokeOff)?;
        length += chunk.len();
        if length > limit {
            return Err(Unread::TooLarge);
        }
        // A sender that does not say how much it will be may send all that it may.
        if kept && length > BODY_SMALL_BYTES && room.is_empty() {
            room = take_room(rooms.of(limit), limit, patience).await?;
        }
        if kept {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(Held { bytes, room })
}

async fn take_room(
    rooms: &[&Room],
    bytes: usize,
    patience: Duration,
) -> Result<Vec<OwnedSemaphorePermit>, Unread> {
    let taking = async {
        let mut taken = Vec::with_capacity(rooms.len());
        for room in rooms {
            taken.extend(room.take(bytes).await);
        }
        taken
    };
    timeout(patience, taking).await.map_err(|_| Unread::NoRoom)
}

type Job = Box<dyn FnOnce() + Send>;

/// The thread that reads large bodies, one after the other.
#[derive(Debug)]
pub(super) struct Reader(Sender<Job>);

impl Reader {
    /// Starts the thread; it ends with this.
    pub(super) fn start() -> io::Result<Self> {
        let (jobs, queue) = channel::<Job>();
        thread::Builder::new().name("large-bodies".to_owned()).spawn(move || {
            for job in queue {
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    error!("a bug: reading a large body panicked");
                }
            }
        })?;
        Ok(Self(jobs))
    }

    /// Runs `job` there. Nothing if it panicked.
    pub(super) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            // Whoever asked may be gone.
            let _ = answer.send(job());
        };
        self.0.send(Box::new(job)).ok()?;
        answered.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn chunked(chunks: usize) -> Body {
        let chunks = (0..chunks).map(|_| Ok::<_, io::Error>(vec![b'x'; 1_024]));
        Body::from_stream(futures_util::stream::iter(chunks))
    }

    fn only<'r>(room: &'r [&'r Room]) -> Rooms<'r> {
        Rooms { medium: room, large: room }
    }

    #[tokio::test]
    async fn a_body_takes_its_room_until_it_is_dropped() {
        let room = Room::new(2 * MIB);
        let first = read(Body::from(vec![b'x'; MIB]), 10 * MIB, only(&[&room])).await.unwrap();
        assert_eq!((first.bytes.len(), room.free.available_permits()), (MIB, 1_024));
        drop(first);
        assert_eq!(room.free.available_permits(), 2_048);
    }

    #[tokio::test]
    async fn what_has_no_room_waits_and_is_refused_at_last() {
        let (room, other, medium) = (Room::new(MIB), Room::new(MIB), Room::new(MIB));
        let rooms = Rooms { medium: &[&medium], large: &[&room, &other] };
        let held = read(Body::from(vec![b'x'; MIB]), 10 * MIB, rooms).await.unwrap();
        for long in [chunked(200), Body::from(vec![b'x'; MIB])] {
            let refused = read_within(long, 10 * MIB, rooms, Duration::ZERO).await;
            assert!(matches!(refused, Err(Unread::NoRoom)));
        }
        assert!(read(Body::from("small"), 10 * MIB, rooms).await.is_ok(), "small ones never wait");
        assert!(read(chunked(8), 10 * MIB, rooms).await.is_ok(), "nor do those of unknown length");
        let usual = read(Body::from(vec![b'x'; 45 * 1_024]), 10 * MIB, rooms).await.unwrap();
        assert_eq!(medium.free.available_permits(), 1_024 - 45, "nor for the large ones do the usual");
        drop((held, usual));
        let whole = read(chunked(200), 10 * MIB, rooms).await.unwrap();
        assert_eq!((whole.bytes.len(), room.free.available_permits()), (200 * 1_024, 0));
    }

    #[tokio::test]
    async fn what_is_too_long_takes_no_room() {
        let room = Room::new(MIB);
        let refused = read(Body::from(vec![b'x'; 9_000]), 8_000, only(&[&room])).await;
        assert!(matches!(refused, Err(Unread::TooLarge)));
        assert!(matches!(read(chunked(40), 32 * 1_024, only(&[&room])).await, Err(Unread::TooLarge)));
        assert_eq!(room.free.available_permits(), 1_024);
    }

    #[tokio::test]
    async fn a_panic_ends_one_job_only() {
        let reader = Reader::start().unwrap();
        assert_eq!(reader.run(|| -> u8 { panic!("as a bug would") }).await, None);
        assert_eq!(reader.run(|| 7).await, Some(7));
    }
}

//! Keeps one place filled with a connection, opening the next before the last is gone.

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::link::{Link, News, Trouble, open};
use super::status::{ProblemKind, SocketProblem, count};
use super::{Shared, raised};

/// Runs until `stop` is raised, and then until every connection is closed.
pub(super) async fn keep_open(shared: Shared, mut stop: watch::Receiver<bool>) {
    let mut links = JoinSet::new();
    let mut backoff = Backoff::default();
    // Raised to tell the connection that was there before that its successor is ready.
    let mut retire_last: Option<watch::Sender<bool>> = None;
    loop {
        shared.status.send_modify(|status| status.opening += 1);
        let opened = tokio::select! {
            opened = open(&shared) => Some(opened),
            () = raised(&mut stop) => None,
        };
        shared.status.send_modify(|status| status.opening = status.opening.saturating_sub(1));
        let Some(opened) = opened else { break };
        let wait_ms = match opened {
            Err(trouble) => {
                count(&shared.counters.failed);
                report(&shared, &trouble);
                backoff.failed(trouble.kind, trouble.wait_ms, shared.random.as_ref())
            }
            Ok(socket) => {
                let opened_ms = shared.clock.now_ms();
                count(&shared.counters.opened);
                shared.status.send_modify(|status| status.opened(opened_ms));
                let (retire, retired) = watch::channel(false);
                let (news_sender, mut news) = mpsc::channel(2);
                let link = Link::new(shared.clone(), socket, news_sender);
                links.spawn(link.run(retired, stop.clone()));
                if let Some(last) = retire_last.take() {
                    last.send_replace(true);
                }
                let news = tokio::select! {
                    news = news.recv() => news,
                    () = raised(&mut stop) => break,
                };
                let trouble = match news {
                    Some(News::Replace(trouble)) => {
                        retire_last = Some(retire);
                        trouble
                    }
                    Some(News::Ended(trouble)) => trouble,
                    None => Trouble::new(
                        ProblemKind::Protocol,
                        "a connection ended without a word: this is a bug",
                    ),
                };
                report(&shared, &trouble);
                let lived_ms = shared.clock.now_ms().saturating_sub(opened_ms);
                backoff.ended(trouble.kind, lived_ms, shared.random.as_ref())
            }
        };
        while links.try_join_next().is_some() {}
        let wait_ms = i64::try_from(wait_ms).unwrap_or(i64::MAX);
        tokio::select! {
            () = shared.clock.wait_ms(wait_ms) => {}
            () = raised(&mut stop) => break,
        }
    }
    drop(retire_last);
    while links.join_next().await.is_some() {}
}

fn report(shared: &Shared, trouble: &Trouble) {
    if trouble.kind == ProblemKind::Refresh {
        tracing::debug!(reason = trouble.text, "a Socket Mode connection is replaced");
        return;
    }
    tracing::warn!(kind = trouble.kind.name(), problem = trouble.text, "Socket Mode has trouble");
    let problem =
        SocketProblem { kind: trouble.kind, text: trouble.text.clone(), at_ms: shared.clock.now_ms() };
    shared.status.send_modify(|status| status.last_problem = Some(problem));
}

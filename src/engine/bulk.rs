//! One thing that is done to several alert groups: a bounded number in one transaction, the rest when the next is due.

use serde::{Deserialize, Serialize};

use super::deeds::{self, By, Done};
use super::{Work, say};
use crate::domain::actor::{Actor, Via};
use crate::domain::bulk::{Deed, Left, Report};
use crate::domain::rights::Denied;
use crate::domain::say::{Say, Urgency};
use crate::domain::time::Timestamp;
use crate::limits::{BULK_AT_ONCE, BULK_LEFT_SHOWN};
use crate::store::{StoreError, due};

/// The due row of what is left to do; its subject is a key of its own.
pub(super) const BULK: &str = "bulk";

/// What is wished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub what: Deed,
    /// The groups by their ids, in the order in which it is done.
    pub groups: Vec<i64>,
    pub user: String,
    pub via: Via,
    /// What fixed it, or why.
    pub words: String,
    /// Of a silence; none: until it is lifted.
    pub until: Option<Timestamp>,
    /// Where the last word goes, if it takes longer than one transaction; none: to the person directly.
    pub url: Option<String>,
}

/// Begins, and mostly ends: what is left goes on by itself.
pub fn start(work: &mut Work<'_>, job: Job) -> Result<Result<Report, Denied>, StoreError> {
    let report = Report::new(job.what, count(job.groups.len()));
    go_on(work, job, report)
}

/// The next ones are due.
pub(super) fn due(work: &mut Work<'_>, data: &str) -> Result<(), StoreError> {
    let Ok((job, report)) = serde_json::from_str::<(Job, Report)>(data) else {
        work.tally.add("due_unknown", 1);
        return Ok(());
    };
    let (url, user) = (job.url.clone(), job.user.clone());
    match go_on(work, job, report)? {
        Ok(report) if report.pending == 0 => {
            say::say(work, &Say::BulkReport { url, user, report }, Urgency::Answer)
        }
        _ => Ok(()),
    }
}

fn go_on(
    work: &mut Work<'_>,
    mut job: Job,
    mut report: Report,
) -> Result<Result<Report, Denied>, StoreError> {
    let by = By { actor: Actor::Person(job.user.clone()), via: job.via };
    let rest = job.groups.split_off(job.groups.len().min(BULK_AT_ONCE));
    for id in std::mem::replace(&mut job.groups, rest) {
        report.pending = report.pending.saturating_sub(1);
        match one(work, &job, id, &by)? {
            Done::Yes(_) => {
                report.done += 1;
                let keeps = matches!(job.what, Deed::Resolve) || job.words.is_empty();
                if !keeps && !matches!(deeds::add_note(work, id, &by, &job.words)?, Done::Yes(_)) {
                    report.words_lost += 1;
                }
            }
            Done::No(group, refusal) => {
                report.refused += 1;
                if report.left.len() < BULK_LEFT_SHOWN {
                    report.left.push(Left { number: group.number, why: refusal.to_string() });
                }
            }
            Done::Denied(why) => return Ok(Err(why)),
            Done::Unknown => report.refused += 1,
        }
    }
    work.tally.add("bulk_done", u64::from(report.done));
    report.pending = count(job.groups.len());
    if !job.groups.is_empty() {
        let key = work.random.uuid(work.now.as_ms()).to_string();
        let data = serde_json::to_string(&(&job, &report))
            .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        due::set(work.tx, BULK, &key, work.now, &data)?;
    }
    Ok(Ok(report))
}

fn one(work: &mut Work<'_>, job: &Job, id: i64, by: &By) -> Result<Done, StoreError> {
    match job.what {
        Deed::Ack => deeds::acknowledge(work, id, by),
        Deed::Unack => deeds::unacknowledge(work, id, by),
        Deed::Resolve => {
            let note = Some(job.words.clone()).filter(|words| !words.is_empty());
            deeds::resolve(work, id, by, note)
        }
        Deed::Unresolve => deeds::unresolve(work, id, by),
        Deed::Silence => deeds::silence(work, id, by, job.until),
        Deed::Unsilence => deeds::unsilence(work, id, by),
    }
}

fn count(groups: usize) -> u32 {
    u32::try_from(groups).unwrap_or(u32::MAX)
}

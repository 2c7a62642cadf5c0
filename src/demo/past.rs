//! What this team has been through before: a new incident shows what looks alike and what fixed it.

use std::time::Duration;

use crate::domain::actor::{Actor, Via};
use crate::domain::incident::Summary;
use crate::domain::label::Labels;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::engine::deeds::By;
use crate::engine::incident::{self, Declared, Wish};
use crate::random::Random;
use crate::store::{StoreError, Tx, incidents, outbox};

struct Past {
    days_ago: u64,
    lasted_minutes: u64,
    title: &'static str,
    severity: &'static str,
    alert: &'static str,
    happened: &'static str,
    cause: &'static str,
    fix: &'static str,
}

/// More rows than they make.
const PAST_ROWS_MAX: i64 = 1_000;

const PAST: &[Past] = &[
    Past {
        days_ago: 41,
        lasted_minutes: 95,
        title: "Payments fail: the provider answers 502",
        severity: "SEV2",
        alert: "PaymentsErrorRate",
        happened: "Every tenth payment failed for an hour and a half",
        cause: "The provider lost a data centre",
        fix: "Routed EU cards to the second provider until the first one was back",
    },
    Past {
        days_ago: 12,
        lasted_minutes: 38,
        title: "Half of the checkouts fail in the EU",
        severity: "SEV1",
        alert: "CheckoutErrors",
        happened: "Half of the checkouts in eu-1 failed after a deploy",
        cause: "A migration held a lock on the orders table",
        fix: "Cancelled the migration and rolled the deploy back",
    },
    Past {
        days_ago: 5,
        lasted_minutes: 210,
        title: "Mails go out hours late",
        severity: "SEV3",
        alert: "QueueGrows",
        happened: "182,000 mails waited in the queue",
        cause: "Workers kept a dead connection to the queue",
        fix: "Restarted the workers; they now drop a connection that is silent for a minute",
    },
];

/// Written once, into an empty database. Nothing is said of them: their channels are long archived.
pub(super) fn write(
    tx: &mut dyn Tx,
    rules: &Rules,
    now: Timestamp,
    random: &dyn Random,
) -> Result<(), StoreError> {
    if incidents::count(tx)? > 0 {
        return Ok(());
    }
    for past in PAST {
        let began = now - Duration::from_secs(past.days_ago * 24 * 3_600);
        let by = By { actor: Actor::Firebell, via: Via::Timer };
        let mut labels = Labels::new();
        labels.insert("alertname", past.alert);
        let wish = Wish {
            title: past.title.to_owned(),
            severity: Some(past.severity.to_owned()),
            labels,
            ..Wish::default()
        };
        let mut work = Work::new(tx, rules, began, random);
        let Declared::New(declared) = incident::declare(&mut work, wish, &by)? else { continue };
        work.now = began + Duration::from_secs(past.lasted_minutes * 60);
        let summary = Summary {
            happened: past.happened.to_owned(),
            cause: past.cause.to_owned(),
            fix: past.fix.to_owned(),
        };
        incident::resolve(&mut work, declared.id, &by, summary)?;
    }
    // The database was empty, so all of these are about them.
    for row in outbox::list(tx, PAST_ROWS_MAX)? {
        outbox::remove(tx, row.id)?;
    }
    Ok(())
}

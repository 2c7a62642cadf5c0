//! `firebell outbox`

use anyhow::bail;
use secrecy::ExposeSecret as _;

use super::{ConfigArgs, Context, Exit, UsageError};
use crate::config::Need;
use crate::domain::time::Timestamp;
use crate::limits::OUTBOX_LISTED_MAX;
use crate::store::outbox::{self, OutboxRow};
use crate::store::{Store, StoreError, StoreOptions};

/// Show messages that wait, are unclear or were given up, and send those again that were given up
#[derive(clap::Args)]
#[command(after_help = "\
Works on the database of the config, also while the bot runs.

Examples:
  firebell outbox list
  firebell outbox retry 1207
  firebell outbox retry --all-dead      after the channel was made, the bot invited, the token mended")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// What waits, what may or may not have arrived, and what was given up, with the reason
    List {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Send messages again that were given up; each says what is true when it is sent
    Retry {
        #[command(flatten)]
        config: ConfigArgs,

        /// The messages' numbers, as `firebell outbox list` shows them
        #[arg(value_name = "ID", required_unless_present = "all_dead")]
        ids: Vec<i64>,

        /// All that were given up
        #[arg(long, conflicts_with = "ids")]
        all_dead: bool,
    },
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        match self.what {
            What::List { config } => {
                let Some(options) = options(cx, &config)? else { return Ok(Exit::Wrong) };
                list(cx, StoreOptions { read_only: true, ..options })
            }
            What::Retry { config, ids, all_dead } => {
                let Some(options) = options(cx, &config)? else { return Ok(Exit::Wrong) };
                retry(cx, StoreOptions { beside: true, ..options }, if all_dead { None } else { Some(ids) })
            }
        }
    }
}

fn options(cx: &mut Context<'_>, config: &ConfigArgs) -> anyhow::Result<Option<StoreOptions>> {
    let config = match cx.load(config, Need::Rules)?.into_result() {
        Ok((config, _)) => config,
        Err(report) => {
            writeln!(cx.err, "{}\n{}", report.render(cx.err_style), report.summary())?;
            return Ok(None);
        }
    };
    if config.store.url.expose_secret().is_empty() {
        bail!("store.url is not known: set the variable it is taken from");
    }
    let url = config.store.url.expose_secret();
    Ok(Some(StoreOptions { readers: 1, clock: cx.clock.clone(), ..StoreOptions::new(url) }))
}

fn list(cx: &mut Context<'_>, options: StoreOptions) -> anyhow::Result<Exit> {
    let (counts, rows) = cx.block_on(async {
        let store = Store::open(options).await?;
        let read = store
            .read(|tx| Ok::<_, StoreError>((outbox::counts(tx)?, outbox::list(tx, OUTBOX_LISTED_MAX)?)))
            .await;
        store.close().await;
        Ok::<_, anyhow::Error>(read?)
    })??;
    let cells: Vec<[String; 5]> = rows.iter().map(cells).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    for [id, state, since, what, reason] in &cells {
        let line = format!(
            "{id:>0$}  {state:<1$}  {since:<2$}  {what:<3$}  {reason}",
            widths[0], widths[1], widths[2], widths[3]
        );
        writeln!(cx.out, "{}", line.trim_end())?;
    }
    let count = |states: &[&str]| -> i64 {
        counts.iter().filter(|(state, _)| states.contains(&state.as_str())).map(|(_, count)| count).sum()
    };
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let (waiting, dead) = (count(&["waiting"]), count(&["dead"]));
    let unclear = count(&["sending", "uncertain"]);
    writeln!(cx.out, "{waiting} waiting, {unclear} on their way or unclear, {dead} given up")?;
    let left_out = all - i64::try_from(rows.len()).unwrap_or(all);
    if left_out > 0 {
        writeln!(cx.out, "{left_out} more are not shown")?;
    }
    Ok(Exit::Fine)
}

fn cells(row: &OutboxRow) -> [String; 5] {
    let state = match row.state.as_str() {
        "dead" => "given up",
        "uncertain" => "unclear",
        other => other,
    };
    let what = format!("{} {}", row.method, row.merge_key.as_deref().unwrap_or(&row.lane));
    let reason = row.error.as_deref().unwrap_or_default().replace(char::is_control, " ");
    [row.id.to_string(), state.to_owned(), row.created.to_string(), what, reason]
}

fn retry(cx: &mut Context<'_>, options: StoreOptions, ids: Option<Vec<i64>>) -> anyhow::Result<Exit> {
    let now = Timestamp::from_ms(cx.clock.now_ms());
    let asked = ids.as_ref().map_or(0, Vec::len);
    let revived = cx.block_on(async {
        let store = Store::open(options).await?;
        let written = store
            .write(move |tx| {
                let ids = match &ids {
                    Some(ids) => ids.clone(),
                    None => outbox::dead(tx, i64::MAX)?.into_iter().map(|row| row.id).collect(),
                };
                let mut missing = Vec::new();
                let mut revived = 0_usize;
                for id in ids {
                    match outbox::revive(tx, id, now)? {
                        true => revived += 1,
                        false => missing.push(id),
                    }
                }
                tx.wake("outbox");
                Ok::<_, StoreError>((revived, missing))
            })
            .await;
        store.close().await;
        Ok::<_, anyhow::Error>(written?)
    })?;
    let (revived, missing) = revived?;
    if revived > 0 || asked == 0 {
        writeln!(cx.out, "{revived} to be sent again; a running bot does it within seconds")?;
    }
    if !missing.is_empty() && asked > 0 {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let hint = "`firebell outbox list` shows the numbers of those that were given up";
        return Err(UsageError(format!("not given up: {}; {hint}", missing.join(", "))).into());
    }
    Ok(Exit::Fine)
}

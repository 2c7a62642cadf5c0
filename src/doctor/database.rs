//! Whether the database can be opened and written, has room, and what waits in it.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::Checks;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::files;
use crate::limits::{DOCTOR_DEAD_SHOWN, DOCTOR_DISK_FULL_BYTES, DOCTOR_DISK_LOW_BYTES};
use crate::store::outbox::OutboxRow;
use crate::store::{OpenError, Store, StoreError, StoreOptions, in_use_by, inbox, outbox};

pub(super) async fn examine(config: &Config, clock: &SharedClock, checks: &mut Checks) {
    if config.store.url.expose_secret().is_empty() {
        return checks.wrong("database", "store.url is not known", &["set the variable it is taken from"]);
    }
    let path = config.store.sqlite_path();
    if let Some(path) = &path {
        free_disk(path, checks);
        if !path.exists() {
            return not_yet(path, checks);
        }
        writable(path, checks);
        private(path, checks);
    }
    let options = StoreOptions {
        read_only: true,
        readers: 1,
        clock: clock.clone(),
        ..StoreOptions::new(config.store.url.expose_secret())
    };
    let shown = config.store.shown_url();
    match Store::open(options).await {
        Ok(store) => {
            let size = path.as_deref().map(|path| format!(", {}", size(on_disk(path)))).unwrap_or_default();
            checks.good("database", format!("{shown} answers{size}"));
            if let Err(error) = rows(&store, checks).await {
                checks.wrong("outbox", format!("cannot be read: {error}"), &[]);
            }
            store.close().await;
        }
        Err(error @ OpenError::Older { .. }) => {
            let mend = ["`firebell serve` brings it up to date; on SQLite it makes a copy first"];
            checks.doubtful("database", error.to_string(), &mend);
        }
        // These say how to mend it themselves.
        Err(error) => checks.wrong("database", error.to_string(), &[]),
    }
}

/// The file and what is not yet moved into it.
fn on_disk(path: &Path) -> u64 {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let len = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
    len(path) + len(Path::new(&wal))
}

/// It is made at the first start, if it can be; or it is gone under a bot that runs.
fn not_yet(path: &Path, checks: &mut Checks) {
    if let Some(process) = in_use_by(path) {
        let by = process.map(|pid| format!(" (process {pid})")).unwrap_or_default();
        let found = format!("{} is gone while Firebell runs{by}: nothing is taken in", path.display());
        let mend =
            ["put the file back where it was, with its -wal", "or restore a backup, and restart Firebell"];
        return checks.wrong("database", found, &mend);
    }
    let folder = folder(path);
    if !folder.is_dir() {
        let found = format!("the folder {} does not exist", folder.display());
        let mend = format!("mkdir -p {}", folder.display());
        return checks.wrong("database", found, &[&mend]);
    }
    match may_write(&folder) {
        true => checks.good("database", format!("{} is made at the first start", path.display())),
        false => denied("database", &folder, checks),
    }
}

/// SQLite writes beside its file, too.
fn writable(path: &Path, checks: &mut Checks) {
    let folder = folder(path);
    match (may_write(path), may_write(&folder)) {
        (true, true) => {}
        (false, _) => denied("database file", path, checks),
        (true, false) => denied("database folder", &folder, checks),
    }
}

/// What is said in private channels lies in it.
fn private(path: &Path, checks: &mut Checks) {
    if let Some(mode) = files::open_to_everybody(path) {
        let found = format!("everybody on this machine may use {} (mode {mode:o})", path.display());
        let mend = [
            &*format!("chmod 600 {}", path.display()),
            "`firebell serve` does it at its next start, if the file is its user's",
        ];
        checks.doubtful("database file", found, &mend);
    }
    let folder = folder(path);
    if files::open_to_everybody(&folder).is_some_and(|mode| mode & 0o1002 == 0o002) {
        let found = format!("everybody on this machine may put files into {}", folder.display());
        checks.doubtful("database folder", found, &[&*format!("chmod o-w {}", folder.display())]);
    }
}

fn denied(what: &str, path: &Path, checks: &mut Checks) {
    let found = format!("this user may not write {}", path.display());
    checks.wrong(
        what,
        found,
        &["give the user Firebell runs as the right to write there, or run doctor as that user"],
    );
}

fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn free_disk(path: &Path, checks: &mut Checks) {
    // A folder that is not there is told elsewhere.
    let Ok(disk) = rustix::fs::statvfs(folder(path)) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let found = format!("{} free beside the database", size(free));
    let mend = ["make room: a full disk takes no alerts in", "or move the database: store.url"];
    match free {
        0..DOCTOR_DISK_FULL_BYTES => checks.wrong("disk", found, &mend),
        DOCTOR_DISK_FULL_BYTES..DOCTOR_DISK_LOW_BYTES => checks.doubtful("disk", found, &mend),
        _ => checks.good("disk", found),
    }
}

/// What waits, and what was given up.
async fn rows(store: &Store, checks: &mut Checks) -> Result<(), StoreError> {
    let (states, dead, inbox) = store
        .read(|tx| {
            Ok::<_, StoreError>((
                outbox::counts(tx)?,
                outbox::dead(tx, DOCTOR_DEAD_SHOWN)?,
                inbox::count_by_state(tx)?,
            ))
        })
        .await?;
    let count = |states: &[(String, i64)], state: &str| {
        states.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| *count)
    };
    let (dead_count, waiting) = (count(&states, "dead"), states.iter().map(|(_, n)| n).sum::<i64>());
    let waiting = waiting - dead_count;
    if dead_count > 0 {
        let mend: Vec<String> = dead.iter().map(letter).collect();
        let mut mend: Vec<&str> = mend.iter().map(String::as_str).collect();
        mend.push("mend what the reasons name; a group that is open is then told of anew");
        mend.push("the others: `firebell outbox list` shows them, `firebell outbox retry` sends them again");
        checks.doubtful("outbox", format!("messages: {waiting} waiting, {dead_count} given up"), &mend);
    } else {
        checks.good("outbox", format!("messages: {waiting} waiting, none given up"));
    }
    let failed = count(&inbox, "failed");
    if failed > 0 {
        let mend = ["the log names each of them with its reason"];
        checks.doubtful(
            "inbox",
            format!("webhooks or Slack events that could not be processed and are kept: {failed}"),
            &mend,
        );
    }
    Ok(())
}

fn letter(row: &OutboxRow) -> String {
    format!("{} to {}: {}", row.method, row.destination, row.error.as_deref().unwrap_or("no reason is known"))
}

/// Bytes, as people read them.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut value = bytes as f64;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 100.0);
    format!("{value:.digits$} {}", units.get(unit).copied().unwrap_or_default())
}

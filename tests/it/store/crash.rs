//! kill -9 while many write: whatever was acknowledged is there, and nothing is there by half.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use firebell::args;
use firebell::store::{Store, StoreError, StoreOptions};

use super::engines::Db;

const CHILD: &str = "FIREBELL_TEST_CRASH_URL";

/// Not a test of its own: the process that is killed. It says each number after its write was acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let store = Store::open(StoreOptions::new(url)).await.unwrap();
    let first =
        store.read(|tx| tx.query_i64("SELECT coalesce(max(value), 0) FROM counter", args![])).await.unwrap();
    let writers: Vec<_> = (1..=8)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in (first + writer..).step_by(8) {
                    store.write(move |tx| both(tx, number)).await.unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "done {number}").and_then(|()| out.flush()).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Two rows that belong together.
fn both(tx: &mut dyn firebell::store::Tx, number: i64) -> Result<(), StoreError> {
    let name = number.to_string();
    tx.exec("INSERT INTO counter (name, value) VALUES (?1, ?2)", args![&name, number])?;
    tx.exec("INSERT INTO meta (key, value) VALUES (?1, ?2)", args![&name, &"x".repeat(300)])?;
    Ok(())
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let db = Db::sqlite();
    let mut acknowledged: Vec<i64> = Vec::new();
    // Each round goes on with the database the killed one left.
    for lines in [1, 40, 900, 7, 3_000] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::crash::child", "--nocapture", "--test-threads", "1"])
            .env(CHILD, &db.url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).split(b'\n') {
            let line = String::from_utf8(line.unwrap()).unwrap();
            let Some((_, number)) = line.split_once("done ") else { continue };
            acknowledged.push(number.parse().unwrap());
            said += 1;
            if said == lines {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(said >= lines, "the child ended early");

        let store = db.open().await;
        let (there, halves) = store
            .read(|tx| {
                let rows = tx.query("SELECT value FROM counter", args![])?;
                let there = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<i64>, _>>()?;
                let halves = "SELECT (SELECT count(*) FROM counter) - (SELECT count(*) FROM meta)
                              + (SELECT count(*) FROM counter WHERE name NOT IN (SELECT key FROM meta))";
                Ok::<_, StoreError>((there, tx.query_i64(halves, args![])?))
            })
            .await
            .unwrap();
        let there: std::collections::HashSet<i64> = there.into_iter().collect();
        let lost: Vec<_> = acknowledged.iter().filter(|number| !there.contains(number)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert_eq!(halves, 0);
        store.close().await;
    }
}

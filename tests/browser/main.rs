//! A real headless Chromium clicks through the demo, as a newcomer would. `CHROMIUM` names another browser.
//!
//! `FIREBELL_SCREENSHOTS=DIR` has the README's pictures taken into DIR besides.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare itself must fail")]

mod cdp;
mod chromium;
mod pictures;
mod story;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use firebell::clock::SystemClock;
use firebell::demo::{Demo, DemoParts};
use firebell::random::SystemRandom;
use tempfile::TempDir;

use cdp::Page;
use chromium::Chromium;

/// The whole walk on a machine that does much else. It takes some ten seconds on an idle one.
const WALK_GUARD: Duration = Duration::from_secs(180);

const END_GUARD: Duration = Duration::from_secs(10);

/// The demo without its scripted alerts: the test fires its own by the panel.
async fn demo(dir: &TempDir) -> Demo {
    Demo::start(DemoParts {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        bot_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        hosts: Vec::new(),
        dir: dir.path(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        story: false,
        pauses: false,
    })
    .await
    .unwrap()
}

fn chromium() -> Option<Chromium> {
    let found = Chromium::start();
    if found.is_none() {
        // Not by eprintln!: the words of a test that passes are kept from people.
        let loud =
            "\n!!! no Chromium: the page was NOT tested !!! (install it, or name one: CHROMIUM=PATH)\n";
        _ = writeln!(std::io::stderr(), "{loud}");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_clicks_through_the_demo() {
    let Some(chromium) = chromium() else { return };
    let dir = TempDir::new().unwrap();
    let demo = demo(&dir).await;
    let page = Page::open(&chromium.endpoint).await.unwrap();
    let walked = match tokio::time::timeout(WALK_GUARD, story::walk(&page, &demo.url)).await {
        Ok(Ok(())) => String::new(),
        Ok(Err(error)) => format!("{error:#}\n"),
        Err(_) => format!("the walk was not over after {WALK_GUARD:?}\n"),
    };
    let complaints = page.complaints();
    if !walked.is_empty() || !complaints.is_empty() {
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-failed.png");
        if let Ok(shot) = page.screenshot().await {
            std::fs::write(&picture, shot).unwrap();
        }
        // A bot that goes on would write into the folder while it is removed.
        _ = tokio::time::timeout(END_GUARD, demo.stop()).await;
        panic!("{walked}the page complained: {complaints:#?}\nhow it looked: {}", picture.display());
    }
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_for_the_readme() {
    let Some(into) = std::env::var_os("FIREBELL_SCREENSHOTS") else { return };
    let Some(chromium) = chromium() else { return };
    let dir = TempDir::new().unwrap();
    let demo = demo(&dir).await;
    let page = Page::open(&chromium.endpoint).await.unwrap();
    pictures::take(&page, &demo, Path::new(&into)).await.unwrap();
    assert!(page.complaints().is_empty(), "{:#?}", page.complaints());
    demo.stop().await;
}

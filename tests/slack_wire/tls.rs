//! The websocket's encryption: it trusts whom the platform trusts, as the HTTP calls do.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use firebell::clock::SystemClock;
use firebell::random::SeededRandom;
use firebell::slack::socket::{Ack, SocketMode, SocketOptions};
use futures_util::SinkExt as _;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::fake::{Fake, ok, soon};

/// Set for the process in which our authority is one of the platform's.
const INSIDE: &str = "FIREBELL_TEST_INSIDE";

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// The platform's roots are read once and by process, so the test proper is a process of its own.
#[test]
fn a_company_s_own_authority_is_trusted() {
    let this = std::env::current_exe().unwrap();
    let run = Command::new(this)
        .args(["--exact", "tls::inside_the_company", "--nocapture"])
        .env("SSL_CERT_FILE", fixture("ca.pem"))
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && told.contains("1 passed"),
        "{told}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

#[tokio::test]
async fn inside_the_company() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    let chain = vec![CertificateDer::from_pem_file(fixture("local.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(fixture("local.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        socket.send(json!({"type": "hello"}).to_string().into()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let fake = Fake::start(move |_, _| ok(json!({"ok": true, "url": url}))).await;
    let options = SocketOptions { connections: 1, ..SocketOptions::default() };
    let random = Arc::new(SeededRandom::new(1));
    let handler =
        Arc::new(|_| -> futures_util::future::BoxFuture<'static, Ack> { Box::pin(async { Ack::Empty }) });
    let handle = SocketMode::start(fake.api(), options, Arc::new(SystemClock), random, handler);
    let status = handle.status();
    let connected = tokio::time::timeout(std::time::Duration::from_secs(20), handle.connected()).await;
    assert!(connected.is_ok(), "{:?}", status.borrow());
    soon(handle.shutdown()).await;
}

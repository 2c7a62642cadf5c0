//! The way to a websocket: straight, or through the proxy that the calls go through, too.

use std::sync::Arc;

use hyper_util::client::proxy::matcher::Intercept;
use reqwest::Url;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

use super::link::Trouble;
use super::status::ProblemKind;
use crate::limits::SLACK_PROXY_ANSWER_BYTES;
use crate::slack::api::SlackApi;

/// What carries a websocket.
pub(super) trait Carrier: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Carrier for T {}

/// A connection to the host of a websocket's address.
pub(super) type Way = Box<dyn Carrier>;

/// Connects to the host of `url`.
pub(super) async fn to(api: &SlackApi, url: &Url) -> Result<Way, Trouble> {
    let port = url.port_or_known_default().unwrap_or(443);
    match api.proxies().on_the_way_to(url) {
        Some(proxy) => through(&proxy, url, port).await,
        None => {
            let stream = match url.host() {
                Some(Host::Domain(name)) => TcpStream::connect((name, port)).await,
                Some(Host::Ipv4(ip)) => TcpStream::connect((ip, port)).await,
                Some(Host::Ipv6(ip)) => TcpStream::connect((ip, port)).await,
                None => return Err(trouble("the websocket's address names no host")),
            };
            Ok(Box::new(no_delay(stream)?))
        }
    }
}

/// Asks a proxy for a tunnel (RFC 9110, section 9.3.6).
async fn through(proxy: &Intercept, url: &Url, port: u16) -> Result<Way, Trouble> {
    let uri = proxy.uri();
    let (host, secure) = (uri.host().unwrap_or_default(), uri.scheme_str() == Some("https"));
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(trouble("Socket Mode goes through http:// and https:// proxies only"));
    }
    let at = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, at)).await;
    let stream =
        no_delay(stream).map_err(|error| trouble(format!("the proxy {host}:{at}: {}", error.text)))?;
    let mut way: Way = if secure {
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| trouble("the proxy's name is none"))?;
        let tls = TlsConnector::from(tls_config()?).connect(name, stream).await;
        Box::new(tls.map_err(|error| trouble(format!("TLS to the proxy {host}:{at}: {error}")))?)
    } else {
        Box::new(stream)
    };
    let target = format!("{}:{port}", url.host_str().unwrap_or_default());
    let mut ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(auth) = proxy.basic_auth().and_then(|auth| auth.to_str().ok()) {
        ask.push_str(&format!("Proxy-Authorization: {auth}\r\n"));
    }
    ask.push_str("\r\n");
    let said = async {
        way.write_all(ask.as_bytes()).await?;
        way.flush().await?;
        answer(&mut way).await
    };
    let said = said.await.map_err(|error| trouble(format!("the proxy {host}:{at}: {error}")))?;
    match said.split(' ').nth(1) {
        Some(status) if status.len() == 3 && status.starts_with('2') => Ok(way),
        Some("407") => Err(trouble(format!(
            "the proxy {host}:{at} wants a user and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
        ))),
        _ => Err(trouble(format!("the proxy {host}:{at} opens no tunnel to {target}: {said}"))),
    }
}

/// The first line of the proxy's answer; the rest of its head is read and left. Slack speaks only after us, so nothing
/// of the tunnel can be in it.
async fn answer(way: &mut Way) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= SLACK_PROXY_ANSWER_BYTES {
            return Err(std::io::Error::other("its answer does not end"));
        }
        head.push(way.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    Ok(head.lines().next().unwrap_or_default().chars().take(100).collect())
}

/// Encryption as the HTTP calls have it: the roots are those of the platform, a company's own among them.
pub(super) fn tls_config() -> Result<Arc<ClientConfig>, Trouble> {
    let wrong = |error: rustls::Error| trouble(format!("TLS: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(wrong)?;
    Ok(Arc::new(builder.with_platform_verifier().map_err(wrong)?.with_no_client_auth()))
}

fn no_delay(stream: std::io::Result<TcpStream>) -> Result<TcpStream, Trouble> {
    let stream = stream.map_err(|error| trouble(error.to_string()))?;
    stream.set_nodelay(true).map_err(|error| trouble(error.to_string()))?;
    Ok(stream)
}

fn trouble(text: impl Into<String>) -> Trouble {
    Trouble::new(ProblemKind::Network, text)
}

//! TLS to PostgreSQL, with the one provider (ring), and the words of `sslmode` as libpq means them:
//! `disable`; `prefer` (the default: encrypted if the server can); `require` (encrypted, but not checked whom
//! one talks to); `verify-full` (certificate and host name checked, against `sslrootcert` or the system's roots).

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use super::OpenError;

/// The parts of the URL that concern TLS, taken out of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TlsOptions {
    pub(super) mode: SslMode,
    verify: bool,
    root_file: Option<String>,
}

impl TlsOptions {
    /// Splits `url` into what the driver understands and what is for us.
    pub(super) fn split(url: &str) -> Result<(String, Self), OpenError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut options = Self { mode: SslMode::Prefer, verify: false, root_file: None };
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
            let (key, value) = decoded.unwrap_or_default();
            match (key.as_ref(), value.as_ref()) {
                ("sslmode", "disable") => options.mode = SslMode::Disable,
                ("sslmode", "prefer") => options.mode = SslMode::Prefer,
                ("sslmode", "require") => options.mode = SslMode::Require,
                ("sslmode", "verify-full") => (options.mode, options.verify) = (SslMode::Require, true),
                ("sslmode", other) => {
                    let words =
                        format!("sslmode={other} is not known; use disable, prefer, require or verify-full");
                    return Err(OpenError::Tls(words));
                }
                ("sslrootcert", "system") => {}
                ("sslrootcert", file) => options.root_file = Some(file.to_owned()),
                _ => others.push(pair),
            }
        }
        if options.root_file.is_some() && !options.verify {
            return Err(OpenError::Tls("sslrootcert is only used with sslmode=verify-full".into()));
        }
        let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
        Ok((format!("{base}{query}"), options))
    }

    pub(super) fn connector(&self) -> Result<Tls, OpenError> {
        let provider = Arc::new(ring::default_provider());
        let wrong = |error: rustls::Error| OpenError::Tls(format!("TLS: {error}"));
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(wrong)?;
        let config = match &self.root_file {
            Some(file) => builder.with_root_certificates(roots(Path::new(file))?).with_no_client_auth(),
            None if self.verify => builder.with_platform_verifier().map_err(wrong)?.with_no_client_auth(),
            None => {
                let anyone = Arc::new(Anyone(provider));
                builder.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth()
            }
        };
        Ok(Tls(TlsConnector::from(Arc::new(config))))
    }
}

fn roots(file: &Path) -> Result<RootCertStore, OpenError> {
    let wrong = |reason: String| OpenError::Tls(format!("sslrootcert {}: {reason}", file.display()));
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
    let mut store = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() { Err(wrong("there is no certificate in it".into())) } else { Ok(store) }
}

/// `sslmode=require`: encrypted against those who listen, not against those who pretend. What libpq does.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// rustls for the driver.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

pub(super) struct TlsTo {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl<S> MakeTlsConnect<S> for Tls
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type TlsConnect = TlsTo;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<TlsTo, Self::Error> {
        Ok(TlsTo { connector: self.0.clone(), name: ServerName::try_from(domain.to_owned())? })
    }
}

impl<S> TlsConnect<S> for TlsTo
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move { self.connector.connect(self.name, stream).await.map(Encrypted) })
    }
}

pub(super) struct Encrypted<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_split() {
        let (url, tls) = TlsOptions::split("postgres://u:p@h/d?sslmode=require&connect_timeout=3").unwrap();
        assert_eq!(url, "postgres://u:p@h/d?connect_timeout=3");
        assert_eq!(tls, TlsOptions { mode: SslMode::Require, verify: false, root_file: None });
        let (url, tls) =
            TlsOptions::split("postgres://h/d?sslrootcert=%2Fetc%2Fca.pem&sslmode=verify-full").unwrap();
        assert_eq!(url, "postgres://h/d");
        let root_file = Some("/etc/ca.pem".to_owned());
        assert_eq!(tls, TlsOptions { mode: SslMode::Require, verify: true, root_file });
        for wrong in ["postgres://h/d?sslmode=allow", "postgres://h/d?sslmode=require&sslrootcert=x"] {
            assert!(TlsOptions::split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_missing_root_file_is_named() {
        let (_, tls) =
            TlsOptions::split("postgres://h/d?sslmode=verify-full&sslrootcert=nowhere.pem").unwrap();
        let error = tls.connector().err().unwrap().to_string();
        assert!(error.contains("sslrootcert nowhere.pem"), "{error}");
    }
}

//! Connections that can be cut from inside a handler: a reset is a reset, not an error page.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Cuts one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Switch(Arc<AtomicBool>);

impl Switch {
    /// The next byte written resets the connection.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, SwitchListener>> for Switch {
    fn connect_info(stream: IncomingStream<'_, SwitchListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A TCP listener whose connections have a switch.
pub(super) struct SwitchListener(pub TcpListener);

impl Listener for SwitchListener {
    type Io = SwitchStream;
    type Addr = Switch;

    async fn accept(&mut self) -> (SwitchStream, Switch) {
        let (tcp, _) = Listener::accept(&mut self.0).await;
        // Without delay: answers are small and waited for.
        let _ = tcp.set_nodelay(true);
        let switch = Switch::default();
        (SwitchStream { tcp, switch: switch.clone() }, switch)
    }

    fn local_addr(&self) -> io::Result<Switch> {
        Ok(Switch::default())
    }
}

/// A TCP stream that fails once its switch is thrown.
pub(super) struct SwitchStream {
    tcp: TcpStream,
    switch: Switch,
}

impl SwitchStream {
    fn alive(&self) -> io::Result<()> {
        if !self.switch.0.load(Ordering::SeqCst) {
            return Ok(());
        }
        // No lingering: the peer sees a reset, as when a load balancer dies.
        let _ = self.tcp.set_zero_linger();
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for SwitchStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.alive()?;
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for SwitchStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.alive()?;
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

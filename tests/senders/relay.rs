//! The address that senders know: it stays while the bot behind it is killed and started at another port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    behind: Arc<Mutex<Option<SocketAddr>>>,
    _server: Arc<Server>,
}

struct Server(JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Relay {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let behind: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
        let server = tokio::spawn({
            let behind = Arc::clone(&behind);
            async move {
                loop {
                    let Ok((mut front, _)) = listener.accept().await else { continue };
                    let to = *behind.lock().unwrap();
                    tokio::spawn(async move {
                        // Nobody there: the sender's connection is cut, as a killed process cuts it.
                        let Some(to) = to else { return };
                        let Ok(mut back) = TcpStream::connect(to).await else { return };
                        _ = tokio::io::copy_bidirectional(&mut front, &mut back).await;
                    });
                }
            }
        });
        Self { address, behind, _server: Arc::new(Server(server)) }
    }

    /// Who is behind it from now on.
    pub(crate) fn lead_to(&self, bot: Option<SocketAddr>) {
        *self.behind.lock().unwrap() = bot;
    }
}

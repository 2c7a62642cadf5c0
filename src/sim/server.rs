//! The HTTP side: Web API, Socket Mode link, response URLs, uploads, faults, and the page.

mod listen;
mod routes;

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::core::{Sim, lock};
use super::delivery;

/// A simulator that is being served. Dropping it leaves the server running; [`SimHandle::shutdown`] ends it.
pub struct SimHandle {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    pub address: SocketAddr,
    sim: Sim,
    server: JoinHandle<()>,
}

impl SimHandle {
    /// What a client takes as its base: `http://127.0.0.1:PORT/api/`.
    pub fn api_url(&self) -> String {
        format!("{}/api/", self.base_url)
    }

    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// Ends every connection and the server.
    pub async fn shutdown(self) {
        self.sim.0.shutdown.send_replace(true);
        self.sim.drop_sockets();
        self.server.abort();
        // Aborted is what we asked for.
        let _ = self.server.await;
    }
}

impl Sim {
    /// Serves on a listener: `/api/…`, `/link`, `/response/…`, `/upload/…`, `/sim/faults`, and the page at `/`.
    pub fn serve(&self, listener: TcpListener) -> io::Result<SimHandle> {
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        self.set_up(|state| state.base_url.clone_from(&base_url));
        self.0.shutdown.send_replace(false);
        if let Some(queue) = lock(&self.0.outgoing_queue).take() {
            tokio::spawn(delivery::run(self.clone(), queue));
        }
        let service = routes::router(self.clone()).into_make_service_with_connect_info::<listen::Switch>();
        let server = tokio::spawn(async move {
            // The listener only fails with the process.
            let _ = axum::serve(listen::SwitchListener(listener), service).await;
        });
        Ok(SimHandle { base_url, address, sim: self.clone(), server })
    }
}

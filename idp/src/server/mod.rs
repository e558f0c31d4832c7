//! Serving: the listeners, the timers beside them, and going away without cutting anybody off.

mod connection;
mod patient;
mod room;
mod tls;

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::app::App;
use crate::base::network::Network;
use crate::config::Config;
use crate::jobs;
use crate::router::router;
use crate::server::connection::Serving;
use crate::server::room::{Place, Room};
use crate::server::tls::Tls;
use crate::web::peer;

pub use crate::server::tls::BadPair;

/// Where is listened: plainly, for a proxy, and with TLS where there is a certificate.
pub struct Listeners {
    plain: TcpListener,
    tls: Option<(TcpListener, Arc<Tls>)>,
}

/// Why nobody can be listened to.
#[derive(Debug, thiserror::Error)]
pub enum NotListening {
    /// The address is taken, or not ours.
    #[error("can't listen at {bind}: {error}")]
    Bind {
        /// Which.
        bind: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The certificate can't be used.
    #[error(transparent)]
    Pair(#[from] BadPair),
}

impl Listeners {
    /// Begins to listen where the settings say.
    pub async fn bind(config: &Config) -> Result<Self, NotListening> {
        let listen = async |bind| TcpListener::bind(bind).await.map_err(|error| NotListening::Bind { bind, error });
        let tls = match &config.tls {
            Some(settings) => {
                let tls = Tls::load(settings).await?;
                Some((listen(settings.bind).await?, Arc::new(tls)))
            }
            None => None,
        };
        Ok(Self { plain: listen(config.http.bind).await?, tls })
    }

    /// This listener alone, without TLS.
    pub const fn plain(listener: TcpListener) -> Self {
        Self { plain: listener, tls: None }
    }

    /// The next connection on either, and with what it is encrypted.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, Option<&Arc<Tls>>)> {
        let Some((listener, tls)) = &self.tls else {
            let (stream, from) = self.plain.accept().await?;
            return Ok((stream, from, None));
        };
        tokio::select! {
            accepted = self.plain.accept() => accepted.map(|(stream, from)| (stream, from, None)),
            accepted = listener.accept() => accepted.map(|(stream, from)| (stream, from, Some(tls))),
        }
    }

    /// Takes over changes of the certificate, if there is one.
    async fn follow_files(tls: Option<Arc<Tls>>) {
        if let Some(tls) = tls {
            tls.follow_files().await;
        }
    }
}

/// Serves until `stop` is done; then takes no new connection, lets requests in flight finish for at most `http.drain`, and returns.
pub async fn serve(app: App, listeners: Listeners, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let timers = tokio::spawn(jobs::run(app.clone()));
    let follows_files = tokio::spawn(Listeners::follow_files(listeners.tls.as_ref().map(|(_, tls)| Arc::clone(tls))));
    let http = &app.config().http;
    let room = Room::new(http.connections, http.connections_per_network);
    let (tell, stopping) = watch::channel(false);
    let serving = Serving { router: router(app.clone()), limits: http.clone(), stopping };
    let mut stop = pin!(stop);
    loop {
        let (stream, from, tls, place) = tokio::select! {
            () = &mut stop => break,
            entered = next(&app, &listeners, &room) => entered,
        };
        let (serving, tls) = (serving.clone(), tls.map(|tls| tls.current()));
        tokio::spawn(async move {
            match tls {
                Some(tls) => connection::serve_tls(stream, tls, from, serving).await,
                None => connection::serve(stream, from, serving).await,
            }
            drop(place);
        });
    }
    tracing::info!("going away: finishing what is in flight");
    drop(listeners);
    app.drain();
    // Nobody may be listening any more.
    let _ = tell.send(true);
    // Each connection holds one; when all are gone, so are the connections.
    drop(serving);
    if tokio::time::timeout(http.drain, tell.closed()).await.is_err() {
        tracing::warn!("some requests took longer than http.drain and are cut off");
    }
    timers.abort();
    follows_files.abort();
    Ok(())
}

/// The next connection for which there is room.
async fn next<'l>(app: &App, listeners: &'l Listeners, room: &Room) -> (TcpStream, SocketAddr, Option<&'l Arc<Tls>>, Place) {
    loop {
        let Some(one_of_all) = room.for_one_more().await else { return std::future::pending().await };
        let (stream, from, tls) = match listeners.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // One that ended before we took it is no trouble; without file descriptors there is none to take until some are given back.
                if !matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused) {
                    tracing::error!(%error, "no connection can be taken");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                continue;
            }
        };
        let speaks_for_others = peer::is_trusted(from.ip(), &app.config().http.trusted_proxies);
        let network = (!speaks_for_others).then(|| Network::of(from.ip()));
        if let Some(place) = room.place(one_of_all, network) {
            // What we answer is written at once and whole; waiting for more would only cost time.
            let _ = stream.set_nodelay(true);
            return (stream, from, tls, place);
        }
    }
}
/// Done when the operating system asks this process to end.
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("signals can't be heard: this process must be killed to end it");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

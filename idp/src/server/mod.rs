//! Serving: the listener, the timers beside it, and going away without cutting anybody off.

mod connection;
mod patient;
mod room;

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::app::App;
use crate::base::network::Network;
use crate::jobs;
use crate::router::router;
use crate::server::room::{Place, Room};
use crate::web::peer;

/// Serves until `stop` is done; then takes no new connection, lets requests in flight finish for at most `http.drain`, and returns.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let timers = tokio::spawn(jobs::run(app.clone()));
    let http = &app.config().http;
    let room = Room::new(http.connections, http.connections_per_network);
    let provider = router(app.clone());
    let (tell, stopping) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let (stream, from, place) = tokio::select! {
            () = &mut stop => break,
            entered = next(&app, &listener, &room) => entered,
        };
        let serving = connection::serve(stream, from, provider.clone(), http.clone(), stopping.clone());
        tokio::spawn(async move {
            serving.await;
            drop(place);
        });
    }
    tracing::info!("going away: finishing what is in flight");
    drop(listener);
    app.drain();
    // Nobody may be listening any more.
    let _ = tell.send(true);
    // Each connection holds one; when all are gone, so are the connections.
    drop(stopping);
    if tokio::time::timeout(http.drain, tell.closed()).await.is_err() {
        tracing::warn!("some requests took longer than http.drain and are cut off");
    }
    timers.abort();
    Ok(())
}

/// The next connection for which there is room.
async fn next(app: &App, listener: &TcpListener, room: &Room) -> (TcpStream, SocketAddr, Place) {
    loop {
        let Some(one_of_all) = room.for_one_more().await else { return std::future::pending().await };
        let (stream, from) = match listener.accept().await {
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
            return (stream, from, place);
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

//! Serving: the listener, the timers beside it, and going away without cutting anybody off.

use std::future::{Future, IntoFuture as _};
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::jobs;
use crate::router::router;

/// Serves until `stop` is done; then takes no new connection, lets requests in flight finish for at most `http.drain`, and returns.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let drain = app.config().http.drain;
    let timers = tokio::spawn(jobs::run(app.clone()));
    let (told, mut stopping) = watch::channel(false);
    let going = app.clone();
    let stopped = async move {
        stop.await;
        tracing::info!("going away: finishing what is in flight");
        going.drain();
        let _ = told.send(true);
    };
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopped).into_future();
    let patience = async move {
        // An error means that the sender is gone, and with it the server.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(drain).await;
    };
    let outcome = tokio::select! {
        outcome = serving => outcome,
        () = patience => {
            tracing::warn!("some requests took longer than http.drain and are cut off");
            Ok(())
        }
    };
    timers.abort();
    outcome
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

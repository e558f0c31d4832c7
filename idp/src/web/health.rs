//! Is this node alive, and does it want requests? Two answers for load balancers, without a word about what is inside.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use crate::app::App;

/// `/healthz` and `/readyz`.
pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// The process answers; asks nothing of the database, whose failure no restart would mend.
async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers in the epoch this node knows, and the node is not going away.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "going away\n");
    }
    match app.look().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    }
}

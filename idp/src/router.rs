//! Every URL of the provider, on one page, and the layers around it.
//!
//! What is served from memory stands outside the layers but one: discovery, keys and health cost nothing but the gate and the answer.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::web::{assets, browser, edge, gate, health};
use crate::{account, login, oidc};

/// The provider as a service.
pub fn router(app: App) -> Router {
    // Pages know the browser that asks: what we seal is bound to it.
    let pages = Router::new().merge(login::routes()).merge(account::routes()).merge(oidc::routes());
    let pages = pages.layer(from_fn_with_state(app.clone(), browser::recognise));

    let inside = pages
        .merge(oidc::api())
        .merge(oidc::registration(&app))
        .route("/assets/{hash}/{name}", get(assets::get))
        .fallback(edge::nowhere)
        .layer(CatchPanicLayer::custom(edge::on_panic))
        .layer(from_fn_with_state(app.clone(), edge::out_of_time))
        .layer(from_fn_with_state(app.clone(), edge::edge));

    let everything = inside.merge(oidc::documents(&app)).merge(health::routes());
    let at_the_root = account::well_known(&app);
    let everything = match app.config().issuer.path() {
        "" => everything.merge(at_the_root),
        path => Router::new().nest(path, everything).merge(oidc::metadata_before_path(&app)).merge(at_the_root),
    };
    everything.layer(from_fn_with_state(app.clone(), gate::gate)).with_state(app)
}

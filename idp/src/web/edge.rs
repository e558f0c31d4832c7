//! The edge of the house, around every page and endpoint: a request id, one line in the log, words for what failed.
//!
//! The log names the route and never the address: addresses carry sealed requests and link secrets.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tracing::Instrument as _;

use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::web::answer::{self, Asker, Failure, Refusal};
use crate::web::form;
use crate::web::peer::Peer;
use crate::web::preferences::Preferences;
use crate::web::request_id::RequestId;

/// The layer around everything that is not served from memory.
pub async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::random();
    request.extensions_mut().insert(id.clone());
    let preferences = Preferences::default();
    request.extensions_mut().insert(preferences.clone());
    let route = request.extensions().get::<MatchedPath>().map_or("(no route)", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let asked = request.headers().clone();
    let Peer(network) = request.extensions().get::<Peer>().copied().unwrap_or_default();
    let span = tracing::info_span!("request", id = id.as_str(), %network, %method, route);
    async {
        let mut response = within_size(&app, request, next).await;
        let failure = response.extensions_mut().remove::<Failure>();
        if let Some(Failure(error)) = &failure {
            answer::log_cause(error);
        }
        if let Some(code) = failure.as_ref().map(|Failure(error)| error.code).or_else(|| unspoken(&response)) {
            let status = response.status();
            let wait = answer::retry_after(response.headers()).filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
            let reader = Asker { headers: &asked, preferences: &preferences, id: &id };
            let mut in_words = answer::in_words(&app, Refusal { code, status, wait }, reader);
            // What the refusal said in headers (Retry-After, Allow, cookies) still holds.
            let kept = response.headers().iter().filter(|(name, _)| !matches!(name.as_str(), "content-type" | "content-length"));
            for (name, value) in kept {
                in_words.headers_mut().append(name.clone(), value.clone());
            }
            response = in_words;
        }
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), millis, "answered");
        response
    }
    .instrument(span)
    .await
}

/// A body that says that it is too large is not read by anybody.
async fn within_size(app: &App, request: Request, next: Next) -> Response {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|length| length > app.config().http.body_limit) {
        // Whoever sends it too slowly is cut off.
        let _ = tokio::time::timeout(app.config().http.request_timeout, form::discard(request.into_body())).await;
        return AppError::new(Kind::TooLarge, "too_large").into_response();
    }
    next.run(request).await
}

/// A status of failure that the framework answered by itself, without words for people.
fn unspoken(response: &Response) -> Option<&'static str> {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let spoke = response.headers().get(CONTENT_TYPE).is_some_and(|value| !value.as_bytes().starts_with(b"text/plain"));
    (failed && !spoke).then(|| answer::code_of(status))
}

/// What a panic in a handler becomes: our fault, said like any other.
pub fn on_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    // The panic hook has logged where; what it said may quote a request, and goes nowhere.
    AppError::new(Kind::Internal, "internal").because("a handler panicked").into_response()
}

/// What a request that took too long becomes.
pub async fn out_of_time(State(app): State<App>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.config().http.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            AppError::new(Kind::Unavailable(std::time::Duration::from_secs(5)), "unavailable").because("the request took too long").into_response()
        }
    }
}

/// The page for addresses that are none of ours.
pub async fn nowhere() -> StatusCode {
    StatusCode::NOT_FOUND
}

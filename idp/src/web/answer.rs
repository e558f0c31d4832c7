//! How a refusal becomes an answer: a page for people, a problem document (RFC 9457) for scripts. The words are translated, the cause
//! goes to the log once, with the request id that the answer shows.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::adapters::templates::Locale;
use crate::adapters::templates::pages::{ErrorPage, WayOut};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::web::page::Pages;
use crate::web::request_id::RequestId;

/// A refusal on its way out; the edge turns it into words, because only the edge knows who asked and in what language.
#[derive(Clone, Debug)]
pub struct Failure(pub Arc<AppError>);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = status(self.kind).into_response();
        if let Kind::TooMany(wait) | Kind::Unavailable(wait) = self.kind {
            // Whole seconds, rounded up, so that coming back at that moment is not too early.
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)));
        }
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

/// The HTTP status of a kind of failure.
pub const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Gone => StatusCode::GONE,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The stable name of a status that the framework answered by itself.
pub fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "unavailable",
        status if status.is_server_error() => "internal",
        _ => "invalid_request",
    }
}

/// A problem document.
#[derive(Debug, Serialize)]
struct Problem<'p> {
    #[serde(rename = "type")]
    kind: &'static str,
    status: u16,
    code: &'p str,
    title: String,
    detail: String,
    request_id: &'p str,
}

/// Whether whoever asks is a script.
pub fn wants_json(asked: &HeaderMap) -> bool {
    let begins = |name, with: &str| asked.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with(with));
    begins(CONTENT_TYPE, "application/json") || begins(ACCEPT, "application/json")
}

/// Words for a failure known by `code`, for whoever asked: a script or a person.
pub fn in_words(app: &App, code: &str, status: StatusCode, headers: &HeaderMap, wants_json: bool, id: &RequestId) -> Response {
    let locale = app.templates().negotiate(headers.get(http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()));
    if wants_json { problem(app, code, status, &locale, id) } else { page(app, code, status, &locale, id) }
}

fn problem(app: &App, code: &str, status: StatusCode, locale: &Locale, id: &RequestId) -> Response {
    let words = |id: String| app.templates().translate(locale, &id, &[]);
    let (title, detail) = (words(format!("error-{code}")), words(format!("error-{code}.detail")));
    let problem = Problem { kind: "about:blank", status: status.as_u16(), code, title, detail, request_id: id.as_str() };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

fn page(app: &App, code: &str, status: StatusCode, locale: &Locale, id: &RequestId) -> Response {
    let way = WayOut { url: app.config().issuer.join("/account"), label: "way-account" };
    let own = ErrorPage { code: code.to_owned(), status: status.as_u16(), ways_out: vec![way], detail: None };
    match Pages::new(app.clone(), locale.clone(), id.clone()).show(own) {
        Ok(mut response) => {
            *response.status_mut() = status;
            response
        }
        Err(error) => {
            tracing::error!(%error, "the error page can't be shown");
            (status, "Something went wrong, and so did the page that should say so.").into_response()
        }
    }
}

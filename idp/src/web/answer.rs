//! How a refusal becomes an answer: a page for people, a problem document (RFC 9457) for scripts. The words are translated, the cause
//! goes to the log once, with the request id that the answer shows.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::actions::passkey_policy;
use crate::adapters::templates::Locale;
use crate::adapters::templates::pages::{ErrorPage, Wait, WayOut};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::web::page::Pages;
use crate::web::preferences::Preferences;
use crate::web::request_id::RequestId;

/// A refusal on its way out; the edge turns it into words, because only the edge knows who asked and in what language.
#[derive(Clone, Debug)]
pub struct Failure(pub Arc<AppError>);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = status(self.kind).into_response();
        set_retry_after(&mut response, self.kind);
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

fn set_retry_after(response: &mut Response, kind: Kind) {
    if let Kind::TooMany(wait) | Kind::Unavailable(wait) = kind {
        // Whole seconds, rounded up, so that coming back at that moment is not too early.
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)));
    }
}

/// How long an answer says to wait.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// The cause, once: for the log and nobody else.
pub fn log_cause(error: &AppError) {
    match error.kind {
        Kind::Internal => tracing::error!(%error, "failed"),
        Kind::Unavailable(_) => tracing::warn!(%error, "unavailable"),
        _ => tracing::info!(%error, "refused"),
    }
}

/// The page on which something was refused, shown again: it says why itself, and keeps what can be kept of what was typed. The answer has
/// the refusal's status, and its cause reaches the log.
pub fn on_its_page(error: &AppError, mut page: Response) -> Response {
    log_cause(error);
    *page.status_mut() = status(error.kind);
    set_retry_after(&mut page, error.kind);
    page
}

/// How long to wait, as a page says it.
pub fn wait(error: &AppError) -> Option<Wait> {
    match error.kind {
        Kind::TooMany(wait) => Some(Wait::of(wait)),
        _ => None,
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

/// What is to be said.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The code of the `AppError`.
    pub code: &'a str,
    /// The status of the answer.
    pub status: StatusCode,
    /// When to come back, where that is known.
    pub wait: Option<Duration>,
}

/// To whom.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The headers of the request.
    pub headers: &'a HeaderMap,
    /// How they want pages to be.
    pub preferences: &'a Preferences,
    /// The id of the request.
    pub id: &'a RequestId,
}

/// Words for a refusal, for whoever asked: a script or a person.
pub fn in_words(app: &App, refusal: Refusal<'_>, asker: Asker<'_>) -> Response {
    let Refusal { code, status, wait } = refusal;
    let Asker { headers, preferences, id } = asker;
    let wait = wait.map(Wait::of);
    if wants_json(headers) {
        problem(app, code, status, wait, &preferences.locale(app, headers), id)
    } else {
        page(app, code, status, wait, &Pages::new(app.clone(), headers.clone(), preferences.clone(), id.clone()))
    }
}

fn problem(app: &App, code: &str, status: StatusCode, wait: Option<Wait>, locale: &Locale, id: &RequestId) -> Response {
    let title = app.templates().translate(locale, &format!("error-{code}"), &[]);
    let mut detail = detail(app, code, locale);
    if let Some(wait) = wait {
        detail = format!("{detail} {}", app.templates().translate_count(locale, &wait.message(), wait.count));
    }
    let problem = Problem { kind: "about:blank", status: status.as_u16(), code, title, detail, request_id: id.as_str() };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// What to do about it. A passkey of a kind that isn't taken is refused with the kinds that are.
fn detail(app: &App, code: &str, locale: &Locale) -> String {
    let words = |attribute: &str, names: &str| app.templates().translate(locale, &format!("error-{code}.{attribute}"), &[("names", names)]);
    let mut said = vec![words("detail", "")];
    if code == "passkey_not_allowed" {
        said.extend(passkey_policy::taken(&app.config().passkeys).iter().map(|(attribute, names)| words(attribute, names)));
    }
    said.join(" ")
}

fn page(app: &App, code: &str, status: StatusCode, wait: Option<Wait>, pages: &Pages) -> Response {
    let way = WayOut { url: app.config().issuer.join("/account"), label: "way-account" };
    let own = ErrorPage { code: code.to_owned(), status: status.as_u16(), ways_out: vec![way], detail: None, wait };
    match pages.show(own) {
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

//! How a refusal becomes the answer of an endpoint for programs: JSON in the words of OAuth (RFC 6749 §5.2), never kept, its cause in the
//! log once.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::actions::client_authentication::NotAuthenticated;
use crate::base::error::{AppError, Kind};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::store::StoreError;
use crate::web::answer::status;

/// When to come back after a failure that passes by itself.
const SOON: Duration = Duration::from_secs(2);

/// A refusal on its way to a program.
#[derive(Debug)]
pub struct Refused {
    error: OAuthError,
    status: StatusCode,
    wait: Option<Duration>,
    challenge: Option<HeaderValue>,
}

impl Refused {
    /// The same with a `WWW-Authenticate` header (RFC 6750 §3, RFC 7235 §4.1).
    #[must_use]
    pub fn challenging(mut self, challenge: HeaderValue) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// The same with another status than the code's own.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// What is refused.
    pub const fn code(&self) -> ErrorCode {
        self.error.code()
    }

    /// What is said about it.
    pub fn description(&self) -> &str {
        self.error.description()
    }
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let wait = (error.code() == ErrorCode::TemporarilyUnavailable).then_some(SOON);
        Self { error, status, wait, challenge: None }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        OAuthError::from(error).into()
    }
}

impl From<NotAuthenticated> for Refused {
    fn from(why: NotAuthenticated) -> Self {
        match why {
            NotAuthenticated::Refused(error) => error.into(),
            NotAuthenticated::TooMany(wait) => {
                let error = OAuthError::invalid_client("too many wrong secrets; come back later");
                Self { error, status: StatusCode::TOO_MANY_REQUESTS, wait: Some(wait), challenge: None }
            }
        }
    }
}

/// A body that can't be read: what pages say in words, in the words of OAuth.
impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        let (status, wait) = match error.kind {
            Kind::TooMany(wait) | Kind::Unavailable(wait) => (status(error.kind), Some(wait)),
            kind => (status(kind), None),
        };
        let error = match error.kind {
            Kind::TooMany(_) | Kind::Unavailable(_) => OAuthError::temporarily_unavailable("try again shortly").because(error),
            Kind::Internal => OAuthError::server_error("something went wrong here").because(error),
            Kind::TooLarge => OAuthError::invalid_request("the request is too large").because(error),
            Kind::UnsupportedMediaType => OAuthError::invalid_request("the body must be application/x-www-form-urlencoded").because(error),
            _ => OAuthError::invalid_request("the request can't be read").because(error),
        };
        Self { error, status, wait, challenge: None }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self.error.code() {
            ErrorCode::ServerError => tracing::error!(error = %self.error, "failed"),
            ErrorCode::TemporarilyUnavailable => tracing::warn!(error = %self.error, "unavailable"),
            _ => tracing::info!(error = %self.error, "refused"),
        }
        let mut response = json(self.status, &self.error);
        if let Some(wait) = self.wait {
            // Whole seconds, rounded up, so that coming back at that moment is not too early.
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)));
        }
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// An answer that is kept nowhere (A-TOK-01).
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => {
            let mut response = (status, body).into_response();
            no_store(response.headers_mut());
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(error) => AppError::internal(error).into_response(),
    }
}

/// RFC 6749 §5.1: both headers, the older one for what is older.
pub fn no_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

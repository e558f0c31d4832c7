//! Bodies of pages' forms and scripts' calls. The CSRF check is inside, so that it can't be forgotten.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::protocol::params::Params;
use crate::web::browser::Browser;
use crate::web::csrf::{self, Expected};
use crate::web::session::ActsFor;

/// The fields of a form that a page of ours showed to this browser.
#[derive(Debug)]
pub struct Form(pub Params);

impl Form {
    /// The field `name`, empty if it was left empty.
    pub fn field(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_default()
    }
}

impl FromRequest<App> for Form {
    type Rejection = AppError;

    async fn from_request(request: Request, app: &App) -> Result<Self, AppError> {
        let (mut parts, body) = request.into_parts();
        let browser = Browser::from_request_parts(&mut parts, app).await?;
        require_content_type(&parts.headers, "application/x-www-form-urlencoded")?;
        let body = read_body(body, app).await?;
        let refused = |error| AppError::new(Kind::Invalid, "invalid_request").because(error);
        let params = Params::parse_form(&body).map_err(refused)?;
        params.refuse_repeated().map_err(refused)?;
        check_token(app, &parts, &browser, params.get("csrf"))?;
        Ok(Self(params))
    }
}

/// Where the handler acts for a signed-in person, the page must have been shown to them: whoever they are was extracted before the body.
fn check_token(app: &App, parts: &Parts, browser: &Browser, token: Option<&str>) -> Result<(), AppError> {
    let person = parts.extensions.get::<ActsFor>().map(|ActsFor(person)| *person);
    let own_origin = app.config().issuer.origin();
    csrf::check(&app.view().rings.sealer, Expected { browser, person, own_origin: &own_origin }, &parts.headers, token)
}

/// A JSON call from a script of ours on a page in this browser.
#[derive(Debug)]
pub struct JsonCall<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for JsonCall<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, app: &App) -> Result<Self, AppError> {
        let (mut parts, body) = request.into_parts();
        let browser = Browser::from_request_parts(&mut parts, app).await?;
        require_content_type(&parts.headers, "application/json")?;
        let token = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
        check_token(app, &parts, &browser, token)?;
        let body = read_body(body, app).await?;
        // The parser's words would quote what was sent; its place is enough for the log.
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            AppError::new(Kind::Invalid, "invalid_request").because(format!("no such JSON: line {} column {}", error.line(), error.column()))
        })
    }
}

/// How much of a body that is too large is still taken in and thrown away: whoever is cut off while sending never reads the answer.
const DISCARDED: usize = 16 * 1024 * 1024;

/// Reads a body up to the limit of the configuration.
pub async fn read_body(mut body: Body, app: &App) -> Result<Bytes, AppError> {
    let limit = app.config().http.body_limit;
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| AppError::new(Kind::Invalid, "invalid_request").because(error))?;
        let Ok(data) = frame.into_data() else { continue };
        if read.len().saturating_add(data.len()) > limit {
            discard(body).await;
            return Err(AppError::new(Kind::TooLarge, "too_large"));
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

/// Takes the rest of a body in, up to a bound, and throws it away.
pub async fn discard(mut body: Body) {
    let mut discarded = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        discarded = discarded.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if discarded > DISCARDED {
            return;
        }
    }
}

/// Refuses a body of another type than `wanted`; parameters such as `charset` may follow it.
pub fn require_content_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), AppError> {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(AppError::new(Kind::UnsupportedMediaType, "unsupported_media_type")) }
}

//! Which browser is this? A stable secret without authority, to which requests, ceremonies and form tokens are bound.
//!
//! A page fetched by GET gives a browser its cookie when it has none. A POST never does: one from another site comes without the cookie
//! (SameSite=Lax) although the browser may have it, and setting it would cut everything off that is bound to it.

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderName, Method};

use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::secret::BrowserSecret;
use crate::web::cookies;

/// A browser that shows its cookie, or gets it with this answer.
#[derive(Clone, Debug)]
pub struct Browser(BrowserSecret);

impl Browser {
    /// What is stored and bound to in its place.
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }
}

/// Layer for pages: finds the browser cookie, or hands one out with the answer to a GET, or to a HEAD, which is answered alike (RFC 9110 §9.3.2).
pub async fn recognise(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let issuer = &app.config().issuer;
    let known = cookies::read_browser(request.headers(), issuer);
    let fresh = (known.is_none() && matches!(*request.method(), Method::GET | Method::HEAD)).then(BrowserSecret::random);
    let header = fresh.as_ref().and_then(|secret| cookies::set_browser(secret, issuer).ok());
    if let Some(secret) = known.or(fresh) {
        request.extensions_mut().insert(Browser(secret));
    }
    let mut response = next.run(request).await;
    if let Some(header) = header {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| AppError::new(Kind::Invalid, "csrf_failed").because("no browser cookie"))
    }
}

/// The header by which browsers say where a request comes from (Fetch Metadata).
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

//! Cross-origin reading (CORS): programs in browsers may call the endpoints for programs from the origins that their client registered,
//! and no others; never with cookies (A-CORS-02). Pages have none of this (A-CORS-01).

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, StatusCode};

use crate::app::App;
use crate::protocol::client_metadata::ClientMetadata;

/// `OPTIONS` at an endpoint that is posted to.
pub async fn preflight_post(State(app): State<App>, headers: HeaderMap) -> Response {
    preflight(&app, &headers, "POST")
}

/// `OPTIONS` at the userinfo endpoint.
pub async fn preflight_get_and_post(State(app): State<App>, headers: HeaderMap) -> Response {
    preflight(&app, &headers, "GET, POST")
}

/// A preflight names no client: any origin that some client registered may ask, and the request itself is judged by its own client.
fn preflight(app: &App, headers: &HeaderMap, methods: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let view = app.view();
    let allowed = headers.get(ORIGIN).filter(|origin| origin.to_str().is_ok_and(|origin| view.is_registered_origin(origin)));
    let answer = response.headers_mut();
    answer.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

/// Lets the origin that asked read the answer, if it is one of this client's. `client` is the one that was proved, or nobody.
pub fn expose(response: &mut Response, asked: &HeaderMap, client: Option<&ClientMetadata>) {
    let answer = response.headers_mut();
    answer.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = asked.get(ORIGIN).filter(|origin| client.is_some_and(|client| is_registered(client, origin))) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        // Why a token was refused stands in there (RFC 6750 §3, A-CORS-03).
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("www-authenticate"));
    }
}

/// Whether this is the exact origin of one of the client's registered addresses.
fn is_registered(client: &ClientMetadata, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    client.web_origins().any(|registered| registered == origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::ClientId;
    use crate::protocol::redirect_uri::RedirectUri;

    /// A-CORS-02: the exact registered origin, and nothing that looks like it.
    #[test]
    fn only_the_exact_origin_is_registered() {
        let mut client = ClientMetadata::new(ClientId::from_text("spa"), "SPA");
        client.redirect_uris = ["https://rp.test/cb", "com.rp.app:/cb", "http://[::1]:3000/cb"].map(RedirectUri::from_text).to_vec();
        let judge = |origin: &str| is_registered(&client, &HeaderValue::from_str(origin).unwrap());
        assert!(judge("https://rp.test"));
        for other in [
            "https://rp.test.evil",
            "https://rp.test:8443",
            "http://rp.test",
            "null",
            "https://RP.test",
            "https://rp.test/",
            "com.rp.app:",
            "http:",
            "*",
            "",
        ] {
            assert!(!judge(other), "{other}");
        }
    }
}

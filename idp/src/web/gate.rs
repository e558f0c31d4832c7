//! The gate, before everything else: is the request meant for us, did it come over TLS, where does it end, and from whom is it? And the
//! security headers on whatever goes out.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, HeaderValue, TRANSFER_ENCODING};
use http::{Method, StatusCode};

use crate::app::App;
use crate::base::network::Network;
use crate::web::answer::{self, Asker, Refusal};
use crate::web::headers;
use crate::web::host::{self, Misdirected};
use crate::web::peer::{self, Peer};
use crate::web::preferences::Preferences;
use crate::web::request_id::RequestId;

/// The layer around the whole provider.
pub async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let trusted = &app.config().http.trusted_proxies;
    if let Some(connection) = connection {
        let source = peer::source(connection, request.headers(), trusted);
        request.extensions_mut().insert(Peer(Network::of(source)));
    }
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let mut response = match stopped(&app, connection, &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    headers::secure(response.headers_mut(), app.config().issuer.is_https());
    // Nothing that comes after such a body is read as another request, whatever a proxy in front took the body's end for (C-WEB-10).
    if is_chunked {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What is answered at once, and by nobody behind the gate.
fn stopped(app: &App, connection: Option<IpAddr>, request: &Request) -> Option<Response> {
    match host::judge(app.config(), request.uri(), request.headers()) {
        Ok(()) => {}
        Err(Misdirected::Malformed) => return Some(refuse(app, request, StatusCode::BAD_REQUEST, "invalid_request")),
        Err(Misdirected::Elsewhere) => return Some(refuse(app, request, StatusCode::MISDIRECTED_REQUEST, "misdirected")),
    }
    // RFC 9112 §6.1: a coding that we don't know could hide where the body ends.
    if request.headers().get_all(TRANSFER_ENCODING).iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Some(refuse(app, request, StatusCode::BAD_REQUEST, "invalid_request"));
    }
    let speaks_for_others = connection.is_some_and(|address| peer::is_trusted(address, &app.config().http.trusted_proxies));
    if speaks_for_others && app.config().issuer.is_https() && peer::came_without_tls(request.headers()) {
        return Some(without_tls(app, request));
    }
    None
}

/// A person who typed the address is led to TLS. Whatever may carry a secret is refused, so that whoever sent it notices (C-WEB-05).
fn without_tls(app: &App, request: &Request) -> Response {
    let headers = request.headers();
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD) && !headers.contains_key(AUTHORIZATION);
    let is_navigation = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("text/html"));
    if !(is_safe && is_navigation) {
        return refuse(app, request, StatusCode::FORBIDDEN, "tls_needed");
    }
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Redirect::permanent(&format!("{}{target}", app.config().issuer.origin())).into_response()
}

fn refuse(app: &App, request: &Request, status: StatusCode, code: &'static str) -> Response {
    let id = RequestId::random();
    tracing::info!(id = id.as_str(), status = status.as_u16(), code, "stopped at the gate");
    let asker = Asker { headers: request.headers(), preferences: &Preferences::default(), id: &id };
    answer::in_words(app, Refusal { code, status, wait: None }, asker)
}

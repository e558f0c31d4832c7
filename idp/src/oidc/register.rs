//! The registration endpoint (RFC 7591 §3, RFC 7592 §2, OpenID Connect Registration §3, §4): JSON in and out, and the token in the header.
//!
//! No cookie counts here, so that programs of any origin may call it: what they may do, their token says.

use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    HeaderValue, WWW_AUTHENTICATE,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::actions::dynamic_registration::{self, NotDone, Registered};
use crate::app::App;
use crate::base::id::ClientId;
use crate::oidc::answer::{Refused, json as answer, no_store};
use crate::oidc::userinfo::bearer;
use crate::protocol::discovery::path;
use crate::protocol::dynamic_registration::refusal;
use crate::protocol::error::OAuthError;
use crate::store::client::Client;
use crate::web::form::{read_body, require_content_type};
use crate::web::origin::RequestOrigin;
use crate::web::peer::Peer;

/// `OPTIONS`: any page may ask, for nothing that a browser knows of a person is in it.
pub async fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    no_store(headers);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, DELETE"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// `POST /register` (RFC 7591 §3.1).
pub async fn register(State(app): State<App>, request: Request) -> Response {
    exposed(registered(&app, request).await)
}

/// `GET /register/ID` (RFC 7592 §2.1). The secret is not told again: nobody here knows it.
pub async fn read(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    exposed(shown(&app, &id, &headers).await)
}

/// `PUT /register/ID` (RFC 7592 §2.2).
pub async fn replace(State(app): State<App>, Path(id): Path<String>, request: Request) -> Response {
    exposed(replaced(&app, &id, request).await)
}

/// `DELETE /register/ID` (RFC 7592 §2.3).
pub async fn delete(State(app): State<App>, Path(id): Path<String>, request: Request) -> Response {
    exposed(deleted(&app, &id, request).await)
}

async fn registered(app: &App, request: Request) -> Result<Response, Refused> {
    let (mut parts, body) = request.into_parts();
    let Ok(RequestOrigin(origin)) = RequestOrigin::from_request_parts(&mut parts, app).await;
    let Ok(Peer(network)) = Peer::from_request_parts(&mut parts, app).await;
    let token = bearer(&parts.headers, None)?;
    let asked = members(app, &parts.headers, body).await?;
    let registered = dynamic_registration::register(app, asked, token.as_deref(), network, origin).await.map_err(refused)?;
    Ok(answer(StatusCode::CREATED, &told(app, &registered)))
}

async fn shown(app: &App, id: &str, headers: &HeaderMap) -> Result<Response, Refused> {
    let client = dynamic_registration::of_token(app, &ClientId::from_text(id), bearer(headers, None)?.as_deref()).await.map_err(refused)?;
    Ok(answer(StatusCode::OK, &metadata(app, &client)))
}

async fn replaced(app: &App, id: &str, request: Request) -> Result<Response, Refused> {
    let (mut parts, body) = request.into_parts();
    let Ok(RequestOrigin(origin)) = RequestOrigin::from_request_parts(&mut parts, app).await;
    // Who it is comes first: a stranger learns nothing from what is wrong with a body.
    let token = bearer(&parts.headers, None)?;
    let client = dynamic_registration::of_token(app, &ClientId::from_text(id), token.as_deref()).await.map_err(refused)?;
    let asked = members(app, &parts.headers, body).await?;
    let registered = dynamic_registration::replace(app, &client, asked, origin).await.map_err(refused)?;
    Ok(answer(StatusCode::OK, &told(app, &registered)))
}

async fn deleted(app: &App, id: &str, request: Request) -> Result<Response, Refused> {
    let (mut parts, _) = request.into_parts();
    let Ok(RequestOrigin(origin)) = RequestOrigin::from_request_parts(&mut parts, app).await;
    let token = bearer(&parts.headers, None)?;
    let client = dynamic_registration::of_token(app, &ClientId::from_text(id), token.as_deref()).await.map_err(refused)?;
    dynamic_registration::delete(app, &client, origin).await.map_err(refused)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// RFC 7591 §3.1: a JSON object.
async fn members(app: &App, headers: &HeaderMap, body: axum::body::Body) -> Result<Map<String, Value>, Refused> {
    require_content_type(headers, "application/json").map_err(|_| not_json().with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
    let body = read_body(body, app).await?;
    serde_json::from_slice(&body).map_err(|_| not_json())
}

fn not_json() -> Refused {
    OAuthError::invalid_client_metadata("the body must be a JSON object, sent as application/json").into()
}

fn refused(why: NotDone) -> Refused {
    match why {
        // RFC 6750 §3.1: who showed nothing is told how to ask.
        NotDone::TokenNeeded => Refused::from(OAuthError::invalid_token("an access token is needed"))
            .challenging(HeaderValue::from_static("Bearer realm=\"registration\"")),
        NotDone::TokenInvalid => Refused::from(OAuthError::invalid_token("the access token is not good for this"))
            .challenging(HeaderValue::from_static("Bearer realm=\"registration\", error=\"invalid_token\"")),
        NotDone::Invalid(problems) => refusal(&problems).into(),
        NotDone::Later(error) => error.into(),
    }
}

/// RFC 7591 §3.2.1, RFC 7592 §3: everything that is registered, and how it is looked after.
fn metadata(app: &App, client: &Client) -> Map<String, Value> {
    let id = &client.metadata.client_id;
    let mut members = client.metadata.to_members();
    let place = app.config().issuer.join(&format!("{}/{id}", path::REGISTER));
    members.insert("registration_client_uri".to_owned(), place.into());
    members.insert("client_id_issued_at".to_owned(), json!(client.created_at.seconds()));
    members
}

fn told(app: &App, registered: &Registered) -> Map<String, Value> {
    let mut members = metadata(app, &registered.client);
    if let Some(secret) = &registered.secret {
        members.insert("client_secret".to_owned(), secret.expose().into());
        members.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    members.insert("registration_access_token".to_owned(), registered.token.expose().into());
    members
}

fn exposed(answered: Result<Response, Refused>) -> Response {
    let mut response = answered.unwrap_or_else(Refused::into_response);
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from(WWW_AUTHENTICATE));
    response
}

//! An answer of the authorization endpoint on its way to the client: a redirect, or a page whose one form the browser posts there
//! (OAuth 2.0 Form Post Response Mode §2). A script sends it, and without scripts its button does.

use axum::extract::FromRequestParts as _;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::request::Parts;

use crate::actions::authorization_requests::present;
use crate::actions::cancellation::{cancelled, denied};
use crate::adapters::templates::pages::{Field, FormPost, Refused};
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::AppError;
use crate::protocol::authorization_response::{AuthorizationResponse, Delivery};
use crate::protocol::error::OAuthError;
use crate::protocol::return_address::ReturnAddress;
use crate::store::client::Client;
use crate::web::page::Pages;

/// Sends `response` from a page that is there anyway.
pub fn send(app: &App, pages: &Pages, client: &Client, to: &ReturnAddress, response: &AuthorizationResponse<'_>) -> Result<Response, AppError> {
    let (action, fields) = match response.delivery() {
        Delivery::Redirect(location) => return Ok(Redirect::to(&location).into_response()),
        Delivery::Post { action, fields } => (action, fields),
    };
    let page = FormPost { presented: present(client, &app.config().issuer), action, fields: shown(fields) };
    // A-RTM-04: what is in this form is for this client alone.
    pages.show_towards_only(to.redirect_uri.origin_for_csp().as_deref(), page)
}

/// Tells the client a refusal.
pub fn refuse(app: &App, pages: &Pages, client: &Client, to: &ReturnAddress, error: &OAuthError) -> Result<Response, AppError> {
    send(app, pages, client, to, &AuthorizationResponse::refusal(error, to, &app.config().issuer))
}

/// Tells the client that the person does not want to go on with the request that this text stands for.
pub async fn cancel(app: &App, pages: &Pages, text: &str, browser: Digest) -> Result<Response, AppError> {
    let (client, to) = cancelled(app, text, browser).await?;
    refuse(app, pages, &client, &to, &denied())
}

/// The same as [`send`] where a page is made only if it takes one.
pub async fn send_from(
    app: &App,
    parts: &mut Parts,
    client: &Client,
    to: &ReturnAddress,
    response: &AuthorizationResponse<'_>,
) -> Result<Response, AppError> {
    if let Delivery::Redirect(location) = response.delivery() {
        return Ok(Redirect::to(&location).into_response());
    }
    let Ok(pages) = Pages::from_request_parts(parts, app).await;
    send(app, &pages, client, to, response)
}

/// Tells the person that their request was refused, and leaves it to them whether the client hears it: nobody is bounced through us to a client
/// that no administrator knows (RFC 9700 §4.11.2, A-RED-10).
pub async fn ask_before_refusing(
    app: &App,
    parts: &mut Parts,
    client: &Client,
    to: &ReturnAddress,
    error: &OAuthError,
) -> Result<Response, AppError> {
    let (url, action, fields) = match AuthorizationResponse::refusal(error, to, &app.config().issuer).delivery() {
        Delivery::Redirect(location) => (Some(location), None, Vec::new()),
        Delivery::Post { action, fields } => (None, Some(action), shown(fields)),
    };
    let (presented, description) = (present(client, &app.config().issuer), error.description().to_owned());
    let page = Refused { presented, error: error.code().name(), description, url, action, fields };
    let Ok(pages) = Pages::from_request_parts(parts, app).await;
    let mut response = pages.show_towards_only(to.redirect_uri.origin_for_csp().as_deref(), page)?;
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
}

fn shown(fields: Vec<(&'static str, String)>) -> Vec<Field> {
    fields.into_iter().map(|(name, value)| Field { name: name.to_owned(), value }).collect()
}

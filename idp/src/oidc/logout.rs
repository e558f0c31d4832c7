//! The end-session endpoint (OpenID Connect RP-Initiated Logout §2): a client asks to sign the person out.
//!
//! A hint of a session of this browser shows that it is the person's own wish, and that session alone ends; otherwise they are asked first
//! (A-LO-02). Whatever is wrong is said
//! on our own page, and nobody is sent on.

use axum::extract::FromRequestParts as _;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;

use crate::actions::audit::Actor;
use crate::actions::logout::{self, Asked, Decision};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::oidc::authorize::to;
use crate::oidc::sign_out::{end_sessions, question_of_client, way_on};
use crate::protocol::error::OAuthError;
use crate::protocol::logout::LogoutRequest;
use crate::protocol::params::Params;
use crate::web::browser::Browser;
use crate::web::form::{read_body, require_content_type};
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::session::AllHere;

/// `GET /logout`
pub async fn get(State(app): State<App>, request: Request) -> Result<Response, AppError> {
    let (mut parts, _) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let asked = read(&app, &[query])?;
    proceed(&app, &mut parts, asked).await
}

/// `POST /logout`. From another site it comes without cookies, and says nothing about who is here: the GET that follows does.
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, AppError> {
    let (mut parts, body) = request.into_parts();
    require_content_type(&parts.headers, "application/x-www-form-urlencoded")?;
    let body = read_body(body, &app).await?;
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let asked = read(&app, &[query, &body])?;
    if parts.extensions.get::<Browser>().is_none() {
        return Ok(to(&app, &format!("/logout/{}", logout::keep_unbound(&app, asked)?)));
    }
    proceed(&app, &mut parts, asked).await
}

/// `GET /logout/BOX`: a request that came by POST from another site.
pub async fn resume(State(app): State<App>, Path(text): Path<String>, request: Request) -> Result<Response, AppError> {
    let (mut parts, _) = request.into_parts();
    let asked = logout::read_unbound(&app, &text).await.ok_or(AppError::new(Kind::Gone, "request_expired"))?;
    proceed(&app, &mut parts, asked).await
}

fn read(app: &App, forms: &[&[u8]]) -> Result<Asked, AppError> {
    let refused = |error: OAuthError| AppError::new(Kind::Invalid, "invalid_request").because(error);
    let params = Params::gather(forms).map_err(refused)?;
    logout::verify(app, LogoutRequest::read(&params).map_err(refused)?)
}

async fn proceed(app: &App, parts: &mut Parts, asked: Asked) -> Result<Response, AppError> {
    let AllHere(here) = AllHere::from_request_parts(parts, app).await?;
    let who = logout::whose(&asked, &here);
    let Decision { ask, destination, presented } = logout::decide(app, &asked, who.map(|who| &who.session.sid))?;
    if ask {
        let browser = Browser::from_request_parts(parts, app).await?;
        let Ok(pages) = Pages::from_request_parts(parts, app).await;
        let kept = logout::keep(app, &asked, browser.digest())?;
        let target = destination.and_then(|destination| destination.redirect_uri.origin_for_csp());
        return pages.show_towards(target.as_deref(), question_of_client(app, &here, kept, presented));
    }
    let location = way_on(app, destination.as_ref());
    let Some(who) = who else { return Ok(Redirect::to(&location).into_response()) };
    let Ok(RequestOrigin(origin)) = RequestOrigin::from_request_parts(parts, app).await;
    let origin = origin.by(Actor::User(who.user.id));
    end_sessions(app, &[who], &here.beside(who.user.id), "signed_out_at_a_client", origin, &location).await
}

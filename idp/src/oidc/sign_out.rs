//! Signing out here: the question, the end of the session, and the page that says that it is done.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::HeaderName;
use http::header::{HeaderValue, SET_COOKIE};

use crate::actions::audit::{Actor, Origin};
use crate::actions::{logout, sessions};
use crate::adapters::templates::pages::{Field, Presented, SignOut, SignedOut};
use crate::app::App;
use crate::base::error::AppError;
use crate::oidc::authorize::to;
use crate::protocol::logout::Destination;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::browser::Browser;
use crate::web::cookies;
use crate::web::form::Form;
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::remembered;
use crate::web::session::OptionalSession;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// The field that carries a client's request to sign out through the question.
const LOGOUT: &str = "logout";

/// The question before signing out.
fn question(app: &App) -> SignOut {
    let path = app.config().issuer.path();
    SignOut { action: format!("{path}/sign-out"), fields: Vec::new(), presented: None, stay_url: Some(format!("{path}/account")) }
}

/// The same at a client's request, which `kept` stands for.
pub(super) fn question_of_client(app: &App, kept: String, presented: Option<Presented>) -> SignOut {
    SignOut { fields: vec![Field { name: LOGOUT.to_owned(), value: kept }], presented, ..question(app) }
}

/// `GET /sign-out`: asks.
pub async fn show(State(app): State<App>, OptionalSession(who): OptionalSession, pages: Pages) -> Result<Response, AppError> {
    if who.is_none() {
        return Ok(to(&app, "/signed-out"));
    }
    pages.show(question(&app))
}

/// `POST /sign-out`: ends the session, and goes where the person was going: to the client that asked, to sign in as somebody else, or to
/// the page that says that it is done.
pub async fn sign_out(
    State(app): State<App>,
    browser: Browser,
    OptionalSession(who): OptionalSession,
    RequestOrigin(origin): RequestOrigin,
    form: Form,
) -> Result<Response, AppError> {
    if form.field("decision") == "deny" {
        return Ok(to(&app, "/account"));
    }
    let asked = logout::read(&app, form.field(LOGOUT), browser.digest()).await;
    let location = match (form.field("request"), asked) {
        ("", Some(asked)) => way_on(&app, logout::decide(&app, &asked, None)?.destination.as_ref()),
        ("", None) => way_on(&app, None),
        (request, _) => {
            let request: String = url::form_urlencoded::byte_serialize(request.as_bytes()).collect();
            app.config().issuer.join(&format!("/login?request={request}"))
        }
    };
    let mut response = match who {
        Some(who) => end_session(&app, who, "signed_out", origin, &location).await?,
        None => Redirect::to(&location).into_response(),
    };
    // Whoever signs in as somebody else said "Not you?": the page that follows must not greet the one who is not here.
    if !form.field("request").is_empty() {
        response.headers_mut().append(SET_COOKIE, remembered::forget(&app)?);
    }
    Ok(response)
}

/// `GET /signed-out`
pub async fn signed_out(State(app): State<App>, pages: Pages) -> Result<Response, AppError> {
    let sign_in_url = format!("{}/login", app.config().issuer.path());
    pages.show(SignedOut { presented: None, continue_url: None, sign_in_url })
}

/// Where a person goes who has signed out.
pub(super) fn way_on(app: &App, destination: Option<&Destination>) -> String {
    destination.map_or_else(|| app.config().issuer.join("/signed-out"), Destination::location)
}

/// Ends the session, takes its cookie away, and has the browser forget what it kept of our pages.
pub(super) async fn end_session(app: &App, who: SessionAndUser, why: &'static str, origin: Origin, location: &str) -> Result<Response, AppError> {
    let origin = origin.by(Actor::User(who.user.id));
    sessions::end(app, who.session, why, origin).await?;
    let mut response = Redirect::to(location).into_response();
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, cookies::clear_session(&app.config().issuer).map_err(AppError::internal)?);
    // Not "cookies": the browser's own cookie stays, for what is bound to it goes on.
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

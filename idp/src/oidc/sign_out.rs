//! Signing out here: the question, the end of the session (or of all that are in this browser), and the page that says that it is done.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::HeaderName;
use http::header::{HeaderValue, SET_COOKIE};

use crate::actions::audit::{Actor, Origin};
use crate::actions::everybody::Everybody;
use crate::actions::{logout, sessions};
use crate::adapters::templates::pages::{Field, Presented, SignOut, SignedOut};
use crate::app::App;
use crate::base::error::AppError;
use crate::base::session_secrets::SessionSecrets;
use crate::oidc::authorize::to;
use crate::protocol::logout::Destination;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::browser::Browser;
use crate::web::cookies;
use crate::web::form::Form;
use crate::web::origin::RequestOrigin;
use crate::web::page::{Pages, person};
use crate::web::session::{AllHere, OptionalSession};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// The field that carries a client's request to sign out through the question.
const LOGOUT: &str = "logout";

/// The question before signing out.
fn question(app: &App, here: &Everybody) -> SignOut {
    let path = app.config().issuer.path();
    SignOut {
        action: format!("{path}/sign-out"),
        fields: Vec::new(),
        presented: None,
        accounts: here.iter().map(|who| person(&who.user)).collect(),
        stay_url: Some(format!("{path}/account")),
    }
}

/// The same at a client's request, which `kept` stands for.
pub(super) fn question_of_client(app: &App, here: &Everybody, kept: String, presented: Option<Presented>) -> SignOut {
    SignOut { fields: vec![Field { name: LOGOUT.to_owned(), value: kept }], presented, ..question(app, here) }
}

/// `GET /sign-out`: asks.
pub async fn show(State(app): State<App>, AllHere(here): AllHere, pages: Pages) -> Result<Response, AppError> {
    if here.is_empty() {
        return Ok(to(&app, "/signed-out"));
    }
    pages.show(question(&app, &here))
}

/// `POST /sign-out`: ends the session, or all in this browser, and goes where the person was going: to the client that asked, or to the page
/// that says that it is done. The button of the house says nothing more; where several accounts are signed in, it is asked who leaves.
pub async fn sign_out(
    State(app): State<App>,
    browser: Browser,
    OptionalSession(who): OptionalSession,
    AllHere(here): AllHere,
    RequestOrigin(origin): RequestOrigin,
    form: Form,
) -> Result<Response, AppError> {
    let decision = form.field("decision");
    if decision == "deny" {
        return Ok(to(&app, "/account"));
    }
    if decision.is_empty() && here.are_several() {
        return Ok(to(&app, "/sign-out"));
    }
    let location = match logout::read(&app, form.field(LOGOUT), browser.digest()).await {
        Some(asked) => way_on(&app, logout::decide(&app, &asked, None)?.destination.as_ref()),
        None => way_on(&app, None),
    };
    let Some(who) = who else { return Ok(Redirect::to(&location).into_response()) };
    let origin = origin.by(Actor::User(who.user.id));
    if decision == "all" {
        let all: Vec<&SessionAndUser> = here.iter().collect();
        return end_sessions(&app, &all, &SessionSecrets::default(), "signed_out", origin, &location).await;
    }
    end_sessions(&app, &[&who], &here.beside(who.user.id), "signed_out", origin, &location).await
}

/// `GET /signed-out`
pub async fn signed_out(State(app): State<App>, AllHere(here): AllHere, pages: Pages) -> Result<Response, AppError> {
    let path = app.config().issuer.path();
    let others = here.iter().map(|who| person(&who.user)).collect();
    let (sign_in_url, choose_url) = (format!("{path}/login"), format!("{path}/choose-account"));
    pages.show(SignedOut { presented: None, continue_url: None, others, choose_url, sign_in_url })
}

/// Where a person goes who has signed out.
pub(super) fn way_on(app: &App, destination: Option<&Destination>) -> String {
    destination.map_or_else(|| app.config().issuer.join("/signed-out"), Destination::location)
}

/// Ends these sessions, leaves the others in the cookie, and has the browser forget what it kept of our pages.
pub(super) async fn end_sessions(
    app: &App,
    leaving: &[&SessionAndUser],
    staying: &SessionSecrets,
    why: &'static str,
    origin: Origin,
    location: &str,
) -> Result<Response, AppError> {
    let leaving = leaving.iter().map(|who| who.session.clone()).collect();
    sessions::end(app, leaving, why, origin).await?;
    let config = app.config();
    let mut response = Redirect::to(location).into_response();
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, cookies::set_session(staying, config.sessions.absolute, &config.issuer).map_err(AppError::internal)?);
    // Not "cookies": the browser's own cookie stays, for what is bound to it goes on.
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

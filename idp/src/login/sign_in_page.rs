//! The sign-in page: the passkey at once, or the email first, and a password for whoever has no passkey at hand.
//!
//! What is typed is not looked up (B-ENUM-01): whoever has an account and whoever has none see the same page, and the passkey says who
//! they are. Nor is whoever this browser remembers: the page greets them with what its cookie says.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use crate::actions::next_steps;
use crate::adapters::templates::pages::{self, Leads, SignIn};
use crate::app::App;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::config::PasswordPolicy;
use crate::web::answer;
use crate::web::browser::Browser;
use crate::web::client_answer;
use crate::web::form::Form;
use crate::web::next::{self, Waiting};
use crate::web::page::Pages;
use crate::web::remembered::{self, Hint, Remembered, Way};
use crate::web::session::AllHere;

/// The query of the page.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    request: Option<String>,
    /// Whoever is signed in wants to sign in as somebody else, too.
    another: Option<String>,
}

/// The page for what waits, with an empty box.
fn empty(app: &App, waiting: Option<&Waiting>) -> SignIn {
    SignIn {
        request: waiting.map(|waiting| waiting.request.clone()),
        presented: waiting.map(|waiting| waiting.presented.by.clone()),
        email: None,
        typed: String::new(),
        auto: false,
        remembered: None,
        leads: Leads::Email,
        offers_password: app.config().sign_in.passwords != PasswordPolicy::Never,
        error: None,
        wait: None,
        can_cancel: waiting.is_some(),
    }
}

/// The page for whom this browser remembers: what they used last leads.
fn greeting(remembered: Remembered, page: SignIn) -> SignIn {
    let leads = match remembered.way {
        Way::Password if page.offers_password => Leads::Password,
        Way::Passkey | Way::Password => Leads::Passkey,
    };
    SignIn { remembered: Some(pages::Remembered { email: remembered.email.to_string(), initials: remembered.initials }), leads, ..page }
}

fn show_page(pages: &Pages, waiting: Option<&Waiting>, page: SignIn) -> Result<Response, AppError> {
    pages.show_towards(waiting.and_then(|waiting| waiting.presented.form_target.as_deref()), page)
}

/// `GET /login`: the page. Whoever is signed in is led on, to their own page or to what waits, unless a sign-in is what it waits for.
pub(super) async fn show(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    browser: Browser,
    AllHere(here): AllHere,
    Hint(remembered): Hint,
    pages: Pages,
) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, asked.request.as_deref(), &browser).await?;
    if asked.another.is_some() {
        return show_page(&pages, waiting.as_ref(), empty(&app, waiting.as_ref()));
    }
    let mut again = None;
    if !here.is_empty() {
        let wanted = match &waiting {
            Some(waiting) => next_steps::sign_in_wanted(&app, &waiting.request, browser.digest(), &here).await?,
            None => None,
        };
        let Some(wanted) = wanted else { return Ok(Redirect::to(&next::address(&app, waiting.as_ref())).into_response()) };
        again = wanted.again;
    }
    // A hint is what the client says (OpenID Connect Core §3.1.2.1); it is shown where it can be corrected.
    let hint = waiting.as_ref().and_then(|waiting| waiting.presented.login_hint.as_deref()).and_then(Email::parse);
    let hint = again.or(hint);
    // The client may ask for somebody else than was here last: then the one that is asked for leads.
    let remembered = remembered.filter(|remembered| hint.as_ref().is_none_or(|hint| *hint == remembered.email));
    let page = match (remembered, hint) {
        (Some(remembered), _) => greeting(remembered, empty(&app, waiting.as_ref())),
        (None, Some(hint)) => SignIn { typed: hint.to_string(), ..empty(&app, waiting.as_ref()) },
        (None, None) => empty(&app, waiting.as_ref()),
    };
    show_page(&pages, waiting.as_ref(), page)
}

/// `POST /login`: the email was typed, so the page goes on with the passkey; or the person cancels, or is not the one
/// whom this browser remembers.
pub(super) async fn go_on(State(app): State<App>, browser: Browser, pages: Pages, form: Form) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, Some(form.field("request")), &browser).await?;
    if form.field("decision") == "deny" {
        return match &waiting {
            Some(waiting) => client_answer::cancel(&app, &pages, &waiting.request, browser.digest()).await,
            None => Ok(Redirect::to(&next::address(&app, None)).into_response()),
        };
    }
    if form.field("forget") == "yes" {
        return Ok(([(SET_COOKIE, remembered::forget(&app)?)], Redirect::to(&address(&app, waiting.as_ref()))).into_response());
    }
    let typed = form.field("email");
    let Some(email) = Email::parse(typed) else {
        return no_email(&app, &pages, waiting.as_ref(), typed);
    };
    let page = SignIn { email: Some(email.to_string()), auto: true, ..empty(&app, waiting.as_ref()) };
    show_page(&pages, waiting.as_ref(), page)
}

/// The page's own address, with what waits.
pub(super) fn address(app: &App, waiting: Option<&Waiting>) -> String {
    let request = waiting.map_or_else(String::new, |waiting| format!("?request={}", waiting.request));
    app.config().issuer.join(&format!("/login{request}"))
}

/// The page for what was typed and is no address.
pub(super) fn no_email(app: &App, pages: &Pages, waiting: Option<&Waiting>, typed: &str) -> Result<Response, AppError> {
    let page = SignIn { typed: typed.to_owned(), error: Some("error-email_invalid".to_owned()), ..empty(app, waiting) };
    Ok((StatusCode::BAD_REQUEST, show_page(pages, waiting, page)?).into_response())
}

/// Whether the page itself says this refusal, so that the person goes on from there.
pub(super) fn says(error: &AppError) -> bool {
    matches!(error.code, "password_invalid" | "too_many_attempts" | "second_step_over" | "passkey_required")
}

/// The page after a refused sign-in: with the email, if it is known, and never with the password.
pub(super) fn refused(app: &App, pages: &Pages, waiting: Option<&Waiting>, email: Option<&Email>, error: &AppError) -> Result<Response, AppError> {
    let said = match error.code {
        // Here the email may be wrong as well, and what was missing may have come too late.
        "password_invalid" => "error-sign_in_wrong",
        "second_step_over" => "error-sign_in_over",
        "passkey_required" => "error-passkey_required",
        _ => "error-too_many_attempts",
    };
    let page = SignIn { email: email.map(ToString::to_string), error: Some(said.to_owned()), wait: answer::wait(error), ..empty(app, waiting) };
    Ok(answer::on_its_page(error, show_page(pages, waiting, page)?))
}

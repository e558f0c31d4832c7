//! The sign-in page: the passkey at once, or the email first.
//!
//! What is typed is not looked up (B-ENUM-01): whoever has an account and whoever has none see the same page, and the passkey says who
//! they are.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::actions::authorization_requests::Presented;
use crate::actions::cancellation;
use crate::app::App;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::web::browser::Browser;
use crate::web::form::Form;
use crate::web::next::{self, Waiting};
use crate::web::page::Pages;
use crate::web::session::OptionalSession;

/// The query of the page.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    request: Option<String>,
}

#[derive(Serialize)]
struct SignIn<'p> {
    request: Option<&'p str>,
    presented: Option<&'p Presented>,
    /// Who is going to sign in: the page goes on with the passkey.
    email: Option<&'p str>,
    /// What stands in the box.
    typed: &'p str,
    auto: bool,
    leads: &'static str,
    error: Option<&'static str>,
    can_cancel: bool,
}

impl<'p> SignIn<'p> {
    fn new(waiting: Option<&'p Waiting>) -> Self {
        Self {
            request: waiting.map(|waiting| waiting.request.as_str()),
            presented: waiting.map(|waiting| &waiting.presented),
            email: None,
            typed: "",
            auto: false,
            leads: "email",
            error: None,
            can_cancel: waiting.is_some(),
        }
    }

    fn show(&self, pages: &Pages) -> Result<Response, AppError> {
        let form_target = self.presented.and_then(|presented| presented.form_target.clone());
        pages.page("sign-in").form_may_end_at(form_target).show(self)
    }
}

/// `GET /login`: the page. Whoever is signed in, with nothing waiting, is led to their own page.
pub(super) async fn show(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    browser: Browser,
    OptionalSession(session): OptionalSession,
    pages: Pages,
) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, asked.request.as_deref(), &browser).await?;
    if waiting.is_none() && session.is_some() {
        return Ok(Redirect::to(&next::address(&app, None)).into_response());
    }
    // A hint is what the client says (OpenID Connect Core §3.1.2.1); it is shown where it can be corrected.
    let hint = waiting.as_ref().and_then(|waiting| waiting.presented.login_hint.as_deref()).and_then(Email::parse);
    let typed = hint.as_ref().map_or("", Email::as_str);
    SignIn { typed, ..SignIn::new(waiting.as_ref()) }.show(&pages)
}

/// `POST /login`: the email was typed, so the page goes on with the passkey; or the person cancels.
pub(super) async fn go_on(State(app): State<App>, browser: Browser, pages: Pages, form: Form) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, Some(form.field("request")), &browser).await?;
    if form.field("decision") == "deny" {
        let back = match &waiting {
            Some(waiting) => cancellation::cancel_url(&app, &waiting.request, browser.digest()).await?,
            None => next::address(&app, None),
        };
        return Ok(Redirect::to(&back).into_response());
    }
    let typed = form.field("email");
    let Some(email) = Email::parse(typed) else {
        let page = SignIn { typed, error: Some("error-email_invalid"), ..SignIn::new(waiting.as_ref()) };
        return Ok((StatusCode::BAD_REQUEST, page.show(&pages)?).into_response());
    };
    SignIn { email: Some(email.as_str()), auto: true, ..SignIn::new(waiting.as_ref()) }.show(&pages)
}

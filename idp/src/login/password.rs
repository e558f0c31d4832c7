//! Signing in with a password. Every refusal is the same page with the same words, and keeps the email (C-ENUM-02).

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::actions::password_sign_in::{self, Passed};
use crate::app::App;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::password::Password;
use crate::config::PasswordPolicy;
use crate::login::{enrol, second_step, sign_in_page};
use crate::web::browser::Browser;
use crate::web::form::Form;
use crate::web::next;
use crate::web::page::Pages;
use crate::web::proved;
use crate::web::remembered::Hint;
use crate::web::visiting::Visiting;

/// `POST /login/password`
pub(super) async fn submit(
    State(app): State<App>,
    Visiting(visitor): Visiting,
    browser: Browser,
    Hint(hint): Hint,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    if app.config().sign_in.passwords == PasswordPolicy::Never {
        return Err(AppError::new(Kind::NotFound, "not_found").because("sign_in.passwords is never"));
    }
    let waiting = next::waiting(&app, Some(form.field("request")), &browser).await?;
    let Some(email) = Email::parse(form.field("email")) else {
        return sign_in_page::no_email(&app, &pages, waiting.as_ref(), form.field("email"));
    };
    let password = Password::typed(form.field("password"));
    match password_sign_in::begin(&app, &visitor, &email, &password, form.field("request")).await {
        Ok(Passed::In(opened)) => {
            let address = next::after_password(&app, &opened.user, hint.as_ref(), waiting.as_ref()).await?;
            proved::lead_on(&app, visitor.browser, &opened, hint.as_ref(), &address)
        }
        Ok(Passed::Enrol(passed)) => Ok(Redirect::to(&enrol::address(&app, waiting.as_ref(), &passed)).into_response()),
        Ok(Passed::SecondStep(passed)) => {
            let address = second_step::address(&app, second_step::TOTP, waiting.as_ref(), &passed);
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) if sign_in_page::says(&error) => sign_in_page::refused(&app, &pages, waiting.as_ref(), Some(&email), &error),
        Err(error) => Err(error),
    }
}

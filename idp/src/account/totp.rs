//! The authenticator app: set up with a picture or by hand, confirmed by a code before it counts, and switched off again.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::account::sign_in_methods::PLACE;
use crate::actions::passwords::LEAST_ALONE;
use crate::actions::totp_enrolment::{self, Enrolled, SetUp};
use crate::actions::ways_in::Rules;
use crate::adapters::templates::pages::{AuthenticatorApp, DisableTotp};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::totp;
use crate::web::answer;
use crate::web::browser::Browser;
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::proved;
use crate::web::recent::{RecentForm, RecentPage};
use crate::web::visiting::Visiting;

async fn page(app: &App, pages: &Pages, here: &SessionAndUser, set_up: SetUp, error: Option<&'static str>) -> Result<Response, AppError> {
    pages.show(AuthenticatorApp {
        qr: set_up.picture,
        key: set_up.key.to_string(),
        account: here.user.email.to_string(),
        enrolment: set_up.enrolment,
        replaces: totp::of_user(app.store(), here.user.id).await?.is_some(),
        error,
        back_url: app.config().issuer.join(PLACE),
    })
}

fn news(app: &App, news: &str) -> Response {
    Redirect::to(&app.config().issuer.join(&format!("{PLACE}?news={news}"))).into_response()
}

/// `GET /account/totp/begin`: a new secret with every look.
pub(super) async fn begin(State(app): State<App>, RecentPage(here): RecentPage, browser: Browser, pages: Pages) -> Result<Response, AppError> {
    let set_up = totp_enrolment::begin(&app, &here, browser.digest()).await?;
    page(&app, &pages, &here, set_up, None).await
}

/// `POST /account/totp/confirm`
pub(super) async fn confirm(
    State(app): State<App>,
    Visiting(visitor): Visiting,
    pages: Pages,
    RecentForm { here, form }: RecentForm,
) -> Result<Response, AppError> {
    let (enrolment, others_stay) = (form.field("enrolment"), form.field("others_stay") == "yes");
    match totp_enrolment::confirm(&app, &here, &visitor, enrolment, form.field("code"), others_stay).await {
        Ok(Enrolled { replaced, opened }) => {
            let next = news(&app, if replaced { "totp-replaced" } else { "totp-added" });
            match opened {
                Some(opened) => proved::renewed(&app, &opened, next),
                None => Ok(next),
            }
        }
        Err(error) if error.code == "code_invalid" => {
            let set_up = totp_enrolment::resume(&app, &here, visitor.browser, enrolment).await?;
            let again = page(&app, &pages, &here, set_up, Some("error-totp_not_confirmed")).await?;
            Ok((answer::status(Kind::Invalid), again).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `GET /account/totp/disable`: says what switching it off means.
pub(super) async fn ask_whether(State(app): State<App>, RecentPage(here): RecentPage, pages: Pages) -> Result<Response, AppError> {
    if totp::of_user(app.store(), here.user.id).await?.is_none() {
        return Err(AppError::new(Kind::NotFound, "not_found").because("no authenticator app"));
    }
    pages.show(DisableTotp {
        account: here.user.email.to_string(),
        too_short: Rules::of(&app).password_needs_app(app.store(), here.user.id).await?.then_some(LEAST_ALONE),
        back_url: app.config().issuer.join(PLACE),
    })
}

/// `POST /account/totp/disable`
pub(super) async fn disable(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    RecentForm { here, form }: RecentForm,
) -> Result<Response, AppError> {
    totp_enrolment::disable(&app, &here, form.field("others_stay") == "yes", &origin).await?;
    Ok(news(&app, "totp-removed"))
}

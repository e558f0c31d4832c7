//! One's own password: set, changed, removed. Nothing that was typed here comes back on a page.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::account::sign_in_methods::PLACE;
use crate::actions::password_changes::{self, LONGEST};
use crate::actions::ways_in::Rules;
use crate::actions::{passkeys, passwords};
use crate::adapters::templates::pages::{OwnPassword, RemovePassword};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::base::password::Password;
use crate::protocol::claims::Acr;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{password, totp};
use crate::web::answer;
use crate::web::page::Pages;
use crate::web::recent::{RecentForm, RecentPage};
use crate::web::visiting::Visiting;

/// Whether the password of now has to be typed: not by whoever has just used a passkey, which proves more (C-PW-05).
fn needs_current(here: &SessionAndUser, current: Option<&password::Model>) -> bool {
    current.is_some() && here.session.acr < Acr::Phr
}

async fn page(app: &App, here: &SessionAndUser, error: Option<&'static str>) -> Result<OwnPassword, AppError> {
    let current = password::of_user(app.store(), here.user.id).await?;
    Ok(OwnPassword {
        account: here.user.email.to_string(),
        has_password: current.is_some(),
        needs_current: needs_current(here, current.as_ref()),
        least: password_changes::least(app, here).await?,
        longest: LONGEST,
        error,
        back_url: app.config().issuer.join(PLACE),
    })
}

/// The refusals that are said beside the fields.
const BESIDE: [(&str, &str); 5] = [
    ("password_invalid", "error-password_current_wrong"),
    ("password_too_short", "error-password_too_short"),
    ("password_too_long", "error-password_too_long"),
    ("password_weak", "error-password_weak"),
    ("password_breached", "error-password_breached"),
];

fn news(app: &App, news: &str) -> Response {
    Redirect::to(&app.config().issuer.join(&format!("{PLACE}?news={news}"))).into_response()
}

/// `GET /account/password`
pub(super) async fn show(State(app): State<App>, RecentPage(here): RecentPage, pages: Pages) -> Result<Response, AppError> {
    pages.show(page(&app, &here, None).await?)
}

/// `POST /account/password`
pub(super) async fn change(
    State(app): State<App>,
    Visiting(visitor): Visiting,
    pages: Pages,
    RecentForm { here, form }: RecentForm,
) -> Result<Response, AppError> {
    let others_stay = form.field("others_stay") == "yes";
    let new = Password::typed(form.field("new_password"));
    let changed = async {
        let stored = password::of_user(app.store(), here.user.id).await?;
        let least = password_changes::least(&app, &here).await?;
        let new = password_changes::acceptable(&app, &here.user, least, new).await?;
        let current = if needs_current(&here, stored.as_ref()) {
            Some(passwords::judge(&app, &visitor, &here.user.email, &Password::typed(form.field("current_password"))).await?)
        } else {
            None
        };
        password_changes::set(&app, &here, new, current, others_stay, &visitor.origin).await
    };
    match changed.await {
        Ok(false) => Ok(news(&app, "password-set")),
        Ok(true) if others_stay => Ok(news(&app, "password-changed")),
        Ok(true) => Ok(news(&app, "password-changed-everywhere")),
        Err(error) => match BESIDE.iter().find(|(code, _)| *code == error.code) {
            Some((_, said)) => Ok((answer::status(error.kind), pages.show(page(&app, &here, Some(said)).await?)?).into_response()),
            None => Err(error),
        },
    }
}

/// `GET /account/password/remove`: says what removing it means.
pub(super) async fn ask_whether(State(app): State<App>, RecentPage(here): RecentPage, pages: Pages) -> Result<Response, AppError> {
    if password::of_user(app.store(), here.user.id).await?.is_none() {
        return Err(AppError::new(Kind::NotFound, "not_found").because("no password"));
    }
    let rules = Rules::of(&app);
    let remaining = passkeys::of(&app, &here).await?.into_iter().filter(|row| rules.signs_in(row)).map(|row| row.name).collect();
    pages.show(RemovePassword {
        account: here.user.email.to_string(),
        has_totp: totp::of_user(app.store(), here.user.id).await?.is_some(),
        remaining,
        back_url: app.config().issuer.join(PLACE),
    })
}

/// `POST /account/password/remove`
pub(super) async fn remove(State(app): State<App>, Visiting(visitor): Visiting, RecentForm { here, form }: RecentForm) -> Result<Response, AppError> {
    let (even_the_last, others_stay) = (form.field("last_way") == "yes", form.field("others_stay") == "yes");
    password_changes::remove(&app, &here, even_the_last, others_stay, &visitor.origin).await?;
    Ok(news(&app, "password-removed"))
}

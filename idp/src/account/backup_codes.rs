//! Backup codes, shown once. Until the person says that they saved them, the rest of the house waits, and each visit makes a new set:
//! what was shown before may have been seen by nobody.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::account::sign_in_methods::PLACE;
use crate::actions::backup_codes::{self, NewCodes};
use crate::adapters::templates::pages::{BackupCodes, RegenerateBackupCodes};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::store::user;
use crate::web::browser::Browser;
use crate::web::form::Form;
use crate::web::next::{self, Waiting};
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::recent::{CodesPage, RecentForm, RecentPage};
use crate::web::session::AnySession;

/// The query of the page; `first` says nothing that the person's row does not say.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    request: Option<String>,
}

fn page(
    app: &App,
    pages: &Pages,
    user: &user::Model,
    made: &NewCodes,
    waiting: Option<&Waiting>,
    error: Option<&'static str>,
) -> Result<Response, AppError> {
    let own = BackupCodes {
        codes: made.codes.clone(),
        set: made.set.to_string(),
        account: user.email.to_string(),
        issuer: app.config().issuer.to_string(),
        made_at: made.made_at,
        request: waiting.map(|waiting| waiting.request.clone()),
        error: error.map(str::to_owned),
    };
    pages.show_towards(waiting.and_then(|waiting| waiting.presented.form_target.as_deref()), own)
}

/// `GET /account/backup-codes`: a new set, unless one is saved.
pub(super) async fn show(
    State(app): State<App>,
    CodesPage(here): CodesPage,
    Query(asked): Query<Asked>,
    browser: Browser,
    RequestOrigin(origin): RequestOrigin,
    pages: Pages,
) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, asked.request.as_deref(), &browser).await?;
    let made = if here.user.backup_codes_waiting() { backup_codes::replace_unsaved(&app, here.user.id, &origin).await? } else { None };
    match made {
        Some(made) => page(&app, &pages, &here.user, &made, waiting.as_ref(), None),
        None => Ok(Redirect::to(&next::address(&app, waiting.as_ref())).into_response()),
    }
}

/// `POST /account/backup-codes`: the person saved them, and goes on.
pub(super) async fn acknowledge(
    State(app): State<App>,
    AnySession(here): AnySession,
    browser: Browser,
    RequestOrigin(origin): RequestOrigin,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    let invalid = |why: &'static str| AppError::new(Kind::Invalid, "invalid_request").because(why);
    let set = form.field("set").parse().map_err(|_| invalid("set names no set of codes"))?;
    if form.field("acknowledged") != "yes" {
        return Err(invalid("acknowledged is not yes"));
    }
    let waiting = next::waiting(&app, Some(form.field("request")), &browser).await?;
    if backup_codes::acknowledge(&app, &here.user, set, &origin).await? {
        return Ok(Redirect::to(&next::address(&app, waiting.as_ref())).into_response());
    }
    // What the person saved is dead: they get what they can save instead, unless another page of theirs has done so meanwhile.
    match backup_codes::replace_unsaved(&app, here.user.id, &origin).await? {
        Some(made) => {
            let again = page(&app, &pages, &here.user, &made, waiting.as_ref(), Some("error-codes_replaced"))?;
            Ok((StatusCode::CONFLICT, again).into_response())
        }
        None => Err(AppError::new(Kind::Conflict, "codes_replaced")),
    }
}

/// `GET /account/backup-codes/regenerate`: says what regenerating means.
pub(super) async fn ask_whether(State(app): State<App>, RecentPage(here): RecentPage, pages: Pages) -> Result<Response, AppError> {
    let left = backup_codes::remaining(&app, here.user.id).await?.left;
    pages.show(RegenerateBackupCodes { account: here.user.email.to_string(), left, back_url: app.config().issuer.join(PLACE) })
}

/// `POST /account/backup-codes/regenerate`: the old ones work no more, and the page of new ones is next.
pub(super) async fn regenerate(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    RecentForm { here, .. }: RecentForm,
) -> Result<Redirect, AppError> {
    backup_codes::discard(&app, &here, &origin).await?;
    Ok(Redirect::to(&app.config().issuer.join("/account/backup-codes")))
}

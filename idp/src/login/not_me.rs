//! "This wasn't me": the page that a mail about a change leads to. Opening it changes nothing, however often a scanner does; the button does.
//! Nobody needs to be signed in: what counts is the sealed box in the address.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::actions::not_me::{self, Report};
use crate::actions::undoing::Undo;
use crate::adapters::templates::pages::{NotMe, NotMeDone};
use crate::app::App;
use crate::base::error::AppError;
use crate::web::form::Form;
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::visiting::Visiting;

fn place(app: &App, text: &str) -> String {
    app.config().issuer.join(&format!("/not-me/{text}"))
}

/// The name of what is undone, and the address that the account gets back.
fn named(undo: Undo) -> (&'static str, String) {
    let name = match undo {
        Undo::Nothing => "nothing",
        Undo::Passkey(_) => "passkey",
        Undo::Password(_) => "password",
        Undo::AuthenticatorApp(_) => "totp",
        Undo::BackupCodes(_) => "backup_codes",
        Undo::Address { to, .. } => return ("address", to.to_string()),
    };
    (name, String::new())
}

/// `GET /not-me/BOX`
pub(super) async fn show(State(app): State<App>, Path(text): Path<String>, pages: Pages) -> Result<Response, AppError> {
    let Report { account, about, undo, done } = not_me::look(&app, &text).await?;
    if let Some(undone) = done {
        return pages.show(NotMeDone { undone, sign_in_url: app.config().issuer.join("/login") });
    }
    let (undo, address) = named(undo);
    let (action, keep_url) = (place(&app, &text), app.config().issuer.join("/account"));
    pages.show(NotMe { action, account: account.to_string(), about, undo, address, keep_url })
}

/// `POST /not-me/BOX`
pub(super) async fn report(
    State(app): State<App>,
    Path(text): Path<String>,
    Visiting(visitor): Visiting,
    RequestOrigin(origin): RequestOrigin,
    _form: Form,
) -> Result<Response, AppError> {
    visitor.admit(&app)?;
    not_me::act(&app, &text, &origin).await?;
    Ok(Redirect::to(&place(&app, &text)).into_response())
}

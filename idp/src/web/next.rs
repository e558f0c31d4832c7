//! Where a person goes after proving who they are: back to the request that waits for them, or to their own page.
//!
//! What waits is a sealed text that only `/authorize` reads; nothing here follows an address that came with a request.

use crate::actions::authorization_requests::{self, Presented};
use crate::actions::passkeys;
use crate::app::App;
use crate::base::error::AppError;
use crate::store::user;
use crate::web::browser::Browser;
use crate::web::remembered::Remembered;

/// What waits for the person, if anything does.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The text that stands for the request: a sealed box, or the name of a stored one.
    pub request: String,
    /// Who asks, for the page to say.
    pub presented: Presented,
}

/// Reads the `request` that a page or form carries; empty means that nothing waits. One that is over or foreign is an error with a way out.
pub async fn waiting(app: &App, request: Option<&str>, browser: &Browser) -> Result<Option<Waiting>, AppError> {
    let Some(request) = request.filter(|request| !request.is_empty()) else { return Ok(None) };
    let presented = authorization_requests::presented(app, request, browser.digest()).await?;
    Ok(Some(Waiting { request: request.to_owned(), presented }))
}

/// Where to go on after a password: to the one gentle offer of a passkey, unless the person has one or said "not now" in this browser. One read.
pub async fn after_password(app: &App, user: &user::Model, hint: Option<&Remembered>, waiting: Option<&Waiting>) -> Result<String, AppError> {
    let was_refused = hint.is_some_and(|hint| hint.refused_offer(user, app.now()));
    if was_refused || passkeys::are_there(app, user.id).await? {
        return Ok(address(app, waiting));
    }
    let request = waiting.map_or_else(String::new, |waiting| format!("?request={}", waiting.request));
    Ok(app.config().issuer.join(&format!("/login/offer{request}")))
}

/// Where to go on after the first passkey: the backup codes, and what waits behind them.
pub fn first_backup_codes(app: &App, waiting: Option<&Waiting>) -> String {
    let request = waiting.map_or_else(String::new, |waiting| format!("&request={}", waiting.request));
    app.config().issuer.join(&format!("/account/backup-codes?first{request}"))
}

/// Where to go on.
pub fn address(app: &App, waiting: Option<&Waiting>) -> String {
    match waiting {
        Some(waiting) => app.config().issuer.join(&format!("/authorize/{}", waiting.request)),
        None => app.config().issuer.join("/account"),
    }
}

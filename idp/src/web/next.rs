//! Where a person goes after proving who they are: back to the request that waits for them, or to their own page.
//!
//! What waits is a sealed text that only `/authorize` reads; nothing here follows an address that came with a request.

use crate::actions::authorization_requests::{self, Presented};
use crate::app::App;
use crate::base::error::AppError;
use crate::web::browser::Browser;

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

/// Where to go on.
pub fn address(app: &App, waiting: Option<&Waiting>) -> String {
    match waiting {
        Some(waiting) => app.config().issuer.join(&format!("/authorize/{}", waiting.request)),
        None => app.config().issuer.join("/account"),
    }
}

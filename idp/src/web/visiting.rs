//! Who answers a ceremony, read from the request. Looks nothing up: that is for after the answer's ceremony was opened.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::actions::visitor::Visitor;
use crate::app::App;
use crate::base::error::AppError;
use crate::web::browser::Browser;
use crate::web::cookies;
use crate::web::origin::RequestOrigin;
use crate::web::peer::Peer;
use crate::web::remembered::Hint;

/// Extractor: whoever asks, in a browser that shows its cookie.
#[derive(Clone, Debug)]
pub struct Visiting(pub Visitor);

impl FromRequestParts<App> for Visiting {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let browser = Browser::from_request_parts(parts, app).await?.digest();
        let Ok(RequestOrigin(origin)) = RequestOrigin::from_request_parts(parts, app).await;
        let Ok(Peer(network)) = Peer::from_request_parts(parts, app).await;
        let Ok(Hint(remembered)) = Hint::from_request_parts(parts, app).await;
        let known_as = remembered.map(|remembered| remembered.email);
        Ok(Self(Visitor { browser, shown: cookies::read_session(&parts.headers, &app.config().issuer), known_as, network, origin }))
    }
}

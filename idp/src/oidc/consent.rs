//! The consent page: what a client asks for, and what the person says to it (OpenID Connect Core §3.1.2.4).
//!
//! The form carries nothing but the answer; request, client and scope come from the box in the address, which is bound to this browser,
//! and the person from the sessions of this browser. The form's address says for whom the page was shown: another person who has signed in meanwhile is
//! asked in their own name (C-SES-07). Whoever is here in another state than the page is for goes back to `/authorize`, which knows.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::actions::authorization_requests::{self, present};
use crate::actions::cancellation::{asking_client, denied};
use crate::actions::everybody::Everybody;
use crate::actions::next_steps::{step, whose};
use crate::actions::{consents, pushed_requests};
use crate::adapters::templates::pages::Consent;
use crate::app::App;
use crate::base::base64url;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::oidc::authorize::to;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::claim_names::ClaimName;
use crate::protocol::next_step::NextStep;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::browser::Browser;
use crate::web::client_answer;
use crate::web::form::Form;
use crate::web::origin::RequestOrigin;
use crate::web::page::{Pages, person};
use crate::web::session::AllHere;

/// For whom the page was shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShownTo {
    person: String,
}

/// `GET /consent/BOX`
pub async fn show(
    State(app): State<App>,
    Path(text): Path<String>,
    browser: Browser,
    AllHere(here): AllHere,
    pages: Pages,
) -> Result<Response, AppError> {
    let request = authorization_requests::read(&app, &text, browser.digest()).await?;
    let Some(who) = whoever_is_asked(&app, &request, &here).await? else { return Ok(to(&app, &format!("/authorize/{text}"))) };
    let client = asking_client(&app, &request)?;
    let own = Consent {
        presented: present(&client, &app.config().issuer).answered_at(request.redirect_uri.host()),
        user: person(&who.user),
        scopes: request.scope.tokens().map(|token| token.as_str().to_owned()).collect(),
        claims: request.extent().further_claims().iter().map(ClaimName::name).collect(),
        resources: request.resources.as_slice().iter().map(ToString::to_string).collect(),
        action: format!("{}/consent/{text}?person={}", app.config().issuer.path(), base64url::encode(mark(&app, &request, &who).as_bytes())),
        request: Some(text),
    };
    pages.show_towards(request.redirect_uri.origin_for_csp().as_deref(), own)
}

/// `POST /consent/BOX`
pub async fn answer(
    State(app): State<App>,
    (Path(text), Query(shown)): (Path<String>, Query<ShownTo>),
    browser: Browser,
    AllHere(here): AllHere,
    RequestOrigin(origin): RequestOrigin,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    let request = authorization_requests::read(&app, &text, browser.digest()).await?;
    let back = to(&app, &format!("/authorize/{text}"));
    let Some(who) = whoever_is_asked(&app, &request, &here).await? else { return Ok(back) };
    if base64url::decode_array(&shown.person).map(Digest::from_bytes) != Some(mark(&app, &request, &who)) {
        return Ok(back);
    }
    match form.field("decision") {
        "allow" => {
            consents::answer(&app, &request, &who, true, origin).await?;
            Ok(back)
        }
        "deny" => {
            consents::answer(&app, &request, &who, false, origin).await?;
            pushed_requests::answer(&app, &request).await?;
            let client = asking_client(&app, &request)?;
            client_answer::refuse(&app, &pages, &client, &request.return_address(), &denied())
        }
        _ => Err(AppError::new(Kind::Invalid, "invalid_request").because("decision is neither allow nor deny")),
    }
}

/// The person, if it is consent that the request waits for.
async fn whoever_is_asked(app: &App, request: &AuthorizationRequest, here: &Everybody) -> Result<Option<SessionAndUser>, AppError> {
    let client = asking_client(app, request)?;
    let who = whose(app, request, here);
    let waits_for_consent = step(app, request, who, &client.metadata).await? == NextStep::Consent;
    Ok(who.filter(|_| waits_for_consent).cloned())
}

/// Names a request and a person without saying who they are.
fn mark(app: &App, request: &AuthorizationRequest, who: &SessionAndUser) -> Digest {
    let parts = [request.id.as_bytes().as_slice(), who.user.id.as_uuid().as_bytes()];
    app.view().rings.sealer.mac("consent", &parts)
}

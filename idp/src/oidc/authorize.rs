//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): reads a request (from its parameters, a signed object, or what was
//! pushed), asks `next_step` what follows, and sends the
//! browser there. What can't be trusted to go back to a client is said on our own page; everything else is redirected.

use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use url::form_urlencoded;

use crate::actions::authorization_requests;
use crate::actions::cancellation::{asking_client, enabled_client};
use crate::actions::next_steps::{step, whose};
use crate::actions::{codes, pushed_requests, reading, request_objects, sessions};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::protocol::authorization_request::{AuthorizationRequest, identify, redirect_target, requested_address};
use crate::protocol::authorization_response::AuthorizationResponse;
use crate::protocol::discovery::path;
use crate::protocol::error::OAuthError;
use crate::protocol::next_step::NextStep;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::return_address::ReturnAddress;
use crate::store::client::Client;
use crate::web::browser::Browser;
use crate::web::client_answer;
use crate::web::form::{read_body, require_content_type};
use crate::web::session::AllHere;

/// The longest sealed request that is put into an address without a browser to store it for.
const LONGEST_UNBOUND: usize = 7 * 1024;

/// `GET /authorize`
pub async fn get(State(app): State<App>, request: Request) -> Result<Response, AppError> {
    let (mut parts, _) = request.into_parts();
    let params = Params::gather(&[query(&parts)]).map_err(unreadable)?;
    begin(&app, &mut parts, &params).await
}

/// `POST /authorize`, also from another site, and then without cookies (A-RTM-07).
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, AppError> {
    let (mut parts, body) = request.into_parts();
    require_content_type(&parts.headers, "application/x-www-form-urlencoded")?;
    let body = read_body(body, &app).await?;
    // A name in the address and in the body is a name that came twice (A-RTM-05).
    let params = Params::gather(&[query(&parts), &body]).map_err(unreadable)?;
    begin(&app, &mut parts, &params).await
}

/// `GET /authorize/BOX`: a page has changed a fact, or a request without a browser has found one.
pub async fn resume(State(app): State<App>, Path(text): Path<String>, request: Request) -> Result<Response, AppError> {
    let (mut parts, _) = request.into_parts();
    let browser = Browser::from_request_parts(&mut parts, &app).await?;
    if authorization_requests::is_unbound(&text) {
        let request = authorization_requests::read_unbound(&app, &text).await?;
        let kept = authorization_requests::keep(&app, &request, browser.digest()).await?;
        return Ok(to(&app, &format!("/authorize/{kept}")));
    }
    let request = authorization_requests::read(&app, &text, browser.digest()).await?;
    go_on(&app, &mut parts, &request, Some(text)).await
}

fn query(parts: &Parts) -> &[u8] {
    parts.uri.query().unwrap_or_default().as_bytes()
}

fn unreadable(error: OAuthError) -> AppError {
    AppError::new(Kind::Invalid, "invalid_request").because(error)
}

async fn begin(app: &App, parts: &mut Parts, params: &Params) -> Result<Response, AppError> {
    let client = enabled_client(app, &identify(params)?)?;
    if let Some(name) = params.get("request_uri").filter(|name| pushed_requests::is_name(name)) {
        return begin_pushed(app, parts, params, &client, name).await;
    }
    let object = match request_objects::of(app, &client, params).await {
        Ok(object) => object,
        Err(error) => return refuse_object(app, parts, params, &client, error).await,
    };
    let params = object.as_ref().unwrap_or(params);
    let redirect_uri = redirect_target(&client.metadata, requested_address(params)?)?;
    // From here on the client hears what is wrong.
    let outcome = match judge(app, params, &client, redirect_uri.clone()) {
        Ok(request) => proceed(app, parts, &request, None).await,
        Err(error) => Err(Stop::Tell(error)),
    };
    match outcome {
        Err(stop) => stop.answer(app, parts, &client, &ReturnAddress::of_refused(params, redirect_uri), is_silent(params)).await,
        Ok(response) => Ok(response),
    }
}

fn judge(app: &App, params: &Params, client: &Client, redirect_uri: RedirectUri) -> Result<AuthorizationRequest, OAuthError> {
    let request = reading::judge(app, params, &client.metadata, redirect_uri, app.config().lifetimes.authorization_request)?;
    // RFC 9126 §5, §6: of the client, or of everybody (A-PAR-04).
    if client.metadata.require_pushed_authorization_requests || app.config().authorization.require_pushed_requests {
        return Err(OAuthError::invalid_request("authorization requests must be pushed"));
    }
    Ok(request)
}

/// What is wrong with a request object is told where the parameters beside it say, if that address is registered; else on our own page.
async fn refuse_object(app: &App, parts: &mut Parts, params: &Params, client: &Client, error: OAuthError) -> Result<Response, AppError> {
    let beside = requested_address(params).and_then(|requested| redirect_target(&client.metadata, requested));
    match beside {
        Ok(redirect_uri) => Stop::Tell(error).answer(app, parts, client, &ReturnAddress::of_refused(params, redirect_uri), is_silent(params)).await,
        // RFC 9101 §5: an address that stands in the object alone is not known while the object is not.
        Err(_) if params.get("request").is_some() => Err(unreadable(error)),
        Err(nowhere) => Err(nowhere),
    }
}

/// RFC 9126 §4: `client_id` and the name of what was pushed; whatever else is sent along counts for nothing (A-PAR-03).
async fn begin_pushed(app: &App, parts: &mut Parts, params: &Params, client: &Client, name: &str) -> Result<Response, AppError> {
    params.refuse_repeated().map_err(unreadable)?;
    if params.get("request").is_some() {
        return Err(unreadable(OAuthError::invalid_request("request and request_uri can't be sent together")));
    }
    let client_id = &client.metadata.client_id;
    if parts.extensions.get::<Browser>().is_none() {
        // A POST from another site: the browser shows its cookie with a GET.
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("client_id", client_id.as_str()).append_pair("request_uri", name).finish();
        return Ok(to(app, &format!("{}?{query}", path::AUTHORIZE)));
    }
    let request = pushed_requests::begin(app, client_id, name).await?;
    go_on(app, parts, &request, None).await
}

/// Goes on with a request that was kept before; where it stops, its client hears it.
async fn go_on(app: &App, parts: &mut Parts, request: &AuthorizationRequest, kept: Option<String>) -> Result<Response, AppError> {
    let client = asking_client(app, request)?;
    match proceed(app, parts, request, kept).await {
        Ok(response) => Ok(response),
        Err(stop) => {
            if let Stop::Tell(_) = stop {
                pushed_requests::answer(app, request).await?;
            }
            stop.answer(app, parts, &client, &request.return_address(), request.prompt.is_none()).await
        }
    }
}

/// Whether a request may show nothing, as far as it can be read.
fn is_silent(params: &Params) -> bool {
    params.get("prompt") == Some("none")
}

/// Whether nobody is signed in in this browser, as far as is known.
async fn is_nobody_here(app: &App, parts: &mut Parts) -> bool {
    AllHere::from_request_parts(parts, app).await.is_ok_and(|AllHere(here)| here.is_empty())
}

/// Why a request does not go on.
pub(super) enum Stop {
    /// Said on our own page.
    Page(AppError),
    /// Said to the client.
    Tell(OAuthError),
}

impl Stop {
    /// The answer: an error of ours, or the client hears the refusal, with its `state` and `iss` (RFC 6749 §4.1.2.1, RFC 9207 §2).
    async fn answer(self, app: &App, parts: &mut Parts, client: &Client, to: &ReturnAddress, silent: bool) -> Result<Response, AppError> {
        match self {
            Self::Page(error) => Err(error),
            Self::Tell(error) => {
                tracing::info!(%error, "refused");
                if client.is_dynamic() && !silent && is_nobody_here(app, parts).await {
                    return client_answer::ask_before_refusing(app, parts, client, to, &error).await;
                }
                let response = AuthorizationResponse::refusal(&error, to, &app.config().issuer);
                client_answer::send_from(app, parts, client, to, &response).await
            }
        }
    }
}

/// What passes by itself, and what is our fault, the client hears as such; it may know what to do about it (RFC 6749 §4.1.2.1).
impl From<AppError> for Stop {
    fn from(error: AppError) -> Self {
        match error.kind {
            Kind::Unavailable(_) => {
                tracing::warn!(%error, "unavailable");
                Self::Tell(OAuthError::temporarily_unavailable("try again shortly"))
            }
            Kind::Internal => {
                tracing::error!(%error, "failed");
                Self::Tell(OAuthError::server_error("something went wrong here"))
            }
            _ => Self::Page(error),
        }
    }
}

/// Goes on with a request that passed every check: the facts, the step, the way there.
async fn proceed(app: &App, parts: &mut Parts, request: &AuthorizationRequest, kept: Option<String>) -> Result<Response, Stop> {
    let Some(browser) = parts.extensions.get::<Browser>().cloned() else {
        // A POST from another site: the browser may have its cookie, and shows it with the GET that follows.
        return Ok(to(app, &format!("/authorize/{}", unbound(app, request)?)));
    };
    let AllHere(here) = AllHere::from_request_parts(parts, app).await?;
    // Asked again, for the session's read has told what changed.
    let client = asking_client(app, request).map_err(Stop::Page)?;
    let who = whose(app, request, &here);
    let step = step(app, request, who, &client.metadata).await?;
    let is_current = || here.current().zip(who).is_some_and(|(current, who)| current.session.id == who.session.id);
    let keep = async || match kept {
        Some(text) => Ok(text),
        None => authorization_requests::keep(app, request, browser.digest()).await,
    };
    let path = match (step, who) {
        (NextStep::Issue, Some(who)) => {
            pushed_requests::answer(app, request).await?;
            sessions::note_use(app, &who.session);
            let code = codes::issue(app, request, who, browser.digest()).await?;
            let to = request.return_address();
            let response = AuthorizationResponse::code(&code, &to, &app.config().issuer);
            return Ok(client_answer::send_from(app, parts, &client, &to, &response).await?);
        }
        (NextStep::Refuse(error), _) => return Err(Stop::Tell(error)),
        (NextStep::Consent, _) => format!("/consent/{}", keep().await?),
        (NextStep::SaveBackupCodes, _) if is_current() => format!("/account/backup-codes?first&request={}", keep().await?),
        // The codes are shown to the current account alone, so that another one is chosen first.
        (NextStep::ChooseAccount | NextStep::SaveBackupCodes, _) => format!("/choose-account/{}", keep().await?),
        (NextStep::SignIn | NextStep::SignInAgain | NextStep::Issue, _) => format!("/login?request={}", keep().await?),
    };
    Ok(to(app, &path))
}

fn unbound(app: &App, request: &AuthorizationRequest) -> Result<String, Stop> {
    let text = authorization_requests::keep_unbound(app, request.clone())?;
    if text.len() > LONGEST_UNBOUND {
        return Err(Stop::Tell(OAuthError::invalid_request("the request is too long to be sent by POST from another site")));
    }
    Ok(text)
}

pub(super) fn to(app: &App, path: &str) -> Response {
    Redirect::to(&app.config().issuer.join(path)).into_response()
}

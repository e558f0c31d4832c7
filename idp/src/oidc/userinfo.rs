//! The userinfo endpoint (OpenID Connect Core §5.3): what the scope of an access token gives, to whoever bears it (RFC 6750).

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};

use crate::actions::access_tokens::{Accepted, accept};
use crate::actions::subjects;
use crate::actions::tokens::person_facts;
use crate::adapters::jose::mint_user_info;
use crate::app::App;
use crate::oidc::answer::{Refused, json, no_store};
use crate::oidc::api_request::authorization;
use crate::oidc::cors;
use crate::protocol::claim_names::ClaimNames;
use crate::protocol::claims::{StandardClaims, UserInfo};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::scope;
use crate::web::form::{read_body, require_content_type};

/// `GET /userinfo`: the token in the header. One in the address is not looked at (A-UI-02).
pub async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    answer(&app, &headers, bearer(&headers, None)).await
}

/// `POST /userinfo`: the token in the header or in the form (RFC 6750 §2.1, §2.2).
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let in_body = if parts.headers.contains_key(CONTENT_TYPE) && require_content_type(&parts.headers, "application/x-www-form-urlencoded").is_ok() {
        match read_body(body, &app).await.map_err(Refused::from).and_then(|body| Ok(Params::parse_form(&body)?)) {
            Ok(params) => params.get("access_token").map(str::to_owned),
            Err(refused) => return exposed(refused.into_response(), &parts.headers, None),
        }
    } else {
        // A body of another type carries no token, and an empty one has no type.
        None
    };
    answer(&app, &parts.headers, bearer(&parts.headers, in_body)).await
}

/// The one token that was shown, if any.
pub(super) fn bearer(headers: &HeaderMap, in_body: Option<String>) -> Result<Option<String>, OAuthError> {
    let in_header = authorization(headers)?.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then(|| token.to_owned())
    });
    // RFC 6750 §2: one method at a time.
    if in_header.is_some() && in_body.is_some() {
        return Err(OAuthError::invalid_request("the access token was sent in two ways"));
    }
    Ok(in_header.or(in_body))
}

async fn answer(app: &App, headers: &HeaderMap, shown: Result<Option<String>, OAuthError>) -> Response {
    let token = match shown {
        Ok(Some(token)) => token,
        // RFC 6750 §3.1: who showed nothing is told how to ask, and no error.
        Ok(None) => {
            let mut response = json(StatusCode::UNAUTHORIZED, &serde_json::json!({}));
            response.headers_mut().insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"userinfo\""));
            return exposed(response, headers, None);
        }
        Err(error) => return exposed(refusal(error), headers, None),
    };
    let accepted = match accept(app, &token).await {
        // RFC 9068 §4: a token that was made for somebody else's API opens nothing here.
        Ok(Some(accepted)) if accepted.is_for_us(app) => accepted,
        Ok(_) => return exposed(refusal(OAuthError::invalid_token("the access token is unknown, over or revoked")), headers, None),
        Err(error) => return exposed(Refused::from(error).into_response(), headers, None),
    };
    let response = claims(app, &accepted).and_then(|claims| told(app, &accepted, &claims)).unwrap_or_else(refusal);
    exposed(response, headers, Some(&accepted))
}

/// OpenID Connect Core §5.3.2, §5.4, §5.5: `sub`, what the token's scope gives, and what its grant was asked for one by one.
fn claims(app: &App, accepted: &Accepted) -> Result<UserInfo, OAuthError> {
    let scope = &accepted.token.scope;
    if !scope.contains(scope::OPENID) {
        return Err(OAuthError::insufficient_scope("the access token was not given for openid"));
    }
    // In its own name a client may have a scope that is called like ours, but there is no person to tell about.
    let facts = accepted.facts.as_ref().ok_or_else(|| OAuthError::insufficient_scope("nobody stands behind the access token"))?;
    let user = &facts.user;
    let sub = subjects::of(app, &accepted.client.metadata, &user.subject);
    let names = ClaimNames::of_scope(scope).union(&facts.grant.claims.userinfo);
    Ok(UserInfo { sub, claims: StandardClaims::told(&person_facts(user), &names) })
}

/// OpenID Connect Core §5.3.2: JSON, or a signed JWT where the client registered an algorithm for it.
fn told(app: &App, accepted: &Accepted, claims: &UserInfo) -> Result<Response, OAuthError> {
    let metadata = &accepted.client.metadata;
    let Some(algorithm) = metadata.userinfo_signed_response_alg else { return Ok(json(StatusCode::OK, claims)) };
    let fault = |error: String| OAuthError::server_error("the answer could not be signed").because(error);
    let view = app.view();
    let key = view.rings.signing.signer(algorithm, app.now()).ok_or_else(|| fault(format!("there is no {algorithm} key")))?;
    let signed = mint_user_info(key, &app.config().issuer, &metadata.client_id, claims).map_err(|error| fault(error.to_string()))?;
    let mut response = signed.into_response();
    no_store(response.headers_mut());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    Ok(response)
}

/// RFC 6750 §3: the error stands in the challenge as well. Descriptions have no character that would end a quoted text.
fn refusal(error: OAuthError) -> Response {
    let refused = Refused::from(error);
    let scope = if refused.code() == ErrorCode::InsufficientScope { ", scope=\"openid\"" } else { "" };
    let challenge = format!("Bearer realm=\"userinfo\", error=\"{}\", error_description=\"{}\"{scope}", refused.code(), refused.description());
    match HeaderValue::from_str(&challenge) {
        Ok(challenge) => refused.challenging(challenge).into_response(),
        Err(_) => refused.into_response(),
    }
}

fn exposed(mut response: Response, headers: &HeaderMap, accepted: Option<&Accepted>) -> Response {
    cors::expose(&mut response, headers, accepted.map(|accepted| &accepted.client.metadata));
    response
}

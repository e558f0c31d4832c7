//! Requests of programs: a form in the body, credentials in a header or in that form, and nothing that counts in the address
//! (RFC 6749 §2.3.1, §3.2, A-CA-09, A-TOK-02).

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::actions::audit::Origin;
use crate::actions::client_authentication::{self, Credentials, WrongSecrets};
use crate::actions::shown_once::ShownOnce;
use crate::app::App;
use crate::oidc::answer::Refused;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::store::client::Client;
use crate::web::form::{read_body, require_content_type};
use crate::web::origin::RequestOrigin;
use crate::web::peer::Peer;

/// What must not stand in an address, where logs and histories keep it.
const ONLY_IN_BODY: [&str; 13] = [
    "access_token",
    "assertion",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "password",
    "refresh_token",
    "token",
    "username",
];

/// A form from a client that has proved who it is. A proof that counts once is spent already.
#[derive(Debug)]
pub struct ClientForm {
    /// The client.
    pub client: Arc<Client>,
    /// What it proved itself with, as far as that counts once.
    pub proof: ShownOnce,
    /// The fields.
    pub params: Params,
    /// The headers, for CORS.
    pub headers: HeaderMap,
    /// Where the request comes from.
    pub origin: Origin,
}

/// The same for endpoints that write: a proof that counts once is *not* spent yet. Whoever takes this writes with it, or settles it.
#[derive(Debug)]
pub struct ClientFormToWrite(pub ClientForm);

impl FromRequest<App> for ClientForm {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let ClientFormToWrite(form) = ClientFormToWrite::from_request(request, app).await?;
        form.proof.settle(app).await?;
        Ok(form)
    }
}

impl FromRequest<App> for ClientFormToWrite {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        refuse_secrets_in(&parts.uri)?;
        require_content_type(&parts.headers, "application/x-www-form-urlencoded")?;
        let params = Params::parse_form(&read_body(body, app).await?)?;
        let (client, proof) = authenticate(app, &mut parts, &params).await.map_err(|refused| challenge(refused, &parts.headers))?;
        let Ok(RequestOrigin(origin)) = RequestOrigin::from_request_parts(&mut parts, app).await;
        Ok(Self(ClientForm { client, proof, params, headers: parts.headers, origin }))
    }
}

async fn authenticate(app: &App, parts: &mut Parts, params: &Params) -> Result<(Arc<Client>, ShownOnce), Refused> {
    let credentials = Credentials::read(authorization(&parts.headers)?, params)?;
    let Ok(Peer(network)) = Peer::from_request_parts(parts, app).await;
    let wrong = parts.extensions.get::<WrongSecrets>().cloned().ok_or_else(|| OAuthError::server_error("no secret can be checked"))?;
    Ok(client_authentication::authenticate(app, &wrong, credentials, network).await?)
}

/// RFC 6749 §5.2: a client that used the header is told how to use it.
fn challenge(refused: Refused, headers: &HeaderMap) -> Refused {
    if refused.code() == ErrorCode::InvalidClient && headers.contains_key(AUTHORIZATION) {
        refused.challenging(HeaderValue::from_static("Basic realm=\"token\", charset=\"UTF-8\""))
    } else {
        refused
    }
}

/// The one `Authorization` header, if there is any. Two of them are two answers to one question.
pub fn authorization(headers: &HeaderMap) -> Result<Option<&str>, OAuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(OAuthError::invalid_request("the Authorization header was sent more than once"));
    }
    // What isn't ASCII is no credential of any scheme; as an empty text it fails wherever it is read.
    Ok(first.map(|value| value.to_str().unwrap_or_default()))
}

fn refuse_secrets_in(uri: &Uri) -> Result<(), OAuthError> {
    let params = Params::gather(&[uri.query().unwrap_or_default().as_bytes()])?;
    match ONLY_IN_BODY.iter().find(|name| params.get(name).is_some() || params.is_repeated(name)) {
        None => Ok(()),
        Some(name) => Err(OAuthError::invalid_request(format!("{name} belongs in the body, not in the address"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-CA-09: nothing that opens something is read from an address.
    #[test]
    fn secrets_in_the_address_are_refused() {
        let judge = |uri: &str| refuse_secrets_in(&uri.parse().unwrap());
        for good in ["/token", "/token?", "/token?foo=bar&client_secret="] {
            assert!(judge(good).is_ok(), "{good}");
        }
        for bad in ["/token?client_id=shop", "/token?client_secret=x", "/revoke?token=x", "/token?%63lient_secret=x", "/token?code=a&code=b"] {
            assert_eq!(judge(bad).unwrap_err().code(), ErrorCode::InvalidRequest, "{bad}");
        }
    }
}

//! The provider, as a client sees it: everything goes through the `openidconnect` crate and over HTTP. Discovered when first needed and
//! again when a token names a key that we don't know (OpenID Connect Core §10.1.1).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType,
    CoreIdToken, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalProviderMetadata, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse, SubjectIdentifier, TokenResponse as _, UserInfoClaims,
    UserInfoError, reqwest,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::base::base64url;
use crate::base::clock::{Clock, Time};
use crate::cli::demo::relying_party::refusal::Refusal;
use crate::cli::demo::relying_party::trouble::Trouble;
use crate::cli::demo::relying_party::{CALLBACK, DemoClient, DemoError, SIGNED_OUT, Settings};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The provider may be starting at this very moment: discovery is tried so often, so far apart, before a page says so.
const TRIES: usize = 8;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// What we read of the metadata beyond OpenID Connect Discovery.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Further {
    /// RP-Initiated Logout 1.0 §2.1.
    end_session_endpoint: Option<EndSessionUrl>,
    /// RFC 9207 §3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Further {}

type Metadata = ProviderMetadata<
    Further,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Every claim beside the standard ones.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Everything(BTreeMap<String, Value>);

impl openidconnect::AdditionalClaims for Everything {}

/// Where a browser is sent to sign in, and what to remember until it comes back.
pub(super) struct Asked {
    pub(super) url: Url,
    pub(super) state: String,
    pub(super) nonce: Nonce,
    pub(super) verifier: PkceCodeVerifier,
}

/// What the provider gave, verified. The tokens themselves stay in here.
#[derive(Clone)]
pub(super) struct Tokens {
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
    id_token: CoreIdToken,
    /// The ID token's JOSE header.
    pub(super) header: Map<String, Value>,
    /// The ID token's claims.
    pub(super) claims: Map<String, Value>,
    /// The scopes that were given.
    pub(super) scopes: Vec<String>,
    /// When they came.
    pub(super) obtained_at: Time,
    /// How long the access token lives, if the provider says so.
    pub(super) expires_in: Option<Duration>,
}

impl Tokens {
    /// Whether there is something to refresh with.
    pub(super) fn can_refresh(&self) -> bool {
        self.refresh_token.is_some()
    }

    /// Whether access and refresh token are others than those.
    pub(super) fn differ_from(&self, earlier: &Self) -> [bool; 2] {
        [self.access_token.secret() != earlier.access_token.secret(), self.refresh_secret() != earlier.refresh_secret()]
    }

    fn refresh_secret(&self) -> Option<&str> {
        self.refresh_token.as_ref().map(|token| token.secret().as_str())
    }

    fn subject(&self) -> Option<SubjectIdentifier> {
        self.claims.get("sub").and_then(Value::as_str).map(|sub| SubjectIdentifier::new(sub.to_owned()))
    }
}

/// The provider of one issuer.
pub(super) struct Provider {
    issuer: String,
    issuer_url: IssuerUrl,
    base_url: String,
    http: reqwest::Client,
    clock: Clock,
    known: RwLock<Option<Arc<Metadata>>>,
}

impl Provider {
    /// Asks nobody yet.
    pub(super) fn new(settings: &Settings, clock: Clock) -> Result<Self, DemoError> {
        let issuer_url = IssuerUrl::new(settings.issuer.clone()).map_err(|_| DemoError::Issuer(settings.issuer.clone()))?;
        // No redirects: an endpoint that points elsewhere would get our secrets sent elsewhere. No proxy: the demo's provider is next door,
        // whatever the environment says about the way to the internet.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(PATIENCE).build()?;
        let base_url = settings.base_url.clone();
        Ok(Self { issuer: settings.issuer.clone(), issuer_url, base_url, http, clock, known: RwLock::default() })
    }

    /// The issuer, exactly as it was told.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// RFC 9207 §2.3: whether an authorization response without `iss` can't be this provider's.
    pub(super) async fn announces_iss(&self) -> Result<bool, Trouble> {
        Ok(self.metadata().await?.additional_metadata().authorization_response_iss_parameter_supported)
    }

    /// The origin that a sign-out form ends at, once it is known.
    pub(super) fn sign_out_origin(&self) -> Option<String> {
        let metadata = self.known()?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.as_ref()?;
        Some(endpoint.url().origin().ascii_serialization())
    }

    /// A new authorization request: code flow, PKCE S256, fresh state and nonce (OpenID Connect Core §3.1.2.1, RFC 7636 §4.3).
    pub(super) async fn asks(&self, client: &DemoClient, login_hint: Option<&str>) -> Result<Asked, Trouble> {
        let metadata = self.metadata().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let crate_client = self.client(&metadata, client)?;
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = crate_client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
        for scope in client.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if let Some(hint) = login_hint {
            request = request.add_extra_param("login_hint", hint);
        }
        let (url, state, nonce) = request.url();
        Ok(Asked { url, state: state.into_secret(), nonce, verifier })
    }

    /// Redeems a code and verifies what it gives (RFC 6749 §4.1.3, RFC 7636 §4.5, OpenID Connect Core §3.1.3.7).
    pub(super) async fn redeems(&self, client: &DemoClient, code: String, verifier: PkceCodeVerifier, nonce: &Nonce) -> Result<Tokens, Trouble> {
        let metadata = self.metadata().await?;
        let crate_client = self.client(&metadata, client)?;
        let request = crate_client.exchange_code(AuthorizationCode::new(code)).map_err(|_| no_endpoint("token_endpoint"))?;
        let response = request.set_pkce_verifier(verifier).request_async(&self.http).await.map_err(token_trouble)?;
        self.verified(client, &response, Some(nonce)).await?.ok_or_else(|| Trouble::Unconvincing("there is no ID token".to_owned()))
    }

    /// Trades the refresh token for new tokens and verifies them (RFC 6749 §6, OpenID Connect Core §12).
    pub(super) async fn refreshes(&self, client: &DemoClient, tokens: &Tokens) -> Result<Tokens, Trouble> {
        let metadata = self.metadata().await?;
        let crate_client = self.client(&metadata, client)?;
        let refresh_token = tokens.refresh_token.as_ref().ok_or_else(|| Trouble::Unconvincing("there is no refresh token".to_owned()))?;
        let request = crate_client.exchange_refresh_token(refresh_token).map_err(|_| no_endpoint("token_endpoint"))?;
        let response = request.request_async(&self.http).await.map_err(token_trouble)?;
        let mut new = match self.verified(client, &response, None).await? {
            Some(new) => new,
            // §12.2: a refresh need not bring an ID token; then the one we have still says who this is.
            None => Tokens {
                access_token: response.access_token().clone(),
                refresh_token: response.refresh_token().cloned(),
                obtained_at: self.clock.now(),
                expires_in: response.expires_in(),
                ..tokens.clone()
            },
        };
        still_the_same_person(&tokens.claims, &new.claims).map_err(|reason| Trouble::Unconvincing(reason.to_owned()))?;
        if response.scopes().is_none() {
            // RFC 6749 §6: without `scope` the scopes are those of before.
            new.scopes.clone_from(&tokens.scopes);
        }
        if new.refresh_token.is_none() {
            // RFC 6749 §6: without a new refresh token the old one goes on.
            new.refresh_token.clone_from(&tokens.refresh_token);
        }
        Ok(new)
    }

    /// Asks userinfo; the crate holds its `sub` against the ID token's (OpenID Connect Core §5.3.2).
    pub(super) async fn userinfo(&self, client: &DemoClient, tokens: &Tokens) -> Result<Map<String, Value>, Trouble> {
        let metadata = self.metadata().await?;
        let crate_client = self.client(&metadata, client)?;
        let request = crate_client.user_info(tokens.access_token.clone(), tokens.subject()).map_err(|_| no_endpoint("userinfo_endpoint"))?;
        let claims: UserInfoClaims<Everything, CoreGenderClaim> = request.request_async(&self.http).await.map_err(|error| match error {
            UserInfoError::Response(StatusCode::UNAUTHORIZED, ..) => Trouble::Refused(Refusal::new("invalid_token", None)),
            UserInfoError::Response(status, ..) => Trouble::Unconvincing(format!("userinfo answered with status {status}")),
            UserInfoError::Request(error) => unreachable(&error),
            UserInfoError::ClaimsVerification(error) => Trouble::Unconvincing(chain(&error)),
            _ => Trouble::Unconvincing("userinfo's answer can't be read".to_owned()),
        })?;
        match serde_json::to_value(claims) {
            Ok(Value::Object(claims)) => Ok(claims.into_iter().filter(|(_, value)| !value.is_null()).collect()),
            _ => Err(Trouble::Internal),
        }
    }

    /// Where a browser is sent to sign out there too, and back with this state (RP-Initiated Logout 1.0 §2). None when the provider has
    /// no such endpoint or does not answer: then signing out ends here.
    pub(super) async fn sign_out_url(&self, client: &DemoClient, tokens: &Tokens, state: &str) -> Option<Url> {
        let metadata = self.metadata().await.ok()?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.clone()?;
        let back = PostLogoutRedirectUrl::new(format!("{}{}{SIGNED_OUT}", self.base_url, client.path)).ok()?;
        let request = LogoutRequest::from(endpoint).set_id_token_hint(&tokens.id_token).set_post_logout_redirect_uri(back);
        Some(request.set_state(CsrfToken::new(state.to_owned())).http_get_url())
    }

    fn client(&self, metadata: &Metadata, client: &DemoClient) -> Result<Client, Trouble> {
        let redirect_uri = RedirectUrl::new(format!("{}{}{CALLBACK}", self.base_url, client.path)).map_err(|_| Trouble::Internal)?;
        let (id, secret) = (ClientId::new(client.client_id.clone()), ClientSecret::new(client.client_secret.clone()));
        Ok(CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret)).set_redirect_uri(redirect_uri))
    }

    /// The tokens of a response whose ID token holds; nothing, if it has none.
    async fn verified(&self, client: &DemoClient, response: &CoreTokenResponse, nonce: Option<&Nonce>) -> Result<Option<Tokens>, Trouble> {
        let Some(id_token) = response.id_token() else { return Ok(None) };
        let mut judged = self.judges(&*self.metadata().await?, client, response, id_token, nonce)?;
        if judged == Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) {
            judged = self.judges(&*self.discovers().await?, client, response, id_token, nonce)?;
        }
        judged.map_err(|error| Trouble::Unconvincing(format!("the ID token: {}", chain(&error))))?;
        let spelled = id_token.to_string();
        let mut parts = spelled.split('.').map(|part| base64url::decode(part).and_then(|json| serde_json::from_slice(&json).ok()));
        let (Some(Some(header)), Some(Some(claims))) = (parts.next(), parts.next()) else { return Err(Trouble::Internal) };
        let scopes = match response.scopes() {
            Some(scopes) => scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            // RFC 6749 §5.1: without `scope` one got what one asked for.
            None => std::iter::once("openid".to_owned()).chain(client.scopes.iter().filter(|scope| *scope != "openid").cloned()).collect(),
        };
        Ok(Some(Tokens {
            access_token: response.access_token().clone(),
            refresh_token: response.refresh_token().cloned(),
            id_token: id_token.clone(),
            header,
            claims,
            scopes,
            obtained_at: self.clock.now(),
            expires_in: response.expires_in(),
        }))
    }

    /// Signature, `iss`, `aud`, times, `nonce` and `at_hash` (OpenID Connect Core §3.1.3.7, §3.1.3.8).
    fn judges(
        &self,
        metadata: &Metadata,
        client: &DemoClient,
        response: &CoreTokenResponse,
        id_token: &CoreIdToken,
        nonce: Option<&Nonce>,
    ) -> Result<Result<(), ClaimsVerificationError>, Trouble> {
        let crate_client = self.client(metadata, client)?;
        let now = self.clock.now();
        // HMAC would make our own secret a signing key, and a provider that announces "none" signs nothing.
        let algorithms = metadata.id_token_signing_alg_values_supported().iter().filter(|algorithm| is_asymmetric(algorithm)).cloned();
        let verifier = crate_client.id_token_verifier().set_allowed_algs(algorithms).set_time_fn(move || at(now));
        let claims = match nonce {
            Some(nonce) => id_token.claims(&verifier, nonce),
            None => id_token.claims(&verifier, |_: Option<&Nonce>| Ok(())),
        };
        Ok(claims.and_then(|claims| {
            let Some(said) = claims.access_token_hash() else { return Ok(()) };
            let other = |error: &dyn std::fmt::Display| ClaimsVerificationError::Other(format!("at_hash: {error}"));
            let algorithm = id_token.signing_alg().map_err(|error| other(&error))?;
            let key = id_token.signing_key(&verifier).map_err(|error| other(&error))?;
            let hash = AccessTokenHash::from_token(response.access_token(), algorithm, key).map_err(|error| other(&error))?;
            if hash == *said { Ok(()) } else { Err(other(&"belongs to another access token")) }
        }))
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, Trouble> {
        match self.known() {
            Some(metadata) => Ok(metadata),
            None => self.discovers().await,
        }
    }

    fn known(&self) -> Option<Arc<Metadata>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the well-known document and the keys; the crate checks that the issuer is the one we asked (Discovery §4.3).
    async fn discovers(&self) -> Result<Arc<Metadata>, Trouble> {
        let mut tries = 1;
        let metadata = loop {
            match Metadata::discover_async(self.issuer_url.clone(), &self.http).await {
                Ok(metadata) => break Arc::new(metadata),
                Err(DiscoveryError::Request(_)) if tries < TRIES => tokio::time::sleep(BETWEEN_TRIES).await,
                Err(error) => {
                    tracing::warn!(error = chain(&error), issuer = self.issuer, "the demo can't discover its provider");
                    return Err(Trouble::Unreachable(error.to_string()));
                }
            }
            tries += 1;
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&metadata));
        Ok(metadata)
    }
}

fn is_asymmetric(algorithm: &CoreJwsSigningAlgorithm) -> bool {
    use CoreJwsSigningAlgorithm::{HmacSha256, HmacSha384, HmacSha512, None};
    !matches!(algorithm, HmacSha256 | HmacSha384 | HmacSha512 | None)
}

/// A moment beyond chrono's years makes every token one that has ended.
fn at(now: Time) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(now.millis()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// OpenID Connect Core §12.2: after a refresh `sub` and `auth_time` are what they were; `nonce` too, or it is gone. (`iss` and `aud` are
/// judged with every ID token.)
fn still_the_same_person(before: &Map<String, Value>, after: &Map<String, Value>) -> Result<(), &'static str> {
    if before.get("sub") != after.get("sub") {
        return Err("the refreshed ID token is about somebody else (sub)");
    }
    if before.get("auth_time") != after.get("auth_time") {
        return Err("the refreshed ID token names another sign-in (auth_time)");
    }
    if after.get("nonce").is_some_and(|nonce| before.get("nonce") != Some(nonce)) {
        return Err("the refreshed ID token has another nonce");
    }
    Ok(())
}

fn no_endpoint(name: &str) -> Trouble {
    Trouble::Unconvincing(format!("the metadata has no {name}"))
}

fn unreachable(error: &openidconnect::HttpClientError<reqwest::Error>) -> Trouble {
    tracing::warn!(error = chain(error), "the demo's provider does not answer");
    Trouble::Unreachable("the request failed".to_owned())
}

/// Of an answer that can't be read nothing is repeated: it may hold tokens.
fn token_trouble(error: RequestTokenError<openidconnect::HttpClientError<reqwest::Error>, StandardErrorResponse<CoreErrorResponseType>>) -> Trouble {
    match error {
        RequestTokenError::ServerResponse(said) => {
            Trouble::Refused(Refusal::new(said.error().as_ref(), said.error_description().map(String::as_str)))
        }
        RequestTokenError::Request(error) => unreachable(&error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Trouble::Unconvincing("the token endpoint's answer can't be read".to_owned()),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// OpenID Connect Core §12.2
    #[test]
    fn a_refresh_does_not_change_who_somebody_is() {
        let judge = |after: Value| {
            let before = json!({"sub": "a", "auth_time": 1, "nonce": "n", "iat": 1});
            still_the_same_person(before.as_object().unwrap(), after.as_object().unwrap()).is_ok()
        };
        assert!(judge(json!({"sub": "a", "auth_time": 1, "iat": 2})));
        assert!(judge(json!({"sub": "a", "auth_time": 1, "nonce": "n"})));
        for other in [
            json!({"sub": "b", "auth_time": 1}),
            json!({"sub": "a", "auth_time": 2}),
            json!({"sub": "a"}),
            json!({"sub": "a", "auth_time": 1, "nonce": "m"}),
        ] {
            assert!(!judge(other.clone()), "{other}");
        }
    }

    #[test]
    fn a_shared_secret_verifies_nothing() {
        use CoreJwsSigningAlgorithm as Algorithm;
        assert!(is_asymmetric(&Algorithm::RsaSsaPkcs1V15Sha256) && is_asymmetric(&Algorithm::EcdsaP256Sha256));
        assert!(!is_asymmetric(&Algorithm::HmacSha256) && !is_asymmetric(&Algorithm::None));
    }
}

//! A relying party made of the `openidconnect` crate: our tokens are judged by somebody else's code.
//!
//! Discovery, authorization with PKCE, state and nonce, redemption, verification (signature, `iss`, `aud`, `nonce`, times, `at_hash`),
//! userinfo, refresh, revocation, logout. Bad input goes out through [`RelyingParty::posts`], pair by pair.

use std::collections::BTreeMap;

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalProviderMetadata, AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, SubjectIdentifier, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use weftid::base::base64url;
use weftid::base::clock::Clock;

use crate::client_keys::{ASSERTION_TYPE, ClientKey, assertion_claims};
use crate::person::Person;
use crate::wire::{Answer, Broken, Wire, query};

/// The members of the provider's metadata that OpenID Connect Discovery does not define.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Further(BTreeMap<String, Value>);

impl AdditionalProviderMetadata for Further {}

/// What discovery answers, in the crate's types.
pub type Metadata = ProviderMetadata<
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

/// One client of the provider, as its developer would build it.
#[derive(Clone)]
pub struct RelyingParty {
    wire: Wire,
    clock: Clock,
    issuer: Url,
    /// Its `client_id`.
    pub id: String,
    /// Its secret; none for a public client.
    pub secret: Option<String>,
    /// Where it wants the answer.
    pub redirect_uri: Url,
    /// Whether the secret travels in the form (`client_secret_post`) instead of the header.
    pub secret_in_form: bool,
    /// The key that it signs assertions with, in place of showing a secret (`private_key_jwt`, `client_secret_jwt`).
    pub assertion_key: Option<ClientKey>,
    /// The algorithm that it insists on for ID tokens.
    pub algorithm: CoreJwsSigningAlgorithm,
    metadata: Option<Metadata>,
}

/// An authorization request on its way, and what the relying party remembers of it.
pub struct Asked {
    /// Where the browser is sent.
    pub url: Url,
    /// The `state` that must come back.
    pub state: String,
    /// The `nonce` that the ID token must carry.
    pub nonce: String,
    /// The PKCE verifier.
    pub verifier: String,
}

/// What a redemption or a refresh gave, verified.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// The refresh token, if one was given.
    pub refresh_token: Option<String>,
    /// The ID token as it came.
    pub id_token: String,
    /// Its claims (already verified by the crate).
    pub claims: Value,
    /// Its JOSE header.
    pub header: Value,
    /// How long the access token lives, in seconds.
    pub expires_in: Option<u64>,
    /// The scopes that were given, when the answer says so.
    pub scopes: Option<Vec<String>>,
}

/// Why a relying party does not have what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The provider said no: the OAuth error code (RFC 6749 §4.1.2.1, §5.2, RFC 6750 §3.1).
    Provider(String),
    /// The provider's answer does not convince: what the crate says.
    Unconvinced(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Provider(code) => write!(f, "the provider refuses: {code}"),
            Self::Unconvinced(reason) => write!(f, "the relying party is not convinced: {reason}"),
        }
    }
}

macro_rules! client {
    ($party:expr) => {{
        let party = $party;
        let metadata = party.metadata().clone();
        let secret = party.secret.clone().map(ClientSecret::new);
        let redirect = RedirectUrl::from_url(party.redirect_uri.clone());
        let auth = if party.secret_in_form { AuthType::RequestBody } else { AuthType::BasicAuth };
        CoreClient::from_provider_metadata(metadata, ClientId::new(party.id.clone()), secret).set_redirect_uri(redirect).set_auth_type(auth)
    }};
}

impl RelyingParty {
    /// A client of the provider at `issuer`; the secret goes in the `Authorization` header, ID tokens are RS256.
    pub fn new(wire: &Wire, clock: &Clock, issuer: &Url, id: &str, secret: Option<&str>, redirect_uri: &Url) -> Self {
        Self {
            wire: wire.clone(),
            clock: clock.clone(),
            issuer: issuer.clone(),
            id: id.to_owned(),
            secret: secret.map(str::to_owned),
            redirect_uri: redirect_uri.clone(),
            secret_in_form: false,
            assertion_key: None,
            algorithm: CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            metadata: None,
        }
    }

    /// The same client with something changed: for what it must not do.
    #[must_use]
    pub fn but(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    /// The same client, answered by another node, which this wire reaches.
    #[must_use]
    pub fn at(&self, wire: &Wire) -> Self {
        self.but(|other| other.wire = wire.clone())
    }

    /// Reads the well-known document and the keys; the crate checks that the issuer is the one that was asked.
    pub async fn discovers(&mut self) -> &Metadata {
        // The crate wants the issuer without a slash that nobody wrote.
        let issuer = IssuerUrl::new(self.issuer.as_str().trim_end_matches('/').to_owned()).expect("an issuer is a URL");
        let wire = self.wire.clone();
        let found = Metadata::discover_async(issuer, &|request| exchange(wire.clone(), request)).await;
        self.metadata.insert(found.unwrap_or_else(|error| panic!("discovery failed: {}", chain(&error))))
    }

    /// What discovery answered; ends the test when nobody asked yet.
    #[track_caller]
    pub fn metadata(&self) -> &Metadata {
        self.metadata.as_ref().expect("the relying party discovers first")
    }

    /// An endpoint by its name in the metadata (`token_endpoint`).
    #[track_caller]
    pub fn endpoint(&self, name: &str) -> Url {
        let metadata = serde_json::to_value(self.metadata()).expect("metadata is JSON");
        let endpoint = metadata[name].as_str().unwrap_or_else(|| panic!("the metadata has no {name}"));
        Url::parse(endpoint).expect("an endpoint is a URL")
    }

    /// A new authorization request for these scopes (`openid` comes by itself), with PKCE S256, state, nonce and these parameters on top.
    pub fn asks(&self, scopes: &[&str], extra: &[(&str, &str)]) -> Asked {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = client!(self);
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
        for scope in scopes {
            request = request.add_scope(Scope::new((*scope).to_owned()));
        }
        for (name, value) in extra {
            request = request.add_extra_param((*name).to_owned(), (*value).to_owned());
        }
        let (url, state, nonce) = request.url();
        Asked { url, state: state.secret().clone(), nonce: nonce.secret().clone(), verifier: verifier.secret().clone() }
    }

    /// The code in a callback, after the checks that belong before it (state: RFC 6749 §10.12; `iss`: RFC 9207 §2.4).
    pub fn reads_code(&self, asked: &Asked, callback: &Url) -> Result<String, Refusal> {
        let mut bare = callback.clone();
        bare.set_query(self.redirect_uri.query());
        bare.set_fragment(self.redirect_uri.fragment());
        if bare != self.redirect_uri {
            return Err(Refusal::Unconvinced(format!("{callback} is not the redirect_uri")));
        }
        if query(callback, "state").as_deref() != Some(&asked.state) {
            return Err(Refusal::Unconvinced("another state came back".to_owned()));
        }
        if query(callback, "iss").as_deref().map(|iss| iss.trim_end_matches('/')) != Some(self.issuer.as_str().trim_end_matches('/')) {
            return Err(Refusal::Unconvinced("another issuer answers, or none says so".to_owned()));
        }
        if let Some(error) = query(callback, "error") {
            return Err(Refusal::Provider(error));
        }
        query(callback, "code").ok_or_else(|| Refusal::Unconvinced("neither code nor error came back".to_owned()))
    }

    /// Redeems the code of a callback and verifies what it gives.
    pub async fn redeems(&self, asked: &Asked, callback: &Url) -> Result<Tokens, Refusal> {
        let code = self.reads_code(asked, callback)?;
        self.redeems_code(asked, &code).await
    }

    /// Redeems a code and verifies what it gives.
    pub async fn redeems_code(&self, asked: &Asked, code: &str) -> Result<Tokens, Refusal> {
        if self.assertion_key.is_some() {
            return self.judges_answer(&self.posts_code(asked, code).await, Some(&asked.nonce));
        }
        let client = client!(self);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|error| Refusal::Unconvinced(error.to_string()))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(asked.verifier.clone()));
        let wire = self.wire.clone();
        let response = request.request_async(&|request| exchange(wire.clone(), request)).await.map_err(refusal)?;
        self.judges(&response, Some(&asked.nonce))
    }

    /// Sends a person through the provider's pages, as far as they ask for something, and gives the code.
    pub async fn obtains_code(&self, person: &mut Person, scopes: &[&str]) -> (Asked, String) {
        let asked = self.asks(scopes, &[]);
        let callback = person.agrees_to(&asked.url).await;
        let code = self.reads_code(&asked, &callback).unwrap_or_else(|refusal| panic!("{callback}: {refusal}"));
        (asked, code)
    }

    /// The same, and redeems it.
    pub async fn welcomes(&self, person: &mut Person, scopes: &[&str]) -> Tokens {
        let (asked, code) = self.obtains_code(person, scopes).await;
        self.redeems_code(&asked, &code).await.unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// Posts a code to the token endpoint, with the verifier of `asked`, and shows the answer as it came.
    pub async fn posts_code(&self, asked: &Asked, code: &str) -> Answer {
        let redirect_uri = self.redirect_uri.to_string();
        let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &redirect_uri), ("code_verifier", &asked.verifier)];
        self.posts("token_endpoint", &pairs).await
    }

    /// Posts a refresh token to the token endpoint, and shows the answer as it came.
    pub async fn posts_refresh(&self, refresh_token: &str) -> Answer {
        self.posts("token_endpoint", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Trades a refresh token for new tokens, and verifies them (no nonce is expected: OpenID Connect Core §12.2).
    pub async fn refreshes(&self, refresh_token: &str) -> Result<Tokens, Refusal> {
        if self.assertion_key.is_some() {
            return self.judges_answer(&self.posts_refresh(refresh_token).await, None);
        }
        let (client, token, wire) = (client!(self), RefreshToken::new(refresh_token.to_owned()), self.wire.clone());
        let request = client.exchange_refresh_token(&token).map_err(|error| Refusal::Unconvinced(error.to_string()))?;
        let response = request.request_async(&|request| exchange(wire.clone(), request)).await.map_err(refusal)?;
        self.judges(&response, None)
    }

    /// The crate signs no assertions; what it makes of the answer is the same.
    fn judges_answer(&self, answer: &Answer, nonce: Option<&str>) -> Result<Tokens, Refusal> {
        if answer.status != 200 {
            return Err(Refusal::Provider(answer.error_code()));
        }
        self.judges(&serde_json::from_slice(&answer.body).map_err(|error| Refusal::Unconvinced(error.to_string()))?, nonce)
    }

    fn judges(&self, response: &CoreTokenResponse, nonce: Option<&str>) -> Result<Tokens, Refusal> {
        let unconvinced = |error: &(dyn std::error::Error + 'static)| Refusal::Unconvinced(chain(error));
        let client = client!(self);
        let clock = self.clock.clone();
        let now = move || chrono::DateTime::from_timestamp_millis(clock.now().millis()).expect("a moment of this age");
        let verifier = client.id_token_verifier().set_allowed_algs([self.algorithm.clone()]).set_time_fn(now);
        let id_token = response.id_token().ok_or_else(|| Refusal::Unconvinced("no ID token".to_owned()))?;
        let check_nonce = |said: Option<&Nonce>| match (nonce, said) {
            (Some(wanted), Some(said)) if wanted == said.secret() => Ok(()),
            (Some(_), _) => Err("another nonce, or none".to_owned()),
            (None, _) => Ok(()),
        };
        let claims = id_token.claims(&verifier, check_nonce).map_err(|error| unconvinced(&error))?;
        let said = claims.access_token_hash().ok_or_else(|| Refusal::Unconvinced("no at_hash".to_owned()))?;
        let algorithm = id_token.signing_alg().map_err(|error| unconvinced(&error))?;
        let key = id_token.signing_key(&verifier).map_err(|error| unconvinced(&error))?;
        let hash = AccessTokenHash::from_token(response.access_token(), algorithm, key).map_err(|error| unconvinced(&error))?;
        if *said != hash {
            return Err(Refusal::Unconvinced("at_hash belongs to another access token".to_owned()));
        }
        let id_token = id_token.to_string();
        Ok(Tokens {
            access_token: response.access_token().secret().clone(),
            refresh_token: response.refresh_token().map(|token| token.secret().clone()),
            claims: part_of_jwt(&id_token, 1),
            header: part_of_jwt(&id_token, 0),
            id_token,
            expires_in: response.expires_in().map(|duration| duration.as_secs()),
            scopes: response.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
        })
    }

    /// Asks userinfo; the crate checks that `sub` is that of the ID token.
    pub async fn userinfo(&self, tokens: &Tokens) -> Result<Value, Refusal> {
        let subject = tokens.claims["sub"].as_str().map(|sub| SubjectIdentifier::new(sub.to_owned()));
        let (client, wire) = (client!(self), self.wire.clone());
        let request = client.user_info(AccessToken::new(tokens.access_token.clone()), subject);
        let request = request.map_err(|error| Refusal::Unconvinced(error.to_string()))?;
        let claims: Result<UserInfoClaims<Everything, CoreGenderClaim>, _> = request.request_async(&|request| exchange(wire.clone(), request)).await;
        match claims {
            Ok(claims) => Ok(serde_json::to_value(claims).expect("claims are JSON")),
            Err(error) => {
                let answer = self.asks_userinfo(&tokens.access_token).await;
                let code = answer.header("www-authenticate").split("error=\"").nth(1).and_then(|rest| rest.split('"').next());
                Err(code.map_or_else(|| Refusal::Unconvinced(format!("{}\n{answer}", chain(&error))), |code| Refusal::Provider(code.to_owned())))
            }
        }
    }

    /// Asks userinfo and shows the answer as it came.
    pub async fn asks_userinfo(&self, access_token: &str) -> Answer {
        let mut headers = http::HeaderMap::new();
        let bearer = format!("Bearer {access_token}");
        headers.insert(http::header::AUTHORIZATION, http::HeaderValue::from_str(&bearer).expect("a token in ASCII"));
        self.wire.send(http::Method::GET, &self.endpoint("userinfo_endpoint"), headers, Vec::new()).await
    }

    /// Revokes a token (RFC 7009) and shows the answer.
    pub async fn revokes(&self, token: &str) -> Answer {
        self.posts("revocation_endpoint", &[("token", token)]).await
    }

    /// Where the browser goes to sign out (RP-Initiated Logout 1.0 §2).
    pub fn logout_url(&self, id_token_hint: Option<&str>, extra: &[(&str, &str)]) -> Url {
        let mut url = self.endpoint("end_session_endpoint");
        url.query_pairs_mut().extend_pairs(id_token_hint.map(|hint| ("id_token_hint", hint))).extend_pairs(extra);
        url
    }

    /// Posts exactly these pairs to an endpoint, authenticated as this client is.
    pub async fn posts(&self, endpoint: &str, pairs: &[(&str, &str)]) -> Answer {
        let (mut pairs, mut headers) = (pairs.to_vec(), Vec::new());
        let (basic, assertion) = (self.basic(), self.assertion());
        match &self.secret {
            _ if assertion.is_some() => {
                let assertion = assertion.as_deref().expect("it is there");
                pairs.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]);
            }
            Some(secret) if self.secret_in_form => pairs.extend([("client_id", self.id.as_str()), ("client_secret", secret.as_str())]),
            Some(_) => headers.push(("authorization", basic.as_str())),
            None => pairs.push(("client_id", self.id.as_str())),
        }
        self.wire.posts(&self.endpoint(endpoint), &pairs, &headers).await
    }

    /// Posts exactly these pairs and headers to an endpoint, and says nothing about who asks.
    pub async fn posts_bare(&self, endpoint: &str, pairs: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        self.wire.posts(&self.endpoint(endpoint), pairs, headers).await
    }

    /// A new assertion, if it has a key for that.
    pub fn assertion(&self) -> Option<String> {
        let key = self.assertion_key.as_ref()?;
        Some(key.signs(&assertion_claims(&self.id, self.issuer.as_str(), &self.clock)))
    }

    /// The `Authorization` header of `client_secret_basic` (RFC 6749 §2.3.1: both halves are form-encoded first).
    pub fn basic(&self) -> String {
        use base64::Engine as _;
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encode(&self.id), encode(self.secret.as_deref().unwrap_or_default()));
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    }
}

/// Every claim beside the standard ones, so that a test sees them all.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Everything(BTreeMap<String, Value>);

impl openidconnect::AdditionalClaims for Everything {}

/// Header (0) or payload (1) of a signed token, unverified.
#[track_caller]
pub fn part_of_jwt(token: &str, part: usize) -> Value {
    let part = token.split('.').nth(part).and_then(base64url::decode).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&part).unwrap_or_else(|error| panic!("no JWT ({error}): {token}"))
}

async fn exchange(wire: Wire, request: HttpRequest) -> Result<HttpResponse, Broken> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string()).map_err(|error| Broken(error.to_string()))?;
    let answer = wire.try_send(parts.method, &url, parts.headers, body).await?;
    let mut response = HttpResponse::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn refusal(error: RequestTokenError<Broken, openidconnect::StandardErrorResponse<CoreErrorResponseType>>) -> Refusal {
    match error {
        RequestTokenError::ServerResponse(said) => Refusal::Provider(said.error().to_string()),
        RequestTokenError::Parse(error, body) => Refusal::Unconvinced(format!("{error}: {}", String::from_utf8_lossy(&body))),
        other => Refusal::Unconvinced(chain(&other)),
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use axum::routing::{get, post};
    use axum::{Json, Router};
    use openidconnect::core::CoreEdDsaPrivateSigningKey;
    use openidconnect::{
        Audience, EmptyAdditionalClaims, EndUserEmail, IdToken, IdTokenClaims, JsonWebKeyId, PrivateSigningKey as _, StandardClaims,
    };
    use serde_json::json;
    use weftid::base::clock::Time;
    use weftid::base::random;

    use super::*;

    type Signed = IdToken<EmptyAdditionalClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

    /// One way in which the provider of this test is wrong.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    enum Wrong {
        #[default]
        Nothing,
        Nonce,
        AtHash,
        Audience,
        Issuer,
        Expired,
        Key,
        NoIdToken,
        Refuses,
    }

    fn key(seed: [u8; 32]) -> CoreEdDsaPrivateSigningKey {
        use base64::Engine as _;
        // RFC 8410 §7: the seed in its PKCS#8 wrapping.
        let der = [b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(), &seed].concat();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", base64::engine::general_purpose::STANDARD.encode(der));
        CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new("k1".to_owned()))).unwrap()
    }

    fn id_token(clock: &Clock, seed: [u8; 32], nonce: &str, wrong: Wrong) -> Value {
        let at = |time: Time| chrono::DateTime::from_timestamp_millis(time.millis()).unwrap();
        let pick = |kind: Wrong, wrong_value: &str, right: &str| if wrong == kind { wrong_value.to_owned() } else { right.to_owned() };
        let issuer = IssuerUrl::new(pick(Wrong::Issuer, "https://other.example", "https://id.example")).unwrap();
        let audience = vec![Audience::new(pick(Wrong::Audience, "bank", "shop"))];
        let expires = if wrong == Wrong::Expired { clock.now().minus(Duration::from_mins(1)) } else { clock.now().plus(Duration::from_mins(1)) };
        let claims = StandardClaims::new(SubjectIdentifier::new("ada".to_owned()));
        let claims = IdTokenClaims::new(issuer, audience, at(expires), at(clock.now()), claims, EmptyAdditionalClaims {})
            .set_nonce(Some(Nonce::new(pick(Wrong::Nonce, "another", nonce))));
        let access_token = AccessToken::new(pick(Wrong::AtHash, "another", "access"));
        let key = key(if wrong == Wrong::Key { random::bytes() } else { seed });
        serde_json::to_value(Signed::new(claims, &key, CoreJwsSigningAlgorithm::EdDsa, Some(&access_token), None).unwrap()).unwrap()
    }

    async fn a_provider() -> (RelyingParty, Arc<Mutex<(String, Wrong)>>) {
        let clock = Clock::manual(Time::from_seconds(1_800_000_000));
        let (seed, state): (_, Arc<Mutex<(String, Wrong)>>) = (random::bytes(), Arc::default());
        let metadata = json!({
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/authorize", "token_endpoint": "https://id.example/token",
            "userinfo_endpoint": "https://id.example/userinfo", "revocation_endpoint": "https://id.example/revoke",
            "end_session_endpoint": "https://id.example/logout", "jwks_uri": "https://id.example/jwks", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["EdDSA"],
        });
        let mut jwk = serde_json::to_value(key(seed).as_verification_key()).unwrap();
        jwk["alg"] = json!("EdDSA");
        let (told, token_clock) = (state.clone(), clock.clone());
        let token = move |headers: http::HeaderMap, body: String| async move {
            assert!(headers.contains_key("authorization") && (body.contains("code_verifier=") || body.contains("refresh_token=")), "{body}");
            let (nonce, wrong) = told.lock().unwrap().clone();
            if wrong == Wrong::Refuses {
                return (http::StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"})));
            }
            let mut answer = json!({"access_token": "access", "token_type": "Bearer", "expires_in": 600, "refresh_token": "again"});
            if wrong != Wrong::NoIdToken {
                answer["id_token"] = id_token(&token_clock, seed, &nonce, wrong);
            }
            (http::StatusCode::OK, Json(answer))
        };
        let userinfo = |headers: http::HeaderMap| async move {
            let claims = StandardClaims::<CoreGenderClaim>::new(SubjectIdentifier::new("ada".to_owned()));
            let claims = claims.set_email(Some(EndUserEmail::new("ada@id.example".to_owned())));
            match headers["authorization"].to_str() {
                Ok("Bearer access") => (http::StatusCode::OK, [("www-authenticate", "")], Json(serde_json::to_value(claims).unwrap())),
                _ => (http::StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer error=\"invalid_token\"")], Json(json!({}))),
            }
        };
        let site = Router::new()
            .route("/.well-known/openid-configuration", get(|| async { Json(metadata) }))
            .route("/jwks", get(|| async move { Json(json!({"keys": [jwk]})) }))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/revoke", post(|body: String| async { body }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (wire, issuer) = (Wire::new(), Url::parse("https://id.example").unwrap());
        wire.route(&issuer, listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, site).await });
        let callback = Url::parse("https://shop.test/callback").unwrap();
        let mut shop = RelyingParty::new(&wire, &clock, &issuer, "shop", Some("se:cret"), &callback);
        shop.algorithm = CoreJwsSigningAlgorithm::EdDsa;
        shop.discovers().await;
        (shop, state)
    }

    fn callback(asked: &Asked) -> Url {
        Url::parse_with_params("https://shop.test/callback", [("code", "c"), ("state", &asked.state), ("iss", "https://id.example")]).unwrap()
    }

    #[tokio::test]
    async fn a_relying_party_is_convinced_by_a_good_provider() {
        let (shop, state) = a_provider().await;
        let asked = shop.asks(&["email"], &[("prompt", "login")]);
        for (name, value) in
            [("code_challenge_method", "S256"), ("prompt", "login"), ("scope", "openid email"), ("client_id", "shop"), ("nonce", &asked.nonce)]
        {
            assert_eq!(query(&asked.url, name).as_deref(), Some(value));
        }
        state.lock().unwrap().0.clone_from(&asked.nonce);
        let tokens = shop.redeems(&asked, &callback(&asked)).await.unwrap();
        assert_eq!((tokens.claims["sub"].as_str(), tokens.header["alg"].as_str(), tokens.expires_in), (Some("ada"), Some("EdDSA"), Some(600)));
        assert_eq!(shop.userinfo(&tokens).await.unwrap()["email"], "ada@id.example");
        assert_eq!(shop.refreshes("again").await.unwrap().refresh_token.as_deref(), Some("again"));
        assert_eq!(shop.revokes("again").await.text(), "token=again");
        let outdated = Tokens { access_token: "old".to_owned(), ..tokens };
        assert_eq!(shop.userinfo(&outdated).await, Err(Refusal::Provider("invalid_token".to_owned())));
        assert_eq!(shop.logout_url(Some("t"), &[("state", "s")]).as_str(), "https://id.example/logout?id_token_hint=t&state=s");
        assert_eq!(shop.basic(), "Basic c2hvcDpzZSUzQWNyZXQ=");
    }

    #[tokio::test]
    async fn a_relying_party_is_not_convinced_by_a_wrong_one() {
        let (shop, state) = a_provider().await;
        let asked = shop.asks(&[], &[]);
        for wrong in [Wrong::Nonce, Wrong::AtHash, Wrong::Audience, Wrong::Issuer, Wrong::Expired, Wrong::Key, Wrong::NoIdToken] {
            *state.lock().unwrap() = (asked.nonce.clone(), wrong);
            let outcome = shop.redeems(&asked, &callback(&asked)).await;
            assert!(matches!(outcome, Err(Refusal::Unconvinced(_))), "{wrong:?}: {outcome:?}");
        }
        *state.lock().unwrap() = (asked.nonce.clone(), Wrong::Refuses);
        assert_eq!(shop.redeems(&asked, &callback(&asked)).await.unwrap_err(), Refusal::Provider("invalid_grant".to_owned()));
        for (bad, words) in [
            ("https://shop.test/callback?code=c&state=x&iss=https://id.example", "another state"),
            (&format!("https://shop.test/callback?code=c&state={}", asked.state), "another issuer"),
            (&format!("https://shop.test/callback?code=c&state={}&iss=https://evil.example", asked.state), "another issuer"),
            (&format!("https://bank.test/x?code=c&state={}", asked.state), "not the redirect_uri"),
        ] {
            let Err(Refusal::Unconvinced(reason)) = shop.reads_code(&asked, &Url::parse(bad).unwrap()) else { panic!("{bad} was believed") };
            assert!(reason.contains(words), "{bad}: {reason}");
        }
    }
}

//! What a client asks of the authorization endpoint (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), read in two phases.
//!
//! [`identify`], [`requested_address`] and [`redirect_target`] find out where an answer may go; what they refuse is shown on our own page. Only then
//! [`AuthorizationRequest::read`] judges the rest, one small check after the other, and what it refuses is told the client. The result is
//! typed and does not change again: it travels sealed, and no later step reads parameters.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::{ClientId, Subject};
use crate::base::single_use::SingleUseId;
use crate::protocol::client_metadata::{ClientMetadata, GrantType};
use crate::protocol::error::OAuthError;
use crate::protocol::extent::Extent;
use crate::protocol::params::Params;
use crate::protocol::pkce::CodeChallenge;
use crate::protocol::prompt::Prompt;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::requested_acr::RequestedAcr;
use crate::protocol::requested_claims::{ClaimsParameter, RequestedClaims};
use crate::protocol::resource::Resources;
use crate::protocol::response_mode::ResponseMode;
use crate::protocol::return_address::{ReturnAddress, echoed_state};
use crate::protocol::scope::{self, Scope};

/// The longest `nonce` that is carried, in characters.
const LONGEST_NONCE: usize = 2048;
/// The longest hint that can still be an email address (RFC 5321 §4.5.3.1.3).
const LONGEST_LOGIN_HINT: usize = 254;
/// The longest list of languages that is carried.
const LONGEST_UI_LOCALES: usize = 100;

/// First phase: finds `client_id`. A refusal is a page of ours and never a redirect (RFC 6749 §4.1.2.1, A-RED-09).
pub fn identify(params: &Params) -> Result<ClientId, AppError> {
    sent_once(params, "client_id", "client_id_missing", "client_id_repeated").map(ClientId::from_text)
}

/// Still the first phase: the `redirect_uri` that is asked for, in its exact text.
pub fn requested_address(params: &Params) -> Result<&str, AppError> {
    // OpenID Connect Core §3.1.2.1: required, also when only one is registered (A-RED-08).
    sent_once(params, "redirect_uri", "redirect_uri_missing", "redirect_uri_repeated")
}

fn sent_once<'a>(params: &'a Params, name: &str, missing: &'static str, repeated: &'static str) -> Result<&'a str, AppError> {
    let code = if params.is_repeated(name) { repeated } else { missing };
    params.get(name).ok_or_else(|| AppError::new(Kind::Invalid, code))
}

/// Still the first phase, once the client is known: the registered address that `requested` is, in its exact text (A-RED-01).
pub fn redirect_target(client: &ClientMetadata, requested: &str) -> Result<RedirectUri, AppError> {
    client.redirect_uri(requested).ok_or_else(|| AppError::new(Kind::Invalid, "redirect_uri_not_registered"))
}

/// A request that passed every check. As JSON it has short names and no empty members, for it is sealed into an address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationRequest {
    /// Its own name, which is also what its code is spent under.
    #[serde(rename = "i")]
    pub id: SingleUseId,
    /// The client.
    #[serde(rename = "c")]
    pub client_id: ClientId,
    /// Where the answer goes: the requested text, which is registered.
    #[serde(rename = "r")]
    pub redirect_uri: RedirectUri,
    /// What is asked for and may be given; `openid` is always in it.
    #[serde(rename = "s")]
    pub scope: Scope,
    /// How the answer travels there.
    #[serde(rename = "w", default, skip_serializing_if = "ResponseMode::is_default")]
    pub response_mode: ResponseMode,
    /// Echoed to the client, byte for byte.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Goes into the ID token, verbatim.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What the code's verifier has to fit; only some confidential clients are without.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// What the person is to see.
    #[serde(rename = "p", default, skip_serializing_if = "Prompt::is_empty")]
    pub prompt: Prompt,
    /// How long ago the sign-in may have been, in seconds.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// What the person may have typed already. Data only: nothing is looked up by it before the person says so (A-AUTHN-05).
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// The languages that the client would like pages in, best first; not checked beyond their characters.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
    /// How strong a sign-in the client asks for.
    #[serde(rename = "a", default, skip_serializing_if = "RequestedAcr::is_empty")]
    pub acr: RequestedAcr,
    /// The claims that are asked for one by one.
    #[serde(rename = "j", default, skip_serializing_if = "RequestedClaims::is_empty")]
    pub claims: RequestedClaims,
    /// The resources that access tokens are asked for (RFC 8707).
    #[serde(rename = "o", default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// The person that a verified `id_token_hint`, or `sub` in `claims`, names: nobody else's answer may be given.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub hint_subject: Option<Subject>,
    /// The client that this ID token was given to, where it is another one: it may know the person by another `sub` (OpenID Connect Core §8).
    #[serde(rename = "uc", default, skip_serializing_if = "Option::is_none")]
    pub hint_client: Option<ClientId>,
    /// When it arrived. Facts later than this are facts for this request.
    #[serde(rename = "b")]
    pub began_at: Time,
    /// The row that it rests in, if it was pushed; then it does not travel.
    #[serde(skip)]
    pub pushed: Option<Digest>,
}

impl AuthorizationRequest {
    /// Second phase: every check in order. A refusal goes to [`ReturnAddress::of_refused`].
    ///
    /// `redirect_uri` is what [`redirect_target`] gave; `hint_subject` is whom a *verified* `id_token_hint` names.
    pub fn read(
        params: &Params,
        client: &ClientMetadata,
        redirect_uri: RedirectUri,
        hint_subject: Option<Subject>,
        id: SingleUseId,
        now: Time,
    ) -> Result<Self, OAuthError> {
        params.refuse_repeated()?;
        refuse_request_objects(params)?;
        check_response_type(params)?;
        let response_mode = ResponseMode::read(params, &redirect_uri)?;
        let prompt = Prompt::parse(params.get("prompt").unwrap_or_default())?;
        let scope = read_scope(params, client, &prompt)?;
        let nonce = read_nonce(params)?;
        let claims = ClaimsParameter::read(params)?;
        Ok(Self {
            id,
            client_id: client.client_id.clone(),
            redirect_uri,
            scope,
            response_mode,
            state: read_state(params, response_mode)?,
            code_challenge: read_code_challenge(params, client, nonce.as_deref())?,
            nonce,
            prompt,
            // OpenID Connect Registration §2 (default_max_age): for a request that says nothing itself.
            max_age: read_max_age(params)?.or(client.default_max_age),
            login_hint: read_login_hint(params),
            ui_locales: read_ui_locales(params),
            acr: RequestedAcr::read(params, &claims, &client.default_acr_values),
            claims: claims.names(),
            resources: Resources::read(params, &client.resources)?,
            hint_subject: the_one_person(hint_subject, claims.subject()?)?,
            hint_client: None,
            began_at: now,
            pushed: None,
        })
    }

    /// How far it goes.
    pub fn extent(&self) -> Extent {
        Extent { scope: self.scope.clone(), claims: self.claims.everywhere(), resources: self.resources.clone() }
    }

    /// Where its answer goes.
    pub fn return_address(&self) -> ReturnAddress {
        ReturnAddress { redirect_uri: self.redirect_uri.clone(), mode: self.response_mode, state: self.state.clone() }
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // State and hints are the client's and the person's own; a log needs to know which request it was.
        formatter.debug_struct("AuthorizationRequest").field("id", &self.id).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// OpenID Connect Core §3.1.2.6: what holds the real request is read before; where it was not, it is refused and never ignored (A-JAR-01).
fn refuse_request_objects(params: &Params) -> Result<(), OAuthError> {
    if params.get("request").is_some() {
        return Err(OAuthError::request_not_supported("a request object can't stand here"));
    }
    if params.get("request_uri").is_some() {
        return Err(OAuthError::request_uri_not_supported("request_uri can't stand here"));
    }
    if params.get("registration").is_some() {
        return Err(OAuthError::registration_not_supported("the registration parameter is not supported"));
    }
    Ok(())
}

/// RFC 6749 §3.1.1, RFC 9700 §2.1.2: only `code`, in this one spelling (A-RTM-01).
fn check_response_type(params: &Params) -> Result<(), OAuthError> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(OAuthError::unsupported_response_type("response_type must be code")),
        None => Err(OAuthError::invalid_request("response_type is missing")),
    }
}

/// RFC 6749 §3.3, OpenID Connect Core §3.1.2.1.
fn read_scope(params: &Params, client: &ClientMetadata, prompt: &Prompt) -> Result<Scope, OAuthError> {
    let asked = Scope::parse(params.get("scope").unwrap_or_default()).map_err(|error| OAuthError::invalid_scope(error.to_string()))?;
    if !asked.contains(scope::OPENID) {
        return Err(OAuthError::invalid_scope("scope must have openid"));
    }
    // OpenID Connect Core §3.1.2.1: values that are not understood should be ignored. What this client may not have goes the same way
    // (RFC 6749 §3.3 allows either), and the token response names the scope that is left.
    let given = asked.only(|word| client.scope.contains(word));
    // OpenID Connect Core §11: offline_access is ignored where it can't be had: without the grant, or where it takes a question
    // (a public client) and none may be asked.
    let may_stay = client.may_use(GrantType::RefreshToken) && (client.is_confidential() || !prompt.is_none());
    Ok(given.only(|word| word != scope::OFFLINE_ACCESS || may_stay))
}

/// OpenID Connect Core §3.1.2.2, §5.5.1: a hint and a claim that name two people can't both be answered (A-AUTHN-03).
fn the_one_person(hinted: Option<Subject>, claimed: Option<Subject>) -> Result<Option<Subject>, OAuthError> {
    match (hinted, claimed) {
        (Some(hinted), Some(claimed)) if hinted != claimed => Err(OAuthError::login_required("id_token_hint and claims name two people")),
        (hinted, claimed) => Ok(hinted.or(claimed)),
    }
}

fn read_nonce(params: &Params) -> Result<Option<String>, OAuthError> {
    let nonce = params.get("nonce");
    if nonce.is_some_and(|nonce| !is_at_most(nonce, LONGEST_NONCE)) {
        return Err(OAuthError::invalid_request("nonce is longer than 2048 characters"));
    }
    Ok(nonce.map(str::to_owned))
}

fn read_state(params: &Params, mode: ResponseMode) -> Result<Option<String>, OAuthError> {
    let state = echoed_state(params, mode);
    if state.is_none() && params.get("state").is_some() {
        return Err(OAuthError::invalid_request("state is longer than 4096 characters, or has some that no form carries"));
    }
    Ok(state.map(str::to_owned))
}

/// RFC 7636 §4.4.1, OAuth 2.1 §7.5.1: required, or replaced by a nonce where the client is exempt (A-PKCE-01, A-PKCE-02).
fn read_code_challenge(params: &Params, client: &ClientMetadata, nonce: Option<&str>) -> Result<Option<CodeChallenge>, OAuthError> {
    let challenge = CodeChallenge::read(params.get("code_challenge"), params.get("code_challenge_method"))?;
    if challenge.is_none() && client.must_use_pkce() {
        return Err(OAuthError::invalid_request("code_challenge is missing: PKCE with S256 is required"));
    }
    if challenge.is_none() && nonce.is_none() {
        return Err(OAuthError::invalid_request("without code_challenge, a nonce is required"));
    }
    Ok(challenge)
}

/// OpenID Connect Core §3.1.2.1: whole seconds. Digits alone, and not more of them than a lifetime has (A-AUTHN-02).
fn read_max_age(params: &Params) -> Result<Option<u64>, OAuthError> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    let digits = text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if digits { text.parse().ok() } else { None };
    seconds.map(Some).ok_or_else(|| OAuthError::invalid_request("max_age must be a whole number of seconds"))
}

/// A hint that can't be of use is dropped, for it is no condition.
fn read_login_hint(params: &Params) -> Option<String> {
    let useful = |hint: &&str| is_at_most(hint, LONGEST_LOGIN_HINT) && !hint.chars().any(char::is_control);
    params.get("login_hint").filter(useful).map(str::to_owned)
}

/// Language tags (RFC 5646 §2.1) with spaces between; anything else is dropped, as OpenID Connect Core §3.1.2.1 asks for no error.
fn read_ui_locales(params: &Params) -> Option<String> {
    let tags = |text: &&str| text.len() <= LONGEST_UI_LOCALES && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"- ".contains(&byte));
    params.get("ui_locales").filter(tags).map(str::to_owned)
}

fn is_at_most(text: &str, characters: usize) -> bool {
    text.chars().nth(characters).is_none()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::protocol::claims::Acr;
    use crate::protocol::client_metadata::TokenEndpointAuthMethod;
    use crate::protocol::error::ErrorCode;
    use crate::protocol::prompt::PromptValue;

    const NOW: Time = Time::from_seconds(1_764_000_000);
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn shop() -> ClientMetadata {
        let mut shop = ClientMetadata::new(ClientId::from_text("shop"), "Shop");
        shop.redirect_uris = vec![RedirectUri::from_text("https://shop.test/cb")];
        shop.grant_types = GrantType::ALL.to_vec();
        shop.scope = Scope::of(&scope::SUPPORTED);
        shop
    }

    fn public() -> ClientMetadata {
        ClientMetadata { token_endpoint_auth_method: TokenEndpointAuthMethod::None, ..shop() }
    }

    /// An ordinary request with these parameters changed; an empty value takes one away.
    fn ordinary(changes: &[(&str, &str)]) -> Params {
        let usual = [
            ("client_id", "shop"),
            ("redirect_uri", "https://shop.test/cb"),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "af0ifjsldkj"),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        Params::from_pairs(kept.chain(changes.iter().copied()))
    }

    fn read(params: &Params, client: &ClientMetadata) -> Result<AuthorizationRequest, OAuthError> {
        let id = SingleUseId::new(NOW.plus(Duration::from_mins(30)));
        AuthorizationRequest::read(params, client, RedirectUri::from_text("https://shop.test/cb"), None, id, NOW)
    }

    fn refused(changes: &[(&str, &str)]) -> ErrorCode {
        read(&ordinary(changes), &shop()).unwrap_err().code()
    }

    fn accepted(changes: &[(&str, &str)]) -> AuthorizationRequest {
        read(&ordinary(changes), &shop()).unwrap()
    }

    /// A-RED-08, A-RED-09, A-RTM-05: a missing or doubled client_id or redirect_uri is for our own page.
    #[test]
    fn a_request_names_its_client_and_address_once() {
        let pairs = |pairs: &[(&str, &str)]| {
            let params = Params::from_pairs(pairs.iter().copied());
            identify(&params).and_then(|_| requested_address(&params).map(str::to_owned))
        };
        let (client, address) = (("client_id", "shop"), ("redirect_uri", "https://shop.test/cb"));
        assert_eq!(pairs(&[client, address]).unwrap(), "https://shop.test/cb");
        for (sent, code) in [
            (&[address][..], "client_id_missing"),
            (&[address, ("client_id", "")], "client_id_missing"),
            (&[client, client, address], "client_id_repeated"),
            (&[client], "redirect_uri_missing"),
            (&[client, address, address], "redirect_uri_repeated"),
        ] {
            assert_eq!(pairs(sent).unwrap_err().code, code);
        }
        assert!(redirect_target(&shop(), "https://shop.test/cb").is_ok());
        assert_eq!(redirect_target(&shop(), "https://shop.test/cb/").unwrap_err().code, "redirect_uri_not_registered");
    }

    #[test]
    fn an_ordinary_request_is_read_whole() {
        let request = accepted(&[("prompt", "login"), ("max_age", "300"), ("login_hint", "alice@example.com"), ("acr_values", "phrh urn:x phr phr")]);
        assert_eq!(request.scope.to_string(), "openid profile email");
        assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("af0ifjsldkj"), Some("n-0S6_WzA2Mj")));
        assert_eq!(request.code_challenge, CodeChallenge::parse(CHALLENGE));
        assert!(request.prompt.contains(PromptValue::Login));
        assert_eq!((request.max_age, request.login_hint.as_deref()), (Some(300), Some("alice@example.com")));
        assert_eq!(request.acr.told(Acr::Phrh), Acr::Phrh, "wishes that mean nothing here are no failure");
        assert_eq!(request.began_at, NOW);
    }

    /// A-RTM-01, A-RTM-03, A-RTM-06, A-JAR-01, A-AUTHN-01, A-AUTHN-02, A-PKCE-01, A-PKCE-02, A-PKCE-04: each wrong parameter has its error.
    #[test]
    fn each_wrong_parameter_has_its_error() {
        use ErrorCode::{
            InvalidRequest, InvalidScope, RegistrationNotSupported, RequestNotSupported, RequestUriNotSupported, UnsupportedResponseType,
        };
        for response_type in ["token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE", "code code", " code"] {
            assert_eq!(refused(&[("response_type", response_type)]), UnsupportedResponseType, "{response_type}");
        }
        let long = |length: usize| "x".repeat(length);
        for (name, value, code) in [
            ("response_type", "", InvalidRequest),
            ("response_mode", "foo", InvalidRequest),
            ("response_mode", "query.jwt", InvalidRequest),
            ("response_mode", "QUERY", InvalidRequest),
            ("request", "eyJhbGciOiJub25lIn0.e30.", RequestNotSupported),
            ("request_uri", "https://shop.test/request", RequestUriNotSupported),
            ("registration", "{}", RegistrationNotSupported),
            ("scope", "", InvalidScope),
            ("scope", "profile", InvalidScope),
            ("scope", "openid \"", InvalidScope),
            ("prompt", "none login", InvalidRequest),
            ("prompt", "create", InvalidRequest),
            ("max_age", "-1", InvalidRequest),
            ("max_age", "9e15", InvalidRequest),
            ("max_age", "9000000000000000", InvalidRequest),
            ("max_age", "abc", InvalidRequest),
            ("max_age", "+1", InvalidRequest),
            ("max_age", " 1", InvalidRequest),
            ("max_age", "1.5", InvalidRequest),
            ("nonce", &long(2049), InvalidRequest),
            ("state", &long(4097), InvalidRequest),
            ("code_challenge", "", InvalidRequest),
            ("code_challenge", "short", InvalidRequest),
            ("code_challenge_method", "", InvalidRequest),
            ("code_challenge_method", "plain", InvalidRequest),
        ] {
            assert_eq!(refused(&[(name, value)]), code, "{name}={value:.40}");
        }
        assert_eq!(refused(&[("code_challenge", ""), ("code_challenge_method", "")]), InvalidRequest);
        assert_eq!(accepted(&[("max_age", "0")]).max_age, Some(0));
        assert_eq!(accepted(&[("nonce", &long(2048)), ("state", &long(4096))]).state.map(|state| state.len()), Some(4096));
        assert_eq!(
            accepted(&[("response_mode", "query"), ("claims", "{}"), ("display", "popup"), ("foo", "bar"), ("access_type", "offline")]).prompt,
            Prompt::default()
        );
    }

    /// A-RTM-05: a doubled parameter is refused; a doubled or overlong state is not echoed.
    #[test]
    fn a_repeated_parameter_is_refused_and_a_repeated_state_is_not_echoed() {
        let doubled = Params::gather(&[b"client_id=shop&redirect_uri=https://shop.test/cb&state=a&nonce=n", b"nonce=n"]).unwrap();
        assert_eq!(read(&doubled, &shop()).unwrap_err().code(), ErrorCode::InvalidRequest);
        assert_eq!(echoed_state(&doubled, ResponseMode::Query), Some("a"));
        let doubled_state = Params::gather(&[b"state=a&state=a"]).unwrap();
        assert_eq!(
            (read(&doubled_state, &shop()).unwrap_err().code(), echoed_state(&doubled_state, ResponseMode::Query)),
            (ErrorCode::InvalidRequest, None)
        );
        assert_eq!(echoed_state(&ordinary(&[("state", &"x".repeat(4097))]), ResponseMode::Query), None);
    }

    /// A-PKCE-01: a confidential client may be exempt, and then sends a nonce; a public one never is.
    #[test]
    fn pkce_is_required_unless_an_exempt_client_sends_a_nonce() {
        let without = ordinary(&[("code_challenge", ""), ("code_challenge_method", "")]);
        let without_nonce = ordinary(&[("code_challenge", ""), ("code_challenge_method", ""), ("nonce", "")]);
        let exempt = ClientMetadata { require_pkce: false, ..shop() };
        let public_and_exempt = ClientMetadata { require_pkce: false, ..public() };
        assert!(read(&without, &exempt).unwrap().code_challenge.is_none());
        for (params, client) in [(&without, shop()), (&without, public()), (&without, public_and_exempt), (&without_nonce, exempt)] {
            assert_eq!(read(params, &client).unwrap_err().code(), ErrorCode::InvalidRequest);
        }
    }

    /// OpenID Connect Core §3.1.2.1 and §11, A-AUTHN-07: scopes that mean nothing, or are not this client's, are left out.
    #[test]
    fn a_scope_is_cut_to_what_the_client_may_have() {
        let asked = [("scope", "openid phone email offline_access admin")];
        let modest = ClientMetadata { scope: Scope::of(&["openid", "profile"]), ..shop() };
        let no_refresh = ClientMetadata { grant_types: vec![GrantType::AuthorizationCode], ..shop() };
        let silent = [asked[0], ("prompt", "none")];
        for (client, changes, scope) in [
            (shop(), &asked[..], "openid phone email offline_access"),
            (shop(), &silent, "openid phone email offline_access"),
            (public(), &asked, "openid phone email offline_access"),
            (public(), &silent, "openid phone email"),
            (no_refresh, &asked, "openid phone email"),
            (modest, &asked, "openid"),
        ] {
            assert_eq!(read(&ordinary(changes), &client).unwrap().scope.to_string(), scope, "{client:?} {changes:?}");
        }
    }

    /// A-AUTHN-05: a hint is data; one that can't be of use is dropped.
    #[test]
    fn useless_hints_are_dropped() {
        assert_eq!(accepted(&[("login_hint", "<svg onload=x>")]).login_hint.as_deref(), Some("<svg onload=x>"));
        for hint in ["x".repeat(255), "a\r\nb".to_owned(), "a\0b".to_owned()] {
            assert_eq!(accepted(&[("login_hint", &hint)]).login_hint, None);
        }
        assert_eq!(accepted(&[("ui_locales", "de-CH en")]).ui_locales.as_deref(), Some("de-CH en"));
        assert_eq!(accepted(&[("ui_locales", "../../etc")]).ui_locales, None);
    }

    /// The design's sealed boxes: small enough for an address, and nothing unknown is accepted on the way back.
    #[test]
    fn a_sealed_request_is_small_and_exact() {
        let request = accepted(&[("state", &"s".repeat(43)), ("nonce", &"n".repeat(43))]);
        let json = serde_json::to_string(&request).unwrap();
        // A box adds an id, nonce, tag and header of 67 bytes, and base64url a third.
        assert!((json.len() + 67) * 4 / 3 + 4 < 700, "{}: {json}", json.len());
        assert_eq!(serde_json::from_str::<AuthorizationRequest>(&json).unwrap(), request);
        assert!(serde_json::from_str::<AuthorizationRequest>(&json.replacen('{', r#"{"z":1,"#, 1)).is_err());
    }

    proptest! {
        #[test]
        fn any_request_is_read_or_refused_and_keeps_its_state(
            name in prop::sample::select(vec!["response_type", "scope", "prompt", "max_age", "nonce", "code_challenge", "login_hint", "acr_values", "ui_locales"]),
            value in any::<String>(),
            state in "\\PC{1,60}",
        ) {
            if let Ok(request) = read(&ordinary(&[(name, &value), ("state", &state)]), &shop()) {
                prop_assert_eq!(request.state.as_ref(), Some(&state));
                prop_assert!(request.scope.contains(scope::OPENID) && request.scope.is_subset_of(&shop().scope));
                let json = serde_json::to_string(&request).unwrap();
                prop_assert_eq!(serde_json::from_str::<AuthorizationRequest>(&json).unwrap(), request);
            }
        }
    }
}

//! Authorization codes (OpenID Connect Core §3.1.2.5): sealed facts that rest nowhere until they are redeemed. A code is spent under the
//! name of its request, so that of two copies for one request only one counts.

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::authorization_requests;
use crate::actions::backchannel_logout;
use crate::actions::grants::{FIRST_GENERATION, Instance, Judge, Redeem, Redeemed};
use crate::actions::sessions::Proof;
use crate::actions::shown_once::ShownOnce;
use crate::actions::tokens::{self, Given, TokenResponse};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::AppError;
use crate::base::id::{ClientId, GrantId, SessionId, UserId};
use crate::base::sealed::Fact;
use crate::base::secret::StoredRequestSecret;
use crate::base::single_use::SingleUseId;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::claims::{Acr, Amr};
use crate::protocol::client_metadata::{ConsentPolicy, GrantType};
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::pkce::{CodeChallenge, CodeVerifier};
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::requested_claims::RequestedClaims;
use crate::protocol::resource::Resources;
use crate::protocol::scope::{self, Scope};
use crate::store::client::Client;
use crate::store::reads::code_facts::code_facts;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::spent::{Spending, spend};
use crate::store::{Job, StoreError, Write, authorization_request, grant};

/// No code is longer, in characters: there are clients that keep codes in small fields and short addresses.
const LONGEST_CODE: usize = 1500;

/// What a code says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The request it answers, which it is spent under.
    #[serde(rename = "i")]
    request: SingleUseId,
    /// Which copy of it this is.
    #[serde(rename = "x")]
    instance: Instance,
    /// For whom.
    #[serde(rename = "u")]
    user: UserId,
    /// The session it comes from.
    #[serde(rename = "e")]
    session: SessionId,
    /// When the person had proved who they are.
    #[serde(rename = "t")]
    authenticated_at: Time,
    /// How strongly.
    #[serde(rename = "a")]
    acr: Acr,
    /// By what means.
    #[serde(rename = "m")]
    amr: Amr,
    /// What was asked.
    #[serde(rename = "q")]
    asked: Asked,
}

impl Fact for Code {
    const PREFIX: &'static str = "wo_";
}

/// What was asked: with the code, or in the row of a request that would make it too long.
#[derive(Debug, Serialize, Deserialize)]
enum Asked {
    #[serde(rename = "w")]
    Whole(Terms),
    #[serde(rename = "d")]
    Stored(Digest),
}

/// The part of a request that its redemption is held against.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    #[serde(rename = "c")]
    client_id: ClientId,
    #[serde(rename = "r")]
    redirect_uri: RedirectUri,
    #[serde(rename = "s")]
    scope: Scope,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    code_challenge: Option<CodeChallenge>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(rename = "j", default, skip_serializing_if = "RequestedClaims::is_empty")]
    claims: RequestedClaims,
    #[serde(rename = "o", default, skip_serializing_if = "Resources::is_empty")]
    resources: Resources,
}

impl Terms {
    fn of(request: &AuthorizationRequest) -> Self {
        Self {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            scope: request.scope.clone(),
            code_challenge: request.code_challenge,
            nonce: request.nonce.clone(),
            claims: request.claims.clone(),
            resources: request.resources.clone(),
        }
    }
}

/// A code for `request`, in the name of who is here. Nothing is written, unless the request is so long that the code can't carry it.
pub async fn issue(app: &App, request: &AuthorizationRequest, who: &SessionAndUser, browser: Digest) -> Result<String, AppError> {
    let id = SingleUseId::new(app.now().plus(app.config().lifetimes.code));
    let SessionAndUser { session, user } = who;
    let mut code = Code {
        request: request.id,
        instance: Instance::random(),
        user: user.id,
        session: session.id,
        authenticated_at: session.authenticated_at,
        acr: request.acr.told(session.acr),
        amr: session.amr.clone(),
        asked: Asked::Whole(Terms::of(request)),
    };
    let seal = |code: &Code| app.view().rings.sealer.seal(id, code, b"").map_err(AppError::internal);
    let text = seal(&code)?;
    if text.len() <= LONGEST_CODE {
        return Ok(text);
    }
    // The secret is not handed out: the code, which nobody else can read, carries what the row is found by.
    let digest = StoredRequestSecret::random().digest();
    let row = authorization_request::Model {
        digest,
        client_id: request.client_id.clone(),
        browser_digest: browser,
        facts: serde_json::to_string(request).map_err(AppError::internal)?,
        expires_at: id.expires_at(),
    };
    authorization_requests::store(app, row).await?;
    code.asked = Asked::Stored(digest);
    seal(&code)
}

/// What a client shows at the token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5).
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// `code`.
    pub code: &'a str,
    /// `redirect_uri`, which may be left out (OAuth 2.1 §4.1.3).
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub code_verifier: Option<&'a str>,
    /// All of it, for `resource`, which may be there several times (RFC 8707 §2.2).
    pub params: &'a Params,
}

/// Redeems a code for an authenticated client. One read and one write; the tokens are signed after the commit.
///
/// In this order: what belongs to the code is held against it, and burns nothing; then the verifier's value, where a wrong one burns the
/// code (A-CODE-06); then whether what it rests on still holds; then the write, which checks that again.
pub async fn redeem(app: &App, client: &Client, proof: &ShownOnce, shown: Shown<'_>, origin: Origin) -> Result<TokenResponse, OAuthError> {
    let client_id = &client.metadata.client_id;
    let origin = origin.by(Actor::Client(client_id.clone()));
    let refused = || OAuthError::invalid_grant("the code is unknown, over, used, or was given to another client");
    let now = app.now();
    let (_, code) = app.open_box::<Code>(shown.code, b"").await.map_err(|why| refused().because(format!("{why:?}")))?;
    let terms = match code.asked {
        Asked::Whole(terms) => terms,
        Asked::Stored(digest) => stored_terms(app, digest).await?.ok_or_else(refused)?,
    };
    if terms.client_id != *client_id {
        return Err(refused().because("the code of another client"));
    }
    // RFC 6749 §4.1.3: the same redirect_uri (A-CODE-04).
    if shown.redirect_uri.is_some_and(|shown| shown != terms.redirect_uri.as_str()) {
        return Err(OAuthError::invalid_grant("redirect_uri is not the one the code was sent to"));
    }
    let resources = terms.resources.chosen_by(shown.params)?;
    if !fits(terms.code_challenge.as_ref(), shown.code_verifier)? {
        proof.write(app, Burn { request: code.request, user: code.user, client: client_id.clone(), epoch: app.epoch(), now, origin }).await?;
        return Err(OAuthError::invalid_grant("code_verifier does not fit code_challenge"));
    }

    let (horizon, who) = code_facts(app.store(), code.session).await?;
    app.observe(horizon).await?;
    // Whoever shut the client out meanwhile has just been heard.
    let view = app.view();
    let client = view.client(client_id).filter(|client| client.is_enabled()).ok_or_else(refused)?;
    let judge = Judge { limits: app.config().sessions.clone(), epoch: app.epoch(), now };
    let who = who.filter(|who| judge.session_is_alive(who) && code_agrees(code.authenticated_at, code.acr, code.user, who));
    let who = who.ok_or_else(|| refused().because("its session has ended"))?;

    let proved = Proof { acr: code.acr, amr: code.amr };
    let grant = new_grant(app, client, &who, &terms, code.authenticated_at, proved, now)?;
    let needs_consent = client.metadata.consent_policy(&grant.scope, &terms.redirect_uri) != ConsentPolicy::NotAsked;
    let takes_part = backchannel_logout::part_of(client, &who.session);
    let is_repeated = repeats(app, client_id, &terms);
    let job = Redeem { request: code.request, instance: code.instance, grant: grant.clone(), needs_consent, takes_part, is_repeated, judge, origin };
    match proof.write(app, job).await? {
        Redeemed::Granted => {}
        other => return Err(refused().because(format!("{other:?}"))),
    }
    let (user, sid, nonce) = (&who.user, Some(&who.session.sid), terms.nonce.as_deref());
    let scope = &grant.scope;
    tokens::mint(app, &Given { client, grant: &grant, user, sid, scope, resources: &resources, nonce, generation: FIRST_GENERATION, now })
}

/// The grant that a code becomes. It rests on the authentication that the code tells of.
fn new_grant(
    app: &App,
    client: &Client,
    who: &SessionAndUser,
    terms: &Terms,
    authenticated_at: Time,
    proof: Proof,
    now: Time,
) -> Result<grant::Model, OAuthError> {
    let lifetimes = &app.config().lifetimes;
    // Without refresh tokens, a grant is over with its access token.
    let refreshes = client.metadata.may_use(GrantType::RefreshToken);
    let [idle, absolute] = if refreshes { [lifetimes.refresh_idle, lifetimes.refresh_absolute] } else { [lifetimes.access_token; 2] };
    let mac_key_id = app.view().rings.refresh_key();
    Ok(grant::Model {
        id: GrantId::new(now),
        user_id: who.user.id,
        client_id: client.metadata.client_id.clone(),
        session_id: who.session.id,
        offline: terms.scope.contains(scope::OFFLINE_ACCESS),
        scope: terms.scope.clone(),
        claims: terms.claims.clone(),
        resources: terms.resources.clone(),
        generation: FIRST_GENERATION,
        rotated_at: now,
        mac_key_id: mac_key_id.ok_or_else(|| OAuthError::server_error("no token could be made").because("the refresh ring is empty"))?,
        created_at: now,
        idle_ends_at: now.plus(idle),
        absolute_ends_at: now.plus(absolute),
        revoked_at: None,
        authenticated_at,
        acr: proof.acr,
        amr: proof.amr,
        epoch: app.epoch(),
        security_epoch: who.user.security_epoch,
    })
}

/// RFC 9700 §2.1.1: a challenge or nonce that does not change protects nothing; a client that does so is told of in the audit log (A-PKCE-06).
fn repeats(app: &App, client: &ClientId, terms: &Terms) -> bool {
    let challenge = terms.code_challenge.map(|challenge| format!("challenge {challenge}"));
    let nonce = terms.nonce.as_ref().map(|nonce| format!("nonce {nonce}"));
    let mut is_repeated = false;
    for value in challenge.into_iter().chain(nonce) {
        is_repeated |= app.repetitions().note(client, &value);
    }
    is_repeated
}

async fn stored_terms(app: &App, digest: Digest) -> Result<Option<Terms>, OAuthError> {
    let Some(row) = authorization_request::by_digest(app.store(), digest).await? else { return Ok(None) };
    let unreadable = |error: serde_json::Error| StoreError::Unreadable(error.to_string());
    let request: AuthorizationRequest = serde_json::from_str(&row.facts).map_err(unreadable)?;
    Ok(Some(Terms::of(&request)))
}

/// RFC 7636 §4.6: whether the verifier is the challenge's. What is missing, misspelled or uncalled for is an error, and burns nothing.
fn fits(challenge: Option<&CodeChallenge>, verifier: Option<&str>) -> Result<bool, OAuthError> {
    match (challenge, verifier) {
        (None, None) => Ok(true),
        // OAuth 2.1 §4.1.3: a verifier without a challenge is a downgrade that somebody arranged.
        (None, Some(_)) => Err(OAuthError::invalid_request("code_verifier was sent, but the request had no code_challenge")),
        (Some(_), None) => Err(OAuthError::invalid_grant("code_verifier is missing")),
        (Some(challenge), Some(verifier)) => {
            let verifier = CodeVerifier::parse(verifier);
            let verifier = verifier.ok_or_else(|| OAuthError::invalid_request("code_verifier must be 43 to 128 unreserved characters"))?;
            Ok(challenge.verify(&verifier))
        }
    }
}

/// The code's person is the session's, and it claims no later and no stronger sign-in than the session had.
fn code_agrees(authenticated_at: Time, acr: Acr, user: UserId, who: &SessionAndUser) -> bool {
    user == who.user.id && authenticated_at <= who.session.authenticated_at && acr <= who.session.acr
}

/// Spends a code for nothing, after a wrong verifier.
struct Burn {
    request: SingleUseId,
    user: UserId,
    client: ClientId,
    epoch: i64,
    now: Time,
    origin: Origin,
}

impl Job for Burn {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        // One that was redeemed before stays as it is, and what it gave stays good (A-CODE-03).
        if spend(write, self.request, None, self.epoch).await? == Spending::Now {
            Event::new("code_burned", &self.origin).user(self.user).client(&self.client).record(write, self.now).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::id::KeyId;
    use crate::base::issuer::Issuer;
    use crate::base::sealed::{RootKey, Sealer};
    use crate::protocol::error::ErrorCode;

    const NOW: Time = Time::from_seconds(1_764_000_000);
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    /// An ordinary code stays under 700 characters, whatever client libraries keep it in.
    #[test]
    fn an_ordinary_code_is_short() {
        let terms = Terms {
            client_id: ClientId::from_text("northwind-wiki-production"),
            redirect_uri: RedirectUri::from_text("https://wiki.northwind.example/auth/openid_connect/callback"),
            scope: Scope::of(&["openid", "profile", "email", "offline_access"]),
            code_challenge: CodeChallenge::parse(CHALLENGE),
            nonce: Some("n-0S6_WzA2Mj-0123456789abcdef0123456789abcd".to_owned()),
            claims: RequestedClaims::default(),
            resources: Resources::default(),
        };
        let code = Code {
            request: SingleUseId::new(NOW),
            instance: Instance::random(),
            user: UserId::new(NOW),
            session: SessionId::new(NOW),
            authenticated_at: NOW,
            acr: Acr::Phrh,
            amr: Amr::of_passkey(false),
            asked: Asked::Whole(terms),
        };
        let issuer = Issuer::parse("https://id.northwind.example").unwrap();
        let sealer = Sealer::new(issuer, RootKey::new(KeyId::random(), [7; 32]), Vec::new());
        let id = SingleUseId::new(NOW.plus(Duration::from_mins(1)));
        let text = sealer.seal(id, &code, b"").unwrap();
        assert!(text.len() < 700, "{}", text.len());
        let (_, read): (_, Code) = sealer.open(&text, b"", NOW).unwrap();
        assert_eq!(read.instance, code.instance);
        assert!(sealer.open::<Code>(&text, b"", NOW.plus(Duration::from_mins(1))).is_err(), "A-CODE-05");
    }

    /// A-PKCE-03, RFC 7636 §4.6: missing, misspelled and uncalled-for verifiers are errors that burn nothing; a wrong value is judged.
    #[test]
    fn only_the_value_of_a_verifier_burns() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(fits(Some(&challenge), Some(VERIFIER)).unwrap());
        assert!(!fits(Some(&challenge), Some(&VERIFIER.replace('d', "e"))).unwrap());
        assert!(fits(None, None).unwrap());
        assert_eq!(fits(Some(&challenge), None).unwrap_err().code(), ErrorCode::InvalidGrant);
        for (challenge, verifier) in [(Some(&challenge), Some("short")), (None, Some(VERIFIER))] {
            assert_eq!(fits(challenge, verifier).unwrap_err().code(), ErrorCode::InvalidRequest);
        }
    }
}

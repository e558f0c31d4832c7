//! The only mint: every access token, refresh token and ID token is made here, after the write that permits it.
//!
//! An access token names its grant ([`access_tokens`]); a refresh token is a counter of its grant with a MAC. Neither rests anywhere.

mod logout_token;

use std::time::Duration;

use serde::Serialize;

use crate::actions::access_tokens::{self, Behind, Wanted};
use crate::actions::subjects;
pub use crate::actions::tokens::logout_token::mint_logout;
use crate::adapters::jose::{IdTokenFacts, mint_id_token};
use crate::app::App;
use crate::base::base64url;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::{ClientId, GrantId, KeyId, Sid};
use crate::keys::ring::Rings;
use crate::protocol::claim_names::ClaimNames;
use crate::protocol::claims::{PersonFacts, StandardClaims};
use crate::protocol::client_metadata::GrantType;
use crate::protocol::error::OAuthError;
use crate::protocol::resource::Resources;
use crate::protocol::scope::{self, Scope};
use crate::store::client::Client;
use crate::store::{StoreError, grant, user};

/// A refresh token: key of its MAC, grant, generation. Its text adds the MAC over client, grant and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The key of the MAC: the grant's for life.
    pub key: KeyId,
    /// The grant.
    pub grant: GrantId,
    /// Which of the grant's refresh tokens it is.
    pub generation: i64,
}

impl RefreshToken {
    /// What its text begins with.
    pub const PREFIX: &'static str = "wrt_";
    const LENGTH: usize = 4 + 16 + 8 + 32;

    /// The text to hand out; `None` if the key is not in the ring.
    pub fn text(&self, rings: &Rings, client: &ClientId) -> Option<String> {
        self.mac(rings, client).map(|mac| self.spell(&mac))
    }

    fn spell(&self, mac: &Digest) -> String {
        let generation = self.generation.to_be_bytes();
        let bytes = [self.key.as_bytes().as_slice(), self.grant.as_uuid().as_bytes(), &generation, mac.as_bytes()].concat();
        format!("{}{}", Self::PREFIX, base64url::encode(bytes))
    }

    /// Reads a token that was given to `client`. `None` for every other text: of another client, tampered with, of no known key.
    pub fn open(text: &str, rings: &Rings, client: &ClientId) -> Option<Self> {
        let (token, mac) = Self::parse(text)?;
        // `Digest` compares in constant time.
        (token.mac(rings, client)? == mac).then_some(token)
    }

    fn parse(text: &str) -> Option<(Self, Digest)> {
        let bytes: [u8; Self::LENGTH] = base64url::decode_array(text.strip_prefix(Self::PREFIX)?)?;
        let (key, rest) = bytes.split_first_chunk::<4>()?;
        let (grant, rest) = rest.split_first_chunk::<16>()?;
        let (generation, mac) = rest.split_first_chunk::<8>()?;
        let grant = GrantId::from_uuid(uuid::Uuid::from_bytes(*grant));
        let token = Self { key: KeyId::from_bytes(*key), grant, generation: i64::from_be_bytes(*generation) };
        Some((token, Digest::from_bytes(mac.try_into().ok()?)))
    }

    fn mac(&self, rings: &Rings, client: &ClientId) -> Option<Digest> {
        let parts = [client.as_str().as_bytes(), self.grant.as_uuid().as_bytes(), &self.generation.to_be_bytes()];
        rings.refresh_mac(self.key, &parts)
    }
}

/// The answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl TokenResponse {
    /// An access token alone.
    pub(super) const fn bearer(access_token: String, lives_for: Duration, scope: Scope) -> Self {
        Self { access_token, token_type: "Bearer", expires_in: lives_for.as_secs(), scope, refresh_token: None, id_token: None }
    }
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenResponse(redacted)")
    }
}

/// What tokens are made of: a grant that was just given or refreshed, and what is known of its person.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// To whom.
    pub client: &'a Client,
    /// The grant.
    pub grant: &'a grant::Model,
    /// For whom.
    pub user: &'a user::Model,
    /// The session's name towards clients, if its row is still there.
    pub sid: Option<&'a Sid>,
    /// What this access token opens: the grant's scope, or a part of it.
    pub scope: &'a Scope,
    /// The resources this access token is for: those of the grant, or a part of them.
    pub resources: &'a Resources,
    /// The request's `nonce`; none at a refresh (OpenID Connect Core §12.2).
    pub nonce: Option<&'a str>,
    /// The generation of the refresh token that may be used next.
    pub generation: i64,
    /// `iat`: taken before the check that permits this.
    pub now: Time,
}

/// Makes the tokens.
pub fn mint(app: &App, given: &Given<'_>) -> Result<TokenResponse, OAuthError> {
    let Given { client, grant, now, .. } = *given;
    let rings = &app.view().rings;
    let fault = |what: &'static str| move |error: String| OAuthError::server_error("no token could be made").because(format!("{what}: {error}"));
    // Nothing outlives its grant.
    let ends_at = now.plus(app.config().lifetimes.access_token).min(grant.absolute_ends_at);
    let subject = subjects::of(app, &client.metadata, &given.user.subject);
    let person = Behind { grant: grant.id, subject: subject.as_str(), authenticated_at: grant.authenticated_at, acr: grant.acr, amr: &grant.amr };
    let wanted = Wanted { client, behind: Some(person), scope: given.scope, resources: given.resources, now, ends_at };
    let access_token = access_tokens::issue(app, &wanted).map_err(fault("access token"))?;
    let refresh_token = if client.metadata.may_use(GrantType::RefreshToken) {
        let token = RefreshToken { key: grant.mac_key_id, grant: grant.id, generation: given.generation };
        let text = token.text(rings, &grant.client_id);
        Some(text.ok_or_else(|| fault("refresh token")("its key is not in the ring".to_owned()))?)
    } else {
        None
    };
    let id_token = if given.scope.contains(scope::OPENID) {
        Some(id_token(app, rings, given, &access_token, ends_at).map_err(fault("id token"))?)
    } else {
        None
    };
    Ok(TokenResponse { refresh_token, id_token, ..TokenResponse::bearer(access_token, ends_at.since(now), given.scope.clone()) })
}

fn id_token(app: &App, rings: &Rings, given: &Given<'_>, access_token: &str, expires_at: Time) -> Result<String, String> {
    let Given { client, grant, user, .. } = *given;
    let algorithm = client.metadata.id_token_signed_response_alg;
    let key = rings.signing.signer(algorithm, given.now).ok_or_else(|| format!("there is no {algorithm} key"))?;
    let amr: Vec<String> = grant.amr.methods().iter().map(ToString::to_string).collect();
    // OpenID Connect Core §5.4: what the scope gives is asked at userinfo, unless the client was registered as one that never asks there.
    let of_scope = if client.metadata.scope_claims_in_id_token { ClaimNames::of_scope(given.scope) } else { ClaimNames::default() };
    let claims = StandardClaims::told(&person_facts(user), &of_scope.union(&grant.claims.id_token));
    let facts = IdTokenFacts {
        issuer: &app.config().issuer,
        subject: &subjects::of(app, &client.metadata, &user.subject),
        client_id: &grant.client_id,
        issued_at: given.now,
        expires_at,
        authenticated_at: Some(grant.authenticated_at),
        nonce: given.nonce,
        acr: Some(grant.acr.name()),
        amr: &amr,
        sid: given.sid,
        access_token: Some(access_token),
        claims: &claims,
    };
    mint_id_token(key, &facts).map_err(|error| error.to_string())
}

/// What claims about a person are made of.
pub fn person_facts(user: &user::Model) -> PersonFacts {
    PersonFacts {
        name: Some(user.name.clone()),
        profile: user.profile.clone(),
        zoneinfo: user.time_zone.clone(),
        updated_at: Some(user.updated_at),
        email: user.email.clone(),
        email_verified: user.email_verified_at.is_some(),
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        Self::temporarily_unavailable("the service can't answer right now; try again shortly").because(error)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> RefreshToken {
        RefreshToken { key: KeyId::from_bytes([1, 2, 3, 4]), grant: GrantId::from_uuid(uuid::Uuid::from_bytes([9; 16])), generation: 7 }
    }

    /// A-TOK-12: a refresh token has one spelling; one that is cut, longer or in another case is none.
    #[test]
    fn a_refresh_token_is_exact() {
        let mac = Digest::of("mac");
        let token = token();
        let text = token.spell(&mac);
        assert_eq!(text.len(), 84);
        assert_eq!(RefreshToken::parse(&text), Some((token, mac)));
        for other in
            [&text[..text.len() - 1], &format!("{text}A"), &format!("{text}="), &format!(" {text}"), &text.to_uppercase(), &text[4..], "wrt_", ""]
        {
            assert_eq!(RefreshToken::parse(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), generation in any::<i64>()) {
            prop_assert_eq!(RefreshToken::parse(&text).is_some(), false);
            let token = RefreshToken { generation, ..token() };
            prop_assert_eq!(RefreshToken::parse(&token.spell(&Digest::of("mac"))).map(|(read, _)| read), Some(token));
        }
    }
}

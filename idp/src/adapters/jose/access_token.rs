//! Access tokens that resource servers read themselves (RFC 9068): signed JWTs of the type `at+jwt`, which no other token of ours has, with
//! the resources they are for as their audience. Made with josekit alone, for openidconnect can't set the type.

use serde_json::{Map, Value, json};

use crate::adapters::jose::own_token::{moment, opened};
use crate::adapters::jose::{NotMinted, NotOurs, SigningKey};
use crate::base::base64url;
use crate::base::clock::Time;
use crate::base::id::{ClientId, GrantId};
use crate::base::issuer::Issuer;
use crate::base::single_use::SingleUseId;
use crate::protocol::claims::{Acr, Amr};
use crate::protocol::resource::{ResourceUri, Resources};
use crate::protocol::scope::Scope;

/// `typ` of these tokens (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// What an access token says to a resource server.
#[derive(Clone, Debug)]
pub struct AccessTokenFacts<'a> {
    /// `iss`.
    pub issuer: &'a Issuer,
    /// `sub`: a person, or a client in its own name.
    pub subject: &'a str,
    /// `client_id`: whom it was given to.
    pub client_id: &'a ClientId,
    /// `aud`: the resources it is for; at least one.
    pub resources: &'a Resources,
    /// `scope`; left out when empty.
    pub scope: &'a Scope,
    /// `jti`, which also says when it ends: `exp`.
    pub id: SingleUseId,
    /// `iat`.
    pub issued_at: Time,
    /// The grant it comes from, where a person stands behind it: `grant`, a claim of ours.
    pub grant: Option<GrantId>,
    /// `auth_time`, `acr` and `amr`, where a person stands behind it (RFC 9068 §2.2.1).
    pub authentication: Option<(Time, Acr, &'a Amr)>,
}

/// Signs the access token that says `facts`.
pub fn mint_access_token(key: &SigningKey, facts: &AccessTokenFacts<'_>) -> Result<String, NotMinted> {
    let header = json!({ "alg": key.algorithm().name(), "kid": key.kid().to_string(), "typ": TYPE });
    let audience = match facts.resources.as_slice() {
        // One audience is one text: some libraries read nothing else.
        [one] => Value::from(one.as_str()),
        several => several.iter().map(ResourceUri::as_str).collect(),
    };
    let mut claims = Map::new();
    let mut says = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    says("iss", facts.issuer.as_str().into());
    says("sub", facts.subject.into());
    says("client_id", facts.client_id.as_str().into());
    says("aud", audience);
    says("iat", facts.issued_at.seconds().into());
    says("exp", facts.id.expires_at().seconds().into());
    says("jti", base64url::encode(facts.id.as_bytes()).into());
    if !facts.scope.is_empty() {
        says("scope", facts.scope.to_string().into());
    }
    if let Some(grant) = facts.grant {
        says("grant", base64url::encode(grant.as_uuid().as_bytes()).into());
    }
    if let Some((authenticated_at, acr, amr)) = &facts.authentication {
        says("auth_time", authenticated_at.seconds().into());
        says("acr", acr.name().into());
        says("amr", amr.methods().iter().map(|method| method.name()).collect());
    }
    let signing_input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(Value::Object(claims).to_string()));
    Ok(format!("{signing_input}.{}", base64url::encode(key.signed(signing_input.as_bytes())?)))
}

/// What an access token of ours said when it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAccessToken {
    /// `jti`: what it is spent under when it is revoked; it says when the token ends.
    pub id: SingleUseId,
    /// `client_id`.
    pub client_id: ClientId,
    /// `aud`.
    pub resources: Resources,
    /// `scope`.
    pub scope: Scope,
    /// `iat`.
    pub issued_at: Time,
    /// The grant it comes from; none where a client asked in its own name.
    pub grant: Option<GrantId>,
}

/// Reads an access token that one of `keys` signed for `issuer`, whether or not it is over.
pub fn verify_access_token(jwt: &str, keys: &[SigningKey], issuer: &Issuer) -> Result<VerifiedAccessToken, NotOurs> {
    let claims = opened(jwt, keys, &|typ| typ == Some(TYPE))?;
    let text = |name| claims.get(name).and_then(Value::as_str).ok_or(NotOurs::Claims);
    if text("iss")? != issuer.as_str() {
        return Err(NotOurs::Issuer);
    }
    let bytes = |text: &str| base64url::decode_array(text).ok_or(NotOurs::Claims);
    let grant = match claims.get("grant") {
        None => None,
        Some(_) => Some(GrantId::from_uuid(uuid::Uuid::from_bytes(base64url::decode_array(text("grant")?).ok_or(NotOurs::Claims)?))),
    };
    Ok(VerifiedAccessToken {
        id: SingleUseId::from_bytes(bytes(text("jti")?)?),
        client_id: ClientId::from_text(text("client_id")?),
        resources: audience(&claims)?,
        scope: if claims.contains_key("scope") { text("scope")?.parse().map_err(|_| NotOurs::Claims)? } else { Scope::default() },
        issued_at: moment(&claims, "iat")?,
        grant,
    })
}

fn audience(claims: &Map<String, Value>) -> Result<Resources, NotOurs> {
    let one = |value: &Value| value.as_str().map(ResourceUri::from_text).ok_or(NotOurs::Claims);
    match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().map(one).collect::<Result<Vec<_>, _>>().map(Resources::of),
        Some(single) => Ok(Resources::of(vec![one(single)?])),
        None => Err(NotOurs::Claims),
    }
}

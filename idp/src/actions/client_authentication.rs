//! Is this client the one it names (RFC 6749 §2.3, OpenID Connect Core §9)? Exactly the registered method, exactly one at a time.
//!
//! Unknown, shut out and wrong secret are one answer after the same work (A-CA-05). Wrong secrets and signatures are counted in memory for
//! each network and client, so that guessing ends and the true client, elsewhere, is not locked out. An assertion that is good counts once:
//! what is given for it spends it ([`ShownOnce`]).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::actions::client_keys::client_keys;
use crate::actions::client_secrets;
use crate::actions::shown_once::ShownOnce;
use crate::adapters::jose::{ClientJws, NotVerified};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::ClientId;
use crate::base::network::Network;
use crate::base::secret::{ExposeSecret, SecretString};
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_assertion;
use crate::protocol::client_metadata::TokenEndpointAuthMethod;
use crate::protocol::discovery::path;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::store::client::Client;

/// How many wrong secrets are judged for each network and client in [`WINDOW`].
const MOST_WRONG: u32 = 20;
/// How long wrong secrets are remembered.
const WINDOW: Duration = Duration::from_mins(1);
/// How many networks and clients are remembered at the same time.
const MOST_REMEMBERED: usize = 10_000;

/// The values of `typ` that an assertion may have, beside none (draft-ietf-oauth-rfc7523bis §4).
const ASSERTION_TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// How a client says who it is.
#[derive(Debug)]
pub struct Credentials {
    client_id: ClientId,
    shown: Shown,
}

/// What it shows for that.
#[derive(Debug)]
enum Shown {
    Nothing,
    Secret(SecretString, TokenEndpointAuthMethod),
    Assertion(ClientJws),
}

impl Credentials {
    /// Reads them from the `Authorization` header and the form. More than one method is a malformed request (RFC 6749 §2.3, A-CA-01).
    pub fn read(authorization: Option<&str>, params: &Params) -> Result<Self, OAuthError> {
        let in_body = params.get("client_secret");
        let assertion = params.get("client_assertion").or_else(|| params.get("client_assertion_type"));
        let named = params.get("client_id");
        if usize::from(authorization.is_some()) + usize::from(in_body.is_some()) + usize::from(assertion.is_some()) > 1 {
            return Err(OAuthError::invalid_request("more than one method of client authentication"));
        }
        if assertion.is_some() {
            return Self::asserted(params);
        }
        if let Some(authorization) = authorization {
            let (client_id, secret) =
                basic(authorization).ok_or_else(|| OAuthError::invalid_client("the Authorization header is not well-formed Basic"))?;
            if named.is_some_and(|named| named != client_id.as_str()) {
                return Err(OAuthError::invalid_request("client_id is not the one in the Authorization header"));
            }
            return Ok(Self { client_id, shown: Shown::Secret(secret, TokenEndpointAuthMethod::ClientSecretBasic) });
        }
        let client_id = named.ok_or_else(|| OAuthError::invalid_client("client authentication is missing"))?;
        let shown = in_body.map_or(Shown::Nothing, |secret| Shown::Secret(secret.into(), TokenEndpointAuthMethod::ClientSecretPost));
        Ok(Self { client_id: ClientId::from_text(client_id), shown })
    }

    /// RFC 7523 §2.2, RFC 7521 §4.2: an assertion of the one type, which names the client; `client_id` may name it as well.
    fn asserted(params: &Params) -> Result<Self, OAuthError> {
        if params.get("client_assertion_type") != Some(client_assertion::TYPE) {
            return Err(OAuthError::invalid_client("client_assertion_type must be that of RFC 7523").because("another type of assertion"));
        }
        let text = params.get("client_assertion").ok_or_else(|| OAuthError::invalid_client("client_assertion is missing"))?;
        let malformed = |why: NotVerified| OAuthError::invalid_client("client_assertion is no signed JWT that is taken here").because(why);
        let assertion = ClientJws::read(text, &ASSERTION_TYPES).map_err(malformed)?;
        let client_id = client_assertion::names(assertion.unverified_claims());
        let client_id = client_id.ok_or_else(|| OAuthError::invalid_client("sub of the client assertion is missing"))?;
        if params.get("client_id").is_some_and(|named| named != client_id.as_str()) {
            return Err(OAuthError::invalid_client("client_id is not the one in the client assertion"));
        }
        Ok(Self { client_id, shown: Shown::Assertion(assertion) })
    }
}

/// RFC 6749 §2.3.1, RFC 7617 §2: strict base64 of id and secret, each form-encoded (A-CA-03).
fn basic(authorization: &str) -> Option<(ClientId, SecretString)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((ClientId::from_text(form_decoded(id)?), form_decoded(secret)?.into()))
}

/// Undoes form encoding of one value, by the same reading that forms get.
fn form_decoded(text: &str) -> Option<String> {
    // The encoding never writes the sign that parts parameters; a text with one is not encoded.
    if text.contains('&') {
        return None;
    }
    let params = Params::gather(&[format!("value={text}").as_bytes()]).ok()?;
    Some(params.get("value").unwrap_or_default().to_owned())
}

/// Why a client was not let in.
#[derive(Debug)]
pub enum NotAuthenticated {
    /// It said something malformed, or did not prove who it is.
    Refused(OAuthError),
    /// Too many wrong secrets came from this network for this client; not judged. Come back after this long.
    TooMany(Duration),
}

impl From<OAuthError> for NotAuthenticated {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

/// Proves that the client is the one it names, or refuses. No read: clients are in memory, and are looked for again only before a refusal.
/// What it showed may count only once: nothing is to be given before that is written or settled.
pub async fn authenticate(
    app: &App,
    wrong: &WrongSecrets,
    credentials: Credentials,
    network: Network,
) -> Result<(Arc<Client>, ShownOnce), NotAuthenticated> {
    let now = app.now();
    let Credentials { client_id, shown } = credentials;
    wrong.may_try(network, &client_id, now).map_err(NotAuthenticated::TooMany)?;
    let mut client = app.view().client(&client_id).cloned();
    if client.is_none() && app.look_again().await {
        client = app.view().client(&client_id).cloned();
    }
    let refused = || OAuthError::invalid_client("the client is unknown or did not prove who it is");
    let (proven, once) = match shown {
        Shown::Nothing => (client.filter(|client| is_registered_for(client, TokenEndpointAuthMethod::None)), ShownOnce::default()),
        Shown::Secret(secret, method) => {
            let proven_by = |client: Option<Arc<Client>>| -> Result<Option<Arc<Client>>, NotAtRest> {
                let fits = client_secrets::fits(app, client.as_deref(), &client_id, secret.expose_secret())?;
                Ok(client.filter(|client| fits && is_registered_for(client, method)))
            };
            let mut proven = proven_by(client).map_err(fault)?;
            // A secret that was made on another node a moment ago is not a wrong one (D-SEC-09).
            if proven.is_none() && app.look_again().await {
                proven = proven_by(app.view().client(&client_id).cloned()).map_err(fault)?;
            }
            if proven.is_none() {
                wrong.note(network, &client_id, now);
            }
            (proven, ShownOnce::default())
        }
        Shown::Assertion(assertion) => {
            let by_assertion = |client: &Arc<Client>| !client.metadata.token_endpoint_auth_method.assertion_algorithms().is_empty();
            let client = client.filter(|client| client.is_enabled() && by_assertion(client)).ok_or_else(refused)?;
            let claims = verified(app, &client, assertion).await?.map_err(|why| {
                wrong.note(network, &client_id, now);
                refused().because(why)
            })?;
            let issuer = &app.config().issuer;
            let audiences = [issuer.as_str(), &issuer.join(path::TOKEN)];
            let assertion = client_assertion::judge(&claims, &client_id, &audiences, now).map_err(OAuthError::invalid_client)?;
            (Some(client), ShownOnce::assertion(&client_id, &assertion))
        }
    };
    Ok((proven.ok_or_else(refused)?, once))
}

/// OpenID Connect Core §9: the registered method and no other (A-CA-02), and nobody who was shut out.
fn is_registered_for(client: &Client, shown: TokenEndpointAuthMethod) -> bool {
    client.is_enabled() && client.metadata.token_endpoint_auth_method == shown
}

fn fault(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OAuthError {
    OAuthError::server_error("the client can't be checked").because(error)
}

/// The claims of an assertion that this client signed; the outer error is ours.
async fn verified(app: &App, client: &Client, assertion: ClientJws) -> Result<Result<Map<String, Value>, NotVerified>, OAuthError> {
    let allowed = client.metadata.assertion_algorithms();
    if client.metadata.token_endpoint_auth_method == TokenEndpointAuthMethod::ClientSecretJwt {
        let secrets = client_secrets::assertion_keys(app, client).map_err(fault)?;
        return Ok(assertion.verified_with_secrets(&secrets, &allowed));
    }
    let keys = client_keys(app, client, assertion.kid()).await;
    let keys = keys.map_err(|why| OAuthError::invalid_client("the client's keys can't be read").because(why))?;
    Ok(assertion.verified_with_keys(&keys, &allowed))
}

/// Counts wrong secrets for each network and client, on this node.
#[derive(Clone, Default)]
pub struct WrongSecrets(Arc<Mutex<HashMap<(Network, Digest), Count>>>);

#[derive(Clone, Copy)]
struct Count {
    wrong: u32,
    since: Time,
}

impl WrongSecrets {
    /// Whether another secret is judged; if not, how long to wait.
    fn may_try(&self, network: Network, client: &ClientId, now: Time) -> Result<(), Duration> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get(&(network, Digest::of(client.as_str()))) {
            Some(count) if count.wrong >= MOST_WRONG && now.since(count.since) < WINDOW => Err(WINDOW.saturating_sub(now.since(count.since))),
            _ => Ok(()),
        }
    }

    fn note(&self, network: Network, client: &ClientId, now: Time) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST_REMEMBERED {
            counts.retain(|_, count| now.since(count.since) < WINDOW);
        }
        if counts.len() >= MOST_REMEMBERED {
            // Whoever fills the memory makes it forget; secrets have 256 bits, and memory has an end (E-LOAD).
            counts.clear();
        }
        let count = counts.entry((network, Digest::of(client.as_str()))).or_insert(Count { wrong: 0, since: now });
        if now.since(count.since) >= WINDOW {
            *count = Count { wrong: 0, since: now };
        }
        count.wrong = count.wrong.saturating_add(1);
    }
}

impl fmt::Debug for WrongSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WrongSecrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::error::ErrorCode;

    fn encoded(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    /// A-CA-03: form-encoded inside strict base64; sloppy base64 is refused.
    #[test]
    fn basic_is_read_by_the_book() {
        let (id, secret) = basic(&encoded("sh%3Aop:a%3Ab%25c%2Bd+%C3%BC=")).unwrap();
        assert_eq!((id.as_str(), secret.expose_secret()), ("sh:op", "a:b%c+d \u{fc}="));
        assert!(basic(&encoded("shop:secret").replace("Basic", "bAsIc")).is_some());
        assert_eq!(basic(&encoded("shop:")).unwrap().1.expose_secret(), "");
        for sloppy in [
            encoded("shop:secret").replace('=', ""),
            format!("{}\n", encoded("shop:secret")),
            encoded("shop:secret").replace("Basic ", "Basic  "),
            encoded("shop"),
            encoded("shop:a&b"),
            encoded("shop:%ff"),
            "Basic".to_owned(),
            "Basic -_8=".to_owned(),
            "Bearer abc".to_owned(),
        ] {
            assert!(basic(&sloppy).is_none(), "{sloppy:?}");
        }
    }

    /// A-CA-01, A-CA-02: one method at a time, and what is missing is not guessed.
    #[test]
    fn one_method_at_a_time() {
        let read = |header: Option<&str>, pairs: &[(&str, &str)]| Credentials::read(header, &Params::from_pairs(pairs.iter().copied()));
        let header = encoded("shop:secret");
        let method = |outcome: Result<Credentials, OAuthError>| match outcome.unwrap().shown {
            Shown::Secret(_, method) => method,
            Shown::Nothing => TokenEndpointAuthMethod::None,
            Shown::Assertion(_) => TokenEndpointAuthMethod::PrivateKeyJwt,
        };
        assert_eq!(method(read(Some(&header), &[("client_id", "shop")])), TokenEndpointAuthMethod::ClientSecretBasic);
        assert_eq!(method(read(None, &[("client_id", "shop"), ("client_secret", "x")])), TokenEndpointAuthMethod::ClientSecretPost);
        assert_eq!(method(read(None, &[("client_id", "shop")])), TokenEndpointAuthMethod::None);
        for (header, pairs, code) in [
            (Some(header.as_str()), &[("client_secret", "secret")][..], ErrorCode::InvalidRequest),
            (Some(&header), &[("client_id", "other")], ErrorCode::InvalidRequest),
            (Some(&header), &[("client_assertion", "a.b.c")], ErrorCode::InvalidRequest),
            (None, &[("client_secret", "secret"), ("client_assertion", "a.b.c")], ErrorCode::InvalidRequest),
            (None, &[("client_id", "shop"), ("client_assertion", "a.b.c")], ErrorCode::InvalidClient),
            (None, &[("client_id", "shop"), ("client_assertion_type", client_assertion::TYPE)], ErrorCode::InvalidClient),
            (None, &[("client_assertion_type", client_assertion::TYPE), ("client_assertion", "a.b.c")], ErrorCode::InvalidClient),
            (None, &[("client_secret", "secret")], ErrorCode::InvalidClient),
            (Some("Bearer x"), &[], ErrorCode::InvalidClient),
            (None, &[], ErrorCode::InvalidClient),
        ] {
            assert_eq!(read(header, pairs).unwrap_err().code(), code, "{pairs:?}");
        }
    }

    /// A-CA-05: guessing ends where it comes from, and nowhere else; after a while it may go on.
    #[test]
    fn wrong_secrets_count_for_their_network_and_client() {
        let wrong = WrongSecrets::default();
        let network = |text: &str| Network::of(text.parse().unwrap());
        let (here, elsewhere) = (network("192.0.2.1"), network("192.0.2.2"));
        let (shop, other) = (ClientId::from_text("shop"), ClientId::from_text("other"));
        let now = Time::from_seconds(1_764_000_000);
        for _ in 0..MOST_WRONG {
            assert!(wrong.may_try(here, &shop, now).is_ok());
            wrong.note(here, &shop, now);
        }
        assert_eq!(wrong.may_try(here, &shop, now), Err(WINDOW));
        assert!(wrong.may_try(elsewhere, &shop, now).is_ok());
        assert!(wrong.may_try(here, &other, now).is_ok());
        assert!(wrong.may_try(here, &shop, now.plus(WINDOW)).is_ok());
    }

    #[test]
    fn the_memory_of_wrong_secrets_has_an_end() {
        let wrong = WrongSecrets::default();
        let now = Time::from_seconds(1_764_000_000);
        for number in 0..MOST_REMEMBERED + 10 {
            wrong.note(Network::default(), &ClientId::from_text(number.to_string()), now);
        }
        assert!(wrong.0.lock().unwrap().len() <= MOST_REMEMBERED);
    }
}

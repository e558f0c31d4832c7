//! What a verified request object asks for (RFC 9101 §4, §6.3, OpenID Connect Core §6.1): its claims become the parameters of the request, and
//! what was sent beside it counts for nothing, except that it must not contradict.

use serde_json::{Map, Value};

use crate::base::clock::Time;
use crate::base::id::ClientId;
use crate::base::issuer::Issuer;
use crate::protocol::client_metadata::ClientAlgorithm;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;

/// What may sign one: no shared secret, and nobody is `none`.
pub const ALGORITHMS: [ClientAlgorithm; 4] = [ClientAlgorithm::Rs256, ClientAlgorithm::Ps256, ClientAlgorithm::Es256, ClientAlgorithm::EdDsa];
/// How far into the future a request object may be good, and how far in the past it may have begun, in seconds.
const LONGEST: i64 = 3600;
/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 10;
/// The parameters that mean something here. What else is in a request object is for others.
const KNOWN: [&str; 20] = [
    "client_id",
    "response_type",
    "response_mode",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "ui_locales",
    "acr_values",
    "claims",
    "claims_locales",
    "display",
    "resource",
    "registration",
];

/// The parameters of a request object that `client` signed. `outer` are those beside it.
pub fn params(claims: &Map<String, Value>, outer: &Params, client: &ClientId, issuer: &Issuer, now: Time) -> Result<Params, OAuthError> {
    check_parties(claims, client, issuer)?;
    check_times(claims, now)?;
    // RFC 9101 §6.3: an object does not lead to another one.
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(refused("must not have request or request_uri in it"));
    }
    check_agreement(claims, outer, client)?;
    let mut pairs = vec![("client_id".to_owned(), client.as_str().to_owned())];
    for name in KNOWN.into_iter().filter(|name| *name != "client_id") {
        match claims.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(values)) if name == "resource" => {
                for value in values {
                    pairs.push((name.to_owned(), text(name, value)?));
                }
            }
            Some(value) => pairs.push((name.to_owned(), text(name, value)?)),
        }
    }
    // OpenID Connect Core §6.1: response_type is always beside it; RFC 9101 has it inside. It says one thing wherever it stands.
    if !claims.contains_key("response_type")
        && let Some(response_type) = outer.get("response_type")
    {
        pairs.push(("response_type".to_owned(), response_type.to_owned()));
    }
    Ok(Params::from_pairs(pairs))
}

fn refused(problem: &str) -> OAuthError {
    OAuthError::invalid_request_object(format!("the request object {problem}"))
}

/// RFC 9101 §4, §10.8: by this client, for this provider, and nothing else that this client signs, such as an assertion.
fn check_parties(claims: &Map<String, Value>, client: &ClientId, issuer: &Issuer) -> Result<(), OAuthError> {
    let said = |name| claims.get(name).and_then(Value::as_str);
    if said("iss") != Some(client.as_str()) {
        return Err(refused("must have the client_id as iss"));
    }
    let audiences = claims.get("aud").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let for_us = said("aud") == Some(issuer.as_str()) || audiences.iter().any(|audience| audience == issuer.as_str());
    if !for_us {
        return Err(refused("must have the issuer as aud"));
    }
    if said("sub") == Some(client.as_str()) {
        return Err(refused("must not have the client_id as sub: that is a client assertion"));
    }
    Ok(())
}

fn check_times(claims: &Map<String, Value>, now: Time) -> Result<(), OAuthError> {
    // RFC 7519 §2: seconds, perhaps with a fraction, which changes nothing here.
    let moment = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            let seconds = value.as_i64().or_else(|| value.as_f64().and_then(whole));
            seconds.map(Some).ok_or_else(|| refused("has a time that is no number of seconds"))
        }
    };
    let now = now.seconds();
    let exp = moment("exp")?.ok_or_else(|| refused("must have exp"))?;
    if exp.saturating_add(LEEWAY) <= now {
        return Err(refused("is over"));
    }
    if exp.saturating_sub(now) > LONGEST + LEEWAY {
        return Err(refused("is good for more than an hour"));
    }
    if moment("nbf")?.is_some_and(|nbf| nbf.saturating_sub(LEEWAY) > now || now.saturating_sub(nbf) > LONGEST + LEEWAY) {
        return Err(refused("begins in the future, or began more than an hour ago"));
    }
    if moment("iat")?.is_some_and(|iat| iat.saturating_sub(LEEWAY) > now) {
        return Err(refused("was made in the future"));
    }
    Ok(())
}

fn whole(seconds: f64) -> Option<i64> {
    // Beyond this there are no whole seconds any more, and no calendar either.
    if seconds.abs() < 1e12 { format!("{seconds:.0}").parse().ok() } else { None }
}

/// RFC 9101 §6.3, OpenID Connect Core §6.1: what stands inside and beside it must be the same.
fn check_agreement(claims: &Map<String, Value>, outer: &Params, client: &ClientId) -> Result<(), OAuthError> {
    if claims.get("client_id").is_some_and(|inner| inner != client.as_str()) {
        return Err(refused("names another client_id"));
    }
    let response_type = claims.get("response_type").and_then(Value::as_str);
    if response_type.zip(outer.get("response_type")).is_some_and(|(inner, outer)| inner != outer) {
        return Err(refused("has another response_type than stands beside it"));
    }
    Ok(())
}

/// A parameter's value: JSON has texts, numbers (`max_age`) and objects (`claims`) where an address has only texts (RFC 9101 §4).
fn text(name: &str, value: &Value) -> Result<String, OAuthError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Object(_) if name == "claims" => Ok(value.to_string()),
        _ => Err(refused(&format!("has a {name} that is no text"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::protocol::error::ErrorCode;

    const NOW: Time = Time::from_seconds(1_764_000_000);

    fn read(claims: &Value, outer: &[(&str, &str)]) -> Result<Params, OAuthError> {
        let issuer = Issuer::parse("https://id.example.com").unwrap();
        let claims = claims.as_object().unwrap();
        params(claims, &Params::from_pairs(outer.iter().copied()), &ClientId::from_text("shop"), &issuer, NOW)
    }

    fn good() -> Value {
        json!({
            "iss": "shop", "aud": "https://id.example.com", "exp": 1_764_000_060, "iat": 1_764_000_000, "nbf": 1_764_000_000, "jti": "x",
            "client_id": "shop", "response_type": "code", "redirect_uri": "https://shop.test/cb", "scope": "openid", "max_age": 300,
            "claims": {"userinfo": {"email": null}}, "resource": ["urn:a", "urn:b"], "foo": ["bar"], "state": null,
        })
    }

    /// A-JAR-02, A-PAR-03: what is inside counts, and nothing beside it.
    #[test]
    fn only_what_was_signed_counts() {
        let read = read(&good(), &[("client_id", "shop"), ("scope", "openid email"), ("state", "outer"), ("nonce", "outer")]).unwrap();
        let mut pairs: Vec<_> = read.pairs().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.sort_unstable();
        assert_eq!(
            pairs,
            [
                r#"claims={"userinfo":{"email":null}}"#,
                "client_id=shop",
                "max_age=300",
                "redirect_uri=https://shop.test/cb",
                "response_type=code",
                "scope=openid"
            ]
        );
        assert_eq!(read.resources(), ["urn:a", "urn:b"]);
    }

    /// OpenID Connect Core §6.1: a response_type beside it is enough.
    #[test]
    fn a_response_type_may_stand_beside_it() {
        let mut claims = good();
        claims.as_object_mut().unwrap().remove("response_type");
        assert_eq!(read(&claims, &[("response_type", "code")]).unwrap().get("response_type"), Some("code"));
        assert_eq!(read(&claims, &[]).unwrap().get("response_type"), None);
    }

    /// A-JAR-02: each of these alone makes it none of ours.
    #[test]
    fn each_wrong_claim_is_refused() {
        assert!(read(&good(), &[("response_type", "code")]).is_ok());
        for (member, value) in [
            ("iss", json!("wiki")),
            ("iss", Value::Null),
            ("aud", json!("https://id.example.com/")),
            ("aud", json!(["https://other.example"])),
            ("aud", Value::Null),
            ("exp", Value::Null),
            ("exp", json!("1764000060")),
            ("exp", json!(1_763_999_990)),
            ("exp", json!(1_764_003_611)),
            ("exp", json!(1e300)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(i64::MIN)),
            ("nbf", json!(1_764_000_011)),
            ("nbf", json!(1_763_996_389)),
            ("nbf", json!(i64::MIN)),
            ("iat", json!(1_764_000_011)),
            ("sub", json!("shop")),
            ("client_id", json!("wiki")),
            ("client_id", json!(["shop"])),
            ("response_type", json!("token")),
            ("request", json!("x")),
            ("request_uri", json!("urn:x")),
            ("scope", json!(["openid"])),
            ("prompt", json!(true)),
            ("state", json!({"a": 1})),
        ] {
            let mut claims = good();
            claims[member] = value.clone();
            let refused = read(&claims, &[("response_type", "code")]).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidRequestObject, "{member} {value}");
        }
        let mut claims = good();
        claims["aud"] = json!(["https://other.example", "https://id.example.com"]);
        assert!(read(&claims, &[]).is_ok());
    }

    proptest! {
        #[test]
        fn any_claim_is_read_or_refused(name in prop::sample::select(KNOWN.to_vec()), value in "[{}\\[\\]\":,a-z0-9.e-]{0,30}") {
            if let Ok(value) = serde_json::from_str::<Value>(&value) {
                let mut claims = good();
                claims[name] = value;
                let _ = read(&claims, &[]);
            }
        }
    }
}

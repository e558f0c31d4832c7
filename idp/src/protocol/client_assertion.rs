//! What a client assertion says (RFC 7523 §3, OpenID Connect Core §9, A-CA-06): judged here, after its signature. Strict, for a loose one is
//! worth stealing: one audience as a plain text, a short life, a name that is used once.

use serde_json::{Map, Value};

use crate::base::clock::Time;
use crate::base::id::ClientId;

/// The one kind of assertion (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead an assertion may end, in milliseconds: five minutes.
const LONGEST_LIFE: i64 = 5 * 60 * 1000;
/// How far a client's clock may be ahead of ours, in milliseconds. The conformance suite expects 10 s to be taken and 60 s to be refused.
const AHEAD: i64 = 30 * 1000;
/// The longest `jti`.
const LONGEST_JTI: usize = 256;

/// An assertion that is good, if it was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAssertion {
    /// `jti`: the client's own name for it.
    pub jti: String,
    /// `exp`: until then it must be remembered.
    pub expires_at: Time,
}

/// Whose assertion it says it is. Nothing is believed: this only says whose keys to try.
pub fn names(claims: &Map<String, Value>) -> Option<ClientId> {
    claims.get("sub").and_then(Value::as_str).map(ClientId::from_text)
}

/// Judges the claims of an assertion of `client`, which was meant for one of `audiences`. The error says in words what is wrong.
pub fn judge(claims: &Map<String, Value>, client: &ClientId, audiences: &[&str], now: Time) -> Result<ClientAssertion, &'static str> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(client.as_str()) || text("sub") != Some(client.as_str()) {
        return Err("iss and sub of the client assertion must be the client_id");
    }
    // A list of audiences is one of the ways in which an assertion for another server was replayed (draft-ietf-oauth-rfc7523bis §4).
    if !text("aud").is_some_and(|audience| audiences.contains(&audience)) {
        return Err("aud of the client assertion must be the issuer, as a plain string");
    }
    let expires_at = moment(claims, "exp")?.ok_or("exp of the client assertion is missing")?;
    if expires_at <= now {
        return Err("the client assertion is over");
    }
    if expires_at.millis() - now.millis() > LONGEST_LIFE + AHEAD {
        return Err("exp of the client assertion must be at most 5 minutes ahead");
    }
    for name in ["nbf", "iat"] {
        if moment(claims, name)?.is_some_and(|time| time.millis() - now.millis() > AHEAD) {
            return Err("nbf or iat of the client assertion is in the future");
        }
    }
    let jti = text("jti").filter(|jti| (1..=LONGEST_JTI).contains(&jti.len()));
    let jti = jti.ok_or("jti of the client assertion must be a text of 1 to 256 bytes")?;
    Ok(ClientAssertion { jti: jti.to_owned(), expires_at })
}

/// A NumericDate (RFC 7519 §2), which may have a fraction. What stands there and is none is an error, never "not there" (A-TOK-09).
fn moment(claims: &Map<String, Value>, name: &str) -> Result<Option<Time>, &'static str> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| whole_seconds(value.as_f64()?));
    // Beyond the year 9999 there are no dates, and sums of milliseconds would overflow some day.
    let seconds =
        seconds.filter(|seconds| (0..=253_402_300_799).contains(seconds)).ok_or("a time in the client assertion is no number of seconds")?;
    Ok(Some(Time::from_seconds(seconds)))
}

#[expect(clippy::cast_possible_truncation, reason = "it is within the range of whole seconds that has been asked for")]
fn whole_seconds(seconds: f64) -> Option<i64> {
    (0.0..253_402_300_800.0).contains(&seconds).then_some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const AUDIENCES: [&str; 2] = ["https://id.example", "https://id.example/token"];

    fn judged(change: impl FnOnce(&mut Map<String, Value>)) -> Result<ClientAssertion, &'static str> {
        let claims = json!({"iss": "shop", "sub": "shop", "aud": "https://id.example", "exp": NOW + 60, "iat": NOW, "jti": "a"});
        let Value::Object(mut claims) = claims else { unreachable!() };
        change(&mut claims);
        judge(&claims, &ClientId::from_text("shop"), &AUDIENCES, Time::from_seconds(NOW))
    }

    fn with(name: &str, value: &Value) -> Result<ClientAssertion, &'static str> {
        judged(|claims| drop(claims.insert(name.to_owned(), value.clone())))
    }

    /// A-CA-06: one mutation of each claim.
    #[test]
    fn every_claim_is_judged() {
        assert_eq!(judged(|_| ()), Ok(ClientAssertion { jti: "a".to_owned(), expires_at: Time::from_seconds(NOW + 60) }));
        for name in ["iss", "sub", "aud", "exp", "jti"] {
            assert!(judged(|claims| drop(claims.remove(name))).is_err(), "{name} is missing");
            for other in [json!(null), json!(""), json!(true), json!({}), json!([])] {
                assert!(with(name, &other).is_err(), "{name}: {other}");
            }
        }
        for (name, good) in [
            ("aud", json!("https://id.example/token")),
            ("exp", json!(NOW + 300)),
            ("exp", json!(NOW + 1)),
            ("exp", json!(1_800_000_060.5)),
            ("iat", json!(NOW + 10)),
            ("nbf", json!(NOW + 10)),
            ("nbf", json!(0)),
            ("jti", json!("x".repeat(256))),
        ] {
            assert!(with(name, &good).is_ok(), "{name}: {good}");
        }
        for (name, bad) in [
            ("iss", json!("other")),
            ("sub", json!("shop2")),
            ("aud", json!("https://id.example/")),
            ("aud", json!("https://id.example/par")),
            ("aud", json!(["https://id.example"])),
            ("aud", json!(["https://id.example", "https://other.example"])),
            ("exp", json!(NOW)),
            ("exp", json!(NOW - 1)),
            ("exp", json!(NOW + 361)),
            ("exp", json!(253_370_764_800_i64)),
            ("exp", json!(1e300)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(-1)),
            ("exp", json!((NOW + 60).to_string())),
            ("iat", json!(NOW + 61)),
            ("nbf", json!(NOW + 61)),
            ("nbf", json!("0")),
            ("jti", json!("x".repeat(257))),
            ("jti", json!("x".repeat(100_000))),
            ("jti", json!(1)),
        ] {
            assert!(with(name, &bad).is_err(), "{name}: {bad:.60}");
        }
    }

    proptest! {
        #[test]
        fn any_times_are_judged(exp in any::<f64>(), iat in any::<i64>()) {
            let outcome = judged(|claims| {
                claims.insert("exp".to_owned(), json!(exp));
                claims.insert("iat".to_owned(), json!(iat));
            });
            if let Ok(assertion) = outcome {
                prop_assert!(assertion.expires_at > Time::from_seconds(NOW) && assertion.expires_at <= Time::from_seconds(NOW + 330));
            }
        }
    }
}

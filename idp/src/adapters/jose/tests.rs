//! What we sign is judged by openidconnect's own verifier; what comes back is judged by ours, with every mutation of the catalogue.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet};
use openidconnect::{AccessToken, AccessTokenHash, ClientId as TheirClientId, IssuerUrl, Nonce};
use serde_json::{Value, json};

use super::*;
use crate::base::base64url;
use crate::base::clock::Time;
use crate::base::id::{ClientId, GrantId, KeyId, Sid, Subject};
use crate::base::issuer::Issuer;
use crate::base::single_use::SingleUseId;
use crate::protocol::claims::{Acr, Amr, StandardClaims};
use crate::protocol::resource::{ResourceUri, Resources};
use crate::protocol::scope::Scope;
use crate::protocol::signing_algorithm::SigningAlgorithm;

const NOW: Time = Time::from_millis(1_764_000_000_999);

/// One key for each algorithm, made once: RSA keys are slow to make.
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    SigningAlgorithm::ALL
        .into_iter()
        .zip(1..)
        .map(|(algorithm, number)| {
            let private = generate_private(algorithm).unwrap();
            SigningKey::from_private(KeyId::from_bytes([0xa0, 0, 0, number]), algorithm, &private).unwrap()
        })
        .collect()
});

struct Names {
    issuer: Issuer,
    subject: Subject,
    client_id: ClientId,
    sid: Sid,
    amr: Vec<String>,
    claims: StandardClaims,
    no_claims: StandardClaims,
}

fn names() -> Names {
    Names {
        issuer: Issuer::parse("https://id.example.com").unwrap(),
        subject: Subject::from_text("subject-1"),
        client_id: ClientId::from_text("shop"),
        sid: Sid::from_text("sid-1"),
        amr: vec!["swk".into(), "user".into()],
        claims: StandardClaims {
            name: Some("Alice \"A\" Ä".into()),
            email: Some("alice@example.com".into()),
            email_verified: Some(true),
            ..StandardClaims::default()
        },
        no_claims: StandardClaims::default(),
    }
}

fn facts(names: &Names) -> IdTokenFacts<'_> {
    IdTokenFacts {
        issuer: &names.issuer,
        subject: &names.subject,
        client_id: &names.client_id,
        issued_at: NOW,
        expires_at: Time::from_seconds(NOW.seconds() + 600),
        authenticated_at: Some(Time::from_seconds(NOW.seconds() - 5)),
        nonce: Some("n-0S6_WzA2Mj ü"),
        acr: Some("phr"),
        amr: &names.amr,
        sid: Some(&names.sid),
        access_token: Some("wa_an-access-token"),
        claims: &names.claims,
    }
}

fn bare(names: &Names) -> IdTokenFacts<'_> {
    IdTokenFacts { authenticated_at: None, nonce: None, acr: None, amr: &[], sid: None, access_token: None, claims: &names.no_claims, ..facts(names) }
}

fn payload(token: &str) -> Value {
    serde_json::from_slice(&base64url::decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// A compact JWS over any header and payload, truly signed by `key`: what an attacker could not make, to see what is checked beside it.
fn signed(key: &SigningKey, header: &str, payload: &str) -> String {
    use openidconnect::PrivateSigningKey as _;
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = key.sign(&key.core_algorithm(), input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature))
}

/// A-TOK-10: a relying party's library accepts the token with nothing but the JWKS document, and `at_hash` is right, for each algorithm.
#[test]
fn openidconnect_accepts_our_id_tokens() {
    let names = names();
    for key in KEYS.iter() {
        let token = mint_id_token(key, &facts(&names)).unwrap();
        let published: CoreJsonWebKeySet = serde_json::from_slice(&jwks(KEYS.iter())).unwrap();
        assert_eq!(published.keys().len(), KEYS.len(), "every key can be read by the library");
        let verifier = CoreIdTokenVerifier::new_public_client(
            TheirClientId::new("shop".into()),
            IssuerUrl::new("https://id.example.com".into()).unwrap(),
            published,
        )
        .set_allowed_algs([key.core_algorithm()])
        .set_time_fn(|| chrono::DateTime::from_timestamp(NOW.seconds() + 1, 0).unwrap());
        let read: CoreIdToken = token.parse().unwrap();
        let claims = read.claims(&verifier, &Nonce::new("n-0S6_WzA2Mj ü".into())).unwrap();
        let access_token = AccessToken::new("wa_an-access-token".into());
        let expected = AccessTokenHash::from_token(&access_token, read.signing_alg().unwrap(), read.signing_key(&verifier).unwrap()).unwrap();
        assert_eq!(claims.access_token_hash(), Some(&expected), "{}", key.algorithm());
        assert_eq!(claims.subject().as_str(), "subject-1");
        assert_eq!(claims.auth_context_ref().map(|acr| acr.as_str()), Some("phr"));
        assert!(read.claims(&verifier, &Nonce::new("another".into())).is_err());
    }
}

/// OpenID Connect Core §3.1.3.6: `at_hash` is the left half of SHA-256 of the access token, computed here without the library; Ed25519 signs
/// with SHA-512 (RFC 8032 §5.1).
#[test]
fn at_hash_is_the_left_half_of_the_digest() {
    use sha2::Digest as _;
    let names = names();
    let short = base64url::encode(&sha2::Sha256::digest(b"wa_an-access-token")[..16]);
    let long = base64url::encode(&sha2::Sha512::digest(b"wa_an-access-token")[..32]);
    for key in KEYS.iter() {
        let half = if key.algorithm() == SigningAlgorithm::EdDsa { &long } else { &short };
        assert_eq!(payload(&mint_id_token(key, &facts(&names)).unwrap())["at_hash"], half.as_str());
    }
}

/// A-TOK-10, A-TOK-11: claims are exact, `aud` is one string, times are whole seconds, and what is absent is not there at all.
#[test]
fn claims_are_those_that_were_given_and_no_others() {
    let names = names();
    let token = mint_id_token(&KEYS[2], &facts(&names)).unwrap();
    let mut claims = payload(&token);
    claims.as_object_mut().unwrap().remove("at_hash");
    assert_eq!(
        claims,
        json!({
            "iss": "https://id.example.com", "sub": "subject-1", "aud": "shop", "iat": 1_764_000_000, "exp": 1_764_000_600,
            "auth_time": 1_763_999_995, "nonce": "n-0S6_WzA2Mj ü", "acr": "phr", "amr": ["swk", "user"], "sid": "sid-1",
            "name": "Alice \"A\" Ä", "email": "alice@example.com", "email_verified": true,
        })
    );
    assert_eq!(
        payload(&mint_id_token(&KEYS[0], &bare(&names)).unwrap()),
        json!({"iss": "https://id.example.com", "sub": "subject-1", "aud": "shop", "iat": 1_764_000_000, "exp": 1_764_000_600})
    );
    let long = "x".repeat(2048);
    let with_long_nonce = mint_id_token(&KEYS[0], &IdTokenFacts { nonce: Some(&long), ..bare(&names) }).unwrap();
    assert_eq!(payload(&with_long_nonce)["nonce"], long.as_str());
}

/// D-KEY-06: no private number is in the JWKS document or in `Debug`; each key says `kid`, `alg` and `use`.
#[test]
fn only_public_members_leave() {
    let document: Value = serde_json::from_slice(&jwks(KEYS.iter().chain(KEYS.iter()))).unwrap();
    let keys = document["keys"].as_array().unwrap();
    assert_eq!(keys.len(), KEYS.len(), "each kid once");
    for (jwk, key) in keys.iter().zip(KEYS.iter()) {
        let mut names: Vec<&str> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected: &[&str] = match key.algorithm() {
            SigningAlgorithm::Es256 => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            SigningAlgorithm::EdDsa => &["alg", "crv", "kid", "kty", "use", "x"],
            _ => &["alg", "e", "kid", "kty", "n", "use"],
        };
        assert_eq!(names, expected);
        assert_eq!(jwk["alg"], key.algorithm().name());
        assert_eq!(jwk["use"], "sig");
        assert_eq!(jwk["kid"], key.kid().to_string());
        if let Some(modulus) = jwk.get("n") {
            assert_eq!(base64url::decode(modulus.as_str().unwrap()).unwrap().len(), 256, "D-KEY-07: 2048 bits");
        }
        assert_eq!(format!("{key:?}"), format!("SigningKey({} {})", key.kid(), key.algorithm()));
    }
}

/// What is not the private key of the algorithm is refused when it is loaded, not when it should sign.
#[test]
fn a_key_is_for_its_algorithm_alone() {
    let curve = generate_private(SigningAlgorithm::Es256).unwrap();
    let kid = KeyId::from_bytes([1; 4]);
    assert!(SigningKey::from_private(kid, SigningAlgorithm::Rs256, &curve).is_err());
    for broken in [b"".as_slice(), b"garbage", &curve[..curve.len() / 2]] {
        for algorithm in SigningAlgorithm::ALL {
            assert!(SigningKey::from_private(kid, algorithm, broken).is_err(), "{algorithm}");
        }
    }
}

/// A-LO-03: a hint that we signed is read, expired or not; absent `sid` is absent.
#[test]
fn our_own_tokens_are_read_back() {
    let names = names();
    for key in KEYS.iter() {
        let hint = verify_own_token(&mint_id_token(key, &facts(&names)).unwrap(), &KEYS, &names.issuer).unwrap();
        assert_eq!(
            hint,
            VerifiedHint {
                subject: names.subject.clone(),
                client_id: names.client_id.clone(),
                sid: Some(names.sid.clone()),
                issued_at: Time::from_seconds(1_764_000_000),
                expires_at: Time::from_seconds(1_764_000_600),
            }
        );
        let without = verify_own_token(&mint_id_token(key, &bare(&names)).unwrap(), &KEYS, &names.issuer).unwrap();
        assert_eq!(without.sid, None);
    }
}

/// A-TOK-09: every change of a token is refused: each byte, each cut, each addition.
#[test]
fn a_changed_token_is_refused() {
    let names = names();
    let token = mint_id_token(&KEYS[2], &facts(&names)).unwrap();
    let verify = |text: &str| verify_own_token(text, &KEYS, &names.issuer);
    assert!(verify(&token).is_ok());
    for place in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        assert!(verify(std::str::from_utf8(&changed).unwrap()).is_err(), "character {place}");
        assert!(verify(&token[..place]).is_err(), "the first {place} characters");
    }
    for changed in [
        format!("{token}="),
        format!("{token}."),
        format!("{token}.."),
        format!(".{token}"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}A"),
        token.to_uppercase(),
        token.replacen('.', "=.", 1),
        token.replace('.', ""),
    ] {
        assert!(verify(&changed).is_err(), "{changed}");
    }
}

/// A-TOK-09: what the header and the claims may be, though the signature is right.
#[test]
fn a_rightly_signed_oddity_is_refused() {
    let names = names();
    let key = &KEYS[2];
    let kid = key.kid().to_string();
    let header = json!({"alg": "ES256", "kid": kid}).to_string();
    let claims = payload(&mint_id_token(key, &bare(&names)).unwrap()).to_string();
    let verify = |header: &str, claims: &str| verify_own_token(&signed(key, header, claims), &KEYS, &names.issuer);
    assert!(verify(&header, &claims).is_ok());
    assert!(verify(&json!({"alg": "ES256", "kid": kid, "typ": "JWT"}).to_string(), &claims).is_ok());
    let headers = [
        (json!({"alg": "none", "kid": kid}).to_string(), NotOurs::UnknownKey),
        (json!({"alg": "None", "kid": kid}).to_string(), NotOurs::UnknownKey),
        (json!({"alg": "HS256", "kid": kid}).to_string(), NotOurs::UnknownKey),
        (json!({"alg": "es256", "kid": kid}).to_string(), NotOurs::UnknownKey),
        (json!({"alg": "RS256", "kid": kid}).to_string(), NotOurs::UnknownKey),
        (json!({"alg": "RS256", "kid": KEYS[0].kid().to_string()}).to_string(), NotOurs::Signature),
        (json!({"alg": "ES256", "kid": "00000000"}).to_string(), NotOurs::UnknownKey),
        (json!({"alg": "ES256", "kid": kid.to_uppercase()}).to_string(), NotOurs::UnknownKey),
        (json!({"alg": "ES256"}).to_string(), NotOurs::Header),
        (json!({"kid": kid}).to_string(), NotOurs::Header),
        (json!({"alg": ["ES256"], "kid": kid}).to_string(), NotOurs::Header),
        (json!({"alg": "ES256", "kid": kid, "typ": "at+jwt"}).to_string(), NotOurs::Header),
        (json!({"alg": "ES256", "kid": kid, "typ": "logout+jwt"}).to_string(), NotOurs::Header),
        (json!({"alg": "ES256", "kid": kid, "typ": null}).to_string(), NotOurs::Header),
        (json!({"alg": "ES256", "kid": kid, "crit": ["b64"], "b64": false}).to_string(), NotOurs::Header),
        (json!({"alg": "ES256", "kid": kid, "b64": false}).to_string(), NotOurs::Header),
        (json!({"alg": "ES256", "kid": kid, "jwk": key.public_jwk()}).to_string(), NotOurs::Header),
        (format!(r#"{{"alg":"none","alg":"ES256","kid":"{kid}"}}"#), NotOurs::Malformed),
        ("[]".to_owned(), NotOurs::Malformed),
        (String::new(), NotOurs::Malformed),
    ];
    for (odd, expected) in headers {
        assert_eq!(verify(&odd, &claims).unwrap_err(), expected, "{odd}");
    }
    let with = |name: &str, value: Value| {
        let mut changed: Value = serde_json::from_str(&claims).unwrap();
        changed[name] = value;
        changed.to_string()
    };
    let payloads = [
        (with("iss", json!("https://id.example.org")), NotOurs::Issuer),
        (with("iss", json!("https://id.example.com/")), NotOurs::Issuer),
        (with("iss", json!(["https://id.example.com"])), NotOurs::Claims),
        (with("aud", json!(["shop"])), NotOurs::Claims),
        (with("sub", json!(1)), NotOurs::Claims),
        (with("sid", Value::Null), NotOurs::Claims),
        (with("exp", json!("1764000600")), NotOurs::Claims),
        (with("exp", json!(-1)), NotOurs::Claims),
        (with("exp", json!(1.5)), NotOurs::Claims),
        (with("exp", json!(u64::MAX)), NotOurs::Claims),
        (with("iat", Value::Null), NotOurs::Claims),
        (claims.replace("1764000600", "1e400"), NotOurs::Malformed),
        (claims.replacen('{', r#"{"sub":"somebody-else","#, 1), NotOurs::Malformed),
        (claims.replacen('{', r#"{"\u0073ub":"somebody-else","#, 1), NotOurs::Malformed),
        (format!("{claims} {claims}"), NotOurs::Malformed),
        ("\"text\"".to_owned(), NotOurs::Malformed),
    ];
    for (odd, expected) in payloads {
        assert_eq!(verify(&header, &odd).unwrap_err(), expected, "{odd}");
    }
}

/// A-TOK-09: no signature, a foreign key's, an HMAC with the public key as its secret, a signature of zeros.
#[test]
fn what_we_did_not_sign_is_refused() {
    use hmac::{KeyInit as _, Mac as _};
    let names = names();
    let key = &KEYS[2];
    let token = mint_id_token(key, &bare(&names)).unwrap();
    let input = token.rsplit_once('.').unwrap().0;
    let verify = |text: &str| verify_own_token(text, &KEYS, &names.issuer).unwrap_err();
    assert_eq!(verify(&format!("{input}.")), NotOurs::Signature);
    for length in [0, 63, 64, 65, 72, 256] {
        assert_eq!(verify(&format!("{input}.{}", base64url::encode(vec![0; length]))), NotOurs::Signature, "{length} zeros");
    }
    let foreign = SigningKey::from_private(key.kid(), SigningAlgorithm::Es256, &generate_private(SigningAlgorithm::Es256).unwrap()).unwrap();
    assert_eq!(verify(&mint_id_token(&foreign, &bare(&names)).unwrap()), NotOurs::Signature);
    let confused =
        format!("{}.{}", base64url::encode(json!({"alg": "HS256", "kid": key.kid().to_string()}).to_string()), input.split_once('.').unwrap().1);
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.public_jwk().to_string().as_bytes()).unwrap();
    mac.update(confused.as_bytes());
    assert_eq!(verify(&format!("{confused}.{}", base64url::encode(mac.finalize().into_bytes()))), NotOurs::UnknownKey);
    assert_eq!(verify_own_token(&token, &KEYS[..2], &names.issuer).unwrap_err(), NotOurs::UnknownKey, "D-KEY-04: a key that is gone");
}

/// E-LOAD-08: what is too long is refused before anything is decoded.
#[test]
fn an_oversized_token_is_refused_first() {
    let names = names();
    let long = "x".repeat(LONGEST_TOKEN);
    let token = mint_id_token(&KEYS[2], &IdTokenFacts { nonce: Some(&long), ..bare(&names) }).unwrap();
    assert_eq!(verify_own_token(&token, &KEYS, &names.issuer).unwrap_err(), NotOurs::TooLong);
    assert_eq!(verify_own_token(&"a.".repeat(500_000), &KEYS, &names.issuer).unwrap_err(), NotOurs::TooLong);
}

/// RUSTSEC-2023-0071: private RSA operations of the `rsa` crate leak time, so nothing in this house may sign with the keys of
/// openidconnect, whose names must not be in the source.
#[test]
fn openidconnects_private_keys_are_not_used() {
    let forbidden = [["CoreRsa", "PrivateSigningKey"].concat(), ["CoreEdDsa", "PrivateSigningKey"].concat(), ["Core", "HmacKey"].concat()];
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                read += 1;
                for name in &forbidden {
                    assert!(!source.contains(name.as_str()), "{name} in {}", path.display());
                }
            }
        }
    }
    assert!(read > 30, "the source was looked at: {read} files");
}

/// A-TOK-07, A-TOK-08: an access token for resources is read back as it was made, is no ID token, and an ID token is none.
#[test]
fn access_tokens_and_id_tokens_are_told_apart() {
    let names = names();
    let (scope, amr) = (Scope::of(&["openid", "orders:read"]), Amr::of_passkey(true));
    let (id, grant) = (SingleUseId::new(NOW.plus(Duration::from_mins(10))), GrantId::new(NOW));
    for (resources, grant) in [(&["https://api.test"][..], Some(grant)), (&["https://api.test", "urn:example:files"], None)] {
        let resources = Resources::of(resources.iter().map(|resource| ResourceUri::from_text(*resource)).collect());
        for key in KEYS.iter() {
            let facts = AccessTokenFacts {
                issuer: &names.issuer,
                subject: "subject-1",
                client_id: &names.client_id,
                resources: &resources,
                scope: &scope,
                id,
                issued_at: NOW,
                grant,
                authentication: grant.map(|_| (NOW, Acr::Phr, &amr)),
            };
            let token = mint_access_token(key, &facts).unwrap();
            let read = verify_access_token(&token, &KEYS, &names.issuer).unwrap();
            let expected = VerifiedAccessToken {
                id,
                client_id: names.client_id.clone(),
                resources: resources.clone(),
                scope: scope.clone(),
                issued_at: Time::from_seconds(NOW.seconds()),
                grant,
            };
            assert_eq!(read, expected);
            assert_eq!(verify_own_token(&token, &KEYS, &names.issuer), Err(NotOurs::Header));
            assert_eq!(verify_access_token(&mint_id_token(key, &self::facts(&names)).unwrap(), &KEYS, &names.issuer), Err(NotOurs::Header));
            let other = Issuer::parse("https://other.example").unwrap();
            assert_eq!(verify_access_token(&token, &KEYS, &other), Err(NotOurs::Issuer));
            let (input, signature) = token.rsplit_once('.').unwrap();
            let shorter = format!("{input}.{}", &signature[..signature.len() - 4]);
            for cut in ["", "a.b.c", input, &shorter, &format!("{token}="), &format!(" {token}")] {
                assert!(verify_access_token(cut, &KEYS, &names.issuer).is_err(), "{cut}");
            }
        }
    }
}

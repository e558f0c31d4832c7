//! What the signatures alone cost on this machine: the floor under every flow that makes or checks one.

use std::hint::black_box;
use std::time::{Duration, Instant};

use openidconnect::PrivateSigningKey as _;
use openidconnect::core::CoreJwsSigningAlgorithm;
use weftid::adapters::jose::{IdTokenFacts, SigningKey, generate_private, mint_id_token, verify_own_token};
use weftid::base::clock::Time;
use weftid::base::id::{ClientId, KeyId, Subject};
use weftid::base::issuer::Issuer;
use weftid::protocol::claims::StandardClaims;
use weftid::protocol::signing_algorithm::SigningAlgorithm;

const SPAN: Duration = Duration::from_millis(500);

/// Measures and says it.
pub(crate) fn say() {
    let private = generate_private(SigningAlgorithm::Es256).expect("a key");
    let key = SigningKey::from_private(KeyId::random(), SigningAlgorithm::Es256, &private).expect("a key");
    let message = vec![b'x'; 700];
    let signing = each(|| drop(black_box(key.sign(&CoreJwsSigningAlgorithm::EcdsaP256Sha256, &message))));
    let issuer = Issuer::parse("https://id.example").expect("an issuer");
    let (subject, client_id, claims) = (Subject::random(), ClientId::from_text("load"), StandardClaims::default());
    let now = Time::from_seconds(1_800_000_000);
    let facts = IdTokenFacts {
        issuer: &issuer,
        subject: &subject,
        client_id: &client_id,
        issued_at: now,
        expires_at: now,
        authenticated_at: Some(now),
        nonce: Some("n-0S6_WzA2Mj"),
        acr: Some("phr"),
        amr: &[],
        sid: None,
        access_token: Some("wat_x"),
        claims: &claims,
    };
    let minting = each(|| drop(black_box(mint_id_token(&key, &facts))));
    let token = mint_id_token(&key, &facts).expect("a token");
    let verifying = each(|| drop(black_box(verify_own_token(&token, std::slice::from_ref(&key), &issuer))));
    println!("ES256 here: {signing:.1} us to sign, {minting:.1} us for a whole ID token, {verifying:.1} us to verify one");
}

/// How long one takes, in microseconds.
fn each(once: impl Fn()) -> f64 {
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < SPAN {
        once();
        count += 1;
    }
    began.elapsed().as_secs_f64() * 1_000_000.0 / f64::from(count)
}

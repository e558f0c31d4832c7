//! What anybody may send, byte for byte: one function for each parser that meets it. None may panic, and each asserts what must hold whatever
//! was sent: what was read can be written and read again, what was accepted keeps its promise, what nobody signed or sealed is never believed.
//!
//! `tests/fuzz` throws bytes at them that nobody thought of; `tests/http/untrusted.rs` replays the seeds of that in every run. This file is part
//! of both crates, and so it names nothing but the server and what the server itself stands on.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::PrivateSigningKey as _;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use weftid::actions::client_authentication::Credentials;
use weftid::actions::codes::Code;
use weftid::adapters::jose::{ClientJws, SigningKey, generate_private, verify_own_token};
use weftid::adapters::webauthn::{NewPasskey, StoredPasskey, Webauthn};
use weftid::base::clock::Time;
use weftid::base::email::Email;
use weftid::base::id::{ClientId, KeyId, UserHandle};
use weftid::base::issuer::Issuer;
use weftid::base::sealed::{Fact, RootKey, Sealer};
use weftid::base::single_use::SingleUseId;
use weftid::protocol::authorization_request::{AuthorizationRequest, identify, redirect_target};
use weftid::protocol::client_jwks::ClientJwks;
use weftid::protocol::client_metadata::{ApplicationType, ClientAlgorithm, ClientMetadata, GrantType, TokenEndpointAuthMethod};
use weftid::protocol::logout::LogoutRequest;
use weftid::protocol::params::Params;
use weftid::protocol::redirect_uri::{RedirectUri, RedirectUriPolicy};
use weftid::protocol::scope::Scope;
use weftid::protocol::signing_algorithm::SigningAlgorithm;
use weftid::protocol::{client_assertion, request_object};

/// Something that takes any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its folder of seeds and of its fuzz program.
pub const TARGETS: [(&str, Target); 10] = [
    ("assertion", assertion),
    ("attestation", attestation),
    ("authorization_request", authorization_request),
    ("basic", basic),
    ("client_jws", client_jws),
    ("client_metadata", client_metadata),
    ("form", form),
    ("id_token_hint", id_token_hint),
    ("redirect_uri", redirect_uri),
    ("sealed_box", sealed_box),
];

const NOW: Time = Time::from_seconds(1_800_000_000);

/// Form bodies and queries (RFC 6749 appendix B): what was read once is read the same again, and no name has two values.
pub fn form(bytes: &[u8]) {
    let Ok(params) = Params::gather(&[bytes]) else { return };
    let pairs: Vec<(&str, &str)> = params.pairs().collect();
    for (name, value) in &pairs {
        assert_eq!(params.get(name), Some(*value));
        assert!(!value.is_empty() && !params.is_repeated(name), "{name}");
    }
    let again: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    // What is encoded anew may be longer than what may be sent.
    if let Ok(again) = Params::parse_form(again.as_bytes()) {
        assert!(again.pairs().eq(params.pairs()), "another reading of the same");
    }
    let _ = (params.refuse_repeated(), params.resources().len(), LogoutRequest::read(&params).is_ok());
}

/// Authorization requests (OpenID Connect Core §3.1.2.1), for a client of each kind: what was accepted is what the client may have, and survives
/// being sealed.
pub fn authorization_request(bytes: &[u8]) {
    let Ok(params) = Params::gather(&[bytes]) else { return };
    let _ = identify(&params).is_ok();
    let requested = params.get("redirect_uri").unwrap_or_default();
    for client in clients() {
        if let Ok(target) = redirect_target(client, requested) {
            assert_eq!(target.as_str(), requested, "nobody is sent elsewhere");
        }
    }
    for client in clients() {
        let target = client.redirect_uris[0].clone();
        let Ok(request) = AuthorizationRequest::read(&params, client, target, None, SingleUseId::new(NOW), NOW) else { continue };
        assert!(request.scope.contains("openid") && request.scope.is_subset_of(&client.scope), "{}", request.scope);
        assert!(request.code_challenge.is_some() || !client.must_use_pkce(), "PKCE was left out");
        assert_eq!(request.state.as_deref(), params.get("state"));
        let sealed = serde_json::to_string(&request).expect("a request is JSON");
        let read: AuthorizationRequest = serde_json::from_str(&sealed).expect("and is read again");
        assert!(read == request, "a request changed on its way: {sealed}");
    }
}

/// The `Authorization` header of clients (RFC 6749 §2.3.1), beside a form.
pub fn basic(bytes: &[u8]) {
    let nothing = Params::default();
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Credentials::read(Some(text), &nothing);
    }
    let header = format!("Basic {}", STANDARD.encode(bytes));
    if Credentials::read(Some(&header), &nothing).is_ok() {
        let pair = std::str::from_utf8(bytes).expect("only text is taken");
        assert!(pair.contains(':'), "no secret is none");
    }
    if let Ok(params) = Params::gather(&[bytes]) {
        let _ = Credentials::read(None, &params);
        let both = Credentials::read(Some("Basic YTpi"), &params);
        assert!(both.is_err() || params.get("client_secret").is_none(), "two methods at a time");
    }
}

/// What clients sign (RFC 7523 §3, RFC 9101 §4): assertions and request objects. Nobody else's signature is believed, and what one of their keys
/// signed is judged claim by claim.
pub fn client_jws(bytes: &[u8]) {
    let (key, issuer) = signing_key();
    let keys = ClientJwks::from_json(json!({"keys": [key.public_jwk()]}));
    let read = |text: &str| ClientJws::read(text, &["JWT", "oauth-authz-req+jwt"]).ok();
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(jws) = read(text)
    {
        let (named, kid) = (client_assertion::names(jws.unverified_claims()), jws.kid().map(str::to_owned));
        assert!(jws.verified_with_keys(&keys, &ClientAlgorithm::ALL).is_err(), "nobody signed this: {text} ({named:?}, {kid:?})");
    }
    // As if a payload had been a client's.
    let signed = signed(&URL_SAFE_NO_PAD.encode(json!({"alg": "ES256", "typ": "JWT"}).to_string()), bytes).expect("our own key signs");
    let Some(Ok(claims)) = read(&signed).map(|jws| jws.verified_with_keys(&keys, &ClientAlgorithm::ALL)) else { return };
    for client in clients() {
        if let Ok(assertion) = client_assertion::judge(&claims, &client.client_id, &[issuer.as_str()], NOW) {
            assert_eq!(claims["sub"], client.client_id.as_str(), "{assertion:?}");
        }
        if let Ok(params) = request_object::params(&claims, &Params::default(), &client.client_id, issuer, NOW) {
            assert!(params.get("request").is_none() && params.get("request_uri").is_none(), "an object leads to no other one");
        }
    }
}

/// Client metadata (RFC 7591 §2): what is valid has only addresses that may be registered, and survives being stored.
pub fn client_metadata(bytes: &[u8]) {
    let Ok(metadata) = serde_json::from_slice::<ClientMetadata>(bytes) else { return };
    let stored = serde_json::to_string(&metadata).expect("metadata is JSON");
    let read: ClientMetadata = serde_json::from_str(&stored).expect("and is read again");
    assert!(read == metadata, "metadata changed on its way: {stored}");
    if metadata.validate().is_err() {
        return;
    }
    let native = metadata.application_type == ApplicationType::Native;
    let policy = RedirectUriPolicy { native, allow_loopback_http: metadata.allow_loopback_http };
    for uri in &metadata.redirect_uris {
        uri.check(policy).expect("only such are registered");
        assert_eq!(metadata.redirect_uri(uri.as_str()).as_ref(), Some(uri));
        let _ = metadata.consent_policy(&metadata.scope, uri);
    }
    assert!(metadata.scope.contains("openid") && metadata.must_use_pkce() >= metadata.require_pkce);
    let _ = metadata.host();
}

/// Redirect URIs (RFC 9700 §4.1): one that may be registered is one address to whoever reads it, before and after an answer is added to it.
pub fn redirect_uri(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let uri = RedirectUri::from_text(text);
    let _ = (uri.host(), uri.origin_for_csp(), uri.is_https());
    for (native, allow_loopback_http) in [(false, false), (false, true), (true, false), (true, true)] {
        if uri.check(RedirectUriPolicy { native, allow_loopback_http }).is_err() {
            continue;
        }
        assert!(uri.matches(text), "it is itself");
        let registered = Url::parse(text).expect("only URLs are registered");
        assert!(registered.fragment().is_none() && registered.username().is_empty() && registered.password().is_none());
        assert!(native || matches!(registered.scheme(), "https" | "http"), "{text}");
        let answered = Url::parse(&uri.with_params(&[("code", "c&d=e#f"), ("state", "\u{20ac}")])).expect("an answer goes to a URL");
        let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port(), url.path().to_owned());
        assert_eq!(place(&answered), place(&registered), "an answer goes where it was registered");
        assert!(answered.fragment().is_none() && answered.query_pairs().filter(|(name, value)| name == "code" && value == "c&d=e#f").count() == 1);
    }
}

/// ID tokens that come back (`id_token_hint`): nobody's signature is believed, and what we signed is read only when it is an ID token.
pub fn id_token_hint(bytes: &[u8]) {
    let (key, issuer) = signing_key();
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(verify_own_token(text, std::slice::from_ref(key), issuer).is_err(), "nobody signed this: {text}");
        // A header of theirs, and a signature that fits.
        if let Some(signed) = signed(text.split('.').next().unwrap_or_default(), br#"{"iss":"https://id.example"}"#) {
            let _ = verify_own_token(&signed, std::slice::from_ref(key), issuer);
        }
    }
    // As if a payload had been ours.
    let header = json!({"alg": "ES256", "kid": key.kid().to_string(), "typ": "JWT"});
    let signed = signed(&URL_SAFE_NO_PAD.encode(header.to_string()), bytes).expect("our own key signs");
    if let Ok(hint) = verify_own_token(&signed, std::slice::from_ref(key), issuer) {
        let claims: Value = serde_json::from_slice(bytes).expect("only JSON is read");
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(issuer.as_str()), Some(hint.subject.as_str())));
    }
}

/// Sealed boxes: nobody but us makes one, and what stands in one of ours is read strictly.
pub fn sealed_box(bytes: &[u8]) {
    /// Anything, sealed as if it were a code.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Anything(Value);
    impl Fact for Anything {
        const PREFIX: &'static str = Code::PREFIX;
    }
    static SEALER: OnceLock<Sealer> = OnceLock::new();
    let sealer = SEALER.get_or_init(|| Sealer::new(issuer(), RootKey::new(KeyId::from_bytes([1, 2, 3, 4]), [7; 32]), Vec::new()));
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(sealer.open::<Code>(text, b"", NOW).is_err(), "nobody sealed this: {text}");
        assert!(sealer.open::<Anything>(&format!("{}{text}", Code::PREFIX), b"", NOW).is_err(), "nobody sealed this: {text}");
    }
    // Version and key of ours, and then anything.
    let text = format!("{}{}", Code::PREFIX, URL_SAFE_NO_PAD.encode([&[1, 1, 2, 3, 4], bytes].concat()));
    assert!(sealer.open_even_if_over::<Anything>(&text, b"").is_err());
    if let Ok(json) = serde_json::from_slice(bytes) {
        let ends = SingleUseId::new(Time::from_seconds(NOW.seconds() + 60));
        let closed = sealer.seal(ends, &Anything(json), b"").expect("JSON is JSON");
        if let Ok((id, code)) = sealer.open::<Code>(&closed, b"", NOW) {
            assert_eq!(id.as_bytes(), ends.as_bytes());
            let again = sealer.seal(id, &code, b"").expect("a code is JSON");
            assert!(sealer.open::<Code>(&again, b"", NOW).is_ok(), "a code is read again");
        }
        assert!(sealer.open::<Code>(&closed, b"another", NOW).is_err(), "it is bound");
    }
}

/// Attestation objects (Web Authentication §6.5, CBOR): a passkey that was accepted can be stored, and asked to sign in.
pub fn attestation(bytes: &[u8]) {
    let party = party();
    let (options, state) = party.begin_registration(handle(), &email(), "Ada", &[]).expect("a ceremony begins");
    let response =
        json!({"clientDataJSON": client_data("webauthn.create", &options), "attestationObject": URL_SAFE_NO_PAD.encode(bytes), "transports": []});
    let Ok(made) = party.finish_registration(&state, &credential(&credential_id_in(bytes), &response)) else { return };
    assert!(made.backup_eligible || !made.backed_up, "what can't be backed up isn't");
    asks_to_sign_in(&made, bytes);
}

/// Authenticator data (Web Authentication §6.1) of somebody who says to have a passkey: nobody signs in without its key.
pub fn assertion(bytes: &[u8]) {
    static MADE: OnceLock<NewPasskey> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let party = party();
        let (options, state) = party.begin_registration(handle(), &email(), "Ada", &[]).expect("a ceremony begins");
        let response =
            json!({"clientDataJSON": client_data("webauthn.create", &options), "attestationObject": URL_SAFE_NO_PAD.encode(GOOD), "transports": []});
        party.finish_registration(&state, &credential(&credential_id_in(GOOD), &response)).expect("a good passkey")
    });
    asks_to_sign_in(made, bytes);
    let _ = party().identify(bytes);
}

/// An attestation object of the specification's test vectors (Web Authentication Level 3 §16, `none.ES256`), for RP ID example.org, but that its
/// authenticator verified its user.
const GOOD: &[u8] = include_bytes!("../fuzz/seeds/attestation/none");

fn asks_to_sign_in(made: &NewPasskey, bytes: &[u8]) {
    let party = party();
    let (options, state) = party.begin_authentication().expect("a ceremony begins");
    let (data, signature) = bytes.split_at(bytes.len().min(37));
    let client_data = client_data("webauthn.get", &options);
    for (data, signature) in [(data, signature), (bytes, &b"0"[..])] {
        let response = json!({
            "clientDataJSON": client_data, "authenticatorData": URL_SAFE_NO_PAD.encode(data), "signature": URL_SAFE_NO_PAD.encode(signature),
            "userHandle": URL_SAFE_NO_PAD.encode(handle().as_uuid().as_bytes()),
        });
        let stored = StoredPasskey { user_handle: handle(), public: &made.public, counter: made.counter, backup_eligible: made.backup_eligible };
        let answer = party.finish_authentication(&state, &credential(made.credential_id.as_bytes(), &response), &stored);
        assert!(answer.is_err(), "nobody signed this challenge");
    }
}

fn party() -> &'static Webauthn {
    static PARTY: OnceLock<Webauthn> = OnceLock::new();
    PARTY.get_or_init(|| Webauthn::new("example.org", "Example", "https://example.org", &[]).expect("a relying party"))
}

fn handle() -> UserHandle {
    UserHandle::from_uuid(uuid::Uuid::from_u128(7))
}

fn email() -> Email {
    Email::parse("ada@example.org").expect("an address")
}

fn client_data(kind: &str, options: &Value) -> String {
    URL_SAFE_NO_PAD
        .encode(json!({"type": kind, "challenge": options["challenge"], "origin": "https://example.org", "crossOrigin": false}).to_string())
}

fn credential(id: &[u8], response: &Value) -> Vec<u8> {
    let id = URL_SAFE_NO_PAD.encode(id);
    json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response}).to_string().into_bytes()
}

/// The id that an attestation object has where most have it, so that the deeper checks are reached.
fn credential_id_in(object: &[u8]) -> Vec<u8> {
    let data = object.windows(8).position(|window| window == b"authData").and_then(|at| object.get(at + 8..)).unwrap_or_default();
    let head = match data.first() {
        Some(0x58) => 2,
        Some(0x59) => 3,
        _ => 1,
    };
    // The hash of the RP ID, flags, counter and AAGUID come before it, and two bytes say how long it is.
    let length = data.get(head + 53..head + 55).map_or(0, |bytes| usize::from(u16::from_be_bytes([bytes[0], bytes[1]])));
    data.get(head + 55..).and_then(|rest| rest.get(..length)).unwrap_or_default().to_vec()
}

fn issuer() -> Issuer {
    Issuer::parse("https://id.example").expect("an issuer")
}

fn signing_key() -> &'static (SigningKey, Issuer) {
    static KEY: OnceLock<(SigningKey, Issuer)> = OnceLock::new();
    KEY.get_or_init(|| {
        let private = generate_private(SigningAlgorithm::Es256).expect("a key");
        (SigningKey::from_private(KeyId::from_bytes([1, 2, 3, 4]), SigningAlgorithm::Es256, &private).expect("a key"), issuer())
    })
}

/// This header before this payload, signed by our key.
fn signed(header: &str, payload: &[u8]) -> Option<String> {
    let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = signing_key().0.sign(&CoreJwsSigningAlgorithm::EcdsaP256Sha256, input.as_bytes()).ok()?;
    Some(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A client of each kind.
fn clients() -> &'static [ClientMetadata] {
    static CLIENTS: OnceLock<Vec<ClientMetadata>> = OnceLock::new();
    CLIENTS.get_or_init(|| {
        let mut shop = ClientMetadata::new(ClientId::from_text("shop"), "Shop");
        shop.redirect_uris = vec![RedirectUri::from_text("https://shop.test/cb")];
        shop.scope = Scope::of(&["openid", "profile", "email", "address", "phone", "offline_access"]);
        shop.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
        let old = ClientMetadata { require_pkce: false, ..shop.clone() };
        let spa = ClientMetadata { token_endpoint_auth_method: TokenEndpointAuthMethod::None, ..shop.clone() };
        let mut native = ClientMetadata { application_type: ApplicationType::Native, allow_loopback_http: true, ..spa.clone() };
        native.redirect_uris = vec![RedirectUri::from_text("http://127.0.0.1/cb"), RedirectUri::from_text("com.shop.app:/cb")];
        vec![shop, old, spa, native]
    })
}

//! Every member of a client's metadata: what may be registered in it and what may not. A member without a line here fails the test.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::ClientMetadata;

/// Values that are good by themselves, and values that are refused, each beside [`others`].
type Line = (&'static str, Vec<Value>, Vec<Value>);

/// A-RED-06: schemes that can run a script or read a file, in every spelling.
fn scripts() -> Vec<Value> {
    let texts = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://shop.test/x",
        "file:///etc/passwd",
        "about:blank",
    ];
    texts.map(Value::from).to_vec()
}

/// What no address of a client may be.
fn no_links() -> Vec<Value> {
    let further =
        ["", "/x", "shop.test", "//shop.test/x", "http://shop.test/x", "https://u:p@shop.test/", "https://shop.test/a b", "com.example.app:/x"];
    scripts()
        .into_iter()
        .chain(further.map(Value::from))
        .chain([json!(7), json!([]), json!(format!("https://shop.test/{}", "x".repeat(2_000)))])
        .collect()
}

fn no_redirects() -> Vec<Value> {
    let further = [
        "",
        "/cb",
        "http://shop.test/cb",
        "http://127.0.0.1/cb",
        "http://localhost/cb",
        "https://shop.test/cb#a",
        "https://shop.test/cb#",
        "https://shop.test/*",
        "https://*.shop.test/cb",
        "https://shop.test*",
        "https://shop.test/cb?code=1",
        "https://u@shop.test/cb",
        "https://SHOP.test/cb",
        "https://shop.test:443/cb",
        "https://shop.test/a/../cb",
        "myapp:/cb",
        "com.example.app:/cb",
    ];
    let one = |value: Value| json!(["https://shop.test/cb", value]);
    let mut all: Vec<Value> = scripts().into_iter().chain(further.map(Value::from)).map(one).collect();
    let many: Vec<String> = (0..51).map(|number| format!("https://shop.test/{number}")).collect();
    all.extend([json!("https://shop.test/cb"), json!({"a": 1}), json!(["https://shop.test/cb", "https://shop.test/cb"]), json!([7]), json!(many)]);
    all
}

fn lists(bad: Vec<Value>) -> Vec<Value> {
    bad.into_iter().map(|value| json!([value])).collect()
}

fn switches() -> (Vec<Value>, Vec<Value>) {
    (vec![json!(true), json!(false)], vec![json!("true"), json!(1), json!([])])
}

fn line_of(most: usize) -> (Vec<Value>, Vec<Value>) {
    let good = vec![json!("A"), json!("\u{c4}pfel & Birnen <b>"), json!("x".repeat(most))];
    let bad = vec![json!("a\nb"), json!("a\u{202e}b"), json!("\u{feff}a"), json!("x".repeat(most + 1)), json!(7), json!([])];
    (good, bad)
}

/// Members that some value of this one needs beside it.
fn others(member: &str) -> Value {
    let jwks = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]});
    match member {
        "request_object_signing_alg" | "require_signed_request_object" => json!({"jwks": jwks}),
        "backchannel_logout_session_required" => json!({"backchannel_logout_uri": "https://shop.test/bye"}),
        "scope" => json!({"grant_types": ["authorization_code", "refresh_token"]}),
        _ => json!({}),
    }
}

#[expect(clippy::too_many_lines, reason = "a line for each member, in the order of the registration")]
fn table() -> Vec<Line> {
    let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"});
    let pages = || vec![json!("https://shop.test/x?y=1"), json!("http://localhost:3000/x")];
    let words = |good: &[&str], bad: &[&str]| -> (Vec<Value>, Vec<Value>) {
        (good.iter().map(|word| json!(word)).collect(), bad.iter().map(|word| json!(word)).chain([json!(7), json!(["x"])]).collect())
    };
    let fetched = || no_links().into_iter().chain([json!("https://shop.test/x#y"), json!("https://shop.test/x#")]).collect::<Vec<_>>();
    let line = |member, (good, bad): (Vec<Value>, Vec<Value>)| (member, good, bad);
    let with = |(good, mut bad): (Vec<Value>, Vec<Value>), further: &[Value]| {
        bad.extend_from_slice(further);
        (good, bad)
    };
    let acr = json!(["phr", "password"]);
    vec![
        line("client_id", words(&["a", "A-b._~0"], &["", "a b", "a:b", "a/b", "\u{e4}", "a%20b"])),
        line("client_name", with(line_of(100), &[json!(""), json!("  ")])),
        line("description", line_of(300)),
        line("application_type", words(&["web", "native"], &["Web", "", "mobile"])),
        line(
            "token_endpoint_auth_method",
            words(
                &["client_secret_basic", "client_secret_post", "client_secret_jwt", "none"],
                &["", "NONE", "tls_client_auth", "private_key_jwt", "magic"],
            ),
        ),
        ("redirect_uris", vec![json!(["https://shop.test/cb", "https://shop.test:8443/cb?a=1"])], [no_redirects(), vec![json!([])]].concat()),
        ("post_logout_redirect_uris", vec![json!([]), json!(["https://shop.test/bye"])], no_redirects()),
        (
            "grant_types",
            vec![json!(["authorization_code"]), json!(["authorization_code", "refresh_token"])],
            vec![json!(["implicit"]), json!(["password"]), json!("authorization_code"), json!(["authorization_code", "authorization_code"])],
        ),
        (
            "response_types",
            vec![json!(["code"])],
            vec![json!([]), json!(["token"]), json!(["code", "code"]), json!(["code id_token"]), json!(["id_token"]), json!("code")],
        ),
        line(
            "scope",
            words(&["openid", "openid  email", "openid offline_access", "openid wiki:write"], &["", "email", "openid \"x\"", "openid \u{e9}"]),
        ),
        line("id_token_signed_response_alg", words(&["RS256", "PS256", "ES256", "EdDSA"], &["none", "HS256", "rs256", "RS1"])),
        ("client_uri", pages(), no_links()),
        ("logo_uri", pages(), no_links()),
        ("policy_uri", pages(), no_links()),
        ("tos_uri", pages(), no_links()),
        ("initiate_login_uri", pages(), no_links()),
        line("require_consent", switches()),
        line("require_pkce", switches()),
        line("allow_loopback_http", switches()),
        line("scope_claims_in_id_token", switches()),
        (
            "contacts",
            vec![json!([]), json!(["ada@shop.test", "https://shop.test/help"])],
            vec![json!("ada@shop.test"), json!([""]), json!(["a\nb"]), json!(["x".repeat(201)]), json!(vec!["a"; 11]), json!([7])],
        ),
        line("software_id", with(line_of(200), &[json!("")])),
        line("software_version", with(line_of(200), &[json!("")])),
        line("token_endpoint_auth_signing_alg", words(&["RS256", "PS256", "ES256", "EdDSA", "HS256"], &["none", "", "HS512"])),
        (
            "jwks",
            vec![json!({"keys": [rsa]})],
            vec![
                json!({"keys": []}),
                json!({}),
                json!([]),
                json!("x"),
                json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}),
                json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}]}),
                json!({"keys": [rsa, rsa]}),
            ],
        ),
        ("jwks_uri", pages(), fetched()),
        line("request_object_signing_alg", words(&["RS256", "PS256", "ES256", "EdDSA"], &["none", "HS256", ""])),
        line("require_signed_request_object", switches()),
        (
            "request_uris",
            vec![json!([]), json!(["https://shop.test/request.jwt#hash"])],
            [lists(no_links()), vec![json!(["https://shop.test/r", "https://shop.test/r"])]].concat(),
        ),
        line("require_pushed_authorization_requests", switches()),
        line("userinfo_signed_response_alg", words(&["RS256", "PS256", "ES256", "EdDSA"], &["none", "HS256", ""])),
        ("backchannel_logout_uri", pages(), fetched()),
        line("backchannel_logout_session_required", switches()),
        line("subject_type", words(&["public", "pairwise"], &["", "Pairwise", "transient"])),
        ("sector_identifier_uri", pages(), fetched()),
        ("default_max_age", vec![json!(0), json!(9_999_999_999_u64)], vec![json!(-1), json!(10_000_000_000_u64), json!("60"), json!(1.5)]),
        line("require_auth_time", switches()),
        ("default_acr_values", vec![json!([]), acr], vec![json!(["phr", "phr"]), json!(["magic"]), json!("phr")]),
        (
            "resources",
            vec![json!([]), json!(["https://api.test", "urn:example:api"])],
            vec![
                json!(["api"]),
                json!(["https://api.test/#x"]),
                json!(["https://api.test", "https://api.test"]),
                json!("https://api.test"),
                json!([""]),
            ],
        ),
        (
            "introspection_audiences",
            vec![json!([]), json!(["https://api.test"])],
            vec![json!(["api"]), json!(["https://api.test", "https://api.test"]), json!("https://api.test"), json!([""])],
        ),
        line("access_token_signed_response_alg", words(&["RS256", "PS256", "ES256", "EdDSA"], &["none", "HS256", ""])),
    ]
}

fn read(member: &str, value: &Value) -> Result<ClientMetadata, Vec<String>> {
    let mut members: Map<String, Value> =
        json!({"client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.test/cb"]}).as_object().unwrap().clone();
    members.extend(others(member).as_object().unwrap().clone());
    members.insert(member.to_owned(), value.clone());
    let told = |problems: Vec<super::MetadataProblem>| problems.into_iter().map(|problem| problem.member.into_owned()).collect();
    ClientMetadata::read(members).map_err(told)
}

/// RFC 7591 §2, OpenID Connect Registration §2, Back-Channel Logout §2.2, RP-Initiated Logout §3.1, RFC 9101 §10.5, RFC 9126 §6, RFC 8707;
/// A-RED-02, A-RED-04, A-RED-05, A-RED-06, A-RED-07, A-CA-10: every member takes what is good and refuses what is not, by its name.
#[test]
fn every_member_takes_what_is_good_and_nothing_else() {
    let table = table();
    let lines: BTreeSet<&str> = table.iter().map(|(member, ..)| *member).collect();
    assert_eq!(lines, ClientMetadata::names().iter().copied().collect(), "a line for each member");
    for (member, good, bad) in table {
        assert!(!good.is_empty() && bad.len() > 2, "{member}");
        for value in good {
            let client = read(member, &value).unwrap_or_else(|problems| panic!("{member} = {value}: {problems:?}"));
            assert_eq!(ClientMetadata::read(client.to_members()).as_ref(), Ok(&client), "{member} = {value}: written and read back");
        }
        for value in bad {
            let problems = read(member, &value).expect_err(&format!("{member} = {value}"));
            assert!(problems.iter().all(|blamed| blamed == member), "{member} = {value}: {problems:?}");
        }
    }
}

/// A-RED-07, A-RED-03: private schemes with a dot and loopback addresses are for native clients alone.
#[test]
fn native_clients_have_addresses_of_their_own() {
    let client = |application_type: &str, uri: &str| {
        let members = json!({"client_id": "a", "client_name": "A", "application_type": application_type, "redirect_uris": [uri]});
        ClientMetadata::read(members.as_object().unwrap().clone()).is_ok()
    };
    for uri in ["com.example.app:/cb", "http://127.0.0.1/cb", "http://[::1]:3000/cb"] {
        assert!(client("native", uri) && !client("web", uri), "{uri}");
    }
    for uri in ["myapp:/cb", "javascript:x", "http://shop.test/cb", "http://localhost/cb", "intent:x", "data:x"] {
        assert!(!client("native", uri) && !client("web", uri), "{uri}");
    }
}

/// What does not go together is refused, and blames the member that is wrong.
#[test]
fn members_fit_together() {
    let jwks = json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]});
    for (members, blamed) in [
        (json!({"jwks": jwks, "jwks_uri": "https://shop.test/jwks"}), vec!["jwks"]),
        (json!({"require_signed_request_object": true}), vec!["require_signed_request_object"]),
        (json!({"request_object_signing_alg": "RS256"}), vec!["request_object_signing_alg"]),
        (json!({"backchannel_logout_session_required": true}), vec!["backchannel_logout_session_required"]),
        (json!({"subject_type": "pairwise", "redirect_uris": ["https://a.test/cb", "https://b.test/cb"]}), vec!["sector_identifier_uri"]),
        (json!({"scope": "openid offline_access"}), vec!["scope"]),
        (json!({"token_endpoint_auth_method": "none", "require_pkce": false}), vec!["require_pkce"]),
        (json!({"redirect_uris": []}), vec!["redirect_uris"]),
        (json!({"token_endpoint_auth_method": "private_key_jwt"}), vec!["token_endpoint_auth_method"]),
        (json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "token_endpoint_auth_signing_alg": "PS256"}), vec![]),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "token_endpoint_auth_signing_alg": "HS256"}),
            vec!["token_endpoint_auth_signing_alg"],
        ),
        (
            json!({"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "RS256"}),
            vec!["token_endpoint_auth_signing_alg"],
        ),
        (json!({"token_endpoint_auth_method": "none", "introspection_audiences": ["https://api.test"]}), vec!["introspection_audiences"]),
        (json!({"grant_types": [], "redirect_uris": []}), vec![]),
        (json!({"grant_types": ["refresh_token"], "redirect_uris": [], "scope": "wiki:write"}), vec!["grant_types"]),
        (json!({"grant_types": ["client_credentials"], "redirect_uris": [], "scope": "wiki:write"}), vec![]),
        (json!({"grant_types": ["client_credentials"], "redirect_uris": [], "scope": "email"}), vec!["scope"]),
        (json!({"redirect_uris": ["http://localhost/cb"], "allow_loopback_http": true}), vec![]),
    ] {
        let mut all = json!({"client_id": "a", "client_name": "A", "redirect_uris": ["https://shop.test/cb"]}).as_object().unwrap().clone();
        all.extend(members.as_object().unwrap().clone());
        let problems = ClientMetadata::read(all).err().unwrap_or_default();
        assert_eq!(problems.iter().map(|problem| &*problem.member).collect::<Vec<_>>(), blamed, "{members}");
    }
}

//! What nobody should send: each endpoint answers it with the registered words and the right status, stores nothing, and puts nothing of it
//! in the log.

use http::{HeaderMap, HeaderValue, Method};
use weftid_tests::database::Kind;
use weftid_tests::log::{Log, canary, captured};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::RelyingParty;
use weftid_tests::wire::{Answer, form_urlencoded, query};

use crate::main_job::ada;
use crate::stored::rows;

const FORM: &str = "application/x-www-form-urlencoded";

async fn sends(provider: &Provider, method: Method, path: &str, headers: &[(&'static str, &str)], body: &[u8]) -> Answer {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(*name, HeaderValue::from_str(value).unwrap());
    }
    provider.wire.send(method, &provider.url(path), all, body.to_vec()).await
}

/// RFC 6749 §5.2: `error` and `error_description` have only these characters, and say nothing of what is inside.
#[track_caller]
fn speaks_well(answer: &Answer, status: u16, error: &str, what: &str) {
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (status, error), "{what}: {answer}");
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"), "{what}: {answer}");
    let body = answer.json();
    for (member, text) in body.as_object().unwrap() {
        assert!(member == "error" || member == "error_description", "{what}: {answer}");
        assert!(text.as_str().unwrap().bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{what}: {answer}");
        for inside in ["SELECT", "sqlx", "sqlite", "panicked", "src/", ".rs"] {
            assert!(!text.as_str().unwrap().contains(inside), "{what}: {answer}");
        }
    }
}

on_both_databases! {
    /// A-TOK-02: programs' endpoints take a form by POST, and nothing else.
    async fn only_a_form_by_post_is_taken(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let before = rows(&provider.database).await;
        let basic = shop.basic();
        for path in ["/token", "/revoke"] {
            for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"] {
                let answer = sends(&provider, method.parse().unwrap(), path, &[("authorization", &basic)], b"").await;
                assert_eq!(answer.status, 405, "{method} {answer}");
                assert!(answer.header("allow").contains("POST"), "{method} {answer}");
            }
            let body = b"grant_type=refresh_token&refresh_token=x&token=x";
            for sent in ["application/json", "multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded-ish", ""] {
                let headers = [("authorization", basic.as_str()), ("content-type", sent)];
                let headers = if sent.is_empty() { &headers[..1] } else { &headers[..] };
                speaks_well(&sends(&provider, Method::POST, path, headers, body).await, 415, "invalid_request", sent);
            }
            let json = br#"{"grant_type":"refresh_token","refresh_token":"x","token":"x"}"#;
            speaks_well(&sends(&provider, Method::POST, path, &[("authorization", &basic), ("content-type", "application/json")], json).await, 415, "invalid_request", "JSON");
            for sent in ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"] {
                let answer = sends(&provider, Method::POST, path, &[("authorization", &basic), ("content-type", sent)], body).await;
                assert_eq!(answer.status, if path == "/token" { 400 } else { 200 }, "{answer}");
            }
        }
        for path in ["/userinfo", "/authorize", "/logout"] {
            let answer = sends(&provider, Method::PUT, path, &[], b"").await;
            assert!(answer.status == 405 && answer.header("allow").contains("POST"), "{answer}");
        }
        for path in ["/.well-known/openid-configuration", "/jwks"] {
            let answer = sends(&provider, Method::POST, path, &[], b"").await;
            assert!(answer.status == 405 && answer.header("allow").contains("GET"), "{answer}");
        }
        assert_eq!(rows(&provider.database).await, before);
    }

    /// E-LOAD-02: what is too large is refused before it is read to its end, at every address that takes a body.
    async fn bodies_have_an_end(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let before = rows(&provider.database).await;
        let large = [b"a=".as_slice(), &vec![b'x'; 10 * 1024 * 1024]].concat();
        let basic = shop.basic();
        let mut person = provider.stranger();
        person.opens(provider.url("/login")).await.shows("sign-in");
        let cookie = format!("__Host-browser={}", person.jar.get("browser").unwrap().value);
        for path in ["/token", "/revoke", "/userinfo", "/authorize", "/logout", "/login", "/sign-out", "/consent/x"] {
            let headers = [("authorization", basic.as_str()), ("content-type", FORM), ("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
            let answer = sends(&provider, Method::POST, path, &headers, &large).await;
            assert_eq!(answer.status, 413, "{path}: {answer}");
        }
        let answer = person.posts_json_with("/login/passkey/begin", large.clone(), &[("x-csrf-token", person.page().csrf_token().unwrap())]).await;
        assert_eq!(answer.status, 413, "{answer}");
        let many: Vec<u8> = (0..1000).flat_map(|number| format!("p{number}=&").into_bytes()).collect();
        for path in ["/token", "/revoke"] {
            let answer = sends(&provider, Method::POST, path, &[("authorization", &basic), ("content-type", FORM)], &many).await;
            speaks_well(&answer, 400, "invalid_request", "too many parameters");
        }
        let deep = "[".repeat(20_000);
        let answer = person.posts_json_with("/login/passkey/begin", deep.into_bytes(), &[("x-csrf-token", person.page().csrf_token().unwrap())]).await;
        assert_eq!(answer.status, 400, "{answer}");
        assert_eq!(rows(&provider.database).await, before);
    }

    /// A-TOK-04: whatever stands in a parameter, the answer is of registered words and safe characters, and nothing is stored.
    async fn answers_speak_in_safe_characters(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        let before = rows(&provider.database).await;
        let basic = shop.basic();
        let nasty = ["\"quoted\"", "back\\slash", "\u{1f9f6} emoji", "\u{0}nul", "\r\nSet-Cookie: x=y", "<svg onload=alert(1)>", "' OR 1=1 --", "é\u{301}"];
        for value in nasty {
            for name in ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_assertion", "client_id", value] {
                let kind = if name == "refresh_token" || name == "scope" { "refresh_token" } else { "authorization_code" };
                let mut pairs = vec![("grant_type", kind), ("code", "x"), ("refresh_token", "x")];
                pairs.retain(|(other, _)| *other != name);
                pairs.push((name, value));
                let answer = sends(&provider, Method::POST, "/token", &[("authorization", &basic), ("content-type", FORM)], &form_urlencoded(&pairs)).await;
                assert!(matches!(answer.error_code().as_str(), "invalid_request" | "invalid_grant" | "unsupported_grant_type"), "{name}={value}: {answer}");
                speaks_well(&answer, 400, &answer.error_code(), &format!("{name}={value}"));
                pairs.extend([(name, value), (name, value)]);
                let answer = sends(&provider, Method::POST, "/token", &[("authorization", &basic), ("content-type", FORM)], &form_urlencoded(&pairs)).await;
                speaks_well(&answer, 400, "invalid_request", &format!("{name} twice"));
            }
            let pairs = [("client_id", value), ("client_secret", value), ("grant_type", "refresh_token")];
            let answer = sends(&provider, Method::POST, "/token", &[("content-type", FORM)], &form_urlencoded(&pairs)).await;
            speaks_well(&answer, 401, "invalid_client", value);
            let arrival = ada.opens(shop.asks(&[], &[("prompt", value)]).url).await;
            let description = query(&arrival.callback(), "error_description").unwrap();
            assert!(description.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{description}");
        }
        assert_eq!(rows(&provider.database).await, before);
    }

    /// E-LOAD-02, RFC 6749 appendix B: what is not well-formed is refused and never repaired.
    async fn what_is_not_well_formed_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let before = rows(&provider.database).await;
        let basic = shop.basic();
        for broken in ["token=%ff%fe", "%ff=x", "token=%c0%80", "token=%ed%a0%80", "token=%", "token=%2", "token=%zz"] {
            // A per cent sign that begins nothing stands for itself (WHATWG URL §5.1), and is no token of ours.
            let is_text = broken.len() < 10 && broken.starts_with("token");
            for path in if is_text { &["/token"][..] } else { &["/token", "/revoke"] } {
                let answer = sends(&provider, Method::POST, path, &[("authorization", &basic), ("content-type", FORM)], broken.as_bytes()).await;
                speaks_well(&answer, 400, "invalid_request", broken);
            }
            for path in if is_text { &["/authorize"][..] } else { &["/authorize", "/logout"] } {
                let answer = sends(&provider, Method::GET, &format!("{path}?{broken}"), &[], b"").await;
                assert!(answer.status == 400 && answer.page().name() == "error", "{answer}");
                let answer = sends(&provider, Method::POST, path, &[("content-type", FORM)], broken.as_bytes()).await;
                assert!(answer.status == 400 && answer.page().name() == "error", "{answer}");
            }
        }
        let answer = sends(&provider, Method::POST, "/token", &[("authorization", &basic), ("content-type", FORM)], b"token=\xff\xfe").await;
        speaks_well(&answer, 400, "invalid_request", "raw bytes");
        for path in ["/authorize/%00", "/authorize/%ff", "/consent/%ff", "/logout/%ff", "/consent/..%2f..%2fetc", "/authorize/a/b", "/authorize//x", "/token/", "/nowhere"] {
            let answer = sends(&provider, Method::GET, path, &[], b"").await;
            assert!(matches!(answer.status.as_u16(), 400 | 404 | 410), "{path}: {answer}");
            assert_eq!(answer.page().name(), "error", "{path}: {answer}");
        }
        assert_eq!(rows(&provider.database).await, before);
    }

    /// A-RTM-05: a parameter that comes twice is refused by every endpoint, whatever it is.
    async fn repeated_parameters_are_refused_everywhere(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let before = rows(&provider.database).await;
        let basic = shop.basic();
        let refresh_token = tokens.refresh_token.clone().unwrap();
        for (path, pairs) in [
            ("/token", vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str()), ("scope", "openid")]),
            ("/token", vec![("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "https://shop.test/callback"), ("code_verifier", "x")]),
            ("/revoke", vec![("token", refresh_token.as_str()), ("token_type_hint", "refresh_token")]),
            ("/userinfo", vec![("access_token", tokens.access_token.as_str())]),
        ] {
            for (name, value) in &pairs {
                for other in [*value, "", "x"] {
                    let doubled: Vec<_> = pairs.iter().copied().chain([(*name, other)]).collect();
                    let headers = [("content-type", FORM), ("authorization", basic.as_str())];
                    let headers = if path == "/userinfo" { &headers[..1] } else { &headers[..] };
                    let answer = sends(&provider, Method::POST, path, headers, &form_urlencoded(&doubled)).await;
                    speaks_well(&answer, 400, "invalid_request", &format!("{path} {name}"));
                }
            }
        }
        assert_eq!(rows(&provider.database).await, before);
        shop.refreshes(&refresh_token).await.unwrap();
    }

    /// A-RED-12, C-LOG-03: nothing in a parameter can end a header and begin another.
    async fn no_parameter_can_write_a_header(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        for name in ["state", "scope", "prompt", "login_hint", "ui_locales", "nonce", "acr_values", "max_age", "display"] {
            let mut url = shop.asks(&[], &[]).url;
            let kept: Vec<_> = url.query_pairs().into_owned().filter(|(other, _)| other != name).collect();
            url.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, "openid\r\nSet-Cookie: smuggled=1\r\n\r\n<svg onload=x>");
            for hop in ada.opens(&url).await.hops {
                assert!(hop.headers.get_all("set-cookie").iter().all(|cookie| !cookie.to_str().unwrap().contains("smuggled=1")), "{hop}");
                assert!(!hop.header("location").contains(['\r', '\n', ' ']), "{hop}");
                assert!(!hop.text().contains("<svg onload"), "{hop}");
            }
        }
    }
}

/// Does the main job and everything that goes wrong on it, and gives what must not stand in the log.
async fn lives(provider: &Provider) -> Vec<String> {
    let mut ada = ada(provider).await;
    let shop = provider.shop("shop").await;
    let mut secrets = Vec::new();
    let canaries = ["state", "nonce", "hint", "verifier", "code", "token", "secret", "box", "cookie", "bearer"].map(canary);
    let [state, nonce, hint, verifier, code, token, secret, sealed, cookie, bearer] = &canaries;

    let mut asked = shop.asks(&["email", "offline_access"], &[("login_hint", &format!("{hint}@shop.test"))]);
    let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "state" && name != "nonce").collect();
    asked.url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs([("state", state), ("nonce", nonce)]);
    state.clone_into(&mut asked.state);
    nonce.clone_into(&mut asked.nonce);
    ada.opens(&asked.url).await.shows("sign-in");
    secrets.push(query(&ada.url(), "request").unwrap());
    ada.touches_passkey().await.shows("consent");
    secrets.push(ada.page().csrf_token().unwrap().to_owned());
    let callback = ada.presses("allow", &[]).await.callback();
    let given = shop.reads_code(&asked, &callback).unwrap();
    let tokens = shop.redeems_code(&asked, &given).await.unwrap();
    shop.userinfo(&tokens).await.unwrap();
    let refreshed = shop.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
    // Reuse, replay, revocation.
    provider.clock.advance(std::time::Duration::from_secs(10));
    shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await.is(400);
    shop.posts_code(&asked, &given).await.is(400);
    shop.revokes(&refreshed.access_token).await.is(200);
    secrets.extend([asked.verifier.clone(), given, shop.secret.clone().unwrap(), shop.basic()[6..].to_owned()]);
    for tokens in [&tokens, &refreshed] {
        secrets.extend([tokens.access_token.clone(), tokens.refresh_token.clone().unwrap(), tokens.id_token.clone()]);
    }
    fails(provider, &shop, &mut ada, &canaries).await;
    // Where each of them doesn't belong.
    for value in &canaries {
        for path in ["/authorize", "/consent", "/logout", "/setup", "/invitation", "/nowhere"] {
            ada.clone().opens(provider.url(&format!("{path}/{value}"))).await;
        }
    }
    let _ = (hint, verifier, code, token, secret, sealed, cookie, bearer);
    secrets.extend(ada.jar.cookies().iter().map(|cookie| cookie.value.clone()));
    let goodbye = shop.logout_url(Some(&refreshed.id_token), &[("post_logout_redirect_uri", "https://shop.test/bye"), ("state", state)]);
    ada.opens(&goodbye).await.callback();
    secrets.extend(canaries);
    secrets
}

/// Sends each of these where a secret is expected, and gets refused.
async fn fails(provider: &Provider, shop: &RelyingParty, ada: &mut Person, canaries: &[String; 10]) {
    let [state, nonce, hint, verifier, code, token, secret, sealed, cookie, bearer] = canaries;
    let code_pairs = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier), ("redirect_uri", nonce)];
    shop.posts("token_endpoint", &code_pairs).await.is(400);
    shop.posts_refresh(token).await.is(400);
    shop.posts("token_endpoint", &[("grant_type", state)]).await.is(400);
    shop.posts("token_endpoint", &[("grant_type", "password"), ("password", secret), ("username", hint)]).await.is(400);
    shop.posts("token_endpoint", &[("client_assertion", bearer), ("grant_type", "refresh_token")]).await.is(400);
    shop.posts("token_endpoint", &[(token, secret), (token, secret)]).await.is(400);
    shop.revokes(token).await.is(200);
    let impostor = shop.but(|party| party.secret = Some(secret.clone()));
    impostor.posts_refresh(token).await.is(401);
    impostor.but(|party| party.secret_in_form = true).posts_refresh(token).await.is(401);
    shop.asks_userinfo(bearer).await.is(401);
    let mut in_address = provider.url("/token");
    in_address.query_pairs_mut().append_pair("client_secret", secret).append_pair("code", code);
    provider.wire.posts(&in_address, &[("client_secret", secret)], &[]).await.is(400);
    let mut bearer_in_address = provider.url("/userinfo");
    bearer_in_address.query_pairs_mut().append_pair("access_token", bearer);
    provider.wire.get(&bearer_in_address).await.is(401);
    for extra in [
        ("id_token_hint", token),
        ("scope", secret),
        ("prompt", code),
        ("max_age", nonce),
        ("code_challenge", verifier),
        ("request", bearer),
        ("state", state),
    ] {
        ada.clone().opens(shop.asks(&[], &[(extra.0, extra.1.as_str())]).url).await.callback();
    }
    let mut url = provider.url("/authorize");
    url.query_pairs_mut().append_pair("client_id", secret).append_pair("redirect_uri", &format!("https://{token}.test")).append_pair("state", state);
    ada.clone().opens(&url).await.page(400);
    ada.clone().opens(shop.logout_url(Some(token), &[("state", state)])).await.page(400);
    let mut stranger = provider.stranger();
    stranger.opens(provider.url(&format!("/login?request={sealed}"))).await;
    let mut headers = HeaderMap::new();
    headers.insert("cookie", HeaderValue::from_str(&format!("__Host-session={cookie}; __Host-browser={cookie}")).unwrap());
    headers.insert("x-request-id", HeaderValue::from_str(cookie).unwrap());
    provider.wire.send(Method::GET, &provider.url("/account"), headers, Vec::new()).await.is(303);
}

fn is_quiet(kind: Kind) {
    captured(|log: Log| async move {
        let provider = Provider::start(kind).await;
        let secrets = lives(&provider).await;
        assert!(log.lines_with("refused").len() > 10, "the log is not even there");
        log.keeps_quiet_about(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    });
}

/// C-LOG-02: codes, verifiers, tokens, client secrets, cookies, sealed requests, states, nonces and hints stay out of the log, on SQLite.
#[test]
fn clients_leave_no_secret_in_the_log_on_sqlite() {
    is_quiet(Kind::Sqlite);
}

/// C-LOG-02: the same on PostgreSQL.
#[test]
fn clients_leave_no_secret_in_the_log_on_postgres() {
    is_quiet(Kind::Postgres);
}

/// C-LOG-03: what is sent can't begin a line of the log.
#[test]
fn no_parameter_can_forge_a_line_of_the_log() {
    captured(|log: Log| async move {
        let provider = Provider::start(Kind::Sqlite).await;
        let shop = provider.shop("shop").await;
        let forged = "x\n2027-01-15T08:00:00Z ERROR forged\r\u{1b}[2Jline\u{2028}forged";
        for name in ["grant_type", "code", "scope", "client_id", "client_secret", forged] {
            provider.wire.posts(&provider.url("/token"), &[(name, forged), ("grant_type", "authorization_code")], &[]).await;
            shop.posts("token_endpoint", &[(name, forged)]).await;
        }
        let mut stranger = provider.stranger();
        for name in ["client_id", "redirect_uri", "state", "scope", "prompt", "id_token_hint", "response_type"] {
            let mut url = shop.asks(&[], &[]).url;
            let kept: Vec<_> = url.query_pairs().into_owned().filter(|(other, _)| other != name).collect();
            url.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, forged);
            stranger.opens(&url).await;
        }
        assert!(!log.lines_with("refused").is_empty());
        let lines: Vec<String> = log.text().lines().filter(|line| line.starts_with("2027-01-15T08:00:00Z ERROR")).map(str::to_owned).collect();
        assert!(lines.is_empty() && !log.text().contains('\u{1b}'), "{lines:?}");
    });
}

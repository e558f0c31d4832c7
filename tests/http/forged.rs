//! What other sites, broken clients and attackers send to the pages: forged requests, wrong bodies, and accidents inside. And the headers
//! that every answer carries.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use url::Url;
use weftid_tests::authenticator::Lie;
use weftid_tests::cookies::Initiator;
use weftid_tests::on_both_databases;
use weftid_tests::person::{Person, finishing};
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;

use crate::coming_aboard::{invitation, path};
use crate::passkeys::{BEGIN, FINISH, almost_signed_in, at_the_sign_in_page, signs_in};
use crate::stored::{block_audit, events, let_audit_through, rows};

/// Every place that changes something or begins to, and whether it takes JSON or a form.
async fn places(provider: &Provider) -> Vec<(String, bool)> {
    let invited = path(&invitation(provider, "carol@id.example").await);
    let json = [BEGIN.to_owned(), FINISH.to_owned(), format!("{invited}/passkey/begin"), format!("{invited}/passkey/finish")];
    let forms = ["/login", "/account/backup-codes", "/account/passkeys/none/rename", "/account/passkeys/none/delete"];
    json.into_iter().map(|place| (place, true)).chain(forms.map(|place| (place.to_owned(), false))).collect()
}

/// Posts with exactly these headers, beside the cookies of this person's browser.
async fn posts(provider: &Provider, person: &Person, place: &str, content_type: &str, body: &str, headers: Headers<'_>) -> Answer {
    let url = provider.url(place);
    let cookies = person.jar.header(&url, Initiator::SameSite);
    let mut all: Vec<(&str, &str)> = headers.to_vec();
    if !cookies.is_empty() {
        all.push((COOKIE.as_str(), &cookies));
    }
    provider.wire.posts_raw(&url, content_type, body.as_bytes().to_vec(), &all).await
}

/// An error that a person or a script can report: its request id is there, and nothing of what was sent is.
fn reports_itself(answer: &Answer, what: &str) {
    if answer.header("content-type").starts_with("application/problem+json") {
        assert_eq!(answer.json()["request_id"].as_str().map(str::len), Some(12), "{what}: {answer}");
    } else {
        let page = answer.page();
        assert_eq!(page.name(), "error", "{what}: {answer}");
        assert!(page.all("code").any(|code| page.text_of(code).len() == 12), "{what}: {answer}");
    }
}

/// Headers by name.
type Headers<'a> = &'a [(&'static str, &'a str)];

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

on_both_databases! {
    /// C-WEB-01, C-SES-10: a change that another site asks for, or that shows no token or another browser's, is refused everywhere.
    async fn forged_requests_change_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = signs_in(&provider, &ada).await;
        let token = person.page().csrf_token().expect("a page has a token").to_owned();
        let eve = provider.person("eve@id.example", "Eve").await;
        let eves = eve.page().csrf_token().expect("a page has a token").to_owned();
        let places = places(&provider).await;
        let before = rows(&provider.database).await;
        for (place, is_json) in &places {
            let body = |token: &str| if *is_json { "{}".to_owned() } else { format!("csrf={token}&email=ada%40id.example&acknowledged=yes") };
            let content_type = if *is_json { JSON } else { FORM };
            let header = |token: &str| if *is_json { vec![("x-csrf-token", token.to_owned())] } else { vec![] };
            let cases: [(&str, &str, Headers); 9] = [
                ("no token", "", &[("sec-fetch-site", "same-origin"), ("origin", "https://id.example")]),
                ("garbage", "garbage", &[]),
                ("another browser's token", &eves, &[("sec-fetch-site", "same-origin")]),
                ("another site", &token, &[("sec-fetch-site", "cross-site")]),
                ("a sibling", &token, &[("sec-fetch-site", "same-site")]),
                ("nobody's", &token, &[("sec-fetch-site", "none")]),
                ("a foreign origin", &token, &[("origin", "https://evil.test")]),
                ("an origin that looks like ours", &token, &[("origin", "https://id.example.evil.test")]),
                ("our origin without TLS", &token, &[("origin", "http://id.example")]),
            ];
            for (what, token, headers) in cases {
                let own = header(token);
                let all: Vec<(&'static str, &str)> = headers.iter().copied().chain(own.iter().map(|(name, value)| (*name, value.as_str()))).collect();
                let answer = posts(&provider, &person, place, content_type, &body(token), &all).await;
                assert_eq!(answer.status, 403, "{place}, {what}: {answer}");
                reports_itself(&answer, what);
            }
            // Without the browser's cookie, as SameSite=Lax makes it for another site's POST.
            let answer = posts(&provider, &provider.stranger(), place, content_type, &body(&token), &[("x-csrf-token", &token)]).await;
            // Where one must be signed in, that is asked first.
            let led = place.starts_with("/account") && answer.location() == Some(provider.url("/login"));
            assert!(answer.status == 400 || led, "{place}: {answer}");
            assert!(answer.headers.get("set-cookie").is_none(), "{place}: a POST from elsewhere got a cookie");
            // What a form of another site can send without asking the browser.
            for simple in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; x", ""] {
                let answer = posts(&provider, &person, place, simple, "{\"a\":1}", &[("x-csrf-token", &token)]).await;
                let expected = if !is_json && simple.starts_with(FORM) { 403 } else { 415 };
                assert_eq!(answer.status, expected, "{place}, {simple}: {answer}");
            }
        }
        assert_eq!(rows(&provider.database).await, before);
        // A whole form of another site, in a browser.
        let evil = Url::parse("https://evil.test").expect("a URL");
        let arrival = person.is_made_to_post_from(&evil, &provider.url("/login"), &[("csrf", &token), ("email", "ada@id.example")]).await;
        assert_eq!(arrival.page(400).name(), "error");
        assert_eq!(rows(&provider.database).await, before);
        // Origin: null is what browsers send with our own forms under no-referrer.
        let answer = posts(&provider, &person, "/login", FORM, &format!("csrf={token}&email=a%40id.example"), &[("origin", "null")]).await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    /// C-WEB-01: no override turns a safe method into a change, and other methods are refused.
    async fn methods_mean_what_they_say(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let before = rows(&provider.database).await;
        for place in [BEGIN, FINISH] {
            for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
                let mut headers = HeaderMap::new();
                headers.insert("x-http-method-override", HeaderValue::from_static("POST"));
                headers.insert(COOKIE, HeaderValue::from_str(&ada.jar.header(&provider.url(place), Initiator::SameSite)).expect("a header"));
                let answer = provider.wire.send(method.clone(), &provider.url(place), headers, Vec::new()).await;
                assert_eq!(answer.status, 405, "{method} {place}: {answer}");
            }
        }
        assert_eq!(rows(&provider.database).await, before);
    }

    /// C-WEB-02, C-WEB-03, B-PL-01, B-PL-05: every answer carries the policy and the security headers: pages, errors, JSON and what is not there.
    async fn every_answer_carries_the_security_headers(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = signs_in(&provider, &ada).await;
        let invited = invitation(&provider, "bob@id.example").await;
        let mut answers = Vec::new();
        for place in ["/account", "/nowhere", "/setup/x", &path(&invited), "/assets/x/y.js", "/account/nowhere", "/%00", "/login?request=x"] {
            answers.push(person.clone().opens(provider.url(place)).await.hops.pop().expect("an answer"));
        }
        answers.extend(provider.stranger().opens(provider.url("/")).await.hops);
        answers.push(person.posts_json(BEGIN, &json!({})).await);
        answers.push(person.posts_json(FINISH, &json!({})).await);
        answers.push(posts(&provider, &person, "/login", FORM, "", &[]).await);
        for answer in answers {
            let policy = answer.header("content-security-policy");
            for directive in [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "object-src 'none'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
                "form-action 'self'",
            ] {
                assert!(policy.split("; ").any(|part| part == directive), "{directive}: {answer}");
            }
            assert!(!policy.contains("unsafe"), "{answer}");
            for (name, value) in [
                ("strict-transport-security", "max-age=31536000; includeSubDomains"),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(answer.header(name), value, "{name}: {answer}");
                assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{name}: {answer}");
            }
            let permissions = answer.header("permissions-policy");
            assert!(permissions.contains("publickey-credentials-get=(self)") && permissions.contains("publickey-credentials-create=(self)"));
            let has_type = ["text/html; charset=utf-8", "application/json", "application/problem+json"].contains(&answer.header("content-type"));
            assert!(has_type || answer.status.is_redirection(), "{answer}");
            // Nothing of a page runs, and nothing is loaded, but our own files.
            let page = answer.page();
            assert!(page.all("script").all(|script| script.attribute("src").is_some_and(|src| src.starts_with('/'))), "{answer}");
            assert!(page.all("link").filter_map(|link| link.attribute("href")).all(|href| href.starts_with('/')), "{answer}");
        }
    }

    /// C-WEB-04: what is personal is kept nowhere; what never changes is kept for good.
    async fn only_what_never_changes_is_kept(kind: Kind) {
        let provider = Provider::start(kind).await;
        let arrival = provider.stranger().opens(provider.url("/login")).await;
        let page = arrival.shows("sign-in");
        let script = page.all("script").find_map(|script| script.attribute("src")).expect("a script").to_owned();
        let answer = provider.wire.get(&provider.url(&script)).await.expect(200);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(arrival.answer().header("cache-control"), "no-store");
    }

    /// C-WEB-09, A-ISS-02: no address is built from what a request says of itself.
    async fn no_address_is_built_from_a_request(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = invitation(&provider, "bob@id.example").await;
        for place in ["/", "/account", &path(&link)] {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("x-forwarded-host", "evil.test"),
                ("x-forwarded-proto", "http"),
                ("forwarded", "host=evil.test"),
                ("x-forwarded-prefix", "/evil"),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
            let answer = provider.wire.send(Method::GET, &provider.url(place), headers, Vec::new()).await;
            assert!(!answer.text().contains("evil") && !answer.header("location").contains("evil"), "{answer}");
        }
    }

    /// C-WEB-01, E-LOAD-02: bodies that are broken, too large, of the wrong type or ambiguous get a clear 4xx with a number to report, and
    /// store nothing.
    async fn bad_bodies_get_a_clear_error_and_store_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = signs_in(&provider, &ada).await;
        let token = person.page().csrf_token().expect("a page has a token").to_owned();
        let good = almost_signed_in(&mut person, &[]).await;
        let places = places(&provider).await;
        let before = rows(&provider.database).await;
        let (deep, mut twice) = (format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000)), good.to_string());
        twice.truncate(twice.len() - 1);
        let twice = format!("{twice},\"ceremony\":\"x\"}}");
        let large = "x".repeat(10_000_000);
        let json_bodies: [(&str, &str, u16); 10] = [
            ("nothing", "", 400),
            ("half", "{\"ceremony\":", 400),
            ("no JSON", "ceremony=x", 400),
            ("a list", "[1,2]", 400),
            ("a number", "1e999", 400),
            ("a text", "\"x\"", 400),
            ("UTF-16", "\u{feff}{}", 400),
            ("a NUL", "{\"ceremony\":\"\0\"}", 400),
            ("deep", &deep, 400),
            ("large", &large, 413),
        ];
        for (place, is_json) in &places {
            if *is_json {
                for (what, body, status) in json_bodies {
                    let answer = posts(&provider, &person, place, JSON, body, &[("x-csrf-token", &token)]).await;
                    let too_large = answer.status == 413 && body.len() > 60_000;
                    assert!(answer.status == status || too_large, "{place}, {what}: {}", answer.status);
                    reports_itself(&answer, what);
                }
            } else {
                let csrf = format!("csrf={token}");
                for (what, body, status) in [
                    ("a field twice", format!("{csrf}&email=a%40id.example&email=b%40id.example&set=a&set=b"), 400),
                    ("the token twice", format!("{csrf}&{csrf}"), 400),
                    ("bytes that are no text", format!("{csrf}&email=%ff%fe&set=%ff"), 400),
                    ("nothing", String::new(), 403),
                    ("large", format!("{csrf}&email={large}"), 413),
                ] {
                    let answer = posts(&provider, &person, place, FORM, &body, &[]).await;
                    assert_eq!(answer.status, status, "{place}, {what}: {}", answer.text().chars().take(500).collect::<String>());
                    reports_itself(&answer, what);
                }
            }
        }
        let answer = posts(&provider, &person, FINISH, JSON, &twice, &[("x-csrf-token", &token)]).await;
        assert_eq!(answer.status, 400, "a member twice: {answer}");
        let mut with_more = good.clone();
        with_more["from_the_future"] = json!({"a": 1});
        assert_eq!(rows(&provider.database).await, before);
        // Unknown members are for clients that are newer than us.
        person.posts_json(FINISH, &with_more).await.expect(200).json();
    }

    /// D-AUD-03: each change has its event.
    async fn every_change_has_its_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        invitation(&provider, "bob@id.example").await;
        let mut person = signs_in(&provider, &ada).await;
        person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::BrokenSignature]).await.expect(401).json();
        for (event, times) in [
            ("setup_link_made", 1),
            ("link_used", 1),
            ("user_created", 1),
            ("passkey_registered", 1),
            ("session_started", 2),
            ("backup_codes_made", 1),
            ("backup_codes_acknowledged", 1),
            ("invitation_made", 1),
            ("signed_in", 1),
            ("sign_in_failed", 1),
        ] {
            assert_eq!(events(&provider.database, event).await, times, "{event}");
        }
        // Who did it, in which request, from where.
        let complete = "SELECT count(*) FROM audit_events WHERE kind = 'signed_in' AND actor LIKE 'user:%' AND user_id IS NOT NULL
                        AND session_id IS NOT NULL AND length(request_id) = 12 AND detail LIKE '%\"network\":\"127.0.0.1\"%'";
        assert_eq!(provider.database.count(complete).await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE detail LIKE '%ada@id.example%' OR detail LIKE '%\"Ada\"%'").await, 0);
    }

    /// D-AUD-03: where the event can't be written the change is not made: 503, nothing kept, nothing burnt.
    async fn no_change_without_its_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let (good, bad) = (almost_signed_in(&mut person, &[]).await, almost_signed_in(&mut person, &[Lie::BrokenSignature]).await);
        let link = path(&invitation(&provider, "bob@id.example").await);
        let mut bob = provider.stranger();
        bob.opens(provider.url(&link)).await.shows("invitation");
        let options = bob.posts_json(&format!("{link}/passkey/begin"), &json!({"name": "Bob"})).await.expect(200).json();
        let origin = bob.url();
        let credential = bob.authenticator.create(&options["publicKey"], &origin).expect("the authenticator agrees");
        let registration = finishing(&options, credential, &json!({}));
        let mut carol = provider.stranger();
        let carols = path(&invitation(&provider, "carol@id.example").await);
        carol.opens(provider.url(&carols)).await.shows("invitation");
        let (begin, finish) = (format!("{carols}/passkey/begin"), format!("{carols}/passkey/finish"));
        let finished = carol.registers_passkey(&begin, &finish, &json!({"name": "Carol"})).await;
        carol.follows(finished).await.shows("backup-codes");

        block_audit(&provider.database).await;
        let before = rows(&provider.database).await;
        for body in [&good, &bad] {
            let answer = person.posts_json(FINISH, body).await.expect(503);
            assert!(answer.headers.get("set-cookie").is_none() && !answer.header("retry-after").is_empty());
        }
        bob.posts_json(&format!("{link}/passkey/finish"), &registration).await.expect(503).json();
        let mut looking = carol.clone();
        assert_eq!(looking.opens(provider.url("/account/backup-codes")).await.page(503).name(), "error");
        let mut saving = carol.clone();
        assert_eq!(saving.presses("acknowledge", &[("acknowledged", "yes")]).await.page(503).name(), "error");
        assert_eq!(rows(&provider.database).await, before);

        let_audit_through(&provider.database).await;
        person.posts_json(FINISH, &bad).await.expect(401).json();
        person.posts_json(FINISH, &good).await.expect(200).json();
        bob.posts_json(&format!("{link}/passkey/finish"), &registration).await.expect(200).json();
        carol.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    }
}

//! The documents that browsers and credential managers look for at the root of the origin, and the origins that may use our passkeys.

use serde_json::json;
use url::Url;
use weftid_tests::authenticator::Lie;
use weftid_tests::database::Kind;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page};
use crate::stored::events_because;

const RELATED: (&str, &str) = ("passkeys.related_origins", "https://shop.example,https://shop.example:8443");

/// B-PL-04: where passkeys are made and looked after, in JSON, without a redirect; what is named needs a sign-in.
#[tokio::test]
async fn credential_managers_find_where_passkeys_are_looked_after() {
    let provider = Provider::start(Kind::Sqlite).await;
    let answer = provider.wire.get(&provider.url("/.well-known/passkey-endpoints")).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.headers.get("set-cookie").is_none());
    let place = "https://id.example/account/sign-in-methods";
    assert_eq!(answer.json(), json!({"enroll": place, "manage": place}));
    let mut ada = provider.admin().await;
    for named in ["enroll", "manage"] {
        let named = Url::parse(answer.json()[named].as_str().unwrap()).unwrap();
        provider.stranger().opens(&named).await.shows("sign-in");
        ada.opens(&named).await.shows("sign-in-methods");
    }
    // And whoever is signed in is asked again before anything changes.
    provider.clock.advance(std::time::Duration::from_mins(5));
    let answer = ada.posts_json("/account/passkeys/begin", &json!({})).await.expect(403);
    assert_eq!(answer.error_code(), "confirm_needed");
}

/// A Well-Known URL for Changing Passwords §3.1, and §3.2 of Detecting the Reliability of HTTP Status Codes: a redirect to the page, and
/// a 404 for what is not there, so that the redirect can be believed.
#[tokio::test]
async fn password_managers_find_where_a_password_is_changed() {
    let provider = Provider::start(Kind::Sqlite).await;
    let answer = provider.wire.get(&provider.url("/.well-known/change-password")).await;
    assert!([302, 303].contains(&answer.status.as_u16()), "{answer}");
    assert_eq!(answer.location().unwrap().as_str(), "https://id.example/account/password");
    assert!(answer.headers.get("set-cookie").is_none());
    let nothing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    provider.wire.get(&provider.url(nothing)).await.is(404);
}

/// B-PL-03: without related origins there is no document; with them it is exactly the list that the server goes by.
#[tokio::test]
async fn related_origins_are_said_only_where_there_are_any() {
    let provider = Provider::start(Kind::Sqlite).await;
    provider.wire.get(&provider.url("/.well-known/webauthn")).await.is(404);
    let provider = Provider::start_with(Kind::Sqlite, &[RELATED]).await;
    let answer = provider.wire.get(&provider.url("/.well-known/webauthn")).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json(), json!({"origins": ["https://id.example", "https://shop.example", "https://shop.example:8443"]}));
}

/// B-PL-03, B-PL-04: with a path in the issuer the documents stand at the root of the origin all the same, and lead below the path.
#[tokio::test]
async fn the_documents_stand_at_the_root_of_the_origin() {
    let provider = Provider::start_with(Kind::Sqlite, &[("issuer", "https://id.example/tenant"), RELATED]).await;
    let answer = provider.wire.get(&provider.url("/.well-known/passkey-endpoints")).await.expect(200);
    assert_eq!(answer.json()["manage"], "https://id.example/tenant/account/sign-in-methods");
    let answer = provider.wire.get(&provider.url("/.well-known/change-password")).await;
    assert_eq!(answer.location().unwrap().path(), "/tenant/account/password");
    provider.wire.get(&provider.url("/.well-known/webauthn")).await.is(200);
    provider.wire.get(&provider.url("/tenant/.well-known/webauthn")).await.is(404);
}

on_both_databases! {
    /// B-PL-03, B-CD-03: a passkey that was used on a related origin signs in; on an origin that is not listed it does not.
    async fn only_listed_origins_are_accepted(kind: Kind) {
        let provider = Provider::start_with(kind, &[RELATED]).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        for (origin, status) in [
            ("https://shop.example", 200),
            ("https://shop.example:8443", 200),
            ("https://shop.example:9443", 401),
            ("http://shop.example", 401),
            ("https://www.shop.example", 401),
            ("https://shop.example/", 401),
        ] {
            let lie = [Lie::Origin(origin.to_owned())];
            let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &lie).await;
            assert_eq!(answer.status.as_u16(), status, "{origin}: {answer}");
        }
        assert_eq!(events_because(&provider.database, "sign_in_failed", "origin").await, 4);
    }

    /// B-PL-06: passkeys know their RP ID: with another one nobody signs in with them, none of them is shown or counted, and setting it back
    /// is all it takes.
    async fn another_rp_id_makes_passkeys_useless_and_is_undone(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE rp_id = 'id.example'").await, 1);
        let other = Provider::on(provider.database.copied().await, provider.clock.clone(), &[("issuer", "https://a.id.example"), ("passkeys.rp_id", "a.id.example")]).await;
        let rp_id = &other.app.config().passkeys.rp_id;
        assert!(weftid::store::passkey::any_for_another_rp_id(other.app.store(), rp_id).await.expect("the database works"), "which is said at the start");
        let back = Provider::on(provider.database.copied().await, provider.clock.clone(), &[]).await;
        at_the_sign_in_page(&back, &ada).await.touches_passkey().await.shows("dashboard");
    }
}

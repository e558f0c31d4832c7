//! The revocation endpoint (RFC 7009).

use serde_json::json;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;

use crate::main_job::{ada, refused};

on_both_databases! {
    /// A-REV-01: what is unknown, garbage or another client's is answered like a success, and nothing happens to it.
    async fn revoking_what_is_not_ones_own_changes_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let refresh_token = tokens.refresh_token.clone().unwrap();
        let own = shop.revokes("unknown").await.expect(200);
        for token in [refresh_token.as_str(), &tokens.access_token, &tokens.id_token, "", "x"] {
            if token.is_empty() {
                let answer = wiki.revokes(token).await.expect(400);
                assert_eq!(answer.error_code(), "invalid_request");
                continue;
            }
            let foreign = wiki.revokes(token).await.expect(200);
            assert_eq!((foreign.text(), foreign.headers.len()), (own.text(), own.headers.len()), "nothing tells them apart");
        }
        assert_eq!(wiki.posts("revocation_endpoint", &[]).await.expect(400).error_code(), "invalid_request");
        assert!(shop.userinfo(&tokens).await.is_ok());
        shop.refreshes(&refresh_token).await.unwrap();
    }

    /// A-REV-02: a refresh token is revoked with its whole grant, whichever of its generations is shown, and without an alarm.
    async fn a_refresh_token_is_revoked_with_its_grant(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for old in [false, true] {
            let first = shop.welcomes(&mut ada, &[]).await;
            let second = shop.refreshes(first.refresh_token.as_deref().unwrap()).await.unwrap();
            let shown = if old { &first } else { &second };
            let token = shown.refresh_token.as_deref().unwrap();
            let hinted = [("token", token), ("token_type_hint", "access_token")];
            shop.posts("revocation_endpoint", &hinted).await.is(200);
            assert_eq!(shop.userinfo(&first).await, refused("invalid_token"));
            assert_eq!(shop.userinfo(&second).await, refused("invalid_token"));
            assert_eq!(shop.posts_refresh(second.refresh_token.as_deref().unwrap()).await.error_code(), "invalid_grant");
            shop.revokes(token).await.is(200);
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'refresh_token_reused'").await, 0);
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'grant_revoked'").await, 2);
    }

    /// A-REV-02, RFC 7009 §2.1: an access token is revoked alone, and stays revoked.
    async fn an_access_token_is_revoked_alone(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        for _ in 0..2 {
            shop.revokes(&tokens.access_token).await.is(200);
            assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));
        }
        let refreshed = shop.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
        assert!(shop.userinfo(&refreshed).await.is_ok());
    }

    /// A-REV-02: when it can't be written down, it isn't reported as done.
    async fn what_could_not_be_revoked_is_not_called_revoked(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        provider.database.execute("ALTER TABLE audit_events RENAME TO away").await;
        let refresh_token = tokens.refresh_token.as_deref().unwrap();
        for token in [refresh_token, &tokens.access_token] {
            assert_eq!(shop.revokes(token).await.expect(503).error_code(), "temporarily_unavailable");
        }
        provider.database.execute("ALTER TABLE away RENAME TO audit_events").await;
        assert!(shop.userinfo(&tokens).await.is_ok(), "both or neither");
        for token in [&tokens.access_token, refresh_token] {
            shop.revokes(token).await.is(200);
        }
        assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));
    }

    /// A-REV-03: a public client revokes with its name alone, also from a page in a browser.
    async fn a_public_client_revokes_with_its_name(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let metadata = json!({
            "client_id": "spa", "client_name": "SPA", "redirect_uris": ["https://spa.test/"], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let spa = provider.client(metadata).await;
        let tokens = spa.welcomes(&mut ada, &[]).await;
        let pairs = [("client_id", "spa"), ("token", tokens.refresh_token.as_deref().unwrap())];
        let answer = spa.posts_bare("revocation_endpoint", &pairs, &[("origin", "https://spa.test")]).await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), "https://spa.test");
        assert_eq!(spa.userinfo(&tokens).await, refused("invalid_token"));
    }
}

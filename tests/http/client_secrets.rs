//! Several live secrets for a client: replaced without an outage, or cut off at once.

use std::time::Duration;

use serde_json::json;
use weftid::actions::audit::Origin;
use weftid::actions::client_secrets::{self, NotAdded};
use weftid::base::client_secret::ClientSecret;
use weftid::base::id::{ClientId, ClientSecretId};
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::RelyingParty;

use crate::main_job::ada;
use crate::stored::events;

const DAY: Duration = Duration::from_hours(24);

/// Whether the token endpoint takes this client for the one it names.
async fn is_let_in(client: &RelyingParty) -> bool {
    let answer = client.posts("token_endpoint", &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    match answer.error_code().as_str() {
        "invalid_grant" => true,
        "invalid_client" => false,
        other => panic!("{other}: {answer}"),
    }
}

async fn adds(provider: &Provider, client: &RelyingParty, overlap: Duration) -> RelyingParty {
    adds_known(provider, client, overlap).await.1
}

/// The same with the name of the secret.
async fn adds_known(provider: &Provider, client: &RelyingParty, overlap: Duration) -> (ClientSecretId, RelyingParty) {
    let id = ClientId::from_text(&*client.id);
    let (row, secret) = client_secrets::add(&provider.app, &id, overlap, &Origin::command_line()).await.unwrap();
    (row, client.but(|party| party.secret = Some(secret.expose())))
}

on_both_databases! {
    /// D-SEC-09: a new secret works at once, the old one until the overlap is over; nobody has to be at two places in the same moment.
    async fn a_secret_is_replaced_without_an_outage(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, old) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = old.welcomes(&mut ada, &[]).await;
        let new = adds(&provider, &old, 7 * DAY).await;
        assert_ne!(old.secret, new.secret);
        let refreshed = new.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
        assert!(old.refreshes(refreshed.refresh_token.as_deref().unwrap()).await.is_ok(), "what one was given belongs to the client");
        provider.clock.advance((7 * DAY).saturating_sub(Duration::from_secs(1)));
        assert!(is_let_in(&old).await && is_let_in(&new).await);
        provider.clock.advance(Duration::from_secs(1));
        assert!(!is_let_in(&old).await && is_let_in(&new).await);
        assert_eq!(events(&provider.database, "client_secret_added").await, 1);
        // A later one with a longer overlap gives nobody more time than they had.
        let third = adds(&provider, &new, DAY).await;
        let fourth = adds(&provider, &new, 30 * DAY).await;
        provider.clock.advance(DAY);
        assert!(!is_let_in(&new).await && is_let_in(&third).await && is_let_in(&fourth).await);
    }

    /// D-SEC-09: in an emergency the others are cut off at once, on all nodes, and one alone can be.
    async fn a_leaked_secret_is_cut_off_at_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let leaked = provider.shop("shop").await;
        let also = adds(&provider, &leaked, 7 * DAY).await;
        let (last, new) = adds_known(&provider, &leaked, Duration::ZERO).await;
        assert!(!is_let_in(&leaked).await && !is_let_in(&also).await && is_let_in(&new).await);
        let id = ClientId::from_text("shop");
        let wiki = provider.shop("wiki").await;
        let other = ClientId::from_text("wiki");
        assert!(!client_secrets::revoke(&provider.app, &other, last, &Origin::command_line()).await.unwrap(), "it is another's");
        assert!(is_let_in(&new).await && is_let_in(&wiki).await);
        for works in [true, false] {
            assert_eq!(client_secrets::revoke(&provider.app, &id, last, &Origin::command_line()).await.unwrap(), works);
        }
        assert!(!is_let_in(&new).await, "also the last one");
        assert_eq!((events(&provider.database, "client_secret_added").await, events(&provider.database, "client_secret_revoked").await), (2, 1));
    }

    /// D-SEC-09: a secret that was made on another node is not a wrong one here, and what was cut off there is soon cut off here.
    async fn another_node_hears_of_it(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let other = provider.another_node().await;
        let new = adds(&provider, &shop, Duration::ZERO).await;
        provider.clock.advance(Duration::from_millis(100));
        assert!(is_let_in(&new.at(&other.wire)).await, "before it is refused, the node looks again");
        assert!(!is_let_in(&shop.at(&other.wire)).await);
    }

    /// D-SEC-09: how many there are, and for how long, has an end; a client without secrets gets none.
    async fn secrets_have_bounds(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let metadata = json!({"client_id": "spa", "client_name": "SPA", "redirect_uris": ["https://spa.test/"], "token_endpoint_auth_method": "none"});
        provider.client(metadata).await;
        for _ in 1..client_secrets::MOST {
            adds(&provider, &shop, DAY).await;
        }
        let add = async |id: &str, overlap| client_secrets::add(&provider.app, &ClientId::from_text(id), overlap, &Origin::command_line()).await;
        assert!(matches!(add("shop", DAY).await, Err(NotAdded::TooMany(_))));
        assert!(is_let_in(&shop).await, "a refusal takes nothing away");
        assert!(matches!(add("shop", 91 * DAY).await, Err(NotAdded::TooLong)));
        assert!(matches!(add("spa", DAY).await, Err(NotAdded::WithoutSecrets(..))));
        assert!(matches!(add("nobody", DAY).await, Err(NotAdded::Unknown(_))));
        assert!(add("shop", Duration::ZERO).await.is_ok(), "a cut makes room");
        assert!(!is_let_in(&shop).await);
    }

    /// D-SEC-01, D-SEC-08, A-TOK-12, A-CA-11: recognisable, exact, and at rest neither in the clear nor of any use.
    async fn a_secret_is_recognisable_and_exact(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let assertions = provider.client(json!({"client_id": "jwt", "client_name": "J", "redirect_uris": ["https://jwt.test/"], "token_endpoint_auth_method": "client_secret_jwt"})).await;
        let secret = shop.secret.clone().unwrap();
        assert!(ClientSecret::parse(&secret).is_some());
        for wrong in [&secret[..secret.len() - 1], &format!("{secret}A"), &secret.to_uppercase(), &format!("{secret} "), ""] {
            assert!(!is_let_in(&shop.but(|party| party.secret = Some(wrong.to_owned()))).await, "{wrong}");
        }
        for secret in [&secret, assertions.secret.as_ref().unwrap()] {
            let id = if *secret == shop.secret.clone().unwrap() { "shop" } else { "jwt" };
            let rows = provider.app.view().client(&ClientId::from_text(id)).unwrap().secrets.clone();
            let [row] = rows.as_slice() else { panic!("one secret") };
            assert_eq!((row.digest.is_some(), row.sealed.is_some()), (id == "shop", id == "jwt"), "only the key of assertions is kept to be read");
            let sealed = row.sealed.clone().unwrap_or_default();
            assert!(!sealed.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}

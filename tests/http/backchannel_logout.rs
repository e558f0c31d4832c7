//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): clients on real servers, with TLS, hear that a session has ended; those that
//! are slow, rude or gone delay nobody, and hear of it later.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use josekit::jwk::Jwk;
use josekit::jws::{ES256, PS256, RS256};
use josekit::jwt;
use serde_json::{Value, json};
use url::Url;
use weftid::actions::audit::Origin;
use weftid::actions::backchannel_logout::deliver;
use weftid::actions::client_changes::{self, Condition};
use weftid::actions::clients::{self, NotRegistered};
use weftid::actions::sweeping::sweep_at;
use weftid::actions::users;
use weftid::base::email::Email;
use weftid::base::id::ClientId;
use weftid_tests::database::Kind;
use weftid_tests::on_both_databases;
use weftid_tests::outside::{Heard, Manner, Outside};
use weftid_tests::pair::Pair;
use weftid_tests::person::Person;
use weftid_tests::process::Process;
use weftid_tests::provider::{ISSUER, Provider};
use weftid_tests::relying_party::{RelyingParty, part_of_jwt};
use weftid_tests::tls::Authority;
use weftid_tests::watched::free_port;

use crate::passkeys::signs_in;
use crate::stored::events_because;

const KNOWN: &str = "SELECT count(*) FROM session_clients";
const DAY: Duration = Duration::from_hours(24);

/// What lets a provider ask on this machine.
fn settings(authority: &Path) -> [(&'static str, String); 3] {
    let authority = authority.to_str().unwrap().to_owned();
    [("outbound.ca_file", authority), ("outbound.allowed_networks", "127.0.0.0/8".to_owned()), ("outbound.timeout", "1s".to_owned())]
}

/// A provider, and a server outside where clients listen.
struct Stage {
    provider: Provider,
    outside: Outside,
    _authority: tempfile::NamedTempFile,
}

impl Stage {
    async fn start(kind: Kind) -> Self {
        Self::start_with(kind, &[]).await
    }

    async fn start_with(kind: Kind, more: &[(&str, &str)]) -> Self {
        let authority = Authority::new();
        let file = authority.file();
        let settings = settings(file.path());
        let settings: Vec<(&str, &str)> = settings.iter().map(|(path, value)| (*path, value.as_str())).chain(more.iter().copied()).collect();
        let provider = Provider::start_with(kind, &settings).await;
        let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
        Self { provider, outside, _authority: file }
    }

    /// A client that listens at a path of its own, in this manner.
    async fn client(&self, id: &str, algorithm: &str, manner: Manner) -> RelyingParty {
        self.outside.behaves(&format!("/{id}"), manner);
        let mut party = self.provider.client(metadata(&self.outside, id, algorithm)).await;
        party.algorithm = serde_json::from_value(json!(algorithm)).unwrap();
        party
    }

    async fn delivers(&self) -> usize {
        deliver(&self.provider.app).await.expect("the database works")
    }

    fn heard(&self, id: &str) -> Vec<Heard> {
        self.outside.heard(&format!("/{id}"))
    }

    async fn waiting(&self) -> i64 {
        self.provider.database.count("SELECT count(*) FROM session_clients WHERE next_at IS NOT NULL").await
    }

    /// The public keys, as they are published.
    async fn jwks(&self) -> Value {
        self.provider.wire.get(&self.provider.url("/jwks")).await.expect(200).json()
    }
}

fn metadata(outside: &Outside, id: &str, algorithm: &str) -> Value {
    json!({
        "client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/callback")], "id_token_signed_response_alg": algorithm,
        "post_logout_redirect_uris": [format!("https://{id}.test/bye")], "require_consent": false, "scope": "openid",
        "backchannel_logout_uri": outside.url("localhost", &format!("/{id}")), "backchannel_logout_session_required": true,
    })
}

fn takes() -> Manner {
    Manner::Says(200, "text/plain", String::new())
}

fn token_of(heard: &Heard) -> String {
    assert_eq!((heard.method.as_str(), heard.headers["content-type"].as_str()), ("POST", "application/x-www-form-urlencoded"));
    let token = heard.body.strip_prefix("logout_token=").expect("a logout token and nothing else");
    assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)));
    token.to_owned()
}

/// The claims of a logout token, after its signature was judged by another library.
fn judged(token: &str, algorithm: &str, jwks: &Value) -> Value {
    let header = part_of_jwt(token, 0);
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("logout+jwt"), Some(algorithm)));
    let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).expect("a published key");
    let jwk = Jwk::from_map(key.as_object().unwrap().clone()).unwrap();
    let payload = match algorithm {
        "RS256" => jwt::decode_with_verifier(token, &RS256.verifier_from_jwk(&jwk).unwrap()),
        "PS256" => jwt::decode_with_verifier(token, &PS256.verifier_from_jwk(&jwk).unwrap()),
        _ => jwt::decode_with_verifier(token, &ES256.verifier_from_jwk(&jwk).unwrap()),
    };
    Value::Object(payload.expect("a good signature").0.claims_set().clone())
}

/// `sid` of everything that was heard.
fn sids(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|heard| part_of_jwt(&token_of(heard), 1)["sid"].as_str().unwrap().to_owned()).collect()
}

async fn signs_out(provider: &Provider, person: &mut Person) {
    person.opens(provider.url("/sign-out")).await.shows("sign-out");
    person.presses("sign-out", &[]).await.shows("signed-out");
}

on_both_databases! {
    /// A-BCL-02: whoever comes after a deleted client under its id hears of none of its sessions; the id is not free as long as one is remembered.
    async fn who_comes_after_a_client_hears_of_none_of_its_sessions(kind: Kind) {
        let stage = Stage::start(kind).await;
        let mut ada = stage.provider.admin().await;
        let shop = stage.client("shop", "RS256", takes()).await;
        shop.welcomes(&mut ada, &[]).await;
        assert_eq!(stage.provider.database.count(KNOWN).await, 1);
        let (app, id, origin) = (&stage.provider.app, ClientId::from_text("shop"), Origin::command_line());
        client_changes::delete(app, &id, Condition::default(), &origin).await.expect("it is deleted");
        let again = || serde_json::from_value(metadata(&stage.outside, "shop", "RS256")).expect("client metadata");
        let early = clients::create(app, again(), &origin).await;
        assert!(matches!(early, Err(NotRegistered::NotFreeYet(_))), "{early:?}");
        client_changes::forget(app, &id).await.expect("the database works");
        assert_eq!(stage.provider.database.count(KNOWN).await, 0);
        clients::create(app, again(), &origin).await.expect("the id is free");
        signs_out(&stage.provider, &mut ada).await;
        assert_eq!((stage.delivers().await, stage.heard("shop").len()), (0, 0));
    }

    /// A-BCL-01: the logout token has iss, aud, iat, exp within two minutes, jti, sub, sid, one empty event and no nonce; it says `logout+jwt`, is
    /// signed as the client's ID tokens are, and is no ID token to anybody.
    async fn the_logout_token_is_what_the_specification_says(kind: Kind) {
        let stage = Stage::start(kind).await;
        let mut ada = stage.provider.admin().await;
        let mut jtis = BTreeSet::new();
        for algorithm in ["RS256", "PS256", "ES256"] {
            let id = algorithm.to_lowercase();
            let shop = stage.client(&id, algorithm, takes()).await;
            let tokens = shop.welcomes(&mut ada, &[]).await;
            let sid = part_of_jwt(&tokens.id_token, 1)["sid"].clone();
            assert_eq!(stage.delivers().await, 0, "nobody hears anything while the session lives");
            signs_out(&stage.provider, &mut ada).await;
            // It is made when it is sent.
            stage.provider.clock.advance(Duration::from_mins(3));
            assert_eq!((stage.delivers().await, stage.delivers().await), (1, 0));
            let heard = stage.heard(&id);
            assert_eq!(heard.len(), 1);
            let token = token_of(&heard[0]);
            let mut claims = judged(&token, algorithm, &stage.jwks().await);
            let now = stage.provider.clock.now().seconds();
            let jti = claims["jti"].take();
            assert!(jti.as_str().is_some_and(|jti| jti.len() >= 22) && jtis.insert(jti.to_string()));
            assert_eq!(claims, json!({
                "iss": "https://id.example", "aud": id, "sub": tokens.claims["sub"], "sid": sid, "iat": now, "exp": now + 120, "jti": null,
                "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            }));
            ada = signs_in(&stage.provider, &ada).await;
            ada.opens(shop.logout_url(Some(&token), &[])).await.page(400);
            shop.asks_userinfo(&token).await.is(401);
        }
        assert_eq!(stage.provider.database.count(KNOWN).await, 0, "who has heard is forgotten");
    }

    /// A-BCL-02: those hear of it that took part in that session and want to hear, once each; others learn nothing.
    async fn only_who_took_part_hears_of_it(kind: Kind) {
        let stage = Stage::start(kind).await;
        let mut ada = stage.provider.admin().await;
        let mut phone = signs_in(&stage.provider, &ada).await;
        let mut bob = stage.provider.person("bob@id.example", "Bob").await;
        let (shop, wiki, mail) =
            (stage.client("shop", "RS256", takes()).await, stage.client("wiki", "ES256", takes()).await, stage.client("mail", "ES256", takes()).await);
        let deaf = stage.provider.shop("deaf").await;
        let first = shop.welcomes(&mut ada, &[]).await;
        shop.welcomes(&mut ada, &[]).await;
        deaf.welcomes(&mut ada, &[]).await;
        wiki.welcomes(&mut phone, &[]).await;
        mail.welcomes(&mut bob, &[]).await;
        assert_eq!(stage.provider.database.count(KNOWN).await, 3, "one row for each that wants to hear");
        // The client that asks for it hears of it too.
        ada.opens(shop.logout_url(Some(&first.id_token), &[])).await.shows("signed-out");
        assert_eq!(stage.delivers().await, 1);
        assert_eq!(sids(&stage.heard("shop")), [part_of_jwt(&first.id_token, 1)["sid"].as_str().unwrap()]);
        assert!(stage.heard("wiki").is_empty() && stage.heard("mail").is_empty());
        // Whoever was shut out, or does not want to hear any more, hears nothing.
        signs_out(&stage.provider, &mut phone).await;
        stage.provider.database.execute("UPDATE clients SET disabled_at = 1, version = version + 1000 WHERE id = 'wiki'").await;
        stage.provider.database.execute("UPDATE horizon SET settings_version = settings_version + 1000").await;
        stage.provider.app.look().await.unwrap();
        assert_eq!((stage.delivers().await, stage.heard("wiki").len(), stage.waiting().await), (1, 0, 0));
    }

    /// A-BCL-03, C-SES-06: whatever ends a session, its clients hear of it.
    async fn every_end_of_a_session_is_told(kind: Kind) {
        let ways = ["signed out", "ended by owner", "all others", "not used", "too old", "too many", "passkey revoked", "not me", "deactivated"];
        for way in ways {
            let limits: &[_] = match way {
                "too old" => &[("sessions.absolute", "15min"), ("sessions.idle", "15min")],
                "too many" => &[("sessions.most_per_user", "2")],
                _ => &[],
            };
            let stage = Stage::start_with(kind, limits).await;
            let provider = &stage.provider;
            let mut ada = provider.admin().await;
            let shop = stage.client("shop", "ES256", takes()).await;
            let mut other = signs_in(provider, &ada).await;
            let sid = part_of_jwt(&shop.welcomes(&mut other, &[]).await.id_token, 1)["sid"].as_str().unwrap().to_owned();
            provider.clock.advance(Duration::from_secs(1));
            assert_eq!(stage.waiting().await, 0);
            match way {
                "signed out" => signs_out(provider, &mut other).await,
                "ended by owner" => {
                    let page = ada.opens(provider.url("/account/sessions")).await.shows("sessions");
                    let form = page.forms().into_iter().find(|form| form.action.contains(&sid)).expect("a form for it");
                    ada.submit(&form, &[], None).await.shows("sessions");
                }
                "all others" => {
                    ada.opens(provider.url("/account/sessions")).await.shows("sessions");
                    ada.presses("end-others", &[]).await.shows("sessions");
                }
                "not used" | "too old" => {
                    provider.clock.advance(if way == "too old" { Duration::from_mins(15) } else { Duration::from_hours(12) });
                    assert_eq!(stage.waiting().await, 0);
                    sweep_at(&provider.app, provider.clock.now()).await.unwrap();
                    let why = format!("SELECT count(*) FROM audit_events WHERE kind = 'session_ended' AND detail LIKE '%{}%'", way.replace(' ', "_"));
                    assert_eq!(provider.database.count(&why).await, 2);
                }
                "too many" => {
                    for _ in 0..2 {
                        signs_in(provider, &ada).await;
                        provider.clock.advance(Duration::from_secs(1));
                    }
                }
                "passkey revoked" => {
                    let page = ada.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
                    let link = page.action("revoke").and_then(|link| link.attribute("href").map(str::to_owned)).expect("a link");
                    ada.opens(provider.url(&link)).await.shows("revoke-passkey");
                    ada.presses("revoke", &[("last_passkey", "yes")]).await.shows("sign-in-methods");
                }
                "not me" => {
                    let link = provider.mail("New backup codes").await.link("/not-me/");
                    let mut owner = provider.stranger();
                    owner.opens(&link).await.shows("not-me");
                    owner.presses("report", &[]).await.shows("not-me-done");
                }
                _ => assert!(users::deactivate(&provider.app, &Email::parse("ada@id.example").unwrap(), &Origin::command_line()).await.unwrap()),
            }
            assert_eq!((stage.waiting().await, stage.delivers().await), (1, 1), "{way}");
            assert_eq!(sids(&stage.heard("shop")), [sid], "{way}");
        }
    }

    /// A-BCL-02, E-LOAD-11: whoever signs out is answered at once, and a client that listens hears at once, whatever the others do; a redirect is
    /// not followed, a client that refuses is not asked again, all others are until they listen or a day has passed.
    async fn who_is_slow_or_gone_delays_nobody(kind: Kind) {
        let stage = Stage::start(kind).await;
        let mut ada = stage.provider.admin().await;
        let elsewhere = Url::parse(&stage.outside.url("localhost", "/elsewhere")).unwrap();
        let manners = [
            ("hangs", Manner::Hangs),
            ("resets", Manner::Resets),
            ("fails", Manner::Says(500, "text/plain", String::new())),
            ("sends-away", Manner::SendsTo(elsewhere)),
            ("pours", Manner::Pours),
            ("refuses", Manner::Says(400, "application/json", json!({"error": "invalid_request"}).to_string())),
            ("listens", Manner::Says(204, "text/plain", String::new())),
        ];
        for (id, manner) in &manners {
            stage.client(id, "ES256", manner.clone()).await.welcomes(&mut ada, &[]).await;
        }
        let mut metadata = metadata(&stage.outside, "gone", "ES256");
        metadata["backchannel_logout_uri"] = json!("https://localhost:9/gone");
        let mut gone = stage.provider.client(metadata).await;
        gone.algorithm = serde_json::from_value(json!("ES256")).unwrap();
        gone.welcomes(&mut ada, &[]).await;

        let began = Instant::now();
        signs_out(&stage.provider, &mut ada).await;
        assert!(began.elapsed() < Duration::from_secs(1), "signing out took {:?}", began.elapsed());
        let began = Instant::now();
        let listens = async {
            stage.outside.hears("/listens", 1).await;
            assert!(began.elapsed() < Duration::from_millis(900), "it heard after {:?}", began.elapsed());
        };
        let (told, ()) = futures_util::future::join(stage.delivers(), listens).await;
        assert_eq!((told, began.elapsed() < Duration::from_secs(3)), (8, true));
        // An endless answer is as good as its status, and is not read.
        assert_eq!((stage.waiting().await, events_because(&stage.provider.database, "backchannel_logout_given_up", "refused").await), (5, 1));
        assert_eq!((stage.delivers().await, stage.heard("fails").len()), (0, 1), "not at once again");

        stage.outside.behaves("/fails", takes());
        stage.provider.clock.advance(Duration::from_secs(10));
        assert_eq!((stage.delivers().await, stage.heard("fails").len(), stage.waiting().await), (5, 2, 4));
        let jtis: BTreeSet<String> = stage.heard("fails").iter().map(|heard| part_of_jwt(&token_of(heard), 1)["jti"].to_string()).collect();
        assert_eq!(jtis.len(), 2, "each try has a token of its own");
        stage.provider.clock.advance(DAY);
        assert_eq!((stage.delivers().await, stage.waiting().await), (4, 0));
        assert_eq!(events_because(&stage.provider.database, "backchannel_logout_given_up", "too_often").await, 4);
        assert_eq!((stage.heard("refuses").len(), stage.heard("listens").len(), stage.heard("elsewhere").len()), (1, 1, 0));
        let mut ada = signs_in(&stage.provider, &ada).await;
        let page = ada.opens(stage.provider.url("/account/activity")).await.shows("activity");
        assert!(page.text().contains("hangs could not be told that a session had ended"), "{}", page.text());
    }

    /// A-BCL-02: many ends at once: few at a time for one client, and when it does not listen the rest waits without being tried.
    async fn a_client_is_not_flooded(kind: Kind) {
        let stage = Stage::start(kind).await;
        let ada = stage.provider.admin().await;
        let (slow, quick) = (stage.client("slow", "ES256", Manner::Hangs).await, stage.client("quick", "ES256", takes()).await);
        let mut at_the_desk = signs_in(&stage.provider, &ada).await;
        for _ in 0..20 {
            let mut browser = signs_in(&stage.provider, &ada).await;
            slow.welcomes(&mut browser, &[]).await;
            quick.welcomes(&mut browser, &[]).await;
        }
        at_the_desk.opens(stage.provider.url("/account/sessions")).await.shows("sessions");
        at_the_desk.presses("end-others", &[]).await.shows("sessions");
        assert_eq!(stage.waiting().await, 40);
        let began = Instant::now();
        stage.delivers().await;
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        assert_eq!((stage.heard("quick").len(), stage.waiting().await), (20, 20));
        assert!(stage.heard("slow").len() <= 4, "{}", stage.heard("slow").len());
        stage.outside.behaves("/slow", takes());
        stage.provider.clock.advance(Duration::from_mins(1));
        stage.delivers().await;
        let heard = stage.heard("slow");
        assert_eq!((sids(&heard).into_iter().collect::<BTreeSet<_>>().len(), stage.waiting().await), (20, 0));
    }
}

/// A-BCL-02, E-CRASH-01: two real processes tell each end once; when one is killed in the middle of it, the other tells what it was about to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_tell_once_and_a_kill_loses_nothing() {
    let authority = Authority::new();
    let file = authority.file();
    let settings = settings(file.path());
    let settings: Vec<(&str, &str)> = settings.iter().map(|(path, value)| (*path, value.as_str())).collect();
    let mut pair = Pair::start_with(&settings).await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
    outside.behaves("/shop", takes());
    let shop = pair.provider.client(metadata(&outside, "shop", "RS256")).await;
    let ada = pair.provider.admin().await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut people = vec![signs_in(&pair.provider, &ada).await; 30];
    for (number, person) in people.iter_mut().enumerate() {
        *person = signs_in(&pair.provider, &ada).await;
        if number % 2 == 1 {
            *person = pair.there(person);
        }
        shop.welcomes(person, &[]).await;
    }
    let mut desk = people.remove(0);
    desk.opens(pair.provider.url("/account/sessions")).await.shows("sessions");
    desk.presses("end-others", &[]).await.shows("sessions");
    outside.hears("/shop", 29).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let heard = sids(&outside.heard("/shop"));
    assert_eq!((heard.len(), heard.iter().collect::<BTreeSet<_>>().len()), (29, 29), "each once");

    // The last one is being told when the only process is killed; another one tells it.
    pair.other.is_killed().await;
    outside.behaves("/shop", Manner::Hangs);
    signs_out(&pair.provider, &mut desk).await;
    outside.hears("/shop", 30).await;
    pair.one.is_killed().await;
    outside.behaves("/shop", takes());
    let settings: Vec<(&str, &str)> = settings.into_iter().chain([("issuer", ISSUER)]).collect();
    let _restarted = Process::serve_at(&pair.provider.database, free_port(), &settings).await;
    let heard = sids(&outside.hears("/shop", 31).await);
    assert_eq!(heard[29], heard[30]);
    for _ in 0..100 {
        if pair.provider.database.count(KNOWN).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("what was heard is still to be told");
}

//! Refreshing (RFC 6749 §6, RFC 9700 §4.14): rotation, reuse, ends, and what a refresh rests on.

use std::time::Duration;

use weftid::actions::audit::Origin;
use weftid::actions::{clients, users};
use weftid::base::email::Email;
use weftid::base::id::ClientId;
use weftid_tests::database::Kind;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;

use crate::main_job::{ada, refused};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// Without forgiveness for answers that got lost.
async fn strict(kind: Kind) -> Provider {
    Provider::start_with(kind, &[("lifetimes.refresh_race_window", "0s")]).await
}

#[track_caller]
fn is_dead(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "invalid_grant"), "{answer}");
}

on_both_databases! {
    /// A-RT-01: each refresh gives another refresh token, and the one before is dead.
    async fn each_refresh_replaces_the_token(kind: Kind) {
        let provider = strict(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let first = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
        let second = shop.refreshes(&first).await.unwrap().refresh_token.unwrap();
        assert_ne!(first, second);
        is_dead(&shop.posts_refresh(&first).await);
    }

    /// A-RT-02: an old token that comes again ends the whole family, access tokens included, and no other family.
    async fn an_old_token_ends_its_family(kind: Kind) {
        let provider = strict(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let first = shop.welcomes(&mut ada, &[]).await;
        let other = shop.welcomes(&mut ada, &[]).await;
        let second = shop.refreshes(first.refresh_token.as_deref().unwrap()).await.unwrap();
        let third = shop.refreshes(second.refresh_token.as_deref().unwrap()).await.unwrap();
        is_dead(&shop.posts_refresh(first.refresh_token.as_deref().unwrap()).await);
        is_dead(&shop.posts_refresh(third.refresh_token.as_deref().unwrap()).await);
        for tokens in [&first, &second, &third] {
            assert_eq!(shop.userinfo(tokens).await, refused("invalid_token"));
        }
        assert!(shop.userinfo(&other).await.is_ok());
        shop.refreshes(other.refresh_token.as_deref().unwrap()).await.unwrap();
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'refresh_token_reused'").await, 1);
    }

    /// A-RT-03: who isn't the client, or asks for too much, raises no alarm with an old token.
    async fn only_a_valid_reuse_raises_the_alarm(kind: Kind) {
        let provider = strict(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let first = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
        is_dead(&wiki.posts_refresh(&first).await);
        let second = shop.refreshes(&first).await.unwrap().refresh_token.unwrap();
        is_dead(&wiki.posts_refresh(&first).await);
        let impostor = shop.but(|party| party.secret = Some("wrong".to_owned()));
        impostor.posts_refresh(&first).await.is(401);
        let too_much = [("grant_type", "refresh_token"), ("refresh_token", first.as_str()), ("scope", "openid email")];
        assert_eq!(shop.posts("token_endpoint", &too_much).await.expect(400).error_code(), "invalid_scope");
        shop.refreshes(&second).await.unwrap();
    }

    /// A-RT-04: a token that rests too long is over, and refreshing never moves the absolute end.
    async fn refreshing_ends_some_day(kind: Kind) {
        let provider = Provider::start_with(kind, &[("lifetimes.refresh_idle", "10d"), ("lifetimes.refresh_absolute", "30d")]).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let rests = shop.welcomes(&mut ada, &["offline_access"]).await;
        let mut works = shop.welcomes(&mut ada, &["offline_access"]).await;
        for day in 1..30 {
            provider.clock.advance(DAY);
            works = shop.refreshes(works.refresh_token.as_deref().unwrap()).await.unwrap_or_else(|refusal| panic!("day {day}: {refusal}"));
            if day == 11 {
                is_dead(&shop.posts_refresh(rests.refresh_token.as_deref().unwrap()).await);
            }
        }
        provider.clock.advance(Duration::from_secs(86_395));
        works = shop.refreshes(works.refresh_token.as_deref().unwrap()).await.unwrap();
        assert_eq!(works.expires_in, Some(5), "nothing outlives its grant");
        provider.clock.advance(5 * SECOND);
        is_dead(&shop.posts_refresh(works.refresh_token.as_deref().unwrap()).await);
        assert_eq!(shop.userinfo(&works).await, refused("invalid_token"));
    }

    /// A-RT-05, C-THR-07, E-RACE-09: a refresh asks each time whether client, person, consent, session and house are still what they were.
    async fn a_refresh_dies_with_what_it_rests_on(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let nobody = Origin::command_line();
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let refresh_token = tokens.refresh_token.clone().unwrap();
        clients::set_enabled(&provider.app, &ClientId::from_text("shop"), false, &nobody).await.unwrap();
        shop.posts_refresh(&refresh_token).await.is(401);
        assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"), "a client that is shut out reads nothing");
        clients::set_enabled(&provider.app, &ClientId::from_text("shop"), true, &nobody).await.unwrap();
        assert!(shop.userinfo(&tokens).await.is_ok());

        let tokens = shop.welcomes(&mut ada, &[]).await;
        provider.database.execute("DELETE FROM consents").await;
        is_dead(&shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await);
        assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));

        let tokens = shop.welcomes(&mut ada, &[]).await;
        provider.database.execute("UPDATE users SET security_epoch = security_epoch + 1").await;
        is_dead(&shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await);
        assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));

        let tokens = shop.welcomes(&mut ada, &[]).await;
        ada.opens(provider.url("/sign-out")).await.shows("sign-out");
        ada.presses("sign-out", &[]).await.shows("signed-out");
        is_dead(&shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await);
        assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));

        let tokens = shop.welcomes(&mut ada, &["offline_access"]).await;
        users::deactivate(&provider.app, &Email::parse("ada@shop.test").unwrap(), &nobody).await.unwrap();
        is_dead(&shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await);
        assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));
    }

    /// A-RT-06: a scope may be less than was granted and never more; the grant stays what it is.
    async fn a_scope_is_narrowed_for_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut token = shop.welcomes(&mut ada, &["email"]).await.refresh_token.unwrap();
        for (scope, given) in [("openid", Some("openid")), ("openid email profile", None), ("openid email", Some("openid email")), ("email", Some("email"))] {
            let answer = shop.posts("token_endpoint", &[("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", scope)]).await;
            let Some(given) = given else {
                assert_eq!(answer.expect(400).error_code(), "invalid_scope");
                continue;
            };
            let tokens = answer.expect(200).json();
            assert_eq!(tokens["scope"], given);
            assert_eq!(tokens.get("id_token").is_some(), given.contains("openid"));
            let userinfo = shop.asks_userinfo(tokens["access_token"].as_str().unwrap()).await;
            if given.contains("openid") {
                assert_eq!(userinfo.expect(200).json().get("email").is_some(), given.contains("email"));
            } else {
                userinfo.is(403);
            }
            tokens["refresh_token"].as_str().unwrap().clone_into(&mut token);
        }
    }

    /// A-RT-07: two refreshes in the same moment are still one after the other.
    async fn refreshes_in_the_same_moment_are_ordered(kind: Kind) {
        for window in ["0s", "5s"] {
            let provider = Provider::start_with(kind, &[("lifetimes.refresh_race_window", window)]).await;
            let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
            let first = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
            let second = shop.refreshes(&first).await.unwrap().refresh_token.unwrap();
            let third = shop.refreshes(&second).await.unwrap().refresh_token.unwrap();
            // The successor of the first was used, whatever the window.
            is_dead(&shop.posts_refresh(&first).await);
            is_dead(&shop.posts_refresh(&third).await);
        }
    }

    /// A-RT-08: within the window a lost answer is given again: the same successor, to the same client; afterwards it is reuse.
    async fn a_lost_answer_is_given_again(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let first = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
        let second = shop.refreshes(&first).await.unwrap().refresh_token.unwrap();
        provider.clock.advance(Duration::from_millis(4_900));
        is_dead(&wiki.posts_refresh(&first).await);
        assert_eq!(shop.refreshes(&first).await.unwrap().refresh_token.unwrap(), second);
        provider.clock.advance(Duration::from_millis(101));
        is_dead(&shop.posts_refresh(&first).await);
        is_dead(&shop.posts_refresh(&second).await);
    }

    /// E-RACE-02: of many who refresh with one token at once, all who succeed get the same successor, and one lineage lives.
    async fn many_refreshes_at_once_have_one_successor(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut token = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
        for _ in 0..3 {
            let answers = futures_util::future::join_all((0..50).map(|_| shop.posts_refresh(&token))).await;
            let given: Vec<String> = answers.iter().map(|answer| answer.clone().expect(200).json()["refresh_token"].as_str().unwrap().to_owned()).collect();
            assert!(given.iter().all(|successor| *successor == given[0]));
            assert_eq!(provider.database.count("SELECT count(*) FROM grants WHERE revoked_at IS NULL").await, 1);
            provider.clock.advance(10 * SECOND);
            token.clone_from(&given[0]);
        }
        shop.refreshes(&token).await.unwrap();
    }

    /// E-RACE-02: without a window, one of many succeeds, and the others are an alarm: no lineage lives.
    async fn many_refreshes_at_once_without_a_window_leave_nothing(kind: Kind) {
        let provider = strict(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for _ in 0..2 {
            let token = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
            let answers = futures_util::future::join_all((0..50).map(|_| shop.posts_refresh(&token))).await;
            let given: Vec<_> = answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
            assert_eq!(given.len(), 1);
            is_dead(&shop.posts_refresh(given[0]["refresh_token"].as_str().unwrap()).await);
            assert_eq!(shop.asks_userinfo(given[0]["access_token"].as_str().unwrap()).await.status, 401);
        }
    }

    /// C-THR-07, E-RACE-09: while a person or a client is shut out, grants are refreshed; nothing that was given meanwhile works afterwards.
    async fn nothing_is_given_after_somebody_was_shut_out(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let (address, id, nobody) = (Email::parse("ada@shop.test").unwrap(), ClientId::from_text("shop"), Origin::command_line());
        for round in 0..6 {
            let refresh_token = shop.welcomes(&mut ada, &["offline_access"]).await.refresh_token.unwrap();
            let shuts_out = async {
                if round % 2 == 0 {
                    users::deactivate(&provider.app, &address, &nobody).await.unwrap();
                } else {
                    clients::set_enabled(&provider.app, &id, false, &nobody).await.unwrap();
                }
            };
            let (answer, ()) = tokio::join!(shop.posts_refresh(&refresh_token), shuts_out);
            if answer.status == 200 {
                assert_eq!(shop.asks_userinfo(answer.json()["access_token"].as_str().unwrap()).await.status, 401);
                assert!(matches!(shop.posts_refresh(answer.json()["refresh_token"].as_str().unwrap()).await.status.as_u16(), 400 | 401));
            } else {
                assert!(matches!(answer.error_code().as_str(), "invalid_grant" | "invalid_client"), "{answer}");
            }
            users::activate(&provider.app, &address, &nobody).await.unwrap();
            clients::set_enabled(&provider.app, &id, true, &nobody).await.unwrap();
        }
    }

    /// E-RACE-11: a family that is ended while it refreshes leaves no survivor.
    async fn a_family_that_ends_while_it_refreshes_leaves_no_survivor(kind: Kind) {
        let provider = strict(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for _ in 0..5 {
            let first = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
            let second = shop.refreshes(&first).await.unwrap().refresh_token.unwrap();
            let third = shop.refreshes(&second).await.unwrap().refresh_token.unwrap();
            let (replay, newest) = tokio::join!(shop.posts_refresh(&first), shop.posts_refresh(&third));
            is_dead(&replay);
            if newest.status == 200 {
                is_dead(&shop.posts_refresh(newest.json()["refresh_token"].as_str().unwrap()).await);
                assert_eq!(shop.asks_userinfo(newest.json()["access_token"].as_str().unwrap()).await.status, 401);
            } else {
                is_dead(&newest);
            }
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM grants WHERE revoked_at IS NULL").await, 0);
    }
}

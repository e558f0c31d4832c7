//! A password that is too short to stand alone never does, and one that a passkey takes the place of opens nothing, however the changes meet.

use std::time::Duration;

use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::passwords::{ADA, SECRET, at_the_password, half_done, types, types_code};
use crate::stored::{events, events_because};
use crate::totp::enrols;

const OFF: &str = "/account/totp/disable";
const PLACE: &str = "/account/password";
const SESSIONS: &str = "SELECT count(*) FROM sessions WHERE ended_at IS NULL";
/// Passwords that would be asked alone and are too short for it.
const ALONE: &str = "SELECT count(*) FROM passwords p WHERE NOT p.stands_alone AND NOT EXISTS (SELECT 1 FROM totps t WHERE t.user_id = p.user_id)";

/// Characters that nobody guesses.
fn of(length: usize) -> String {
    (0..length).map(|place| char::from_u32(0x4e00 + u32::try_from(place * 7919 % 20_000).unwrap()).unwrap()).collect()
}

/// Ada with a passkey that she has just used, a password and an authenticator app.
async fn ada(provider: &Provider, password: &str) -> Person {
    let ada = provider.admin().await;
    provider.gives_password(ADA, password).await;
    provider.gives_authenticator_app(ADA).await;
    ada
}

async fn sets(person: &mut Person, provider: &Provider, password: &str) {
    person.opens(provider.url(PLACE)).await.shows("own-password");
    person.presses("set-password", &[("new_password", password)]).await.shows("sign-in-methods");
}

on_both_databases! {
    /// C-PW-01: 12 to 14 characters are enough beside an authenticator app; then the app stays until a longer one is chosen, also on a page that was
    /// opened before.
    async fn the_app_stays_while_the_password_needs_it(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        sets(&mut ada, &provider, SECRET).await;
        enrols(&provider, &mut ada).await;
        let mut before = ada.clone();
        assert!(before.opens(provider.url(OFF)).await.shows("disable-totp").action("disable").is_some());
        for length in [12, 14] {
            sets(&mut ada, &provider, &of(length)).await;
            let page = before.clone().presses("disable", &[]).await.page(409);
            assert!(page.text().contains("Your password is too short to be alone"), "{}", page.text());
            let page = ada.opens(provider.url(OFF)).await.shows("disable-totp");
            assert!(page.text().contains("Choose one with at least 15 characters first") && page.action("disable").is_none(), "{}", page.text());
        }
        assert_eq!((provider.database.count("SELECT count(*) FROM totps").await, events(&provider.database, "totp_removed").await), (1, 0));
        ada.presses("change-password", &[]).await.shows("own-password");
        ada.presses("set-password", &[("new_password", &of(15))]).await.shows("sign-in-methods");
        before.presses("disable", &[]).await.shows("sign-in-methods");
        assert_eq!((provider.database.count("SELECT count(*) FROM totps").await, events(&provider.database, "totp_removed").await), (0, 1));
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, &of(15)).await.shows("dashboard");
    }

    /// C-PW-01: a shorter password that is set in the moment in which the app is switched off is never left alone.
    async fn a_short_password_and_no_app_never_meet(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = ada(&provider, SECRET).await;
        let mut outcomes = [0, 0];
        for _ in 0..20 {
            provider.gives_password(ADA, SECRET).await;
            provider.gives_authenticator_app(ADA).await;
            let (mut setting, mut switching) = (ada.clone(), ada.clone());
            setting.opens(provider.url(PLACE)).await.shows("own-password");
            switching.opens(provider.url(OFF)).await.shows("disable-totp");
            let fields = [("new_password", of(12)), ("others_stay", "yes".to_owned())];
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            let (set, off) = tokio::join!(setting.presses("set-password", &fields), switching.presses("disable", &[("others_stay", "yes")]));
            let status = [set.hops[0].status.as_u16(), off.hops[0].status.as_u16()];
            assert!([[303, 409], [400, 303]].contains(&status), "{status:?}");
            outcomes[usize::from(status[0] == 303)] += 1;
            assert_eq!(provider.database.count(ALONE).await, 0);
        }
        assert_eq!(outcomes.iter().sum::<i32>(), 20);
    }

    /// C-PW-01, C-TOTP-06, B-LC-02: where the app is frozen, because its owner said that somebody else added it, a password that needs it opens
    /// nothing, and is not counted as a way in that remains.
    async fn a_short_password_alone_is_no_way_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider, &of(12)).await;
        ada.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
        let page = ada.presses("revoke", &[]).await.shows("revoke-passkey");
        assert!(page.text().contains("Your password and your authenticator app") && page.with("name", "last_passkey").count() == 0, "{}", page.text());
        provider.database.execute("UPDATE totps SET frozen_at = 1").await;
        let refused = ada.clone().presses("revoke", &[]).await.page(409);
        assert!(refused.text().contains("This is your last passkey"), "{}", refused.text());
        ada.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
        let page = ada.presses("revoke", &[]).await.shows("revoke-passkey");
        assert!(page.with("name", "last_passkey").count() == 1, "{}", page.text());

        let sessions = provider.database.count(SESSIONS).await;
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, &of(12)).await.page(401);
        assert_eq!(events_because(&provider.database, "password_refused", "password_too_short_alone").await, 1);
        assert_eq!((provider.database.count(SESSIONS).await, there.jar.get("session").is_none()), (sessions, true));
        provider.database.execute("UPDATE totps SET frozen_at = NULL").await;
        provider.clock.advance(Duration::from_hours(1));
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, &of(12)).await.shows("second-step");
    }

    /// C-PW-01: of a password that came as a hash nobody knows its length; it is learnt when it is typed, and what is typed decides.
    async fn what_was_imported_is_learnt_when_it_is_typed(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider, SECRET).await;
        let known = "SELECT count(*) FROM passwords WHERE stands_alone";
        provider.database.execute("UPDATE passwords SET stands_alone = FALSE").await;
        let page = ada.opens(provider.url(OFF)).await.shows("disable-totp");
        assert!(page.action("disable").is_none(), "as long as nobody knows it is too short");
        half_done(&provider, ADA).await;
        assert_eq!(provider.database.count(known).await, 1);
        provider.gives_password(ADA, &of(14)).await;
        provider.database.execute("UPDATE passwords SET stands_alone = TRUE").await;
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, &of(14)).await.shows("second-step");
        assert_eq!(provider.database.count(known).await, 0);
        provider.database.execute("DELETE FROM totps").await;
        provider.database.execute("UPDATE passwords SET stands_alone = TRUE").await;
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, &of(14)).await.page(401);
    }

    /// B-LC-03: with `without_passkey`, a passkey that comes between the password and the code is to be used: the code opens nothing, and is not
    /// used up.
    async fn a_passkey_that_comes_before_the_code_is_to_be_used(kind: Kind) {
        let provider = Provider::start_with(kind, &[("sign_in.passwords", "without_passkey")]).await;
        provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let app = provider.gives_authenticator_app(ADA).await;
        // Frozen, it signs nobody in; thawed, it has come.
        provider.database.execute("UPDATE passkeys SET frozen_at = 1").await;
        let mut there = half_done(&provider, ADA).await;
        let mut other = there.clone();
        provider.database.execute("UPDATE passkeys SET frozen_at = NULL").await;
        let sessions = provider.database.count(SESSIONS).await;
        let arrival = there.presses("continue", &[("code", &app.code(&provider.clock))]).await;
        assert_eq!(arrival.hops[0].status, 410, "{}", arrival.answer());
        assert_eq!(events_because(&provider.database, "second_step_refused", "password_not_allowed").await, 1);
        assert_eq!((provider.database.count(SESSIONS).await, there.jar.get("session").is_none()), (sessions, true));
        provider.database.execute("UPDATE passkeys SET frozen_at = 1").await;
        types_code(&mut other, &app.code(&provider.clock)).await.shows("dashboard");
    }

    /// B-LC-03: and one that comes while the password is being compared, which takes its time, is found inside the write that would open the session.
    async fn a_passkey_that_comes_during_the_hash_is_to_be_used(kind: Kind) {
        let slow = [("sign_in.passwords", "without_passkey"), ("passwords.iterations", "20"), ("passwords.memory_kib", "65536")];
        let provider = Provider::start_with(kind, &slow).await;
        provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        provider.database.execute("UPDATE passkeys SET frozen_at = 1").await;
        let sessions = provider.database.count(SESSIONS).await;
        let mut there = at_the_password(&provider, ADA).await;
        let hashes = provider.app.passwords().computed();
        let (arrival, ()) = tokio::join!(types(&mut there, SECRET), async {
            // The person is read before the hash begins, and the session is opened after it has ended.
            while provider.app.passwords().computed() == hashes {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            provider.database.execute("UPDATE passkeys SET frozen_at = NULL").await;
        });
        arrival.page(401);
        assert_eq!(events_because(&provider.database, "password_refused", "password_not_allowed").await, 1);
        assert_eq!(provider.database.count(SESSIONS).await, sessions);
    }
}

//! The audit log tells of every sign-in and every refusal: who, what, when, from where, with what result, by which factor.

use weftid_tests::authenticator::Lie;
use weftid_tests::database::Kind;
use weftid_tests::log::{Log, captured};
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page, signs_in};
use crate::passwords::{ADA, SECRET, at_the_password, half_done, types, types_code};

/// How many events of this kind say when, in which request, from which network and device, and this.
async fn complete(provider: &Provider, kind: &str, and: &str) -> i64 {
    let now = provider.clock.now().millis();
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE kind = '{kind}' AND at = {now} AND length(request_id) = 12
         AND detail LIKE '%\"network\":\"127.0.0.1\"%' AND detail LIKE '%\"device\":\"Chrome on Linux\"%' AND {and}"
    );
    provider.database.count(&sql).await
}

const BY_THEM: &str = "user_id IS NOT NULL AND actor LIKE 'user:%'";
const BY_NOBODY: &str = "actor = 'nobody'";

on_both_databases! {
    /// C-LOG-01: sign-ins by passkey, password, authenticator app and backup code, and every way in which they fail, each in one complete event.
    async fn every_sign_in_and_refusal_is_an_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.stranger();
        let link = provider.setup_link().await;
        ada.opens(&link).await.shows("setup");
        let place = url::Url::parse(&link).unwrap().path().to_owned();
        let about = serde_json::json!({"name": "Ada", "email": ADA});
        let finished = ada.registers_passkey(&format!("{place}/passkey/begin"), &format!("{place}/passkey/finish"), &about).await;
        let page = ada.follows(finished).await.shows("backup-codes");
        let codes: Vec<String> = page.all("code").map(|code| page.text_of(code)).filter(|text| text.len() == 31).collect();
        ada.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        for event in ["passkey_registered", "session_started", "backup_codes_made", "backup_codes_acknowledged"] {
            assert_eq!(complete(&provider, event, BY_THEM).await, 1, "{event}");
        }
        let passkey = |rest: &str| format!("{rest} AND detail LIKE '%\"passkey\":\"%'");

        signs_in(&provider, &ada).await;
        assert_eq!(complete(&provider, "signed_in", &passkey(&format!("session_id IS NOT NULL AND {BY_THEM}"))).await, 1);
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        person.signs_in_with_passkey_lying(BEGIN, FINISH, &serde_json::json!({}), &[Lie::BrokenSignature]).await.is(401);
        assert_eq!(complete(&provider, "sign_in_failed", &format!("{BY_NOBODY} AND user_id IS NOT NULL AND detail LIKE '%\"reason\":\"%'")).await, 1);

        provider.gives_password(ADA, SECRET).await;
        let app = provider.gives_authenticator_app(ADA).await;
        let refused = format!("{BY_NOBODY} AND detail LIKE '%\"reason\":\"%'");
        types(&mut at_the_password(&provider, ADA).await, "wrong").await.page(401);
        assert_eq!(complete(&provider, "password_refused", &format!("{refused} AND user_id IS NOT NULL")).await, 1);
        types(&mut at_the_password(&provider, "nobody@id.example").await, "wrong").await.page(401);
        assert_eq!(complete(&provider, "password_refused", &format!("{refused} AND user_id IS NULL")).await, 1);

        let mut half = half_done(&provider, ADA).await;
        assert_eq!(complete(&provider, "password_accepted", BY_THEM).await, 1);
        types_code(&mut half, "000000").await.page(401);
        assert_eq!(complete(&provider, "second_step_refused", &format!("{refused} AND user_id IS NOT NULL")).await, 1);
        types_code(&mut half, &app.code(&provider.clock)).await.shows("dashboard");
        let with = |factor: &str| format!("{BY_THEM} AND session_id IS NOT NULL AND detail LIKE '%\"method\":\"{factor}\"%'");
        assert_eq!(complete(&provider, "signed_in", &with("password and authenticator app")).await, 1);
        let mut half = half_done(&provider, ADA).await;
        half.presses("backup-code", &[]).await.shows("second-step");
        types_code(&mut half, &codes[0]).await;
        assert_eq!(complete(&provider, "signed_in", &with("password and backup code")).await, 1);
        assert_eq!(complete(&provider, "backup_code_used", BY_THEM).await, 1);

        half.opens(provider.url("/account")).await.page(200);
        half.presses("sign-out", &[]).await.shows("signed-out");
        assert_eq!(complete(&provider, "session_ended", BY_THEM).await, 1);
    }
}

/// C-LOG-01: what is denied stands in the log with what was asked, in which request, from where, and why; what was answered stands there as well.
#[test]
fn denials_stand_in_the_log() {
    captured(|log: Log| async move {
        let provider = Provider::start(Kind::Sqlite).await;
        let mut ada = provider.admin().await;
        // A form without its token, a page that is not theirs, a door that is shut, a host that is not ours.
        ada.submits("/sign-out", &[("csrf", "x")]).await.page(403);
        ada.opens(provider.url("/account/passkeys/0198f5c2-7d1e-7a3b-9c4d-5e6f7a8b9c0d/rename")).await.page(404);
        for (code, route) in [("csrf_failed", "/sign-out"), ("not_found", "/account/passkeys/{id}/rename")] {
            let lines = log.lines_with(code);
            let complete =
                |line: &&String| line.contains(route) && line.contains("id=") && line.contains("network=127.0.0.1") && line.contains("method=");
            assert!(lines.iter().any(|line| complete(&line)), "{code}: {lines:?}");
        }
    });
}

/// C-LOG-03: nothing in a header, an address or a field can begin a line of the log, or stand in it as anything but text.
#[test]
fn no_header_or_field_forges_a_line() {
    captured(|log: Log| async move {
        let provider = Provider::start(Kind::Sqlite).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let forged = "x\u{85}2027-01-15T08:00:00Z ERROR forged-line {\"level\":\"ERROR\"}";
        person.headers = ["user-agent", "accept-language", "x-request-id", "x-forwarded-for", "referer"]
            .map(|name| (name, "a\tERROR forged-line \"}".to_owned()))
            .to_vec();
        person.signs_in_with_passkey_lying(BEGIN, FINISH, &serde_json::json!({"email": forged}), &[Lie::BrokenSignature]).await;
        person.presses("continue", &[("email", "ada@id.example\r\nERROR forged-line\u{1b}[31m")]).await;
        person.presses("continue", &[("email", forged)]).await;
        person.opens(provider.url("/login?request=%0d%0aERROR%20forged-line%1b%5b31m")).await;
        let text = log.text();
        for line in text.lines() {
            assert!(
                !line.trim_start().starts_with("ERROR forged-line") && !line.contains("Z ERROR forged-line") && !line.contains('\u{1b}'),
                "{line}"
            );
        }
        assert!(provider.database.count("SELECT count(*) FROM audit_events WHERE detail LIKE '%forged-line%'").await == 0);
    });
}

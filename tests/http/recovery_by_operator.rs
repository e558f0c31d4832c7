//! `weftid users recovery-link`, as whoever runs the server uses it, beside the real binary: it begins a way back and gives nothing away.

use serde_json::json;
use url::Url;
use weftid_tests::database::Database;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::process::{Process, environment, run};

use crate::process::{comes_aboard, fails, invites, succeeds};
use crate::stored::{events, holds};

const ADA: &str = "ada@id.example";

/// Follows the link with a new device, up to a new passkey.
async fn comes_back(server: &Process, link: &str) -> Person {
    let mut lost = Person::new(&server.wire);
    lost.opens(link).await.shows("recover");
    let path = Url::parse(link).expect("a link").path().to_owned();
    let finished = lost.registers_passkey(&format!("{path}/passkey/begin"), &format!("{path}/passkey/finish"), &json!({"proved": ""})).await;
    lost.follows(finished).await.shows("sign-in-methods");
    lost
}

on_both_databases! {
    /// C-REC-08: an administrator begins a recovery and neither sees nor sets a password: what is printed is one link, which works once, ends, is told
    /// and audited, and leaves the password as it was.
    async fn an_operator_begins_a_recovery_and_learns_no_secret(kind: Kind) {
        let database = Database::empty(kind).await;
        let server = Process::serve(&database).await;
        let environment = environment(&database, server.address.port());
        comes_aboard(&server.wire, &invites(&environment, ADA).await).await;
        let app = weftid_tests::own_secrets::opens_on(&database, &server.issuer).await;
        weftid_tests::own_secrets::gives_password(&app, ADA, "correct horse battery staple").await;
        let set = "SELECT count(*) FROM passwords WHERE last_used_at IS NULL AND frozen_at IS NULL AND set_at = (SELECT min(set_at) FROM passwords)";

        let help = run(&["users", "recovery-link", "--help"], &environment).await;
        assert!(help.status.success() && help.stdout.contains("recovery-link") && !help.stdout.contains("--password"), "{help:?}");
        fails(&run(&["users", "recovery-link", ADA, "--password", "chosen for them"], &environment).await, 2, &["--password"]);
        fails(&run(&["users", "recovery-link", "nobody@id.example"], &environment).await, 1, &["nobody with this address"]);
        assert_eq!(events(&database, "recovery_link_made").await, 0);

        let ask = async || succeeds(&run(&["users", "recovery-link", ADA], &environment).await);
        let [first, second] = [ask().await, ask().await];
        for link in [&first, &second] {
            let beginning = format!("{}recover/wl_", server.issuer);
            assert!(link.starts_with(&beginning) && link.lines().count() == 1 && !link.contains("correct"), "{link}");
            assert!(!holds(&database, link.rsplit('/').next().unwrap().as_bytes()).await, "it rests as a digest");
            assert!(!server.output().contains(link.rsplit('/').next().unwrap()), "it stands in the log");
        }
        assert_eq!(Person::new(&server.wire).opens(&first).await.page(410).name(), "error", "the second withdrew it");
        comes_back(&server, &second).await;
        assert_eq!(Person::new(&server.wire).opens(&second).await.page(410).name(), "error", "it works once");
        let third = ask().await;
        database.execute("UPDATE one_time_links SET expires_at = 1 WHERE used_at IS NULL").await;
        assert_eq!(Person::new(&server.wire).opens(&third).await.page(410).name(), "error", "it ends");

        assert_eq!((database.count(set).await, database.count("SELECT count(*) FROM passwords").await), (1, 1));
        let made = "SELECT count(*) FROM audit_events WHERE kind = 'recovery_link_made' AND actor = 'command_line' AND user_id IS NOT NULL";
        assert_eq!((database.count(made).await, events(&database, "recovered").await), (3, 1));
    }
}

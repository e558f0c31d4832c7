//! Mail on its way: a real server takes it (aiosmtpd), with TLS, slowly, not now, or never.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use weftid::actions::audit::Origin;
use weftid::actions::{delivery, users};
use weftid::base::email::Email;
use weftid::jobs;
use weftid_tests::database::{Database, Kind};
use weftid_tests::log::{Log, captured};
use weftid_tests::mailbox::{MailServer, Security};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::process;
use weftid_tests::provider::Provider;

use crate::stored::{events, events_because};

const ADA: &str = "ada@id.example";
const MINUTE: Duration = Duration::from_mins(1);
const WAITING: &str = "SELECT count(*) FROM mails";

/// A provider that sends its mail by this server, and Ada, about whom one mail waits: she has saved her backup codes.
async fn with(kind: Kind, server: &MailServer) -> (Provider, Person) {
    let settings = server.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(path, value)| (*path, value.as_str())).collect();
    let provider = Provider::start_with(kind, &settings).await;
    let ada = provider.admin().await;
    assert_eq!(waiting(&provider).await, 1);
    (provider, ada)
}

async fn waiting(provider: &Provider) -> i64 {
    provider.database.count(WAITING).await
}

async fn delivers(provider: &Provider) -> u64 {
    delivery::deliver(&provider.app).await.expect("the database works")
}

/// Queues one more mail: an administrator shuts Ada out, or lets her in again.
async fn is_shut_out(provider: &Provider, out: bool) {
    let (email, origin) = (Email::parse(ADA).unwrap(), Origin::command_line());
    let changed = if out { users::deactivate(&provider.app, &email, &origin).await } else { users::activate(&provider.app, &email, &origin).await };
    assert!(changed.unwrap());
}

async fn arrives(security: Security, credentials: Option<(&'static str, &'static str)>) {
    let server = MailServer::start_with(security, credentials);
    let (provider, _) = with(Kind::Sqlite, &server).await;
    assert_eq!(delivers(&provider).await, 1);
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    let (mail, about) = (&taken[0].mail, &taken[0].about);
    assert_eq!((&taken[0].recipients, mail.to.as_str()), (&vec![ADA.to_owned()], ADA));
    assert_eq!((about["from"].as_str(), about["hello"].as_str()), (Some("id@northwind.example"), Some("id.example")));
    assert_eq!((about["tls"].as_bool(), about["user"].as_str()), (Some(security != Security::None), credentials.map(|(user, _)| user)));
    assert_eq!(mail.from, ("WeftID".to_owned(), "id@northwind.example".to_owned()));
    assert_eq!(mail.subject, "New backup codes for your WeftID account");
    assert!(mail.id.ends_with("@id.example"), "{}", mail.id);
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert!(mail.header("Date").is_some() && mail.header("List-Unsubscribe").is_none() && mail.header("X-Mailer").is_none());
    assert!(mail.text.contains("Account: ada@id.example\nWhen: 15 January 2027, 08:00 UTC\nFrom: Chrome on Linux, 127.0.0.1"), "{}", mail.text);
    assert_eq!((waiting(&provider).await, delivers(&provider).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_arrives_in_the_clear_on_this_machine() {
    arrives(Security::None, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_arrives_after_starttls_with_a_password() {
    arrives(Security::StartTls, Some(("weftid", "correct horse"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_arrives_by_tls_with_a_password() {
    arrives(Security::Tls, Some(("weftid", "correct horse"))).await;
}

/// RFC 3207 §6, RFC 8314 §3: whoever can't show who they are, or offers no TLS, gets nothing; and no mail is lost for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_proves_nothing_gets_nothing() {
    let (honest, another) = (MailServer::start(Security::Tls), MailServer::start(Security::StartTls));
    let in_the_clear = MailServer::start(Security::None);
    let asks = MailServer::start_with(Security::Tls, Some(("weftid", "correct horse")));
    let with_other = |server: &MailServer, path: &'static str, value: String| {
        let mut settings = server.settings();
        settings.retain(|(other, _)| *other != path);
        settings.push((path, value));
        settings
    };
    let ca_of = |server: &MailServer| server.settings().into_iter().find(|(path, _)| *path == "mail.ca_file").unwrap().1;
    for (what, settings) in [
        ("another authority", with_other(&honest, "mail.ca_file", ca_of(&another))),
        ("another authority after STARTTLS", with_other(&another, "mail.ca_file", ca_of(&honest))),
        ("another name", with_other(&honest, "mail.host", "127.0.0.1".to_owned())),
        ("no STARTTLS", with_other(&in_the_clear, "mail.security", "starttls".to_owned())),
        ("a wrong password", with_other(&asks, "mail.password", "incorrect horse".to_owned())),
    ] {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(path, value)| (*path, value.as_str())).collect();
        let provider = Provider::start_with(Kind::Sqlite, &settings).await;
        provider.admin().await;
        assert_eq!((delivers(&provider).await, waiting(&provider).await), (1, 1), "{what}");
        assert_eq!(events(&provider.database, "mail_given_up").await, 0, "{what}");
    }
    for server in [honest, another, in_the_clear, asks] {
        assert_eq!(server.taken().len(), 0);
    }
}

on_both_databases! {
    /// C-NOT-01: what a server refuses for now is tried again, a minute later, then twice as long after each try; it arrives when the server
    /// takes it, as the same mail.
    async fn what_is_refused_for_now_is_tried_again(kind: Kind) {
        let mut server = MailServer::start(Security::None);
        let (provider, _) = with(kind, &server).await;
        server.refuses(Some("450 4.2.1 come back later"));
        assert_eq!((delivers(&provider).await, delivers(&provider).await), (1, 0));
        provider.clock.advance(Duration::from_secs(59));
        assert_eq!(delivers(&provider).await, 0);
        provider.clock.advance(Duration::from_secs(1));
        assert_eq!((delivers(&provider).await, server.refusals()), (1, 2));
        provider.clock.advance(MINUTE);
        assert_eq!(delivers(&provider).await, 0);
        server.goes_away();
        provider.clock.advance(MINUTE);
        assert_eq!((delivers(&provider).await, waiting(&provider).await), (1, 1));
        server.refuses(None);
        server.comes_back();
        provider.clock.advance(4 * MINUTE);
        assert_eq!((delivers(&provider).await, server.taken().len(), waiting(&provider).await), (1, 1, 0));
        assert!(server.taken()[0].mail.text.contains("15 January 2027, 08:00 UTC"), "it tells when it happened, not when it was sent");
    }

    /// What is refused for good is given up at once, and what is refused for now after three days; the audit log says so, without the address.
    async fn what_never_goes_is_given_up(kind: Kind) {
        let server = MailServer::start(Security::None);
        let (provider, _) = with(kind, &server).await;
        server.refuses(Some("550 5.1.1 no such mailbox"));
        assert_eq!((delivers(&provider).await, waiting(&provider).await), (1, 0));
        assert_eq!(events_because(&provider.database, "mail_given_up", "refused").await, 1);

        server.refuses(Some("451 4.3.0 not now"));
        is_shut_out(&provider, true).await;
        let mut tries = 0;
        for _ in 0..5 * 24 {
            tries += delivers(&provider).await;
            provider.clock.advance(Duration::from_hours(1));
        }
        assert!((15..=20).contains(&tries), "{tries}");
        assert_eq!((waiting(&provider).await, events_because(&provider.database, "mail_given_up", "too_often").await), (0, 1));
        let telling = format!("SELECT count(*) FROM audit_events WHERE detail LIKE '%{ADA}%' OR detail LIKE '%mailbox%'");
        assert_eq!((provider.database.count(&telling).await, server.taken().len()), (0, 0));
    }

    /// What waits survives the server's end, whether it was under way or not, and is sent once more if nobody knows.
    async fn what_waits_survives_a_restart(kind: Kind) {
        let server = MailServer::start(Security::None);
        let (mut provider, _) = with(kind, &server).await;
        is_shut_out(&provider, true).await;
        assert_eq!(waiting(&provider).await, 2);
        server.is_slow(Duration::from_secs(2));
        // Ends in the middle.
        let _ = tokio::time::timeout(Duration::from_millis(500), delivery::deliver(&provider.app)).await.unwrap_err();
        provider.restarts().await;
        assert_eq!((waiting(&provider).await, provider.mails().await.len()), (2, 0), "whoever took them may still be sending");
        provider.clock.advance(4 * MINUTE);
        assert_eq!((provider.mails().await.len(), waiting(&provider).await), (2, 0), "this one has no server, and keeps them");
    }

    /// C-ENUM-04: a server that thinks for five seconds keeps nobody waiting who caused a mail; and the mail goes by itself, at once.
    async fn a_slow_server_delays_nobody(kind: Kind) {
        let server = MailServer::start(Security::None);
        server.is_slow(Duration::from_secs(5));
        let (provider, mut ada) = with(kind, &server).await;
        let job = tokio::spawn(jobs::run(provider.app.clone()));
        ada.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
        let began = Instant::now();
        for name in ["One", "Two", "Three"] {
            ada.presses("rename", &[]).await.shows("rename-passkey");
            ada.presses("rename", &[("name", name)]).await.shows("sign-in-methods");
        }
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        assert!(server.taken().is_empty());
        server.takes(1).await;
        job.abort();
    }
}

/// Two nodes, one queue: each mail goes once, whoever takes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_send_one_mail_once() {
    let server = MailServer::start(Security::None);
    let (provider, _) = with(Kind::Postgres, &server).await;
    let settings = server.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(path, value)| (*path, value.as_str())).collect();
    let other = Provider::on(provider.database.for_another_node(), provider.clock.clone(), &settings).await;
    for round in 0..20 {
        is_shut_out(&provider, round % 2 == 0).await;
    }
    server.is_slow(Duration::from_millis(20));
    let nodes = [&provider.app, &other.app, &provider.app, &other.app];
    let tried: u64 = join_all(nodes.map(delivery::deliver)).await.into_iter().map(Result::unwrap).sum();
    let taken = server.taken();
    let ids: std::collections::BTreeSet<&str> = taken.iter().map(|taken| taken.mail.id.as_str()).collect();
    assert_eq!((tried, taken.len(), ids.len(), waiting(&provider).await), (21, 21, 21, 0));
}

/// Without a server a mail is a file, and the log says where; neither the log nor the database says what is in it.
#[test]
fn a_kept_mail_is_where_the_log_says_and_nowhere_else() {
    captured(|log: Log| async move {
        let provider = Provider::start(Kind::Sqlite).await;
        provider.admin().await;
        let sealed =
            provider.database.count("SELECT count(*) FROM mails WHERE instr(sealed, 'ada@id.example') > 0 OR instr(sealed, 'wn_') > 0").await;
        assert_eq!(sealed, 0);
        let mail = provider.mail("New backup codes").await;
        let link = mail.link("/not-me/");
        let lines = log.lines_with("mail kept");
        let path = std::fs::read_dir(provider.database.data_dir().join("mail")).unwrap().next().unwrap().unwrap().path();
        assert!(lines.len() == 1 && lines[0].contains(path.to_str().unwrap()), "{lines:?}");
        let secret = link.path().rsplit('/').next().unwrap();
        log.keeps_quiet_about(&[secret, ADA]);
    });
}

/// `weftid mail test` says what became of the mail, and what failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_tries_mail_out() {
    let server = MailServer::start_with(Security::StartTls, Some(("weftid", "correct horse")));
    let database = Database::empty_sqlite();
    let mut environment = process::environment(&database, 8080);
    let ended = process::run(&["mail", "test", "nobody"], &environment).await;
    assert!(!ended.status.success() && ended.stderr.contains("is not an email address"), "{ended:?}");
    let ended = process::run(&["mail", "test", ADA], &environment).await;
    assert!(ended.status.success() && ended.stdout.contains("No mail server is configured") && ended.stdout.contains(".eml"), "{ended:?}");

    environment.extend(server.settings().into_iter().map(|(path, value)| (process::variable(path), value)));
    let ended = process::run(&["mail", "test", ADA], &environment).await;
    assert!(ended.status.success() && ended.stdout.contains("took a test mail to ada@id.example, from id@northwind.example"), "{ended:?}");
    assert_eq!(server.taken()[0].mail.subject, "A test mail from WeftID");
    for (path, value, words) in [
        ("mail.password", "incorrect", "535"),
        ("mail.security", "tls", "was not sent by way of localhost"),
        ("mail.port", "1", "was not sent by way of localhost:1"),
    ] {
        let mut wrong = environment.clone();
        wrong.insert(process::variable(path), value.to_owned());
        let ended = process::run(&["mail", "test", ADA], &wrong).await;
        assert!(!ended.status.success() && ended.stderr.contains(words), "{path}: {ended:?}");
    }
    server.refuses(Some("550 5.7.1 go away"));
    let ended = process::run(&["mail", "test", ADA], &environment).await;
    assert!(!ended.status.success() && ended.stderr.contains("550") && ended.stderr.contains("go away"), "{ended:?}");
    assert_eq!(server.taken().len(), 1);
}

//! What many people who sign in with a password at the same moment cost the machine.

use futures_util::future::join_all;
use weftid_tests::database::Database;
use weftid_tests::own_secrets;
use weftid_tests::person::Person;
use weftid_tests::process::Process;
use weftid_tests::watched::free_port;

use crate::passwords::{SECRET, declines};

/// The most memory that the process ever had, in MiB: `VmHWM`.
fn most_resident(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line of it");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// C-PW-06: passwords are hashed at their full cost, 500 people at once, in memory that does not grow with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_sign_ins_at_once_stay_small() {
    let database = Database::empty_sqlite();
    let own_limits = [("limits.network_per_minute", "100000"), ("limits.network_guesses", "1000000")];
    let process = Process::serve_at(&database, free_port(), &own_limits).await;
    let app = own_secrets::opens_beside(database.data_dir(), &process.issuer).await;
    assert_eq!((app.config().passwords.memory_kib, app.config().passwords.iterations), (19_456, 2), "the defaults");
    let emails: Vec<String> = (0..500).map(|number| format!("p{number}@id.example")).collect();
    own_secrets::imports(&app, &emails.iter().map(String::as_str).collect::<Vec<_>>(), SECRET).await;

    let login = process.issuer.join("/login").expect("a URL");
    let mut visitor = Person::new(&process.wire);
    visitor.opens(&login).await.shows("sign-in");
    let all = join_all(emails.iter().map(|email| {
        let mut person = visitor.clone();
        async move {
            let form = person.page().form_to("/login/password").expect("the password's form");
            person.submit(&form, &[("email", email), ("password", SECRET)], None).await.hops[0].status.as_u16()
        }
    }));
    let answers = all.await;
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 500, "{answers:?}");
    let most = most_resident(&process);
    assert!(most < 256, "{most} MiB");
    // And whoever comes then is served like the first.
    let arrival = visitor.submits("/login/password", &[("email", "p7@id.example"), ("password", SECRET)]).await;
    declines(&mut visitor, arrival).await.shows("dashboard");
}

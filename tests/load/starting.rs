//! How long a start takes, and what an idle server holds: exec to the first 200 of `/readyz` (the median of twenty), and resident memory ten
//! seconds later, with a hundred people and a hundred clients on SQLite.

use std::time::{Duration, Instant};

use serde_json::json;
use weftid::actions::audit::Origin;
use weftid::actions::invitations;
use weftid::store::user::Role;
use weftid_tests::database::{Database, Kind};
use weftid_tests::process::{Process, binary, environment};
use weftid_tests::provider::Provider;
use weftid_tests::watched::free_port;

use crate::connection::Connection;
use crate::cost;

const STARTS: usize = 20;
const MANY: usize = 100;
const IDLE: Duration = Duration::from_secs(10);

/// Measures both and says them.
pub(crate) async fn measure() {
    let provider = Provider::behind(Database::empty(Kind::Sqlite).await, &[("passwords.breached", "off")], ([127, 0, 0, 1], 1).into()).await;
    for number in 0..MANY {
        let metadata = json!({"client_id": format!("client{number}"), "client_name": "Client", "redirect_uris": ["https://client.example/callback"]});
        let metadata = serde_json::from_value(metadata).expect("client metadata");
        weftid::actions::clients::create(&provider.app, metadata, &Origin::command_line()).await.expect("the client is made");
        let email = format!("person{number}@load.example");
        invitations::invite(&provider.app, &email, Some("Person"), Role::User, &Origin::command_line()).await.expect("the invitation is made");
    }
    provider
        .database
        .execute("INSERT INTO users (id, subject, user_handle, email, name, role, created_at, security_epoch, profile, updated_at) WITH RECURSIVE numbers(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 100) SELECT unhex(printf('%032x', n)), 's' || n, unhex(printf('%032x', n)), n || '@idle.example', 'Person', 'user', 0, 1, '{}', 0 FROM numbers")
        .await;
    let mut took = Vec::with_capacity(STARTS);
    let mut idle = 0;
    for number in 1..=STARTS {
        let port = free_port();
        let environment = environment(&provider.database, port);
        let began = Instant::now();
        let mut process = Process::start(&["serve"], &environment, port);
        first_ready(port).await;
        took.push(began.elapsed());
        if number == STARTS {
            tokio::time::sleep(IDLE).await;
            idle = cost::resident_kib(process.id());
        }
        process.is_asked_to_stop().await;
        assert!(process.ends().await.success(), "the server ends well");
    }
    took.sort();
    println!("{}", binary().display());
    println!("ready after {:.1} ms (median of {STARTS}; the slowest {:.1} ms)", millis(took[STARTS / 2]), millis(took[STARTS - 1]));
    println!("idle with {:.1} MiB resident, {} s after it was ready", kib_in_mib(idle), IDLE.as_secs());
}

async fn first_ready(port: u16) {
    loop {
        if let Ok(mut connection) = Connection::open(([127, 0, 0, 1], port).into(), &format!("localhost:{port}")).await
            && connection.ask("GET", "/readyz", &[], b"").await.is_ok_and(|answer| answer.status == 200)
        {
            return;
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "no server holds so much that it matters")]
fn kib_in_mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

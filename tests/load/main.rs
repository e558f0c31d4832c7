//! How many operations a second, how long they take, and what each costs: WeftID's real binary under load, flow by flow.
//!
//! Start it with `tests/speed`, which makes release builds of both. Throughput and latency belong to the machine and to what else it does;
//! **operations per CPU-second of the server** is the figure that survives a noisy neighbour, and the one to compare. Ceremonies are signed
//! with a software authenticator, every answer is looked at, and one that is not the right one ends the program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that goes wrong stops, and says why"
)]

mod commits;
mod connection;
mod cost;
mod enumeration;
mod filled;
mod flows;
mod signature;
mod stage;
mod starting;

use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use weftid_tests::database::Kind;

use crate::flows::{Caller, Flow};
use crate::stage::Wanted;

/// Puts WeftID under load and says what it did.
#[derive(Debug, Parser)]
struct Arguments {
    /// The flows, one after another; all of them without.
    #[arg(value_enum)]
    flows: Vec<Flow>,
    /// The database behind the server.
    #[arg(long, value_enum, default_value_t = Behind::Sqlite)]
    database: Behind,
    /// How many call at the same time.
    #[arg(long, default_value_t = 16)]
    callers: usize,
    /// How long each flow is called, in seconds; a fifth of it goes before, to warm up.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The cores that the server is held to, as taskset(1) takes them; `all` lets it run everywhere.
    #[arg(long, default_value = "0")]
    cores: String,
    /// Fill the tables first: 100,000 people, 10,000 clients, 1,000,000 grants, 10,000,000 spent values.
    #[arg(long)]
    filled: bool,
    /// A further setting of the server, `path=value`; may be given several times.
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Measure a start and an idle server instead.
    #[arg(long)]
    starting: bool,
    /// Measure what committing writes together gains instead, on SQLite and without HTTP.
    #[arg(long)]
    commits: bool,
    /// Compare the times of refused passwords for known and unknown addresses instead: so many of each.
    #[arg(long, value_name = "SAMPLES")]
    enumeration: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Behind {
    Sqlite,
    Postgres,
}

fn setting(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(path, value)| (path.to_owned(), value.to_owned())).ok_or_else(|| "is not path=value".to_owned())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments = Arguments::parse();
    if arguments.starting {
        return starting::measure().await;
    }
    if arguments.commits {
        return commits::measure(arguments.callers, Duration::from_secs(arguments.seconds)).await;
    }
    let flows = if arguments.flows.is_empty() { Flow::value_variants().to_vec() } else { arguments.flows };
    let kind = match arguments.database {
        Behind::Sqlite => Kind::Sqlite,
        Behind::Postgres => Kind::Postgres,
    };
    let cores = (arguments.cores != "all").then_some(arguments.cores.as_str());
    let wanted = Wanted { kind, cores, callers: arguments.callers, flows: &flows, filled: arguments.filled, settings: &arguments.settings };
    if let Some(samples) = arguments.enumeration {
        return enumeration::measure(&Wanted { callers: 1, ..wanted }, samples).await;
    }
    let mut stage = stage::build(&wanted).await;
    let database = if kind == Kind::Postgres { "PostgreSQL" } else { "SQLite" };
    println!(
        "{database}, {} callers, {} s each, the server on {}\n",
        arguments.callers,
        arguments.seconds,
        cores.map_or("all cores".to_owned(), |cores| format!("core {cores}"))
    );
    println!("{:<20} {:>9} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9}", "flow", "per s", "p50 ms", "p99 ms", "us CPU", "per CPU-s", "goal", "us PG");
    for flow in flows {
        let span = Duration::from_secs(arguments.seconds);
        let (callers, _) = call(stage.callers, flow, span / 5).await;
        let (before, before_postgres) = (cost::of_process(stage.process.id()), cost::of_all_named("postgres"));
        let (callers, mut took) = call(callers, flow, span).await;
        let used = cost::of_process(stage.process.id()).saturating_sub(before);
        let used_postgres = cost::of_all_named("postgres").saturating_sub(before_postgres);
        stage.callers = callers;
        report(flow, &mut took, span, used, (kind == Kind::Postgres).then_some(used_postgres));
    }
    println!("\nresident memory of the server: {} MiB", cost::resident_kib(stage.process.id()) / 1024);
    signature::say();
    stage.process.is_asked_to_stop().await;
    assert!(stage.process.ends().await.success(), "the server ends well");
}

/// Lets all callers do it again and again for a while; gives them back, with how long each operation took.
async fn call(callers: Vec<Caller>, flow: Flow, span: Duration) -> (Vec<Caller>, Vec<Duration>) {
    let until = Instant::now() + span;
    let running: Vec<_> = callers
        .into_iter()
        .map(|mut caller| {
            tokio::spawn(async move {
                let mut took = Vec::new();
                let mut began = Instant::now();
                while began < until {
                    caller.does(flow).await;
                    let ended = Instant::now();
                    took.push(ended - began);
                    began = ended;
                }
                (caller, took)
            })
        })
        .collect();
    let (mut callers, mut took) = (Vec::new(), Vec::new());
    for caller in running {
        let (caller, its) = caller.await.expect("every answer was the right one");
        callers.push(caller);
        took.extend(its);
    }
    (callers, took)
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures for people")]
fn report(flow: Flow, took: &mut [Duration], span: Duration, used: Duration, used_postgres: Option<Duration>) {
    took.sort_unstable();
    let count = took.len() as f64;
    let at = |part: f64| took.get((count * part) as usize).map_or(0.0, |took| took.as_secs_f64() * 1000.0);
    let each = |used: Duration| used.as_secs_f64() * 1_000_000.0 / count;
    let name = flow.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
    let goal = flow.goal().map_or("-".to_owned(), |goal| goal.to_string());
    let postgres = used_postgres.map_or("-".to_owned(), |used| format!("{:.1}", each(used)));
    println!(
        "{name:<20} {:>9.0} {:>8.2} {:>8.2} {:>9.1} {:>9.0} {goal:>9} {postgres:>9}",
        count / span.as_secs_f64(),
        at(0.5),
        at(0.99),
        each(used),
        count / used.as_secs_f64(),
    );
}

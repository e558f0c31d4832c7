//! What it gains to commit writes together: the one door for writes, without HTTP before it, asked by many at once; first each write with a
//! commit of its own, then all that wait with one. Beside it, what one `fdatasync` takes on the same disk.
//!
//! A write here is what revoking an access token writes: a spent value and its audit event.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use weftid::actions::audit::{Event, Origin};
use weftid::base::clock::{Clock, Time};
use weftid::base::single_use::SingleUseId;
use weftid::store::connect::Target;
use weftid::store::spent::{Spending, spend};
use weftid::store::{Job, Store, StoreError, Write, horizon};

use crate::cost;

/// How many writes share a commit where they may.
const TOGETHER: u32 = 64;
/// How often the disk is asked to sync.
const SYNCS: usize = 200;

struct Revocation {
    epoch: i64,
    now: Time,
    origin: Origin,
}

impl Job for Revocation {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let is_news = spend(write, SingleUseId::new(self.now.plus(Duration::from_hours(1))), None, self.epoch).await? == Spending::Now;
        Event::new("token_revoked", &self.origin).record(write, self.now).await?;
        Ok(is_news)
    }
}

/// Measures both and says them.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(crate) async fn measure(callers: usize, span: Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let sync = time_of_a_sync(folder.path());
    println!("{callers} callers, {} s each; a write adds a spent value and an audit event; one fdatasync takes {sync:.2} ms\n", span.as_secs());
    println!("{:<24} {:>9} {:>9}", "writes a commit", "per s", "us CPU");
    let mut rates = Vec::new();
    for together in [1, TOGETHER] {
        let directory = folder.path().join(together.to_string());
        let store = Store::open(&Target::Sqlite { directory, readers: 1, writes_together: together }).await.expect("the database opens");
        let before = cost::of_process(std::process::id());
        let written = write_for(&store, callers, span).await as f64;
        let used = cost::of_process(std::process::id()).saturating_sub(before).as_secs_f64();
        println!("{together:<24} {:>9.0} {:>9.1}", written / span.as_secs_f64(), used * 1_000_000.0 / written);
        rates.push(written);
    }
    println!("\n{:.1} times as many", rates[1] / rates[0]);
}

async fn write_for(store: &Store, callers: usize, span: Duration) -> u64 {
    let epoch = horizon::current(store).await.expect("the horizon is there").epoch;
    let clock = Clock::system();
    let (written, until) = (Arc::new(AtomicU64::new(0)), Instant::now() + span);
    let mut running = Vec::with_capacity(callers);
    for _ in 0..callers {
        let (store, clock, written) = (store.clone(), clock.clone(), Arc::clone(&written));
        running.push(tokio::spawn(async move {
            while Instant::now() < until {
                let job = Revocation { epoch, now: clock.now(), origin: Origin::command_line() };
                assert!(store.write(job).await.expect("it is written"), "a new value is spent");
                written.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for caller in running {
        caller.await.expect("every write was kept");
    }
    written.load(Ordering::Relaxed)
}

/// Milliseconds that the disk takes to keep a page, the median of many.
fn time_of_a_sync(folder: &std::path::Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("synced")).expect("a file");
    let mut took: Vec<Duration> = (0..SYNCS)
        .map(|_| {
            file.write_all(&[7; 4096]).expect("a page");
            let began = Instant::now();
            file.sync_data().expect("the disk syncs");
            began.elapsed()
        })
        .collect();
    took.sort();
    took[SYNCS / 2].as_secs_f64() * 1000.0
}

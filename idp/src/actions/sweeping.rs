//! Forgetting what is over: spent values, stored and pushed requests, links, sessions, grants and secrets of clients whose time has long passed,
//! and guesses that nobody counts any more.
//!
//! The memory of what is spent must not fail open: first the horizon is raised, in a transaction of its own, then rows go; and nothing is
//! swept while the clocks disagree about how much time has passed.

use std::time::{Duration, Instant};

use crate::actions::{client_sweeping, sessions};
use crate::app::App;
use crate::base::clock::Time;
use crate::store::{
    Job, StoreError, Write, attempt, authorization_request, client_secret, foreign_spent, grant, horizon, one_time_link, pushed_request, session,
    spent,
};

/// How far a sweep of spent values stays behind the present.
const BEHIND: Duration = Duration::from_mins(10);
/// How long sessions, links and grants are kept after their end: for the audit's reader, and for a liveness check that is under way.
const KEPT: Duration = Duration::from_hours(24);
/// How far the two clocks may drift apart between two sweeps.
const DRIFT: Duration = Duration::from_secs(30);

/// Remembers when it last swept, by both clocks.
#[derive(Debug)]
pub struct Sweeper {
    swept_at: Option<(Time, Instant)>,
}

struct RaiseHorizon(Time);

impl Job for RaiseHorizon {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        horizon::raise_swept_through(write, self.0).await
    }
}

struct ForgetSpent(Time);

impl Job for ForgetSpent {
    type Outcome = u64;

    async fn run(&self, write: &Write<'_>) -> Result<u64, StoreError> {
        spent::sweep(write, self.0).await
    }
}

/// What ended (for sessions: began) before these moments.
struct ForgetRest {
    requests: Time,
    links_and_grants: Time,
    sessions: Time,
    attempts: Time,
}

impl Job for ForgetRest {
    type Outcome = u64;

    async fn run(&self, write: &Write<'_>) -> Result<u64, StoreError> {
        let requests = authorization_request::sweep(write, self.requests).await?;
        let pushed = pushed_request::sweep(write, self.requests).await?;
        let links = one_time_link::sweep(write, self.links_and_grants).await?;
        let grants = grant::sweep(write, self.links_and_grants).await?;
        let sessions = session::sweep(write, self.sessions).await?;
        let attempts = attempt::sweep(write, self.attempts).await?;
        // The horizon has been raised to where requests are swept.
        let foreign = foreign_spent::sweep(write, self.requests).await?;
        let secrets = client_secret::sweep(write, self.links_and_grants).await?;
        Ok([requests, pushed, links, grants, sessions, attempts, foreign, secrets].into_iter().max().unwrap_or(0))
    }
}

impl Sweeper {
    /// One that has not swept yet.
    pub const fn new() -> Self {
        Self { swept_at: None }
    }

    /// Sweeps once. How many spent values were forgotten; `None` if the clocks disagree and nothing was.
    pub async fn sweep(&mut self, app: &App) -> Result<Option<u64>, StoreError> {
        let (now, monotonic) = (app.now(), Instant::now());
        if let Some((then, then_monotonic)) = self.swept_at.replace((now, monotonic)) {
            let (wall, real) = (now.since(then), monotonic.duration_since(then_monotonic));
            if wall.abs_diff(real) > DRIFT {
                tracing::warn!(?wall, ?real, "the clock jumped: nothing is swept this time");
                return Ok(None);
            }
        }
        sweep_at(app, now).await.map(Some)
    }
}

impl Default for Sweeper {
    fn default() -> Self {
        Self::new()
    }
}

/// Sweeps what is over at `now`, in batches, so that nobody waits long behind it.
pub async fn sweep_at(app: &App, now: Time) -> Result<u64, StoreError> {
    let through = now.minus(BEHIND);
    app.store().write(RaiseHorizon(through)).await?;
    let mut forgotten = 0;
    loop {
        let batch = app.store().write(ForgetSpent(through)).await?;
        forgotten += batch;
        if batch < spent::SWEEP_BATCH {
            break;
        }
    }
    // Before rows are forgotten: who is still to hear of their end hears.
    sessions::end_over(app, now).await?;
    let links_and_grants = now.minus(KEPT);
    let sessions = links_and_grants.minus(app.config().sessions.absolute);
    while app.store().write(ForgetRest { requests: through, links_and_grants, sessions, attempts: now }).await? >= spent::SWEEP_BATCH {}
    client_sweeping::sweep(app, now).await?;
    Ok(forgotten)
}

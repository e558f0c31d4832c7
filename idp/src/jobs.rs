//! Timers: notice what other nodes and the command line changed, forget what is over, send the mails that wait, and tell clients of
//! sessions that ended.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::actions::backchannel_logout::Courier;
use crate::actions::delivery;
use crate::actions::sweeping::Sweeper;
use crate::app::App;

/// How often the horizon is looked at: what the command line wrote is seen within this.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often is looked for mails that wait: those of other nodes and of the command line, and those to be tried again. Our own ring.
const DELIVER_EVERY: Duration = Duration::from_secs(5);
/// How often is looked for sessions that ended, on whichever node: within this their clients hear of it.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How often is swept.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Runs the timers until this future is dropped.
pub async fn run(app: App) {
    tokio::join!(look(&app), sweep(&app), deliver(&app), tell(&app));
}

async fn look(app: &App) {
    let mut ticks = ticks(LOOK_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = app.look().await {
            tracing::warn!(%error, "the horizon can't be seen");
        }
    }
}

async fn sweep(app: &App) {
    let mut sweeper = Sweeper::new();
    let mut ticks = ticks(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        app.flood_guard().forget_quiet_networks();
        app.push_guard().forget_quiet_networks();
        match sweeper.sweep(app).await {
            Ok(Some(forgotten)) if forgotten > 0 => tracing::info!(forgotten, "swept spent values"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "sweeping failed"),
        }
    }
}

async fn deliver(app: &App) {
    let mut ticks = ticks(DELIVER_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.mail_waits().notified() => {}
        }
        if let Err(error) = delivery::deliver(app).await {
            tracing::warn!(%error, "mails can't be delivered");
        }
    }
}

async fn tell(app: &App) {
    let (mut courier, mut ticks) = (Courier::new(app.clone()), ticks(TELL_EVERY));
    loop {
        match courier.sets_out().await {
            // There may be more.
            Ok(1..) => continue,
            Ok(0) => {}
            Err(error) => tracing::warn!(%error, "clients can't be told of sessions that ended"),
        }
        tokio::select! {
            _ = ticks.tick() => {}
            true = courier.comes_back() => {}
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

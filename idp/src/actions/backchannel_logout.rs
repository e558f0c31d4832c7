//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): the clients that took part in a session hear that it has ended. Whoever ended
//! it was answered long before; a client that is slow or gone delays nobody else (A-BCL-02).
//!
//! A row of `session_clients` whose session has ended is taken for one try by a conditional UPDATE, on whichever node, and comes back by itself
//! if that node dies meanwhile. A client that does not listen is tried again, at growing distances, for a day; then the audit log says so. One
//! that heard, and whose node died before that was noted, hears twice.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;
use url::Url;

use crate::actions::audit::{Event, Origin};
use crate::actions::tokens;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::distances::Distances;
use crate::base::id::ClientId;
use crate::base::random;
use crate::store::client::Client;
use crate::store::{Job, StoreError, Write, session, session_client, user};

/// How many clients are being told at the same time.
const TOGETHER: usize = 64;
/// How much of it may be for one and the same client.
const TOGETHER_FOR_ONE: usize = 2;
/// How long one try may take before it is taken for forgotten: several times as long as any does.
const TRY: Duration = Duration::from_secs(15);
/// The distances between tries, at the longest.
const DISTANCES: Distances = Distances { first: Duration::from_secs(10), longest: Duration::from_hours(1) };
/// A client is given up that did not listen for so long.
const GIVEN_UP: Duration = Duration::from_hours(24);

/// How long to wait after the n-th try, up to a quarter less than that: those who failed together don't come back together (E-LOAD-11).
fn scattered(tries: i64) -> Duration {
    let [chance] = random::bytes();
    DISTANCES.after(tries).mul_f64(1.0 - f64::from(chance) / 1024.0)
}

/// The part of a client in the session that its code came from, if it wants to hear of the session's end.
pub fn part_of(client: &Client, session: &session::Model) -> Option<session_client::Model> {
    client.metadata.backchannel_logout_uri.as_ref()?;
    let (client_id, sid) = (client.metadata.client_id.clone(), session.sid.clone());
    Some(session_client::Model { session_id: session.id, client_id, user_id: session.user_id, sid, ended_at: None, next_at: None, tries: 0 })
}

struct Claim {
    rows: Vec<session_client::Model>,
    until: Time,
}

impl Job for Claim {
    type Outcome = Vec<session_client::Model>;

    async fn run(&self, write: &Write<'_>) -> Result<Vec<session_client::Model>, StoreError> {
        let mut claimed = Vec::new();
        for row in &self.rows {
            if session_client::claim(write, row, self.until).await? {
                claimed.push(session_client::Model { tries: row.tries.saturating_add(1), next_at: Some(self.until), ..row.clone() });
            }
        }
        Ok(claimed)
    }
}

/// What became of a try.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// The client has heard, or does not want to hear any more.
    Done,
    /// Tried again then, with everything else that this client should be told now.
    Again(Time),
    /// Never tried again, for this reason.
    GivenUp(&'static str),
}

struct Settle {
    row: session_client::Model,
    outcome: Outcome,
    now: Time,
}

impl Job for Settle {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        let row = &self.row;
        match self.outcome {
            Outcome::Done => session_client::delete(write, row).await.map(drop),
            Outcome::Again(then) => {
                session_client::put_off(write, row, then).await?;
                session_client::put_off_others(write, &row.client_id, self.now, then).await
            }
            Outcome::GivenUp(reason) => {
                if session_client::delete(write, row).await? {
                    let event = Event::new("backchannel_logout_given_up", &Origin::system()).user(row.user_id).client(&row.client_id);
                    event.session(row.session_id).detail("reason", reason).detail("tries", row.tries).record(write, self.now).await?;
                }
                Ok(())
            }
        }
    }
}

/// Tells the clients, many at the same time, few of them the same client.
#[derive(Debug)]
pub struct Courier {
    app: App,
    under_way: JoinSet<ClientId>,
    for_one: HashMap<ClientId, usize>,
}

impl Courier {
    /// One with nothing to do yet.
    pub fn new(app: App) -> Self {
        Self { app, under_way: JoinSet::new(), for_one: HashMap::new() }
    }

    /// Sets out with what is to be told now, as far as there is room. How much that was. One read where nothing waits.
    pub async fn sets_out(&mut self) -> Result<usize, StoreError> {
        let room = TOGETHER.saturating_sub(self.under_way.len());
        if room == 0 {
            return Ok(0);
        }
        let now = self.app.now();
        let busy: Vec<ClientId> = self.for_one.iter().filter(|(_, count)| **count >= TOGETHER_FOR_ONE).map(|(client, _)| client.clone()).collect();
        let due = session_client::due(self.app.store(), now, &busy, u64::try_from(room).unwrap_or(u64::MAX)).await?;
        let mut for_one = self.for_one.clone();
        let rows: Vec<_> = due
            .into_iter()
            .filter(|row| {
                let count = for_one.entry(row.client_id.clone()).or_default();
                *count += 1;
                *count <= TOGETHER_FOR_ONE
            })
            .collect();
        if rows.is_empty() {
            return Ok(0);
        }
        let claimed = self.app.store().write(Claim { rows, until: now.plus(TRY) }).await?;
        let count = claimed.len();
        for row in claimed {
            *self.for_one.entry(row.client_id.clone()).or_default() += 1;
            let app = self.app.clone();
            self.under_way.spawn(async move {
                let client = row.client_id.clone();
                tell(&app, row).await;
                client
            });
        }
        Ok(count)
    }

    /// Waits until one of them is back; `false` if none is under way.
    pub async fn comes_back(&mut self) -> bool {
        let Some(back) = self.under_way.join_next().await else { return false };
        match back {
            Ok(client) => {
                if let Some(count) = self.for_one.get_mut(&client) {
                    *count = count.saturating_sub(1);
                }
                self.for_one.retain(|_, count| *count > 0);
            }
            // Whose it was nobody can tell any more: all begin anew, and at worst one client is told a few things more at once.
            Err(error) => {
                tracing::error!(%error, "telling a client was interrupted");
                self.for_one.clear();
            }
        }
        true
    }
}

/// Tells everything that is to be told now. How much that was.
pub async fn deliver(app: &App) -> Result<usize, StoreError> {
    let mut courier = Courier::new(app.clone());
    let mut told = 0;
    loop {
        let now = courier.sets_out().await?;
        told += now;
        if now == 0 && !courier.comes_back().await {
            return Ok(told);
        }
    }
}

async fn tell(app: &App, row: session_client::Model) {
    let outcome = attempt(app, &row).await;
    let now = app.now();
    let outcome = match outcome {
        // Whatever it is, it has been so for too long.
        Outcome::Again(_) if row.ended_at.is_some_and(|ended_at| now >= ended_at.plus(GIVEN_UP)) => Outcome::GivenUp("too_often"),
        outcome => outcome,
    };
    let (client, tries) = (row.client_id.clone(), row.tries);
    match outcome {
        Outcome::Done => tracing::debug!(%client, "a client has heard that a session ended"),
        Outcome::Again(_) => tracing::warn!(%client, tries, "a client is told later that a session ended"),
        Outcome::GivenUp(reason) => tracing::error!(%client, tries, reason, "a client could not be told that a session ended"),
    }
    // Should this fail, the row comes back by itself.
    if let Err(error) = app.store().write(Settle { row, outcome, now }).await {
        tracing::error!(%client, %error, "what became of telling a client could not be noted");
    }
}

async fn attempt(app: &App, row: &session_client::Model) -> Outcome {
    let again = || Outcome::Again(app.now().plus(scattered(row.tries)));
    let view = app.view();
    let client = view.client(&row.client_id).filter(|client| client.is_enabled());
    let address = client.and_then(|client| client.metadata.backchannel_logout_uri.as_ref());
    // It was shut out meanwhile, or does not want to hear any more.
    let (Some(client), Some(address)) = (client, address) else { return Outcome::Done };
    let Ok(url) = Url::parse(address.as_str()) else { return Outcome::GivenUp("no_address") };
    let user = match user::by_id(app.store(), row.user_id).await {
        Ok(user) => user,
        Err(error) => {
            tracing::error!(%error, "whose session it was can't be read");
            return again();
        }
    };
    let token = match tokens::mint_logout(app, client, user.as_ref(), &row.sid) {
        Ok(token) => token,
        Err(error) => {
            tracing::error!(client = %row.client_id, error, "no logout token could be made");
            return again();
        }
    };
    // Back-Channel Logout §2.5. A compact JWS is made of letters that mean themselves in a form.
    match app.outbound().post(&url, format!("logout_token={token}")).await {
        // §2.8: 200, and what some frameworks say in its place.
        Ok(200 | 204) => Outcome::Done,
        // §2.8: the client says that the request is wrong, or that it could not sign out; the same again would not be better.
        Ok(400) => Outcome::GivenUp("refused"),
        Ok(status) => {
            tracing::info!(client = %row.client_id, status, "a client did not take a logout token");
            again()
        }
        Err(error) => {
            tracing::info!(client = %row.client_id, %error, "a client can't be told");
            again()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-BCL-02: ten seconds first, then twice as long each time, up to an hour; within a day it is tried some thirty times.
    #[test]
    fn tries_come_at_growing_distances() {
        let seconds: Vec<u64> = (1..=11).map(|tries| DISTANCES.after(tries).as_secs()).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert!((0..100).all(|_| (Duration::from_secs(15)..=Duration::from_secs(20)).contains(&scattered(2))));
        let mut spent = Duration::ZERO;
        let tries = (1..).take_while(|tries| {
            spent += DISTANCES.after(*tries);
            spent < GIVEN_UP
        });
        assert_eq!(tries.count(), 31);
    }
}

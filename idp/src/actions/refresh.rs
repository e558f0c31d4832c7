//! Refreshing (RFC 6749 §6, RFC 9700 §4.14.2): the refresh token is a counter. Each use moves it on, an old one that comes back is an
//! alarm, and an answer that got lost on its way may be asked for once more within the race window.

use std::time::Duration;

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::grants::{Judge, needs_consent, permits, revoke_in};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::shown_once::ShownOnce;
use crate::actions::tokens::{self, RefreshToken, TokenResponse};
use crate::app::App;
use crate::base::clock::Time;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::scope::Scope;
use crate::store::client::Client;
use crate::store::reads::grant_liveness::grant_liveness;
use crate::store::{Job, StoreError, Write, grant};

/// What an otherwise valid refresh token is, beside the counter of its grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The one that may be used next.
    Current,
    /// The one before, so recently used that its answer may have got lost: the same successor is given again.
    JustUsed,
    /// One that was used before: two hold it.
    Reused,
    /// One that was never given, as far as the row knows: the database went back in time.
    Ahead,
}

/// Judges the generation that was shown. The successor of the last one was never used as long as the counter has not moved past it.
fn standing(shown: i64, current: i64, rotated_at: Time, now: Time, window: Duration) -> Standing {
    match current.saturating_sub(shown) {
        0 => Standing::Current,
        // A window of zero forgives nothing.
        1 if now.since(rotated_at) < window => Standing::JustUsed,
        behind if behind > 0 => Standing::Reused,
        _ => Standing::Ahead,
    }
}

/// Moves the counter on, or says why not; the alarm is part of it.
struct Rotate {
    token: RefreshToken,
    grant: grant::Model,
    needs_consent: bool,
    judge: Judge,
    idle_ends_at: Time,
    window: Duration,
    /// For a token that was used before.
    alarm: Option<Mail>,
    origin: Origin,
}

/// What a refresh came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rotated {
    /// The generation that may be used next.
    To(i64),
    /// What the grant hangs on was taken away meanwhile.
    Dead,
    /// An old token: the grant is taken back.
    Reused,
    /// An old token that was not one before this write, so that the alarm is not ready: nothing is changed.
    Unprepared,
    /// A token that the row doesn't know of yet.
    WentBack,
}

impl Job for Rotate {
    type Outcome = Rotated;

    async fn run(&self, write: &Write<'_>) -> Result<Rotated, StoreError> {
        let (id, shown, now) = (self.grant.id, self.token.generation, self.judge.now);
        if !permits(write, &self.grant, !self.grant.offline, self.needs_consent, &self.judge).await? {
            return Ok(Rotated::Dead);
        }
        if grant::rotate(write, id, shown, now, self.idle_ends_at).await? {
            let event = Event::new("tokens_refreshed", &self.origin).user(self.grant.user_id).client(&self.grant.client_id);
            event.session(self.grant.session_id).detail("grant", id.to_string()).record(write, now).await?;
            return Ok(Rotated::To(shown.saturating_add(1)));
        }
        let Some(row) = grant::by_id(write, id).await?.filter(|row| row.revoked_at.is_none()) else { return Ok(Rotated::Dead) };
        match standing(shown, row.generation, row.rotated_at, now, self.window) {
            Standing::JustUsed => Ok(Rotated::To(row.generation)),
            Standing::Reused => {
                let Some(alarm) = &self.alarm else { return Ok(Rotated::Unprepared) };
                revoke_in(write, id, "refresh_token_reused", &self.origin, now).await?;
                alarm.queue(write).await?;
                Ok(Rotated::Reused)
            }
            Standing::Ahead => Ok(Rotated::WentBack),
            // It stood here a statement ago and did not move: there is no such row state on either database.
            Standing::Current => Err(StoreError::Unreadable(format!("grant {id} did not rotate"))),
        }
    }
}

/// Refreshes what an authenticated client was given. One read and one write; the tokens are signed after the commit.
///
/// In this order: MAC and client, liveness, scope, then the counter: only what is otherwise valid raises the alarm (A-RT-03).
pub async fn refresh(
    app: &App,
    client: &Client,
    proof: &ShownOnce,
    shown: &str,
    params: &Params,
    origin: Origin,
) -> Result<TokenResponse, OAuthError> {
    let client_id = &client.metadata.client_id;
    let origin = origin.by(Actor::Client(client_id.clone()));
    let refused = || OAuthError::invalid_grant("the refresh token is unknown, over, used, or was given to another client");
    let now = app.now();
    let token = RefreshToken::open(shown, &app.view().rings, client_id).ok_or_else(refused)?;
    let (horizon, facts) = grant_liveness(app.store(), token.grant, None).await?;
    app.observe(horizon).await?;
    // Whoever shut the client out meanwhile has just been heard.
    let view = app.view();
    let judge = Judge { limits: app.config().sessions.clone(), epoch: app.epoch(), now };
    let alive = facts.zip(view.client(client_id)).filter(|(facts, client)| judge.is_alive(facts, client) && now < facts.grant.idle_ends_at);
    let (facts, client) = alive.ok_or_else(refused)?;
    let scope = narrowed(params.get("scope"), &facts.grant.scope)?;
    let resources = facts.grant.resources.chosen_by(params)?;

    let alarm = || {
        // Whoever asks is an application or a thief: the person's own language, or ours.
        let nobody = Origin { language: None, device: None, ..origin.clone() };
        let notice = Notice::RefreshTokenReused { client: client.metadata.client_name.clone() };
        notices::to(app, &facts.user, notice, &nobody).map_err(|error| OAuthError::server_error("something went wrong here").because(error))
    };
    let lifetimes = &app.config().lifetimes;
    let window = lifetimes.refresh_race_window;
    let job = |alarm| Rotate {
        token,
        needs_consent: needs_consent(&client.metadata, &facts.grant.scope),
        judge: judge.clone(),
        // The absolute end does not move (A-RT-04).
        idle_ends_at: now.plus(lifetimes.refresh_idle).min(facts.grant.absolute_ends_at),
        window,
        grant: facts.grant.clone(),
        alarm,
        origin: origin.clone(),
    };
    // A mail holds one sealed box and is another: it is made ready only where the row already tells that it is due.
    let is_due = standing(token.generation, facts.grant.generation, facts.grant.rotated_at, now, window) == Standing::Reused;
    let mut rotated = proof.write(app, job(is_due.then(alarm).transpose()?)).await?;
    if rotated == Rotated::Unprepared {
        rotated = proof.write(app, job(Some(alarm()?))).await?;
    }
    let generation = match rotated {
        Rotated::To(generation) => generation,
        Rotated::WentBack => {
            tracing::error!(grant = %token.grant, "store_went_back: a refresh token is newer than its grant's row");
            return Err(refused());
        }
        other => return Err(refused().because(format!("{other:?}"))),
    };
    let sid = facts.session.as_ref().map(|session| &session.sid);
    let (grant, user) = (&facts.grant, &facts.user);
    let given = tokens::Given { client, grant, user, sid, scope: &scope, resources: &resources, nonce: None, generation, now };
    tokens::mint(app, &given)
}

/// RFC 6749 §6: the same scope or less; this time, for the grant stays what it is (A-RT-06).
fn narrowed(asked: Option<&str>, granted: &Scope) -> Result<Scope, OAuthError> {
    let Some(asked) = asked else { return Ok(granted.clone()) };
    let asked = Scope::parse(asked).map_err(|error| OAuthError::invalid_scope(error.to_string()))?;
    if asked.is_empty() || !asked.is_subset_of(granted) {
        return Err(OAuthError::invalid_scope("scope is more than was granted"));
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::error::ErrorCode;

    const NOW: Time = Time::from_seconds(1_764_000_000);
    const WINDOW: Duration = Duration::from_secs(5);

    /// A-RT-02, A-RT-07, A-RT-08: only the last token, only within the window, only as long as its successor was not used.
    #[test]
    fn an_old_token_is_forgiven_once_and_shortly() {
        let at = |millis| NOW.plus(Duration::from_millis(millis));
        assert_eq!(standing(7, 7, NOW, at(0), WINDOW), Standing::Current);
        assert_eq!(standing(7, 7, NOW, at(9_999_999), WINDOW), Standing::Current);
        assert_eq!(standing(6, 7, NOW, at(4_999), WINDOW), Standing::JustUsed);
        assert_eq!(standing(6, 7, NOW, at(5_000), WINDOW), Standing::Reused);
        assert_eq!(standing(5, 7, NOW, at(0), WINDOW), Standing::Reused);
        assert_eq!(standing(6, 7, NOW, at(0), Duration::ZERO), Standing::Reused);
        assert_eq!(standing(8, 7, NOW, at(0), WINDOW), Standing::Ahead);
        assert_eq!(standing(i64::MIN, i64::MAX, NOW, NOW, WINDOW), Standing::Reused);
        assert_eq!(standing(i64::MAX, i64::MIN, NOW, NOW, WINDOW), Standing::Ahead);
        // A node whose clock is behind the one that rotated is still within the window.
        assert_eq!(standing(6, 7, at(50), NOW, WINDOW), Standing::JustUsed);
    }

    /// A-RT-06: never more than was granted, and never nothing.
    #[test]
    fn a_scope_is_narrowed_and_never_widened() {
        let granted = Scope::parse("openid profile email").unwrap();
        assert_eq!(narrowed(None, &granted).unwrap(), granted);
        assert_eq!(narrowed(Some("email openid"), &granted).unwrap().to_string(), "email openid");
        for more in ["openid offline_access", "openid OPENID", " ", "a\"b"] {
            assert_eq!(narrowed(Some(more), &granted).unwrap_err().code(), ErrorCode::InvalidScope, "{more}");
        }
    }

    proptest! {
        /// A-RT-02, E-RACE-02: whoever shows which of their tokens when, there is one lineage or none. What is given is always the
        /// counter's own generation, and whatever is older than the last one ends the grant.
        #[test]
        fn one_lineage_lives_or_none(steps in proptest::collection::vec((0_i64..12, 0_u64..8_000), 1..60)) {
            let (mut current, mut rotated_at, mut now, mut alive) = (1_i64, NOW, NOW, true);
            let mut given = vec![1_i64];
            for (which, pause) in steps {
                now = now.plus(Duration::from_millis(pause));
                let shown = given[usize::try_from(which).unwrap() % given.len()];
                if !alive {
                    break;
                }
                match standing(shown, current, rotated_at, now, WINDOW) {
                    Standing::Current => {
                        current += 1;
                        rotated_at = now;
                        given.push(current);
                    }
                    Standing::JustUsed => {
                        prop_assert_eq!(shown, current - 1);
                        prop_assert!(now.since(rotated_at) < WINDOW);
                    }
                    Standing::Reused => {
                        prop_assert!(shown < current);
                        alive = false;
                    }
                    Standing::Ahead => prop_assert!(false, "nothing newer was given"),
                }
                prop_assert_eq!(given.iter().max(), Some(&current));
            }
        }
    }
}

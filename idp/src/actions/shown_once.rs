//! Proofs that a client shows once: its assertion, by `jti`. It is spent in the transaction of what it gives, so that both are kept or
//! neither; where nothing is written, in one of its own before anything is given (`A-CA-06`, `E-RACE-06`).
//!
//! Whoever asks for something twice with one proof is refused the second time, also when the first was refused for another reason.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::ClientId;
use crate::base::sealed::binding;
use crate::protocol::client_assertion::ClientAssertion;
use crate::protocol::error::OAuthError;
use crate::store::{Job, StoreError, Write, foreign_spent};

/// What a client proved itself with, as far as that counts only once: nothing, where it showed its secret.
#[derive(Debug, Default)]
pub struct ShownOnce {
    proof: Option<Proof>,
    is_spent: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
struct Proof {
    id: Digest,
    expires_at: Time,
}

/// Spends the proof, then does the job in the same write. `None` if the proof was spent before; then nothing is done.
struct Joined<J> {
    proof: Proof,
    epoch: i64,
    job: J,
}

impl<J: Job> Job for Joined<J> {
    type Outcome = Option<J::Outcome>;

    async fn run(&self, write: &Write<'_>) -> Result<Self::Outcome, StoreError> {
        if !foreign_spent::spend(write, self.proof.id, self.proof.expires_at, self.epoch).await? {
            return Ok(None);
        }
        self.job.run(write).await.map(Some)
    }
}

struct Nothing;

impl Job for Nothing {
    type Outcome = ();

    async fn run(&self, _: &Write<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl ShownOnce {
    /// The assertion of a client, which was verified and judged.
    pub fn assertion(client: &ClientId, assertion: &ClientAssertion) -> Self {
        let id = Digest::of(binding(&[b"client_assertion", client.as_str().as_bytes(), assertion.jti.as_bytes()]));
        Self { proof: Some(Proof { id, expires_at: assertion.expires_at }), is_spent: AtomicBool::new(false) }
    }

    /// Does the job, and spends the proof in the same write. A proof that was spent before is `invalid_client`, and nothing is done.
    pub async fn write<J: Job>(&self, app: &App, job: J) -> Result<J::Outcome, OAuthError> {
        match self.proof {
            Some(proof) if !self.is_spent.load(Ordering::Relaxed) => {
                let outcome = app.store().write(Joined { proof, epoch: app.epoch(), job }).await?;
                // Both ways it is spent now.
                self.is_spent.store(true, Ordering::Relaxed);
                outcome.ok_or_else(|| OAuthError::invalid_client("the client assertion was used before"))
            }
            _ => Ok(app.store().write(job).await?),
        }
    }

    /// Spends the proof by itself, unless that has happened: before something is given without a write, and after a refusal.
    pub async fn settle(&self, app: &App) -> Result<(), OAuthError> {
        if self.proof.is_none() || self.is_spent.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.write(app, Nothing).await
    }
}

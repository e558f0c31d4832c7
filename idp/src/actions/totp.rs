//! Authenticator apps (TOTP, RFC 6238): judging a code, wherever one is asked for: the second step of signing in, step-up, switching the
//! app off. Switching one on is `totp_enrolment`.
//!
//! A code is compared outside the write, and accepted inside it by one conditional UPDATE, so that each step is accepted once, by whichever
//! node and form comes first, and none before it any more (RFC 6238 §5.2, C-TOTP-01). Guesses are counted by `limits`, before any of this.

use crate::adapters::totp::{TotpCode, TotpSecret};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::UserId;
use crate::store::{StoreError, Write, totp};

/// What the secrets that rest are sealed for; each is bound to its person's row.
const FIELD: &str = "totps.secret";

/// A code that fits a step around the present moment. It counts once [`judge_in`] has accepted it.
#[derive(Clone, Debug)]
#[must_use = "a code counts once `judge_in` has accepted it"]
pub struct Matched {
    user: UserId,
    /// The app's secret as it rests: names the very app that the code was compared with.
    sealed: Vec<u8>,
    step: i64,
}

impl Matched {
    /// Whose app gave the code.
    pub const fn user(&self) -> UserId {
        self.user
    }
}

/// Compares what was typed with the codes of this person's app. `None` if they have none, if it is frozen, if what was typed is no code, or not
/// one of a step around now: the caller says the same words to all of these. One read.
///
/// # Errors
/// `internal` if the secret can't be opened: that is never "no app".
pub async fn compare(app: &App, user: UserId, typed: &str) -> Result<Option<Matched>, AppError> {
    let found = totp::of_user(app.store(), user).await?;
    // Never judged, and never counted as an app that has none: C-TOTP-03.
    let Some((row, code)) = found.filter(totp::Model::is_usable).zip(TotpCode::parse(typed)) else { return Ok(None) };
    let secret = open(app, &row)?;
    Ok(secret.step_of(&code, app.now()).map(|step| Matched { user, sealed: row.secret, step }))
}

/// Accepts a code inside the write that it is proof for. `false` if its step, or a later one, was accepted before, or if the app was switched
/// off, replaced or frozen since it was compared.
pub async fn judge_in(write: &Write<'_>, matched: &Matched, now: Time) -> Result<bool, StoreError> {
    totp::accept(write, matched.user, &matched.sealed, matched.step, now).await
}

/// The one refusal of a code. The reason is for the log.
pub fn invalid(reason: &'static str) -> AppError {
    AppError::new(Kind::Unauthenticated, "code_invalid").because(reason)
}

/// The secret as it rests.
pub(crate) fn seal(app: &App, user: UserId, secret: &TotpSecret) -> Result<Vec<u8>, AppError> {
    app.data_keys().seal(FIELD, user.as_uuid().as_bytes(), secret.expose()).map_err(AppError::internal)
}

fn open(app: &App, row: &totp::Model) -> Result<TotpSecret, AppError> {
    let bytes = app.data_keys().open(FIELD, row.user_id.as_uuid().as_bytes(), &row.secret).map_err(AppError::internal)?;
    TotpSecret::from_bytes(&bytes).ok_or_else(|| AppError::internal("the secret of an authenticator app has another length"))
}

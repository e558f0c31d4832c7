//! People, as whoever looks after the house sees them: who is here, and who is let in.

use crate::actions::audit::{Event, Origin};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::sessions;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::store::{Job, StoreError, Write, user};

/// How many people are read at a time.
const PAGE: u64 = 200;

/// The next people in the order of their addresses, those after `after`; empty at the end.
pub async fn list(app: &App, after: Option<&Email>) -> Result<Vec<user::Model>, StoreError> {
    user::page(app.store(), after, PAGE).await
}

struct SetActive {
    email: Email,
    active: bool,
    mail: Mail,
    origin: Origin,
    now: Time,
}

impl Job for SetActive {
    type Outcome = Option<bool>;

    async fn run(&self, write: &Write<'_>) -> Result<Option<bool>, StoreError> {
        let Some(user) = user::by_email(write, &self.email).await? else { return Ok(None) };
        // First the row of the person: a sign-in that holds it is over by then, and what it began ends below.
        if !user::set_active(write, user.id, self.active, self.now).await? {
            return Ok(Some(false));
        }
        let kind = if self.active { "user_activated" } else { "user_deactivated" };
        Event::new(kind, &self.origin).user(user.id).record(write, self.now).await?;
        self.mail.queue(write).await?;
        if !self.active {
            sessions::end_all_in(write, user.id, "deactivated", &self.origin, self.now).await?;
        }
        Ok(Some(true))
    }
}

/// Shuts a person out and ends their sessions. `false` if they were shut out already.
///
/// # Errors
/// `user_unknown` if nobody has that address.
pub async fn deactivate(app: &App, email: &Email, origin: &Origin) -> Result<bool, AppError> {
    set_active(app, email, false, origin).await
}

/// Lets a person in again; they sign in anew. `false` if they were not shut out.
///
/// # Errors
/// `user_unknown` if nobody has that address.
pub async fn activate(app: &App, email: &Email, origin: &Origin) -> Result<bool, AppError> {
    set_active(app, email, true, origin).await
}

async fn set_active(app: &App, email: &Email, active: bool, origin: &Origin) -> Result<bool, AppError> {
    let unknown = || AppError::new(Kind::NotFound, "user_unknown");
    let user = user::by_email(app.store(), email).await?.ok_or_else(unknown)?;
    let notice = if active { Notice::Reactivated } else { Notice::Deactivated };
    let mail = notices::to(app, &user, notice, origin)?;
    let job = SetActive { email: email.clone(), active, mail, origin: origin.clone(), now: app.now() };
    app.store().write(job).await?.ok_or_else(unknown)
}

//! Invitations: a link that makes an account for one address. Nothing of the account exists before the link is used.

use crate::actions::audit::{Event, Origin};
use crate::actions::one_time_links::{self, Purpose};
use crate::actions::person_name::PersonName;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::store::one_time_link::LinkKind;
use crate::store::user::Role;
use crate::store::{Job, StoreError, Write, horizon, one_time_link, user};

struct Invite {
    link: one_time_link::Model,
    email: Email,
    origin: Origin,
    now: Time,
}

impl Job for Invite {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        // Two invitations of one address at once would both be left to work.
        horizon::hold(write).await?;
        if user::by_email(write, &self.email).await?.is_some() {
            return Ok(false);
        }
        let withdrawn = one_time_link::withdraw(write, LinkKind::Invitation, Some(&self.email), self.now).await?;
        one_time_link::insert(write, self.link.clone()).await?;
        Event::new("invitation_made", &self.origin)
            .detail("link", self.link.id.to_string())
            .detail("role", self.link.role.to_string())
            .detail("withdrawn", withdrawn)
            .record(write, self.now)
            .await?;
        Ok(true)
    }
}

/// Invites somebody: the address to hand to them. Inviting the same address again withdraws what was handed out before.
///
/// # Errors
/// `email_invalid`, `name_invalid`, or `email_taken` if there is an account with that address.
pub async fn invite(app: &App, email: &str, name: Option<&str>, role: Role, origin: &Origin) -> Result<String, AppError> {
    let email = Email::parse(email).ok_or(AppError::new(Kind::Invalid, "email_invalid"))?;
    let name = match name {
        Some(typed) => Some(PersonName::parse(typed).ok_or(AppError::new(Kind::Invalid, "name_invalid"))?.as_str().to_owned()),
        None => None,
    };
    let lifetime = app.config().lifetimes.invitation;
    let (link, address) =
        one_time_links::new(app, Purpose { kind: LinkKind::Invitation, about: None, email: Some(email.clone()), name, role, lifetime });
    let invite = Invite { link, email, origin: origin.clone(), now: app.now() };
    if app.store().write(invite).await? { Ok(address) } else { Err(AppError::new(Kind::Conflict, "email_taken")) }
}

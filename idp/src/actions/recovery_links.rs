//! Links that lead back into an account whose passkeys are lost: sent to its address when somebody asks for one, or made for the help desk.
//! Neither opens anything by itself (C-REC-02): using one is `recovery`.

use crate::actions::audit::{Event, Origin};
use crate::actions::credential_epoch;
use crate::actions::limits;
use crate::actions::mails::{self, Mail};
use crate::actions::notices::{self, Notice};
use crate::actions::one_time_links::{self, Purpose};
use crate::actions::visitor::Visitor;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::store::one_time_link::LinkKind;
use crate::store::{Job, StoreError, Write, one_time_link, user};

/// Both kinds: the newest link of a person is the only one.
pub(super) const KINDS: [LinkKind; 2] = [LinkKind::Recovery, LinkKind::ApprovedRecovery];

struct MakeLink {
    user: user::Model,
    link: one_time_link::Model,
    mail: Mail,
    origin: Origin,
    now: Time,
}

impl Job for MakeLink {
    /// `false` if the person is shut out by now.
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        // Held to change: links of one person are made and used one after the other.
        if !user::hold_to_change(write, self.user.id).await?.is_some_and(|user| user.is_active()) {
            return Ok(false);
        }
        let withdrawn = one_time_link::withdraw_of(write, &KINDS, self.user.id, self.now).await?;
        one_time_link::insert(write, self.link.clone()).await?;
        Event::new("recovery_link_made", &self.origin)
            .user(self.user.id)
            .detail("link", self.link.id.to_string())
            .detail("kind", self.link.kind.to_string())
            .detail("withdrawn", withdrawn)
            .record(write, self.now)
            .await?;
        self.mail.queue(write).await?;
        Ok(true)
    }
}

/// A link into this person's account as it is now, to be stored, and its address. Three reads.
async fn new(app: &App, kind: LinkKind, user: &user::Model) -> Result<(one_time_link::Model, String), StoreError> {
    let about = Some((user.id, credential_epoch::fingerprint(app.store(), user).await?));
    let lifetime = app.config().lifetimes.recovery_link;
    Ok(one_time_links::new(app, Purpose { kind, about, email: None, name: None, role: user.role, lifetime }))
}

/// Somebody says that they have lost their passkeys. Whether there is an account with that address is asked after this has returned, so that
/// neither the answer nor its time tells (C-ENUM-02, C-ENUM-04); who asks too often, for whomever, waits (C-THR-08).
///
/// # Errors
/// `too_many_attempts`.
pub async fn ask(app: &App, email: Email, visitor: &Visitor) -> Result<(), AppError> {
    visitor.admit(app)?;
    if !limits::may_cause_mail(app, "recovery_link", &email, visitor.network).await? {
        return Ok(());
    }
    let (app, origin) = (app.clone(), visitor.origin.clone());
    tokio::spawn(async move {
        if let Err(error) = send(&app, &email, origin).await {
            tracing::warn!(%error, "a link to recovery was not sent");
        }
    });
    Ok(())
}

async fn send(app: &App, email: &Email, origin: Origin) -> Result<(), AppError> {
    let Some(user) = user::by_email(app.store(), email).await?.filter(user::Model::is_active) else { return Ok(()) };
    let (link, address) = new(app, LinkKind::Recovery, &user).await?;
    let mail = mails::recovery_link(app, &user, address, link.expires_at, &origin)?;
    app.store().write(MakeLink { user, link, mail, origin, now: app.now() }).await?;
    Ok(())
}

/// A link for somebody whom whoever looks after the house has recognised by other means: it takes no backup code. The person is told.
///
/// # Errors
/// `user_unknown` if nobody has that address, or they are shut out.
pub async fn approve(app: &App, email: &Email, origin: &Origin) -> Result<String, AppError> {
    let unknown = || AppError::new(Kind::NotFound, "user_unknown");
    let user = user::by_email(app.store(), email).await?.filter(user::Model::is_active).ok_or_else(unknown)?;
    let (link, address) = new(app, LinkKind::ApprovedRecovery, &user).await?;
    let mail = notices::to(app, &user, Notice::RecoveryLinkMade, origin)?;
    let made = app.store().write(MakeLink { user, link, mail, origin: origin.clone(), now: app.now() }).await?;
    if made { Ok(address) } else { Err(unknown()) }
}

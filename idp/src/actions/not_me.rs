//! "This wasn't me": what a person says about a change that they were told of by mail. All their sessions end, everything that was opened
//! before is dead, and what the change added is frozen or taken back. It works once, and whether or not anybody is signed in: what is believed is
//! the sealed box in the mail.
//!
//! Looking at the page changes nothing, so that a mail scanner or a preview reports nobody (C-REC-05).

use crate::actions::audit::{Event, Origin};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::sessions;
use crate::actions::undoing::{NotMe, Undo};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::sealed::Unsealed;
use crate::base::single_use::SingleUseId;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, user};

/// A report that may still be made, or was made.
#[derive(Clone, Debug)]
pub struct Report {
    /// The account, as it is known now.
    pub account: Email,
    /// The kind of the notice that the link came with.
    pub about: String,
    /// What is undone.
    pub undo: Undo,
    /// If it was reported already: whether it could be undone.
    pub done: Option<bool>,
}

async fn open(app: &App, text: &str) -> Result<(SingleUseId, NotMe), AppError> {
    app.open_box::<NotMe>(text, &[]).await.map_err(|unsealed| match unsealed {
        Unsealed::Expired => AppError::new(Kind::Gone, "link_expired"),
        Unsealed::Invalid | Unsealed::UnknownKey(_) => AppError::new(Kind::NotFound, "link_invalid"),
    })
}

/// What the link of a mail would report. Two reads; changes nothing.
///
/// # Errors
/// `link_invalid`, `link_expired`.
pub async fn look(app: &App, text: &str) -> Result<Report, AppError> {
    let (id, NotMe { user, about, undo }) = open(app, text).await?;
    let user = user::by_id(app.store(), user).await?.ok_or_else(|| AppError::new(Kind::NotFound, "link_invalid"))?;
    let done = spent::find(app.store(), id).await?.map(|row| row.gave.as_deref() == Some([1].as_slice()));
    Ok(Report { account: user.email, about, undo, done })
}

struct Act {
    id: SingleUseId,
    fact: NotMe,
    mail: Mail,
    epoch: i64,
    origin: Origin,
    now: Time,
}

enum Acted {
    Done,
    Over,
}

impl Job for Act {
    type Outcome = Acted;

    async fn run(&self, write: &Write<'_>) -> Result<Acted, StoreError> {
        // The person's row first: a sign-in that holds it is over by then, and the session it began ends below.
        let Some(user) = user::hold_to_change(write, self.fact.user).await? else { return Ok(Acted::Over) };
        if spent::spend(write, self.id, None, self.epoch).await? != Spending::Now {
            return Ok(Acted::Over);
        }
        let is_undone = self.fact.undo.run(write, &user, self.now).await?;
        spent::note(write, self.id, vec![u8::from(is_undone)]).await?;
        user::end_everything(write, &user).await?;
        let event = Event::new("not_me", &self.origin).user(user.id).detail("about", self.fact.about.clone());
        event.detail("undone", is_undone).record(write, self.now).await?;
        sessions::end_all_in(write, user.id, "not_me", &self.origin, self.now).await?;
        // An address that could not be given back is somebody else's.
        if is_undone || !matches!(self.fact.undo, Undo::Address { .. }) {
            self.mail.queue(write).await?;
        }
        Ok(Acted::Done)
    }
}

/// Does it.
///
/// # Errors
/// `link_invalid` (410 if it was reported before), `link_expired`.
pub async fn act(app: &App, text: &str, origin: &Origin) -> Result<(), AppError> {
    let (id, fact) = open(app, text).await?;
    let mut user = user::by_id(app.store(), fact.user).await?.ok_or_else(|| AppError::new(Kind::NotFound, "link_invalid"))?;
    if let Undo::Address { to, .. } = &fact.undo {
        user.email = to.clone();
    }
    let mail = notices::to(app, &user, Notice::Reported, origin)?;
    match app.store().write(Act { id, fact, mail, epoch: app.epoch(), origin: origin.clone(), now: app.now() }).await? {
        Acted::Done => Ok(()),
        Acted::Over => Err(AppError::new(Kind::Gone, "link_invalid").because("it was reported before")),
    }
}

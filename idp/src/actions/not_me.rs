//! "This wasn't me": what a person says about a change that they were told of by mail. All their sessions end, everything that was opened
//! before is dead, and what the change added is frozen or taken back. It works once, and whether or not anybody is signed in: what is believed is
//! the sealed box in the mail.
//!
//! Looking at the page changes nothing, so that a mail scanner or a preview reports nobody (C-REC-05).

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Event, Origin};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::sessions;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::{BackupCodeSetId, PasskeyId, UserId};
use crate::base::sealed::{Fact, Unsealed};
use crate::base::single_use::SingleUseId;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, backup_code, passkey, password, totp, user};

/// What is undone, beside the sessions that end. It names exactly what the change made: what took its place since, perhaps by the person
/// themselves, stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Undo {
    /// Nothing: what was taken away can't be given back, and a sign-in leaves nothing behind.
    Nothing,
    /// This passkey is frozen.
    Passkey(PasskeyId),
    /// The password that was set then is frozen.
    Password(Time),
    /// The authenticator app that was added then is frozen.
    AuthenticatorApp(Time),
    /// The backup codes of this set are void.
    BackupCodes(BackupCodeSetId),
    /// The address becomes what it was.
    Address {
        /// What it was changed to.
        from: Email,
        /// What it was.
        to: Email,
    },
}

/// What the box in a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotMe {
    /// Whose account it is about.
    pub(super) user: UserId,
    /// The kind of the notice.
    pub(super) about: String,
    /// What is undone.
    pub(super) undo: Undo,
}

impl Fact for NotMe {
    const PREFIX: &'static str = "wn_";
}

/// A report that may still be made, or was made.
#[derive(Clone, Debug)]
pub struct Report {
    /// The account, as it is known now.
    pub account: Email,
    /// The kind of the notice that the link came with.
    pub about: String,
    /// What is undone.
    pub undo: Undo,
    /// What became of that, if it was reported already.
    pub done: Option<Undone>,
}

/// What became of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It was undone, or nothing was to be undone.
    All,
    /// It was not there any more, or can't be undone: somebody else has the old address by now.
    Nothing,
}

impl Undone {
    const fn to_byte(self) -> u8 {
        match self {
            Self::All => 1,
            Self::Nothing => 0,
        }
    }

    fn of_bytes(bytes: Option<&[u8]>) -> Self {
        if bytes == Some([1].as_slice()) { Self::All } else { Self::Nothing }
    }
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
    let done = spent::find(app.store(), id).await?.map(|row| Undone::of_bytes(row.gave.as_deref()));
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
        let user = self.fact.user;
        // The person's row first: a sign-in that holds it is over by then, and the session it began ends below.
        if user::hold_to_change(write, user).await?.is_none() {
            return Ok(Acted::Over);
        }
        let undone = if self.undo(write).await? { Undone::All } else { Undone::Nothing };
        if spent::spend(write, self.id, Some(vec![undone.to_byte()]), self.epoch).await? != Spending::Now {
            return Ok(Acted::Over);
        }
        user::raise_security_epoch(write, user).await?;
        Event::new("not_me", &self.origin)
            .user(user)
            .detail("about", self.fact.about.clone())
            .detail("undone", undone == Undone::All)
            .record(write, self.now)
            .await?;
        sessions::end_all_in(write, user, "not_me", &self.origin, self.now).await?;
        // An address that could not be given back is somebody else's.
        if undone == Undone::All || !matches!(self.fact.undo, Undo::Address { .. }) {
            self.mail.queue(write).await?;
        }
        Ok(Acted::Done)
    }
}

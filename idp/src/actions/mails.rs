//! Mails: what is to be said, to whom, in which language, until when. A mail is made ready before the write of what it tells about and
//! queued inside it: both are kept, or neither. `delivery` sends it.
//!
//! What waits is sealed by a data key, since links in it are secrets. A mail goes to one address (C-REC-06), and every link in it begins with
//! the configured issuer (C-REC-04).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::actions::audit::Origin;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::id::MailId;
use crate::keys::at_rest::{DataKeys, NotAtRest};
use crate::store::{StoreError, Write, mail, user};

/// What the content of a waiting mail is sealed for.
const FIELD: &str = "mails.sealed";

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Letter {
    /// Something about the account has changed.
    Notice(Told),
    /// Somebody who lost their ways in may come back by this address.
    RecoveryLink {
        /// The sign-in name of the account.
        account: Email,
        /// The link.
        url: String,
        /// Until when it is good.
        until: Time,
    },
    /// Whoever opens this address shows that mail reaches them.
    ConfirmAddress {
        /// The sign-in name of the account.
        account: Email,
        /// The link.
        url: String,
        /// Until when it is good.
        until: Time,
    },
}

/// What a notice tells. Texts that people chose stay as they are here; they are made harmless where the mail is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Which sentence: `notice-KIND`.
    pub kind: String,
    /// The sign-in name of the account.
    pub account: Email,
    /// What it is about: the name of a passkey or of an application, an address.
    pub name: String,
    /// What that was before, or is from now on.
    pub other: String,
    /// How many are left.
    pub left: u64,
    /// When it happened.
    pub at: Time,
    /// Where from: device and network.
    pub place: String,
    /// The address for "this wasn't me", where that can be said.
    pub not_me_url: Option<String>,
}

impl Letter {
    /// What `mails.kind` and the log call it.
    fn kind(&self) -> &str {
        match self {
            Self::Notice(told) => &told.kind,
            Self::RecoveryLink { .. } => "recovery_link",
            Self::ConfirmAddress { .. } => "confirm_address",
        }
    }

    /// From when it isn't worth sending any more.
    pub(super) const fn over_at(&self) -> Option<Time> {
        match self {
            Self::Notice(_) => None,
            Self::RecoveryLink { until, .. } | Self::ConfirmAddress { until, .. } => Some(*until),
        }
    }
}

/// What rests sealed in a mail's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// The one recipient.
    pub(super) to: Email,
    /// The reader's language.
    pub(super) language: Option<String>,
    /// What it says.
    pub(super) letter: Letter,
}

impl Content {
    /// The content of a waiting mail.
    pub(super) fn open(keys: &DataKeys, row: &mail::Model) -> Result<Self, Unreadable> {
        let plain = keys.open(FIELD, row.id.as_uuid().as_bytes(), &row.sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }
}

/// Why a waiting mail can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    AtRest(#[from] NotAtRest),
    /// Another release wrote it.
    #[error("not the content of a mail: {0}")]
    Content(#[from] serde_json::Error),
}

/// A mail that is ready to be queued.
#[derive(Clone, Debug)]
#[must_use = "a mail is sent only if it is queued"]
pub struct Mail {
    row: mail::Model,
    bell: Bell,
}

impl Mail {
    /// Queues it, inside the write of what it tells about.
    pub async fn queue(&self, write: &Write<'_>) -> Result<(), StoreError> {
        mail::insert(write, self.row.clone()).await?;
        self.bell.0.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Wakes the delivery when it is dropped, if there is something to deliver. A job owns its mails and is dropped after its commit; should it have
/// been rolled back, the delivery looks in vain.
#[derive(Debug)]
struct Bell(AtomicBool, Arc<Notify>);

impl Clone for Bell {
    fn clone(&self) -> Self {
        Self(AtomicBool::new(false), Arc::clone(&self.1))
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if self.0.load(Ordering::Relaxed) {
            self.1.notify_one();
        }
    }
}

/// Makes a mail about `user` ready, for one recipient, in the language the person chose, or that of the request.
pub(super) fn write(app: &App, to: &Email, user: &user::Model, letter: Letter, origin: &Origin) -> Result<Mail, AppError> {
    let now = app.now();
    let (id, kind) = (MailId::new(now), letter.kind().to_owned());
    let language = user.language.as_ref().map(ToString::to_string).or_else(|| origin.language.clone());
    let content = Content { to: to.clone(), language, letter };
    let plain = serde_json::to_vec(&content).map_err(AppError::internal)?;
    let sealed = app.data_keys().seal(FIELD, id.as_uuid().as_bytes(), &plain).map_err(AppError::internal)?;
    let row = mail::Model { id, user_id: Some(user.id), kind, sealed, created_at: now, next_at: now, tries: 0 };
    Ok(Mail { row, bell: Bell(AtomicBool::new(false), Arc::clone(app.mail_waits())) })
}

/// The mail by which `user` gets back in: to their own address, which no request can name (C-REC-06). It is not sent any more once the link is
/// over.
pub fn recovery_link(app: &App, user: &user::Model, url: String, until: Time, origin: &Origin) -> Result<Mail, AppError> {
    write(app, &user.email, user, Letter::RecoveryLink { account: user.email.clone(), url, until }, origin)
}

/// The mail by which `user` shows that mail reaches them at `address`, which is or becomes theirs. It is not sent any more once the link is over.
pub fn confirm_address(app: &App, user: &user::Model, address: &Email, url: String, until: Time, origin: &Origin) -> Result<Mail, AppError> {
    write(app, address, user, Letter::ConfirmAddress { account: user.email.clone(), url, until }, origin)
}

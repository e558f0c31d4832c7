//! Notices: mail to a person about every change of a way in, and whatever else they must not miss (C-NOT-01).
//!
//! A notice is queued in the write of the change, so that no change goes without it, whoever asked for it; nobody's session can stop it. Where
//! "this wasn't me" can be said, the mail carries a sealed box that says what is to be undone (`undoing`): whoever reads the mail is believed,
//! signed in or not.

use crate::actions::audit::Origin;
use crate::actions::mails::{self, Letter, Mail, Told};
use crate::actions::undoing::{NotMe, Undo};
use crate::actions::visitor::Visitor;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::id::{BackupCodeSetId, PasskeyId};
use crate::base::single_use::SingleUseId;
use crate::store::user;

/// What happened.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A further passkey was registered.
    PasskeyRegistered {
        /// Its row.
        passkey: PasskeyId,
        /// What it is called.
        name: String,
    },
    /// A passkey is called something else.
    PasskeyRenamed {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// A passkey was revoked.
    PasskeyRevoked {
        /// What it was called.
        name: String,
    },
    /// A passkey's counter went back: somebody may have copied it.
    PasskeySuspected {
        /// Its row.
        passkey: PasskeyId,
        /// What it is called.
        name: String,
    },
    /// A passkey that was frozen signs in again, for its owner said that it is theirs.
    PasskeyUnfrozen {
        /// Its row.
        passkey: PasskeyId,
        /// What it is called.
        name: String,
    },
    /// A first password was set.
    PasswordSet {
        /// The row's `set_at`.
        set_at: Time,
    },
    /// The password was changed.
    PasswordChanged {
        /// The row's `set_at`.
        set_at: Time,
    },
    /// The password was removed.
    PasswordRemoved,
    /// An authenticator app was added.
    AuthenticatorAppAdded {
        /// The row's `created_at`.
        created_at: Time,
    },
    /// Another authenticator app took the place of the one before.
    AuthenticatorAppReplaced {
        /// The row's `created_at`.
        created_at: Time,
    },
    /// The authenticator app was removed.
    AuthenticatorAppRemoved,
    /// New backup codes were made and saved.
    BackupCodesSaved {
        /// Their set.
        set: BackupCodeSetId,
    },
    /// The backup codes were thrown away, for new ones.
    BackupCodesDiscarded,
    /// A backup code was used.
    BackupCodeUsed {
        /// Its set.
        set: BackupCodeSetId,
        /// How many are left.
        left: usize,
    },
    /// A browser in which this person never signed in before.
    SignedInElsewhere {
        /// The `set_at` of the password, if one was used: then whoever signed in knows it.
        password_set_at: Option<Time>,
    },
    /// The way back by mail and backup code was used: a passkey was registered.
    Recovered {
        /// Its row.
        passkey: PasskeyId,
        /// What it is called.
        name: String,
    },
    /// Somebody at the command line made a link by which the person gets back in without a backup code.
    RecoveryLinkMade,
    /// Another address was asked for; a mail is on its way there.
    AddressChangeAsked {
        /// Which one.
        to: Email,
    },
    /// Somebody else asked for this person's address to become theirs. Nothing comes of it.
    AddressWanted,
    /// A refresh token came back that had been used: two hold it, and what the application was given is taken back.
    RefreshTokenReused {
        /// What the application calls itself.
        client: String,
    },
    /// An administrator shut the person out.
    Deactivated,
    /// An administrator let the person in again.
    Reactivated,
    /// The person said "this wasn't me".
    Reported,
}

impl Notice {
    /// Its kind, and what may be undone about it: none where the person can't have been somebody else, or an administrator did it.
    fn kind(&self) -> (&'static str, Option<Undo>) {
        match *self {
            Self::PasskeyRegistered { passkey, .. } => ("passkey_registered", Some(Undo::Passkey(passkey))),
            Self::PasskeyRenamed { .. } => ("passkey_renamed", Some(Undo::Nothing)),
            Self::PasskeyRevoked { .. } => ("passkey_revoked", Some(Undo::Nothing)),
            Self::PasskeySuspected { passkey, .. } => ("passkey_suspected", Some(Undo::Passkey(passkey))),
            Self::PasskeyUnfrozen { passkey, .. } => ("passkey_unfrozen", Some(Undo::Passkey(passkey))),
            Self::PasswordSet { set_at } => ("password_set", Some(Undo::Password(set_at))),
            Self::PasswordChanged { set_at } => ("password_changed", Some(Undo::Password(set_at))),
            Self::PasswordRemoved => ("password_removed", Some(Undo::Nothing)),
            Self::AuthenticatorAppAdded { created_at } => ("totp_added", Some(Undo::AuthenticatorApp(created_at))),
            Self::AuthenticatorAppReplaced { created_at } => ("totp_replaced", Some(Undo::AuthenticatorApp(created_at))),
            Self::AuthenticatorAppRemoved => ("totp_removed", Some(Undo::Nothing)),
            Self::BackupCodesSaved { set } => ("backup_codes_saved", Some(Undo::BackupCodes(set))),
            Self::BackupCodesDiscarded => ("backup_codes_discarded", Some(Undo::Nothing)),
            Self::BackupCodeUsed { set, .. } => ("backup_code_used", Some(Undo::BackupCodes(set))),
            Self::SignedInElsewhere { password_set_at } => ("signed_in_elsewhere", Some(password_set_at.map_or(Undo::Nothing, Undo::Password))),
            Self::Recovered { passkey, .. } => ("recovered", Some(Undo::Passkey(passkey))),
            Self::RecoveryLinkMade => ("recovery_link_made", Some(Undo::Nothing)),
            Self::AddressChangeAsked { .. } => ("address_change_asked", Some(Undo::Nothing)),
            Self::AddressWanted => ("address_wanted", None),
            Self::RefreshTokenReused { .. } => ("refresh_token_reused", Some(Undo::Nothing)),
            Self::Deactivated => ("deactivated", None),
            Self::Reactivated => ("reactivated", None),
            Self::Reported => ("reported", None),
        }
    }

    fn words(self) -> Words {
        let mut words = Words::default();
        match self {
            Self::PasskeyRegistered { name, .. }
            | Self::PasskeyRevoked { name }
            | Self::PasskeySuspected { name, .. }
            | Self::PasskeyUnfrozen { name, .. }
            | Self::Recovered { name, .. }
            | Self::RefreshTokenReused { client: name } => words.name = name,
            Self::PasskeyRenamed { from, to } => {
                words.name = to;
                words.other = from;
            }
            Self::AddressChangeAsked { to } => words.name = to.to_string(),
            Self::BackupCodeUsed { left, .. } => words.left = u64::try_from(left).unwrap_or(u64::MAX),
            _ => {}
        }
        words
    }
}

/// What the sentence of a notice is filled with.
#[derive(Default)]
struct Words {
    name: String,
    other: String,
    left: u64,
}

/// A notice to `user`, at the address they have in this row. Make it before the write of the change, and queue it inside.
pub fn to(app: &App, user: &user::Model, notice: Notice, origin: &Origin) -> Result<Mail, AppError> {
    let (kind, undo) = notice.kind();
    tell(app, user, &user.email, (kind, notice.words()), undo, origin)
}

/// The two notices of a change of address, for `user` as they were before: to the old address, which can take the change back, and to the new
/// one, which can't.
pub fn of_changed_address(app: &App, user: &user::Model, new: &Email, origin: &Origin) -> Result<[Mail; 2], AppError> {
    let old = &user.email;
    let words = || Words { name: new.to_string(), other: old.to_string(), left: 0 };
    let undo = Undo::Address { from: new.clone(), to: old.clone() };
    let there = tell(app, user, old, ("address_changed", words()), Some(undo), origin)?;
    let here = tell(app, user, new, ("address_is_new", words()), None, origin)?;
    Ok([there, here])
}

/// The notice of a sign-in, to be queued if it opens the person's first session in that browser; none where the browser remembers them. What it
/// remembers is sealed and bound to it, and nobody else can make it say so.
pub fn of_sign_in(app: &App, visitor: &Visitor, user: &user::Model, password_set_at: Option<Time>) -> Result<Option<Mail>, AppError> {
    if visitor.known_as.as_ref() == Some(&user.email) {
        return Ok(None);
    }
    to(app, user, Notice::SignedInElsewhere { password_set_at }, &visitor.origin).map(Some)
}

fn tell(app: &App, user: &user::Model, to: &Email, said: (&'static str, Words), undo: Option<Undo>, origin: &Origin) -> Result<Mail, AppError> {
    let now = app.now();
    let (kind, Words { name, other, left }) = said;
    let not_me_url = match undo {
        None => None,
        Some(undo) => {
            let id = SingleUseId::new(now.plus(app.config().lifetimes.not_me));
            let fact = NotMe { user: user.id, about: kind.to_owned(), undo };
            let sealed = app.view().rings.sealer.seal(id, &fact, &[]).map_err(AppError::internal)?;
            Some(app.config().issuer.join(&format!("/not-me/{sealed}")))
        }
    };
    let told = Told { kind: kind.to_owned(), account: user.email.clone(), name, other, left, at: now, place: origin.place(), not_me_url };
    mails::write(app, to, user, Letter::Notice(told), origin)
}

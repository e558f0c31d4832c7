//! By what a person can prove who they are, and how strong a proof must be for a change of just that (C-SUDO-02).

use crate::app::App;
use crate::base::email::Email;
use crate::base::id::{PasskeyId, UserId};
use crate::config::{PasswordPolicy, SuspectedClone};
use crate::protocol::claims::Acr;
use crate::store::horizon::Horizon;
use crate::store::reads::password_facts::{PasswordFacts, password_facts};
use crate::store::reads::ways_in::{self, WaysIn};
use crate::store::{Rows, Store, StoreError, Write, passkey};

/// The ways in that work for a person, as the rows and the settings say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// A passkey.
    pub passkey: bool,
    /// A password.
    pub password: bool,
    /// An authenticator app, which confirms a password.
    pub totp: bool,
}

impl Ways {
    /// How strong a proof must be before ways in are changed: as strong as the strongest that the person can give. Whoever has nothing left
    /// may still be signed in, and gives themselves a way in again.
    pub const fn strongest(self) -> Acr {
        match self {
            Self { passkey: true, .. } => Acr::Phr,
            Self { password: true, totp: true, .. } => Acr::PasswordOtp,
            Self { .. } => Acr::Password,
        }
    }

    /// Whether anybody can sign in by these.
    pub const fn open(self) -> bool {
        self.passkey || self.password
    }
}

/// Why a right password opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The settings don't let this person in by one.
    NotAllowed,
    /// It would be alone, and is too short for that (C-PW-01).
    TooShortAlone,
}

impl Objection {
    /// What the audit log calls it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotAllowed => "password_not_allowed",
            Self::TooShortAlone => "password_too_short_alone",
        }
    }
}

/// What the settings say about ways in: what a job takes along into its write.
#[derive(Clone, Debug)]
pub struct Rules {
    rp_id: String,
    suspected: bool,
    passwords: PasswordPolicy,
}

impl Rules {
    /// Those of now.
    pub fn of(app: &App) -> Self {
        let passkeys = &app.config().passkeys;
        let suspected = passkeys.suspected_clone == SuspectedClone::Allow;
        Self { rp_id: passkeys.rp_id.clone(), suspected, passwords: app.config().sign_in.passwords }
    }

    /// The ways in of a person, as far as this write has changed them.
    pub async fn ways_of(&self, write: &Write<'_>, user: UserId) -> Result<Ways, StoreError> {
        Ok(self.apply(&ways_in::ways_in(write, user, &self.rp_id, self.suspected).await?.1))
    }

    /// What would be left of them without this passkey.
    pub async fn ways_without(&self, rows: &impl Rows, user: UserId, gone: PasskeyId) -> Result<Ways, StoreError> {
        let own = passkey::of_user(rows, user).await?;
        let passkey = own.iter().any(|row| row.id != gone && self.signs_in(row));
        let (_, found) = ways_in::ways_in(rows, user, &self.rp_id, self.suspected).await?;
        Ok(self.apply(&WaysIn { passkey, ..found }))
    }

    /// What stands against a right password of somebody who has a usable passkey or not; `is_enough` says whether it is long enough to stand alone
    /// or confirmed by an authenticator app.
    pub fn objection(&self, has_passkey: bool, is_enough: bool) -> Option<Objection> {
        // B-LC-03: a password that the policy doesn't let in is no way in.
        if !self.passwords.allows(has_passkey) {
            Some(Objection::NotAllowed)
        } else if !is_enough {
            Some(Objection::TooShortAlone)
        } else {
            None
        }
    }

    /// The same, as this write finds the person: a passkey may have come, or the app gone, since the password was compared. `stands_alone` is what
    /// is known of the password that was typed. Hold the person's row first.
    pub async fn objection_in(&self, write: &Write<'_>, user: UserId, stands_alone: bool) -> Result<Option<Objection>, StoreError> {
        let (_, found) = ways_in::ways_in(write, user, &self.rp_id, self.suspected).await?;
        Ok(self.objection(found.passkey, stands_alone || found.totp.is_some()))
    }

    /// Whether switching the authenticator app off would leave a password alone that is too short for it.
    pub async fn password_needs_app(&self, rows: &impl Rows, user: UserId) -> Result<bool, StoreError> {
        let (_, found) = ways_in::ways_in(rows, user, &self.rp_id, self.suspected).await?;
        let objection = found.password.and_then(|password| self.objection(found.passkey, password.stands_alone));
        Ok(objection == Some(Objection::TooShortAlone))
    }

    /// Who signs in with this address, and by what, for judging a password by these rules. One read.
    pub async fn password_facts(&self, store: &Store, email: &Email) -> Result<(Horizon, Option<PasswordFacts>), StoreError> {
        password_facts(store, email, &self.rp_id, self.suspected).await
    }

    /// Whether somebody gets in with this passkey.
    pub fn signs_in(&self, row: &passkey::Model) -> bool {
        row.rp_id == self.rp_id && row.frozen_at.is_none() && (self.suspected || row.suspected_at.is_none())
    }

    fn apply(&self, found: &WaysIn) -> Ways {
        let app = found.totp.is_some();
        let password = found.password.as_ref().is_some_and(|row| self.objection(found.passkey, row.stands_alone || app).is_none());
        Ways { passkey: found.passkey, password, totp: password && app }
    }
}

/// The ways in of a person. One read.
pub async fn of(app: &App, user: UserId) -> Result<Ways, StoreError> {
    let rules = Rules::of(app);
    let (horizon, found) = ways_in::ways_in(app.store(), user, &rules.rp_id, rules.suspected).await?;
    app.observe(horizon).await?;
    Ok(rules.apply(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-SUDO-02: as strong as the strongest; a code without a password is no way in.
    #[test]
    fn the_strongest_way_decides() {
        for passkey in [false, true] {
            for password in [false, true] {
                for totp in [false, true] {
                    let ways = Ways { passkey, password, totp };
                    let expected = if passkey {
                        Acr::Phr
                    } else if password && totp {
                        Acr::PasswordOtp
                    } else {
                        Acr::Password
                    };
                    assert_eq!((ways.strongest(), ways.open()), (expected, passkey || password), "{ways:?}");
                }
            }
        }
        assert!(Acr::Phrh > Acr::Phr && Acr::Phr > Acr::PasswordOtp && Acr::PasswordOtp > Acr::Password);
    }
}

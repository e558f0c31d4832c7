//! Backup codes: ten, shown once, kept by the person outside the house. What rests are keyed digests.

use std::fmt;

use zeroize::ZeroizeOnDrop;

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::sessions;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::{BackupCodeId, BackupCodeSetId, UserId};
use crate::base::random;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, backup_code, session, user};

/// How many codes a set has.
const CODES: usize = 10;
/// What the keyed digests of codes are made for.
pub(super) const PURPOSE: &str = "backup_codes";
/// Crockford's digits in lower case: without i, l, o and u, which are taken for others or make words.
const DIGITS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w',
    'x', 'y', 'z',
];
/// How many digits stand together: 26 in all.
const GROUPS: [u32; 6] = [5, 4, 4, 4, 4, 5];

/// A backup code: 128 random bits.
#[derive(ZeroizeOnDrop)]
pub(super) struct BackupCode([u8; 16]);

impl BackupCode {
    fn random() -> Self {
        Self(random::bytes())
    }

    /// The code that was typed: capitals are small letters, hyphens and spaces may stand anywhere or nowhere, and the letters that are taken for
    /// digits are these digits. `None` if it can't be one.
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let mut bits = 0_u128;
        let mut digits = 0;
        for letter in typed.chars().filter(|letter| !matches!(letter, ' ' | '-')) {
            let letter = match letter.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            let value = u128::try_from(DIGITS.iter().position(|digit| *digit == letter)?).ok()?;
            bits = bits.checked_mul(32)?.checked_add(value)?;
            digits += 1;
        }
        (digits == GROUPS.iter().sum::<u32>()).then_some(Self(bits.to_be_bytes()))
    }

    /// Its bits. Call it only to digest them.
    pub(super) const fn bits(&self) -> &[u8; 16] {
        &self.0
    }

    /// How a person reads it: base 32, the first digit carrying the three highest bits, in groups. Call it only to show it.
    fn expose(&self) -> String {
        let bits = u128::from_be_bytes(self.0);
        let mut text = String::new();
        let mut shift = 5 * GROUPS.iter().sum::<u32>();
        for (place, group) in GROUPS.into_iter().enumerate() {
            if place > 0 {
                text.push('-');
            }
            for _ in 0..group {
                shift -= 5;
                let digit = usize::try_from(bits >> shift & 0b1_1111).unwrap_or(0);
                text.extend(DIGITS.get(digit));
            }
        }
        text
    }
}

impl fmt::Debug for BackupCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BackupCode(redacted)")
    }
}

/// A new set of codes, to be shown once.
#[derive(Clone)]
pub struct NewCodes {
    /// What the person acknowledges.
    pub set: BackupCodeSetId,
    /// The codes, as a person reads them.
    pub codes: Vec<String>,
    /// When they were made.
    pub made_at: Time,
}

impl fmt::Debug for NewCodes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NewCodes({})", self.set)
    }
}

struct Replace {
    user: UserId,
    set: BackupCodeSetId,
    codes: Vec<backup_code::Model>,
    origin: Origin,
    now: Time,
}

impl Job for Replace {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        // Looked at again: codes that were saved meanwhile, in another tab, stay good.
        if !user::hold_to_change(write, self.user).await?.is_some_and(|user| user.backup_codes_waiting()) {
            return Ok(false);
        }
        user::replace_backup_code_set(write, self.user, self.set).await?;
        backup_code::replace(write, self.user, &self.codes).await?;
        Event::new("backup_codes_made", &self.origin).user(self.user).detail("set", self.set.to_string()).record(write, self.now).await?;
        Ok(true)
    }
}

/// Makes a new set in the place of one that nobody saved. `None` if the person said meanwhile that they saved theirs.
pub async fn replace_unsaved(app: &App, user: UserId, origin: &Origin) -> Result<Option<NewCodes>, StoreError> {
    let now = app.now();
    let set = BackupCodeSetId::new(now);
    let secrets: [BackupCode; CODES] = std::array::from_fn(|_| BackupCode::random());
    let row = |code: &BackupCode| {
        let (key_id, digest) = app.data_keys().digest(PURPOSE, &[user.as_uuid().as_bytes(), &code.0]);
        backup_code::Model { id: BackupCodeId::new(now), user_id: user, set_id: set, key_id, digest, used_at: None }
    };
    let codes = secrets.iter().map(row).collect();
    let replace = Replace { user, set, codes, origin: origin.clone().by(Actor::User(user)), now };
    let replaced = app.store().write(replace).await?;
    Ok(replaced.then(|| NewCodes { set, codes: secrets.iter().map(BackupCode::expose).collect(), made_at: now }))
}

struct Acknowledge {
    user: UserId,
    set: BackupCodeSetId,
    mail: Mail,
    origin: Origin,
    now: Time,
}

impl Job for Acknowledge {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        // Said twice (a double click, two nodes) it is said once: one event, one mail.
        let held = user::hold_to_change(write, self.user).await?;
        if held.is_some_and(|user| user.backup_code_set == Some(self.set) && !user.backup_codes_waiting()) {
            return Ok(true);
        }
        let counts = user::acknowledge_backup_codes(write, self.user, self.set, self.now).await?;
        if counts {
            let event = Event::new("backup_codes_acknowledged", &self.origin).user(self.user);
            event.detail("set", self.set.to_string()).record(write, self.now).await?;
            self.mail.queue(write).await?;
        }
        Ok(counts)
    }
}

/// Records that the person saved `set`. `false` if another set counts by now.
pub async fn acknowledge(app: &App, user: &user::Model, set: BackupCodeSetId, origin: &Origin) -> Result<bool, AppError> {
    let origin = origin.clone().by(Actor::User(user.id));
    let mail = notices::to(app, user, Notice::BackupCodesSaved { set }, &origin)?;
    Ok(app.store().write(Acknowledge { user: user.id, set, mail, origin, now: app.now() }).await?)
}

/// What a person still has of their codes.
#[derive(Clone, Debug, Default)]
pub struct Remaining {
    /// How many still work.
    pub left: usize,
    /// When the others were used, latest first.
    pub used_at: Vec<Time>,
}

/// The codes of a person's set. One read.
pub async fn remaining(app: &App, user: UserId) -> Result<Remaining, StoreError> {
    let codes = backup_code::of_user(app.store(), user).await?;
    let mut used_at: Vec<Time> = codes.iter().filter_map(|code| code.used_at).collect();
    used_at.sort_unstable_by(|one, other| other.cmp(one));
    Ok(Remaining { left: codes.len() - used_at.len(), used_at })
}

/// Inside the write that gives a person a way in: whoever has no code left is asked to save new ones, on the next page. Hold their row to
/// change first.
pub async fn ask_to_save_in(write: &Write<'_>, user: UserId) -> Result<(), StoreError> {
    if backup_code::of_user(write, user).await?.iter().all(|code| code.used_at.is_some()) {
        user::forget_backup_codes(write, user).await?;
    }
    Ok(())
}

struct Discard {
    session: session::Model,
    mail: Mail,
    origin: Origin,
    now: Time,
}

impl Job for Discard {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let user = self.session.user_id;
        let Some(held) = user::hold_to_change(write, user).await? else { return Ok(false) };
        if !sessions::is_still_open(write, &self.session, &held).await? {
            return Ok(false);
        }
        let left = backup_code::of_user(write, user).await?.iter().filter(|code| code.used_at.is_none()).count();
        user::forget_backup_codes(write, user).await?;
        backup_code::discard(write, user).await?;
        let event = Event::new("backup_codes_discarded", &self.origin).user(user).session(self.session.id);
        event.detail("left", left).record(write, self.now).await?;
        self.mail.queue(write).await?;
        Ok(true)
    }
}

/// Takes away whatever codes the person signed in `here` has; the page of new ones is next, and the house waits until those are saved.
///
/// # Errors
/// `not_signed_in`.
pub async fn discard(app: &App, here: &SessionAndUser, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let mail = notices::to(app, &here.user, Notice::BackupCodesDiscarded, &origin)?;
    let is_done = app.store().write(Discard { session: here.session.clone(), mail, origin, now: app.now() }).await?;
    if is_done { Ok(()) } else { Err(AppError::new(Kind::Unauthenticated, "not_signed_in")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_in_groups_of_digits_that_nobody_confuses() {
        assert_eq!(BackupCode([0; 16]).expose(), "00000-0000-0000-0000-0000-00000");
        assert_eq!(BackupCode([0xff; 16]).expose(), "7zzzz-zzzz-zzzz-zzzz-zzzz-zzzzz");
        let mut last_bit = [0; 16];
        last_bit[15] = 1;
        assert_eq!(BackupCode(last_bit).expose(), "00000-0000-0000-0000-0000-00001");
        let text = BackupCode::random().expose();
        assert!(text.chars().all(|c| c == '-' || DIGITS.contains(&c)), "{text}");
    }

    #[test]
    fn every_bit_of_a_code_is_seen() {
        let mut seen = std::collections::HashSet::from([BackupCode([0; 16]).expose()]);
        for bit in 0..128 {
            assert!(seen.insert(BackupCode((1_u128 << bit).to_be_bytes()).expose()), "bit {bit}");
        }
    }

    /// C-BC-01: what is written down is read back, however it is typed; anything else is no code.
    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = BackupCode([0xa5; 16]);
        let shown = code.expose();
        for typed in [shown.clone(), shown.to_uppercase(), shown.replace('-', ""), shown.replace('-', " "), format!("  {shown} ")] {
            assert_eq!(BackupCode::parse(&typed).map(|read| *read.bits()), Some([0xa5; 16]), "{typed}");
        }
        let ones = "11111-1111-1111-1111-1111-11111";
        assert_eq!(BackupCode::parse("1lIiL-1111-1111-1111-1111-11111").map(|read| read.expose()).as_deref(), Some(ones));
        assert_eq!(
            BackupCode::parse("0oO00-0000-0000-0000-0000-00000").map(|read| read.expose()).as_deref(),
            Some("00000-0000-0000-0000-0000-00000")
        );
        for typed in [
            "",
            "123456",
            &shown[1..],
            &format!("{shown}0"),
            "8zzzz-zzzz-zzzz-zzzz-zzzz-zzzzz",
            "uuuuu-uuuu-uuuu-uuuu-uuuu-uuuuu",
            &shown.replace('-', "_"),
        ] {
            assert!(BackupCode::parse(typed).is_none(), "{typed:?}");
        }
    }

    #[test]
    fn a_code_is_quiet() {
        assert_eq!(format!("{:?}", BackupCode::random()), "BackupCode(redacted)");
    }
}

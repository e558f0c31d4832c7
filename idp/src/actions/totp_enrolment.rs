//! Switching an authenticator app on and off, by whoever has just proved who they are. The secret travels in a sealed box until a code of it
//! was seen: nothing rests until it counts. The confirming code's step is used up by that (C-TOTP-01).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::backup_codes;
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::sessions::{self, Beginning, Opened};
use crate::actions::step_up;
use crate::actions::totp as codes;
use crate::actions::visitor::Visitor;
use crate::actions::ways_in::{self, Rules};
use crate::adapters::totp::{QrPicture, TotpCode, TotpSecret};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::SessionId;
use crate::base::sealed::{Fact, Unsealed, binding};
use crate::base::single_use::SingleUseId;
use crate::protocol::claims::Acr;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, session, totp, user};

/// How long an app may take to be set up.
const ENROLMENT: Duration = Duration::from_mins(10);

/// An app that is being set up.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrolling {
    secret: TotpSecret,
}

impl Fact for Enrolling {
    const PREFIX: &'static str = "we_";
}

/// An app is set up in one browser and one session, and so by one person.
fn belongs_to(browser: Digest, session: SessionId) -> Vec<u8> {
    binding(&[b"authenticator app", browser.as_bytes(), session.as_uuid().as_bytes()])
}

/// What the page shows while an app is being set up. It is secret: no `Debug`.
pub struct SetUp {
    /// The box to bring back.
    pub enrolment: String,
    /// For the camera.
    pub picture: QrPicture,
    /// For the keyboard, in groups.
    pub key: Zeroizing<String>,
}

/// Begins with a new secret. One read; stores nothing.
///
/// # Errors
/// `totp_needs_password` for whoever has no password that signs in: a code confirms a password, and nothing else.
pub async fn begin(app: &App, here: &SessionAndUser, browser: Digest) -> Result<SetUp, AppError> {
    if !ways_in::of(app, here.user.id).await?.password {
        return Err(needs_password());
    }
    let id = SingleUseId::new(app.now().plus(ENROLMENT));
    let enrolling = Enrolling { secret: TotpSecret::random() };
    let enrolment = app.view().rings.sealer.seal(id, &enrolling, &belongs_to(browser, here.session.id)).map_err(AppError::internal)?;
    shown(app, here, enrolment, &enrolling.secret)
}

/// What the page shows again after a code that was wrong: the same secret.
///
/// # Errors
/// `enrolment_expired`.
pub async fn resume(app: &App, here: &SessionAndUser, browser: Digest, enrolment: &str) -> Result<SetUp, AppError> {
    let (_, Enrolling { secret }) = open(app, here, browser, enrolment).await?;
    shown(app, here, enrolment.to_owned(), &secret)
}

fn shown(app: &App, here: &SessionAndUser, enrolment: String, secret: &TotpSecret) -> Result<SetUp, AppError> {
    let picture = secret.picture(&app.config().brand.name, here.user.email.as_str()).map_err(AppError::internal)?;
    Ok(SetUp { enrolment, picture, key: secret.groups() })
}

async fn open(app: &App, here: &SessionAndUser, browser: Digest, enrolment: &str) -> Result<(SingleUseId, Enrolling), AppError> {
    app.open_box(enrolment, &belongs_to(browser, here.session.id)).await.map_err(|why| {
        let kind = if why == Unsealed::Expired { Kind::Gone } else { Kind::Invalid };
        AppError::new(kind, "enrolment_expired").because(format!("{why:?}"))
    })
}

fn needs_password() -> AppError {
    AppError::new(Kind::Conflict, "totp_needs_password")
}

/// What confirming came to.
#[derive(Debug)]
pub struct Enrolled {
    /// Whether it took another one's place.
    pub replaced: bool,
    /// The session as it goes on, where its person had shown no more than the password: the code was the rest.
    pub opened: Option<Opened>,
}

/// Switches the app on whose secret is in the box, after a code of it. The person's other sessions end unless `others_stay`.
///
/// # Errors
/// `code_invalid`, after which the same box is good for another try; `enrolment_expired` if it is over or was used; `totp_needs_password`;
/// `not_signed_in`; `too_many_attempts`.
pub async fn confirm(
    app: &App,
    here: &SessionAndUser,
    visitor: &Visitor,
    enrolment: &str,
    typed: &str,
    others_stay: bool,
) -> Result<Enrolled, AppError> {
    visitor.admit(app)?;
    let (id, Enrolling { secret }) = open(app, here, visitor.browser, enrolment).await?;
    let now = app.now();
    let step = TotpCode::parse(typed).and_then(|code| secret.step_of(&code, now));
    let Some(last_step) = step else { return Err(codes::invalid("no code of the new app")) };
    let user = here.user.id;
    let app_row =
        totp::Model { user_id: user, secret: codes::seal(app, user, &secret)?, created_at: now, last_step, last_used_at: None, frozen_at: None };
    let origin = visitor.origin.clone().by(Actor::User(user));
    let mail = |notice| notices::to(app, &here.user, notice, &origin);
    let mails = [mail(Notice::AuthenticatorAppAdded { created_at: now })?, mail(Notice::AuthenticatorAppReplaced { created_at: now })?];
    // What they would be asked for with the next change, they have just shown (C-SUDO-02).
    let (beginning, opened) = if here.session.acr < Acr::PasswordOtp {
        let (beginning, opened) = step_up::goes_on(app, here, visitor, step_up::confirmed_by_code()).await?;
        (Some(beginning), Some(opened))
    } else {
        (None, None)
    };
    let (session, rules) = (here.session.clone(), Rules::of(app));
    let job = Enrol { id, session, row: app_row, others_stay, rules, epoch: app.epoch(), beginning, mails, origin, now };
    match app.store().write(job).await? {
        Enrolment::Done { replaced } => Ok(Enrolled { replaced, opened }),
        Enrolment::Used => Err(AppError::new(Kind::Conflict, "enrolment_expired").because("it was used")),
        Enrolment::NeedsPassword => Err(needs_password()),
        Enrolment::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
    }
}

struct Enrol {
    id: SingleUseId,
    session: session::Model,
    row: totp::Model,
    others_stay: bool,
    rules: Rules,
    epoch: i64,
    /// How the session goes on, if it does by the code.
    beginning: Option<Beginning>,
    /// The one for a first app, and the one for another.
    mails: [Mail; 2],
    origin: Origin,
    now: Time,
}

enum Enrolment {
    Done { replaced: bool },
    Used,
    NeedsPassword,
    SessionEnded,
}

impl Job for Enrol {
    type Outcome = Enrolment;

    async fn run(&self, write: &Write<'_>) -> Result<Enrolment, StoreError> {
        let user = self.row.user_id;
        let Some(held) = held_if_open(write, &self.session).await? else { return Ok(Enrolment::SessionEnded) };
        if !self.rules.ways_of(write, user).await?.password {
            return Ok(Enrolment::NeedsPassword);
        }
        // A box that was used would set the last step back.
        if spent::spend(write, self.id, None, self.epoch).await? != Spending::Now {
            return Ok(Enrolment::Used);
        }
        let replaced = totp::of_user(write, user).await?.is_some();
        totp::put(write, self.row.clone()).await?;
        let kind = if replaced { "totp_replaced" } else { "totp_added" };
        Event::new(kind, &self.origin).user(user).session(self.session.id).record(write, self.now).await?;
        let [first, another] = &self.mails;
        if replaced { another } else { first }.queue(write).await?;
        if !self.others_stay {
            sessions::end_others_in(write, &self.session, kind, &self.origin, self.now).await?;
        }
        backup_codes::ask_to_save_in(write, user).await?;
        if let Some(beginning) = &self.beginning {
            beginning.run(write, &held).await?;
        }
        Ok(Enrolment::Done { replaced })
    }
}

/// The person's row, held to change, if the session that asks is still open: changes of one person's ways in come one after the other.
async fn held_if_open(write: &Write<'_>, session: &session::Model) -> Result<Option<user::Model>, StoreError> {
    let Some(user) = user::hold_to_change(write, session.user_id).await? else { return Ok(None) };
    Ok(if sessions::is_still_open(write, session, &user).await? { Some(user) } else { None })
}

struct Disable {
    session: session::Model,
    rules: Rules,
    others_stay: bool,
    mail: Mail,
    origin: Origin,
    now: Time,
}

enum Disabled {
    Done,
    LeavesTooShort,
    NotThere,
    SessionEnded,
}

impl Job for Disable {
    type Outcome = Disabled;

    async fn run(&self, write: &Write<'_>) -> Result<Disabled, StoreError> {
        if held_if_open(write, &self.session).await?.is_none() {
            return Ok(Disabled::SessionEnded);
        }
        // Looked at while the person's row is held, so that a shorter password can't be set in the same moment.
        if self.rules.password_needs_app(write, self.session.user_id).await? && totp::of_user(write, self.session.user_id).await?.is_some() {
            return Ok(Disabled::LeavesTooShort);
        }
        if !totp::delete(write, self.session.user_id).await? {
            return Ok(Disabled::NotThere);
        }
        Event::new("totp_removed", &self.origin).user(self.session.user_id).session(self.session.id).record(write, self.now).await?;
        self.mail.queue(write).await?;
        if !self.others_stay {
            sessions::end_others_in(write, &self.session, "totp_removed", &self.origin, self.now).await?;
        }
        Ok(Disabled::Done)
    }
}

/// Switches the app of whoever is signed in `here` off: its secret is gone at once. Their other sessions end unless `others_stay`.
///
/// # Errors
/// `not_found` if there is none; `totp_guards_password` if it would leave a password alone that is too short for that (C-PW-01); `not_signed_in`.
pub async fn disable(app: &App, here: &SessionAndUser, others_stay: bool, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let mail = notices::to(app, &here.user, Notice::AuthenticatorAppRemoved, &origin)?;
    let job = Disable { session: here.session.clone(), rules: Rules::of(app), others_stay, mail, origin, now: app.now() };
    match app.store().write(job).await? {
        Disabled::Done => Ok(()),
        Disabled::LeavesTooShort => Err(AppError::new(Kind::Conflict, "totp_guards_password")),
        Disabled::NotThere => Err(AppError::new(Kind::NotFound, "not_found").because("no authenticator app")),
        Disabled::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
    }
}

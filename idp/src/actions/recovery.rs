//! Recovery: somebody who has lost every passkey registers a new one, with a link that was mailed to them and a backup code, or with a link
//! from whoever looks after the house.
//!
//! Nothing counts before all of it is there: the code is proved first and used up in the one write that also uses the link up, stores the
//! passkey and opens the session (C-REC-02, C-REC-03). The other ways in stay as they are; whatever was opened before ends, because
//! whoever has the lost device may be in it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::backup_code_use::{self, Matched};
use crate::actions::ceremonies::{self, Begun};
use crate::actions::limits::{self, Budget, Method, Taken};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::passkey_policy::{self, NotMade};
use crate::actions::registration::new_passkey;
use crate::actions::sessions::{self, Beginning, Opened, Proof};
use crate::actions::visitor::Visitor;
use crate::actions::{backup_codes, credential_epoch, one_time_links, recovery_links};
use crate::adapters::webauthn::RegistrationState;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::OneTimeLinkId;
use crate::base::sealed::{Fact, Unsealed, binding};
use crate::base::secret::SessionSecret;
use crate::base::single_use::SingleUseId;
use crate::store::one_time_link::LinkKind;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, one_time_link, passkey, user};

/// How long a code that was right may wait for the passkey; it never outlives its link.
const PROVED: Duration = Duration::from_mins(10);

/// A backup code that was right.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvedCode {
    link: OneTimeLinkId,
    code: Matched,
}

impl Fact for ProvedCode {
    const PREFIX: &'static str = "wv_";
}

/// A registration between its two halves.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recovering {
    link: OneTimeLinkId,
    /// None where somebody else has vouched for the person.
    code: Option<Matched>,
    state: RegistrationState,
}

impl Fact for Recovering {
    const PREFIX: &'static str = "wy_";
}

/// B-CH-04: what is proved and begun belongs to a browser and to the link it was done under.
fn belongs_to(browser: Digest, token: &str) -> Vec<u8> {
    binding(&[b"recovery", browser.as_bytes(), Digest::of(token).as_bytes()])
}

/// A link that may be used, and whose account it leads into.
#[derive(Clone, Debug)]
pub struct Link {
    row: one_time_link::Model,
    /// Whose account it is.
    pub user: user::Model,
}

impl Link {
    /// Whether a backup code is needed beside it.
    pub fn needs_code(&self) -> bool {
        self.row.kind != LinkKind::ApprovedRecovery
    }
}

/// Opens a link. Changes nothing (C-REC-05). At most five reads.
///
/// # Errors
/// `link_invalid` or `link_expired`, also if the account is not as it was when the link was made (C-REC-01).
pub async fn open(app: &App, token: &str) -> Result<Link, AppError> {
    let row = one_time_links::find(app, &recovery_links::KINDS, token).await?;
    let over = one_time_links::over;
    let user = user::by_id(app.store(), row.user_id.ok_or_else(over)?).await?.filter(user::Model::is_active).ok_or_else(over)?;
    if row.bound_to != Some(credential_epoch::fingerprint(app.store(), &user).await?) {
        return Err(over());
    }
    Ok(Link { row, user })
}

/// How many backup codes could be used with this link. One read.
pub async fn codes_left(app: &App, link: &Link) -> Result<usize, StoreError> {
    backup_code_use::left(app, &link.user).await
}

/// Judges a backup code. What comes back stands for it, in this browser and under this link alone; the code is not used up by it.
///
/// # Errors
/// `too_many_attempts`; those of [`open`]; `backup_code_invalid`.
pub async fn prove(app: &App, token: &str, typed: &str, visitor: &Visitor) -> Result<String, AppError> {
    visitor.admit(app)?;
    let link = open(app, token).await?;
    // C-BC-04: the same count as for second steps at sign-in.
    let counted = limits::take(app, &Budget::of_guess(app, visitor, &link.user.email, Method::SecondStep), app.now()).await?;
    let matched = backup_code_use::compare(app, &link.user, typed).await?;
    let event = |kind| Event::new(kind, &visitor.origin).user(link.user.id).detail("link", link.row.id.to_string());
    let Some(code) = matched else {
        app.store().write(Note { event: event("recovery_failed").detail("reason", "backup_code"), taken: None, now: app.now() }).await?;
        return Err(AppError::new(Kind::Invalid, "backup_code_invalid"));
    };
    app.store().write(Note { event: event("recovery_code_accepted"), taken: Some(counted), now: app.now() }).await?;
    let id = SingleUseId::new(app.now().plus(PROVED).min(link.row.expires_at));
    let proved = ProvedCode { link: link.row.id, code };
    app.view().rings.sealer.seal(id, &proved, &belongs_to(visitor.browser, token)).map_err(AppError::internal)
}

struct Note {
    event: Event,
    taken: Option<Taken>,
    now: Time,
}

impl Job for Note {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        if let Some(taken) = &self.taken {
            taken.give_back(write).await?;
        }
        self.event.record(write, self.now).await
    }
}

/// The code that `proved` stands for; none where the link needs none. Asks nobody.
///
/// # Errors
/// `recovery_unproved` if one is needed and this is none: not ours, another browser's, over, or of another link.
pub async fn proved(app: &App, link: &Link, token: &str, proved: &str, browser: Digest) -> Result<Proved, AppError> {
    if !link.needs_code() {
        return Ok(Proved(None));
    }
    let unproved = |why: Unsealed| AppError::new(Kind::Forbidden, "recovery_unproved").because(format!("{why:?}"));
    let (_, opened) = app.open_box::<ProvedCode>(proved, &belongs_to(browser, token)).await.map_err(unproved)?;
    if opened.link != link.row.id {
        return Err(unproved(Unsealed::Invalid));
    }
    Ok(Proved(Some(opened.code)))
}

/// That nothing is missing but the passkey.
#[derive(Clone, Debug)]
#[must_use = "what was proved is there to go on with"]
pub struct Proved(Option<Matched>);

/// Begins the registration of the new passkey. Stores nothing.
///
/// # Errors
/// Those of [`open`] and [`proved`]; `passkeys_full`.
pub async fn begin(app: &App, token: &str, text: &str, browser: Digest) -> Result<Begun, AppError> {
    let link = open(app, token).await?;
    let Proved(code) = proved(app, &link, token, text, browser).await?;
    let Link { row, user } = link;
    let own = passkey::of_user(app.store(), user.id).await?;
    if own.len() >= most(app) {
        return Err(full());
    }
    // WebAuthn §13.4.6: an authenticator that holds one of them makes no second one; then it isn't lost.
    let exclude: Vec<_> = own.into_iter().map(|row| row.credential_id).collect();
    let (public_key, state) = app.webauthn().begin_registration(user.user_handle, &user.email, &user.name, &exclude)?;
    ceremonies::begin(app, &Recovering { link: row.id, code, state }, &belongs_to(browser, token), public_key)
}

/// Finishes it: the passkey is stored, the link and the code are used up, whatever was opened before ends, and a session begins.
///
/// # Errors
/// `too_many_attempts`; those of [`ceremonies::open`] and [`open`]; `passkey_invalid`, `passkey_not_allowed`, `passkey_exists`,
/// `passkeys_full`, `backup_code_used`, `link_invalid`, `ceremony_used`, which all spend the ceremony and use nothing else up.
pub async fn finish(app: &App, token: &str, ceremony: &str, credential: &[u8], visitor: &Visitor) -> Result<Opened, AppError> {
    visitor.admit(app)?;
    let (ceremony, recovering) = ceremonies::open::<Recovering>(app, ceremony, &belongs_to(visitor.browser, token)).await?;
    let Link { row, user } = open(app, token).await?;
    if recovering.link != row.id || (row.kind != LinkKind::ApprovedRecovery && recovering.code.is_none()) {
        return Err(AppError::new(Kind::Invalid, "ceremony_foreign").because("it began under another link"));
    }
    let made = match passkey_policy::finish(app, &recovering.state, credential) {
        Ok(made) => made,
        Err(NotMade { reason, error }) => {
            ceremonies::burn(app, ceremony, failed(&visitor.origin, &row, reason)).await?;
            return Err(error);
        }
    };
    let (now, secret) = (app.now(), SessionSecret::random());
    let passkey = new_passkey(made, None, user.id, &app.config().passkeys.rp_id, now)?;
    let before = visitor.everybody(app).await?;
    let beside = before.beside(user.id);
    let beginning = Beginning {
        before,
        secret: secret.digest(),
        browser: visitor.browser,
        proof: Proof::of_passkey(&passkey, &app.config().passkeys),
        passkey: Some(passkey.id),
        now,
        limits: app.config().sessions.clone(),
        epoch: app.epoch(),
        origin: visitor.origin.clone().by(Actor::User(user.id)),
        news: None,
    };
    let notice = Notice::Recovered { passkey: passkey.id, name: passkey.name.clone() };
    let mail = notices::to(app, &user, notice, &beginning.origin)?;
    let recover = Recover { ceremony, link: row, code: recovering.code, passkey, most: most(app), mail, beginning };
    match app.store().write(recover).await? {
        Recovered::Done(user) => Ok(Opened { secret, user: *user, beside }),
        Recovered::CeremonyUsed => Err(ceremonies::used()),
        Recovered::Refused(why) => Err(match why {
            Refusal::LinkOver => one_time_links::over(),
            Refusal::CodeUsed => AppError::new(Kind::Conflict, "backup_code_used"),
            Refusal::Full => full(),
            Refusal::PasskeyExists => AppError::new(Kind::Conflict, "passkey_exists"),
        }),
    }
}

/// B-REG-12: how many passkeys one person may have.
fn most(app: &App) -> usize {
    usize::try_from(app.config().limits.passkeys_per_user).unwrap_or(usize::MAX)
}

fn full() -> AppError {
    AppError::new(Kind::Conflict, "passkeys_full")
}

fn failed(origin: &Origin, link: &one_time_link::Model, reason: &'static str) -> Event {
    let event = Event::new("recovery_failed", origin).detail("link", link.id.to_string()).detail("reason", reason);
    match link.user_id {
        Some(user) => event.user(user),
        None => event,
    }
}

struct Recover {
    ceremony: SingleUseId,
    link: one_time_link::Model,
    code: Option<Matched>,
    passkey: passkey::Model,
    most: usize,
    mail: Mail,
    beginning: Beginning,
}

enum Recovered {
    Done(Box<user::Model>),
    CeremonyUsed,
    Refused(Refusal),
}

#[derive(Clone, Copy)]
enum Refusal {
    LinkOver,
    CodeUsed,
    Full,
    PasskeyExists,
}

impl Refusal {
    const fn reason(self) -> &'static str {
        match self {
            Self::LinkOver => "link_over",
            Self::CodeUsed => "backup_code_used",
            Self::Full => "passkeys_full",
            Self::PasskeyExists => "passkey_exists",
        }
    }
}

impl Job for Recover {
    type Outcome = Recovered;

    async fn run(&self, write: &Write<'_>) -> Result<Recovered, StoreError> {
        let Beginning { now, epoch, ref origin, .. } = self.beginning;
        if spent::spend(write, self.ceremony, None, epoch).await? != Spending::Now {
            return Ok(Recovered::CeremonyUsed);
        }
        // Held to change: whatever else happens to this person's ways in, links and codes comes before or after.
        let user = user::hold_to_change(write, self.passkey.user_id).await?.filter(user::Model::is_active);
        let Some(user) = user else { return self.refuse(write, Refusal::LinkOver).await };
        if let Some(why) = self.objection(write, &user).await? {
            return self.refuse(write, why).await;
        }
        // The code first: it is the one that somebody else may have used a moment ago, and then the link must stay good.
        let codes_left = match &self.code {
            Some(code) => match backup_code_use::use_up_in(write, code, now).await? {
                Some(left) => Some(left),
                None => return self.refuse(write, Refusal::CodeUsed).await,
            },
            None => None,
        };
        if !one_time_link::spend(write, self.link.id, epoch, now).await? || !passkey::insert(write, self.passkey.clone()).await? {
            return Err(StoreError::Unreadable("a link or a credential id was free and taken in one write".to_owned()));
        }
        let security_epoch = user::end_everything(write, &user).await?;
        let user = user::Model { security_epoch, ..user };
        sessions::end_all_in(write, user.id, "recovered", origin, now).await?;
        let event = |kind| Event::new(kind, origin).user(user.id);
        let recovered = event("recovered").detail("link", self.link.id.to_string()).detail("kind", self.link.kind.to_string());
        match codes_left {
            Some(left) => recovered.detail("backup_codes_left", left),
            None => recovered,
        }
        .record(write, now)
        .await?;
        event("passkey_registered")
            .detail("passkey", self.passkey.id.to_string())
            .detail("backup_eligible", self.passkey.backup_eligible)
            .record(write, now)
            .await?;
        self.mail.queue(write).await?;
        backup_codes::ask_to_save_in(write, user.id).await?;
        self.beginning.run(write, &user).await?;
        Ok(Recovered::Done(Box::new(user)))
    }
}

impl Recover {
    /// Whatever is in the way; nothing is used up by asking.
    async fn objection(&self, write: &Write<'_>, user: &user::Model) -> Result<Option<Refusal>, StoreError> {
        let Beginning { now, epoch, .. } = self.beginning;
        let is_good = one_time_links::is_waiting_in(write, &self.link, epoch, now).await?
            && self.link.bound_to == Some(credential_epoch::fingerprint(write, user).await?);
        if !is_good {
            return Ok(Some(Refusal::LinkOver));
        }
        if passkey::of_user(write, user.id).await?.len() >= self.most {
            return Ok(Some(Refusal::Full));
        }
        Ok(passkey::is_known(write, &self.passkey.credential_id).await?.then_some(Refusal::PasskeyExists))
    }

    async fn refuse(&self, write: &Write<'_>, why: Refusal) -> Result<Recovered, StoreError> {
        let origin = self.beginning.origin.clone().by(Actor::Nobody);
        failed(&origin, &self.link, why.reason()).record(write, self.beginning.now).await?;
        Ok(Recovered::Refused(why))
    }
}

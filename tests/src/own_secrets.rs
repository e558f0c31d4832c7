//! People who have a password, an authenticator app or nothing but these: put in behind the pages, as an import would.

use std::path::Path;

use url::Url;
use weftid::actions::passwords;
use weftid::adapters::totp::{TotpSecret, step_at};
use weftid::app::App;
use weftid::base::clock::{Clock, Time};
use weftid::base::email::Email;
use weftid::base::id::{Subject, UserHandle, UserId};
use weftid::base::password::Password;
use weftid::base::secret::PasswordHash;
use weftid::config::Config;
use weftid::protocol::profile::Profile;
use weftid::store::user::Role;
use weftid::store::{Job, StoreError, Write, password, totp, user};

use crate::database::Database;

/// An authenticator app that shares a secret with the provider.
#[derive(Clone, Debug)]
pub struct AuthenticatorApp(TotpSecret);

impl AuthenticatorApp {
    /// An app that took over the key that a page shows: base 32 (RFC 4648 §6), in groups.
    pub fn of_key(shown: &str) -> Self {
        let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
        for letter in shown.bytes().filter(|letter| *letter != b' ') {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                _ => panic!("{shown:?} is not base 32"),
            };
            (bits, held) = (bits << 5 | u32::from(value), held + 5);
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from(bits >> held & 0xff).expect("one byte"));
            }
        }
        Self(TotpSecret::from_bytes(&bytes).expect("160 bits"))
    }

    /// The key, without gaps.
    pub fn key(&self) -> String {
        self.0.groups().replace(' ', "")
    }

    /// The secret itself.
    pub fn secret(&self) -> [u8; 20] {
        *self.0.expose()
    }

    /// The code that it shows.
    pub fn code(&self, clock: &Clock) -> String {
        self.code_in(clock, 0)
    }

    /// The code that it shows so many steps later.
    pub fn code_in(&self, clock: &Clock, steps: i64) -> String {
        self.0.code_at(step_at(clock.now()) + steps).to_string()
    }
}

/// The person who signs in with this address; they must be there.
pub async fn person(app: &App, email: &str) -> user::Model {
    let email = Email::parse(email).expect("an address");
    user::by_email(app.store(), &email).await.expect("the database works").expect("the person is there")
}

struct SetPassword(password::Model);

impl Job for SetPassword {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        password::set(write, self.0.clone()).await
    }
}

/// Gives a person this password, in the place of any other.
pub async fn gives_password(app: &App, email: &str, text: &str) {
    let hash = app.passwords().hash(&Password::typed(text)).await.expect("it is hashed");
    let (user_id, stands_alone) = (person(app, email).await.id, passwords::stands_alone(&Password::typed(text)));
    let row = password::Model { user_id, hash, set_at: app.now(), stands_alone, last_used_at: None, frozen_at: None };
    app.store().write(SetPassword(row)).await.expect("the database works");
}

struct PutTotp(totp::Model);

impl Job for PutTotp {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        totp::put(write, self.0.clone()).await
    }
}

/// Gives a person an authenticator app.
pub async fn gives_authenticator_app(app: &App, email: &str) -> AuthenticatorApp {
    let user_id = person(app, email).await.id;
    let secret = TotpSecret::random();
    let sealed = app.data_keys().seal("totps.secret", user_id.as_uuid().as_bytes(), secret.expose()).expect("it is sealed");
    let row = totp::Model { user_id, secret: sealed, created_at: app.now(), last_step: 0, last_used_at: None, frozen_at: None };
    app.store().write(PutTotp(row)).await.expect("the database works");
    AuthenticatorApp(secret)
}

struct Import(Vec<(user::Model, password::Model)>);

impl Job for Import {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        for (person, secret) in &self.0 {
            assert!(user::insert(write, person.clone()).await?, "two people with one address");
            password::set(write, secret.clone()).await?;
        }
        Ok(())
    }
}

fn imported(email: &str, hash: &PasswordHash, stands_alone: bool, now: Time) -> (user::Model, password::Model) {
    let id = UserId::new(now);
    let person = user::Model {
        id,
        subject: Subject::random(),
        user_handle: UserHandle::random(),
        email: Email::parse(email).expect("an address"),
        name: "Imported Person".to_owned(),
        role: Role::User,
        created_at: now,
        email_verified_at: None,
        backup_code_set: None,
        backup_codes_acknowledged_at: Some(now),
        deactivated_at: None,
        security_epoch: 0,
        profile: Profile::default(),
        updated_at: now,
        language: None,
        time_zone: None,
        theme: None,
    };
    (person, password::Model { user_id: id, hash: hash.clone(), set_at: now, stands_alone, last_used_at: None, frozen_at: None })
}

/// Brings in people who have this password and no passkey.
pub async fn imports(app: &App, emails: &[&str], text: &str) {
    let hash = app.passwords().hash(&Password::typed(text)).await.expect("it is hashed");
    let stands_alone = passwords::stands_alone(&Password::typed(text));
    for slice in emails.chunks(100) {
        app.store()
            .write(Import(slice.iter().map(|email| imported(email, &hash, stands_alone, app.now())).collect()))
            .await
            .expect("the database works");
    }
}

/// Opens the embedded database that a process of its own serves, to put people into it.
pub async fn opens_beside(data_dir: &Path, issuer: &Url) -> App {
    let pairs = [("data_dir", data_dir.to_str().expect("a path of ours")), ("issuer", issuer.as_str().trim_end_matches('/'))];
    App::open(Config::from_pairs(&pairs).expect("settings"), Clock::system()).await.expect("the database opens")
}

/// Opens the database that a process of its own serves, whichever it is, to put people into it.
pub async fn opens_on(database: &Database, issuer: &Url) -> App {
    let mut pairs = database.settings();
    pairs.push(("issuer", issuer.as_str().trim_end_matches('/').to_owned()));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(path, value)| (*path, value.as_str())).collect();
    App::open(Config::from_pairs(&pairs).expect("settings"), Clock::system()).await.expect("the database opens")
}

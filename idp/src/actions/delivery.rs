//! Delivery: sends the mails that wait. Whoever queued one has been answered long before; a slow server holds nobody up (C-ENUM-04).
//!
//! A mail is taken for one try by a conditional UPDATE, on whichever node, and comes back by itself if that node dies meanwhile. What the server
//! refuses for now is tried again, at growing distances, for three days; what it refuses for good is given up, and the audit log says so. A mail
//! whose node died between the server's answer and the row's end is sent twice, with the same Message-ID.

use std::time::Duration;

use futures_util::future::join_all;

use crate::actions::audit::{Event, Origin};
use crate::actions::mails::{Content, Letter, Told};
use crate::adapters::mail::{LONGEST, NotSent, Sent, Written};
use crate::adapters::templates::TemplateError;
use crate::adapters::templates::mails::{ConfirmAddress, Foreign, House, InWords, Notice, RecoveryLink, Trial};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::distances::Distances;
use crate::base::email::Email;
use crate::base::id::MailId;
use crate::store::{Job, StoreError, Write, mail};

/// How many mails are under way at the same time.
const TOGETHER: u64 = 8;
/// How long one try may take before the mail is taken for forgotten.
const TRY: Duration = LONGEST.saturating_mul(2);
/// The distances between tries.
const DISTANCES: Distances = Distances { first: Duration::from_mins(1), longest: Duration::from_hours(6) };
/// A mail is given up that could not be sent for so long.
const GIVEN_UP: Duration = Duration::from_hours(72);

struct Claim {
    now: Time,
    until: Time,
}

impl Job for Claim {
    type Outcome = Vec<mail::Model>;

    async fn run(&self, write: &Write<'_>) -> Result<Vec<mail::Model>, StoreError> {
        let mut claimed = Vec::new();
        for row in mail::due(write, self.now, TOGETHER).await? {
            if mail::claim(write, row.id, row.tries, self.until).await? {
                claimed.push(mail::Model { tries: row.tries.saturating_add(1), next_at: self.until, ..row });
            }
        }
        Ok(claimed)
    }
}

/// What became of a try.
enum Outcome {
    Sent,
    /// Tried again then.
    Again(Time),
    /// Never tried again, for this reason.
    GivenUp(&'static str),
}

struct Settle {
    row: mail::Model,
    outcome: Outcome,
    now: Time,
}

impl Job for Settle {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        let mail::Model { id, tries, user_id, ref kind, .. } = self.row;
        match self.outcome {
            Outcome::Again(then) => mail::put_off(write, id, tries, then).await,
            Outcome::Sent => mail::delete(write, id).await.map(drop),
            Outcome::GivenUp(reason) => {
                if mail::delete(write, id).await? {
                    let event = Event::new("mail_given_up", &Origin::system()).detail("kind", kind.clone()).detail("reason", reason);
                    let event = user_id.map_or_else(|| event.clone(), |user| event.clone().user(user));
                    event.detail("tries", tries).record(write, self.now).await?;
                }
                Ok(())
            }
        }
    }
}

/// Sends every mail whose time has come. How many were tried. One read where none waits.
pub async fn deliver(app: &App) -> Result<u64, StoreError> {
    let mut tried = 0;
    loop {
        let now = app.now();
        if mail::due(app.store(), now, 1).await?.is_empty() {
            return Ok(tried);
        }
        let claimed = app.store().write(Claim { now, until: now.plus(TRY) }).await?;
        if claimed.is_empty() {
            return Ok(tried);
        }
        tried += u64::try_from(claimed.len()).unwrap_or(u64::MAX);
        for settled in join_all(claimed.into_iter().map(|row| deliver_one(app, row))).await {
            settled?;
        }
    }
}

async fn deliver_one(app: &App, row: mail::Model) -> Result<(), StoreError> {
    let outcome = attempt(app, &row).await;
    let (now, id, kind, tries) = (app.now(), row.id, row.kind.clone(), row.tries);
    let outcome = match outcome {
        // Whatever it is, it has been so for too long.
        Outcome::Again(_) if now >= row.created_at.plus(GIVEN_UP) => Outcome::GivenUp("too_often"),
        outcome => outcome,
    };
    match &outcome {
        Outcome::Sent => tracing::info!(mail = %id, kind, "mail sent"),
        Outcome::Again(_) => tracing::warn!(mail = %id, kind, tries, "mail is tried again later"),
        Outcome::GivenUp(reason) => tracing::error!(mail = %id, kind, tries, reason, "mail given up"),
    }
    app.store().write(Settle { row, outcome, now }).await
}

async fn attempt(app: &App, row: &mail::Model) -> Outcome {
    let now = app.now();
    let again = Outcome::Again(now.plus(DISTANCES.after(row.tries)));
    let content = match Content::open(app.data_keys(), row) {
        Ok(content) => content,
        // Perhaps a newer release wrote it, and another node can read it.
        Err(error) => {
            tracing::error!(mail = %row.id, %error, "a mail can't be read");
            return again;
        }
    };
    if content.letter.over_at().is_some_and(|end| end <= now) {
        return Outcome::GivenUp("over");
    }
    let words = match in_words(app, &content) {
        Ok(words) => words,
        Err(error) => {
            tracing::error!(mail = %row.id, %error, "a mail can't be written");
            return again;
        }
    };
    match send(app, row.id, &content.to, row.created_at, &words).await {
        Ok(sent) => {
            if let Sent::Kept(path) = sent {
                tracing::info!(mail = %row.id, path = %path.display(), "mail kept");
            }
            Outcome::Sent
        }
        // What a server says may quote the address.
        Err(NotSent::ForNow(said)) => {
            tracing::debug!(mail = %row.id, said, "the server did not take a mail");
            again
        }
        Err(NotSent::Ever(said)) => {
            tracing::debug!(mail = %row.id, said, "the server refused a mail");
            Outcome::GivenUp("refused")
        }
    }
}

fn in_words(app: &App, content: &Content) -> Result<InWords, TemplateError> {
    let locale = app.templates().negotiate(content.language.as_deref());
    let (templates, house) = (app.templates(), house(app));
    match content.letter.clone() {
        Letter::Notice(told) => {
            let Told { kind, account, name, other, left, at, place, not_me_url } = told;
            let (account, name, other) = (Foreign::address(&account), foreign(&name), foreign(&other));
            templates.write(&locale, house, &Notice { kind, account, name, other, left, at, place, not_me_url })
        }
        Letter::RecoveryLink { account, url, until } => {
            templates.write(&locale, house, &RecoveryLink { account: Foreign::address(&account), url, until })
        }
        Letter::ConfirmAddress { account, url, until } => {
            templates.write(&locale, house, &ConfirmAddress { account: Foreign::address(&account), url, until })
        }
    }
}

/// A name, or an address: that is recognised by being one.
fn foreign(text: &str) -> Foreign {
    match Email::parse(text) {
        Some(email) if email.as_str() == text => Foreign::address(&email),
        _ => Foreign::name(text),
    }
}

fn house(app: &App) -> House<'_> {
    House { brand: &app.config().brand.name, issuer: app.config().issuer.as_str() }
}

async fn send(app: &App, id: MailId, to: &Email, at: Time, words: &InWords) -> Result<Sent, NotSent> {
    let InWords { subject, text, html } = words;
    app.mailer().send(&Written { id: &id.to_string(), to, at, subject, text, html }).await
}

/// Sends a mail to an operator who tries out whether it arrives. At once, and past the queue: they wait for what the server says.
///
/// # Errors
/// What the server said.
pub async fn try_out(app: &App, to: &Email) -> Result<Sent, NotSent> {
    let now = app.now();
    let words = app.templates().write(&app.templates().negotiate(None), house(app), &Trial { at: now });
    let words = words.map_err(|error| NotSent::Ever(error.to_string()))?;
    send(app, MailId::new(now), to, now, &words).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A minute first, then twice as long each time, up to six hours; within three days a mail is tried some twenty times.
    #[test]
    fn tries_come_at_growing_distances() {
        let minutes: Vec<u64> = (1..=11).map(|tries| DISTANCES.after(tries).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
        let mut spent = Duration::ZERO;
        let tries = (1..).take_while(|tries| {
            spent += DISTANCES.after(*tries);
            spent < GIVEN_UP
        });
        assert_eq!(tries.count(), 19);
    }
}

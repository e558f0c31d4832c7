//! Attempt budgets: how often somebody may guess at a person's secret, counted in the database, for all nodes and all ways together.
//!
//! A guess is counted before anything is hashed or compared, in a write of its own, and given back when it was right: guesses in the same
//! moment can't outrun the count, and what can't be counted isn't judged. Nobody is shut out for good: the wait grows and has an end
//! (C-THR-01, C-THR-02). Budgets are drawn on alike whether or not the account exists (C-ENUM-03). Passkeys need none: they can't be guessed.

use std::time::Duration;

use crate::actions::visitor::Visitor;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::network::Network;
use crate::base::single_use::SingleUseId;
use crate::config::Limits;
use crate::store::attempt::{self, Draw};
use crate::store::{Job, StoreError, Write};

/// Guesses at one person's secret that cost no wait; and as many second steps has one password (C-THR-04).
const FREE: i64 = 5;
/// From this many on the wait is [`DAY`] (NIST SP 800-63B §3.2.2: no more than 100 in a row).
const TOO_MANY: i64 = 100;
const DAY: Duration = Duration::from_hours(24);
/// An account's guesses are forgotten after so long without one.
const ACCOUNT_FORGETS: Duration = Duration::from_hours(30 * 24);
/// A network's; many people share one, also whoever sits behind the same proxy.
const NETWORK_FORGETS: Duration = Duration::from_hours(1);
/// And for the same reason it never waits longer than this.
const NETWORK_WAITS: Duration = Duration::from_mins(1);
/// A half-done sign-in is over long before that.
const HALF_DONE_FORGETS: Duration = Duration::from_hours(1);

/// How many mails of one kind strangers may send to one address, and how many in all from one network, before they wait (C-THR-08).
const MAILS_TO: i64 = 3;
const MAILS_FROM: i64 = 30;
const MAILS_WAIT: Duration = Duration::from_hours(1);

/// What is guessed at. Each has its own count: a right password gives no new guesses at the code (C-THR-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A password.
    Password,
    /// The second step, by authenticator app or backup code alike (C-BC-04).
    SecondStep,
}

impl Method {
    const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Password => b"password",
            Self::SecondStep => b"second_step",
        }
    }
}

/// How a budget closes and opens again. In the order in which they are drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    Account,
    Network,
    HalfDone,
    MailsTo,
    MailsFrom,
    Registrations,
}

impl Rule {
    const fn forgets(self) -> Duration {
        match self {
            Self::Account => ACCOUNT_FORGETS,
            Self::Network => NETWORK_FORGETS,
            Self::HalfDone => HALF_DONE_FORGETS,
            Self::MailsTo | Self::MailsFrom => MAILS_WAIT,
            Self::Registrations => DAY,
        }
    }

    /// When the guess after the n-th is judged: pairs of n and wait, the largest n first.
    fn waits(self, limits: &Limits) -> Vec<(i64, Duration)> {
        match self {
            Self::Account => [(TOO_MANY, DAY)].into_iter().chain(doubling(FREE, limits.longest_delay)).collect(),
            Self::Network => doubling(limits.network_guesses.into(), NETWORK_WAITS),
            Self::HalfDone => vec![(FREE, HALF_DONE_FORGETS)],
            Self::MailsTo => vec![(MAILS_TO, MAILS_WAIT)],
            Self::MailsFrom => vec![(MAILS_FROM, MAILS_WAIT)],
            Self::Registrations => vec![(limits.registrations_per_network.into(), DAY)],
        }
    }
}

/// A second after the last free guess, then twice as long each time, up to `longest`.
fn doubling(free: i64, longest: Duration) -> Vec<(i64, Duration)> {
    let mut waits = vec![(free, Duration::from_secs(1).min(longest))];
    while let Some((number, wait)) = waits.last().copied().filter(|(_, wait)| *wait < longest) {
        waits.push((number + 1, (wait * 2).min(longest)));
    }
    waits.reverse();
    waits
}

/// One budget. It names nobody: what is counted is a keyed digest.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    id: Digest,
    rule: Rule,
}

impl Budget {
    fn new(app: &App, rule: Rule, parts: &[&[u8]]) -> Self {
        let (_, id) = app.data_keys().digest("attempts", parts);
        Self { id, rule }
    }

    /// Of a network.
    fn of_network(app: &App, network: Network) -> Self {
        Self::new(app, Rule::Network, &[b"network", network.to_string().as_bytes()])
    }

    /// Of an account and a method: for `browser`, if that is known for the account, or for all strangers together.
    fn of_account(app: &App, email: &Email, method: Method, browser: Option<Digest>) -> Self {
        let browser = browser.as_ref().map(Digest::as_bytes).map_or(&b""[..], |bytes| bytes);
        Self::new(app, Rule::Account, &[b"account", email.as_str().as_bytes(), method.as_bytes(), browser])
    }

    /// Of a sign-in that waits for its second step: when it is used up, the password has to be given again.
    pub fn of_half_done(app: &App, passed: SingleUseId) -> Self {
        Self::new(app, Rule::HalfDone, &[b"half_done", passed.as_bytes()])
    }

    /// Of what a network may register where anybody may (A-DCR-01). Never given back.
    pub fn of_registrations(app: &App, network: Network) -> Self {
        Self::new(app, Rule::Registrations, &[b"registrations", network.to_string().as_bytes()])
    }

    /// What a guess of this visitor at a secret of the account `email` draws on.
    ///
    /// A browser in which that person has signed in before has a budget of its own, and is not held to what its network does: strangers can't
    /// use the owner's guesses up (C-THR-02).
    pub fn of_guess(app: &App, visitor: &Visitor, email: &Email, method: Method) -> Vec<Self> {
        if visitor.known_as.as_ref() == Some(email) {
            return vec![Self::of_account(app, email, method, Some(visitor.browser))];
        }
        vec![Self::of_account(app, email, method, None), Self::of_network(app, visitor.network)]
    }

    fn draw(&self, limits: &Limits, now: Time) -> Draw {
        let next_at = self.rule.waits(limits).into_iter().map(|(number, wait)| (number, now.plus(wait))).collect();
        Draw { id: self.id, now, next_at, forgotten_at: now.plus(self.rule.forgets()) }
    }
}

/// Guesses that were counted, to be given back if they turn out right.
#[derive(Clone, Debug)]
#[must_use = "a right guess is given back"]
pub struct Taken {
    budgets: Vec<Budget>,
    at: Time,
}

impl Taken {
    /// When they were counted.
    pub const fn at(&self) -> Time {
        self.at
    }

    /// Gives a right guess back, in the write of what it gives: the account starts anew, the network has one less (C-THR-05).
    pub async fn give_back(&self, write: &Write<'_>) -> Result<(), StoreError> {
        for budget in &self.budgets {
            match budget.rule {
                Rule::Account | Rule::HalfDone => attempt::forget(write, budget.id).await?,
                Rule::Network | Rule::MailsTo | Rule::MailsFrom | Rule::Registrations => attempt::give_back(write, budget.id, self.at).await?,
            }
        }
        Ok(())
    }
}

struct Take(Vec<Draw>);

/// The budgets that are closed, and until when; none if the guess was counted.
impl Job for Take {
    type Outcome = Vec<(Digest, Time)>;

    async fn run(&self, write: &Write<'_>) -> Result<Vec<(Digest, Time)>, StoreError> {
        for (number, draw) in self.0.iter().enumerate() {
            if !attempt::draw(write, draw).await? {
                // A guess that isn't judged counts nowhere.
                for drawn in self.0.iter().take(number) {
                    attempt::give_back(write, drawn.id, drawn.now).await?;
                }
                let ids: Vec<Digest> = self.0.iter().map(|draw| draw.id).collect();
                return attempt::closed(write, &ids, draw.now).await;
            }
        }
        Ok(Vec::new())
    }
}

/// Counts one guess on each of these budgets, or on none. One write, committed before this returns.
///
/// # Errors
/// `too_many_attempts` with the time to wait if one of them is closed; `second_step_over` if that is the one of a half-done sign-in.
pub async fn take(app: &App, budgets: &[Budget], now: Time) -> Result<Taken, AppError> {
    let mut budgets = budgets.to_vec();
    // One order for everybody, so that two writes never wait for each other, and so that every refusal costs the same.
    budgets.sort_by_key(|budget| (budget.rule, *budget.id.as_bytes()));
    let draws = budgets.iter().map(|budget| budget.draw(&app.config().limits, now)).collect();
    let closed = app.store().write(Take(draws)).await?;
    let Some(until) = closed.iter().map(|(_, until)| *until).max() else { return Ok(Taken { budgets, at: now }) };
    let is_half_done = |id: &Digest| budgets.iter().any(|budget| budget.id == *id && budget.rule == Rule::HalfDone);
    if closed.iter().any(|(id, _)| is_half_done(id)) {
        return Err(AppError::new(Kind::Gone, "second_step_over").because("too many wrong codes after one password"));
    }
    Err(AppError::new(Kind::TooMany(until.since(now)), "too_many_attempts").because("the guesses are used up"))
}

/// Whether one more mail of this kind may go to `address`, where strangers can cause it (C-THR-08). Counted whether or not anybody has that
/// address; two writes at most. `false` if enough went there lately: answer as if it had been sent.
///
/// # Errors
/// `too_many_attempts` if `network` caused too many.
pub async fn may_cause_mail(app: &App, kind: &'static str, address: &Email, network: Network) -> Result<bool, AppError> {
    let now = app.now();
    // Never given back: each one counts.
    let _network = take(app, &[Budget::new(app, Rule::MailsFrom, &[b"mails from", network.to_string().as_bytes()])], now).await?;
    match take(app, &[Budget::new(app, Rule::MailsTo, &[b"mails to", kind.as_bytes(), address.as_str().as_bytes()])], now).await {
        Ok(_address) => Ok(true),
        Err(error) if matches!(error.kind, Kind::TooMany(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn waits(rule: Rule) -> Vec<(i64, u64)> {
        let limits = Config::from_pairs(&[]).unwrap().limits;
        rule.waits(&limits).into_iter().map(|(number, wait)| (number, wait.as_secs())).collect()
    }

    /// C-THR-01, C-THR-02: five are free, then the wait doubles from a second to an hour, and from a hundred on it is a day.
    #[test]
    fn waits_grow_and_have_an_end() {
        let account = waits(Rule::Account);
        assert_eq!(account.first(), Some(&(100, 86_400)));
        let ascending: Vec<u64> = account.iter().rev().map(|(_, wait)| *wait).collect();
        assert_eq!(ascending, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 86_400]);
        assert_eq!(account.last(), Some(&(5, 1)));
        assert_eq!((waits(Rule::Network).first(), waits(Rule::Network).last()), (Some(&(36, 60)), Some(&(30, 1))));
        assert_eq!(waits(Rule::HalfDone), [(5, 3_600)]);
    }

    /// What is remembered outlives every wait.
    #[test]
    fn nothing_is_forgotten_while_it_is_closed() {
        for rule in [Rule::Account, Rule::Network, Rule::HalfDone, Rule::MailsTo, Rule::MailsFrom, Rule::Registrations] {
            let limits = Config::from_pairs(&[("limits.longest_delay", "24h")]).unwrap().limits;
            assert!(rule.waits(&limits).iter().all(|(_, wait)| *wait <= rule.forgets()), "{rule:?}");
        }
    }
}

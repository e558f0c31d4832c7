//! Everybody who is signed in in one browser, as one read found them. Whether a session is alive was judged by `sessions`.

use crate::base::id::{Sid, UserId};
use crate::base::secret::SessionSecret;
use crate::base::session_secrets::SessionSecrets;
use crate::store::reads::session_and_user::SessionAndUser;

/// An account that is signed in in a browser.
#[derive(Clone, Debug)]
pub struct Account {
    /// What opens its session.
    pub secret: SessionSecret,
    /// The session and its person.
    pub who: SessionAndUser,
}

/// The accounts that are signed in in a browser; the first is the current one.
#[derive(Clone, Debug, Default)]
pub struct Everybody(Vec<Account>);

impl Everybody {
    /// The accounts of these living sessions, in the order of the cookie.
    pub const fn new(accounts: Vec<Account>) -> Self {
        Self(accounts)
    }

    /// All of them, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = &SessionAndUser> {
        self.0.iter().map(|account| &account.who)
    }

    /// The one that pages are about.
    pub fn current(&self) -> Option<&SessionAndUser> {
        self.iter().next()
    }

    /// The session of this person.
    pub fn of(&self, user: UserId) -> Option<&SessionAndUser> {
        self.iter().find(|who| who.user.id == user)
    }

    /// The session of this name.
    pub fn named(&self, sid: &Sid) -> Option<&SessionAndUser> {
        self.iter().find(|who| who.session.sid == *sid)
    }

    /// Whether nobody is signed in.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is more than one.
    pub const fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    fn others(&self, user: UserId) -> impl Iterator<Item = &Account> {
        self.0.iter().filter(move |account| account.who.user.id != user)
    }

    /// The secrets that stay beside the one of `user`, who signs in or leaves.
    pub fn beside(&self, user: UserId) -> SessionSecrets {
        self.others(user).map(|account| account.secret.clone()).take(SessionSecrets::MOST - 1).collect()
    }

    /// Those for whom there is no room when `user` signs in: whoever was not the current one for the longest time.
    pub fn beyond(&self, user: UserId) -> impl Iterator<Item = &SessionAndUser> {
        self.others(user).skip(SessionSecrets::MOST - 1).map(|account| &account.who)
    }

    /// The secrets with that of `user` in front.
    pub fn led_by(&self, user: UserId) -> SessionSecrets {
        let own = self.0.iter().filter(|account| account.who.user.id == user).take(1);
        own.chain(self.others(user)).map(|account| account.secret.clone()).collect()
    }
}

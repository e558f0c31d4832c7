//! What the pages on the way to an application, and out of the house, are given.

use serde::Serialize;

use super::{Field, Page, Presented, User};

/// `/consent/BOX`.
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Who asks.
    pub presented: Presented,
    /// Who would be giving.
    pub user: User,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Claims beyond that, by their names.
    pub claims: Vec<&'static str>,
    /// The APIs that the application would use in the person's name.
    pub resources: Vec<String>,
    /// The page's own path.
    pub action: String,
    /// The authorization request, carried along where another account is chosen.
    pub request: Option<String>,
}

impl Page for Consent {
    const NAME: &'static str = "consent";
}

/// An answer that the browser posts to the application.
#[derive(Clone, Debug, Serialize)]
pub struct FormPost {
    /// Who waits for it.
    pub presented: Presented,
    /// The application's address.
    pub action: String,
    /// What is sent.
    pub fields: Vec<Field>,
}

impl Page for FormPost {
    const NAME: &'static str = "form-post";
}

/// A refusal that an application hears only if its person goes back there.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// Who asked.
    pub presented: Presented,
    /// The registered code.
    pub error: &'static str,
    /// What is said about it to its developer.
    pub description: String,
    /// The way back, where it is an address.
    pub url: Option<String>,
    /// The application's address, where the refusal is posted.
    pub action: Option<String>,
    /// What is posted.
    pub fields: Vec<Field>,
}

impl Page for Refused {
    const NAME: &'static str = "refused";
}

/// `/sign-out` and `/logout`, asking.
#[derive(Clone, Debug, Serialize)]
pub struct SignOut {
    /// Where the answer goes.
    pub action: String,
    /// What is sent along.
    pub fields: Vec<Field>,
    /// Who asks, when it isn't the person alone.
    pub presented: Option<Presented>,
    /// Everybody who is signed in here; the first is the one who leaves.
    pub accounts: Vec<User>,
    /// Where "Stay signed in" leads; without it the answer `decision=deny` is posted.
    pub stay_url: Option<String>,
}

impl Page for SignOut {
    const NAME: &'static str = "sign-out";
}

/// `/signed-out`.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOut {
    /// Which application the person came from.
    pub presented: Option<Presented>,
    /// The way back to it.
    pub continue_url: Option<String>,
    /// Who is still signed in here.
    pub others: Vec<User>,
    /// Where one of them is chosen.
    pub choose_url: String,
    /// The way in again.
    pub sign_in_url: String,
}

impl Page for SignedOut {
    const NAME: &'static str = "signed-out";
}

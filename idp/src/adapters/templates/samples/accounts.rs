//! Several accounts in one browser.

use super::super::pages::{ChoosableAccount, ChooseAccount, User};
use super::{Sample, alice, remembered, sample, text, wiki};

pub(super) fn bob() -> User {
    User { name: "Bob Builder".into(), email: "bob@northwind.example".into(), initials: "BB".into() }
}

pub(super) fn long() -> User {
    let email = "somebody.with.a.remarkably.long.address@subdomain.northwind.example".into();
    User { name: "Somebody of the Donaudampfschifffahrtsgesellschaft".into(), email, initials: "SO".into() }
}

pub(super) fn all() -> Vec<Sample> {
    let account = |user: User, current| ChoosableAccount { account: user.initials.clone(), user, current };
    let own = ChooseAccount {
        action: "/choose-account".into(),
        request: None,
        presented: None,
        accounts: vec![account(alice(), true), account(bob(), false)],
        remembered: None,
    };
    vec![
        sample("own", own.clone()),
        sample(
            "for-a-client",
            ChooseAccount {
                action: "/choose-account/abc".into(),
                request: text("abc"),
                presented: Some(wiki()),
                accounts: vec![account(alice(), true), account(bob(), false), account(long(), false)],
                remembered: remembered("carol@northwind.example", "C"),
            },
        ),
        sample("nobody-fits", ChooseAccount { request: text("abc"), presented: Some(wiki()), accounts: vec![], ..own }),
    ]
}

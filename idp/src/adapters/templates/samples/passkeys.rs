//! A passkey after a password: the offer, and the first one where a password opens no session.

use super::super::pages::{Enrol, Offer};
use super::{Sample, long, sample, text, wiki};

pub(super) fn all() -> Vec<Sample> {
    let offer = Offer { request: None, presented: None };
    let enrol =
        Enrol { request: None, presented: None, passed: "wk_abc".into(), account: "alice@northwind.example".into(), back_url: "/login".into() };
    vec![
        sample("own", offer.clone()),
        sample("for-a-client", Offer { request: text("abc"), presented: Some(wiki()) }),
        sample(
            "for-a-client",
            Enrol {
                request: text("abc"),
                presented: Some(long()),
                account: "somebody.with.a.remarkably.long.address@subdomain.northwind.example".into(),
                ..enrol.clone()
            },
        ),
        sample("own", enrol),
    ]
}

//! "This wasn't me", before and after.

use super::super::pages::{NotMe, NotMeDone};
use super::{Sample, sample};

pub(super) fn all() -> Vec<Sample> {
    let page = NotMe {
        action: "/not-me/abc".into(),
        account: "alice@northwind.example".into(),
        about: "passkey_registered".into(),
        undo: "passkey",
        address: String::new(),
        keep_url: "/account".into(),
    };
    let address = NotMe { about: "address_changed".into(), undo: "address", address: "alice@northwind.example".into(), ..page.clone() };
    let done = NotMeDone { undone: true, sign_in_url: "/login".into() };
    vec![
        sample("passkey", page.clone()),
        sample("password", NotMe { about: "password_changed".into(), undo: "password", ..page.clone() }),
        sample("app", NotMe { about: "totp_added".into(), undo: "totp", ..page.clone() }),
        sample("codes", NotMe { about: "backup_code_used".into(), undo: "backup_codes", ..page.clone() }),
        sample("sign-in", NotMe { about: "signed_in_elsewhere".into(), undo: "nothing", ..page }),
        sample("address", address),
        sample("gone", NotMeDone { undone: false, ..done.clone() }),
        sample("undone", done),
    ]
}

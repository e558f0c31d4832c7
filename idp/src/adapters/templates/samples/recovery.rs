//! Samples of the pages on which somebody comes back, or changes their address.

use super::{Sample, ago, house, sample, text};
use crate::adapters::templates::pages::{ChangeEmail, ConfirmEmail, Recover, RecoverStep, Waiting};

pub(super) fn samples() -> Vec<Sample> {
    let ask = Recover {
        step: RecoverStep::Ask,
        action: String::new(),
        account: String::new(),
        typed: String::new(),
        minutes: 30,
        proved: String::new(),
        error: None,
    };
    let code = Recover { step: RecoverStep::Code, action: "/recover/abc".into(), account: "alice@northwind.example".into(), ..ask.clone() };
    let change = ChangeEmail {
        house: house("profile"),
        email: "alice@northwind.example".into(),
        waiting: None,
        typed: String::new(),
        error: None,
        news: None,
        back_url: "/account/profile".into(),
    };
    let waiting = Waiting { email: "alice.example@a-new-provider-with-a-long-name.example".into(), expires_at: ago(-1) };
    let confirm = ConfirmEmail {
        action: "/account/email/abc".into(),
        account: "alice@northwind.example".into(),
        email: "alice@fabrikam.example".into(),
        back_url: "/account/email".into(),
    };
    vec![
        sample("mistyped", Recover { typed: "alice@".into(), error: Some("error-email_invalid"), ..ask.clone() }),
        sample("sent", Recover { step: RecoverStep::Sent, ..ask.clone() }),
        sample("ask", ask),
        sample("wrong-code", Recover { error: Some("error-backup_code_invalid"), ..code.clone() }),
        sample("no-codes", Recover { step: RecoverStep::NoCodes, ..code.clone() }),
        sample("passkey", Recover { step: RecoverStep::Passkey, proved: "wv_abc".into(), ..code.clone() }),
        sample("code", code),
        sample("sent", ChangeEmail { waiting: Some(waiting), news: Some("sent"), ..change.clone() }),
        sample("refused", ChangeEmail { typed: "alice@northwind.example".into(), error: text("error-email_unchanged"), ..change.clone() }),
        sample("changed", ChangeEmail { news: Some("changed"), ..change.clone() }),
        sample("plain", ChangeEmail { news: Some("cancelled"), ..change }),
        sample("usual", confirm),
    ]
}

//! Samples of the pages about password, authenticator app and backup codes, and of showing that it is still you.

use super::{Sample, ago, sample};
use crate::adapters::templates::pages::{
    AuthenticatorApp, Codes, ConfirmCode, ConfirmPassword, Confirmed, DisableTotp, Field, OwnPassword, RegenerateBackupCodes, RemovePassword, Way,
};
use crate::adapters::totp::TotpSecret;

const BACK: &str = "/account/sign-in-methods";

/// A way in that was set some days ago and used some hours ago.
#[expect(clippy::unnecessary_wraps, reason = "what it fills may be missing")]
pub(super) fn way(days: i64, used: Option<i64>) -> Option<Way> {
    Some(Way { set_at: ago(24 * days), last_used_at: used.map(ago) })
}

pub(super) fn codes(left: usize, used: &[i64]) -> Codes {
    Codes { saved_at: Some(ago(24 * 30)), left, used_at: used.iter().copied().map(ago).collect() }
}

pub(super) fn all() -> Vec<Sample> {
    let mut samples = step_up();
    samples.extend(own());
    samples
}

fn step_up() -> Vec<Sample> {
    let account = "alice@northwind.example".to_owned();
    let password = ConfirmPassword { account: account.clone(), change: "wx_abc".into(), error: None, back_url: BACK.into() };
    let code = ConfirmCode { account, change: "wx_abc".into(), passed: "wy_abc".into(), error: None, back_url: BACK.into() };
    let field = Field { name: "name".into(), value: "YubiKey 5".into() };
    vec![
        sample("wrong", ConfirmPassword { error: Some("error-password_wrong"), ..password.clone() }),
        sample("usual", password),
        sample("wrong", ConfirmCode { error: Some("error-code_invalid"), ..code.clone() }),
        sample("usual", code),
        sample("usual", Confirmed { action: "/account/passkeys/p1/rename".into(), fields: vec![field], back_url: BACK.into() }),
    ]
}

fn own() -> Vec<Sample> {
    let account = "alice@northwind.example".to_owned();
    let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
    let app = AuthenticatorApp {
        qr: secret.picture("Northwind", &account).unwrap(),
        key: secret.groups().to_string(),
        account: account.clone(),
        enrolment: "we_abc".into(),
        replaces: false,
        error: None,
        back_url: BACK.into(),
    };
    let password = OwnPassword {
        account: account.clone(),
        has_password: false,
        needs_current: false,
        least: 15,
        longest: 256,
        error: None,
        back_url: BACK.into(),
    };
    let changing = OwnPassword { has_password: true, needs_current: true, least: 12, ..password.clone() };
    let removing = RemovePassword { account: account.clone(), has_totp: true, remaining: vec!["iCloud Keychain".into()], back_url: BACK.into() };
    let codes = RegenerateBackupCodes { account: account.clone(), left: 7, back_url: BACK.into() };
    vec![
        sample("wrong", AuthenticatorApp { error: Some("error-totp_not_confirmed"), ..app.clone() }),
        sample("replaces", AuthenticatorApp { replaces: true, ..app.clone() }),
        sample("first", app),
        sample("too-short", DisableTotp { account: account.clone(), too_short: Some(15), back_url: BACK.into() }),
        sample("usual", DisableTotp { account, too_short: None, back_url: BACK.into() }),
        sample("weak", OwnPassword { error: Some("error-password_weak"), ..password.clone() }),
        sample("first", password),
        sample("wrong", OwnPassword { error: Some("error-password_current_wrong"), ..changing.clone() }),
        sample("change", changing),
        sample("last", RemovePassword { has_totp: false, remaining: vec![], ..removing.clone() }),
        sample("usual", removing),
        sample("one", RegenerateBackupCodes { left: 1, ..codes.clone() }),
        sample("none", RegenerateBackupCodes { left: 0, ..codes.clone() }),
        sample("usual", codes),
    ]
}

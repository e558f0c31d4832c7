//! The pages after a password.

use std::time::Duration;

use super::super::pages::{BackupCodeUsed, SecondStep, SecondStepBy, Wait};
use super::{Sample, long, sample, text, wiki};

pub(super) fn all() -> Vec<Sample> {
    let totp = SecondStep {
        by: SecondStepBy::Totp,
        request: None,
        presented: None,
        passed: "wp_abc".into(),
        account: "alice@northwind.example".into(),
        error: None,
        wait: None,
        other_url: "/login/backup-code?passed=wp_abc".into(),
        back_url: "/login".into(),
    };
    let asked = SecondStep { presented: Some(wiki()), request: text("abc"), ..totp.clone() };
    let by_code = SecondStep { by: SecondStepBy::BackupCode, ..asked.clone() };
    let wait = Some(Wait::of(Duration::from_hours(1)));
    let used = BackupCodeUsed { presented: None, left: 7, continue_url: "/account".into(), methods_url: "/account/sign-in-methods".into() };
    vec![
        sample("totp-wrong", SecondStep { error: text("error-code_invalid"), ..asked.clone() }),
        sample("totp-wait", SecondStep { error: text("error-too_many_attempts"), wait, ..asked.clone() }),
        sample("totp-for-a-client", asked),
        sample("totp", totp),
        sample("backup-code-wrong", SecondStep { error: text("error-backup_code_wrong"), ..by_code.clone() }),
        sample("backup-code", by_code),
        sample("last", BackupCodeUsed { left: 0, presented: Some(long()), ..used.clone() }),
        sample("one-left", BackupCodeUsed { left: 1, presented: Some(wiki()), ..used.clone() }),
        sample("usual", used),
    ]
}

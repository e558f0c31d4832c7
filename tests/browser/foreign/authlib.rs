//! Authlib (PyPI): a web application in Python.

use std::process::Command;

use crate::foreign::{House, Program, installed, plays_its_part, source};

/// OpenID Connect Core §3.1, §5.3, §12; RFC 7636; RP-Initiated Logout §2: as Authlib reads them.
#[tokio::test]
async fn authlib_signs_in_refreshes_and_signs_out() {
    let house = House::with_client("Python", "callback", &[]).await;
    let python = installed("authlib/venv/bin/python");
    let _program = Program::start(&house, &source("authlib"), |_| {
        let mut command = Command::new(&python);
        command.arg("app.py");
        command
    })
    .await;
    plays_its_part(&house).await;
}

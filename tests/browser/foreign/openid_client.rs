//! `openid-client` (npm): a web application on Node.

use std::path::PathBuf;
use std::process::Command;

use crate::foreign::{House, Program, installed, plays_its_part, source};

/// OpenID Connect Core §3.1, §5.3, §12; RFC 7636, 7009, 9207; RP-Initiated Logout §2: as openid-client reads them.
#[tokio::test]
async fn openid_client_signs_in_refreshes_and_signs_out() {
    let house = House::with_client("Node", "callback", &[]).await;
    let modules = installed("openid-client/node_modules");
    let _program = Program::start(&house, &source("openid-client"), |folder| {
        std::os::unix::fs::symlink(&modules, folder.join("node_modules")).unwrap();
        let mut node = Command::new(node());
        node.arg("server.js");
        node
    })
    .await;
    plays_its_part(&house).await;
}

/// The Node that was installed because that of the machine is too old, or that of the machine.
fn node() -> PathBuf {
    let own = installed("").join("node/bin/node");
    if own.is_file() { own } else { "node".into() }
}

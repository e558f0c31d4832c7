//! `mod_auth_openidc` (Debian): Apache before pages that know nothing of OpenID Connect.

use std::path::PathBuf;
use std::process::Command;

use weftid::base::{base64url, random};

use crate::foreign::{House, Program, plays_its_part, source};

/// OpenID Connect Core §3.1, §5.3, §12; RFC 7636; RP-Initiated Logout §2: as `mod_auth_openidc` reads them.
#[tokio::test]
async fn mod_auth_openidc_signs_in_refreshes_and_signs_out() {
    let house = House::with_client("Apache", "inside/callback", &[]).await;
    let modules = PathBuf::from("/usr/lib/apache2/modules");
    assert!(modules.join("mod_auth_openidc.so").is_file(), "libapache2-mod-auth-openidc is missing: tests/foreign/install installs it");
    let _program = Program::start(&house, &source("mod_auth_openidc"), |folder| {
        // Apache's workers are somebody else when root starts it, and have to read the pages.
        std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut apache = Command::new("/usr/sbin/apache2");
        apache.args(["-D", "FOREGROUND", "-f"]).arg(folder.join("apache.conf"));
        apache.env("FOLDER", folder).env("MODULES", &modules).env("PASSPHRASE", base64url::encode(random::bytes::<24>()));
        apache
    })
    .await;
    plays_its_part(&house).await;
}

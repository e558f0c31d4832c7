//! What keeps a passkey, by the AAGUID that it names at registration (WebAuthn §6.5.1): for people, who know their credential manager by
//! name. Nothing may rest on it: without attestation anybody can claim any AAGUID.
//!
//! The table is data (`credential_managers.txt`), with its sources and date in it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use uuid::Uuid;

const TABLE: &str = include_str!("credential_managers.txt");

static KNOWN: LazyLock<BTreeMap<Uuid, &'static str>> = LazyLock::new(|| rows().filter_map(|(aaguid, name)| Some((aaguid.ok()?, name))).collect());

/// The table's lines, but for empty ones and remarks.
fn rows() -> impl Iterator<Item = (Result<Uuid, uuid::Error>, &'static str)> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).map(|(aaguid, name)| (aaguid.parse(), name))
}

/// What keeps a passkey with this AAGUID, in the name that people know; `None` for one that is not listed or does not say (all zero).
pub fn name_of(aaguid: Uuid) -> Option<&'static str> {
    KNOWN.get(&aaguid).copied()
}

#[cfg(test)]
mod tests {
    use uuid::uuid;

    use super::*;

    /// B-REG-12
    #[test]
    fn each_aaguid_is_listed_once_and_zero_is_nobody() {
        let mut seen = BTreeMap::new();
        for (aaguid, name) in rows() {
            let aaguid = aaguid.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!name.is_empty() && name.trim() == name && name.chars().count() <= 60, "{aaguid}: {name}");
            assert_eq!(seen.insert(aaguid, name), None, "{aaguid} stands twice");
        }
        assert!(seen.len() > 200, "{}", seen.len());
        assert_eq!(name_of(Uuid::nil()), None);
        for (aaguid, name) in [
            (uuid!("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"), "iCloud Keychain"),
            (uuid!("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"), "Google Password Manager"),
            (uuid!("08987058-cadc-4b81-b6e1-30de50dcbe96"), "Windows Hello"),
            (uuid!("ee882879-721c-4913-9775-3dfcce97072a"), "YubiKey 5"),
        ] {
            assert_eq!(name_of(aaguid), Some(name));
        }
    }
}

//! What keeps a passkey, by the AAGUID that it names at registration (WebAuthn §6.5.1): for people, who know their credential manager by
//! name. Nothing may rest on it: without attestation anybody can claim any AAGUID.
//!
//! Compiled on 2026-11-25 from the community's list (<https://github.com/passkeydeveloper/passkey-authenticator-aaguids>) for credential
//! managers, and from Yubico's "YubiKey hardware FIDO2 AAGUIDs" (support.yubico.com) for its keys, for the most part as several projects
//! quote them alike. Only what people commonly have.

use uuid::{Uuid, uuid};

/// AAGUIDs and the names that people know.
const KNOWN: [(Uuid, &str); 27] = [
    (uuid!("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"), "iCloud Keychain"),
    (uuid!("dd4ec289-e01d-41c9-bb89-70fa845d4bf2"), "iCloud Keychain"),
    (uuid!("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"), "Google Password Manager"),
    (uuid!("08987058-cadc-4b81-b6e1-30de50dcbe96"), "Windows Hello"),
    (uuid!("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"), "Windows Hello"),
    (uuid!("6028b017-b1d4-4c02-b4b3-afcdafc96bb2"), "Windows Hello"),
    (uuid!("adce0002-35bc-c60a-648b-0b25f1f05503"), "Chrome on Mac"),
    (uuid!("771b48fd-d3d4-4f74-9232-fc157ab0507a"), "Edge on Mac"),
    (uuid!("bada5566-a7aa-401f-bd96-45619a55120d"), "1Password"),
    (uuid!("d548826e-79b4-db40-a3d8-11116f7e8349"), "Bitwarden"),
    (uuid!("531126d6-e717-415c-9320-3d9aa6981239"), "Dashlane"),
    (uuid!("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6"), "Keeper"),
    (uuid!("b84e4048-15dc-4dd0-8640-f4f60813c8af"), "NordPass"),
    (uuid!("f3809540-7f14-49c1-a8b3-8f813b225541"), "Enpass"),
    (uuid!("50726f74-6f6e-5061-7373-50726f746f6e"), "Proton Pass"),
    (uuid!("fdb141b2-5d84-443e-8a35-4698c205a502"), "KeePassXC"),
    (uuid!("53414d53-554e-4700-0000-000000000000"), "Samsung Pass"),
    (uuid!("cb69481e-8ff7-4039-93ec-0a2729a154a8"), "YubiKey 5"),
    (uuid!("ee882879-721c-4913-9775-3dfcce97072a"), "YubiKey 5"),
    (uuid!("fa2b99dc-9e39-4257-8f92-4a30d23c4118"), "YubiKey 5 NFC"),
    (uuid!("2fc0579f-8113-47ea-b116-bb5a8db9202a"), "YubiKey 5 NFC"),
    (uuid!("c5ef55ff-ad9a-4b9f-b580-adebafe026d0"), "YubiKey 5Ci"),
    (uuid!("73bb0cd4-e502-49b8-9c6f-b59445bf720b"), "YubiKey 5 FIPS"),
    (uuid!("c1f9a0bc-1dd2-404a-b27f-8e29047a43fd"), "YubiKey 5 NFC FIPS"),
    (uuid!("85203421-48f9-4355-9bc8-8a53846e5083"), "YubiKey 5Ci FIPS"),
    (uuid!("d8522d9f-575b-4866-88a9-ba99fa02f35b"), "YubiKey Bio"),
    (uuid!("a25342c0-3cdc-4414-8e46-f4807fca511c"), "YubiKey 5 NFC"),
];

/// What keeps a passkey with this AAGUID, in the name that people know; `None` for one that is not listed or does not say (all zero).
pub fn name_of(aaguid: Uuid) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == aaguid).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// B-REG-12
    #[test]
    fn each_aaguid_is_listed_once_and_zero_is_nobody() {
        assert_eq!(KNOWN.iter().map(|(aaguid, _)| aaguid).collect::<BTreeSet<_>>().len(), KNOWN.len());
        assert_eq!(name_of(Uuid::nil()), None);
        assert_eq!(name_of(uuid!("ee882879-721c-4913-9775-3dfcce97072a")), Some("YubiKey 5"));
    }
}

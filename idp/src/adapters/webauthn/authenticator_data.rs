//! Attestation object and authenticator data (WebAuthn §6.1, §6.5.1): what the library does not look at. It ignores bytes behind the end
//! and data that belongs to the other ceremony, and with attestation `none` it forgets the AAGUID.

use uuid::Uuid;

use crate::adapters::webauthn::cbor::Reader;
use crate::adapters::webauthn::refused::Refused;
use crate::base::id::CredentialId;

const ATTESTED_CREDENTIAL_DATA: u8 = 0x40;
const EXTENSION_DATA: u8 = 0x80;
/// Major type of a CBOR map, as the first byte shows it.
const MAP: u8 = 5;

/// A new credential, as its authenticator describes it.
pub(super) struct Attested {
    pub(super) aaguid: Uuid,
    pub(super) credential_id: CredentialId,
}

/// Checks the shape of an attestation object and gives the new credential in it (WebAuthn §7.1).
pub(super) fn attested(attestation_object: &[u8]) -> Result<Attested, Refused> {
    let mut whole = Reader::new(attestation_object);
    whole.item().ok_or(Refused::AuthenticatorData)?;
    if !whole.rest().is_empty() {
        return Err(Refused::AuthenticatorData);
    }
    let (format, statement, data) = members(attestation_object).ok_or(Refused::AuthenticatorData)?;
    // WebAuthn §8.7: the statement of `none` is an empty map. Anything in it would be kept by nobody and checked by nobody.
    if format == "none" && statement != [MAP << 5] {
        return Err(Refused::Attestation);
    }
    judge(data)?.ok_or(Refused::AuthenticatorData)
}

/// Checks the shape of an assertion's authenticator data (WebAuthn §7.2): no attested credential in it, nothing behind it.
pub(super) fn check_assertion(data: &[u8]) -> Result<(), Refused> {
    match judge(data)? {
        None => Ok(()),
        Some(_) => Err(Refused::AuthenticatorData),
    }
}

fn members(attestation_object: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (mut format, mut statement, mut data) = (None, None, None);
    let mut reader = Reader::new(attestation_object);
    for _ in 0..reader.map()? {
        match reader.text()? {
            "fmt" => format = Some(reader.text()?),
            "attStmt" => statement = Some(reader.item()?),
            "authData" => data = Some(reader.bytes()?),
            _ => {
                reader.item()?;
            }
        }
    }
    Some((format?, statement?, data?))
}

fn judge(data: &[u8]) -> Result<Option<Attested>, Refused> {
    let mut reader = Reader::new(data);
    let fixed = reader.take(37).ok_or(Refused::AuthenticatorData)?;
    let flags = *fixed.get(32).ok_or(Refused::AuthenticatorData)?;
    let credential = (flags & ATTESTED_CREDENTIAL_DATA != 0).then(|| credential(&mut reader)).transpose()?;
    if flags & EXTENSION_DATA != 0 {
        map(&mut reader).ok_or(Refused::AuthenticatorData)?;
    }
    if reader.rest().is_empty() { Ok(credential) } else { Err(Refused::AuthenticatorData) }
}

fn credential(reader: &mut Reader<'_>) -> Result<Attested, Refused> {
    let head = reader.take(18).and_then(|head| head.split_first_chunk::<16>()).ok_or(Refused::AuthenticatorData)?;
    let (aaguid, &[high, low]) = head else { return Err(Refused::AuthenticatorData) };
    let credential_id = reader.take(u64::from(u16::from_be_bytes([high, low]))).ok_or(Refused::AuthenticatorData)?;
    // WebAuthn §7.1: 1,023 bytes at most; the library would take 4,096.
    let credential_id = CredentialId::new(credential_id).ok_or(Refused::CredentialIdLength)?;
    map(reader).ok_or(Refused::AuthenticatorData)?;
    Ok(Attested { aaguid: Uuid::from_bytes(*aaguid), credential_id })
}

fn map(reader: &mut Reader<'_>) -> Option<()> {
    let is_map = reader.rest().first().is_some_and(|first| first >> 5 == MAP);
    is_map.then_some(())?;
    reader.item().map(drop)
}

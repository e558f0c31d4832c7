//! What rests stays where it was put, and says clearly why when it does not open.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::base::id::KeyId;
use crate::base::random;
use crate::config::MasterKey;

fn master_key() -> MasterKey {
    MasterKey::from_bytes(random::bytes())
}

fn keys() -> DataKeys {
    DataKeys::new(DataKey::random(), vec![])
}

/// D-SEC-03: a value opens in its own field of its own row, and nowhere else.
#[test]
fn a_value_moved_to_another_row_or_field_is_refused() {
    let keys = keys();
    let alice = keys.seal("totp.secret", b"alice", b"JBSWY3DP").unwrap();
    let bob = keys.seal("totp.secret", b"bob", b"KRSXG5CT").unwrap();
    assert_eq!(keys.open("totp.secret", b"alice", &alice).unwrap().as_slice(), b"JBSWY3DP");
    assert_eq!(keys.open("totp.secret", b"alice", &bob), Err(NotAtRest::Altered));
    assert_eq!(keys.open("totp.secret", b"bob", &alice), Err(NotAtRest::Altered));
    assert_eq!(keys.open("signing-key", b"alice", &alice), Err(NotAtRest::Altered));
    assert_eq!(keys.open("totp.secretalice", b"", &alice), Err(NotAtRest::Altered));
}

/// OpenID Connect Core §8: what is told for ever stays the same when another key takes over.
#[test]
fn a_lasting_digest_outlives_its_key() {
    let (first, second, third) = (DataKey::random(), DataKey::random(), DataKey::random());
    let of = |keys: &DataKeys| keys.lasting_digest("test", &[b"sector", b"person"]);
    let (alone, later) = (DataKeys::new(first.clone(), vec![]), DataKeys::new(third, vec![first, second]));
    assert_eq!(of(&alone), of(&later));
    assert_ne!(of(&alone), of(&keys()));
    assert_ne!(of(&alone), alone.lasting_digest("test", &[b"sectorperson", b""]));
    assert_ne!(of(&alone), alone.lasting_digest("other", &[b"sector", b"person"]));
}

/// D-SEC-03: one flipped bit is refused, wherever it is, and never read as "nothing there".
#[test]
fn a_flipped_bit_is_refused() {
    let keys = keys();
    let sealed = keys.seal("signing-key", b"row", b"secret").unwrap();
    for place in 0..sealed.len() {
        for bit in 0..8 {
            let mut altered = sealed.clone();
            altered[place] ^= 1 << bit;
            assert!(keys.open("signing-key", b"row", &altered).is_err(), "byte {place} bit {bit}");
        }
        assert!(keys.open("signing-key", b"row", &sealed[..place]).is_err(), "first {place} bytes");
    }
    assert!(keys.open("signing-key", b"row", &[sealed.as_slice(), b"x"].concat()).is_err());
}

/// D-SEC-07: no nonce comes twice.
#[test]
fn ten_thousand_seals_have_ten_thousand_nonces() {
    let keys = keys();
    let nonces: HashSet<Vec<u8>> = (0..10_000).map(|_| keys.seal("field", b"row", b"same").unwrap()[5..29].to_vec()).collect();
    assert_eq!(nonces.len(), 10_000);
}

/// D-SEC-05: each value names its key; a newer key takes over and the older still opens.
#[test]
fn values_name_their_key() {
    let first = DataKey::random();
    let before = DataKeys::new(first.clone(), vec![]);
    let sealed = before.seal("field", b"row", b"plain").unwrap();
    let (id, digest) = before.digest("backup-code", &[b"row", b"code"]);
    let after = DataKeys::new(DataKey::random(), vec![first.clone()]);
    assert_eq!(after.open("field", b"row", &sealed).unwrap().as_slice(), b"plain");
    assert_eq!(after.matches("backup-code", id, &[b"row", b"code"], &digest), Ok(true));
    let without = DataKeys::new(DataKey::random(), vec![]);
    assert_eq!(without.open("field", b"row", &sealed), Err(NotAtRest::UnknownKey(first.id())));
    assert_eq!(without.matches("backup-code", id, &[b"row", b"code"], &digest), Err(NotAtRest::UnknownKey(id)));
}

/// D-SEC-01: a digest is of these parts, for this purpose, with this key.
#[test]
fn a_digest_answers_for_its_purpose_and_parts_alone() {
    let keys = keys();
    let (id, digest) = keys.digest("client-secret", &[b"shop", b"secret"]);
    assert_eq!(keys.matches("client-secret", id, &[b"shop", b"secret"], &digest), Ok(true));
    assert_eq!(keys.matches("client-secret", id, &[b"shop", b"Secret"], &digest), Ok(false));
    assert_eq!(keys.matches("client-secret", id, &[b"shopsec", b"ret"], &digest), Ok(false));
    assert_eq!(keys.matches("backup-code", id, &[b"shop", b"secret"], &digest), Ok(false));
}

/// D-SEC-06: a wrong master key is said to be one.
#[test]
fn a_data_key_opens_with_its_master_key_and_name_alone() {
    let master = master_key();
    let key = DataKey::random();
    let wrapped = key.wrap(&master).unwrap();
    let sealed = DataKeys::new(key.clone(), vec![]).seal("field", b"row", b"plain").unwrap();
    let unwrapped = DataKey::unwrap_key(&master, key.id(), &wrapped).unwrap();
    assert_eq!(DataKeys::new(unwrapped, vec![]).open("field", b"row", &sealed).unwrap().as_slice(), b"plain");
    let id = key.id();
    assert_eq!(DataKey::unwrap_key(&master_key(), id, &wrapped).unwrap_err(), NotAtRest::WrongMasterKey(id));
    let other = KeyId::random();
    assert_eq!(DataKey::unwrap_key(&master, other, &wrapped).unwrap_err(), NotAtRest::WrongMasterKey(other));
    assert_eq!(DataKey::unwrap_key(&master, id, b"").unwrap_err(), NotAtRest::Malformed);
    assert_eq!(DataKey::unwrap_key(&master, id, &wrapped[..20]).unwrap_err(), NotAtRest::Malformed);
    assert!(NotAtRest::WrongMasterKey(id).to_string().contains("master key is not the one"));
}

/// D-SEC-04: the file is made for its owner alone, whole or not at all, and is never replaced.
#[test]
fn a_master_key_is_made_once_and_read_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    assert!(matches!(create_or_read(&path, false), Err(NoMasterKey::Missing(_))));
    assert!(!path.exists());
    let made: HashSet<[u8; 32]> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| *create_or_read(&path, true).unwrap().expose())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert_eq!(made.len(), 1, "eight first starts at once read one key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    assert!(made.contains(create_or_read(&path, false).unwrap().expose()));
}

/// D-SEC-04, D-SEC-06: a file that others can read, or that is no key, ends the start, and stays as it is.
#[test]
fn an_open_or_broken_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    create_or_read(&path, true).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o601, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refusal = create_or_read(&path, true).unwrap_err();
        assert!(matches!(refusal, NoMasterKey::TooOpen { mode: seen, .. } if seen == mode), "{refusal}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for content in [b"".as_slice(), b"short", &[b'A'; 42], &[b'A'; 44], &[b'0'; 63], &[b'0'; 65], &[b'A'; 1000], &[0xff; 32]] {
        fs::write(&path, content).unwrap();
        assert!(matches!(create_or_read(&path, true), Err(NoMasterKey::Malformed(_))), "{content:?}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    assert!(matches!(create_or_read(folder.path(), true), Err(NoMasterKey::NotAFile(_))));
    let nowhere = folder.path().join("missing").join("master.key");
    assert!(matches!(create_or_read(&nowhere, true), Err(NoMasterKey::Io { .. })));
}

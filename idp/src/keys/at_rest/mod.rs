//! What rests in the database: sealed by, or digested with, data keys that are themselves wrapped by the master key.
//!
//! Each value names its data key, so that a newer one can take over without touching the old values, and is bound to its field and row,
//! so that a value copied to another row opens nothing (security requirement D-SEC-03). Neither the sealing ring (what travels) nor the
//! epoch has anything to do with this.

mod data_key;
mod master_key;

pub use data_key::{DataKey, DataKeys, NotAtRest};
pub use master_key::{NoMasterKey, create_or_read};

/// The one 256-bit subkey of `root` for `purpose` (RFC 5869, HKDF-SHA-256).
fn subkey(root: &[u8; 32], purpose: &str) -> zeroize::Zeroizing<[u8; 32]> {
    let mut subkey = zeroize::Zeroizing::new([0; 32]);
    // 32 bytes are within what HKDF-SHA-256 can give (8,160), so this cannot fail.
    let _ = hkdf::Hkdf::<sha2::Sha256>::new(None, root).expand(format!("weftid at rest {purpose} 1").as_bytes(), &mut *subkey);
    subkey
}

#[cfg(test)]
mod tests;

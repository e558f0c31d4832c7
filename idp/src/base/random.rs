//! The one source of randomness: the operating system's generator, asked anew for every value.
//!
//! It has no state to carry, so it is a function and not a field of `App`; clippy's `disallowed-methods` keeps other sources out.

use rand::TryRng as _;
use rand::rngs::SysRng;

/// `N` unpredictable bytes.
///
/// # Panics
///
/// If the operating system has no randomness to give: nothing this house does is safe without it.
#[expect(clippy::panic, reason = "going on without randomness would be worse than stopping")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = SysRng.try_fill_bytes(&mut bytes) {
        panic!("the operating system gives no randomness: {error}");
    }
    bytes
}

/// A random UUID (version 4), for names that must not tell when they were made.
pub fn uuid() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}

//! What hashing a password costs, and how much of it happens at the same time.

use crate::config::reader::Reader;

/// How much memory all hashes that run at the same time take, unless somebody says otherwise: half of what a small server can spare.
const MEMORY_AT_ONCE_KIB: u32 = 128 * 1024;

/// The cost of a password (Argon2id, RFC 9106).
#[derive(Clone, Debug)]
pub struct Passwords {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// How often that memory is gone through.
    pub iterations: u32,
    /// How many lanes it is divided into.
    pub parallelism: u32,
    /// How many passwords are hashed at the same time.
    pub at_once: u32,
    /// How many more may wait.
    pub waiting: u32,
}

impl Passwords {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let memory_kib = reader.within(
            "passwords.memory_kib",
            19_456,
            [7_168, 1_048_576],
            "with less a graphics card tries thousands at the same time, and with more a few people who sign in fill the memory",
        );
        let cores = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        Self {
            memory_kib,
            iterations: reader.within("passwords.iterations", 2, [1, 20], "each takes its time, and nobody waits seconds to sign in"),
            parallelism: reader.within("passwords.parallelism", 1, [1, 8], "a hash is computed by one thread, whatever this says"),
            at_once: reader.within(
                "passwords.at_once",
                cores.min(MEMORY_AT_ONCE_KIB / memory_kib).max(1),
                [1, 64],
                "more than there are cores finish no sooner, and each takes passwords.memory_kib",
            ),
            waiting: reader.within(
                "passwords.waiting",
                512,
                [16, 8_192],
                "each waits for those before it, and a request that takes longer than http.request_timeout is given up",
            ),
        }
    }
}

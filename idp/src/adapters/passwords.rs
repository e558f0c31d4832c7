//! argon2: hashes passwords with Argon2id (RFC 9106), off the async threads, and so many at a time that memory is bounded.
//!
//! Each hash works in a stretch of memory that is used again and wiped in between: memory that came and went with every sign-in would stay
//! with the allocator, once for each thread that ever hashed. Whoever has no password costs what a wrong one costs (C-ENUM-01).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::base::error::{AppError, Kind};
use crate::base::password::Password;
use crate::base::random;
use crate::base::secret::PasswordHash;
use crate::config;

/// Bytes of a salt (C-PW-06).
const SALT: usize = 16;
/// Bytes of a hash.
const OUTPUT: usize = 32;
/// When to come back if the line is full.
const COME_BACK: Duration = Duration::from_secs(5);

/// Hashes and compares. Cheap to clone; all clones share the memory and the line before it.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    /// What a hash costs now.
    params: Params,
    /// Those that are hashed and those that wait.
    line: Arc<Semaphore>,
    /// Those that are hashed.
    places: Arc<Semaphore>,
    /// Stretches of memory that nobody uses right now.
    memory: Mutex<Vec<Vec<Block>>>,
    computed: AtomicU64,
}

/// What comparing a password came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It is another one; or there was nothing to compare it with.
    Differs,
    /// It is this one.
    Same {
        /// Whether the settings say by now that it should cost something else.
        rehash_is_due: bool,
    },
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum NotHashed {
    /// More wait than may.
    #[error("too many passwords are waiting to be hashed")]
    Full,
    /// What is stored is no hash that this release can compare with, or the settings give none.
    #[error("a password can't be hashed: {0}")]
    Unusable(String),
    /// The work was lost.
    #[error("hashing a password was interrupted")]
    Interrupted,
}

impl From<NotHashed> for AppError {
    fn from(error: NotHashed) -> Self {
        match error {
            NotHashed::Full => Self::new(Kind::Unavailable(COME_BACK), "unavailable").because(error),
            NotHashed::Unusable(_) | NotHashed::Interrupted => Self::internal(error),
        }
    }
}

impl Passwords {
    /// Hashes as these settings say.
    ///
    /// # Errors
    /// [`NotHashed::Unusable`] if the settings contradict each other.
    pub fn new(settings: &config::Passwords) -> Result<Self, NotHashed> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(OUTPUT)).map_err(unusable)?;
        let (at_once, waiting) = (count(settings.at_once), count(settings.waiting));
        Ok(Self(Arc::new(Inner {
            params,
            line: Arc::new(Semaphore::new(at_once.saturating_add(waiting))),
            places: Arc::new(Semaphore::new(at_once)),
            memory: Mutex::default(),
            computed: AtomicU64::new(0),
        })))
    }

    /// A new hash, with a salt of its own.
    ///
    /// # Errors
    /// [`NotHashed`].
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, NotHashed> {
        let password = password.clone();
        self.in_line(move |inner| inner.hash(&password)).await
    }

    /// Compares with a stored hash, or does the same work for nothing (C-ENUM-01).
    ///
    /// # Errors
    /// [`NotHashed`].
    pub async fn compare(&self, password: &Password, stored: Option<&PasswordHash>) -> Result<Compared, NotHashed> {
        let (password, stored) = (password.clone(), stored.cloned());
        self.in_line(move |inner| match stored {
            Some(stored) => inner.compare(&password, &stored),
            None => inner.compute(&inner.params, Version::default(), &password, &random::bytes::<SALT>()).map(|_| Compared::Differs),
        })
        .await
    }

    /// How many hashes were computed so far: held by tests, shown to nobody.
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    /// Waits for a place and works there. Who stops waiting leaves the line; what has begun is finished, and keeps its place until then.
    async fn in_line<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T, NotHashed> + Send + 'static) -> Result<T, NotHashed> {
        let inner = Arc::clone(&self.0);
        let in_line = Arc::clone(&inner.line).try_acquire_owned().map_err(|_| NotHashed::Full)?;
        let place = Arc::clone(&inner.places).acquire_owned().await.map_err(|_| NotHashed::Interrupted)?;
        let worked = tokio::task::spawn_blocking(move || {
            let worked = work(&inner);
            drop((place, in_line));
            worked
        });
        worked.await.map_err(|_| NotHashed::Interrupted)?
    }
}

impl Inner {
    fn hash(&self, password: &Password) -> Result<PasswordHash, NotHashed> {
        let salt = random::bytes::<SALT>();
        let output = self.compute(&self.params, Version::default(), password, &salt)?;
        let hash = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::default().into()),
            params: phc::ParamsString::try_from(&self.params).map_err(unusable)?,
            salt: Some(phc::Salt::new(&salt).map_err(unusable)?),
            hash: Some(phc::Output::new(&output).map_err(unusable)?),
        };
        Ok(PasswordHash::from_stored(hash.to_string()))
    }

    fn compare(&self, password: &Password, stored: &PasswordHash) -> Result<Compared, NotHashed> {
        let stored = phc::PasswordHash::new(stored.expose()).map_err(unusable)?;
        if stored.algorithm != Algorithm::Argon2id.ident() {
            return Err(NotHashed::Unusable("it was made by another algorithm".to_owned()));
        }
        let params = Params::try_from(&stored).map_err(unusable)?;
        let version = stored.version.map_or(Ok(Version::default()), |version| Version::try_from(version).map_err(unusable))?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(NotHashed::Unusable("it has no salt or no hash".to_owned()));
        };
        let output = self.compute(&params, version, password, &salt)?;
        if !bool::from(output.ct_eq(expected.as_bytes())) {
            return Ok(Compared::Differs);
        }
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        Ok(Compared::Same { rehash_is_due: cost(&params) != cost(&self.params) || version != Version::default() })
    }

    fn compute(&self, params: &Params, version: Version, password: &Password, salt: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotHashed> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        memory.resize(params.block_count(), Block::new());
        let mut output = Zeroizing::new(vec![0; params.output_len().unwrap_or(OUTPUT)]);
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params.clone());
        let computed = argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut output, &mut memory);
        memory.fill(Block::new());
        // One that an older, dearer hash needed is not kept.
        if memory.len() <= self.params.block_count() {
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        }
        computed.map_err(unusable)?;
        Ok(output)
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Passwords({:?})", self.0.params)
    }
}

fn unusable(error: impl std::fmt::Display) -> NotHashed {
    NotHashed::Unusable(error.to_string())
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(iterations: u32, at_once: u32, waiting: u32) -> Passwords {
        Passwords::new(&config::Passwords { memory_kib: 64, iterations, parallelism: 1, at_once, waiting }).unwrap()
    }

    fn typed(text: &str) -> Password {
        Password::typed(text)
    }

    /// C-PW-06: Argon2id, a salt of 16 bytes each, and the parameters beside the hash.
    #[tokio::test]
    async fn a_hash_says_what_it_cost() {
        let passwords = passwords(2, 1, 0);
        let one = passwords.hash(&typed("correct horse")).await.unwrap();
        let other = passwords.hash(&typed("correct horse")).await.unwrap();
        assert!(one.expose().starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{}", one.expose());
        let salt = |hash: &PasswordHash| phc::PasswordHash::new(hash.expose()).unwrap().salt.unwrap().to_vec();
        assert_eq!(salt(&one).len(), 16);
        assert_ne!(salt(&one), salt(&other));
        // Somebody else's code reads it.
        argon2::PasswordVerifier::verify_password(&Argon2::default(), b"correct horse", one.expose()).unwrap();
    }

    /// C-PW-06, C-PW-02: the right one and no other; and it says when the settings have changed.
    #[tokio::test]
    async fn only_the_same_password_is_the_same() {
        let stored = passwords(1, 1, 0).hash(&typed(&"p".repeat(100))).await.unwrap();
        let (same, dearer) = (passwords(1, 1, 0), passwords(2, 1, 0));
        let right = typed(&"p".repeat(100));
        assert_eq!(same.compare(&right, Some(&stored)).await.unwrap(), Compared::Same { rehash_is_due: false });
        assert_eq!(dearer.compare(&right, Some(&stored)).await.unwrap(), Compared::Same { rehash_is_due: true });
        for wrong in ["p".repeat(72), "p".repeat(99), "p".repeat(101), format!("{}\0", "p".repeat(100)), String::new()] {
            assert_eq!(same.compare(&typed(&wrong), Some(&stored)).await.unwrap(), Compared::Differs, "{wrong:?}");
        }
    }

    /// C-ENUM-01: nobody's password is hashed like anybody's.
    #[tokio::test]
    async fn nobody_costs_what_somebody_costs() {
        let passwords = passwords(1, 1, 0);
        let stored = passwords.hash(&typed("right")).await.unwrap();
        for stored in [None, Some(&stored)] {
            let before = passwords.computed();
            assert_eq!(passwords.compare(&typed("wrong"), stored).await.unwrap(), Compared::Differs);
            assert_eq!(passwords.computed(), before + 1);
        }
    }

    #[tokio::test]
    async fn what_is_no_hash_of_ours_is_an_error() {
        let passwords = passwords(1, 1, 0);
        for stored in ["", "right", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaA", "$argon2id$v=19$m=64,t=1,p=1"] {
            let outcome = passwords.compare(&typed("right"), Some(&PasswordHash::from_stored(stored.to_owned()))).await;
            assert!(matches!(outcome, Err(NotHashed::Unusable(_))), "{stored}");
        }
    }

    /// However many come at once, so many are hashed and so many wait; the rest are told to come back, and memory is used again.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_line_has_an_end() {
        let passwords = passwords(50, 2, 4);
        let all = (0..40).map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.hash(&typed("x")).await.map(|_| ()) })
        });
        let mut outcomes = Vec::new();
        for one in all.collect::<Vec<_>>() {
            outcomes.push(one.await.unwrap());
        }
        let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(NotHashed::Full))).count();
        assert!(refused > 0 && outcomes.iter().filter(|outcome| outcome.is_ok()).count() >= 6, "{refused} refused");
        assert!(passwords.0.memory.lock().unwrap().len() <= 2);
        assert!(matches!(AppError::from(NotHashed::Full).kind, Kind::Unavailable(wait) if wait > Duration::ZERO));
        passwords.hash(&typed("x")).await.unwrap();
    }
}

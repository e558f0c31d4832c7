//! The master key (key-encryption key): 256 bits in a file of mode 0600, or handed over by the environment. It wraps data keys and does
//! nothing else; it is never in the database, in a log or in the arguments of a process (security requirement D-SEC-04).

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::base::{base64url, random};
use crate::config::MasterKey;

/// The longest spelling is 64 hexadecimal digits; a little more is read, to tell a wrong file from a right one with a line end.
const LONGEST_FILE: u64 = 256;

/// Why there is no master key. The sentence is for whoever starts the server.
#[derive(Debug, thiserror::Error)]
pub enum NoMasterKey {
    /// There is no such file, and it was not allowed to make one.
    #[error("{} does not exist: without the master key nothing that rests in the database can be read", .0.display())]
    Missing(PathBuf),
    /// Others could read it.
    #[error("{} has mode {mode:04o}: the master key must be readable by its owner alone (chmod 600)", path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A directory, a device, a pipe.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// Not 32 bytes in one of the two spellings.
    #[error("{0} is no master key: 32 random bytes are wanted, in base64 or as 64 hexadecimal digits")]
    Malformed(String),
    /// The operating system refused.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Reads the master key from the file at `path`; makes it there first if it is missing and `may_create` says so.
///
/// Of several processes that make it at once, one does and all read the same. A file that exists is never written to.
pub fn create_or_read(path: &Path, may_create: bool) -> Result<MasterKey, NoMasterKey> {
    match read(path) {
        Err(NoMasterKey::Missing(_)) if may_create => {
            create(path).map_err(|source| NoMasterKey::Io { path: path.to_owned(), source })?;
            read(path)
        }
        outcome => outcome,
    }
}

fn read(path: &Path) -> Result<MasterKey, NoMasterKey> {
    let io_error = |source: io::Error| match source.kind() {
        ErrorKind::NotFound => NoMasterKey::Missing(path.to_owned()),
        _ => NoMasterKey::Io { path: path.to_owned(), source },
    };
    // What is not a file is not even opened: opening a pipe would wait for a writer for ever.
    if !fs::metadata(path).map_err(io_error)?.is_file() {
        return Err(NoMasterKey::NotAFile(path.to_owned()));
    }
    let file = File::open(path).map_err(io_error)?;
    // Asked of the open file and not of the path again, so that what is checked is what is read.
    let mode = file.metadata().map_err(io_error)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(NoMasterKey::TooOpen { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(LONGEST_FILE).read_to_string(&mut text) {
        Ok(_) => MasterKey::parse(text.trim_ascii()).ok_or_else(|| NoMasterKey::Malformed(path.display().to_string())),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(NoMasterKey::Malformed(path.display().to_string())),
        Err(error) => Err(io_error(error)),
    }
}

/// Writes a new key beside `path` and links it there: the name appears with the whole key behind it, or not at all, and a link never
/// replaces what is there already.
fn create(path: &Path) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", base64url::encode(random::bytes::<9>())));
    let draft = PathBuf::from(draft);
    let text = Zeroizing::new(format!("{}\n", *MasterKey::from_bytes(random::bytes()).expose_text()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // The name must survive a power failure as surely as what will be sealed with it.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

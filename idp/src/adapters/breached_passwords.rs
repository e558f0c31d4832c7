//! Passwords that were seen in breaches of others: looked up by the first five hexadecimal digits of their SHA-1 at a range service (k-anonymity:
//! the service never learns which of some thousand hashes was meant), or in a sorted file of such hashes, without a network.
//!
//! SHA-1 names what is looked for and protects nothing. Fails open: whoever can't be told is let through, and the caller records it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use url::Url;
use zeroize::Zeroizing;

use crate::adapters::outbound::{ChosenBy, NotFetched, Outbound, Wanted};

/// How long a range service may take. People wait for it.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest answer that is read: ranges have under a hundred KiB, padding included.
const LONGEST_ANSWER: usize = 512 * 1024;
/// The most bytes of a line of the file: 40 digits, a colon, a count, an end.
const LONGEST_LINE: usize = 64;
/// Asks for entries that stand for nothing, so that the length of the answer tells nothing either.
const PADDING: (&str, &str) = ("Add-Padding", "true");

/// Why nobody can tell whether a password was in a breach.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    /// The service did not answer, or not in time, or no range. Says nothing of the address that was asked, which carries part of a hash.
    #[error("the range service did not answer: {0}")]
    Service(#[from] NotFetched),
    /// The file can't be read, or is none.
    #[error("the file of breached passwords can't be read: {0}")]
    File(#[from] io::Error),
    /// The work was lost.
    #[error("looking it up was interrupted")]
    Interrupted,
}

/// Where breached passwords are looked up.
#[derive(Clone, Debug)]
pub enum BreachedPasswords {
    /// Nowhere.
    Off,
    /// At a range service.
    Service {
        /// The address to which the first five digits are added.
        range: Url,
        /// What asks it.
        outbound: Outbound,
    },
    /// In a file: a line each of 40 hexadecimal digits in capitals, and perhaps a colon and a count; sorted.
    File(PathBuf),
}

impl BreachedPasswords {
    /// Whether this password was in a breach.
    ///
    /// # Errors
    /// [`Unknown`] if nobody can tell.
    pub async fn have(&self, password: &str) -> Result<bool, Unknown> {
        let digest = Zeroizing::new(Sha1::digest(password.as_bytes()).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}")));
        match self {
            Self::Off => Ok(false),
            Self::Service { range, outbound } => {
                let Some((prefix, suffix)) = digest.split_at_checked(5) else { return Err(Unknown::Interrupted) };
                let answer = ask(outbound, range, prefix).await?;
                Ok(answer.lines().any(|line| is_entry_of(line, suffix)))
            }
            Self::File(path) => {
                let path = path.clone();
                let found = tokio::task::spawn_blocking(move || stands_in(&path, digest.as_bytes())).await;
                Ok(found.map_err(|_| Unknown::Interrupted)??)
            }
        }
    }
}

async fn ask(outbound: &Outbound, range: &Url, prefix: &str) -> Result<String, Unknown> {
    let url = range.join(prefix).map_err(|_| NotFetched::Refused("it is no address"))?;
    let wanted =
        Wanted { url: &url, chosen_by: ChosenBy::Operator, accept: "text/plain", header: Some(PADDING), longest: LONGEST_ANSWER, within: PATIENCE };
    let answer = outbound.get(&wanted).await?;
    String::from_utf8(answer.body).map_err(|_| Unknown::Service(NotFetched::Content("it is no text")))
}

/// `SUFFIX:COUNT`. A count of nought is padding.
fn is_entry_of(line: &str, suffix: &str) -> bool {
    let (found, count) = line.trim_end().split_once(':').unwrap_or((line.trim_end(), "1"));
    found.eq_ignore_ascii_case(suffix) && count.trim() != "0"
}

/// Looks for a line that begins with `digest`, by halving: some forty short reads in a file of a billion lines, and nothing kept.
fn stands_in(path: &Path, digest: &[u8]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    // The line that is looked for begins at or after `from`, and before `to`.
    let (mut from, mut to) = (0, file.metadata()?.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let (start, line) = line_at(&mut file, middle, from)?;
        let Some(found) = line.get(..digest.len()) else {
            if line.is_empty() && start + 1 >= to {
                to = start;
                continue;
            }
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is no SHA-1"));
        };
        match digest.cmp(found.to_ascii_uppercase().as_slice()) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Less => to = start,
            std::cmp::Ordering::Greater => from = start + u64::try_from(line.len()).unwrap_or(0) + 1,
        }
    }
    Ok(false)
}

/// The line around `place`, without its end, and where it begins; not before `from`, which is the beginning of a line.
fn line_at(file: &mut File, place: u64, from: u64) -> io::Result<(u64, Vec<u8>)> {
    let longest = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
    let read_from = place.saturating_sub(longest).max(from);
    file.seek(SeekFrom::Start(read_from))?;
    let mut bytes = Vec::with_capacity(2 * LONGEST_LINE);
    file.take(2 * longest).read_to_end(&mut bytes)?;
    let here = usize::try_from(place - read_from).unwrap_or(0);
    let before = bytes.get(..here).unwrap_or_default();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if start == 0 && read_from > from {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long for a SHA-1"));
    }
    let line = bytes.get(start..).unwrap_or_default();
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok((read_from + u64::try_from(start).unwrap_or(0), line.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn sha1_of(text: &str) -> String {
        Sha1::digest(text.as_bytes()).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"))
    }

    fn file_of(words: &[&str], ending: &str, counts: bool) -> tempfile::NamedTempFile {
        let mut hashes: Vec<String> = words.iter().map(|word| sha1_of(word)).collect();
        hashes.sort_unstable();
        let mut text = String::new();
        for (number, hash) in hashes.iter().enumerate() {
            let count = if counts { format!(":{}", 10_u64.pow(u32::try_from(number % 8).unwrap())) } else { String::new() };
            write!(text, "{hash}{count}{ending}").unwrap();
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// C-PW-03: every line of the file is found, and nothing else, whatever its lines end with, with counts and without, few or many.
    #[tokio::test]
    async fn a_file_is_searched_by_halving() {
        let words: Vec<String> = (0..1000).map(|number| format!("word {number}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for (ending, counts) in [("\n", true), ("\n", false), ("\r\n", true)] {
            for many in [0, 1, 2, 3, 7, 1000] {
                let file = file_of(&words[..many], ending, counts);
                let breached = BreachedPasswords::File(file.path().to_owned());
                for (number, word) in words.iter().enumerate().filter(|(number, _)| *number < 10 || number % 37 == 0) {
                    assert_eq!(breached.have(word).await.unwrap(), number < many, "{word} among {many}");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_such_file_is_unknown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["password\n123456\n".repeat(50), "x".repeat(1000), format!("{}\n", "F".repeat(39))] {
            std::fs::write(file.path(), text).unwrap();
            assert!(matches!(BreachedPasswords::File(file.path().to_owned()).have("x").await, Err(Unknown::File(_))));
        }
        let missing = BreachedPasswords::File(file.path().join("missing"));
        assert!(matches!(missing.have("x").await, Err(Unknown::File(_))));
        assert!(!BreachedPasswords::Off.have("password").await.unwrap());
    }

    #[test]
    fn padding_is_no_entry() {
        let suffix = &sha1_of("password")[5..];
        assert!(
            is_entry_of(&format!("{suffix}:3"), suffix)
                && is_entry_of(&format!("{}:3\r", suffix.to_lowercase()), suffix)
                && is_entry_of(suffix, suffix)
        );
        assert!(!is_entry_of(&format!("{suffix}:0"), suffix) && !is_entry_of(&format!("A{suffix}:1"), suffix) && !is_entry_of("", suffix));
    }
}

//! Everything that the provider says while a test runs, at trace level and field by field: to show that secrets are not in it.
//!
//! A captured test has a runtime of its own, and every thread of it (blocking ones too) writes to this log alone. Other tests neither pay
//! for it nor disturb it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// What was said so far.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no writer died")).into_owned()
    }

    /// The lines that contain `words`.
    pub fn lines_with(&self, words: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }

    /// Ends the test when any of these secrets stands in the log: as it is, percent-encoded, or in base64.
    #[track_caller]
    pub fn keeps_quiet_about(&self, secrets: &[&str]) {
        use base64::Engine as _;
        let text = self.text();
        for secret in secrets {
            assert!(secret.len() >= 8, "{secret:?} is too short to be searched for");
            let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            // Base64 of a text within another: what is sure to be there wherever it begins is the middle of its three spellings.
            let spellings = (0..3).map(|shift| {
                let shifted = [&vec![b'x'; shift], secret.as_bytes()].concat();
                let spelled = base64::engine::general_purpose::STANDARD_NO_PAD.encode(shifted);
                spelled[4..spelled.len() - 4].to_owned()
            });
            let debugged = format!("{:?}", secret.as_bytes());
            let debugged = debugged.trim_matches(['[', ']']).to_owned();
            for spelling in [(*secret).to_owned(), percent, debugged].into_iter().chain(spellings.filter(|spelling| spelling.len() >= 8)) {
                let found: Vec<&str> = text.lines().filter(|line| line.contains(&spelling)).take(3).collect();
                assert!(found.is_empty(), "{secret:?} stands in the log:\n{}", found.join("\n"));
            }
        }
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer died").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A secret that stands nowhere else: `canary-KIND-` and 96 random bits.
pub fn canary(kind: &str) -> String {
    format!("canary-{kind}-{}", weftid::base::base64url::encode(weftid::base::random::bytes::<12>()))
}

/// Runs a test and captures what is said meanwhile. For a plain `#[test]`, since it brings its own runtime.
pub fn captured<F: Future<Output = ()>>(test: impl FnOnce(Log) -> F) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let dispatch = Dispatch::new(subscriber);
    let threads = dispatch.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&threads)))
        .build()
        .expect("a runtime");
    tracing::dispatcher::with_default(&dispatch, || runtime.block_on(test(log)));
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn everything_said_on_any_thread_is_captured() {
        captured(|log| async move {
            tracing::trace!(secret = "here-and-now", "said at once");
            tokio::spawn(async { tracing::debug!("said by a task") }).await.unwrap();
            tokio::task::spawn_blocking(|| tracing::info!("said by a blocking thread")).await.unwrap();
            std::hint::black_box(&log);
            for words in ["here-and-now", "said by a task", "said by a blocking thread"] {
                assert_eq!(log.lines_with(words).len(), 1, "{words}: {}", log.text());
            }
        });
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let secret = canary("pass/word");
        let found = |said: String| {
            let log = Log::default();
            log.clone().write_all(said.as_bytes()).unwrap();
            std::panic::catch_unwind(|| log.keeps_quiet_about(&[&secret])).is_err()
        };
        assert!(!found("nothing".to_owned()));
        assert!(found(format!("a {secret} b")));
        assert!(found(secret.replace('/', "%2F")));
        assert!(found(format!("{:?}", secret.as_bytes())));
        for around in ["", "a", "ab", "abc"] {
            assert!(found(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{around}{secret}{around}"))), "{around:?}");
        }
    }
}

//! The log: one line an event, to standard error, as JSON or as text.
//!
//! The rule of redaction (security requirements C-LOG-02, C-LOG-03), in the order it protects:
//! 1. Nobody passes a secret to an event or a span. Secret types say `redacted` to `Debug`; addresses are logged without their query;
//!    people are named by row id; no header is passed at all, and the cookies we set are marked sensitive.
//! 2. Only our own crates speak below `warn`, whatever the filter asks for: at `trace` the libraries print headers, statements and keys.
//! 3. A panic is logged by its place, and by its words only when they are a literal of the source.
//! 4. Control characters of every kind are written as escapes, so that no value can begin a line or colour a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::panic::PanicHookInfo;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt};

/// Our own crates; and the migrator, whose `info` tells which steps it took. The WebAuthn library quotes what strangers sent in its
/// errors; why a passkey was refused is ours to say.
const MAY_SPEAK: [(&str, LevelFilter); 6] = [
    ("weftid", LevelFilter::TRACE),
    ("weftid_migrations", LevelFilter::TRACE),
    ("weftid_tests", LevelFilter::TRACE),
    ("sea_orm_migration", LevelFilter::INFO),
    ("webauthn_rs", LevelFilter::OFF),
    ("webauthn_rs_core", LevelFilter::OFF),
];

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line, for machines.
    Json,
    /// Words, for a person at a terminal.
    Text,
}

/// What of our own events is wanted: `info`, or `warn,weftid::store=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    /// Reads a filter in the syntax of `tracing-subscriber`; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("is empty".to_owned());
        }
        EnvFilter::builder().with_regex(false).parse(text).map_err(|error| error.to_string())?;
        Ok(Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn build(&self) -> EnvFilter {
        // It was parsed before; patterns are off because a filter is also an input.
        EnvFilter::builder().with_regex(false).parse_lossy(&self.0)
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

/// Starts the log of this process on standard error, and has panics logged there.
///
/// # Errors
/// When the process has a log already.
pub fn init(format: Format, filter: &Filter) -> Result<(), tracing_subscriber::util::TryInitError> {
    make_subscriber(format, filter, io::stderr).try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// The whole log, writing to `writer`: what [`init`] installs, for a test that reads what was written.
pub fn make_subscriber<W>(format: Format, filter: &Filter, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::registry().with(layer(format, filter, writer))
}

/// The log as one layer: format, filter, cap and escapes, writing to `writer`.
pub fn layer<S, W>(format: Format, filter: &Filter, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let cap = Targets::new().with_default(LevelFilter::WARN).with_targets(MAY_SPEAK);
    let wanted = filter.build().and(cap);
    let plain = fmt::layer().with_ansi(false).with_writer(Escaping(writer));
    match format {
        Format::Json => plain.json().flatten_event(true).with_current_span(false).with_filter(wanted).boxed(),
        Format::Text => plain.with_filter(wanted).boxed(),
    }
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    // A formatted message may hold any value; a literal holds none.
    let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown: it may hold what must stay secret)");
    tracing::error!(place, words, "panic");
}

/// Hands out writers that take one finished line at a time, and let no control character through but the line feed at its end.
struct Escaping<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Escaping<W> {
    type Writer = EscapingWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        EscapingWriter(self.0.make_writer())
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        EscapingWriter(self.0.make_writer_for(meta))
    }
}

struct EscapingWriter<W>(W);

impl<W: Write> Write for EscapingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The formatter writes an event whole, so what is in here beside the last line feed came out of a value.
        self.0.write_all(escape(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escape(line: &str) -> String {
    let body = line.strip_suffix('\n').unwrap_or(line);
    let mut escaped = String::with_capacity(line.len());
    for character in body.chars() {
        if misleads(character) {
            // The spelling of JSON, right in both formats. All of them lie below U+FFFF. Writing to a `String` can't fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped.push('\n');
    escaped
}

/// Controls (C0, DEL, C1), line and paragraph separators, and marks that reorder text.
fn misleads(character: char) -> bool {
    character.is_control() || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, filter: &str, events: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = make_subscriber(format, &Filter::parse(filter).unwrap(), move || writer.clone());
        tracing::subscriber::with_default(subscriber, events);
        String::from_utf8(captured.0.lock().unwrap().clone()).unwrap()
    }

    /// C-LOG-03: whatever a field or a message holds, one event is one line without control characters.
    #[test]
    fn no_value_can_forge_a_line() {
        let hostile = "x\r\n{\"level\":\"ERROR\"}\n2026-01-01 ERROR forged\u{1b}[31m\u{9b}2J\u{7f}\u{2028}\u{202e}\"\\";
        for format in [Format::Json, Format::Text] {
            let log = logged(format, "info", || {
                let span = tracing::info_span!("request", agent = hostile, shown = %hostile);
                let _inside = span.enter();
                tracing::info!(agent = hostile, shown = %hostile, debugged = ?hostile, "said: {hostile}");
            });
            assert_eq!(log.matches('\n').count(), 1, "{format:?}: {log:?}");
            assert!(log.ends_with('\n') && !log.trim_end_matches('\n').contains(misleads), "{format:?}: {log:?}");
            if format == Format::Json {
                let read: serde_json::Value = serde_json::from_str(&log).unwrap();
                assert_eq!(read.get("shown").and_then(|shown| shown.as_str()), Some(hostile), "JSON keeps the value itself");
            }
        }
    }

    /// C-LOG-02: libraries that print secrets at trace level are held at `warn`, also when the filter names them.
    #[test]
    fn no_filter_lets_a_library_speak_below_warn() {
        for filter in ["trace", "trace,hyper=trace,sqlx::query=trace,h2=debug", "hyper::proto=trace,rustls=trace,reqwest=debug,sea_orm=trace"] {
            let log = logged(Format::Text, filter, || {
                tracing::trace!(target: "hyper::proto::h1", "canary");
                tracing::debug!(target: "sqlx::query", "canary");
                tracing::info!(target: "sea_orm::driver", "canary");
                tracing::debug!(target: "h2::codec", "canary");
                tracing::trace!(target: "rustls::conn", "canary");
                tracing::debug!(target: "reqwest::connect", "canary");
                tracing::debug!(target: "tower_http::trace", "canary");
                tracing::trace!(target: "a_crate_of_next_year", "canary");
                tracing::error!(target: "hyper::proto::h1", "heard");
            });
            assert!(!log.contains("canary"), "{filter}: {log}");
            assert!(log.contains("heard"), "{filter}: {log}");
        }
    }

    #[test]
    fn our_own_events_follow_the_filter() {
        let events = || {
            tracing::trace!(target: "weftid::store", "fine");
            tracing::info!(target: "weftid::server", "coarse");
        };
        let quiet = logged(Format::Json, "info", events);
        assert!(quiet.contains("coarse") && !quiet.contains("fine"));
        let loud = logged(Format::Json, "info,weftid::store=trace", events);
        assert!(loud.contains("coarse") && loud.contains("fine"));
    }

    #[test]
    fn a_filter_that_means_nothing_is_refused() {
        for bad in ["", " ", "weftid=loud", "weftid=info=debug", "[span"] {
            assert!(Filter::parse(bad).is_err(), "{bad:?}");
        }
    }

    /// C-LOG-02: a panic is logged without the values that its message was formatted from.
    #[test]
    fn a_panic_shows_its_place_and_not_its_values() {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = make_subscriber(Format::Json, &Filter::default(), move || writer.clone());
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(|panic| {
            if std::thread::current().name() == Some("panics on purpose") {
                log_panic(panic);
            }
        }));
        let thread = std::thread::Builder::new().name("panics on purpose".to_owned()).spawn(move || {
            tracing::subscriber::with_default(subscriber, || {
                let secret = "canary";
                let _caught = std::panic::catch_unwind(|| panic!("cannot use {secret}"));
                let _caught = std::panic::catch_unwind(|| panic!("a literal"));
            });
        });
        thread.unwrap().join().unwrap();
        std::panic::set_hook(before);
        let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("telemetry.rs") && log.contains("a literal") && !log.contains("canary"), "{log}");
    }
}

//! `AppError`: what pages, the JSON ceremonies and the command line say when something is refused or fails. It names a sentence to
//! translate and a stable code; the cause is for the log alone. OAuth clients get `protocol::error::OAuthError` instead.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What kind of failure it is; the edge turns it into an HTTP status, the command line into an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was sent can't be understood or is not allowed (400).
    Invalid,
    /// Not signed in, or what was shown proves nothing (401).
    Unauthenticated,
    /// Signed in, but this is not theirs to do (403).
    Forbidden,
    /// There is no such thing, or not for them (404).
    NotFound,
    /// It clashes with what is there already (409).
    Conflict,
    /// It was there and is over: expired, used, withdrawn (410).
    Gone,
    /// More than we take (413).
    TooLarge,
    /// Not a content type we read (415).
    UnsupportedMediaType,
    /// Too many tries; come back after this long (429).
    TooMany(Duration),
    /// Something we need is not there right now; come back after this long (503).
    Unavailable(Duration),
    /// Our fault (500).
    Internal,
}

/// A refusal or failure in words for people.
pub struct AppError {
    /// What kind of failure it is.
    pub kind: Kind,
    /// A stable name for programs, the `code` of the problem document; the sentence for people is the translation of `error-CODE`.
    pub code: &'static str,
    /// The cause, for the log alone.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl AppError {
    /// A failure of this kind, known by `code`.
    pub const fn new(kind: Kind, code: &'static str) -> Self {
        Self { kind, code, source: None }
    }

    /// The same with its cause, which reaches the log and nobody else.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Our own fault, with its cause.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Internal, "internal").because(source)
    }
}

impl fmt::Debug for AppError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.code)?;
        let mut cause: Option<&(dyn Error + 'static)> = self.source.as_ref().map(|boxed| &**boxed as &(dyn Error + 'static));
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for AppError {}

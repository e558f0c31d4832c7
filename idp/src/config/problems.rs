//! What is wrong with a configuration: every problem with its path, where the value came from, and what would be right. No problem
//! shows the value itself: a secret may stand in the wrong place.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything: the default.
    Default,
    /// The configuration file, at this line.
    File {
        /// The file's path.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable of this name.
    Environment(String),
    /// A pair handed over by the program itself.
    Given,
}

impl Origin {
    /// How high its layer is: a higher one wins.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File { .. } => 1,
            Self::Environment(_) => 2,
            Self::Given => 3,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("not set"),
            Self::File { path, line } => write!(formatter, "{}, line {line}", path.display().to_string().escape_debug()),
            Self::Environment(name) => write!(formatter, "environment variable {}", name.escape_debug()),
            Self::Given => formatter.write_str("given by the program"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting's path, such as `http.bind`; empty when the file as a whole can't be read.
    pub path: String,
    /// Where the wrong value came from.
    pub origin: Origin,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "configuration" } else { &self.path };
        // Paths and messages may quote what was typed; a line stays a line.
        write!(formatter, "{} ({}): {}", path.escape_debug(), self.origin, Printable(&self.message))
    }
}

struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| if c.is_control() { write!(formatter, "{}", c.escape_debug()) } else { write!(formatter, "{c}") })
    }
}

/// Everything that is wrong, together. Shown one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Each problem, in the order of the settings; unknown keys come last.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes one more.
    pub(super) fn add(&mut self, path: impl Into<String>, origin: Origin, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), origin, message: message.into() });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

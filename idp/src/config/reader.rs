//! Hands out settings one by one, each declared where it is read: path, default, kind, bounds. Collects what is wrong instead of
//! stopping at it; what nobody asked for at the end is unknown.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use crate::config::layers::{Layers, PREFIX, Raw, Written};
use crate::config::problems::{Origin, Problems};
use crate::config::value::Value;

/// The longest secret file we read; a path to a device or a disk image ends here.
const SECRET_FILE_LIMIT: u64 = 64 * 1024;

/// A setting as it ended up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Its path, such as `http.bind`.
    pub path: &'static str,
    /// Its value as the file would write it; a secret only says that it is one. `None` when it is not set and has no default.
    pub shown: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// The reader of one configuration.
pub(super) struct Reader {
    layers: Layers,
    problems: Problems,
    effective: Vec<Effective>,
}

impl Reader {
    pub(super) fn new(layers: Layers, problems: Problems) -> Self {
        Self { layers, problems, effective: Vec::new() }
    }

    /// A setting whose value is `default` unless something else is written. After a problem it is `default` too, so that reading can go on.
    pub(super) fn get<T: Value>(&mut self, path: &'static str, default: T) -> T {
        self.checked(path, default, |_| Ok(()))
    }

    /// The same, not below `min` and not above `max`; `reason` says what those two guard against.
    pub(super) fn within<T: Value + PartialOrd>(&mut self, path: &'static str, default: T, [min, max]: [T; 2], reason: &str) -> T {
        self.checked(path, default, |value| {
            if (&min..=&max).contains(&value) { Ok(()) } else { Err(format!("must be between {} and {}: {reason}", min.show(), max.show())) }
        })
    }

    fn checked<T: Value>(&mut self, path: &'static str, default: T, check: impl FnOnce(&T) -> Result<(), String>) -> T {
        let Some(raw) = self.layers.take(path) else {
            self.effective.push(Effective { path, shown: Some(default.show()), origin: Origin::Default });
            return default;
        };
        self.settle(path, Some(raw), check).unwrap_or(default)
    }

    fn settle<T: Value>(&mut self, path: &'static str, raw: Option<Raw>, check: impl FnOnce(&T) -> Result<(), String>) -> Option<T> {
        let origin = raw.as_ref().map_or(Origin::Default, |raw| raw.origin.clone());
        let value = match raw.map(|raw| T::read(&raw).and_then(|value| check(&value).map(|()| value))) {
            None => None,
            Some(Ok(value)) => Some(value),
            Some(Err(message)) => {
                self.problems.add(path, origin.clone(), message);
                None
            }
        };
        self.effective.push(Effective { path, shown: value.as_ref().map(T::show), origin });
        value
    }

    /// A secret, written at `path` or in the file that `file_path` names. The higher layer wins; both in one layer are a problem.
    pub(super) fn secret<T: Value>(&mut self, path: &'static str, file_path: &'static str, default: Option<T>) -> Option<T> {
        let (mut written, mut filed) = (self.layers.take(path), self.layers.take(file_path));
        if let (Some(here), Some(there)) = (&written, &filed) {
            match here.origin.rank().cmp(&there.origin.rank()) {
                std::cmp::Ordering::Greater => filed = None,
                std::cmp::Ordering::Less => written = None,
                std::cmp::Ordering::Equal => self.problems.add(path, here.origin.clone(), format!("is set beside {file_path}; keep one of the two")),
            }
        }
        let secret_path: Option<PathBuf> = self.settle(file_path, filed.clone(), |_| Ok(()));
        let (Some(secret_path), Some(filed)) = (secret_path, filed) else {
            if written.is_some() {
                return self.settle(path, written, |_| Ok(()));
            }
            self.effective.push(Effective { path, shown: default.as_ref().map(T::show), origin: Origin::Default });
            return default;
        };
        match read_secret(&secret_path) {
            Ok(text) => {
                let in_file = Raw { text: text.trim_end_matches(['\r', '\n']).to_owned(), written: Written::Untyped, origin: filed.origin };
                self.settle(path, Some(in_file), |_| Ok(()))
            }
            Err(error) => {
                // The path is not quoted: it may be the secret itself, written at the wrong key.
                self.problems.add(file_path, filed.origin, format!("must name a text file that can be read: {error}"));
                None
            }
        }
    }

    /// A setting whose default is written as text, for kinds that only a parser can make; `None` after a problem.
    pub(super) fn parsed_default<T: Value>(&mut self, path: &'static str, default: &str) -> Option<T> {
        let raw = self.layers.take(path).unwrap_or_else(|| Raw { text: default.to_owned(), written: Written::Untyped, origin: Origin::Default });
        self.settle(path, Some(raw), |_| Ok(()))
    }

    /// A setting whose default is to be absent; `None` also after a problem.
    pub(super) fn optional<T: Value>(&mut self, path: &'static str) -> Option<T> {
        let raw = self.layers.take(path);
        self.settle(path, raw, |_| Ok(()))
    }

    /// What must be true of several settings together. Silent when one of them is wrong already: its default says nothing about it.
    pub(super) fn must(&mut self, paths: &[&'static str], holds: bool, message: impl Into<String>) {
        let wrong_already = self.problems.iter().any(|problem| paths.contains(&problem.path.as_str()));
        let Some(first) = paths.first().filter(|_| !holds && !wrong_already) else { return };
        // Blame the one somebody wrote; a default is right by itself.
        let written = paths.iter().find_map(|path| self.effective.iter().find(|one| one.path == *path && one.origin != Origin::Default));
        let (path, origin) = written.map_or((*first, Origin::Default), |one| (one.path, one.origin.clone()));
        self.problems.add(path, origin, message);
    }

    /// What was wrong, or every setting as it ended up. Call it when every setting was asked for; `needed` is what only a problem takes away.
    pub(super) fn finish<T>(mut self, needed: Option<T>) -> Result<(Vec<Effective>, T), Problems> {
        let known: Vec<&str> = self.effective.iter().map(|one| one.path).collect();
        for (path, origin) in self.layers.into_rest() {
            let right = match (nearest(&path, &known), &origin) {
                (Some(near), Origin::Environment(_)) => format!("; did you mean {}?", environment_name(near)),
                (Some(near), _) => format!("; did you mean {near}?"),
                (None, _) => "; config/weftid.toml lists every setting".to_owned(),
            };
            self.problems.add(path, origin, format!("is no setting{right}"));
        }
        match needed {
            Some(needed) if self.problems.is_empty() => Ok((self.effective, needed)),
            _ => Err(self.problems),
        }
    }
}

fn read_secret(path: &std::path::Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(SECRET_FILE_LIMIT).read_to_string(&mut text)?;
    Ok(text)
}

fn environment_name(path: &str) -> String {
    format!("{PREFIX}{}", path.to_ascii_uppercase().replace('.', "__"))
}

/// The known path that was probably meant: the same last word in another section, or a few keystrokes away.
fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let typed = typed.strip_prefix(PREFIX).unwrap_or(typed).to_ascii_lowercase().replace("__", ".");
    let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
    let close = known.iter().map(|path| (distance(&typed, path), *path)).min().filter(|(steps, _)| *steps <= 3).map(|(_, path)| path);
    close.or_else(|| known.iter().copied().find(|path| last(path) == last(&typed)))
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (above, a) in left.chars().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right.chars()) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *cell;
            *cell = substituted.min(diagonal + 1).min(before + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_guessed() {
        let known = ["issuer", "http.bind", "http.body_limit", "sessions.idle"];
        assert_eq!(nearest("http.bnid", &known), Some("http.bind"));
        assert_eq!(nearest("server.body_limit", &known), Some("http.body_limit"));
        assert_eq!(nearest("WEFTID__http__bind", &known), Some("http.bind"));
        assert_eq!(nearest("colour.of_the_sky", &known), None);
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("same", "same")), (3, 3, 0));
    }
}

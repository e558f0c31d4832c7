//! The layers a setting may come from, flattened to one value for each path: the file, and above it the environment.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::config::problems::{Origin, Problems};

/// What every environment variable of ours begins with.
pub(super) const PREFIX: &str = "WEFTID__";

/// How a value was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// In quotes.
    Text,
    /// As a whole number.
    Number,
    /// As `true` or `false`.
    Boolean,
    /// As a list of texts, each on a line of its own here.
    List,
    /// Where everything is text: the environment, a secret file.
    Untyped,
    /// As something that no setting is; TOML's name for it.
    Other(&'static str),
}

/// A value as it was written.
#[derive(Clone)]
pub(super) struct Raw {
    /// Its text.
    pub(super) text: String,
    /// How it was written.
    pub(super) written: Written,
    /// Where it was written.
    pub(super) origin: Origin,
}

/// Everything that was written, by path.
#[derive(Default)]
pub(super) struct Layers {
    values: BTreeMap<String, Vec<Raw>>,
}

impl Layers {
    /// Adds what the file says. A file that can't be read or isn't TOML is a problem, and nothing of it is kept.
    pub(super) fn add_file(&mut self, path: &Path, problems: &mut Problems) {
        let at = |line| Origin::File { path: path.to_owned(), line };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return problems.add("", at(1), format!("can't be read: {error}")),
        };
        let (table, errors) = DeTable::parse_recoverable(&text);
        for error in &errors {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            // Never `Display`: it quotes the line, and a secret may stand there.
            problems.add("", at(line), format!("is not TOML: {}", error.message()));
        }
        if errors.is_empty() {
            self.add_table("", table.get_ref(), &text, &at);
        }
    }

    fn add_table(&mut self, above: &str, table: &DeTable<'_>, whole: &str, at: &dyn Fn(usize) -> Origin) {
        for (key, value) in table {
            let name = key.get_ref();
            let path = if above.is_empty() { name.to_string() } else { format!("{above}.{name}") };
            let origin = at(line_of(whole, key.span().start));
            let (text, written) = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.add_table(&path, inner, whole, at);
                    continue;
                }
                DeValue::String(text) => (text.to_string(), Written::Text),
                DeValue::Integer(number) => (number.to_string(), Written::Number),
                DeValue::Boolean(yes) => (yes.to_string(), Written::Boolean),
                DeValue::Array(items) => match texts(items.iter().map(toml::Spanned::get_ref)) {
                    Some(lines) => (lines, Written::List),
                    None => (String::new(), Written::Other("array")),
                },
                other => (String::new(), Written::Other(other.type_str())),
            };
            self.add(path, Raw { text, written, origin });
        }
    }

    /// Adds what the environment says: `WEFTID__HTTP__BIND` is `http.bind`. Other variables are none of ours.
    pub(super) fn add_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        for (name, text) in environment {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            // One spelling only: a name in lower case stays as it is, and is reported as unknown.
            let is_ours = rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
            let path = if is_ours { rest.to_ascii_lowercase().replace("__", ".") } else { name.clone() };
            self.add(path, Raw { text, written: Written::Untyped, origin: Origin::Environment(name) });
        }
    }

    /// Adds pairs of path and value.
    pub(super) fn add_pairs(&mut self, pairs: &[(&str, &str)]) {
        for (path, text) in pairs {
            self.add((*path).to_owned(), Raw { text: (*text).to_owned(), written: Written::Untyped, origin: Origin::Given });
        }
    }

    fn add(&mut self, path: String, raw: Raw) {
        self.values.entry(path).or_default().push(raw);
    }

    /// Takes the value of the highest layer that says something about `path`.
    pub(super) fn take(&mut self, path: &str) -> Option<Raw> {
        self.values.remove(path)?.pop()
    }

    /// What nobody took.
    pub(super) fn into_rest(self) -> impl Iterator<Item = (String, Origin)> {
        self.values.into_iter().flat_map(|(path, raws)| raws.into_iter().map(move |raw| (path.clone(), raw.origin)))
    }
}

/// The texts of a list, one a line; `None` if it holds anything else.
fn texts<'v>(items: impl Iterator<Item = &'v DeValue<'v>>) -> Option<String> {
    let texts: Option<Vec<&str>> = items.map(|item| if let DeValue::String(text) = item { Some(text.as_ref()) } else { None }).collect();
    texts.filter(|texts| texts.iter().all(|text| !text.contains('\n'))).map(|texts| texts.join("\n"))
}

fn line_of(whole: &str, offset: usize) -> usize {
    1 + whole.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

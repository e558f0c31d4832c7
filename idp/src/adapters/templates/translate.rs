//! Sentences in the reader's language: Fluent files, one folder a language, and the choice among them from `Accept-Language`
//! (RFC 9110 §12.5.4). English is complete by definition; what another language lacks falls back to it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use crate::adapters::templates::{TemplateError, files};

/// Where the Fluent files lie within the embedded folder.
const FOLDER: &str = "translations/";

/// The language everything exists in.
const ENGLISH: &str = "en";

/// How many entries of an `Accept-Language` header are looked at; nobody speaks more, and the header is not ours.
const MOST_PREFERENCES: usize = 32;

/// A language we speak, as chosen for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    lang: Arc<str>,
    right_to_left: bool,
}

impl Locale {
    fn of(language: &LanguageIdentifier) -> Self {
        Self { lang: language.to_string().into(), right_to_left: language.character_direction() == CharacterDirection::RTL }
    }

    /// The language tag, for `lang` and `Content-Language` (BCP 47).
    pub fn lang(&self) -> &str {
        &self.lang
    }

    /// The direction of writing, for `dir`: `ltr` or `rtl`.
    pub const fn dir(&self) -> &'static str {
        if self.right_to_left { "rtl" } else { "ltr" }
    }
}

/// Why a sentence could not be said.
#[derive(Debug, thiserror::Error)]
pub enum TranslationError {
    /// No file of this language has it.
    #[error("no message {id} in {lang}")]
    Missing {
        /// The message, with its attribute if one was asked for.
        id: String,
        /// The language that lacks it.
        lang: String,
    },
    /// It is there, but asks for a variable that it was not given, or the like.
    #[error("message {id} in {lang}: {reason}")]
    Broken {
        /// The message, with its attribute if one was asked for.
        id: String,
        /// The language of the message.
        lang: String,
        /// What Fluent found wrong.
        reason: String,
    },
}

/// Every language we speak. Each is read when the first sentence in it is asked for: nobody reads all of them, and at first nobody any.
pub(super) struct Translations {
    languages: BTreeMap<String, Language>,
    available: Vec<LanguageIdentifier>,
    english: LanguageIdentifier,
}

/// A language and, once it was asked for, its sentences; none if its files don't read, which the log then tells.
struct Language {
    identifier: LanguageIdentifier,
    sentences: OnceLock<Option<FluentBundle<FluentResource>>>,
}

impl Language {
    fn sentences(&self, tag: &str) -> Option<&FluentBundle<FluentResource>> {
        let read = || read(tag, &self.identifier).inspect_err(|error| tracing::error!(%error, "a language can't be read")).ok();
        self.sentences.get_or_init(read).as_ref()
    }
}

/// Reads the files of one language.
fn read(tag: &str, identifier: &LanguageIdentifier) -> Result<FluentBundle<FluentResource>, TemplateError> {
    let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
    // We isolate ourselves, and only text that needs it (see `argument`).
    bundle.set_use_isolating(false);
    for (path, bytes) in files(FOLDER).filter(|(path, _)| folder_of(path) == Some(tag)) {
        let wrong = |reason| TemplateError::Translation { path: path.clone(), reason };
        let source = String::from_utf8(bytes.into_owned()).map_err(|_| TemplateError::NotText(path.clone()))?;
        let resource = FluentResource::try_new(source).map_err(|(_, errors)| wrong(format!("{errors:?}")))?;
        bundle.add_resource(resource).map_err(|errors| wrong(format!("{errors:?}")))?;
    }
    Ok(bundle)
}

fn folder_of(path: &str) -> Option<&str> {
    path.split_once('/').map(|(folder, _)| folder)
}

impl Translations {
    /// Finds every embedded language.
    pub(super) fn load() -> Result<Self, TemplateError> {
        let mut languages = BTreeMap::new();
        for (path, _) in files(FOLDER) {
            let Some(tag) = folder_of(&path).filter(|tag| !languages.contains_key(*tag)) else { continue };
            languages.insert(tag.to_owned(), Language { identifier: language(tag)?, sentences: OnceLock::new() });
        }
        let available = languages.values().map(|language| language.identifier.clone()).collect();
        Ok(Self { languages, available, english: language(ENGLISH)? })
    }

    /// The best language for what the browser asks for; English when we speak none of it.
    pub(super) fn negotiate(&self, accept_language: Option<&str>) -> Locale {
        let wanted = preferences(accept_language.unwrap_or_default());
        let chosen = negotiate_languages(&wanted, &self.available, Some(&self.english), NegotiationStrategy::Lookup);
        Locale::of(chosen.first().copied().unwrap_or(&self.english))
    }

    /// The languages we speak.
    pub(super) fn locales(&self) -> Vec<Locale> {
        self.available.iter().map(Locale::of).collect()
    }

    /// The message `id`, or `id.attribute`, with its variables filled in.
    pub(super) fn try_translate(&self, lang: &str, id: &str, arguments: &FluentArgs<'_>) -> Result<String, TranslationError> {
        let missing = || TranslationError::Missing { id: id.to_owned(), lang: lang.to_owned() };
        let bundle = self.languages.get(lang).and_then(|language| language.sentences(lang)).ok_or_else(missing)?;
        let (name, attribute) = id.split_once('.').map_or((id, None), |(name, attribute)| (name, Some(attribute)));
        let message = bundle.get_message(name).ok_or_else(missing)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute).map(|attribute| attribute.value()),
            None => message.value(),
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern.ok_or_else(missing)?, Some(arguments), &mut errors).into_owned();
        if errors.is_empty() {
            Ok(text)
        } else {
            let reason = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Err(TranslationError::Broken { id: id.to_owned(), lang: lang.to_owned(), reason })
        }
    }

    /// The same, but always something to show: the sentence in English, or in the end the id. A gap is for the log to report, not for
    /// the reader to suffer.
    pub(super) fn translate(&self, lang: &str, id: &str, arguments: &FluentArgs<'_>) -> String {
        self.try_translate(lang, id, arguments)
            .or_else(|error| {
                tracing::error!(%error, "a sentence is missing");
                self.try_translate(ENGLISH, id, arguments)
            })
            .unwrap_or_else(|_| id.to_owned())
    }
}

/// The languages of an `Accept-Language` header, best first (RFC 9110 §12.5.4); what can't be read is passed over. Ours, because the
/// library's own reading ignores the weights.
fn preferences(header: &str) -> Vec<LanguageIdentifier> {
    let mut weighted: Vec<(u16, LanguageIdentifier)> = header
        .split(',')
        .take(MOST_PREFERENCES)
        .filter_map(|part| {
            let (tag, weight) = part.split_once(';').map_or((part, Some(1000)), |(tag, weight)| (tag, thousandths(weight)));
            Some((weight.filter(|&weight| weight > 0)?, tag.trim().parse().ok()?))
        })
        .collect();
    // Stable: among equals the header's order counts.
    weighted.sort_by_key(|&(weight, _)| std::cmp::Reverse(weight));
    weighted.into_iter().map(|(_, language)| language).collect()
}

/// The weight `q=0.800` in thousandths (RFC 9110 §12.4.2).
fn thousandths(weight: &str) -> Option<u16> {
    let value = weight.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn language(tag: &str) -> Result<LanguageIdentifier, TemplateError> {
    tag.parse().map_err(|_| TemplateError::Translation { path: tag.to_owned(), reason: "not a language tag".to_owned() })
}

/// A variable as Fluent takes it. Text that could turn the direction of the sentence around (a name in Hebrew, or one with an override in
/// it) is isolated, so that it can't rearrange what stands around it (Unicode UAX #9 §2.4.2); plain text stays plain.
pub(super) fn argument(text: &str) -> FluentValue<'static> {
    if text.chars().any(turns_direction) {
        FluentValue::from(Cow::<'static, str>::Owned(format!("\u{2068}{text}\u{2069}")))
    } else {
        FluentValue::from(text.to_owned())
    }
}

const fn turns_direction(letter: char) -> bool {
    matches!(letter as u32,
        0x0590..=0x08FF | 0x200E | 0x200F | 0x202A..=0x202E | 0x2066..=0x2069 | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x1_0800..=0x1_0FFF | 0x1_E800..=0x1_EFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_gets_the_best_language_we_speak() {
        let translations = Translations::load().unwrap();
        for (header, lang) in [
            (None, "en"),
            (Some(""), "en"),
            (Some("de-AT,de;q=0.9,en;q=0.5"), "de"),
            (Some("en;q=0.5,de;q=0.9"), "de"),
            (Some("xx,de;q=0.3"), "de"),
            (Some("de;q=0,en;q=0.1"), "en"),
            (Some("de;q=0.8888,en"), "en"),
            (Some("tlh"), "en"),
            (Some("*"), "en"),
            (Some(";;;q=\u{1F9F5}"), "en"),
        ] {
            assert_eq!(translations.negotiate(header).lang(), lang, "{header:?}");
        }
        assert_eq!(translations.negotiate(Some("de")).dir(), "ltr");
    }

    #[test]
    fn every_language_reads() {
        let translations = Translations::load().unwrap();
        assert!(translations.languages.len() >= 2);
        for (tag, language) in &translations.languages {
            read(tag, &language.identifier).unwrap();
        }
    }

    #[test]
    fn a_missing_sentence_is_an_error_that_names_it_and_still_something_to_show() {
        let translations = Translations::load().unwrap();
        let error = translations.try_translate("de", "error-no_such_code", &FluentArgs::new()).unwrap_err();
        assert_eq!(error.to_string(), "no message error-no_such_code in de");
        assert_eq!(translations.translate("de", "error-no_such_code", &FluentArgs::new()), "error-no_such_code");
    }

    #[test]
    fn only_text_that_could_turn_the_sentence_around_is_isolated() {
        let text = |value: FluentValue<'static>| match value {
            FluentValue::String(text) => text.into_owned(),
            other => panic!("{other:?} is not text"),
        };
        assert_eq!(text(argument("Zoë")), "Zoë");
        assert_eq!(text(argument("\u{202E}live")), "\u{2068}\u{202E}live\u{2069}");
    }
}

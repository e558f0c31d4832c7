//! minijinja and Fluent: turns a page's name and its values into HTML in the reader's language, and hands out the static files that the
//! page refers to. Knows neither HTTP nor who is signed in; what a page shows is given to it.
//!
//! In every template stand: `t("id", name=value)` (a sentence), `time(millis)` (a moment in words), `asset("weft.css")` and
//! `path("/login")` (URLs below the issuer), the filter `hue` (which of six colours a name gets), and `lang`, `dir`, `page`.

use std::borrow::Cow;
use std::sync::Arc;

use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Object, Serde, Value, from_args, merge_maps};
use minijinja::{Environment, ErrorKind, State, UndefinedBehavior, context};
use serde::Serialize;

use crate::base::clock::Time;

mod assets;
mod escape;
pub mod mails;
pub mod pages;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
#[cfg(test)]
mod tests;
mod times;
mod translate;

pub use assets::Asset;
pub use translate::{Locale, TranslationError};

use assets::Assets;
use escape::Escaped;
use pages::{Page, Shown};
use times::Moment;
use translate::Translations;

/// Everything a person sees, as it lies in `templates/`: in a debug build read from there, otherwise inside the binary.
#[derive(rust_embed::RustEmbed)]
#[folder = "../templates"]
struct Embedded;

/// Where the templates lie within it.
const TEMPLATES: [&str; 4] = ["layouts/", "components/", "pages/", "mails/"];

/// The embedded files below `folder`, by their name within it, sorted.
fn files(folder: &'static str) -> impl Iterator<Item = (String, Cow<'static, [u8]>)> {
    let mut paths: Vec<_> = Embedded::iter().filter(|path| path.starts_with(folder)).collect();
    paths.sort();
    paths.into_iter().filter_map(move |path| {
        let file = Embedded::get(&path)?;
        Some((path.strip_prefix(folder)?.to_owned(), file.data))
    })
}

/// The text of a template, by its path.
fn source(path: &str) -> Result<Option<String>, minijinja::Error> {
    if !TEMPLATES.iter().any(|folder| path.starts_with(folder)) {
        return Ok(None);
    }
    let Some(file) = Embedded::get(path) else { return Ok(None) };
    let not_text = |error| minijinja::Error::new(ErrorKind::BadSerialization, format!("{path} is not UTF-8")).with_source(error);
    String::from_utf8(file.data.into_owned()).map(Some).map_err(not_text)
}

/// Why the templates can't be used, or a page can't be shown. Always our own fault.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A template does not parse, or asks for what it was not given.
    #[error("template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A Fluent file does not parse, or says something twice.
    #[error("translation {path}: {reason}")]
    Translation {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that should be text is not UTF-8.
    #[error("{0} is not UTF-8")]
    NotText(String),
    /// A static file of a kind that we have no media type for.
    #[error("{0} is of no kind that is served")]
    UnknownAsset(String),
}

/// Pages, sentences and static files. Built once; cheap to clone.
#[derive(Clone)]
pub struct Templates(Arc<Inner>);

struct Inner {
    environment: Environment<'static>,
    translations: Arc<Translations>,
    assets: Arc<Assets>,
}

impl Templates {
    /// Makes everything ready; a template is compiled when it is first shown. `path_prefix` is the issuer's path, empty for an issuer without one.
    pub fn load(path_prefix: &str) -> Result<Self, TemplateError> {
        let assets = Arc::new(Assets::load()?);
        let translations = Arc::new(Translations::load()?);
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        escape::escape_everything(&mut environment);
        environment.set_loader(source);
        let prefix: Arc<str> = path_prefix.trim_end_matches('/').into();
        let of_assets = Arc::clone(&assets);
        let before_assets = Arc::clone(&prefix);
        environment.add_function("asset", move |name: &str| match of_assets.path(name) {
            Some(path) => Ok(format!("{before_assets}{path}")),
            None => Err(minijinja::Error::new(ErrorKind::InvalidOperation, format!("no static file {name}"))),
        });
        environment.add_function("path", move |path: &str| format!("{prefix}{path}"));
        environment.add_filter("hue", hue);
        Ok(Self(Arc::new(Inner { environment, translations, assets })))
    }

    /// A page in the language of `locale`.
    pub fn show<P: Page>(&self, locale: &Locale, page: &Shown<P>) -> Result<String, TemplateError> {
        self.render(P::NAME, locale, page)
    }

    /// The page `page` (the name of a file in `templates/pages`, which is also its `data-page`) for a reader of `locale`. What the page
    /// shows comes from `context`; a value it asks for and is not given is an error.
    pub fn render(&self, page: &str, locale: &Locale, context: impl Serialize) -> Result<String, TemplateError> {
        let template = self.0.environment.get_template(&format!("pages/{page}.html"))?;
        let given = Value::from(Serde(context));
        let now = given.get_attr("now").ok().and_then(|now| now.as_i64()).map(Time::from_millis);
        let speech = Speech { translations: Arc::clone(&self.0.translations), lang: locale.lang().to_owned() };
        let ours = context! {
            t => Value::from_object(speech.clone()),
            time => Value::from_object(TimeInWords { speech, now }),
            lang => locale.lang(),
            dir => locale.dir(),
            page => page,
        };
        Ok(template.render(merge_maps([ours, given]))?)
    }

    /// The language for this `Accept-Language` header (RFC 9110 §12.5.4).
    pub fn negotiate(&self, accept_language: Option<&str>) -> Locale {
        self.0.translations.negotiate(accept_language)
    }

    /// The languages that pages are written in, each with what it calls itself.
    pub fn languages(&self) -> Vec<(String, String)> {
        let locales = self.0.translations.locales().into_iter();
        locales.map(|locale| (locale.lang().to_owned(), self.translate(&locale, "language-name", &[]))).collect()
    }

    /// One sentence, for what is not a page: `id` or `id.attribute`, such as `error-not_found` and `error-not_found.detail`.
    pub fn translate(&self, locale: &Locale, id: &str, arguments: &[(&str, &str)]) -> String {
        let mut filled = FluentArgs::with_capacity(arguments.len());
        for (name, text) in arguments {
            filled.set(*name, translate::argument(text));
        }
        self.0.translations.translate(locale.lang(), id, &filled)
    }

    /// One sentence with a `$count` in it.
    pub fn translate_count(&self, locale: &Locale, id: &str, count: u64) -> String {
        let mut filled = FluentArgs::with_capacity(1);
        filled.set("count", FluentValue::from(count));
        self.0.translations.translate(locale.lang(), id, &filled)
    }

    /// The static file `name` of the build known by `hash`, as `/assets/HASH/NAME` asks for it.
    pub fn asset(&self, hash: &str, name: &str) -> Option<Asset> {
        self.0.assets.get(hash, name)
    }

    /// The URL path of the static file `name`, for what is not a template (a `Link` header, `/favicon.ico`).
    pub fn asset_path(&self, name: &str) -> Option<String> {
        self.0.assets.path(name)
    }
}

/// `t(...)` of one rendering. A value rather than a global function: macros take along the values they mention, so `t` needs no language
/// passed through them.
#[derive(Clone)]
struct Speech {
    translations: Arc<Translations>,
    lang: String,
}

impl std::fmt::Debug for Speech {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Speech({})", self.lang)
    }
}

impl Object for Speech {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, minijinja::Error> {
        let (id, named): (&str, Kwargs) = from_args(arguments)?;
        // A value that is HTML already (a moment, a name in <bdi>) makes the whole sentence HTML: then the other values are escaped here.
        // The sentence itself is ours.
        let mut values = Vec::new();
        for name in named.args() {
            values.push((name, named.get::<Value>(name)?));
        }
        let is_html = values.iter().any(|(_, value)| value.is_safe());
        let mut filled = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            let argument = match (value.as_i64(), value.as_str()) {
                (Some(number), _) => FluentValue::from(number),
                (None, Some(text)) if is_html && !value.is_safe() => translate::argument(&Escaped(text).to_string()),
                (None, Some(text)) => translate::argument(text),
                (None, None) => return Err(minijinja::Error::new(ErrorKind::InvalidOperation, format!("{id}: {name} is neither text nor number"))),
            };
            filled.set(name.to_owned(), argument);
        }
        let text = if cfg!(test) {
            // A gap must not get through the tests unnoticed.
            self.translations.try_translate(&self.lang, id, &filled).map_err(failed)?
        } else {
            self.translations.translate(&self.lang, id, &filled)
        };
        Ok(if is_html { Value::from_safe_string(text) } else { Value::from(text) })
    }
}

/// `time(millis)` of one rendering: the moment as seen at the page's `now`.
#[derive(Debug)]
struct TimeInWords {
    speech: Speech,
    now: Option<Time>,
}

impl Object for TimeInWords {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, minijinja::Error> {
        let (millis,): (i64,) = from_args(arguments)?;
        let now = self.now.ok_or_else(|| minijinja::Error::new(ErrorKind::UndefinedError, "a page that shows times needs `now`"))?;
        let moment = Moment::new(&self.speech.translations, &self.speech.lang, Time::from_millis(millis), now).map_err(failed)?;
        Ok(Value::from_safe_string(format!(
            "<time datetime=\"{}\" title=\"{}\">{}</time>",
            Escaped(&moment.machine),
            Escaped(&moment.full),
            Escaped(&moment.words)
        )))
    }
}

fn failed(error: TranslationError) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string()).with_source(error)
}

/// Which of the six tile colours a name gets: the same name always the same one.
fn hue(name: &str) -> u32 {
    // Not 31, which leaves 1 when divided by 6: then the order of letters counts for nothing, and names of one family fall together.
    name.chars().fold(7_u32, |sum, letter| sum.wrapping_mul(33).wrapping_add(u32::from(letter))) % 6 + 1
}

//! How the person who asks wants pages to be: language, time zone and theme, as far as they said so on their profile.
//!
//! Known as soon as the request's session is, whichever extractor asked for that; nobody looks a session up for it.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use crate::adapters::templates::Locale;
use crate::adapters::templates::pages::Look;
use crate::app::App;
use crate::protocol::claim_values::LanguageTag;
use crate::store::user::{self, Theme};

/// A slot of the request that the session fills. Cloning it copies nothing: all clones show what was noted last.
#[derive(Clone, Debug, Default)]
pub struct Preferences(Arc<OnceLock<Chosen>>);

#[derive(Debug)]
struct Chosen {
    language: Option<LanguageTag>,
    look: Look,
}

impl Preferences {
    /// Takes note of who asks. The first one stays: a request is answered to one person.
    pub fn note(&self, user: &user::Model) {
        let look = Look { theme: user.theme.map(Theme::name), time_zone: user.time_zone.as_ref().map(ToString::to_string) };
        let _ = self.0.set(Chosen { language: user.language.clone(), look });
    }

    /// The language of the answer: what the person chose comes before what their browser asks for.
    pub fn locale(&self, app: &App, headers: &HeaderMap) -> Locale {
        let chosen = self.0.get().and_then(|chosen| chosen.language.as_ref()).map(LanguageTag::as_str);
        app.templates().negotiate(chosen.or_else(|| headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())))
    }

    /// The look of the answer, as far as the person chose it.
    pub fn look(&self) -> Look {
        self.0.get().map(|chosen| chosen.look.clone()).unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Preferences {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get_or_insert_default::<Self>().clone())
    }
}

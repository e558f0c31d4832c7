//! Showing a page: what every page has in common, and the headers that depend on the page. What is its own is a type of
//! `adapters::templates::pages`.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use http::request::Parts;

use crate::adapters::templates::Locale;
use crate::adapters::templates::pages::{Brand, House, NavItem, Page, Shown, User};
use crate::app::App;
use crate::base::error::AppError;
use crate::store::user;
use crate::web::browser::Browser;
use crate::web::csrf;
use crate::web::headers::{content_security_policy, policy_towards_only};
use crate::web::preferences::Preferences;
use crate::web::request_id::RequestId;
use crate::web::session::AllHere;

/// The places of the house that exist, in the order of its rail.
const NAV: [(&str, &str); 6] = [
    ("dashboard", "/account"),
    ("profile", "/account/profile"),
    ("sign-in-methods", "/account/sign-in-methods"),
    ("sessions", "/account/sessions"),
    ("apps", "/account/apps"),
    ("activity", "/account/activity"),
];

/// Extractor: shows pages to whoever asked.
#[derive(Clone, Debug)]
pub struct Pages {
    app: App,
    /// What the browser asks for, among it the language.
    asked: HeaderMap,
    preferences: Preferences,
    request_id: RequestId,
    csrf: Option<String>,
}

impl Pages {
    /// For answers that are made outside a handler.
    pub const fn new(app: App, asked: HeaderMap, preferences: Preferences, request_id: RequestId) -> Self {
        Self { app, asked, preferences, request_id, csrf: None }
    }

    /// Shows a page whose forms stay in the house.
    pub fn show<P: Page>(&self, page: P) -> Result<Response, AppError> {
        self.show_towards(None, page)
    }

    /// Shows a page with a form that may end at one origin (or private scheme) beside ours.
    pub fn show_towards<P: Page>(&self, form_target: Option<&str>, page: P) -> Result<Response, AppError> {
        self.show_under(&content_security_policy(form_target), page)
    }

    /// Shows a page with a form that ends at one origin, and not at ours.
    pub fn show_towards_only<P: Page>(&self, form_target: Option<&str>, page: P) -> Result<Response, AppError> {
        self.show_under(&policy_towards_only(form_target), page)
    }

    fn show_under<P: Page>(&self, policy: &str, page: P) -> Result<Response, AppError> {
        let shown = Shown {
            csrf: self.csrf.clone().unwrap_or_default(),
            request_id: self.request_id.as_str().to_owned(),
            brand: Brand { name: self.app.config().brand.name.clone() },
            now: self.app.now(),
            look: self.preferences.look(),
            page,
        };
        let html = self.app.templates().show(&self.locale(), &shown).map_err(AppError::internal)?;
        let mut response = html.into_response();
        let policy = HeaderValue::from_str(policy).map_err(AppError::internal)?;
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        Ok(response)
    }

    /// The language of the answer. Asked as late as possible: the session that tells may be looked up after this was made.
    pub fn locale(&self) -> Locale {
        self.preferences.locale(&self.app, &self.asked)
    }

    /// The house of a signed-in person, at the place `nav`.
    pub fn house(&self, user: &user::Model, nav: &'static str) -> House {
        let nav_items = NAV.into_iter().map(|(id, path)| NavItem { id, url: self.app.config().issuer.join(path) }).collect();
        House { user: person(user), nav, nav_items }
    }
}

/// A person, as pages show them.
pub fn person(user: &user::Model) -> User {
    let initials = user.name.split_whitespace().filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect();
    User { name: user.name.clone(), email: user.email.to_string(), initials }
}

impl FromRequestParts<App> for Pages {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let request_id = RequestId::from_request_parts(parts, app).await?;
        // A page that can't be told who is here is a page for nobody.
        let person = AllHere::from_request_parts(parts, app).await.ok().and_then(|AllHere(here)| Some(here.current()?.user.id));
        let csrf = parts.extensions.get::<Browser>().map(|browser| csrf::token(&app.view().rings.sealer, browser, person));
        let preferences = Preferences::from_request_parts(parts, app).await?;
        let asked = parts.headers.get(ACCEPT_LANGUAGE).map(|value| (ACCEPT_LANGUAGE, value.clone())).into_iter().collect();
        Ok(Self { app: app.clone(), asked, preferences, request_id, csrf })
    }
}

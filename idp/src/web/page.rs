//! Showing a page: what every page has in common, and the headers that depend on the page.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use serde::Serialize;

use crate::adapters::templates::Locale;
use crate::app::App;
use crate::base::error::AppError;
use crate::store::user;
use crate::web::browser::Browser;
use crate::web::csrf;
use crate::web::headers::content_security_policy;
use crate::web::request_id::RequestId;

/// A way out of an error page.
#[derive(Debug, Serialize)]
pub struct Way {
    /// Where to.
    pub url: String,
    /// The message that names it.
    pub label: &'static str,
}

/// Whose page it is, as the page says it.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Email.
    pub email: String,
    /// Up to two letters to draw in a circle.
    pub initials: String,
}

impl From<&user::Model> for Person {
    fn from(user: &user::Model) -> Self {
        let initials = user.name.split_whitespace().filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect();
        Self { name: user.name.clone(), email: user.email.to_string(), initials }
    }
}

/// The places of the house that exist, in the order of its rail.
const NAV: [(&str, &str); 1] = [("dashboard", "/account")];

#[derive(Serialize)]
struct NavItem {
    id: &'static str,
    url: String,
}

#[derive(Serialize)]
struct BrandContext<'c> {
    name: &'c str,
}

/// The variables of a page: those that every page has, and its own beside them.
#[derive(Serialize)]
struct Context<'c, T> {
    csrf: Option<&'c str>,
    request_id: &'c str,
    brand: BrandContext<'c>,
    now: i64,
    user: Option<&'c Person>,
    nav: Option<&'c str>,
    nav_items: &'c [NavItem],
    #[serde(flatten)]
    own: &'c T,
}

/// What every page has in common.
#[derive(Clone, Debug)]
pub struct Common {
    /// The template, and the page's name in `data-page`.
    pub page: &'static str,
    /// The form token, where there is a browser to bind it to.
    pub csrf: Option<String>,
    /// The language.
    pub locale: Locale,
    /// The request it answers.
    pub request_id: RequestId,
    /// Whose page it is.
    pub person: Option<Person>,
    /// Where in the house it is.
    pub nav: Option<&'static str>,
    /// The one origin beside ours that a form on it may end at.
    pub form_target: Option<String>,
}

impl Common {
    /// Renders the page with what is its own.
    pub fn render(&self, app: &App, own: &impl Serialize) -> Result<Response, AppError> {
        let nav_items: Vec<_> = NAV.into_iter().map(|(id, path)| NavItem { id, url: app.config().issuer.join(path) }).collect();
        let context = Context {
            csrf: self.csrf.as_deref(),
            request_id: self.request_id.as_str(),
            brand: BrandContext { name: &app.config().brand.name },
            now: app.now().millis(),
            user: self.person.as_ref(),
            nav: self.nav,
            nav_items: &nav_items,
            own,
        };
        let html = app.templates().render(self.page, &self.locale, context).map_err(AppError::internal)?;
        let mut response = html.into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let policy = content_security_policy(self.form_target.as_deref());
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).map_err(AppError::internal)?);
        Ok(response)
    }
}

/// Extractor: shows pages to whoever asked.
#[derive(Clone, Debug)]
pub struct Pages {
    app: App,
    locale: Locale,
    request_id: RequestId,
    csrf: Option<String>,
}

impl Pages {
    /// Begins a page.
    pub fn page(&self, page: &'static str) -> PageBuilder<'_> {
        let common = Common {
            page,
            csrf: self.csrf.clone(),
            locale: self.locale.clone(),
            request_id: self.request_id.clone(),
            person: None,
            nav: None,
            form_target: None,
        };
        PageBuilder { app: &self.app, common }
    }
}

/// A page on its way.
#[derive(Debug)]
#[must_use = "a page is shown by `show`"]
pub struct PageBuilder<'p> {
    app: &'p App,
    common: Common,
}

impl PageBuilder<'_> {
    /// Whose page it is.
    pub fn of(mut self, user: &user::Model) -> Self {
        self.common.person = Some(Person::from(user));
        self
    }

    /// Where in the house it is.
    pub fn at(mut self, nav: &'static str) -> Self {
        self.common.nav = Some(nav);
        self
    }

    /// The one origin (or private scheme) beside ours that a form on the page may end at.
    pub fn form_may_end_at(mut self, target: Option<String>) -> Self {
        self.common.form_target = target;
        self
    }

    /// Shows it with what is its own.
    pub fn show(self, own: &impl Serialize) -> Result<Response, AppError> {
        self.common.render(self.app, own)
    }
}

impl FromRequestParts<App> for Pages {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let request_id = RequestId::from_request_parts(parts, app).await?;
        let csrf = parts.extensions.get::<Browser>().map(|browser| csrf::token(&app.view().rings.sealer, browser));
        let locale = app.templates().negotiate(parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()));
        Ok(Self { app: app.clone(), locale, request_id, csrf })
    }
}

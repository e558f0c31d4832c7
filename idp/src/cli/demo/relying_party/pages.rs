//! Pages of the relying party: templates of their own, a style sheet of their own, no script, and the headers that hold them to it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse as _, Response};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value as Json, json};

use crate::base::base64url;
use crate::base::digest::Digest;
use crate::cli::demo::relying_party::DemoError;
use crate::cli::demo::relying_party::trouble::Trouble;

const STYLE: &str = include_str!("../../../../../templates/demo/demo.css");
const ICON: &str = include_str!("../../../../../templates/demo/demo.svg");
const TEMPLATES: [(&str, &str); 4] = [
    ("layout.html", include_str!("../../../../../templates/demo/layout.html")),
    ("home.html", include_str!("../../../../../templates/demo/home.html")),
    ("application.html", include_str!("../../../../../templates/demo/application.html")),
    ("error.html", include_str!("../../../../../templates/demo/error.html")),
];

/// The templates, compiled.
pub(super) struct Pages(Environment<'static>);

impl Pages {
    /// Compiles them. Values are escaped, as the names end in `.html`.
    pub(super) fn load() -> Result<Self, DemoError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        // Its content names the style sheet, so that an old one is never kept.
        let version: String = base64url::encode(Digest::of(STYLE).as_bytes()).chars().take(12).collect();
        environment.add_global("style", format!("/assets/demo.css?v={version}"));
        Ok(Self(environment))
    }

    /// Shows a page. `form_target` is the origin beside ours that its forms may end at.
    pub(super) fn show(&self, status: StatusCode, template: &str, context: Json, form_target: Option<&str>) -> Response {
        let rendered = self.0.get_template(template).and_then(|page| page.render(Value::from(Serde(context))));
        let mut response = match rendered {
            Ok(html) => (status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), template, "a page of the demo can't be shown");
                (StatusCode::INTERNAL_SERVER_ERROR, "Something broke in the demo; its log says more.").into_response()
            }
        };
        secure(response.headers_mut(), form_target);
        response
    }

    /// Shows what went wrong; `back` is the application that the way out leads to, as path and name.
    pub(super) fn trouble(&self, trouble: &Trouble, back: Option<(&str, &str)>) -> Response {
        let back = back.map(|(path, name)| json!({"path": path, "name": name}));
        self.show(trouble.status(), "error.html", json!({"trouble": trouble.words(), "back": back, "here": null}), None)
    }
}

/// Sends the browser on with GET, whatever brought it here (RFC 9110 §15.4.4).
pub(super) fn see_other(url: &str) -> Result<Response, Trouble> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::from_str(url).map_err(|_| Trouble::Internal)?);
    secure(response.headers_mut(), None);
    Ok(response)
}

/// `GET /assets/NAME`
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let (content_type, content) = match name.as_str() {
        "demo.css" => ("text/css; charset=utf-8", STYLE),
        "demo.svg" => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let mut response = content.into_response();
    secure(response.headers_mut(), None);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

/// Nothing inline, nothing from elsewhere, no frame, no referrer (the callback's address holds a code), nothing kept.
fn secure(headers: &mut HeaderMap, form_target: Option<&str>) {
    let target = form_target.map(|target| format!(" {target}")).unwrap_or_default();
    let policy = format!("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'");
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
}

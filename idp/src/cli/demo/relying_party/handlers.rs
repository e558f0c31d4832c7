//! The pages and their buttons: home, an application, "Refresh", "Fetch userinfo again", "Sign out".

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::cli::demo::relying_party::pages::see_other;
use crate::cli::demo::relying_party::shown::{self, Change};
use crate::cli::demo::relying_party::trouble::Trouble;
use crate::cli::demo::relying_party::visitors::{News, SignedIn, random_key};
use crate::cli::demo::relying_party::{DemoClient, SIGN_IN, SIGNED_OUT, Site, cookie};

impl Site {
    /// The answer, or the page that says why there is none, with a way back to the application.
    pub(super) fn answer(&self, segment: &str, result: Result<Response, Trouble>) -> Response {
        let back = self.application(segment).ok().map(|(_, client)| (client.path.as_str(), client.name.as_str()));
        result.unwrap_or_else(|trouble| self.0.pages.trouble(&trouble, back))
    }

    fn signed_in(&self, headers: &HeaderMap, application: usize) -> Option<(SignedIn, String)> {
        let found = self.0.visitors.with(cookie::read(headers), |visitor| {
            let signed_in = visitor.signed_in.get(&application)?.clone();
            Some((signed_in, visitor.csrf.clone()))
        });
        found.flatten()
    }

    /// Whom a button was pressed by: nobody, when their sign-in is forgotten by now.
    fn pressed(&self, headers: &HeaderMap, form: &[u8], application: usize) -> Result<Option<SignedIn>, Trouble> {
        let Some((signed_in, csrf)) = self.signed_in(headers, application) else { return Ok(None) };
        let shown = form_urlencoded::parse(form).find(|(name, _)| name == "csrf").map(|(_, value)| value);
        // Digests, because they are compared in constant time.
        let is_ours = shown.is_some_and(|shown| Digest::of(shown.as_bytes()) == Digest::of(&csrf));
        if is_ours && !cookie::is_from_elsewhere(headers) { Ok(Some(signed_in)) } else { Err(Trouble::Forged) }
    }

    /// Keeps what a button brought, unless they have signed out or in again meanwhile.
    fn keep(&self, headers: &HeaderMap, application: usize, change: impl FnOnce(&mut SignedIn)) {
        self.0.visitors.with(cookie::read(headers), |visitor| visitor.signed_in.get_mut(&application).map(change));
    }

    fn page(&self, application: usize, headers: &HeaderMap, has_left: Option<bool>) -> Result<Response, Trouble> {
        let client = self.0.settings.clients.get(application).ok_or(Trouble::NotFound)?;
        let now = self.0.clock.now();
        let signed_in = self.signed_in(headers, application);
        let here =
            json!({"path": client.path, "name": client.name, "initial": initial(&client.name), "sign_in": format!("{}{SIGN_IN}", client.path)});
        let others: Vec<_> = self
            .0
            .settings
            .clients
            .iter()
            .filter(|other| other.path != client.path)
            .map(|other| json!({"path": other.path, "name": other.name}))
            .collect();
        let context = json!({
            "here": here,
            "others": others,
            "issuer": self.0.provider.issuer(),
            "scopes": client.scopes,
            "has_left": has_left,
            "csrf": signed_in.as_ref().map(|(_, csrf)| csrf),
            "person": signed_in.as_ref().map(|(signed_in, _)| person(signed_in)),
            "session": signed_in.as_ref().map(|(signed_in, _)| session(signed_in, now)),
        });
        Ok(self.0.pages.show(StatusCode::OK, "application.html", context, self.0.provider.sign_out_origin().as_deref()))
    }
}

/// `GET /`
pub(super) async fn home(State(site): State<Site>, headers: HeaderMap) -> Response {
    let application = |(index, client): (usize, &DemoClient)| {
        let who = site.signed_in(&headers, index).map(|(signed_in, _)| person(&signed_in));
        json!({"path": client.path, "name": client.name, "initial": initial(&client.name), "person": who})
    };
    let applications: Vec<_> = site.0.settings.clients.iter().enumerate().map(application).collect();
    let context = json!({"applications": applications, "issuer": site.0.provider.issuer(), "here": null});
    site.0.pages.show(StatusCode::OK, "home.html", context, None)
}

/// `GET /APPLICATION`
pub(super) async fn application(State(site): State<Site>, Path(segment): Path<String>, headers: HeaderMap) -> Response {
    site.answer(&segment, site.application(&segment).and_then(|(application, _)| site.page(application, &headers, None)))
}

/// `GET /APPLICATION/signed-out`: the `post_logout_redirect_uri` (RP-Initiated Logout 1.0 §3).
pub(super) async fn signed_out(State(site): State<Site>, Path(segment): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let shown = site.application(&segment).and_then(|(application, _)| {
        let query = query.unwrap_or_default();
        let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
        let confirmed = site.0.visitors.with(cookie::read(&headers), |visitor| state.is_some_and(|state| visitor.has_left(application, &state)));
        site.page(application, &headers, Some(confirmed.unwrap_or(false)))
    });
    site.answer(&segment, shown)
}

/// `POST /APPLICATION/refresh`
pub(super) async fn refresh(State(site): State<Site>, Path(segment): Path<String>, headers: HeaderMap, form: Bytes) -> Response {
    site.answer(&segment, refreshes(&site, &segment, &headers, &form).await)
}

async fn refreshes(site: &Site, segment: &str, headers: &HeaderMap, form: &[u8]) -> Result<Response, Trouble> {
    let (application, client) = site.application(segment)?;
    let Some(before) = site.pressed(headers, form, application)? else { return see_other(&client.path) };
    let after = match site.0.provider.refreshes(client, &before.tokens).await {
        Ok(after) => after,
        Err(trouble) => {
            if matches!(&trouble, Trouble::Refused(refusal) if refusal.code == "invalid_grant") {
                // The provider has ended what we hold; a client that went on showing somebody as signed in would be wrong.
                site.0.visitors.with(cookie::read(headers), |visitor| visitor.signed_in.remove(&application));
            }
            return Err(trouble);
        }
    };
    let mut changes = shown::changes(&before.tokens.claims, &after.claims);
    for (name, changed) in ["access token", "refresh token"].into_iter().zip(after.differ_from(&before.tokens)) {
        let words = if changed { "another one" } else { "the same" };
        changes.push(Change { name: name.to_owned(), before: "kept on the server".to_owned(), after: words.to_owned(), changed });
    }
    site.keep(headers, application, |signed_in| {
        signed_in.tokens = after;
        signed_in.news = Some(News::Refreshed(changes));
    });
    see_other(&client.path)
}

/// `POST /APPLICATION/userinfo`
pub(super) async fn userinfo(State(site): State<Site>, Path(segment): Path<String>, headers: HeaderMap, form: Bytes) -> Response {
    site.answer(&segment, asks_userinfo(&site, &segment, &headers, &form).await)
}

async fn asks_userinfo(site: &Site, segment: &str, headers: &HeaderMap, form: &[u8]) -> Result<Response, Trouble> {
    let (application, client) = site.application(segment)?;
    let Some(signed_in) = site.pressed(headers, form, application)? else { return see_other(&client.path) };
    let userinfo = site.0.provider.userinfo(client, &signed_in.tokens).await?;
    let now = site.0.clock.now();
    site.keep(headers, application, |signed_in| {
        signed_in.userinfo = userinfo;
        signed_in.userinfo_at = now;
        signed_in.news = Some(News::Userinfo);
    });
    see_other(&client.path)
}

/// `POST /APPLICATION/sign-out`: here first, so that it holds whatever the provider does; then there (RP-Initiated Logout 1.0 §2).
pub(super) async fn sign_out(State(site): State<Site>, Path(segment): Path<String>, headers: HeaderMap, form: Bytes) -> Response {
    site.answer(&segment, signs_out(&site, &segment, &headers, &form).await)
}

async fn signs_out(site: &Site, segment: &str, headers: &HeaderMap, form: &[u8]) -> Result<Response, Trouble> {
    let (application, client) = site.application(segment)?;
    let Some(signed_in) = site.pressed(headers, form, application)? else { return see_other(&client.path) };
    let state = random_key();
    site.0.visitors.with(cookie::read(headers), |visitor| visitor.leaves(application, state.clone()));
    match site.0.provider.sign_out_url(client, &signed_in.tokens, &state).await {
        Some(url) => see_other(url.as_str()),
        None => see_other(&format!("{}{SIGNED_OUT}", client.path)),
    }
}

/// What no route answers.
pub(super) async fn not_found(State(site): State<Site>) -> Response {
    site.0.pages.trouble(&Trouble::NotFound, None)
}

/// What a route answers for other methods only.
pub(super) async fn method_not_allowed(State(site): State<Site>) -> Response {
    site.0.pages.trouble(&Trouble::MethodNotAllowed, None)
}

/// By which name to greet: the best that userinfo or the ID token has.
fn person(signed_in: &SignedIn) -> Value {
    let text = |name: &str| {
        let of = |claims: &Map<String, Value>| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        of(&signed_in.userinfo).or_else(|| of(&signed_in.tokens.claims))
    };
    let email = text("email");
    let name = text("name").or_else(|| text("preferred_username")).or_else(|| email.clone()).or_else(|| text("sub")).unwrap_or_default();
    json!({"name": name, "initial": initial(&name), "email": email})
}

fn session(signed_in: &SignedIn, now: Time) -> Value {
    let tokens = &signed_in.tokens;
    let ends = tokens.expires_in.map(|lifetime| tokens.obtained_at.plus(lifetime));
    let (refreshed, news) = match &signed_in.news {
        Some(News::Refreshed(changes)) => (Some(changes), Some("refreshed")),
        Some(News::Userinfo) => (None, Some("userinfo")),
        None => (None, None),
    };
    json!({
        "header": shown::rows(&tokens.header, now),
        "claims": shown::rows(&tokens.claims, now),
        "userinfo": shown::rows(&signed_in.userinfo, now),
        "userinfo_at": shown::date(signed_in.userinfo_at.seconds()),
        "scopes": tokens.scopes,
        "obtained_at": shown::date(tokens.obtained_at.seconds()),
        "has_ended": ends.is_some_and(|ends| ends <= now),
        "expires": ends.map(|ends| shown::distance_and_date(ends.seconds(), now)),
        "can_refresh": tokens.can_refresh(),
        "news": news,
        "changes": refreshed,
    })
}

fn initial(name: &str) -> String {
    // "Acme Wiki" and "Acme Board" are told apart by their last word.
    name.split_whitespace().next_back().and_then(|word| word.chars().next()).map(|letter| letter.to_uppercase().collect()).unwrap_or_default()
}

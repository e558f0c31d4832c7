//! The way to the provider and back: `/APPLICATION/sign-in` and `/APPLICATION/callback`.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use url::form_urlencoded;

use crate::cli::demo::relying_party::callback::Callback;
use crate::cli::demo::relying_party::pages::see_other;
use crate::cli::demo::relying_party::trouble::Trouble;
use crate::cli::demo::relying_party::visitors::{SIGN_IN_LIFETIME, SignIn, SignedIn};
use crate::cli::demo::relying_party::{Site, cookie};

/// The longest address that is passed on as `login_hint`.
const MOST_BYTES_IN_A_HINT: usize = 320;

/// `GET /APPLICATION/sign-in`: a person pressed the button, or the provider sent them (OpenID Connect Core §4). Signing in always ends on
/// the application's page, so a `target_link_uri` is not followed.
pub(super) async fn begin(State(site): State<Site>, Path(segment): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    site.answer(&segment, begins(&site, &segment, query.as_deref().unwrap_or_default(), &headers).await)
}

async fn begins(site: &Site, segment: &str, query: &str, headers: &HeaderMap) -> Result<Response, Trouble> {
    let (application, client) = site.application(segment)?;
    let given = |wanted: &str| form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    // §4: whoever sends a person here may choose among the providers we trust, and we trust one.
    if given("iss").is_some_and(|iss| iss != site.0.provider.issuer()) {
        return Err(Trouble::OtherIssuer);
    }
    let login_hint = given("login_hint").filter(|hint| hint.len() <= MOST_BYTES_IN_A_HINT);
    let asked = site.0.provider.asks(client, login_hint.as_deref()).await?;
    let ends_at = site.0.clock.now().plus(SIGN_IN_LIFETIME);
    let sign_in = SignIn { state: asked.state, application, nonce: asked.nonce, verifier: asked.verifier, ends_at };
    let mut response = see_other(asked.url.as_str())?;
    let visitors = &site.0.visitors;
    let known = cookie::read(headers).filter(|key| visitors.with(Some(key), |_| ()).is_some());
    if let Some(key) = known {
        visitors.with(Some(key), |visitor| visitor.begins(sign_in));
    } else {
        let key = visitors.welcome();
        visitors.with(Some(&key), |visitor| visitor.begins(sign_in));
        response.headers_mut().insert(SET_COOKIE, cookie::write(&key, &site.0.settings.base_url).map_err(|_| Trouble::Internal)?);
    }
    Ok(response)
}

/// `GET /APPLICATION/callback`: the `redirect_uri`.
pub(super) async fn callback(State(site): State<Site>, Path(segment): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    site.answer(&segment, comes_back(&site, &segment, query.as_deref().unwrap_or_default(), &headers).await)
}

async fn comes_back(site: &Site, segment: &str, query: &str, headers: &HeaderMap) -> Result<Response, Trouble> {
    let (application, client) = site.application(segment)?;
    let callback = Callback::read(query)?;
    let key = cookie::read(headers).ok_or(Trouble::NotBegunHere)?;
    let now = site.0.clock.now();
    // RFC 6749 §10.12: the state is this browser's, and from here on it is spent, whatever comes next.
    let sign_in = site.0.visitors.with(Some(key), |visitor| visitor.comes_back(application, &callback.state, now));
    let sign_in = sign_in.flatten().ok_or(Trouble::NotBegunHere)?;
    // RFC 9207 §2.4: before anything else of the response is believed, an error included.
    if !callback.is_from(site.0.provider.issuer(), site.0.provider.announces_iss().await?) {
        return Err(Trouble::OtherIssuer);
    }
    let code = callback.outcome.map_err(Trouble::Refused)?;
    let tokens = site.0.provider.redeems(client, code, sign_in.verifier, &sign_in.nonce).await?;
    let userinfo = site.0.provider.userinfo(client, &tokens).await?;
    let signed_in = SignedIn { tokens, userinfo, userinfo_at: site.0.clock.now(), news: None };
    let key = site.0.visitors.rekey(key).ok_or(Trouble::NotBegunHere)?;
    site.0.visitors.with(Some(&key), |visitor| visitor.signed_in.insert(application, signed_in));
    let mut response = see_other(&client.path)?;
    response.headers_mut().insert(SET_COOKIE, cookie::write(&key, &site.0.settings.base_url).map_err(|_| Trouble::Internal)?);
    Ok(response)
}

//! A person with a browser and a passkey: opens pages, follows redirects, fills in forms, touches the authenticator.
//!
//! The browser is as strict as a real one about cookies and says what a real one says about itself (`Origin`, `Sec-Fetch-*`). Every hop is
//! kept, so that a test can look back at it.

use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};
use url::Url;

use crate::authenticator::{Authenticator, Lie};
use crate::cookies::{Initiator, Jar, same_site};
use crate::html::{Form, Page};
use crate::wire::{Answer, Wire, form_urlencoded};

/// Somebody in front of a browser.
#[derive(Clone)]
pub struct Person {
    wire: Wire,
    /// The browser's cookies.
    pub jar: Jar,
    /// What the person's passkeys are in.
    pub authenticator: Authenticator,
    /// The page in the window, when there is one.
    current: Option<Answer>,
    /// The network address that a proxy in front of the provider would report; none by default.
    pub headers: Vec<(&'static str, String)>,
}

/// Where a navigation ended.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Every answer on the way, the last one included.
    pub hops: Vec<Answer>,
    /// The URL in the address bar at the end.
    pub url: Url,
    /// Whether the way left for an address where nobody listens: a relying party's callback.
    pub outside: bool,
}

impl Arrival {
    /// The last answer of the provider.
    #[track_caller]
    pub fn answer(&self) -> &Answer {
        self.hops.last().expect("a navigation asks at least once")
    }

    /// The page that is shown now; ends the test when the way left the provider or the status is another one.
    #[track_caller]
    pub fn page(&self, status: u16) -> Page {
        assert!(!self.outside, "the way left for {}", self.url);
        assert_eq!(self.answer().status.as_u16(), status, "{}", self.answer());
        self.answer().page()
    }

    /// The page that is shown now, which must be the one of that name (`data-page`) with status 200.
    #[track_caller]
    pub fn shows(&self, name: &str) -> Page {
        let page = self.page(200);
        assert_eq!(page.name(), name, "{}", self.answer());
        page
    }

    /// The URL outside at which the way ended: a relying party's callback with its answer; of one that is posted, see [`Arrival::posted`].
    #[track_caller]
    pub fn callback(&self) -> Url {
        if !self.outside {
            return self.posted();
        }
        self.url.clone()
    }

    /// What the page in the window, an answer that goes to a relying party as a form, would send, as if it stood in the query of its address.
    #[track_caller]
    pub fn posted(&self) -> Url {
        assert_eq!((self.outside, self.answer().status.as_u16()), (false, 200), "{}", self.answer());
        let page = self.answer().page();
        assert_eq!((page.name(), page.forms().len()), ("form-post", 1), "the way ended inside: {}", self.answer());
        let (form, button) = page.form("continue").expect("a button sends it");
        assert_eq!((form.method.as_str(), button), ("POST", None));
        let mut url = Url::parse(&form.action).expect("the form goes to a relying party");
        url.query_pairs_mut().extend_pairs(&form.fields);
        url
    }
}

impl Person {
    /// Somebody new: no cookies, an empty authenticator.
    pub fn new(wire: &Wire) -> Self {
        Self { wire: wire.clone(), jar: Jar::default(), authenticator: Authenticator::default(), current: None, headers: Vec::new() }
    }

    /// The same person at another, fresh browser, with the same authenticator.
    #[must_use]
    pub fn at_another_browser(&self) -> Self {
        Self { jar: Jar::default(), current: None, ..self.clone() }
    }

    /// From now on another node answers, which this wire reaches; the browser notices nothing.
    pub fn is_served_by(&mut self, wire: &Wire) {
        self.wire = wire.clone();
    }

    /// The page in the window; ends the test when there is none.
    #[track_caller]
    pub fn page(&self) -> Page {
        self.here().page()
    }

    /// The URL in the address bar; ends the test when there is none.
    #[track_caller]
    pub fn url(&self) -> Url {
        self.here().url.clone()
    }

    #[track_caller]
    fn here(&self) -> &Answer {
        self.current.as_ref().expect("the person has opened a page")
    }

    /// Types a URL into the address bar (no site began it), and follows redirects.
    pub async fn opens(&mut self, url: impl AsRef<str>) -> Arrival {
        let url = self.resolve(url.as_ref());
        self.navigate(Method::GET, url, None, None).await
    }

    /// Follows a link that a page of another site (`from`) shows.
    pub async fn is_sent_from(&mut self, from: &Url, url: &Url) -> Arrival {
        self.navigate(Method::GET, url.clone(), None, Some(from.clone())).await
    }

    /// Sends a form that a page of another site (`from`) shows: what a forged request can do.
    pub async fn is_made_to_post_from(&mut self, from: &Url, url: &Url, pairs: &[(&str, &str)]) -> Arrival {
        self.navigate(Method::POST, url.clone(), Some(form_urlencoded(pairs)), Some(from.clone())).await
    }

    /// Does what the element with this `data-action` does: opens its link, or sends its form with `fields` filled in.
    #[track_caller]
    pub fn presses<'a>(&'a mut self, action: &'a str, fields: &'a [(&'a str, &'a str)]) -> impl Future<Output = Arrival> + 'a {
        let page = self.page();
        let element = page.action(action).unwrap_or_else(|| panic!("no {action} among {:?} on {}", page.actions(), self.here()));
        let link = element.attribute("href").map(str::to_owned);
        let form = page.form(action);
        assert!(link.is_some() || form.is_some(), "{action} is neither a link nor sends a form: only a script knows what it does");
        async move {
            match (link, form) {
                (Some(link), _) => {
                    let (url, from) = (self.resolve(&link), self.url());
                    self.navigate(Method::GET, url, None, Some(from)).await
                }
                (None, Some((form, button))) => self.submit(&form, fields, button).await,
                (None, None) => unreachable!("asserted above"),
            }
        }
    }

    /// Sends the form that posts to `path`, with `fields` filled in.
    pub async fn submits(&mut self, path: &str, fields: &[(&str, &str)]) -> Arrival {
        let form = self.page().form_to(path).unwrap_or_else(|| panic!("no form to {path} on {}", self.here()));
        self.submit(&form, fields, None).await
    }

    /// Sends this form, with `fields` filled in (or added), and the button's pair.
    pub async fn submit(&mut self, form: &Form, fields: &[(&str, &str)], button: Option<(String, String)>) -> Arrival {
        let mut pairs = form.fields.clone();
        for (name, value) in fields {
            match pairs.iter_mut().find(|(field, _)| field == name) {
                Some((_, old)) => (*value).clone_into(old),
                None => pairs.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        pairs.extend(button);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let from = self.url();
        let mut url = if form.action.is_empty() { from.clone() } else { self.resolve(&form.action) };
        if form.method == "POST" {
            return self.navigate(Method::POST, url, Some(form_urlencoded(&pairs)), Some(from)).await;
        }
        url.query_pairs_mut().clear().extend_pairs(&pairs);
        self.navigate(Method::GET, url, None, Some(from)).await
    }

    /// Lets the page's script post JSON, with the page's CSRF token; redirects are for the script to follow.
    pub async fn posts_json(&mut self, url: &str, body: &Value) -> Answer {
        let token = self.page().csrf_token().map(str::to_owned);
        let token: Vec<(&str, &str)> = token.iter().map(|token| ("x-csrf-token", token.as_str())).collect();
        self.posts_json_with(url, body.to_string().into_bytes(), &token).await
    }

    /// The same with these headers instead of the CSRF token, and any body: for bad input.
    pub async fn posts_json_with(&mut self, url: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
        let (url, from) = (self.resolve(url), self.url());
        let mut all = self.browser_headers(&url, Some(&from), "cors", "empty");
        all.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        all.insert(ORIGIN, header_value(&from.origin().ascii_serialization()));
        for (name, value) in headers {
            all.insert(HeaderName::try_from(*name).expect("a header name"), header_value(value));
        }
        let initiator = if same_site(&from, &url) { Initiator::SameSite } else { Initiator::CrossSite };
        self.ask(Method::POST, &url, all, body, initiator).await
    }

    /// Registers a passkey with the page in the window: begin, the authenticator's answer, finish. `extra` goes along with both calls.
    pub async fn registers_passkey(&mut self, begin: &str, finish: &str, extra: &Value) -> Answer {
        self.registers_passkey_lying(begin, finish, extra, &[]).await
    }

    /// The same, with lies of the authenticator.
    pub async fn registers_passkey_lying(&mut self, begin: &str, finish: &str, extra: &Value, lies: &[Lie]) -> Answer {
        let options = self.posts_json(begin, extra).await.expect(200).json();
        let origin = self.url();
        let credential = self.authenticator.create_with(&options["publicKey"], &origin, lies);
        let credential = credential.unwrap_or_else(|error| panic!("the authenticator refuses ({error}): {options}"));
        self.posts_json(finish, &finishing(&options, credential, extra)).await
    }

    /// Signs in with a passkey on the page in the window: begin, the authenticator's answer, finish. `extra` goes along with both calls.
    pub async fn signs_in_with_passkey(&mut self, begin: &str, finish: &str, extra: &Value) -> Answer {
        self.signs_in_with_passkey_lying(begin, finish, extra, &[]).await
    }

    /// The same, with lies of the authenticator.
    pub async fn signs_in_with_passkey_lying(&mut self, begin: &str, finish: &str, extra: &Value, lies: &[Lie]) -> Answer {
        let options = self.posts_json(begin, extra).await.expect(200).json();
        let origin = self.url();
        let credential = self.authenticator.get_with(&options["publicKey"], &origin, lies);
        let credential = credential.unwrap_or_else(|error| panic!("the authenticator refuses ({error}): {options}"));
        self.posts_json(finish, &finishing(&options, credential, extra)).await
    }

    /// Goes where the answer of a finished ceremony (`{redirect}`) leads, as the page's script would.
    pub async fn follows(&mut self, finished: Answer) -> Arrival {
        let answer = finished.expect(200).json();
        let redirect = answer["redirect"].as_str().unwrap_or_else(|| panic!("no redirect in {answer}"));
        let (url, from) = (self.resolve(redirect), self.url());
        self.navigate(Method::GET, url, None, Some(from)).await
    }

    /// Signs in with a passkey on the sign-in page in the window, and goes where that leads. The hidden `request` goes along.
    pub async fn touches_passkey(&mut self) -> Arrival {
        let mut extra = Map::new();
        let page = self.page();
        if let Some(request) = page.with("name", "request").find_map(|field| field.attribute("value")).filter(|value| !value.is_empty()) {
            extra.insert("request".to_owned(), json!(request));
        }
        let finished = self.signs_in_with_passkey("/login/passkey/begin", "/login/passkey/finish", &Value::Object(extra)).await;
        self.follows(finished).await
    }

    /// Goes to the provider with an authorization request and does what its pages ask for (passkey, consent), until the way leaves for the
    /// relying party; gives the callback.
    pub async fn agrees_to(&mut self, request: &Url) -> Url {
        let mut arrival = self.opens(request).await;
        for _ in 0..5 {
            if arrival.outside {
                return arrival.callback();
            }
            if arrival.page(200).name() == "form-post" {
                return arrival.posted();
            }
            arrival = match arrival.page(200).name() {
                "sign-in" => self.touches_passkey().await,
                "consent" => self.presses("allow", &[]).await,
                other => panic!("the page {other} is not on the way: {}", arrival.answer()),
            };
        }
        panic!("the way does not end: {}", arrival.answer());
    }

    fn resolve(&self, url: &str) -> Url {
        match (&self.current, Url::parse(url)) {
            (_, Ok(url)) => url,
            (Some(current), Err(_)) => current.url.join(url).unwrap_or_else(|error| panic!("{url}: {error}")),
            (None, Err(error)) => panic!("{url} is not whole, and no page is open ({error})"),
        }
    }

    /// One navigation of the window: the request, then every redirect, until a page, or until an address where nobody listens.
    async fn navigate(&mut self, method: Method, url: Url, body: Option<Vec<u8>>, from: Option<Url>) -> Arrival {
        let (mut method, mut url, mut body) = (method, url, body);
        let mut hops = Vec::new();
        // Chromium judges the site of a redirected navigation by whoever began it.
        for _ in 0..20 {
            let initiator = match &from {
                Some(from) if !same_site(from, &url) && method == Method::GET => Initiator::CrossSiteNavigation,
                Some(from) if !same_site(from, &url) => Initiator::CrossSite,
                _ => Initiator::SameSite,
            };
            let mut headers = self.browser_headers(&url, from.as_ref(), "navigate", "document");
            headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"));
            headers.insert("upgrade-insecure-requests", HeaderValue::from_static("1"));
            if body.is_some() {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                headers.insert(
                    ORIGIN,
                    from.as_ref().map_or(HeaderValue::from_static("null"), |from| header_value(&from.origin().ascii_serialization())),
                );
            }
            let answer = self.ask(method.clone(), &url, headers, body.clone().unwrap_or_default(), initiator).await;
            let next = answer.location();
            // RFC 9110 §15.4: 303 always becomes GET, 301 and 302 do in practice; 307 and 308 repeat the request.
            if next.is_some() && !matches!(answer.status.as_u16(), 307 | 308) {
                (method, body) = (Method::GET, None);
            }
            hops.push(answer.clone());
            match next {
                Some(next) if self.wire.reaches(&next) => url = next,
                Some(next) => return Arrival { hops, url: next, outside: true },
                None => {
                    self.current = Some(answer);
                    return Arrival { hops, url, outside: false };
                }
            }
        }
        panic!("more than 20 redirects, the last one to {url}");
    }

    async fn ask(&mut self, method: Method, url: &Url, mut headers: HeaderMap, body: Vec<u8>, initiator: Initiator) -> Answer {
        let cookies = self.jar.header(url, initiator);
        if !cookies.is_empty() {
            headers.insert(COOKIE, header_value(&cookies));
        }
        let answer = self.wire.send(method, url, headers, body).await;
        for line in answer.headers.get_all(SET_COOKIE) {
            self.jar.receive(url, line.to_str().expect("a cookie in ASCII"));
        }
        answer
    }

    fn browser_headers(&self, url: &Url, from: Option<&Url>, mode: &'static str, destination: &'static str) -> HeaderMap {
        let site = match from {
            None => "none",
            Some(from) if from.origin() == url.origin() => "same-origin",
            Some(from) if same_site(from, url) => "same-site",
            Some(_) => "cross-site",
        };
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        headers.insert("sec-fetch-site", HeaderValue::from_static(site));
        headers.insert("sec-fetch-mode", HeaderValue::from_static(mode));
        headers.insert("sec-fetch-dest", HeaderValue::from_static(destination));
        for (name, value) in &self.headers {
            headers.insert(*name, header_value(value));
        }
        headers
    }
}

/// What the page's script sends to finish a ceremony that began with `options`. `extra` goes along.
pub fn finishing(options: &Value, credential: Value, extra: &Value) -> Value {
    let mut body = extra.as_object().cloned().unwrap_or_default();
    body.insert("ceremony".to_owned(), options["ceremony"].clone());
    body.insert("credential".to_owned(), credential);
    Value::Object(body)
}

fn header_value(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|error| panic!("{value:?} cannot stand in a header: {error}"))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::response::{AppendHeaders, Html, IntoResponse, Redirect};
    use axum::routing::{get, post};

    use super::*;

    const PAGE: &str = r#"<meta name="csrf-token" content="tok"><body data-page="sign-in"><form method="post" action="/login">
        <input type="hidden" name="request" value="BOX"><input name="email"><button data-action="continue">Go</button></form>
        <a data-action="skip" href="/out">Skip</a></body>"#;

    async fn somewhere() -> (Person, Url) {
        let site = Router::new()
            .route(
                "/start",
                get(|| async {
                    (AppendHeaders([("set-cookie", "__Host-browser=b; Secure; Path=/; HttpOnly; SameSite=Lax")]), Redirect::to("/login"))
                }),
            )
            .route(
                "/login",
                get(|| async { Html(PAGE) }).post(|headers: HeaderMap, body: String| async move {
                    format!("{body} {} {}", headers["cookie"].to_str().unwrap(), headers["sec-fetch-site"].to_str().unwrap())
                }),
            )
            .route(
                "/json",
                post(|headers: HeaderMap, body: String| async move {
                    format!("{body} {} {}", headers["x-csrf-token"].to_str().unwrap(), headers["origin"].to_str().unwrap()).into_response()
                }),
            )
            .route(
                "/cookies",
                get(|headers: HeaderMap| async move { format!("{:?}", headers.get("cookie")) })
                    .post(|headers: HeaderMap| async move { format!("{:?}", headers.get("cookie")) }),
            )
            .route("/out", get(|| async { Redirect::to("https://shop.example/callback?code=1") }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Wire::new();
        let origin = Url::parse("https://id.example").unwrap();
        wire.route(&origin, listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, site).await });
        (Person::new(&wire), origin)
    }

    #[tokio::test]
    async fn a_person_goes_through_pages_like_a_browser() {
        let (mut ada, origin) = somewhere().await;
        let arrival = ada.opens(origin.join("/start").unwrap()).await;
        arrival.shows("sign-in");
        assert_eq!(arrival.hops.len(), 2);
        assert_eq!(ada.jar.refused(), [""; 0]);
        let sent = ada.posts_json("/json", &json!({"a": 1})).await.text();
        assert_eq!(sent, r#"{"a":1} tok https://id.example"#);
        let callback = ada.presses("skip", &[]).await.callback();
        assert_eq!(crate::wire::query(&callback, "code").as_deref(), Some("1"));
        assert_eq!(ada.url().path(), "/login", "the page stays when the way leaves");
        let sent = ada.presses("continue", &[("email", "ada@id.example")]).await.answer().text();
        assert_eq!(sent, "request=BOX&email=ada%40id.example __Host-browser=b same-origin");
    }

    #[tokio::test]
    async fn another_site_cannot_borrow_the_persons_cookies() {
        let (mut ada, origin) = somewhere().await;
        ada.opens(origin.join("/start").unwrap()).await;
        let (evil, target) = (Url::parse("https://evil.test").unwrap(), origin.join("/cookies").unwrap());
        assert!(ada.is_sent_from(&evil, &target).await.answer().text().contains("browser=b"), "Lax goes with a navigation");
        assert_eq!(ada.is_made_to_post_from(&evil, &target, &[]).await.answer().text(), "None");
    }
}

//! The wire between the outside and the provider: one request out, one answer back, nothing followed and nothing remembered.
//!
//! An origin may be routed to another address. That is how a provider whose issuer is `https://id.example` is reached through its plain
//! listener, as it would be behind a proxy that ends TLS: the URL, the cookies and `Host` are those of the issuer.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::html::Page;

/// How requests leave, and where the origins of this test really listen.
#[derive(Clone, Debug)]
pub struct Wire {
    client: reqwest::Client,
    routes: Arc<RwLock<BTreeMap<String, SocketAddr>>>,
}

/// A request that could not be sent or whose answer did not arrive whole.
#[derive(Debug)]
pub struct Broken(pub String);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

impl Wire {
    /// A wire that reaches nothing but what [`Wire::route`] names.
    pub fn new() -> Self {
        Self { client: Self::client(None), routes: Arc::default() }
    }

    /// The same from another of this machine's addresses (`127.0.0.0/8`): for what counts by network.
    #[must_use]
    pub fn from_address(&self, address: IpAddr) -> Self {
        Self { client: Self::client(Some(address)), routes: self.routes.clone() }
    }

    fn client(address: Option<IpAddr>) -> reqwest::Client {
        reqwest::Client::builder()
            .local_address(address)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build()
            .expect("an HTTP client without special wishes")
    }

    /// Sends everything meant for the origin of `url` to `address`, in plain HTTP.
    pub fn route(&self, url: &Url, address: SocketAddr) {
        self.routes.write().expect("no thread died while it added a route").insert(origin(url), address);
    }

    /// Whether somebody listens at the origin of `url`.
    pub fn reaches(&self, url: &Url) -> bool {
        self.address(url).is_some()
    }

    fn address(&self, url: &Url) -> Option<SocketAddr> {
        self.routes.read().expect("no thread died while it added a route").get(&origin(url)).copied()
    }

    /// Sends a request and reads the whole answer; ends the test when there is none.
    pub async fn send(&self, method: Method, url: &Url, headers: HeaderMap, body: Vec<u8>) -> Answer {
        match self.try_send(method.clone(), url, headers, body).await {
            Ok(answer) => answer,
            Err(error) => panic!("{method} {url} got no answer: {error}"),
        }
    }

    /// The same, for tests in which no answer is a possible outcome (a killed server).
    pub async fn try_send(&self, method: Method, url: &Url, mut headers: HeaderMap, body: Vec<u8>) -> Result<Answer, Broken> {
        let address = self.address(url).ok_or_else(|| Broken(format!("nobody listens at {}", origin(url))))?;
        let mut target = url.clone();
        target.set_fragment(None);
        target.set_scheme("http").map_err(|()| Broken(format!("{url} has no web scheme")))?;
        target.set_ip_host(address.ip()).map_err(|()| Broken(format!("{url} has no host")))?;
        target.set_port(Some(address.port())).map_err(|()| Broken(format!("{url} takes no port")))?;
        if !headers.contains_key(HOST) {
            let host = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
            headers.insert(HOST, HeaderValue::from_str(&host).map_err(|error| Broken(error.to_string()))?);
        }
        let broken = |error: reqwest::Error| Broken(format!("{error:?}"));
        let response = self.client.request(method, target).headers(headers).body(body).send().await.map_err(broken)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(broken)?.to_vec();
        Ok(Answer { url: url.clone(), status, headers, body })
    }

    /// Answers `GET url` without cookies, as a machine would ask.
    pub async fn get(&self, url: &Url) -> Answer {
        self.send(Method::GET, url, HeaderMap::new(), Vec::new()).await
    }

    /// Posts `pairs` as a form, in this order, with repetitions, and with `headers` on top: for well-formed and for bad input alike.
    pub async fn posts(&self, url: &Url, pairs: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded(pairs);
        self.send(Method::POST, url, with_headers("application/x-www-form-urlencoded", headers), body).await
    }

    /// Posts `body` as it is, with this content type: for what no form would produce.
    pub async fn posts_raw(&self, url: &Url, content_type: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, url, with_headers(content_type, headers), body).await
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self::new()
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn with_headers(content_type: &str, headers: &[(&str, &str)]) -> HeaderMap {
    let mut all = HeaderMap::new();
    all.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).expect("the test's content type can be sent"));
    for (name, value) in headers {
        let name = HeaderName::try_from(*name).expect("the test's header name can be sent");
        let value = HeaderValue::from_str(value).expect("the test's header value can be sent");
        if all.contains_key(&name) && name == CONTENT_TYPE {
            all.insert(name, value);
        } else {
            all.append(name, value);
        }
    }
    all
}

/// `pairs` in the encoding of HTML forms.
pub fn form_urlencoded(pairs: &[(&str, &str)]) -> Vec<u8> {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
}

/// What came back for one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The URL that was asked.
    pub url: Url,
    /// The status line's code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; ends the test when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {self}"))
    }

    /// The body as an HTML page.
    pub fn page(&self) -> Page {
        Page::read(&self.text())
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads; nothing when this is none.
    pub fn location(&self) -> Option<Url> {
        if !self.status.is_redirection() {
            return None;
        }
        let location = self.headers.get(LOCATION)?.to_str().expect("a location in ASCII");
        Some(self.url.join(location).unwrap_or_else(|error| panic!("a location that is no URL ({error}): {location}")))
    }

    /// The `code` of a problem document (RFC 9457), or the `error` of an OAuth answer (RFC 6749 §5.2); empty when it has neither.
    pub fn error_code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        ["code", "error"].iter().find_map(|name| body.get(name)?.as_str()).unwrap_or_default().to_owned()
    }

    /// Ends the test, and shows this answer, when it has another status.
    #[track_caller]
    pub fn is(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{self}");
    }

    /// Goes on with this answer when it has `status`; else ends the test and shows it.
    #[track_caller]
    #[must_use = "the answer has more to say than its status"]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self}");
        self
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} answered {}", self.url, self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", self.text().chars().take(4_000).collect::<String>())
    }
}

/// The value of a query parameter that stands there exactly once.
#[track_caller]
pub fn query(url: &Url, name: &str) -> Option<String> {
    let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let value = values.next();
    assert!(values.next().is_none(), "{name} stands twice in {url}");
    value
}

//! reqwest and rustls, as the one way out of the house: what relying parties name (keys, sectors, request objects, logout addresses) and what
//! operators name (the range service) is asked here and nowhere else.
//!
//! A-SSRF-01: a stranger may name any address, and must not reach with us what they can't reach alone. The name is looked up once, what it
//! says is judged, and exactly those addresses are connected to: there is no second lookup that could say something else, no redirect, no
//! proxy, no connection that is used twice. A-SSRF-02: everything is bounded: time, bytes, and how much goes on at one host.

mod cache;
mod hosts;
mod names;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, StatusCode};
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

pub use crate::adapters::outbound::cache::{Cache, Fresh, Manner};
use crate::adapters::outbound::hosts::{Hosts, Place};
use crate::adapters::outbound::names::{Checked, Names};
use crate::base::cidr::Cidr;
use crate::base::public_address::is_public;
use crate::config;

/// Who wrote the address that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// Somebody outside: only public addresses and listed networks are asked.
    Stranger,
    /// The operator, in the settings: it may be anywhere.
    Operator,
}

/// What is fetched.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// From where.
    pub url: &'a Url,
    /// Who says so.
    pub chosen_by: ChosenBy,
    /// The kinds of content that are understood, as `Accept` names them; the caller judges what comes.
    pub accept: &'static str,
    /// One more header.
    pub header: Option<(&'static str, &'static str)>,
    /// The most bytes that are read.
    pub longest: usize,
    /// How long it may take, within the setting.
    pub within: Duration,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its content type without parameters, in lower case.
    pub content_type: Option<String>,
    /// How long its server says it stays as it is.
    pub max_age: Option<Duration>,
    /// The bytes, as they came.
    pub body: Vec<u8>,
}

/// Why there was no answer to use. For the log alone: who is told of it learns where what is inside of the house.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    /// The address is one that we don't ask.
    #[error("this is not asked: {0}")]
    Refused(&'static str),
    /// Nobody is there, or no TLS with a certificate we trust.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("it took too long")]
    TooSlow,
    /// The answer has no end.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// It answered something else than 200.
    #[error("it answered {0}")]
    Status(u16),
    /// The answer is compressed, or not of a kind that was asked for.
    #[error("the answer is nothing to use: {0}")]
    Content(&'static str),
}

/// The settings can't be used.
#[derive(Debug, thiserror::Error)]
#[error("nobody outside can be asked: {0}")]
pub struct NoOutbound(String);

/// What asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbound(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    tls: ClientConfig,
    names: Names,
    hosts: Hosts,
    allowed: Vec<Cidr>,
    timeout: Duration,
}

impl Outbound {
    /// What these settings describe. Asks nobody yet.
    pub fn new(settings: &config::Outbound) -> Result<Self, NoOutbound> {
        Self::with(settings, Names::system())
    }

    fn with(settings: &config::Outbound, names: Names) -> Result<Self, NoOutbound> {
        let tls = tls(settings.authorities.as_deref())?;
        let parts = Parts { tls, names, hosts: Hosts::default(), allowed: settings.allowed_networks.clone(), timeout: settings.timeout };
        Ok(Self(Arc::new(parts)))
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// [`NotFetched`]; it is for the log alone.
    pub async fn get(&self, wanted: &Wanted<'_>) -> Result<Document, NotFetched> {
        let Wanted { url, chosen_by, longest, within, .. } = *wanted;
        self.exchange(url, chosen_by, within, async |client| {
            let mut request = client.get(url.clone()).header(ACCEPT, wanted.accept);
            if let Some((name, value)) = wanted.header {
                request = request.header(name, value);
            }
            let answer = send(request).await?;
            if answer.status() != StatusCode::OK {
                return Err(NotFetched::Status(answer.status().as_u16()));
            }
            document(answer, longest).await
        })
        .await
    }

    /// Posts a form that a stranger wants to have, and tells the status of the answer. The rest of it is not read.
    ///
    /// # Errors
    /// [`NotFetched`]; it is for the log alone.
    pub async fn post(&self, url: &Url, form: String) -> Result<u16, NotFetched> {
        self.exchange(url, ChosenBy::Stranger, self.0.timeout, async |client| {
            let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            let answer = send(client.post(url.clone()).header(CONTENT_TYPE, form_type).body(form)).await?;
            Ok(answer.status().as_u16())
        })
        .await
    }

    /// One question from its beginning to its end; waiting for a place, the lookup and the connection are part of its time.
    async fn exchange<T>(
        &self,
        url: &Url,
        chosen_by: ChosenBy,
        within: Duration,
        ask: impl AsyncFnOnce(reqwest::Client) -> Result<T, NotFetched>,
    ) -> Result<T, NotFetched> {
        let whole = async {
            let host = speaks_http(url)?;
            let place = self.0.hosts.place(url).await?;
            let addresses = self.addresses(url, host, chosen_by, &place).await?;
            ask(self.client(addresses)?).await
        };
        tokio::time::timeout(within.min(self.0.timeout), whole).await.unwrap_or(Err(NotFetched::TooSlow))
    }

    /// Where to connect: every address of this host that may be asked.
    async fn addresses(&self, url: &Url, host: Host<&str>, chosen_by: ChosenBy, place: &Place) -> Result<Vec<SocketAddr>, NotFetched> {
        let found = match host {
            // As the URL standard reads them: whole, octal, hexadecimal and short spellings are all one address by now.
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
            Host::Domain(name) => self.0.names.look_up(name, place).await.map_err(NotFetched::Unreachable)?,
        };
        let port = url.port_or_known_default().unwrap_or(443);
        let may_ask = |address: &IpAddr| match chosen_by {
            ChosenBy::Operator => true,
            ChosenBy::Stranger => self.is_listed(*address) || (url.scheme() == "https" && is_usual(port) && is_public(*address)),
        };
        let addresses: Vec<SocketAddr> = found.into_iter().filter(may_ask).map(|address| SocketAddr::new(address, port)).collect();
        if addresses.is_empty() {
            return Err(NotFetched::Refused("it has no public address, or needs https, and is not in outbound.allowed_networks"));
        }
        Ok(addresses)
    }

    fn is_listed(&self, address: IpAddr) -> bool {
        self.0.allowed.iter().any(|network| network.contains(address))
    }

    /// A client for one question, which knows no other addresses than these. It is made in microseconds, for TLS is ready.
    fn client(&self, addresses: Vec<SocketAddr>) -> Result<reqwest::Client, NotFetched> {
        reqwest::Client::builder()
            .use_preconfigured_tls(self.0.tls.clone())
            .dns_resolver(Arc::new(Checked::new(addresses)))
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            .pool_max_idle_per_host(0)
            .user_agent("WeftID")
            .build()
            .map_err(|error| NotFetched::Unreachable(error.to_string()))
    }
}

/// The host that is asked, if this is an address to ask at all.
fn speaks_http(url: &Url) -> Result<Host<&str>, NotFetched> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(NotFetched::Refused("it is not https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NotFetched::Refused("it names a user"));
    }
    url.host().ok_or(NotFetched::Refused("it has no host"))
}

/// Whether web servers listen at such ports. Below 1024 live the services that take offence at us or at what we are made to say.
const fn is_usual(port: u16) -> bool {
    port == 443 || port >= 1024
}

fn tls(authorities: Option<&str>) -> Result<ClientConfig, NoOutbound> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let refused = |error: String| NoOutbound(format!("outbound.ca_file: {error}"));
    for certificate in CertificateDer::pem_slice_iter(authorities.unwrap_or_default().as_bytes()) {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        roots.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| NoOutbound(error.to_string()))?;
    let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
    tls.resumption = Resumption::disabled();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

async fn send(request: RequestBuilder) -> Result<Response, NotFetched> {
    request.send().await.map_err(unreachable)
}

async fn document(mut answer: Response, longest: usize) -> Result<Document, NotFetched> {
    // Nobody asked for it, and a small bomb unpacks to a large one.
    if answer.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(NotFetched::Content("it is compressed"));
    }
    let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.and_then(|value| value.split(';').next()).map(|kind| kind.trim().to_ascii_lowercase());
    let max_age = max_age(answer.headers());
    let announced = answer.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > longest) {
        return Err(NotFetched::TooLong(longest));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > longest {
            return Err(NotFetched::TooLong(longest));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Document { content_type, max_age, body })
}

/// RFC 9111 §5.2.2: how long the answer may be kept; not at all where its server says so.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let directives: Vec<String> = directives.map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| directive == "no-store" || directive == "no-cache") {
        return Some(Duration::ZERO);
    }
    let seconds = directives.iter().find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Duration::from_secs)
}

/// What went wrong, with its causes, and without the address: that may carry something.
fn unreachable(error: reqwest::Error) -> NotFetched {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    NotFetched::Unreachable(text)
}

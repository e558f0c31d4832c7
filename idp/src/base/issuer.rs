//! The issuer: the one address this provider is known by (OpenID Connect Core §2, RFC 8414 §2). Every absolute URL we hand out is
//! built from it, never from what a request says about itself.

use std::fmt;

use url::Url;

use crate::base::host::Host;

/// An issuer identifier: http or https, a host, perhaps a path; no query, no fragment, no user, no slash at the end.
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

impl Issuer {
    /// Reads an issuer. The error says in words what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("must begin with https:// (or http:// on a loopback name)");
        }
        let Some(host) = url.host_str() else { return Err("has no host") };
        if url.scheme() == "http" && !is_loopback(host) {
            return Err("must be https: plain http is only for localhost");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not name a user");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must have neither query nor fragment");
        }
        if text.ends_with('/') {
            return Err("must not end with a slash");
        }
        let spelled = url.as_str();
        if spelled.strip_suffix('/').unwrap_or(spelled) != text {
            return Err("must be spelled as browsers spell it: lower case, no default port, nothing to normalise");
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// Its exact text: `iss` everywhere.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host name without port.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether a request to this host is meant for us: the same name, and the same port, which may be left out where it is the scheme's own.
    pub fn is_at(&self, asked: &Host) -> bool {
        let default = if self.is_https() { 443 } else { 80 };
        self.host() == asked.name() && self.url.port().unwrap_or(default) == asked.port().unwrap_or(default)
    }

    /// Scheme, host and port, as browsers write an origin.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The path, without a slash at the end; empty for most.
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Whether browsers reach it over TLS: decides `Secure`, `__Host-` and HSTS.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The absolute URL of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1" || host == "[::1]"
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Issuer({})", self.text)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-WEB-09
    #[test]
    fn a_host_is_the_issuers_or_not() {
        let is_at = |issuer: &str, host: &str| Issuer::parse(issuer).unwrap().is_at(&Host::parse(host).unwrap());
        for host in ["id.example.com", "ID.example.com:443"] {
            assert!(is_at("https://id.example.com/path", host), "{host}");
        }
        for host in ["id.example.com:80", "id.example.com:8443", "id.example.com.", "example.com", "x.id.example.com"] {
            assert!(!is_at("https://id.example.com", host), "{host}");
        }
        assert!(is_at("https://id.example.com:8443", "id.example.com:8443") && !is_at("https://id.example.com:8443", "id.example.com"));
        assert!(is_at("http://[::1]:8080", "[::1]:8080") && is_at("http://localhost", "localhost:80"));
    }

    #[test]
    fn an_issuer_has_one_spelling() {
        for good in ["https://id.example.com", "https://id.example.com:8443", "https://example.com/id", "http://localhost:8080"] {
            assert_eq!(Issuer::parse(good).map(|issuer| issuer.to_string()).as_deref(), Ok(good));
        }
        for bad in [
            "id.example.com",
            "ftp://id.example.com",
            "http://id.example.com",
            "https://id.example.com/",
            "https://ID.example.com",
            "https://id.example.com:443",
            "https://id.example.com/a/../b",
            "https://id.example.com?x=1",
            "https://id.example.com#x",
            "https://me@id.example.com",
        ] {
            assert!(Issuer::parse(bad).is_err(), "{bad}");
        }
    }
}

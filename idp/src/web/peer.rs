//! Who is at the other end? The connection's address, unless that is a proxy that the operator trusts: then the last address in
//! `X-Forwarded-For` that is not a trusted proxy's (C-WEB-08, C-THR-06). What stands further left was written by whoever asked.
//!
//! `Forwarded` (RFC 7239) and `X-Real-IP` are never read: a proxy that sets one header would leave the others to be written by strangers.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::base::cidr::Cidr;
use crate::base::network::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The network that a request comes from, put into it at the gate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer(pub Network);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_default())
    }
}

/// Whether whoever holds the connection may speak for others.
pub fn is_trusted(address: IpAddr, trusted: &[Cidr]) -> bool {
    trusted.iter().any(|range| range.contains(address))
}

/// The address of whoever asked, given the connection's.
pub fn source(connection: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    if !is_trusted(connection, trusted) {
        return connection;
    }
    // Bytes that are no text spoil their own place in the list, and no other.
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    // From the right: each hop wrote whom it heard. Where that can't be read, the hop that wrote it is the last that is known.
    let mut nearest = connection;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = address(hop.trim()) else { return nearest };
        nearest = address;
        if !is_trusted(address, trusted) {
            return nearest;
        }
    }
    nearest
}

/// Whether the trusted proxy says that it was asked without TLS.
pub fn came_without_tls(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(FORWARDED_PROTO).iter();
    lines.next_back().is_some_and(|line| line.to_str().unwrap_or_default().rsplit(',').next().unwrap_or_default().trim().eq_ignore_ascii_case("http"))
}

/// An address, as proxies write it: perhaps with a port, and IPv6 perhaps in brackets. No name is ever looked up.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(connection: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "::1"].map(|range| Cidr::parse(range).unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        source(connection.parse().unwrap(), &headers, &trusted).to_string()
    }

    /// C-WEB-08, C-THR-06: the right-most hop that is not trusted, and only where the connection is a trusted proxy's.
    #[test]
    fn only_a_trusted_proxy_speaks_for_others() {
        assert_eq!(judged("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "a stranger's word counts for nothing");
        assert_eq!(judged("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(judged("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(judged("::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(judged("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(judged("10.0.0.1", &["192.0.2.66, 198.51.100.1, 10.0.0.2"]), "198.51.100.1", "what stands left of it is its own word");
        assert_eq!(judged("10.0.0.1", &["192.0.2.66", "198.51.100.1", "10.0.0.2"]), "198.51.100.1", "lines are one list");
        assert_eq!(judged("10.0.0.1", &["10.0.0.3,10.0.0.2"]), "10.0.0.3", "all of them are proxies: the furthest");
        assert_eq!(judged("10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(judged("10.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(judged("10.0.0.1", &["[2001:db8::7]"]), "2001:db8::7");
        let hundred = (0..100).map(|number| format!("192.0.2.{number}")).collect::<Vec<_>>().join(", ");
        assert_eq!(judged("10.0.0.1", &[&hundred]), "192.0.2.99");
    }

    /// C-WEB-08: what can't be read is passed over by staying with the hop before it.
    #[test]
    fn malformed_values_never_matter() {
        for bad in
            ["", "unknown", "evil.test", "for=198.51.100.1", "1.2.3", "198.51.100.1.", "999.1.1.1", "::g", "_hidden", "a b", "\u{e9}", "-1", "127.1"]
        {
            assert_eq!(judged("10.0.0.1", &[bad]), "10.0.0.1", "{bad:?}");
            assert_eq!(judged("10.0.0.1", &[&format!("{bad}, 10.0.0.2")]), "10.0.0.2", "{bad:?}");
            assert_eq!(judged("10.0.0.1", &[&format!("{bad}, 198.51.100.1")]), "198.51.100.1", "{bad:?}");
        }
    }

    #[test]
    fn the_nearest_word_about_tls_counts() {
        let without = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_PROTO, line.parse().unwrap());
            }
            came_without_tls(&headers)
        };
        assert!(without(&["http"]) && without(&["HTTP"]) && without(&["https, http"]) && without(&["https", "http"]));
        assert!(!without(&[]) && !without(&["https"]) && !without(&["http, https"]) && !without(&["", "ws"]));
    }
}

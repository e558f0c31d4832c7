//! A host as requests name it (`Host`, RFC 9110 §7.2): a name or an address, perhaps with a port. Strict: no user, no empty port, nothing to
//! normalise but letter case.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A host name or address in lower case, perhaps with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// Reads `name`, `name:port`, `192.0.2.1`, `[2001:db8::1]:port`; anything else is none.
    pub fn parse(text: &str) -> Option<Self> {
        let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
        let (name, rest) = text.split_at_checked(end)?;
        let port = match rest.strip_prefix(':') {
            Some(digits) => Some(digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?),
            None if rest.is_empty() => None,
            None => return None,
        };
        let name = name.to_ascii_lowercase();
        let is_v6 = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|inside| inside.parse::<Ipv6Addr>().is_ok());
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        (is_v6 || is_name).then_some(Self { name, port })
    }

    /// The name or address without the port; an IPv6 address stands in brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port, where one is named.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether it is an address, or `localhost`: what machinery on the same network calls a server that it watches.
    pub fn is_address(&self) -> bool {
        self.name.starts_with('[') || self.name.parse::<Ipv4Addr>().is_ok() || self.name == "localhost"
    }

    /// Whether `asked` is this host. Without a port of its own this host is there at every port.
    pub fn covers(&self, asked: &Self) -> bool {
        self.name == asked.name && (self.port.is_none() || self.port == asked.port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_spelling() {
        for (text, shown, port) in [
            ("id.example.com", "id.example.com", None),
            ("ID.Example.com:8443", "id.example.com:8443", Some(8443)),
            ("192.0.2.1:80", "192.0.2.1:80", Some(80)),
            ("[2001:DB8::1]", "[2001:db8::1]", None),
            ("[::1]:8080", "[::1]:8080", Some(8080)),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!((host.to_string().as_str(), host.port()), (shown, port));
        }
        for bad in [
            "", ":80", "a:", "a:b", "a:+80", "a:65536", "a:80:80", "me@a", "a b", "a/b", "a,b", "a%2e", "[::1", "[::1]x", "[a]", "::1", "ä", "a\\b",
            " a",
        ] {
            assert_eq!(Host::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_host_covers_its_ports() {
        let host = |text: &str| Host::parse(text).unwrap();
        assert!(host("a").covers(&host("A:1")) && host("a:1").covers(&host("a:1")));
        assert!(!host("a:1").covers(&host("a")) && !host("a:1").covers(&host("a:2")) && !host("a").covers(&host("b")));
        assert!(["10.0.0.7:8080", "[fd00::1]", "localhost:1"].into_iter().all(|text| host(text).is_address()));
        assert!(["id.example.com", "10.0.0.7.evil.test"].into_iter().all(|text| !host(text).is_address()));
    }
}

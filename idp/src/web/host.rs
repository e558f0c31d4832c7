//! Is a request meant for us? It names a host (RFC 9110 §7.2, RFC 9112 §3.2), and that must be ours: a page that answers to any name can be
//! reached under a name of somebody else's, by caches and by DNS (C-WEB-09). No address is ever built from it.

use http::header::HOST;
use http::{HeaderMap, Uri};

use crate::base::host::Host;
use crate::config::Config;

/// Why a request is not for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdirected {
    /// It names no host, several, or something that is none (RFC 9112 §3.2: 400).
    Malformed,
    /// It names somebody else's (RFC 9110 §15.5.20: 421).
    Elsewhere,
}

/// Judges every host that the request names: in its target (absolute form, HTTP/2's `:authority`) and in its header.
pub fn judge(config: &Config, uri: &Uri, headers: &HeaderMap) -> Result<(), Misdirected> {
    let mut lines = headers.get_all(HOST).iter();
    let line = lines.next();
    if lines.next().is_some() {
        return Err(Misdirected::Malformed);
    }
    let in_header = line.map(|line| line.to_str().unwrap_or_default());
    let in_target = uri.authority().map(http::uri::Authority::as_str);
    let mut named = in_target.into_iter().chain(in_header).peekable();
    if named.peek().is_none() {
        return Err(Misdirected::Malformed);
    }
    named.try_for_each(|text| {
        let asked = Host::parse(text).ok_or(Misdirected::Malformed)?;
        if is_ours(config, &asked, uri.path()) { Ok(()) } else { Err(Misdirected::Elsewhere) }
    })
}

fn is_ours(config: &Config, asked: &Host, path: &str) -> bool {
    // Whoever watches a node asks it by its address; the answer tells nothing.
    let is_watching = || matches!(path.strip_prefix(config.issuer.path()), Some("/healthz" | "/readyz")) && asked.is_address();
    config.issuer.is_at(asked) || config.http.extra_hosts.iter().any(|host| host.covers(asked)) || is_watching()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(target: &str, hosts: &[&str]) -> Result<(), Misdirected> {
        let config = Config::from_pairs(&[("issuer", "https://id.example"), ("http.extra_hosts", "weftid.internal, 10.0.0.7:8080")]).unwrap();
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        judge(&config, &target.parse().unwrap(), &headers)
    }

    /// C-WEB-09: ours is the issuer's host and what the operator named; everything else is answered by 421, and nonsense by 400.
    #[test]
    fn a_host_is_ours_or_refused() {
        for host in ["id.example", "ID.EXAMPLE:443", "weftid.internal", "weftid.internal:1", "10.0.0.7:8080"] {
            assert_eq!(judged("/login", &[host]), Ok(()), "{host}");
        }
        for host in ["evil.test", "id.example.evil.test", "id.example.", "id.example:80", "localhost", "10.0.0.7", "10.0.0.8:8080", "[::1]:8080"] {
            assert_eq!(judged("/login", &[host]), Err(Misdirected::Elsewhere), "{host}");
        }
        for hosts in [&[][..], &[""], &["id.example", "id.example"], &["id.example", "evil.test"], &["me@id.example"], &["id.example:"], &["a b"]] {
            assert_eq!(judged("/login", hosts), Err(Misdirected::Malformed), "{hosts:?}");
        }
    }

    /// C-WEB-09: the target and the header must both be ours (RFC 9112 §3.2.2, RFC 9113 §8.3.1).
    #[test]
    fn the_target_counts_as_well() {
        assert_eq!(judged("https://id.example/login", &[]), Ok(()));
        assert_eq!(judged("https://id.example/login", &["id.example"]), Ok(()));
        assert_eq!(judged("http://evil.test/login", &["id.example"]), Err(Misdirected::Elsewhere));
        assert_eq!(judged("https://id.example/login", &["evil.test"]), Err(Misdirected::Elsewhere));
        assert_eq!(judged("https://me:pw@id.example/login", &["id.example"]), Err(Misdirected::Malformed));
    }

    #[test]
    fn who_watches_asks_by_address() {
        for host in ["10.9.8.7:8080", "localhost:8080", "[fd00::7]:8080", "id.example"] {
            assert_eq!(judged("/healthz", &[host]), Ok(()), "{host}");
            assert_eq!(judged("/readyz", &[host]), Ok(()), "{host}");
        }
        assert_eq!(judged("/healthz", &["evil.test"]), Err(Misdirected::Elsewhere));
        assert_eq!(judged("/x/healthz", &["10.9.8.7"]), Err(Misdirected::Elsewhere));
    }
}

//! Where answers are sent: which addresses may be registered, which requested ones match them, and how an answer is written onto one.
//!
//! Matching is comparison of bytes (RFC 9700 §2.1, §4.1.3). The one exception is the port of a loopback address (RFC 8252 §7.3).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url, form_urlencoded};

use crate::protocol::uri_text;

/// Names that an answer brings along (RFC 6749 §4.1.2, RFC 9207 §2, JARM): a registered query must not have them already.
const ANSWERS: [&str; 8] = ["code", "state", "iss", "error", "error_description", "error_uri", "response", "id_token"];

/// What a client may register, beside https.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectUriPolicy {
    /// A native app: loopback addresses over http, and private-use schemes.
    pub native: bool,
    /// The client opted in to plain http on loopback, by address or by name.
    pub allow_loopback_http: bool,
}

/// A `redirect_uri` or `post_logout_redirect_uri`, in its exact text. [`Self::check`] says whether it may be registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The address that this text is; whether it may be registered is for [`Self::check`] to say.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its exact text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a client under `policy` may register it. The error says in words what is wrong.
    pub fn check(&self, policy: RedirectUriPolicy) -> Result<(), &'static str> {
        let text = self.0.as_str();
        let url = uri_text::absolute(text)?;
        // RFC 9700 §4.1.3: a star would be taken for a pattern, and there are none (A-RED-02).
        if text.contains('*') {
            return Err("must not have wildcards");
        }
        // OpenID Connect Registration §2: no fragment, not even an empty one (A-RED-05).
        if text.contains('#') {
            return Err("must not have a fragment");
        }
        let spelled = url.as_str();
        // A browser would go to the normalised address, a comparison sees the text: only addresses where both are one are registered.
        if spelled != text && spelled.strip_suffix('/') != Some(text) {
            return Err("must be spelled as browsers spell it: lower case, no default port, nothing to normalise");
        }
        if url.query_pairs().any(|(name, _)| ANSWERS.contains(&&*name)) {
            return Err("must not have a parameter in its query that answers bring along");
        }
        check_scheme(&url, policy)
    }

    /// Whether `requested` is this address, byte for byte, but for the port of a loopback *address* (A-RED-01, A-RED-03).
    pub fn matches(&self, requested: &str) -> bool {
        self.0 == requested || self.matches_with_another_port(requested, &["127.0.0.1", "[::1]"])
    }

    /// The same for a native client that opted in to loopback names: the port of `localhost` may differ as well.
    pub fn matches_on_loopback(&self, requested: &str) -> bool {
        self.matches(requested) || self.matches_with_another_port(requested, &["localhost"])
    }

    /// RFC 8252 §7.3: the system gives a native app whatever port is free. Compares text and parses nothing, so that there is no
    /// second reading of `requested` to disagree with.
    fn matches_with_another_port(&self, requested: &str, hosts: &[&str]) -> bool {
        hosts.iter().any(|host| {
            let prefix = format!("http://{host}");
            let parts = self.0.strip_prefix(&prefix).and_then(after_port).zip(requested.strip_prefix(&prefix).and_then(after_port));
            parts.is_some_and(|(registered, requested)| registered == requested)
        })
    }

    /// The one source that `form-action` has to allow so that a form may end here: an origin, or `scheme:` for a private scheme.
    ///
    /// Content Security Policy cannot name an IPv6 address (CSP3 §2.3.1), so `[::1]` is `http:`; `None` if this is no address at all.
    pub fn origin_for_csp(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        Some(match (url.scheme(), url.host()) {
            ("http", Some(Host::Ipv6(_))) => "http:".to_owned(),
            ("http" | "https", _) => url.origin().ascii_serialization(),
            (scheme, _) => format!("{scheme}:"),
        })
    }

    /// What a person is told about where this leads: the host, or `scheme:` for a private scheme.
    pub fn host(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        match url.scheme() {
            "http" | "https" => url.host_str().map(str::to_owned),
            scheme => Some(format!("{scheme}:")),
        }
    }

    /// Whether only the owner of a domain can receive what is sent here (RFC 8252 §8.6): https, and not an app or this machine.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether a browser can post a form there: a page, and not an app.
    pub fn is_web(&self) -> bool {
        self.is_https() || self.0.starts_with("http://")
    }

    /// This address with an answer's parameters in its query. A registered query is kept (RFC 6749 §3.1.2, A-RED-12), and every character that is
    /// not unreserved is percent-encoded, so that no value can end a header, begin a fragment, or be read differently for its `+`.
    pub fn with_params<N: AsRef<str>, V: AsRef<str>>(&self, params: &[(N, V)]) -> String {
        let mut text = self.0.clone();
        for (name, value) in params {
            match text.find('?') {
                None => text.push('?'),
                Some(at) if at + 1 == text.len() => {}
                Some(_) => text.push('&'),
            }
            text.push_str(&encoded(name.as_ref()));
            text.push('=');
            text.push_str(&encoded(value.as_ref()));
        }
        text
    }

    /// This address with an answer's parameters in a fragment, encoded in the same way. No registered address has a fragment.
    pub fn with_fragment<N: AsRef<str>, V: AsRef<str>>(&self, params: &[(N, V)]) -> String {
        let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{}={}", encoded(name.as_ref()), encoded(value.as_ref()))).collect();
        format!("{}#{}", self.0, pairs.join("&"))
    }
}

/// Form encoding with `%20` for a space: every decoder reads it, also those of native apps that leave `+` alone.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// What stands behind the host and its port; `None` when a port is there that no socket has, or the host goes on.
fn after_port(after_host: &str) -> Option<&str> {
    let Some(port_and_rest) = after_host.strip_prefix(':') else {
        return (after_host.is_empty() || after_host.starts_with(['/', '?'])).then_some(after_host);
    };
    let end = port_and_rest.find(['/', '?']).unwrap_or(port_and_rest.len());
    let (port, rest) = port_and_rest.split_at_checked(end)?;
    // Digits alone, no leading zero: "+80", "080" and "" are second spellings.
    let spelled = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    (spelled && port.parse::<u16>().is_ok()).then_some(rest)
}

/// Which schemes may be registered by whom.
fn check_scheme(url: &Url, policy: RedirectUriPolicy) -> Result<(), &'static str> {
    match url.scheme() {
        "https" => Ok(()),
        "http" => match url.host() {
            Some(Host::Ipv4(address)) if address.is_loopback() && policy.native => Ok(()),
            Some(Host::Ipv6(address)) if address.is_loopback() && policy.native => Ok(()),
            Some(host) if is_loopback(&host) && policy.allow_loopback_http => Ok(()),
            Some(host) if is_loopback(&host) => Err("is http on this machine: the client must be allowed that (allow_loopback_http)"),
            // RFC 9700 §2.6: an answer in the clear is an answer to everybody on the way (A-RED-04).
            _ => Err("must be https: plain http is only for loopback addresses"),
        },
        // OAuth 2.1 §8.4.3: a name without a dot belongs to nobody; it also shuts out javascript, data, file and their like (A-RED-06, A-RED-07).
        scheme if !scheme.contains('.') => Err("must be https, or a private-use scheme with a dot in it, such as com.example.app:/callback"),
        _ if policy.native => Ok(()),
        _ => Err("has a private-use scheme, which is for native applications"),
    }
}

/// Whether a host is this machine, by address or by name (RFC 6761 §6.3).
pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEB: RedirectUriPolicy = RedirectUriPolicy { native: false, allow_loopback_http: false };
    const WEB_ON_LOOPBACK: RedirectUriPolicy = RedirectUriPolicy { native: false, allow_loopback_http: true };
    const NATIVE: RedirectUriPolicy = RedirectUriPolicy { native: true, allow_loopback_http: false };
    const NATIVE_BY_NAME: RedirectUriPolicy = RedirectUriPolicy { native: true, allow_loopback_http: true };

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::from_text(text)
    }

    /// A-RED-01: every variation of a registered address is another address.
    #[test]
    fn a_requested_address_matches_byte_for_byte() {
        let registered = uri("https://rp.test/cb");
        assert!(registered.matches("https://rp.test/cb"));
        for requested in [
            "https://rp.test/cb/",
            "https://rp.test/cb?x=1",
            "https://rp.test/cb#",
            "https://rp.test/cb/..",
            "https://rp.test/cb/%2e%2e/x",
            "https://rp.test/cb;/x",
            "https://rp.test/cb%2F",
            "https://rp.test/Cb",
            "HTTPS://rp.test/cb",
            "https://RP.test/cb",
            "https://rp.test:443/cb",
            "https://rp.test:/cb",
            "https://rp.test//cb",
            "https://u@rp.test/cb",
            "https://rp.test@evil/cb",
            "https://a@b@evil/cb",
            "https://rp.test\\@evil/cb",
            "https://rp.test%00/cb",
            "https://rp.test/\tcb",
            "https://rp.test/cb\r\n",
            "https://xn--rp-test/cb",
            "https://\u{433}p.test/cb",
            " https://rp.test/cb",
            "https://rp.test/cb ",
            "http://127.0.0.1/cb",
            "http://rp.test/cb",
            "",
        ] {
            assert!(!registered.matches(requested) && !registered.matches_on_loopback(requested), "{requested:?}");
        }
    }

    /// A-RED-03: only the port, only on a literal loopback address; `:0` is no port one can be reached at.
    #[test]
    fn the_port_of_a_loopback_address_may_differ() {
        let registered = uri("http://127.0.0.1/cb");
        for requested in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"] {
            assert!(registered.matches(requested), "{requested}");
        }
        for requested in [
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:+80/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:80/cb?x=1",
            "http://127.0.0.1:80/cb2",
            "http://127.0.0.1:80",
            "https://127.0.0.1:80/cb",
            "http://[::1]:80/cb",
            "http://localhost:80/cb",
            "http://127.1:80/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://2130706433/cb",
            "http://127.0.0.1:80@evil/cb",
            "http://127.0.0.1@evil/cb",
            "http://127.0.0.1:80\\@evil/cb",
            "http://127.0.0.1:80#/cb",
        ] {
            assert!(!registered.matches(requested) && !registered.matches_on_loopback(requested), "{requested}");
        }
        assert!(uri("http://[::1]:3000/cb?a=1").matches("http://[::1]:4000/cb?a=1"));
        assert!(uri("http://127.0.0.1").matches("http://127.0.0.1:7777"), "native clients often have no path");
        assert!(!uri("http://127.0.0.1").matches("http://127.0.0.1:7777/"));
    }

    /// Security decision 8: the port of the name `localhost` may differ only where a client opts in.
    #[test]
    fn the_port_of_localhost_may_differ_only_by_opting_in() {
        let registered = uri("http://localhost:3000/cb");
        assert!(!registered.matches("http://localhost:4000/cb"));
        assert!(registered.matches_on_loopback("http://localhost:4000/cb"));
        assert!(!registered.matches_on_loopback("http://localhost.evil.test:4000/cb"));
        assert!(!registered.matches_on_loopback("http://127.0.0.1:4000/cb"));
    }

    /// A-RED-02, A-RED-04, A-RED-05, A-RED-06, A-RED-07: what may be registered, and by whom.
    #[test]
    fn only_safe_addresses_may_be_registered() {
        let everybody = [WEB, WEB_ON_LOOPBACK, NATIVE, NATIVE_BY_NAME];
        for (text, allowed) in [
            ("https://rp.test/cb", &everybody[..]),
            ("https://rp.test", &everybody),
            ("https://rp.test:8443/cb?a=1", &everybody),
            ("http://127.0.0.1/cb", &[WEB_ON_LOOPBACK, NATIVE, NATIVE_BY_NAME]),
            ("http://[::1]:3000", &[WEB_ON_LOOPBACK, NATIVE, NATIVE_BY_NAME]),
            ("http://localhost:3000/cb", &[WEB_ON_LOOPBACK, NATIVE_BY_NAME]),
            ("http://app.localhost/cb", &[WEB_ON_LOOPBACK, NATIVE_BY_NAME]),
            ("com.example.app:/cb", &[NATIVE, NATIVE_BY_NAME]),
            ("com.example.app://cb", &[NATIVE, NATIVE_BY_NAME]),
        ] {
            for policy in everybody {
                assert_eq!(uri(text).check(policy).is_ok(), allowed.contains(&policy), "{text} {policy:?} {:?}", uri(text).check(policy));
            }
        }
        for text in [
            "",
            "/cb",
            "rp.test/cb",
            "http://rp.test/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://0.0.0.0/cb",
            "http://127.1/cb",
            "https://rp.test/cb#a",
            "https://rp.test/cb#",
            "https://rp.test/*",
            "https://*.rp.test/cb",
            "https://rp.test*",
            "https://u@rp.test/cb",
            "https://u:p@rp.test/cb",
            "https://@rp.test/cb",
            "HTTPS://rp.test/cb",
            "https://RP.test/cb",
            "https://rp.test:443/cb",
            "https://rp.test/a/../cb",
            "https://rp.test/%2e%2e/cb",
            "https://rp.test\\cb",
            "https:rp.test/cb",
            "https:///rp.test/cb",
            "https://b\u{fc}cher.test/cb",
            "https://rp.test/c b",
            "https://rp.test/cb\n",
            " https://rp.test/cb",
            "https://rp.test/cb?state=1",
            "https://rp.test/cb?a=1&c%6fde=2",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "blob:https://rp.test/x",
            "file:///etc/passwd",
            "about:blank",
            "myapp:/cb",
            "ftp://rp.test/cb",
            "urn:ietf:wg:oauth:2.0:oob",
        ] {
            for policy in everybody {
                assert!(uri(text).check(policy).is_err(), "{text:?} {policy:?}");
            }
        }
        assert!(uri(&format!("https://rp.test/{}", "a".repeat(uri_text::LONGEST))).check(WEB).is_err());
    }

    /// A-RED-12: a registered query is kept, and the state comes back exactly, whatever it tries.
    #[test]
    fn an_answer_is_appended_without_harm() {
        let pairs = [("code", "x"), ("state", "a&b=c+d%\r\nSet-Cookie: x=y \u{e4}#\"<")];
        for (registered, expected) in [
            ("https://rp.test/cb", "https://rp.test/cb?code=x&state="),
            ("https://rp.test", "https://rp.test?code=x&state="),
            ("https://rp.test/cb?", "https://rp.test/cb?code=x&state="),
            ("https://rp.test/cb?a=1", "https://rp.test/cb?a=1&code=x&state="),
            ("com.example.app:/cb", "com.example.app:/cb?code=x&state="),
        ] {
            let location = uri(registered).with_params(&pairs);
            assert!(location.starts_with(expected), "{location}");
            assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
            let url = Url::parse(&location).unwrap();
            assert_eq!(url.fragment(), None);
            assert_eq!(url.query_pairs().last().unwrap().1, pairs[1].1);
        }
        assert_eq!(uri("https://rp.test/cb").with_params::<&str, &str>(&[]), "https://rp.test/cb");
    }

    /// The protocol's rule for `form-action`: that client's one origin or private scheme, and no other.
    #[test]
    fn a_form_may_end_at_one_origin_or_scheme() {
        for (text, source) in [
            ("https://rp.test/cb?a=1", "https://rp.test"),
            ("https://rp.test:8443/cb", "https://rp.test:8443"),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1:3000"),
            ("http://[::1]:3000/cb", "http:"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(uri(text).origin_for_csp().as_deref(), Some(source));
        }
        assert_eq!(uri("nothing").origin_for_csp(), None);
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in any::<String>(), requested in any::<String>()) {
            let _ = (uri(&text).check(NATIVE_BY_NAME), uri(&text).matches_on_loopback(&requested), uri(&text).origin_for_csp());
            prop_assert_eq!(uri(&text).matches(&requested), text == requested);
        }

        #[test]
        fn what_may_be_registered_survives_an_answer(path in "[a-z0-9/._~%?&=-]{0,30}", state in any::<String>()) {
            let registered = uri(&format!("https://rp.test/{path}"));
            prop_assume!(registered.check(WEB).is_ok());
            let location = registered.with_params(&[("state", &state)]);
            prop_assert!(location.starts_with(registered.as_str()));
            let url = Url::parse(&location).unwrap();
            prop_assert_eq!(url.host_str(), Some("rp.test"));
            prop_assert_eq!(url.query_pairs().filter(|(name, value)| name == "state" && *value == state).count(), 1);
        }

        #[test]
        fn only_ports_that_exist_match(port in 0_u32..200_000) {
            let matches = uri("http://127.0.0.1:8080/cb").matches(&format!("http://127.0.0.1:{port}/cb"));
            prop_assert_eq!(matches, (1..=65_535).contains(&port));
        }
    }
}

//! A browser's cookie jar, as strict as Chromium's about the rules that WeftID leans on (RFC 6265bis): `__Host-` and `__Secure-`, `Secure`,
//! `Domain`, `Path`, `SameSite`, deletion. Lifetimes in between are not watched: tests move the provider's clock, not the browser's.

use url::{Host, Url};

/// One cookie as the browser keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its name, prefix included.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host it belongs to.
    pub host: String,
    /// Whether it is sent to that host alone.
    pub host_only: bool,
    /// The path under which it is sent.
    pub path: String,
    /// Sent over trustworthy connections only.
    pub secure: bool,
    /// Hidden from scripts.
    pub http_only: bool,
    /// `Strict`, `Lax` or `None`; what was not said is `Lax`.
    pub same_site: SameSite,
    /// Whether it outlives the browser's window (`Max-Age` or `Expires` was given).
    pub persistent: bool,
}

/// When a cookie travels with a request that another site began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// With top-level navigations that only read.
    Lax,
    /// Always.
    None,
}

/// How a request came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// By this site, or by the person (a typed URL).
    SameSite,
    /// By another site, as a top-level GET.
    CrossSiteNavigation,
    /// By another site, in any other way.
    CrossSite,
}

/// The cookies of one browser.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
    refused: Vec<String>,
}

impl Jar {
    /// Takes in one `Set-Cookie` line of an answer from `url`, or notes why a browser would not.
    pub fn receive(&mut self, url: &Url, line: &str) {
        match judge(url, line) {
            Ok((cookie, keep)) => {
                self.cookies.retain(|old| (&old.name, &old.host, &old.path) != (&cookie.name, &cookie.host, &cookie.path));
                if keep {
                    self.cookies.push(cookie);
                }
            }
            Err(reason) => self.refused.push(format!("{reason}: {line}")),
        }
    }

    /// The `Cookie` header for a request to `url`; empty when none applies.
    pub fn header(&self, url: &Url, initiator: Initiator) -> String {
        let mut fitting: Vec<&Cookie> = self.cookies.iter().filter(|cookie| applies(cookie, url, initiator)).collect();
        // RFC 6265 §5.4: longer paths first.
        fitting.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        fitting.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
    }

    /// What a browser would have refused to keep, and why: empty for a provider that sets its cookies right.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    /// All cookies.
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    /// The cookie of that name, with or without its `__Host-` prefix.
    pub fn get(&self, name: &str) -> Option<&Cookie> {
        self.cookies.iter().find(|cookie| cookie.name == name || cookie.name.strip_prefix("__Host-") == Some(name))
    }

    /// Puts a cookie in as if it had been set: for stolen and for made-up ones.
    pub fn put(&mut self, cookie: Cookie) {
        self.cookies.retain(|old| (&old.name, &old.host, &old.path) != (&cookie.name, &cookie.host, &cookie.path));
        self.cookies.push(cookie);
    }

    /// Forgets the cookie of that name, with or without its `__Host-` prefix.
    pub fn forget(&mut self, name: &str) {
        self.cookies.retain(|cookie| cookie.name != name && cookie.name.strip_prefix("__Host-") != Some(name));
    }
}

fn judge(url: &Url, line: &str) -> Result<(Cookie, bool), &'static str> {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = line.split(';');
    let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).ok_or("no name")?;
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        host: host.clone(),
        host_only: true,
        path: default_path(url),
        secure: false,
        http_only: false,
        same_site: SameSite::Lax,
        persistent: false,
    };
    let (mut keep, mut path_given) = (true, None);
    for attribute in parts {
        let (key, value) = attribute.split_once('=').map_or((attribute.trim(), ""), |(key, value)| (key.trim(), value.trim()));
        match key.to_ascii_lowercase().as_str() {
            "secure" => cookie.secure = true,
            "httponly" => cookie.http_only = true,
            "path" => {
                path_given = Some(value);
                if value.starts_with('/') {
                    value.clone_into(&mut cookie.path);
                }
            }
            "domain" if !value.is_empty() => {
                let domain = value.trim_start_matches('.').to_ascii_lowercase();
                if host != domain && !host.ends_with(&format!(".{domain}")) {
                    return Err("a domain that is not the host's");
                }
                (cookie.host, cookie.host_only) = (domain, false);
            }
            "max-age" => {
                cookie.persistent = true;
                keep = value.parse::<i64>().is_ok_and(|seconds| seconds > 0);
            }
            "expires" => {
                cookie.persistent = true;
                keep &= !value.contains("1970");
            }
            "samesite" => {
                cookie.same_site = match value.to_ascii_lowercase().as_str() {
                    "strict" => SameSite::Strict,
                    "none" => SameSite::None,
                    _ => SameSite::Lax,
                }
            }
            _ => {}
        }
    }
    if cookie.secure && !trustworthy(url) {
        return Err("Secure, but sent over plain HTTP");
    }
    if cookie.same_site == SameSite::None && !cookie.secure {
        return Err("SameSite=None without Secure");
    }
    let prefixed = |prefix: &str| cookie.name.to_ascii_lowercase().starts_with(prefix);
    if prefixed("__secure-") && !cookie.secure {
        return Err("__Secure- without Secure");
    }
    if prefixed("__host-") && !(cookie.secure && cookie.host_only && path_given == Some("/")) {
        return Err("__Host- without Secure, with Domain, or with another path than /");
    }
    Ok((cookie, keep))
}

fn applies(cookie: &Cookie, url: &Url, initiator: Initiator) -> bool {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let host_fits = host == cookie.host || (!cookie.host_only && host.ends_with(&format!(".{}", cookie.host)));
    let site_fits = match initiator {
        Initiator::SameSite => true,
        Initiator::CrossSiteNavigation => cookie.same_site != SameSite::Strict,
        Initiator::CrossSite => cookie.same_site == SameSite::None,
    };
    host_fits && site_fits && path_fits(&cookie.path, url.path()) && (!cookie.secure || trustworthy(url))
}

// RFC 6265 §5.1.4.
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => url.path()[..end].to_owned(),
    }
}

fn path_fits(cookie: &str, request: &str) -> bool {
    request == cookie || request.strip_prefix(cookie).is_some_and(|rest| cookie.ends_with('/') || rest.starts_with('/'))
}

/// Whether a browser takes this URL for a secure context: https, or this very machine.
pub fn trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

/// Whether two URLs belong to one site: same scheme and registrable domain (here: the last two labels). Ports do not count.
pub fn same_site(one: &Url, other: &Url) -> bool {
    let site = |url: &Url| {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let labels: Vec<&str> = host.rsplit('.').take(2).collect();
        let name = if matches!(url.host(), Some(Host::Domain(_))) { labels.join(".") } else { host.clone() };
        (url.scheme().to_owned(), name)
    };
    site(one) == site(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str, lines: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for line in lines {
            jar.receive(&Url::parse(url).unwrap(), line);
        }
        jar
    }

    fn sent(jar: &Jar, url: &str) -> String {
        jar.header(&Url::parse(url).unwrap(), Initiator::SameSite)
    }

    /// RFC 6265bis §4.1.3.2: what calls itself `__Host-` is Secure, has no Domain, and Path is exactly `/`.
    #[test]
    fn the_host_prefix_is_held() {
        let good = jar("https://id.example/login", &["__Host-session=1; Secure; Path=/; HttpOnly"]);
        assert_eq!((good.cookies().len(), good.refused().len()), (1, 0));
        for bad in ["__Host-a=1; Path=/", "__Host-a=1; Secure", "__Host-a=1; Secure; Path=/x", "__Host-a=1; Secure; Path=/; Domain=id.example"] {
            let jar = jar("https://id.example/", &[bad]);
            assert_eq!((jar.cookies().len(), jar.refused().len()), (0, 1), "{bad}");
        }
    }

    /// RFC 6265bis §5.7: a Secure cookie neither comes from nor goes to plain HTTP, but for this machine.
    #[test]
    fn secure_means_secure() {
        assert!(jar("http://id.example/", &["a=1; Secure"]).cookies().is_empty());
        assert_eq!(jar("http://localhost:8080/", &["a=1; Secure"]).cookies().len(), 1);
        assert_eq!(sent(&jar("https://id.example/", &["a=1; Secure"]), "http://id.example/"), "");
    }

    /// RFC 6265 §5.3: a lifetime that is over deletes; a deletion names host and path like the cookie did.
    #[test]
    fn a_lifetime_that_is_over_deletes() {
        for over in ["a=; Path=/; Max-Age=0", "a=; Path=/; Max-Age=-1", "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert!(jar("https://id.example/", &["a=1; Path=/", over]).cookies().is_empty(), "{over}");
        }
        assert_eq!(jar("https://id.example/", &["a=1; Path=/", "a=; Path=/other; Max-Age=0"]).cookies().len(), 1);
    }

    /// RFC 6265 §5.1.3 and §5.1.4: hosts and paths.
    #[test]
    fn cookies_stay_with_their_host_and_path() {
        let jar = jar("https://id.example/login/page", &["a=1", "b=2; Path=/", "c=3; Domain=id.example; Path=/"]);
        assert_eq!(sent(&jar, "https://id.example/login/passkey"), "a=1; b=2; c=3");
        assert_eq!(sent(&jar, "https://id.example/loginx"), "b=2; c=3");
        assert_eq!(sent(&jar, "https://sub.id.example/"), "c=3");
        assert_eq!(sent(&jar, "https://example/"), "");
    }

    /// RFC 6265bis §5.6.7: what another site begins carries Lax cookies only when it navigates, and Strict ones never.
    #[test]
    fn another_site_gets_little() {
        let jar = jar("https://id.example/", &["s=1; SameSite=Strict", "l=2; SameSite=Lax", "n=3; SameSite=None; Secure"]);
        let url = Url::parse("https://id.example/").unwrap();
        assert_eq!(jar.header(&url, Initiator::SameSite), "s=1; l=2; n=3");
        assert_eq!(jar.header(&url, Initiator::CrossSiteNavigation), "l=2; n=3");
        assert_eq!(jar.header(&url, Initiator::CrossSite), "n=3");
        assert!(same_site(&url, &Url::parse("https://www.id.example:444/x").unwrap()));
        assert!(!same_site(&url, &Url::parse("http://id.example/").unwrap()));
        assert!(!same_site(&url, &Url::parse("https://shop.test/").unwrap()));
    }
}

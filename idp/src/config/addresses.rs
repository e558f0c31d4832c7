//! Hosts and ranges of addresses as settings.

use crate::base::cidr::Cidr;
use crate::base::host::Host;
use crate::config::layers::Raw;
use crate::config::value::{Value, text};

impl Value for Host {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "a host without scheme and path, such as \"weftid.internal\" or \"10.0.0.7:8080\"";
        Self::parse(text(raw, what)?).ok_or_else(|| format!("must be {what}"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Cidr {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "an address or a range of addresses from its beginning on, such as \"127.0.0.1\" or \"10.0.0.0/8\"";
        Self::parse(text(raw, what)?).ok_or_else(|| format!("must be {what}"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let config = Config::from_pairs(&[("http.extra_hosts", "weftid.internal , 10.0.0.7:8080"), ("http.trusted_proxies", "127.0.0.1,fd00::/8")]);
        let config = config.unwrap();
        assert_eq!(config.http.extra_hosts.len(), 2);
        let shown = config.effective().iter().find(|one| one.path == "http.trusted_proxies").and_then(|one| one.shown.as_deref());
        assert_eq!(shown, Some("[\"127.0.0.1/32\", \"fd00::/8\"]"));
        assert!(Config::from_pairs(&[("http.extra_hosts", "")]).unwrap().http.extra_hosts.is_empty());
        for (path, bad) in [("http.extra_hosts", "a, b c"), ("http.extra_hosts", "https://a"), ("http.trusted_proxies", "10.0.0.0/8,proxy")] {
            let problems = Config::from_pairs(&[(path, bad)]).unwrap_err().to_string();
            assert!(problems.contains(path) && problems.contains("such as"), "{problems}");
        }
    }
}

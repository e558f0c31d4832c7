//! Lists of hosts and of ranges of addresses, as one text with commas between, so that file and environment write them alike.

use crate::base::cidr::Cidr;
use crate::base::host::Host;
use crate::config::layers::Raw;
use crate::config::value::{Value, text};

fn list<T>(raw: &Raw, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let items = text(raw, what)?.split(',').map(str::trim);
    // Nothing at all is an empty list; nothing between two commas is a slip.
    let items: Vec<&str> = items.collect();
    if items == [""] {
        return Ok(Vec::new());
    }
    items.into_iter().map(parse).collect::<Option<_>>().ok_or_else(|| format!("must be {what}"))
}

fn shown<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Value for Vec<Host> {
    fn read(raw: &Raw) -> Result<Self, String> {
        list(raw, "hosts with commas between, such as \"weftid.internal, 10.0.0.7:8080\"", Host::parse)
    }

    fn show(&self) -> String {
        shown(self)
    }
}

impl Value for Vec<Cidr> {
    fn read(raw: &Raw) -> Result<Self, String> {
        list(raw, "ranges of addresses with commas between, such as \"127.0.0.1, 10.0.0.0/8\"", Cidr::parse)
    }

    fn show(&self) -> String {
        shown(self)
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
        assert_eq!(
            config.effective().iter().find(|one| one.path == "http.trusted_proxies").unwrap().shown.as_deref(),
            Some("127.0.0.1/32, fd00::/8")
        );
        assert!(Config::from_pairs(&[("http.extra_hosts", "")]).unwrap().http.extra_hosts.is_empty());
        for (path, bad) in [("http.extra_hosts", "a,,b"), ("http.extra_hosts", "https://a"), ("http.trusted_proxies", "10.0.0.0/8,proxy")] {
            let problems = Config::from_pairs(&[(path, bad)]).unwrap_err().to_string();
            assert!(problems.contains(path) && problems.contains("commas between"), "{problems}");
        }
    }
}

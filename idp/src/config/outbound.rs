//! How far we go for relying parties: whose addresses we ask for keys, sectors and request objects, and tell that a session has ended.

use std::time::Duration;

use crate::base::cidr::Cidr;
use crate::config::certificates;
use crate::config::reader::Reader;

/// What is asked outside of the house, and whom we trust there.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// The networks that may be asked although they are not public; those alone also without TLS.
    pub allowed_networks: Vec<Cidr>,
    /// Certificates in PEM that vouch for whom we ask, beside those that browsers trust.
    pub authorities: Option<String>,
    /// How long one question may take, from the name to the last byte.
    pub timeout: Duration,
}

impl Outbound {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            allowed_networks: reader.get("outbound.allowed_networks", Vec::new()),
            authorities: certificates::optional(reader, "outbound.ca_file"),
            timeout: reader.within(
                "outbound.timeout",
                Duration::from_secs(5),
                [Duration::from_secs(1), Duration::from_secs(5)],
                "a far server needs a second, and people and relying parties wait for the answer",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::Config;

    /// A-SSRF-01: nothing private is asked unless it is listed; and what is listed is a range, not a name that may move.
    #[test]
    fn nothing_is_allowed_by_default() {
        let outbound = Config::from_pairs(&[]).unwrap().outbound;
        assert!(outbound.allowed_networks.is_empty() && outbound.authorities.is_none());
        assert_eq!(outbound.timeout, Duration::from_secs(5));
        let outbound = Config::from_pairs(&[("outbound.allowed_networks", "10.1.0.0/16,::1"), ("outbound.timeout", "1s")]).unwrap().outbound;
        assert_eq!((outbound.allowed_networks.len(), outbound.timeout), (2, Duration::from_secs(1)));
        for (path, bad) in [("outbound.allowed_networks", "intranet.example"), ("outbound.timeout", "6s"), ("outbound.ca_file", "/nowhere/ca.pem")] {
            assert!(Config::from_pairs(&[(path, bad)]).unwrap_err().to_string().contains(path), "{path}");
        }
    }
}

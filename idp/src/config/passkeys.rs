//! How passkeys know us, and which of them we take. Each setting is declared once, where it is read.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};
use uuid::Uuid;

use crate::base::issuer::Issuer;
use crate::config::layers::Raw;
use crate::config::policy::Brand;
use crate::config::reader::Reader;
use crate::config::value::{Value, name_of, word};

/// How many labels browsers look at in the list of related origins (WebAuthn §5.11: at least five).
const MOST_LABELS: usize = 5;

/// How passkeys know us.
#[derive(Clone, Debug)]
pub struct Passkeys {
    /// The relying party id: the domain that passkeys are bound to, for good (WebAuthn §5.4.2).
    pub rp_id: String,
    /// The name that browsers show when a passkey is made.
    pub rp_name: String,
    /// How long a ceremony may take.
    pub ceremony: Duration,
    /// Further origins that may use our passkeys (WebAuthn §5.11), as browsers spell them.
    pub related_origins: Vec<String>,
    /// What becomes of a passkey whose counter went back.
    pub suspected_clone: SuspectedClone,
    /// Whether authenticators are asked what they are, and what `aaguids` means.
    pub attestation: AaguidRule,
    /// The models of authenticators that `attestation` speaks of.
    pub aaguids: Vec<Uuid>,
    /// Certificates in PEM of those whose word for an authenticator's make is taken, one text a file.
    pub attestation_authorities: Vec<String>,
    /// Whether only passkeys are taken that can't leave their device.
    pub device_bound_only: bool,
}

/// What becomes of a passkey whose counter went back (WebAuthn §6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspectedClone {
    /// It opens nothing any more.
    Refuse,
    /// It goes on signing in, marked.
    Allow,
}

impl SuspectedClone {
    const NAMES: [(&'static str, Self); 2] = [("refuse", Self::Refuse), ("allow", Self::Allow)];
}

impl Value for SuspectedClone {
    fn read(raw: &Raw) -> Result<Self, String> {
        word(raw, &Self::NAMES)
    }

    fn show(&self) -> String {
        name_of(self, &Self::NAMES)
    }
}

/// Which models of authenticators may make passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AaguidRule {
    /// All; nobody is asked for attestation (conveyance `none`).
    Off,
    /// Those that are listed.
    Allow,
    /// All but those that are listed.
    Deny,
}

impl AaguidRule {
    const NAMES: [(&'static str, Self); 3] = [("off", Self::Off), ("allow", Self::Allow), ("deny", Self::Deny)];
}

impl Value for AaguidRule {
    fn read(raw: &Raw) -> Result<Self, String> {
        word(raw, &Self::NAMES)
    }

    fn show(&self) -> String {
        name_of(self, &Self::NAMES)
    }
}

impl Passkeys {
    pub(super) fn read(reader: &mut Reader, issuer: Option<&Issuer>, brand: &Brand) -> Self {
        let host = issuer.map(Issuer::host).unwrap_or_default();
        let rp_id: String = reader.get("passkeys.rp_id", host.to_owned());
        if issuer.is_some() {
            // WebAuthn §5.1.3: the RP ID must be the host or a registrable suffix of it; a single label is a whole top-level domain.
            let is_parent = rp_id.contains('.') && host.strip_suffix(rp_id.as_str()).is_some_and(|below| below.ends_with('.'));
            let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
            let message = if is_address {
                "passkeys are bound to a domain name, so the issuer must not be an IP address; use http://localhost:8080 to try it out"
            } else {
                "must be the host of the issuer or a parent domain of it, such as \"example.com\" for https://id.example.com"
            };
            let paths: &[&'static str] = if is_address { &["issuer", "passkeys.rp_id"] } else { &["passkeys.rp_id", "issuer"] };
            reader.must(paths, !is_address && (rp_id == host || is_parent), message);
        }
        let passkeys = Self {
            rp_id,
            rp_name: reader.get("passkeys.rp_name", brand.name.clone()),
            ceremony: reader.within(
                "passkeys.ceremony",
                Duration::from_mins(5),
                [Duration::from_mins(1), Duration::from_mins(10)],
                "people fetch their phone or security key, and WebAuthn §15.1 recommends 5 to 10 minutes",
            ),
            related_origins: related_origins(reader, issuer),
            suspected_clone: reader.get("passkeys.suspected_clone", SuspectedClone::Refuse),
            attestation: reader.get("passkeys.attestation", AaguidRule::Off),
            aaguids: reader.get("passkeys.aaguids", Vec::new()),
            attestation_authorities: attestation_authorities(reader),
            device_bound_only: reader.get("passkeys.device_bound_only", false),
        };
        reader.must(
            &["passkeys.aaguids", "passkeys.attestation"],
            (passkeys.attestation == AaguidRule::Off) == passkeys.aaguids.is_empty(),
            "passkeys.attestation \"allow\" or \"deny\" speaks of the models in passkeys.aaguids: set both, or neither",
        );
        reader.must(
            &["passkeys.attestation_ca_files", "passkeys.attestation"],
            passkeys.attestation != AaguidRule::Off || passkeys.attestation_authorities.is_empty(),
            "nobody is asked to prove their make while passkeys.attestation is \"off\"",
        );
        passkeys
    }

    /// Whether authenticators are asked to say what they are.
    pub fn asks_attestation(&self) -> bool {
        self.attestation != AaguidRule::Off
    }
}

/// WebAuthn §5.11: https alone, as browsers spell origins, and no more than browsers look at.
fn related_origins(reader: &mut Reader, issuer: Option<&Issuer>) -> Vec<String> {
    let origins: Vec<String> = reader.get("passkeys.related_origins", Vec::new());
    let urls: Vec<Option<Url>> = origins.iter().map(|text| Url::parse(text).ok().filter(|url| url.origin().ascii_serialization() == *text)).collect();
    let are_https = urls.iter().all(|url| url.as_ref().is_some_and(|url| url.scheme() == "https"));
    reader.must(&["passkeys.related_origins"], are_https, "each must be an https origin as browsers spell it, such as \"https://shop.example\"");
    let Some(issuer) = issuer else { return origins };
    reader.must(&["passkeys.related_origins", "issuer"], origins.is_empty() || issuer.is_https(), "related origins need an issuer with https");
    let own = Url::parse(&issuer.origin()).ok();
    let labels: std::collections::BTreeSet<String> = urls.into_iter().flatten().chain(own).filter_map(|url| label(&url)).collect();
    reader.must(
        &["passkeys.related_origins"],
        labels.len() <= MOST_LABELS,
        "browsers look at no more than five different names, the issuer's among them (\"shop\" is the name of https://www.shop.example)",
    );
    origins
}

/// The label that browsers count: the one before the public suffix. Which suffixes are public is a long list that changes; a short label
/// before a country's is taken for one (`co.uk`, `com.br`), and else the last label alone.
fn label(url: &Url) -> Option<String> {
    let Some(Host::Domain(domain)) = url.host() else { return None };
    let mut labels = domain.rsplit('.');
    let (top, second) = (labels.next()?, labels.next()?);
    let is_suffix = top.len() == 2 && second.len() <= 3;
    Some(labels.next().filter(|_| is_suffix).unwrap_or(second).to_owned())
}

/// The certificates, read with the settings, so that a file that is missing is said with everything else.
fn attestation_authorities(reader: &mut Reader) -> Vec<String> {
    let paths: Vec<PathBuf> = reader.get("passkeys.attestation_ca_files", Vec::new());
    let texts: Vec<Option<String>> =
        paths.iter().map(|path| fs::read_to_string(path).ok().filter(|text| text.contains("BEGIN CERTIFICATE"))).collect();
    let are_certificates = texts.iter().all(Option::is_some);
    reader.must(&["passkeys.attestation_ca_files"], are_certificates, "each must be a file with certificates in PEM that can be read");
    texts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WebAuthn §5.11.1: what browsers count.
    #[test]
    fn one_name_under_many_suffixes_is_one_label() {
        let of = |text: &str| label(&Url::parse(text).unwrap()).unwrap();
        for origin in ["https://shop.example", "https://www.shop.example", "https://shop.co.uk", "https://a.b.shop.com.br", "https://shop.de"] {
            assert_eq!(of(origin), "shop", "{origin}");
        }
        assert_eq!(label(&Url::parse("https://localhost").unwrap()), None);
    }
}

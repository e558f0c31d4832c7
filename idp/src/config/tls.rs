//! TLS by ourselves, for a house without a proxy: certificate, key, and where to listen with them. What is in the files is for the server.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::base::issuer::Issuer;
use crate::config::reader::Reader;

/// The listener that speaks TLS, beside the plain one.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The address to listen at.
    pub bind: SocketAddr,
    /// The file with the certificate, and those between it and its authority, in PEM.
    pub certificate_file: PathBuf,
    /// The file with its private key, in PEM.
    pub key_file: PathBuf,
}

impl Tls {
    pub(super) fn read(reader: &mut Reader, issuer: Option<&Issuer>) -> Option<Self> {
        let certificate_file: Option<PathBuf> = reader.optional("tls.certificate_file");
        let key_file: Option<PathBuf> = reader.optional("tls.key_file");
        let bind = reader.get("tls.bind", SocketAddr::from(([0, 0, 0, 0], 8443)));
        reader.must(
            &["tls.certificate_file", "tls.key_file"],
            certificate_file.is_some() == key_file.is_some(),
            "a certificate and its key go together: set tls.certificate_file and tls.key_file, or neither",
        );
        let (certificate_file, key_file) = certificate_file.zip(key_file)?;
        reader.must(
            &["tls.certificate_file", "issuer"],
            issuer.is_none_or(Issuer::is_https),
            "TLS needs an issuer that begins with https://, or nobody would be led here by it",
        );
        Some(Self { bind, certificate_file, key_file })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    const CERTIFICATE: (&str, &str) = ("tls.certificate_file", "/etc/weftid/tls.pem");
    const KEY: (&str, &str) = ("tls.key_file", "/etc/weftid/tls.key");
    const ISSUER: (&str, &str) = ("issuer", "https://id.example.com");

    #[test]
    fn certificate_and_key_go_together_under_an_https_issuer() {
        assert!(Config::from_pairs(&[]).unwrap().tls.is_none());
        let tls = Config::from_pairs(&[ISSUER, CERTIFICATE, KEY, ("tls.bind", "[::]:443")]).unwrap().tls.unwrap();
        assert_eq!((tls.bind.port(), tls.key_file.to_str()), (443, Some("/etc/weftid/tls.key")));
        for (pairs, words) in [(vec![ISSUER, CERTIFICATE], "go together"), (vec![ISSUER, KEY], "go together"), (vec![CERTIFICATE, KEY], "https://")] {
            let wrong = Config::from_pairs(&pairs).unwrap_err().to_string();
            assert!(wrong.contains(words), "{wrong}");
        }
    }
}

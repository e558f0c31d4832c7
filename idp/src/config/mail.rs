//! How mail leaves the house: by an SMTP server, or into a folder of the data directory. Each setting is declared once, where it is read.

use std::net::IpAddr;
use std::time::Duration;

use crate::base::email::Email;
use crate::base::issuer::Issuer;
use crate::base::secret::SecretString;
use crate::config::certificates;
use crate::config::layers::Raw;
use crate::config::policy::Brand;
use crate::config::reader::Reader;
use crate::config::value::{Value, name_of, text, word};

/// How mail leaves the house.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The server that takes it; without one, mails are kept in the data directory.
    pub server: Option<MailServer>,
    /// The address that mails come from.
    pub from: Email,
    /// The name beside it.
    pub from_name: String,
}

/// A server that takes mail.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name, which its certificate must have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: MailSecurity,
    /// User name and password.
    pub credentials: Option<(String, SecretString)>,
    /// Certificates in PEM that alone are trusted to vouch for it; without any, those that browsers trust.
    pub authorities: Option<String>,
    /// How long it may take to answer.
    pub timeout: Duration,
}

/// How the connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314 §3.3).
    Tls,
    /// TLS before anything is said (RFC 3207); a server that doesn't offer it gets nothing.
    StartTls,
    /// Not at all.
    None,
}

impl MailSecurity {
    const NAMES: [(&'static str, Self); 3] = [("tls", Self::Tls), ("starttls", Self::StartTls), ("none", Self::None)];

    /// The port where servers listen for it (RFC 8314 §7.3, RFC 6409 §3.1, RFC 5321 §4.5.4.2).
    const fn usual_port(self) -> u32 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

impl Value for MailSecurity {
    fn read(raw: &Raw) -> Result<Self, String> {
        word(raw, &Self::NAMES)
    }

    fn show(&self) -> String {
        name_of(self, &Self::NAMES)
    }
}

impl Value for Email {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "one email address, such as \"id@example.com\"";
        Self::parse(text(raw, what)?).ok_or_else(|| format!("must be {what}"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The password for the mail server.
struct Password(SecretString);

impl Value for Password {
    fn read(raw: &Raw) -> Result<Self, String> {
        String::read(raw).map(|text| Self(SecretString::from(text)))
    }

    fn show(&self) -> String {
        "(secret)".to_owned()
    }
}

impl Mail {
    pub(super) fn read(reader: &mut Reader, issuer: Option<&Issuer>, brand: &Brand) -> Self {
        let host: Option<String> = reader.optional("mail.host");
        let security = reader.get("mail.security", MailSecurity::Tls);
        let reason = "ports are numbers of 16 bits";
        let port: u32 = reader.within("mail.port", security.usual_port(), [1, u32::from(u16::MAX)], reason);
        let username: Option<String> = reader.optional("mail.username");
        let password: Option<Password> = reader.secret("mail.password", "mail.password_file", None);
        let authorities = certificates::optional(reader, "mail.ca_file");
        let timeout = reader.within(
            "mail.timeout",
            Duration::from_secs(30),
            [Duration::from_secs(1), Duration::from_mins(1)],
            "some servers look a sender up before they answer, and a mail is tried again anyway",
        );
        reader.must(
            &["mail.security", "mail.host"],
            security != MailSecurity::None || host.as_deref().is_none_or(is_loopback),
            "\"none\" is only for a server on this machine: mails hold links that are secrets",
        );
        reader.must(
            &["mail.username", "mail.password", "mail.password_file"],
            username.is_some() == password.is_some(),
            "a user name and a password go together: set both, or neither",
        );
        let of_issuer = format!("weftid@{}", issuer.map_or("localhost", Issuer::host));
        let from = Email::parse(&of_issuer).unwrap_or_else(|| Email::from_stored(of_issuer));
        let server = host.map(|host| MailServer {
            host,
            port: u16::try_from(port).unwrap_or(u16::MAX),
            security,
            credentials: username.zip(password.map(|Password(password)| password)),
            authorities,
            timeout,
        });
        Self { server, from: reader.get("mail.from", from), from_name: reader.get("mail.from_name", brand.name.clone()) }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::base::secret::ExposeSecret as _;
    use crate::config::{Config, MailSecurity};

    #[test]
    fn without_a_host_nothing_leaves_the_house() {
        let mail = Config::from_pairs(&[("issuer", "https://id.example.com"), ("brand.name", "Northwind")]).unwrap().mail;
        assert!(mail.server.is_none());
        assert_eq!((mail.from.as_str(), mail.from_name.as_str()), ("weftid@id.example.com", "Northwind"));
    }

    #[test]
    fn each_security_has_its_port_and_none_stays_on_this_machine() {
        let read = |host: &str, security: &str| Config::from_pairs(&[("mail.host", host), ("mail.security", security)]);
        for (host, security, port, expected) in [
            ("smtp.example.com", "tls", 465, MailSecurity::Tls),
            ("smtp.example.com", "starttls", 587, MailSecurity::StartTls),
            ("localhost", "none", 25, MailSecurity::None),
            ("127.0.0.1", "none", 25, MailSecurity::None),
            ("::1", "none", 25, MailSecurity::None),
        ] {
            let server = read(host, security).unwrap().mail.server.unwrap();
            assert_eq!((server.port, server.security), (port, expected), "{host} {security}");
        }
        for host in ["smtp.example.com", "192.0.2.1", "localhost.example.com"] {
            assert!(read(host, "none").unwrap_err().to_string().contains("only for a server on this machine"), "{host}");
        }
    }

    #[test]
    fn a_password_is_quiet_and_never_alone() {
        let config = Config::from_pairs(&[("mail.host", "smtp.example.com"), ("mail.username", "id"), ("mail.password", "hunter2!")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        let (name, password) = config.mail.server.unwrap().credentials.unwrap();
        assert_eq!((name.as_str(), password.expose_secret()), ("id", "hunter2!"));
        for alone in [("mail.username", "id"), ("mail.password", "hunter2!")] {
            let wrong = Config::from_pairs(&[("mail.host", "smtp.example.com"), alone]).unwrap_err().to_string();
            assert!(wrong.contains("go together") && !wrong.contains("hunter2"), "{wrong}");
        }
        let wrong = Config::from_pairs(&[("mail.ca_file", "/nowhere/ca.pem")]).unwrap_err().to_string();
        assert!(wrong.contains("certificates in PEM"), "{wrong}");
    }
}

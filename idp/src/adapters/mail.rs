//! lettre: hands a mail that is written to an SMTP server, or keeps it as a file where none is configured. Knows neither what a mail says nor who
//! waits for it.
//!
//! One recipient, and no header that anybody but us has a hand in (C-REC-06): the subject is a sentence of ours, the recipient is an address
//! that was parsed and has no name beside it.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::secret::ExposeSecret as _;
use crate::config::{Mail, MailSecurity, MailServer};

/// How many connections to the server are open at the same time.
const CONNECTIONS: u32 = 4;
/// How long one that nobody uses stays open.
const IDLE: Duration = Duration::from_secs(30);
/// No mail takes longer than this, however often the server keeps us waiting.
pub const LONGEST: Duration = Duration::from_mins(2);
/// Answers by which a server says that it doesn't like *us* (RFC 4954 §4.7.3 and §6, RFC 3207 §4): a matter of settings, and no mail's fault.
const ABOUT_US: [&str; 5] = ["530", "534", "535", "538", "454"];

/// A mail that is written.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its name in the house: the left half of its Message-ID, so that a mail that is sent twice is known as one.
    pub id: &'a str,
    /// The one recipient.
    pub to: &'a Email,
    /// When it was written.
    pub at: Time,
    /// The subject.
    pub subject: &'a str,
    /// What it says, as plain text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The server took it.
    Taken,
    /// It was kept in this file.
    Kept(PathBuf),
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// It may go better another time.
    #[error("{0}")]
    ForNow(String),
    /// It never will.
    #[error("{0}")]
    Ever(String),
}

/// The settings can't be used.
#[derive(Debug, thiserror::Error)]
#[error("mail can't be sent: {0}")]
pub struct NoMailer(String);

/// What sends mail. Built once: it keeps connections open.
#[derive(Debug)]
pub struct Mailer {
    way: Way,
    from: Mailbox,
    /// The right half of every Message-ID.
    host: String,
}

#[derive(Debug)]
enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(PathBuf),
}

impl Mailer {
    /// What these settings describe. Connects to nobody yet. `host` is the issuer's.
    pub fn new(settings: &Mail, data_dir: &Path, host: &str) -> Result<Self, NoMailer> {
        let from = address(&settings.from).map_err(|error| NoMailer(format!("mail.from: {error}")))?;
        let way = match &settings.server {
            Some(server) => Way::Smtp(Box::new(transport(server, host).map_err(|error| NoMailer(whole(&error)))?)),
            None => Way::Folder(data_dir.join("mail")),
        };
        Ok(Self { way, from: Mailbox::new(Some(settings.from_name.clone()), from), host: host.to_owned() })
    }

    /// Where mails go, as a person reads it.
    pub fn describe(&self, settings: &Mail) -> String {
        match (&self.way, &settings.server) {
            (Way::Folder(folder), _) => folder.display().to_string(),
            (Way::Smtp(_), Some(server)) => format!("{}:{}", server.host, server.port),
            (Way::Smtp(_), None) => String::new(),
        }
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// What the server said. It may quote the address: not for the audit log.
    pub async fn send(&self, mail: &Written<'_>) -> Result<Sent, NotSent> {
        let message = self.message(mail).map_err(|error| NotSent::Ever(error.to_string()))?;
        match &self.way {
            Way::Smtp(transport) => match tokio::time::timeout(LONGEST, transport.send(message)).await {
                Ok(Ok(_)) => Ok(Sent::Taken),
                Ok(Err(error)) => Err(judge(&error)),
                Err(_) => Err(NotSent::ForNow("the server took too long".to_owned())),
            },
            Way::Folder(folder) => {
                let (path, bytes) = (folder.join(format!("{}.eml", mail.id)), message.formatted());
                let written = path.clone();
                let done = tokio::task::spawn_blocking(move || keep(&written, &bytes)).await;
                match done {
                    Ok(Ok(())) => Ok(Sent::Kept(path)),
                    Ok(Err(error)) => Err(NotSent::ForNow(format!("{} can't be written: {error}", path.display()))),
                    Err(error) => Err(NotSent::ForNow(error.to_string())),
                }
            }
        }
    }

    fn message(&self, mail: &Written<'_>) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(mail.at.millis()).unwrap_or(0));
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address(mail.to)?))
            .subject(mail.subject)
            .date(at)
            .message_id(Some(format!("<{}@{}>", mail.id, self.host)))
            // RFC 3834 §5: no machine answers this.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(mail.text.to_owned(), mail.html.to_owned()))?;
        Ok(message)
    }
}

fn address(email: &Email) -> Result<Address, lettre::address::AddressError> {
    email.as_str().parse()
}

fn transport(server: &MailServer, host: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
    let tls = || -> Result<TlsParameters, lettre::transport::smtp::Error> {
        let mut parameters = TlsParameters::builder(server.host.clone());
        if let Some(authorities) = &server.authorities {
            parameters = parameters.certificate_store(CertificateStore::None);
            for certificate in certificates(authorities) {
                parameters = parameters.add_root_certificate(Certificate::from_pem(certificate.as_bytes())?);
            }
        }
        parameters.build()
    };
    let security = match server.security {
        MailSecurity::Tls => Tls::Wrapper(tls()?),
        // Required, not opportunistic: nobody on the way can talk us out of it (RFC 3207 §6).
        MailSecurity::StartTls => Tls::Required(tls()?),
        MailSecurity::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .tls(security)
        .timeout(Some(server.timeout))
        .hello_name(ClientId::Domain(host.to_owned()))
        .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
    if let Some((name, password)) = &server.credentials {
        builder = builder.credentials(Credentials::new(name.clone(), password.expose_secret().to_owned()));
    }
    Ok(builder.build())
}

/// The certificates of a PEM file, one text each.
fn certificates(pem: &str) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----";
    pem.split_inclusive(END).filter(|part| part.contains("-----BEGIN CERTIFICATE-----")).map(str::to_owned).collect()
}

/// Whether it may go better another time.
fn judge(error: &lettre::transport::smtp::Error) -> NotSent {
    let said = whole(error);
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    let is_final = error.is_permanent() && !ABOUT_US.contains(&code.as_str());
    if is_final { NotSent::Ever(said) } else { NotSent::ForNow(said) }
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// Writes a file that only we can read (it holds links that are secrets), whole or not at all. One mail is one file, however often it is kept.
fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let unfinished = path.with_extension("unfinished");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Config;

    fn written<'a>(to: &'a Email, subject: &'a str) -> Written<'a> {
        Written { id: "0198f5c2", to, at: Time::from_seconds(1_800_000_000), subject, text: "Grüße\n", html: "<p>Grüße</p>\n" }
    }

    /// C-REC-06: whatever is in a subject or an address, it makes neither a header nor a second recipient.
    #[tokio::test]
    async fn no_text_makes_a_header() {
        let config = Config::from_pairs(&[("mail.from_name", "North, \"wind\" <evil@x.example>")]).unwrap();
        let mailer = Mailer::new(&config.mail, Path::new("/nowhere"), "id.example").unwrap();
        let to = Email::parse("alice@northwind.example").unwrap();
        let message = mailer.message(&written(&to, "Hi\r\nBcc: eve@example.com\r\n\r\nBody")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let headers = text.split_once("\r\n\r\n").unwrap().0;
        let names: Vec<&str> = headers.lines().filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(names, ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"], "{headers}");
        assert_eq!(message.envelope().to().iter().map(ToString::to_string).collect::<Vec<_>>(), ["alice@northwind.example"]);
        assert_eq!(message.envelope().from().map(ToString::to_string).as_deref(), Some("weftid@localhost"));
        for forged in ["a@x.example\r\nRCPT TO:<eve@example.com>", "a@x.example,eve@example.com", "a@x.example> <eve@example.com"] {
            let forged = Email::from_stored(forged.to_owned());
            assert!(mailer.message(&written(&forged, "Hi")).is_err(), "{forged}");
        }
    }

    #[tokio::test]
    async fn without_a_server_a_mail_is_a_file_that_only_we_can_read() {
        let folder = tempfile::TempDir::new().unwrap();
        let mailer = Mailer::new(&Config::from_pairs(&[]).unwrap().mail, folder.path(), "id.example").unwrap();
        let to = Email::parse("alice@northwind.example").unwrap();
        let Sent::Kept(path) = mailer.send(&written(&to, "Hello")).await.unwrap() else { panic!("nobody took it") };
        assert_eq!(path, folder.path().join("mail/0198f5c2.eml"));
        assert_eq!(mailer.send(&written(&to, "Hello")).await.unwrap(), Sent::Kept(path.clone()));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("Message-ID: <0198f5c2@id.example>\r\n") && text.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"), "{text}");
    }

    #[test]
    fn a_bundle_is_taken_apart() {
        let one = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";
        assert_eq!(certificates(&format!("# ours\n{one}\n\n{one}\n")).len(), 2);
        assert!(certificates("nothing").is_empty());
    }
}

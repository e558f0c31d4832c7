//! Mailboxes: what the provider sends, as whoever reads their mail sees it. Mails are read by a library that is not the one that wrote them, and a
//! real server takes them: aiosmtpd, on this machine, with TLS by a certificate authority of its own where a test asks for it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use mail_parser::{HeaderValue, MessageParser, MimeHeaders as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::provider::Provider;
use crate::watched::Watched;

/// A mail as its reader sees it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The one address it is for, as the headers say.
    pub to: String,
    /// Name and address of the sender.
    pub from: (String, String),
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// Its Message-ID.
    pub id: String,
    /// The bytes that arrived.
    pub raw: Vec<u8>,
}

impl Mail {
    /// Reads a mail: text and HTML beside each other, and nothing else.
    pub fn read(raw: &[u8]) -> Self {
        let message = MessageParser::default().parse(raw).unwrap_or_else(|| panic!("no mail: {}", String::from_utf8_lossy(raw)));
        assert_eq!((message.text_body_count(), message.html_body_count(), message.attachment_count()), (1, 1, 0));
        assert!(message.content_type().is_some_and(|kind| kind.ctype() == "multipart" && kind.subtype() == Some("alternative")));
        let recipients: Vec<&str> = message.to().into_iter().flat_map(|to| to.iter()).map(|to| to.address().unwrap_or_default()).collect();
        assert!(recipients.len() == 1 && message.cc().is_none() && message.bcc().is_none(), "C-REC-06: one recipient, and no other: {recipients:?}");
        let address = message.from().and_then(|from| from.first()).expect("a mail says from whom it is");
        Self {
            to: recipients[0].to_owned(),
            from: (address.name().unwrap_or_default().to_owned(), address.address().unwrap_or_default().to_owned()),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).expect("plain text").replace("\r\n", "\n"),
            html: message.body_html(0).expect("HTML").replace("\r\n", "\n"),
            id: message.message_id().unwrap_or_default().to_owned(),
            raw: raw.to_vec(),
        }
    }

    /// A header of this name, as text.
    pub fn header(&self, name: &str) -> Option<String> {
        let message = MessageParser::default().parse(&self.raw)?;
        match message.header(name)? {
            HeaderValue::Text(text) => Some(text.to_string()),
            other => Some(format!("{other:?}")),
        }
    }

    /// The links of the HTML. The plain text has the same.
    pub fn all_links(&self) -> Vec<Url> {
        let links: Vec<Url> =
            self.html.split("href=\"").skip(1).map(|rest| Url::parse(rest.split('"').next().unwrap_or_default()).expect("a link is a URL")).collect();
        for link in &links {
            assert!(self.text.contains(link.as_str()), "{link} stands in the HTML alone:\n{}", self.text);
        }
        links
    }

    /// Those whose path begins with `path`.
    pub fn links(&self, path: &str) -> Vec<String> {
        self.all_links().iter().filter(|link| link.path().starts_with(path)).map(Url::to_string).collect()
    }

    /// The one link of this mail that leads to this place.
    #[track_caller]
    pub fn link(&self, place: &str) -> Url {
        let found: Vec<Url> = self.all_links().into_iter().filter(|link| link.path().starts_with(place)).collect();
        assert_eq!(found.len(), 1, "{place} in {}", self.text);
        found[0].clone()
    }
}

/// The mails that were kept in this data directory, oldest first.
pub fn kept_in(data_dir: &Path) -> Vec<Mail> {
    let Ok(folder) = std::fs::read_dir(data_dir.join("mail")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("the folder can be read").path()).collect();
    // Their names begin with the time.
    paths.sort();
    paths.into_iter().map(|path| Mail::read(&std::fs::read(path).expect("a mail can be read"))).collect()
}

/// Every mail so far, those that waited included.
pub async fn letters(provider: &Provider) -> Vec<Mail> {
    provider.mails().await
}

/// The links of ours whose path begins with `path` in all mails to one address so far.
pub async fn links_to(provider: &Provider, to: &str, path: &str) -> Vec<String> {
    letters(provider).await.iter().filter(|letter| letter.to == to).flat_map(|letter| letter.links(path)).collect()
}

/// How a server wants to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// In the clear.
    None,
    /// TLS after `STARTTLS`.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

impl Security {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
        }
    }
}

/// A mail that a server took.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The mail.
    pub mail: Mail,
    /// To whom it went, whatever its headers say.
    pub recipients: Vec<String>,
    /// What was said beside it: `tls`, `user`, `hello`, `from`, `most_under_way`.
    pub about: Value,
}

/// A mail server that runs.
#[derive(Debug)]
pub struct MailServer {
    folder: TempDir,
    security: Security,
    credentials: Option<(&'static str, &'static str)>,
    port: u16,
    watched: Option<Watched>,
}

impl MailServer {
    /// Starts one.
    pub fn start(security: Security) -> Self {
        Self::start_with(security, None)
    }

    /// The same for whoever knows this name and password.
    pub fn start_with(security: Security, credentials: Option<(&'static str, &'static str)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if security != Security::None {
            certificates(folder.path());
        }
        let mut server = Self { folder, security, credentials, port: 0, watched: None };
        server.comes_back();
        server
    }

    /// Goes away: nobody listens any more.
    pub fn goes_away(&mut self) {
        self.watched = None;
    }

    /// Listens again, at the same port.
    pub fn comes_back(&mut self) {
        let (user, password) = self.credentials.unzip();
        let file = |name: &str| self.path(name).display().to_string();
        let options = json!({
            "folder": self.folder.path(), "tls": self.security.name(), "certificate": file("server.pem"), "key": file("server.key"),
            "user": user, "password": password, "port": self.port,
        });
        // Debian's own Python, for that is the one that Debian's package of aiosmtpd is for.
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-c", include_str!("mailbox.py"), &options.to_string()]);
        let (watched, stdout) = Watched::start(command);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the server says its port");
        self.port = line.trim().parse().expect("aiosmtpd is installed (python3-aiosmtpd)");
        self.watched = Some(watched);
    }

    /// The settings by which the provider reaches it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("mail.host", "localhost".to_owned()),
            ("mail.port", self.port.to_string()),
            ("mail.security", self.security.name().to_owned()),
            ("mail.from", "id@northwind.example".to_owned()),
        ];
        if self.security != Security::None {
            settings.push(("mail.ca_file", self.path("ca.pem").display().to_string()));
        }
        if let Some((user, password)) = self.credentials {
            settings.extend([("mail.username", user.to_owned()), ("mail.password", password.to_owned())]);
        }
        settings
    }

    /// Answers every recipient with this line from now on, or takes them again.
    pub fn refuses(&self, line: Option<&str>) {
        self.tell("refuse", line);
    }

    /// Thinks for so long before it takes a mail.
    pub fn is_slow(&self, by: Duration) {
        self.tell("slow", Some(&by.as_secs_f64().to_string()));
    }

    /// How often it refused.
    pub fn refusals(&self) -> usize {
        std::fs::read_to_string(self.path("refusals")).map_or(0, |text| text.lines().count())
    }

    /// What it has taken so far, in order.
    pub fn taken(&self) -> Vec<Taken> {
        let paths = (1..).map(|number| self.path(&format!("{number:06}.json"))).take_while(|path| path.is_file());
        paths.map(|path| read(&path)).collect()
    }

    /// Waits until it has taken so many mails, and gives them.
    pub async fn takes(&self, number: usize) -> Vec<Taken> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let taken = self.taken();
            if taken.len() >= number {
                return taken;
            }
            assert!(Instant::now() < deadline, "{} of {number} mails came", taken.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tell(&self, name: &str, text: Option<&str>) {
        let _ = std::fs::remove_file(self.path(name));
        if let Some(text) = text {
            std::fs::write(self.path(name), text).expect("the folder is ours");
        }
    }
}

fn read(about: &Path) -> Taken {
    let mail = Mail::read(&std::fs::read(about.with_extension("eml")).expect("the mail"));
    let about: Value = serde_json::from_slice(&std::fs::read(about).expect("what was said")).expect("JSON");
    let recipients = about["to"].as_array().expect("a list").iter().map(|to| to.as_str().unwrap_or_default().to_owned()).collect();
    Taken { mail, recipients, about }
}

/// A certificate authority of our own, and what it says of `localhost`.
fn certificates(folder: &Path) {
    certificate(folder, "localhost");
}

/// A certificate authority of our own (`ca.pem`), and what it says of this name (`server.pem`, `server.key`), in this folder.
pub(crate) fn certificate(folder: &Path, name: &str) {
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl is installed");
        assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let ours = ["req", "-x509", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem"];
    openssl(&[&ours[..], &key[..]].concat());
    let subject = format!("/CN={name}");
    let theirs = ["req", "-subj", &subject, "-keyout", "server.key", "-out", "server.csr"];
    openssl(&[&theirs[..], &key[..5]].concat());
    std::fs::write(folder.join("names"), format!("subjectAltName=DNS:{name}\n")).expect("the folder is ours");
    openssl(&["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names", "-out", "server.pem"]);
}

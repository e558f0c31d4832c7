//! The mails that a provider without a server keeps as files: whom they are for, and what they say.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weftid::actions::delivery;

use crate::provider::Provider;

/// A mail, as far as a reader cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The one address it is for.
    pub to: String,
    /// Its subject, as it is written in the header.
    pub subject: String,
    /// Its plain text.
    pub text: String,
}

impl Letter {
    /// The links of ours in it whose path begins with `path`.
    pub fn links(&self, path: &str) -> Vec<String> {
        let words = self.text.split_whitespace().filter(|word| word.starts_with("https://") || word.starts_with("http://"));
        words.filter(|word| url::Url::parse(word).is_ok_and(|url| url.path().starts_with(path))).map(str::to_owned).collect()
    }
}

/// Every mail so far, those that waited included, in no order.
pub async fn letters(provider: &Provider) -> Vec<Letter> {
    delivery::deliver(&provider.app).await.expect("mail is delivered");
    read(&provider.database.data_dir().join("mail"))
}

/// The links of ours whose path begins with `path` in all mails to one address so far, in no order.
pub async fn links_to(provider: &Provider, to: &str, path: &str) -> Vec<String> {
    letters(provider).await.iter().filter(|letter| letter.to == to).flat_map(|letter| letter.links(path)).collect()
}

/// Every mail in a folder.
pub fn read(folder: &Path) -> Vec<Letter> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = files.flatten().map(|file| file.path()).filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
    paths.map(|path| parse(&std::fs::read_to_string(path).expect("a mail is text"))).collect()
}

fn parse(mail: &str) -> Letter {
    let (headers, body) = split(mail);
    let kind = header(&headers, "content-type").expect("a mail says what it is");
    let boundary = kind.split("boundary=").nth(1).expect("a mail has parts").split(';').next().expect("a boundary").trim_matches('"').to_owned();
    let mark = format!("--{boundary}");
    let mut parts = body.split(&mark).map(|part| split(part.trim_start()));
    let (headers_of_text, text) =
        parts.find(|(headers, _)| header(headers, "content-type").is_some_and(|kind| kind.starts_with("text/plain"))).expect("a mail has plain text");
    let text = match header(&headers_of_text, "content-transfer-encoding").unwrap_or_default().as_str() {
        "quoted-printable" => quoted_printable(&text),
        "base64" => from_base64(&text),
        _ => text,
    };
    let of = |name: &str| header(&headers, name).unwrap_or_else(|| panic!("a mail without {name}"));
    Letter { to: of("to"), subject: of("subject"), text }
}

/// Headers, unfolded, and what comes after them.
fn split(part: &str) -> (String, String) {
    let part = part.replace("\r\n", "\n");
    let (headers, body) = part.split_once("\n\n").unwrap_or((part.as_str(), ""));
    (headers.replace("\n ", " ").replace("\n\t", " "), body.to_owned())
}

fn header(headers: &str, name: &str) -> Option<String> {
    headers.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// RFC 2045 §6.7
fn quoted_printable(text: &str) -> String {
    let unbroken = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = unbroken.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        match (*first, hex) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (byte, _) => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("mails are UTF-8")
}

/// RFC 2045 §6.8
fn from_base64(text: &str) -> String {
    let letters: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(letters).expect("base64")).expect("mails are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_its_reader_reads_it() {
        let mail = "To: ada@id.example\r\nSubject: Get\r\n back in\r\nContent-Type: multipart/alternative;\r\n boundary=\"x1\"\r\n\r\n\
            --x1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            Gr=C3=BC=C3=9Fe, open https://id.example/recover/wl_=\r\nabc now.\r\n--x1\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--x1--\r\n";
        let letter = parse(mail);
        assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("ada@id.example", "Get back in"));
        assert_eq!(letter.links("/recover/"), ["https://id.example/recover/wl_abc"]);
        assert!(letter.text.starts_with("Grüße"), "{}", letter.text);
        assert_eq!(from_base64("R3LDvMOfZQ=="), "Grüße");
    }
}

//! Pictures of recovery, of another address, of "this wasn't me" and of the mails themselves, taken like the others (see `pictures`).

use std::path::Path;
use std::time::Duration;

use weftid_tests::browser::Page;
use weftid_tests::database::Kind;
use weftid_tests::mailbox::{Mail, links_to};
use weftid_tests::provider::Provider;

use crate::pictures::{LOOKS, folder, takes};
use crate::stage::Visitor;
use crate::ways::SECRET;

const ADA: &str = "ada@example.com";

/// A link of this kind in a mail to this address.
async fn mailed(provider: &Provider, to: &str, path: &str) -> String {
    mailed_besides(provider, to, path, "").await
}

/// One besides this.
async fn mailed_besides(provider: &Provider, to: &str, path: &str, known: &str) -> String {
    for _ in 0..200 {
        if let Some(link) = links_to(provider, to, path).await.into_iter().find(|link| link != known) {
            return link;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no mail with {path} came to {to}");
}

#[tokio::test]
async fn pictures_of_recovery() {
    let (_scratch, folder) = folder();
    let (provider, visitor) = (Provider::for_browsers_in_no_hurry(Kind::Sqlite).await, Visitor::comes().await);
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    let code = window.evaluates("document.querySelector('[data-codes] code').textContent").await;
    visitor.saves_the_codes().await;
    window.presses("sign-out").await;
    window.shows("signed-out").await;
    visitor.device.is_present(false).await;
    visitor.device.forgets().await;

    window.opens(provider.url("/recover")).await;
    takes(window, &folder, "recover", "recover").await;
    window.types("#email", ADA).await;
    window.presses("continue").await;
    window.waits_until("the mail is announced", "document.body.innerText.includes('Look into your mailbox')").await;
    takes(window, &folder, "recover", "recover-sent").await;
    let link = mailed(&provider, ADA, "/recover/").await;
    window.opens(&link).await;
    takes(window, &folder, "recover", "recover-code").await;
    window.types("#code", "00000-0000-0000-0000-0000-00000").await;
    window.presses("continue").await;
    window.waits_for("#code[aria-invalid=true]").await;
    takes(window, &folder, "recover", "recover-wrong-code").await;
    window.speaks("de").await;
    window.types("#code", code.as_str().unwrap()).await;
    window.presses("continue").await;
    window.waits_for("[data-action=create-passkey]:enabled").await;
    takes(window, &folder, "recover", "recover-passkey-german").await;
    window.speaks("en").await;
    window.presses("create-passkey").await;
    window.waits_for(".waiting").await;
    takes(window, &folder, "recover", "recover-waiting-german").await;
    window.presses("stop").await;
    window.waits_for("[data-action=create-passkey]:enabled").await;
    visitor.device.is_present(true).await;
    window.presses("create-passkey").await;
    takes(window, &folder, "sign-in-methods", "recovered").await;

    provider.database.execute("UPDATE backup_codes SET used_at = 1").await;
    visitor.device.is_present(false).await;
    let elsewhere = Visitor::comes().await;
    elsewhere.window.opens(&link).await;
    takes(&elsewhere.window, &folder, "error", "recover-link-used").await;
    elsewhere.window.opens(provider.url("/recover")).await;
    elsewhere.window.shows("recover").await;
    elsewhere.window.types("#email", ADA).await;
    elsewhere.window.presses("continue").await;
    elsewhere.window.waits_until("the mail is announced", "document.body.innerText.includes('Look into your mailbox')").await;
    let another = mailed_besides(&provider, ADA, "/recover/", &link).await;
    elsewhere.window.opens(&another).await;
    takes(&elsewhere.window, &folder, "recover", "recover-without-codes").await;
}

#[tokio::test]
async fn pictures_of_another_address() {
    let (_scratch, folder) = folder();
    let (provider, visitor) = (Provider::for_browsers_in_no_hurry(Kind::Sqlite).await, Visitor::comes().await);
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    window.opens(provider.url("/account/profile")).await;
    takes(window, &folder, "profile", "profile").await;
    window.opens(provider.url("/account/email")).await;
    takes(window, &folder, "change-email", "change-email").await;
    window.types("#email", ADA).await;
    window.presses("continue").await;
    window.waits_for("#error").await;
    takes(window, &folder, "change-email", "change-email-same").await;
    window.types("#email", "ada@northwind.example").await;
    window.presses("continue").await;
    window.waits_for("[data-action=cancel]").await;
    takes(window, &folder, "change-email", "change-email-waiting").await;
    window.speaks("de").await;
    window.opens(provider.url("/account/email")).await;
    takes(window, &folder, "change-email", "change-email-german").await;
    window.speaks("en").await;
    window.opens(mailed(&provider, "ada@northwind.example", "/account/email/").await).await;
    takes(window, &folder, "confirm-email", "confirm-email").await;
    window.presses("confirm-email").await;
    takes(window, &folder, "change-email", "change-email-done").await;
    window.opens(mailed(&provider, ADA, "/not-me/").await).await;
    takes(window, &folder, "not-me", "not-me").await;
    window.presses("report").await;
    takes(window, &folder, "not-me-done", "not-me-done").await;
}

#[tokio::test]
async fn pictures_of_a_password_that_needs_its_app() {
    let (_scratch, folder) = folder();
    let (provider, visitor) = (Provider::for_browsers_in_no_hurry(Kind::Sqlite).await, Visitor::comes().await);
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    provider.gives_password(ADA, &SECRET[..14]).await;
    provider.gives_authenticator_app(ADA).await;
    visitor.window.opens(provider.url("/account/totp/disable")).await;
    takes(&visitor.window, &folder, "disable-totp", "disable-totp-too-short").await;
}

/// A mail as a mail program shows its HTML: a window of its own on a file.
async fn takes_mail(window: &Page, folder: &Path, mail: &Mail, name: &str) {
    let file = tempfile::Builder::new().suffix(".html").tempfile().unwrap();
    std::fs::write(file.path(), &mail.html).unwrap();
    window.opens(format!("file://{}", file.path().display())).await;
    window.waits_until("the mail is there", "document.querySelector('h1')").await;
    for (look, suffix) in LOOKS {
        window.is_looked_at(look).await;
        // A phone would make the page wider rather than cut it.
        let width = window.evaluates("document.documentElement.scrollWidth").await.as_u64().unwrap();
        assert!(width <= u64::from(look.width), "{name} {suffix} is {width} wide");
        window.is_pictured(&folder.join(format!("mail-{name}-{suffix}.png"))).await;
    }
}

/// Every mail that somebody gets, in both languages: the widest word fits the narrowest window.
#[tokio::test]
async fn pictures_of_mails() {
    let (_scratch, folder) = folder();
    for language in ["en", "de"] {
        let (provider, visitor) = (Provider::for_browsers_in_no_hurry(Kind::Sqlite).await, Visitor::comes().await);
        let window = &visitor.window;
        window.speaks(language).await;
        visitor.sets_up(&provider.setup_link().await).await;
        visitor.saves_the_codes().await;
        window.opens(provider.url("/account/password")).await;
        window.shows("own-password").await;
        window.types("#new_password", SECRET).await;
        window.presses("set-password").await;
        window.shows("sign-in-methods").await;
        window.presses("rename").await;
        window.shows("rename-passkey").await;
        window.types("#name", "https://evil.example/ and a rather long name for a key").await;
        window.presses("rename").await;
        window.shows("sign-in-methods").await;
        window.opens(provider.url("/account/email")).await;
        window.shows("change-email").await;
        window.types("#email", "ada.augusta.countess.of.lovelace@analytical-engines.northwind.example").await;
        window.presses("continue").await;
        window.waits_for("[data-action=cancel]").await;
        window.opens(provider.url("/recover")).await;
        window.shows("recover").await;
        window.types("#email", ADA).await;
        window.presses("continue").await;
        mailed(&provider, ADA, "/recover/").await;
        let mails = provider.mails().await;
        assert!(mails.len() >= 6, "{}", mails.len());
        for (number, mail) in mails.iter().enumerate() {
            takes_mail(window, &folder, mail, &format!("{language}-{number}")).await;
        }
    }
}

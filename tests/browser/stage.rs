//! The stage of these tests: the real binary as `weftid demo` in a folder of its own, and somebody in front of a browser with a passkey's device.

use std::collections::BTreeMap;

use tempfile::TempDir;
use url::Url;
use weftid_tests::browser::{Browser, Look, Options, Page, VirtualAuthenticator};
use weftid_tests::process::Process;
use weftid_tests::watched::free_port;

/// A `weftid demo` that runs.
pub(crate) struct Demo {
    pub(crate) process: Process,
    pub(crate) applications: Url,
    folder: TempDir,
}

impl Demo {
    pub(crate) async fn start() -> Self {
        let (folder, port, applications_port) = (tempfile::tempdir().unwrap(), free_port(), free_port());
        let (data_dir, port_text, applications_text) = (folder.path().display().to_string(), port.to_string(), applications_port.to_string());
        let arguments = ["demo", "--data-dir", &data_dir, "--port", &port_text, "--applications-port", &applications_text];
        let mut process = Process::start(&arguments, &BTreeMap::new(), port);
        process.becomes_ready().await;
        process.says("Ctrl-C ends the demo").await;
        Self { process, applications: Url::parse(&format!("http://localhost:{applications_port}/")).unwrap(), folder }
    }

    /// A URL of the provider.
    pub(crate) fn provider(&self, path: &str) -> Url {
        self.process.issuer.join(path).unwrap()
    }

    /// A URL of the applications.
    pub(crate) fn application(&self, path: &str) -> Url {
        self.applications.join(path).unwrap()
    }

    /// The set-up link, as it was printed.
    pub(crate) async fn setup_link(&self) -> String {
        self.process.says("/setup/").await.trim().to_owned()
    }

    /// The `client_id` that one of the applications was registered under.
    pub(crate) fn client_id(&self, path: &str) -> String {
        let remembered = std::fs::read(self.folder.path().join("demo-clients.json")).unwrap();
        let remembered: Vec<serde_json::Value> = serde_json::from_slice(&remembered).unwrap();
        let client = remembered.iter().find(|client| client["path"] == path).unwrap();
        client["client_id"].as_str().unwrap().to_owned()
    }

    /// Where its data lies.
    pub(crate) fn data_dir(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// What points another command of the binary at the same data.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let issuer = self.process.issuer.as_str().trim_end_matches('/').to_owned();
        let data_dir = self.folder.path().display().to_string();
        BTreeMap::from([("WEFTID__ISSUER".to_owned(), issuer), ("WEFTID__DATA_DIR".to_owned(), data_dir)])
    }

    /// Nobody but the provider and the applications was asked for anything, and the browser has nothing to complain about.
    pub(crate) fn was_quiet_in(&self, window: &Page) {
        window.had_a_quiet_time(&[&self.process.issuer, &self.applications]);
    }
}

/// Somebody in front of a browser.
pub(crate) struct Visitor {
    pub(crate) browser: Browser,
    pub(crate) window: Page,
    pub(crate) device: VirtualAuthenticator,
}

impl Visitor {
    /// In a browser without autofill: a device that is touched answers whatever waits for it, and where two questions may wait, chance decides.
    pub(crate) async fn comes() -> Self {
        let visitor = Self::comes_with_autofill().await;
        visitor.window.runs_first("PublicKeyCredential.isConditionalMediationAvailable = async () => false").await;
        visitor
    }

    pub(crate) async fn comes_with_autofill() -> Self {
        let browser = Browser::fresh().await;
        let window = browser.window().await;
        window.is_looked_at(Look::WIDE).await;
        let device = window.has_authenticator(Options::default()).await;
        Self { browser, window, device }
    }

    /// Follows a set-up link up to the backup codes.
    pub(crate) async fn sets_up(&self, link: &str) {
        self.window.opens(link).await;
        self.window.shows("setup").await;
        self.window.types("#email", "ada@example.com").await;
        self.window.types("#name", "Ada Lovelace").await;
        self.window.presses("create-passkey").await;
        self.window.shows("backup-codes").await;
    }

    /// Says that the codes are saved, and goes on.
    pub(crate) async fn saves_the_codes(&self) {
        self.window.clicks("#acknowledged").await;
        self.window.presses("acknowledge").await;
        self.window.shows("dashboard").await;
    }

    /// Uses the passkey at the button: the device is touched for it, and not before.
    pub(crate) async fn presses_passkey(&self) {
        self.device.is_present(true).await;
        self.window.presses("passkey").await;
    }

    /// A first person with everything, on their dashboard.
    pub(crate) async fn at_home(demo: &Demo) -> Self {
        let visitor = Self::comes().await;
        visitor.sets_up(&demo.setup_link().await).await;
        visitor.saves_the_codes().await;
        visitor
    }

    /// Leaves the house by its own door, and the device alone: from now on it waits to be touched.
    pub(crate) async fn signs_out(&self, demo: &Demo) {
        self.device.is_present(false).await;
        self.window.opens(demo.provider("account")).await;
        self.window.shows("dashboard").await;
        self.window.presses("sign-out").await;
        self.window.shows("signed-out").await;
    }

    /// How often the passkey has signed so far.
    pub(crate) async fn touches(&self) -> u64 {
        self.device.credentials().await[0]["signCount"].as_u64().unwrap()
    }
}

/// What an application shows of its ID token.
pub(crate) async fn claim(window: &Page, name: &str) -> String {
    let selector = format!("[data-claims=id-token] [data-claim={name}]");
    window.waits_for(&selector).await;
    let value = window.evaluates(&format!("(element => element.dataset.value ?? element.textContent)(document.querySelector('{selector}'))")).await;
    value.as_str().unwrap().to_owned()
}

/// Waits until an application of the demo shows that somebody is signed in, or that nobody is.
pub(crate) async fn application_is(window: &Page, path: &str, state: &str) {
    window.waits_for(&format!("[data-page=demo-app][data-application='{path}'][data-state={state}]")).await;
    window.settles().await;
}

//! A window of the browser: open, look, click, type, wait; and what it noticed meanwhile (errors, violations, requests).

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use url::Url;

use super::protocol::{Connection, Event};
use super::virtual_authenticator::{Options, VirtualAuthenticator};

/// A window.
#[derive(Clone)]
pub struct Page {
    connection: Connection,
    session: String,
    noticed: Arc<Mutex<Noticed>>,
}

/// What happened in a window so far.
#[derive(Clone, Debug, Default)]
struct Noticed {
    requests: Vec<String>,
    complaints: Vec<String>,
    dialogs: Vec<String>,
}

/// How the window is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Width in CSS pixels; below 500 it is a phone.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Whether the person prefers dark.
    pub dark: bool,
}

impl Look {
    /// A laptop, light.
    pub const WIDE: Self = Self { width: 1280, height: 800, dark: false };
    /// A phone, light.
    pub const NARROW: Self = Self { width: 390, height: 844, dark: false };

    /// The same in the dark.
    #[must_use]
    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

/// How long a page may take for what a person waits for.
const PATIENCE: Duration = Duration::from_secs(20);

impl Page {
    pub(super) async fn attached(connection: Connection, session: &str) -> Self {
        let noticed = Arc::new(Mutex::new(Noticed::default()));
        let events = connection.listen(session);
        let page = Self { connection, session: session.to_owned(), noticed };
        for domain in ["Page", "Runtime", "Network", "Log", "Audits"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        // Several windows are open at once, and each person looks at their own: prompts and the clipboard ask for the focus.
        page.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await;
        // The reader must not keep the window open: it holds the connection only as long as it answers a dialog.
        tokio::spawn(notice(events, page.noticed.clone()));
        page
    }

    pub(super) async fn call(&self, method: &str, params: Value) -> Value {
        self.connection.call(Some(&self.session), method, &params).await
    }

    /// Opens a URL and waits until it is loaded; ends the test when nobody answers there.
    pub async fn opens(&self, url: impl AsRef<str>) {
        let answer = self.call("Page.navigate", json!({"url": url.as_ref()})).await;
        if let Some(error) = answer["errorText"].as_str() {
            panic!("{} cannot be opened: {error}", url.as_ref());
        }
        self.settles().await;
    }

    /// Runs a script in every document of this window from now on, before its own.
    pub async fn runs_first(&self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Waits until the document is complete.
    pub async fn settles(&self) {
        self.waits_until("the page is loaded", "document.readyState === 'complete' && location.href !== 'about:blank'").await;
    }

    /// The URL in the address bar.
    pub async fn url(&self) -> Url {
        let url = self.evaluates("location.href").await;
        Url::parse(url.as_str().unwrap_or_default()).expect("the address bar shows a URL")
    }

    /// The value of an expression (a promise is awaited), as JSON.
    pub async fn evaluates(&self, expression: &str) -> Value {
        self.try_evaluates(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    async fn try_evaluates(&self, expression: &str) -> Result<Value, String> {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let mut answer = self.connection.try_call(Some(&self.session), "Runtime.evaluate", &params).await?;
        match answer.get("exceptionDetails") {
            Some(details) => Err(details.to_string()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Waits until an expression is true; navigations in between are fine.
    pub async fn waits_until(&self, what: &str, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut last = Ok(Value::Null);
        while Instant::now() < deadline {
            last = self.try_evaluates(&format!("!!({expression})")).await;
            if last == Ok(Value::Bool(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let shown = self.try_evaluates("location.href + '\\n' + document.body.innerText").await.unwrap_or_default();
        let shown = shown.as_str().unwrap_or_default();
        panic!("waited in vain until {what} ({expression} gave {last:?}) on {shown}\nnoticed: {:?}", self.noticed.lock().expect("no reader died"));
    }

    /// Waits until an element is there and visible.
    pub async fn waits_for(&self, selector: &str) {
        self.waits_until(&format!("{selector} is shown"), &format!("document.querySelector({})?.checkVisibility()", json!(selector))).await;
    }

    /// Waits until the page of that name (`data-page`) is shown, completely.
    pub async fn shows(&self, name: &str) {
        let found = format!("document.readyState === 'complete' && document.querySelector('[data-page={}]')", json!(name));
        self.waits_until(&format!("the page {name} is shown"), &found).await;
    }

    /// The visible words of an element.
    pub async fn text(&self, selector: &str) -> String {
        self.waits_for(selector).await;
        let text = self.evaluates(&format!("document.querySelector({}).innerText", json!(selector))).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the middle of an element with the mouse, as a person does: what covers it is clicked instead, and that ends the test.
    pub async fn clicks(&self, selector: &str) {
        self.waits_for(selector).await;
        let place = self.evaluates(&format!("(() => {{
            const element = document.querySelector({});
            element.scrollIntoView({{block: 'center', inline: 'center', behavior: 'instant'}});
            const box = element.getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            const hit = document.elementFromPoint(x, y);
            return {{x, y, hit: !!hit && (element.contains(hit) || hit.contains(element) || hit.closest('label')?.control === element), on: hit?.outerHTML.slice(0, 200)}};
        }})()", json!(selector))).await;
        assert_eq!(place["hit"], true, "{selector} is covered by {}", place["on"]);
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({"type": kind, "x": place["x"], "y": place["y"], "button": button, "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Clicks the element with that `data-action`.
    pub async fn presses(&self, action: &str) {
        self.clicks(&format!("[data-action={}]", json!(action))).await;
    }

    /// Empties a field and types text into it, with the keyboard's events.
    pub async fn types(&self, selector: &str, text: &str) {
        self.clicks(selector).await;
        self.evaluates(&format!("document.querySelector({}).select?.()", json!(selector))).await;
        self.hits("Delete").await;
        self.enters(text).await;
    }

    /// Types text where the focus is.
    pub async fn enters(&self, text: &str) {
        for character in text.chars() {
            let key = character.to_string();
            self.call("Input.dispatchKeyEvent", json!({"type": "keyDown", "key": key, "text": key, "unmodifiedText": key})).await;
            self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key})).await;
        }
    }

    /// Hits a key that types nothing (`Tab`, `Delete`, `Escape`, arrows), or `Enter` or `Space`.
    pub async fn hits(&self, key: &str) {
        let (key, code, number, text) = match key {
            "Enter" => ("Enter", "Enter", 13, "\r"),
            "Space" => (" ", "Space", 32, " "),
            "Tab" => ("Tab", "Tab", 9, ""),
            "Escape" => ("Escape", "Escape", 27, ""),
            "Delete" => ("Delete", "Delete", 46, ""),
            "ArrowDown" => ("ArrowDown", "ArrowDown", 40, ""),
            "ArrowUp" => ("ArrowUp", "ArrowUp", 38, ""),
            other => panic!("the keyboard of the tests has no key {other}"),
        };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let event = json!({"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "text": text});
        self.call("Input.dispatchKeyEvent", event).await;
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number})).await;
    }

    /// Looks at the window in another way.
    pub async fn is_looked_at(&self, look: Look) {
        let metrics = json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 500});
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let features =
            json!({"features": [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.call("Emulation.setEmulatedMedia", features).await;
    }

    /// Asks for pages in these languages from now on (`Accept-Language`, RFC 9110 §12.5.4).
    pub async fn speaks(&self, languages: &str) {
        self.call("Network.setExtraHTTPHeaders", json!({"headers": {"Accept-Language": languages}})).await;
    }

    /// Runs the scripts of pages from now on, or does not.
    pub async fn runs_scripts(&self, runs: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": !runs})).await;
    }

    /// Shows the page as it comes out of a printer, or on the screen again.
    pub async fn is_on_paper(&self, on_paper: bool) {
        self.call("Emulation.setEmulatedMedia", json!({"media": if on_paper { "print" } else { "screen" }})).await;
    }

    /// What the page weighs with everything it loaded, in bytes as they travel.
    pub async fn weight(&self) -> u64 {
        let sum = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, entry) => sum + entry.encodedBodySize, 0)";
        self.evaluates(sum).await.as_u64().expect("a number of bytes")
    }

    /// How far the page is wider than the window, in CSS pixels: 0 when nothing scrolls sideways.
    pub async fn overflow(&self) -> i64 {
        let overflow = self.evaluates("document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        overflow.as_i64().expect("a number of pixels")
    }

    /// Takes a picture of the whole page (PNG) and puts it at `path`.
    pub async fn is_pictured(&self, path: &Path) {
        use base64::Engine as _;
        self.call("Emulation.setScrollbarsHidden", json!({"hidden": true})).await;
        let answer = self.call("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true})).await;
        self.call("Emulation.setScrollbarsHidden", json!({"hidden": false})).await;
        let png = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap_or_default()).expect("a picture in base64");
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a directory for pictures");
        }
        std::fs::write(path, png).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Plugs in a virtual authenticator.
    pub async fn has_authenticator(&self, options: Options) -> VirtualAuthenticator {
        VirtualAuthenticator::plug_in(self, options).await
    }

    /// Every URL that this window asked for so far.
    pub fn requests(&self) -> Vec<String> {
        self.noticed.lock().expect("no reader died").requests.clone()
    }

    /// Errors on the console, uncaught exceptions, violations of the content security policy and other issues that Chromium saw.
    pub fn complaints(&self) -> Vec<String> {
        self.noticed.lock().expect("no reader died").complaints.clone()
    }

    /// The words of dialogs (`alert`, `confirm`, leaving a page) that opened; Chromium waits until [`Page::answers_dialog`].
    pub fn dialogs(&self) -> Vec<String> {
        self.noticed.lock().expect("no reader died").dialogs.clone()
    }

    /// Says OK or Cancel to the open dialog.
    pub async fn answers_dialog(&self, accept: bool) {
        self.call("Page.handleJavaScriptDialog", json!({"accept": accept})).await;
    }

    /// Ends the test when the window complained, or asked anybody but these origins.
    #[track_caller]
    pub fn had_a_quiet_time(&self, origins: &[&Url]) {
        let strangers: Vec<String> = self
            .requests()
            .into_iter()
            .filter(|request| {
                let Ok(url) = Url::parse(request) else { return true };
                !matches!(url.scheme(), "data" | "blob" | "about") && !origins.iter().any(|origin| origin.origin() == url.origin())
            })
            .collect();
        assert!(strangers.is_empty(), "requests to strangers: {strangers:?}");
        assert!(self.complaints().is_empty(), "the browser complains: {:#?}", self.complaints());
    }
}

async fn notice(mut events: mpsc::UnboundedReceiver<Event>, noticed: Arc<Mutex<Noticed>>) {
    while let Some(Event { method, params }) = events.recv().await {
        let mut noticed = noticed.lock().expect("no reader died");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match method.as_str() {
            "Network.requestWillBeSent" => noticed.requests.push(text(&params["request"]["url"])),
            "Runtime.exceptionThrown" => noticed.complaints.push(format!("exception: {}", params["exceptionDetails"])),
            "Runtime.consoleAPICalled" if matches!(params["type"].as_str(), Some("error" | "warning" | "assert")) => {
                noticed.complaints.push(format!("console: {}", params["args"]));
            }
            "Log.entryAdded" if matches!(params["entry"]["level"].as_str(), Some("error" | "warning")) => {
                noticed.complaints.push(format!("log: {} {}", text(&params["entry"]["text"]), text(&params["entry"]["url"])));
            }
            "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                noticed.complaints.push(format!("policy: {}", params["issue"]["details"]));
            }
            "Page.javascriptDialogOpening" => noticed.dialogs.push(text(&params["message"])),
            _ => {}
        }
    }
}

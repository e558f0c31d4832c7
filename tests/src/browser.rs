//! A real Chromium, driven over the DevTools protocol by our own small client: no driver process, no generated bindings.
//!
//! One Chromium serves the whole test process; every [`Browser`] is a context of its own in it (cookies, storage), with one window.
//! A missing Chromium fails the test: a browser test that is skipped shows nothing.

mod page;
mod protocol;
mod virtual_authenticator;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

pub use page::{Look, Page};
pub use virtual_authenticator::{Options, VirtualAuthenticator};

use crate::watched::Watched;
use protocol::Connection;

static CHROMIUM: OnceCell<Chromium> = OnceCell::const_new();

/// A browser as one person has it: cookies, storage and windows of its own.
pub struct Browser {
    connection: Connection,
    context: String,
}

impl Browser {
    /// A fresh browser; Chromium itself is started by whoever comes first.
    pub async fn fresh() -> Self {
        let chromium = CHROMIUM.get_or_init(|| async { tokio::task::spawn_blocking(Chromium::start).await.expect("Chromium starts") }).await;
        let connection = Connection::open(&chromium.endpoint).await;
        // disposeOnDetach: when this connection closes, the windows go with it.
        let context = connection.call(None, "Target.createBrowserContext", &json!({"disposeOnDetach": true})).await;
        let context = context["browserContextId"].as_str().expect("a context has an id").to_owned();
        Self { connection, context }
    }

    /// Opens a window with an empty page.
    pub async fn window(&self) -> Page {
        let target = json!({"url": "about:blank", "browserContextId": self.context});
        let target = self.connection.call(None, "Target.createTarget", &target).await;
        let attached = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.connection.call(None, "Target.attachToTarget", &attached).await;
        Page::attached(self.connection.clone(), session["sessionId"].as_str().expect("a session has an id")).await
    }

    /// The cookies of this browser, as Chromium keeps them.
    pub async fn cookies(&self) -> Vec<Value> {
        let answer = self.connection.call(None, "Storage.getCookies", &json!({"browserContextId": self.context})).await;
        answer["cookies"].as_array().cloned().unwrap_or_default()
    }
}

impl Browser {
    /// Lets this origin read and write the clipboard.
    pub async fn allows_clipboard(&self, origin: &Url) {
        let origin = origin.origin().ascii_serialization();
        let permissions =
            json!({"origin": origin, "browserContextId": self.context, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        self.connection.call(None, "Browser.grantPermissions", &permissions).await;
    }

    /// Puts what is downloaded into this folder, under the names that the pages choose.
    pub async fn downloads_to(&self, folder: &Path) {
        let behavior = json!({"behavior": "allow", "browserContextId": self.context, "downloadPath": folder});
        self.connection.call(None, "Browser.setDownloadBehavior", &behavior).await;
    }
}

/// The one Chromium of this process.
struct Chromium {
    endpoint: String,
    _watched: Watched,
}

// Chromium ends when the pipe closes, and its profile goes with it.
const WATCHER: &str = r#"
dir=$(mktemp -d /tmp/weftid-chromium.XXXXXX) || exit 1
trap : INT TERM HUP PIPE
"$CHROMIUM" --headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --no-default-browser-check --disable-background-networking \
  --disable-component-update --disable-sync --disable-extensions --disable-default-apps --disable-dev-shm-usage --mute-audio --password-store=basic \
  --disable-features=Translate,OptimizationHints,MediaRouter --force-color-profile=srgb --lang=en \
  --remote-debugging-port=0 --user-data-dir="$dir/profile" about:blank >"$dir/log" 2>&1 </dev/null &
pid=$!
n=0
while [ ! -s "$dir/profile/DevToolsActivePort" ] && [ $n -lt 600 ] && kill -0 $pid 2>/dev/null; do sleep 0.05; n=$((n + 1)); done
if [ -s "$dir/profile/DevToolsActivePort" ]; then tr '\n' ' ' <"$dir/profile/DevToolsActivePort"; echo; cat >/dev/null; else cat "$dir/log"; fi
kill -TERM $pid 2>/dev/null
n=0
while kill -0 $pid 2>/dev/null && [ $n -lt 100 ]; do sleep 0.05; n=$((n + 1)); done
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
# Its children end a little later, and write until then.
n=0
while ! rm -rf "$dir" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
"#;

impl Chromium {
    fn start() -> Self {
        let program = std::env::var_os("WEFTID_CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
        let name = program.display().to_string();
        assert!(program.is_file(), "the browser tests need Chromium, and {name} is not there: tests/run installs it, WEFTID_CHROMIUM names another");
        let mut command = Command::new("sh");
        command.args(["-c", WATCHER]).env("CHROMIUM", &program);
        let (watched, stdout) = Watched::start(command);
        let mut stdout = BufReader::new(stdout);
        let mut said = String::new();
        stdout.read_line(&mut said).expect("the watcher speaks");
        let mut words = said.split_whitespace();
        let (Some(Ok(port)), Some(path)) = (words.next().map(str::parse::<u16>), words.next()) else {
            stdout.read_to_string(&mut said).expect("the watcher speaks");
            panic!("{name} does not start:\n{said}");
        };
        Self { endpoint: format!("ws://127.0.0.1:{port}{path}"), _watched: watched }
    }
}

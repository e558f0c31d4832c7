//! The DevTools protocol over one WebSocket: numbered calls out, answers and events in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

/// A connection to Chromium; clones share it. When the last clone is dropped, it closes.
#[derive(Clone)]
pub(super) struct Connection(Arc<Inner>);

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;
type Listening = Arc<Mutex<HashMap<String, mpsc::UnboundedSender<Event>>>>;

struct Inner {
    out: mpsc::UnboundedSender<Message>,
    next: AtomicU64,
    waiting: Waiting,
    listening: Listening,
}

/// Something that Chromium tells unasked.
#[derive(Debug)]
pub(super) struct Event {
    /// Its name, as `Network.requestWillBeSent`.
    pub(super) method: String,
    /// What it says.
    pub(super) params: Value,
}

impl Connection {
    pub(super) async fn open(endpoint: &str) -> Self {
        let config = tokio_tungstenite::tungstenite::protocol::WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) = tokio_tungstenite::connect_async_with_config(endpoint, Some(config), true)
            .await
            .unwrap_or_else(|error| panic!("Chromium does not answer at {endpoint}: {error}"));
        let (mut sink, mut stream) = socket.split();
        let (out, mut to_send) = mpsc::unbounded_channel();
        let (waiting, listening) = (Waiting::default(), Listening::default());
        tokio::spawn(async move {
            while let Some(message) = to_send.recv().await {
                if sink.send(message).await.is_err() {
                    break;
                }
            }
            // Everybody who could ask is gone.
            let _ = sink.close().await;
        });
        let (answers, events) = (waiting.clone(), listening.clone());
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Message::Text(text) = message else { continue };
                let Ok(message) = serde_json::from_str::<Value>(&text) else { continue };
                receive(message, &answers, &events);
            }
            // Nobody will answer any more: whoever waits must not wait for ever.
            answers.lock().expect("no reader died").clear();
        });
        Self(Arc::new(Inner { out, next: AtomicU64::new(1), waiting, listening }))
    }

    /// What happens in this session from now on.
    pub(super) fn listen(&self, session: &str) -> mpsc::UnboundedReceiver<Event> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.0.listening.lock().expect("no reader died").insert(session.to_owned(), sender);
        receiver
    }

    /// Calls a method and waits for its result; ends the test when Chromium refuses or does not answer.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: &Value) -> Value {
        self.try_call(session, method, params).await.unwrap_or_else(|error| panic!("{method} {params}: {error}"))
    }

    /// The same, for calls that may be refused.
    pub(super) async fn try_call(&self, session: Option<&str>, method: &str, params: &Value) -> Result<Value, String> {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.0.waiting.lock().expect("no reader died").insert(id, sender);
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        self.0.out.send(Message::text(message.to_string())).map_err(|_| "Chromium is gone".to_owned())?;
        let answer = tokio::time::timeout(Duration::from_mins(1), receiver).await.map_err(|_| "no answer within 60 seconds".to_owned())?;
        let mut answer = answer.map_err(|_| "Chromium is gone".to_owned())?;
        match answer.get("error") {
            Some(error) => Err(error.to_string()),
            None => Ok(answer["result"].take()),
        }
    }
}

fn receive(mut message: Value, answers: &Waiting, events: &Listening) {
    if let Some(id) = message["id"].as_u64() {
        if let Some(waiting) = answers.lock().expect("no reader died").remove(&id) {
            // Who asked may have given up.
            let _ = waiting.send(message);
        }
        return;
    }
    let session = message["sessionId"].as_str().unwrap_or_default();
    if let (Some(listener), Some(method)) = (events.lock().expect("no reader died").get(session), message["method"].as_str().map(str::to_owned)) {
        let _ = listener.send(Event { method, params: message["params"].take() });
    }
}

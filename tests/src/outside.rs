//! A server of somebody else's: where a relying party keeps its keys, its request objects, and hears that a session has ended. It remembers
//! what it was asked, and behaves as a test says, well or badly.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::tls::Certified;

/// What it was asked.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: String,
}

/// How it behaves.
#[derive(Clone, Debug)]
pub enum Manner {
    /// It answers with status, content type and body.
    Says(u16, &'static str, String),
    /// It sends whoever asks somewhere else.
    SendsTo(Url),
    /// It never answers.
    Hangs,
    /// It closes the connection instead.
    Resets,
    /// Its answer has no end.
    Pours,
}

/// The server.
pub struct Outside {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    manners: Mutex<HashMap<String, Manner>>,
    heard: Mutex<Vec<Heard>>,
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Outside {
    /// One with this certificate, on this address.
    pub async fn start(ip: &str, certified: &Certified) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, acceptor) = (Arc::new(State::default()), TlsAcceptor::from(certified.server()));
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, state) = (acceptor.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request| answer(Arc::clone(&state), request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, state, serving }
    }

    /// An address here, under this name.
    pub fn url(&self, name: &str, path: &str) -> String {
        format!("https://{name}:{}{path}", self.address.port())
    }

    /// How it behaves at this path from now on. Elsewhere it says 404.
    pub fn behaves(&self, path: &str, manner: Manner) {
        self.state.manners.lock().unwrap().insert(path.to_owned(), manner);
    }

    /// Serves this JSON.
    pub fn serves(&self, path: &str, json: &serde_json::Value) {
        self.behaves(path, Manner::Says(200, "application/json", json.to_string()));
    }

    /// Everything that was asked at this path so far.
    pub fn heard(&self, path: &str) -> Vec<Heard> {
        self.state.heard.lock().unwrap().iter().filter(|heard| heard.path == path).cloned().collect()
    }

    /// Waits until so much was asked at this path, and gives it.
    pub async fn hears(&self, path: &str, count: usize) -> Vec<Heard> {
        for _ in 0..600 {
            let heard = self.heard(path);
            if heard.len() >= count {
                return heard;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} heard {:?}, not {count} times", self.heard(path));
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> io::Result<Response<BoxBody<Bytes, Infallible>>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    state.heard.lock().unwrap().push(Heard { method: parts.method.to_string(), path: path.clone(), headers, body });
    let manner = state.manners.lock().unwrap().get(&path).cloned();
    let whole = |text: String| Full::new(Bytes::from(text)).boxed();
    let answer = Response::builder();
    let answer = match manner {
        None => answer.status(404).body(whole(String::new())),
        Some(Manner::Says(status, kind, text)) => answer.status(status).header("content-type", kind).body(whole(text)),
        Some(Manner::SendsTo(url)) => answer.status(302).header("location", url.as_str()).body(whole(String::new())),
        Some(Manner::Hangs) => std::future::pending().await,
        Some(Manner::Resets) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Manner::Pours) => {
            let frames = stream::repeat_with(|| Ok(Frame::data(Bytes::from(vec![b'x'; 16_384]))));
            answer.status(200).body(StreamBody::new(frames).boxed())
        }
    };
    Ok(answer.unwrap())
}

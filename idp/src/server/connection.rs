//! One connection, from its first byte to its last: HTTP/1.1 or HTTP/2, with TLS or without, with an end to all waiting and bounds on what
//! handshakes, headers and frames take (E-LOAD-01, E-LOAD-02, E-LOAD-03).

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::config::Http;
use crate::server::patient::Patient;

/// RFC 9113 §3.4: how a client begins that knows that we speak HTTP/2.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What a request line and its headers may take. Sealed requests travel in addresses, and cookies come beside them.
const HEADERS: usize = 64 * 1024;
/// How many requests may be in flight on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// How many requests may be begun and taken back at once on one, before the connection is closed (rapid reset, CVE-2023-44487).
const TAKEN_BACK: usize = 20;
/// How many streams may end by a client's mistake on one connection, before it is closed.
const MISTAKES: usize = 64;
/// How much of a body a stream may send before it is read, all of a connection together have, and of an answer waits to be sent.
const WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
const SEND_BUFFER: usize = 64 * 1024;
/// The largest frame that is taken: RFC 9113 §6.5.2 allows no less.
const FRAME: u32 = 16 * 1024;
/// HTTP/2 connections are asked to begin anew after this long: nothing else ends one that only answers pings.
const OLDEST: Duration = Duration::from_mins(10);

/// What connections share.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) router: Router,
    pub(super) limits: Http,
    /// Says when nothing more is to be taken.
    pub(super) stopping: watch::Receiver<bool>,
}

/// Serves a connection without TLS until it is over; once `stopping` says so, what is in flight is finished and nothing more is taken.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, mut serving: Serving) {
    let is_http2 = tokio::select! {
        known = tokio::time::timeout(serving.limits.header_timeout, speaks_http2(&stream)) => known,
        _ = serving.stopping.wait_for(|stopping| *stopping) => return,
    };
    // Gone before it said anything, or silent for too long.
    let Ok(Ok(Some(is_http2))) = is_http2 else { return };
    let stream = Patient::new(stream, serving.limits.request_timeout);
    speak(stream, is_http2, peer, serving).await;
}

/// The same with TLS. The handshake has the patience that headers have: whoever begins one and stops does not hold the connection.
pub(super) async fn serve_tls(stream: TcpStream, tls: Arc<ServerConfig>, peer: SocketAddr, mut serving: Serving) {
    let stream = Patient::new(stream, serving.limits.request_timeout);
    let handshake = tokio::select! {
        done = tokio::time::timeout(serving.limits.header_timeout, TlsAcceptor::from(tls).accept(stream)) => done,
        _ = serving.stopping.wait_for(|stopping| *stopping) => return,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return,
    };
    // RFC 9113 §3.3: over TLS, HTTP/2 is agreed on in the handshake or not spoken.
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    speak(stream, is_http2, peer, serving).await;
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, is_http2: bool, peer: SocketAddr, serving: Serving) {
    let Serving { router, limits, stopping } = serving;
    let (io, patience) = (TokioIo::new(stream), limits.header_timeout);
    let provider = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        provider.call(request)
    });
    let outcome = if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_header_list_size(HEADERS.try_into().unwrap_or(u32::MAX));
        builder.max_pending_accept_reset_streams(TAKEN_BACK).max_local_error_reset_streams(MISTAKES);
        builder.initial_stream_window_size(WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
        builder.max_frame_size(FRAME).max_send_buf_size(SEND_BUFFER);
        builder.keep_alive_interval(patience).keep_alive_timeout(patience);
        // Whatever is in flight may take its time once more; who then still holds the connection has had it long enough.
        let connection = to_its_end(builder.serve_connection(io, service), http2::Connection::graceful_shutdown, stopping);
        tokio::time::timeout(OLDEST + limits.request_timeout, connection).await.unwrap_or(Ok(()))
    } else {
        let mut builder = http1::Builder::new();
        // Not more than a hundred headers: that is hyper's own bound.
        builder.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEADERS).max_header_size(HEADERS);
        to_its_end(builder.serve_connection(io, service), http1::Connection::graceful_shutdown, stopping).await
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection failed");
    }
}

/// Which of the two it is, told by the first bytes, which stay where they are. Nobody knows before the first byte, nor while what came could
/// still become the preface.
async fn speaks_http2(stream: &TcpStream) -> io::Result<Option<bool>> {
    let mut first = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut first).await?;
        match first.get(..count).unwrap_or_default() {
            [] => return Ok(None),
            seen if seen == PREFACE => return Ok(Some(true)),
            seen if PREFACE.starts_with(seen) => tokio::time::sleep(Duration::from_millis(10)).await,
            _ => return Ok(Some(false)),
        }
    }
}

async fn to_its_end<C>(connection: C, end: fn(Pin<&mut C>), mut stopping: watch::Receiver<bool>) -> hyper::Result<()>
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        outcome = connection.as_mut() => return outcome,
        _ = stopping.wait_for(|stopping| *stopping) => {}
        () = tokio::time::sleep(OLDEST) => {}
    }
    end(connection.as_mut());
    connection.await
}

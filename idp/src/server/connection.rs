//! One connection, from its first byte to its last: HTTP/1.1 or HTTP/2 without TLS, with an end to all waiting and bounds on what headers
//! take (E-LOAD-01, E-LOAD-02, E-LOAD-03).

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::config::Http;
use crate::server::patient::Patient;

/// RFC 9113 §3.4: how a client begins that knows that we speak HTTP/2.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What a request line and its headers may take. Sealed requests travel in addresses, and cookies come beside them.
const HEADERS: usize = 64 * 1024;
/// How many requests may be in flight on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// HTTP/2 connections are asked to begin anew after this long: nothing else ends one that only answers pings.
const OLDEST: Duration = Duration::from_mins(10);

/// Serves a connection until it is over; once `stopping` says so, what is in flight is finished and nothing more is taken.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, limits: Http, mut stopping: watch::Receiver<bool>) {
    let patience = limits.header_timeout;
    let is_http2 = tokio::select! {
        known = tokio::time::timeout(patience, speaks_http2(&stream)) => known,
        _ = stopping.wait_for(|stopping| *stopping) => return,
    };
    // Gone before it said anything, or silent for too long.
    let Ok(Ok(Some(is_http2))) = is_http2 else { return };

    let io = TokioIo::new(Patient::new(stream, limits.request_timeout));
    let provider = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        provider.call(request)
    });
    let outcome = if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_header_list_size(HEADERS.try_into().unwrap_or(u32::MAX));
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

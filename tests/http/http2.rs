//! HTTP/2 without manners: floods that cost whoever sends them little and must cost us no more (E-LOAD-03). Frames are written by hand, for no
//! client would send them.

use std::time::{Duration, Instant};

use weftid_tests::database::Database;
use weftid_tests::process::Process;
use weftid_tests::raw::Raw;
use weftid_tests::watched::free_port;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// How long each flood lasts at most, and how much memory it may cost.
const FLOOD: Duration = Duration::from_secs(3);
const MORE_MEMORY: u64 = 48 * 1024;

/// RFC 9113 §4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block by indexes of HPACK's static table (RFC 7541 §B), with the authority written out.
fn block(host: &str, method: u8) -> Vec<u8> {
    // :method, :scheme http, :path /, :authority.
    [&[method, 0x86, 0x84, 0x41, u8::try_from(host.len()).unwrap()], host.as_bytes()].concat()
}

const GET: u8 = 0x82;
const POST: u8 = 0x83;

fn memory(server: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

async fn greeted(server: &Process) -> Raw {
    let mut raw = Raw::connect(server.address).await;
    raw.says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    raw.says(frame(SETTINGS, 0, 0, &[])).await;
    raw
}

/// Sends one piece after the other until the server closes or does not take any more, or the time is over. Whether it closed.
async fn floods(raw: &mut Raw, mut piece: impl FnMut(u32) -> Vec<u8>) -> bool {
    let began = Instant::now();
    for number in 0.. {
        if began.elapsed() > FLOOD {
            return false;
        }
        match raw.says_within(piece(number), Duration::from_secs(1)).await {
            Some(true) => {}
            Some(false) => return true,
            // It does not read what it could not answer: that costs it nothing.
            None => return false,
        }
    }
    false
}

/// E-LOAD-03: rapid reset, CONTINUATION, empty DATA, SETTINGS, PING and window floods neither fill the memory nor hold anybody up, and the
/// connection ends wherever nothing honest can be meant by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_frames_cost_little() {
    let database = Database::empty_sqlite();
    let server = Process::serve_at(&database, free_port(), &[]).await;
    let host = format!("localhost:{}", server.address.port());
    for _ in 0..50 {
        server.wire.get(&server.issuer.join("/login").unwrap()).await.is(200);
    }
    let stream = |number: u32| number * 2 + 1;
    for flood in ["rapid reset", "continuation", "small continuation", "empty data", "settings", "ping", "windows", "too many streams"] {
        let before = memory(&server);
        let mut attackers = Vec::new();
        for _ in 0..4 {
            let (mut raw, host) = (greeted(&server).await, host.clone());
            attackers.push(tokio::spawn(async move {
                let (get, post) = (block(&host, GET), block(&host, POST));
                let filler = vec![0x41; 16_000];
                match flood {
                    "rapid reset" => {
                        floods(&mut raw, |number| {
                            let many = (number * 50..number * 50 + 50).map(stream);
                            many.flat_map(|id| [frame(HEADERS, END_HEADERS | END_STREAM, id, &get), frame(RST_STREAM, 0, id, &[0, 0, 0, 8])].concat())
                                .collect()
                        })
                        .await
                    }
                    "continuation" | "small continuation" => {
                        raw.says(frame(HEADERS, END_STREAM, 1, &get)).await;
                        let filler = if flood == "continuation" { &filler[..] } else { &[] };
                        floods(&mut raw, |_| frame(CONTINUATION, 0, 1, filler)).await
                    }
                    "empty data" => {
                        raw.says(frame(HEADERS, END_HEADERS, 1, &post)).await;
                        floods(&mut raw, |_| frame(DATA, 0, 1, &[]).repeat(200)).await
                    }
                    "settings" => floods(&mut raw, |_| frame(SETTINGS, 0, 0, &[0, 1, 0, 0, 16, 0]).repeat(200)).await,
                    "ping" => floods(&mut raw, |_| frame(PING, 0, 0, &[7; 8]).repeat(200)).await,
                    "windows" => floods(&mut raw, |_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]).repeat(200)).await,
                    _ => floods(&mut raw, |number| frame(HEADERS, END_HEADERS, stream(number), &post)).await,
                }
            }));
        }
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(2) {
            let asked = Instant::now();
            server.wire.get(&server.issuer.join("/login").unwrap()).await.is(200);
            assert!(asked.elapsed() < Duration::from_secs(2), "{flood}: others wait {:?}", asked.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut closed = 0;
        for attacker in attackers {
            closed += usize::from(attacker.await.unwrap());
        }
        if ["rapid reset", "continuation", "small continuation", "too many streams"].contains(&flood) {
            assert_eq!(closed, 4, "{flood} is not stopped");
        }
        let after = memory(&server);
        assert!(after < before + MORE_MEMORY, "{flood}: from {before} KiB to {after} KiB");
    }
    server.wire.get(&server.issuer.join("/login").unwrap()).await.is(200);
}

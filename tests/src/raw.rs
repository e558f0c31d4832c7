//! A connection without manners: bytes out, bytes in, nothing added and nothing understood. For what no HTTP client would send.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// A connection.
#[derive(Debug)]
pub struct Raw(TcpStream);

impl Raw {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("somebody listens"))
    }

    /// Connects from another of this machine's addresses.
    pub async fn connect_from(source: IpAddr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(source, 0)).expect("an address of this machine");
        Self(socket.connect(address).await.expect("somebody listens"))
    }

    /// Sends bytes; whether they could be sent.
    pub async fn says(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Sends bytes, unless they can't be sent within `patience` because nobody takes them: then nothing is known.
    pub async fn says_within(&mut self, bytes: impl AsRef<[u8]>, patience: Duration) -> Option<bool> {
        tokio::time::timeout(patience, self.0.write_all(bytes.as_ref())).await.ok().map(|written| written.is_ok())
    }

    /// Everything that comes until the other side closes; nothing when it does not close within `patience`. A reset counts as closing.
    pub async fn hears_to_the_end(&mut self, patience: Duration) -> Option<String> {
        let mut heard = Vec::new();
        let mut piece = [0; 4096];
        let reading = async {
            while let Ok(count @ 1..) = self.0.read(&mut piece).await {
                heard.extend_from_slice(&piece[..count]);
            }
        };
        tokio::time::timeout(patience, reading).await.ok()?;
        Some(String::from_utf8_lossy(&heard).into_owned())
    }

    /// What comes until `words` are in it; ends the test when they do not come.
    pub async fn hears(&mut self, words: &str) -> String {
        let mut heard = String::new();
        let mut piece = [0; 4096];
        while !heard.contains(words) {
            let read = tokio::time::timeout(Duration::from_secs(10), self.0.read(&mut piece)).await;
            let count = read.unwrap_or_else(|_| panic!("{words:?} does not come: {heard}")).unwrap_or(0);
            assert!(count > 0, "closed before {words:?} came: {heard}");
            heard.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
        heard
    }
}

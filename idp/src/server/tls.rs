//! rustls: what a connection's TLS is made of, and the certificate's files, which may change while we serve.
//!
//! TLS 1.3, and 1.2 with forward secrecy and authenticated encryption: rustls has nothing older. A pair that can't be used is refused, with a
//! line in the log, and the one before it stays.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use tokio::time::MissedTickBehavior;
use zeroize::Zeroizing;

use crate::config;

/// How often is looked whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why a certificate and its key can't be used. Says nothing of what is in the key's file.
#[derive(Debug, thiserror::Error)]
pub enum BadPair {
    /// A file can't be read.
    #[error("{} can't be read: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The certificate's file has none.
    #[error("{} has no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// The key's file has none.
    #[error("{} has no private key in PEM (PKCS#8, PKCS#1 or SEC1)", .0.display())]
    NoKey(PathBuf),
    /// They don't belong together, or are of a kind that nobody uses.
    #[error("certificate and key can't be used together: {0}")]
    Unfit(rustls::Error),
}

/// The text of both files.
#[derive(PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// What new connections are encrypted with.
pub(super) struct Tls {
    settings: config::Tls,
    current: ArcSwap<ServerConfig>,
    /// As they were when `current` was made.
    first: Files,
}

impl Tls {
    /// Reads the files.
    pub(super) async fn load(settings: &config::Tls) -> Result<Self, BadPair> {
        let files = read(settings).await?;
        let current = ArcSwap::new(accept(settings, &files)?);
        Ok(Self { settings: settings.clone(), current, first: files })
    }

    /// What the next connection is encrypted with.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Takes over every change of the files, until this future is dropped. Connections that are open stay as they are.
    pub(super) async fn follow_files(&self) {
        let mut seen: Option<Files> = None;
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let files = match read(&self.settings).await {
                Ok(files) => files,
                Err(error) => {
                    tracing::warn!(%error, "the certificate's files can't be read: what was read before stays in use");
                    continue;
                }
            };
            if files == *seen.as_ref().unwrap_or(&self.first) {
                continue;
            }
            match accept(&self.settings, &files) {
                Ok(config) => {
                    self.current.store(config);
                    tracing::info!(certificate = %self.settings.certificate_file.display(), "a new certificate is in use");
                }
                // Perhaps only one of the two is written yet.
                Err(error) => tracing::error!(%error, "the new certificate is not used: the one before it stays"),
            }
            seen = Some(files);
        }
    }
}

async fn read(settings: &config::Tls) -> Result<Files, BadPair> {
    let file = async |path: &PathBuf| tokio::fs::read(path).await.map_err(|error| BadPair::File { path: path.clone(), error });
    Ok(Files { certificate: file(&settings.certificate_file).await?, key: Zeroizing::new(file(&settings.key_file).await?) })
}

fn accept(settings: &config::Tls, files: &Files) -> Result<Arc<ServerConfig>, BadPair> {
    let none = || BadPair::NoCertificate(settings.certificate_file.clone());
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&files.certificate).collect::<Result<_, _>>().map_err(|_| none())?;
    if chain.is_empty() {
        return Err(none());
    }
    let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(|_| BadPair::NoKey(settings.key_file.clone()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(BadPair::Unfit)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(BadPair::Unfit)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

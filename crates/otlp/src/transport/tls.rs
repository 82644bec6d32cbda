//! Whom to trust, and what to show: one TLS configuration for both protocols, on rustls with ring.
//!
//! Without a certificate file of the user's, the system's authorities and bundled ones are trusted together, so that a
//! container without any works too; with one, only what is in it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use thiserror::Error;

use crate::settings::SignalSettings;

/// The variables of the three files; each also has a form of its own for each signal.
const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// Why a transport cannot be made. Its text is one line for the user.
#[derive(Debug, Error)]
pub enum TransportError {
    /// Correct the path, or the file's permissions.
    #[error("{variable}={path}: cannot be read ({source})")]
    Unreadable {
        /// The variable that names the file.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Name a file in PEM form with what is needed.
    #[error("{variable}={path}: has no {what} in PEM form")]
    NotPem {
        /// The variable that names the file.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What it should have.
        what: &'static str,
    },
    /// Name a certificate that can be used, and the key that belongs to it.
    #[error("{variable}={path}: cannot be used ({source})")]
    Unusable {
        /// The variable that names the file.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// Nothing that a user can set: report it.
    #[error("cannot prepare the connection: {0}")]
    Library(String),
}

/// The user's certificates, read and checked.
pub(super) struct Tls {
    /// What is trusted.
    roots: RootCertStore,
    /// The configuration, without application protocols.
    config: ClientConfig,
    /// The client's certificate and key as they were read: PEM.
    identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// Reads and checks the files. The system's authorities are read only if `is_used`, since there can be hundreds.
    pub(super) fn new(settings: &SignalSettings, is_used: bool) -> Result<Self, TransportError> {
        let roots = match &settings.certificate {
            Some(path) => own_roots(path)?,
            None if is_used => usual_roots(),
            None => RootCertStore::empty(),
        };
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TransportError::Library(error.to_string()))?
            .with_root_certificates(roots.clone());
        let (config, identity) = match (&settings.client_certificate, &settings.client_key) {
            (Some(certificate), Some(key)) => {
                let (chain_pem, chain) = certificates(CLIENT_CERTIFICATE, certificate)?;
                let key_pem = read(CLIENT_KEY, key)?;
                let variable = CLIENT_KEY;
                let key_der = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| TransportError::NotPem {
                    variable,
                    path: key.clone(),
                    what: "private key",
                })?;
                let config = builder
                    .with_client_auth_cert(chain, key_der)
                    .map_err(|source| TransportError::Unusable { variable, path: key.clone(), source })?;
                (config, Some((chain_pem, key_pem)))
            }
            _ => (builder.with_no_client_auth(), None),
        };
        Ok(Self { roots, config, identity })
    }

    /// For HTTP, which is HTTP/1.1: one request at a time needs no more, and a connection that was given up is closed.
    pub(super) fn for_http(self) -> ClientConfig {
        let mut config = self.config;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }

    /// For gRPC. `timeout` is for the handshake, which the time for connecting does not cover there.
    pub(super) fn for_grpc(self, timeout: Duration) -> tonic::transport::ClientTlsConfig {
        let config = tonic::transport::ClientTlsConfig::new().trust_anchors(self.roots.roots).timeout(timeout);
        match self.identity {
            Some((chain, key)) => config.identity(tonic::transport::Identity::from_pem(chain, key)),
            None => config,
        }
    }
}

/// The authorities of a user's file, and no others.
fn own_roots(path: &Path) -> Result<RootCertStore, TransportError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(CERTIFICATE, path)?.1 {
        roots.add(certificate).map_err(|source| TransportError::Unusable {
            variable: CERTIFICATE,
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(roots)
}

/// The system's authorities, as far as they can be read, and the bundled ones.
fn usual_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots
}

/// The certificates of a file, at least one: as they were read, and parsed.
fn certificates(
    variable: &'static str,
    path: &Path,
) -> Result<(Vec<u8>, Vec<CertificateDer<'static>>), TransportError> {
    let pem = read(variable, path)?;
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match parsed {
        Ok(parsed) if !parsed.is_empty() => Ok((pem, parsed)),
        _ => Err(TransportError::NotPem { variable, path: path.to_owned(), what: "certificate" }),
    }
}

/// A file's bytes.
fn read(variable: &'static str, path: &Path) -> Result<Vec<u8>, TransportError> {
    std::fs::read(path).map_err(|source| TransportError::Unreadable { variable, path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_authorities_are_trusted_whatever_the_system_has() {
        let roots = usual_roots();
        for bundled in webpki_roots::TLS_SERVER_ROOTS {
            assert!(roots.roots.contains(bundled), "{bundled:?}");
        }
    }
}

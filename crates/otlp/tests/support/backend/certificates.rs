//! Certificates for tests: an authority, what it says of a server, and what of a client.

use std::{fs, path::PathBuf, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerCertificate {
    /// Nothing: it is for `localhost`, and for `collector.test` behind a proxy.
    Good,
    /// Its time is over.
    Expired,
    /// It is from an authority that nobody knows, though it has the same name.
    UnknownAuthority,
    /// It is for another host.
    WrongHost,
}

/// An authority. Its files, in PEM form, are there as long as it is.
pub struct Authority {
    /// Where the files are.
    directory: tempfile::TempDir,
    /// The authority's certificate and key.
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new authority, with a client's certificate of its own.
    pub fn new() -> Self {
        let authority = Self { directory: tempfile::tempdir().unwrap(), issuer: issuer() };
        fs::write(authority.certificate(), authority.issuer.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["load-generator".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        fs::write(authority.client_certificate(), certificate.pem()).unwrap();
        fs::write(authority.client_key(), key.serialize_pem()).unwrap();
        authority
    }

    /// The file with the authority's own certificate.
    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }

    /// The file with the client's certificate.
    pub fn client_certificate(&self) -> PathBuf {
        self.directory.path().join("client.pem")
    }

    /// The file with the client's key.
    pub fn client_key(&self) -> PathBuf {
        self.directory.path().join("client.key")
    }

    /// A server's side of TLS, which offers HTTP/2 and HTTP/1.1.
    pub fn server(&self, kind: ServerCertificate, client_needed: bool) -> Arc<ServerConfig> {
        let hosts: &[&str] = match kind {
            ServerCertificate::WrongHost => &["elsewhere.test"],
            _ => &["localhost", "collector.test"],
        };
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        if kind == ServerCertificate::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = match kind {
            ServerCertificate::UnknownAuthority => params.signed_by(&key, &issuer()).unwrap(),
            _ => params.signed_by(&key, &self.issuer).unwrap(),
        };
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
        let builder = if client_needed {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

/// An authority's certificate and key.
fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

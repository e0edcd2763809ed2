//! TLS configuration.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::error::Error;
use crate::settings::Tls;

/// The TLS configuration of HTTP and websocket connections; `None` for plain connections.
///
/// # Errors
/// [`Error::Settings`] where the certificates cannot be used.
pub fn config(tls: &Tls) -> Result<Option<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match tls {
        Tls::Off => return Ok(None),
        Tls::System => {
            let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&provider));
            Arc::new(verifier.map_err(|fault| Error::Settings {
                what: format!("the system's certificates cannot be used: {fault}; name a CA file instead"),
            })?)
        }
        Tls::CaFile(path) => authorities(path, &provider)?,
        Tls::SkipVerify => Arc::new(AnyCertificate(Arc::clone(&provider))),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|fault| Error::Settings { what: format!("TLS cannot be used: {fault}") })?
        // "Dangerous" is what rustls calls any verifier but its own default.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Some(config))
}

/// The same settings with a separate session store.
///
/// The store contains a lock. A forked process must not share it with its parent: if another thread of the
/// parent holds the lock during the fork, the child can never acquire it.
pub fn with_own_sessions(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    config.resumption = Resumption::in_memory_sessions(8);
    config
}

fn authorities(path: &Path, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let refuse = |what: String| Error::Settings { what: format!("the CA file {} {what}", path.display()) };
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|fault| refuse(format!("cannot be read: {fault}")))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|fault| refuse(format!("is no PEM file: {fault}")))?;
    if certificates.is_empty() {
        return Err(refuse("holds no certificate".into()));
    }
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|fault| refuse(format!("holds a certificate that cannot be used: {fault}")))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|fault| refuse(format!("cannot be used: {fault}")))?;
    Ok(verifier)
}

/// Accepts any server certificate.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    // That the server has the key of the certificate it showed is checked anyway: it costs nothing
    // and a server that cannot do this is broken.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_ca_file_that_cannot_be_used_is_told_with_its_path() {
        let folder = std::env::temp_dir().join(format!("colonies-client-ca-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (name, content, reason) in [
            ("missing.pem", None, "cannot be read"),
            ("empty.pem", Some(""), "holds no certificate"),
            ("text.pem", Some("no certificate"), "holds no certificate"),
            ("broken.pem", Some(broken), "cannot be used"),
            ("cut.pem", Some("-----BEGIN CERTIFICATE-----\nAAAA\n"), "is no PEM file"),
        ] {
            let path = folder.join(name);
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let message = config(&Tls::CaFile(path.clone())).unwrap_err().to_string();
            assert!(message.contains(&path.display().to_string()), "{message}");
            assert!(message.contains(reason), "{name}: {message}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn without_tls_nothing_is_read() {
        assert!(config(&Tls::Off).unwrap().is_none());
    }
}

//! The certificate of the server.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::Tls;
use crate::error::StartError;

/// Reads a certificate and its key.
pub(crate) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, StartError> {
    let Tls { cert_file, key_file } = tls;
    let certificates = CertificateDer::pem_file_iter(cert_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|fault| unreadable(cert_file, fault))?;
    if certificates.is_empty() {
        return Err(unusable(cert_file, "holds no certificate"));
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|fault| match fault {
        pem::Error::NoItemsFound => unusable(key_file, "holds no private key without a passphrase"),
        fault => unreadable(key_file, fault),
    })?;
    let signing = ring::sign::any_supported_type(&key)
        .map_err(|fault| unusable(key_file, format!("holds a key that cannot be used: {fault}")))?;
    let certified = rustls::sign::CertifiedKey::new(certificates, signing);
    certified.keys_match().map_err(|fault| match fault {
        rustls::Error::InconsistentKeys(_) => {
            unusable(key_file, format!("is not the key of the certificate in {}", cert_file.display()))
        }
        fault => unusable(cert_file, format!("holds a certificate that cannot be used: {fault}")),
    })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the ring provider speaks TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn unreadable(file: &Path, fault: pem::Error) -> StartError {
    match fault {
        pem::Error::Io(fault) => unusable(file, format!("cannot be read: {fault}")),
        fault => unusable(file, format!("is no PEM file: {fault}")),
    }
}

fn unusable(file: &Path, what: impl Into<String>) -> StartError {
    StartError::Tls { file: file.to_owned(), what: what.into() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use rcgen::generate_simple_self_signed;

    use super::*;

    /// A certificate and its key as PEM.
    fn pair() -> (String, String) {
        let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn files_that_cannot_be_used_are_named_with_the_reason() {
        let folder = std::env::temp_dir().join(format!("colonies-devserver-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| -> PathBuf {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (cert, key) = pair();
        let (_, stranger) = pair();
        let (cert, key) = (write("cert.pem", &cert), write("key.pem", &key));
        let stranger = write("stranger.pem", &stranger);
        let cut = write("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
        let broken = write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        let odd = write("odd.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        let missing = folder.join("missing.pem");
        assert!(acceptor(&Tls { cert_file: cert.clone(), key_file: key.clone() }).is_ok());
        for (cert_file, key_file, blamed, reason) in [
            (&missing, &key, &missing, "cannot be read: No such file"),
            (&cert, &missing, &missing, "cannot be read: No such file"),
            (&key, &key, &key, "holds no certificate"),
            (&cert, &cert, &cert, "holds no private key"),
            (&cut, &key, &cut, "is no PEM file"),
            (&broken, &key, &broken, "holds a certificate that cannot be used"),
            (&cert, &odd, &odd, "holds a key that cannot be used"),
            (&cert, &stranger, &stranger, "is not the key of the certificate in"),
        ] {
            let tls = Tls { cert_file: cert_file.clone(), key_file: key_file.clone() };
            let Err(StartError::Tls { file, what }) = acceptor(&tls) else { panic!("{tls:?} was taken") };
            assert_eq!(&file, blamed, "{what}");
            assert!(what.starts_with(reason), "{what}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

//! TLS of the client: rustls with the platform's root certificates, and those of an own file beside them.
//!
//! There is no early data: a login must not be replayable.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;
use tessera_core::error::Error;
use tessera_core::generated::codes;

use crate::process::PerProcess;

/// The certificates of `ca_file`; empty without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExtraRoots(Vec<CertificateDer<'static>>);

impl ExtraRoots {
    /// Reads a PEM file.
    ///
    /// # Errors
    /// 6017 when it cannot be read, or has no certificate in it.
    pub(crate) fn read(path: Option<&str>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(ExtraRoots::default()) };
        let refuse = |why: String| {
            Error::new(codes::ERR_INVALID_PARAMETERS, format!("the file of `ca_file` ({path}) {why}"))
        };
        let pem =
            std::fs::read(Path::new(path)).map_err(|error| refuse(format!("cannot be read: {error}")))?;
        let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let roots = roots.map_err(|error| refuse(format!("is not valid PEM: {error}")))?;
        if roots.is_empty() {
            return Err(refuse("has no certificate in it".to_owned()));
        }
        Ok(ExtraRoots(roots))
    }
}

/// The configuration for these roots. Clients with the same roots share one, because the platform's take megabytes on
/// some systems, and because a shared one resumes TLS sessions.
///
/// # Errors
/// What rustls says: the platform has no roots, or one of the own is unusable.
pub(crate) fn config(roots: &ExtraRoots) -> Result<Arc<ClientConfig>, rustls::Error> {
    type Made = Mutex<Vec<(ExtraRoots, Weak<ClientConfig>)>>;
    // A fork may come while one is made, which takes milliseconds.
    static MADE: PerProcess<Made> = PerProcess::new(Mutex::default);

    let mut made = MADE.get().lock().unwrap_or_else(PoisonError::into_inner);
    made.retain(|(_, config)| config.strong_count() > 0);
    let known = made.iter().find(|(known, _)| known == roots).and_then(|(_, config)| config.upgrade());
    if let Some(config) = known {
        return Ok(config);
    }
    let config = Arc::new(build(roots)?);
    made.push((roots.clone(), Arc::downgrade(&config)));
    Ok(config)
}

fn build(roots: &ExtraRoots) -> Result<ClientConfig, rustls::Error> {
    let provider = CryptoProvider { key_provider: &NoKeys, ..rustls::crypto::ring::default_provider() };
    let provider = Arc::new(provider);
    let verifier = verifier(roots, &provider)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A client has no certificate of its own. Saying so keeps the code for three kinds of keys out of the library.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("a client has no key of its own".to_owned()))
    }
}

#[cfg(not(target_os = "android"))]
fn verifier(
    roots: &ExtraRoots,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(roots.0.clone(), provider.clone())?;
    Ok(Arc::new(verifier))
}

/// Android's own verifier has to be initialised from Java, and takes no further roots. So rustls checks by itself there,
/// with the CAs of the system: not with those that a user has installed, as is Android's default for apps since 7.0.
#[cfg(target_os = "android")]
fn verifier(
    roots: &ExtraRoots,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    let mut store = rustls::RootCertStore::empty();
    // Old CAs with names that are not valid any more are left out.
    store.add_parsable_certificates(certificates_in(&ANDROID_CAS));
    for root in &roots.0 {
        store.add(root.clone())?;
    }
    let verifier =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
    Ok(verifier)
}

/// Where Android keeps its CAs, a PEM file each: since Android 14 in a module that is updated apart from the system.
#[cfg(target_os = "android")]
const ANDROID_CAS: [&str; 2] = ["/apex/com.android.conscrypt/cacerts", "/system/etc/security/cacerts"];

/// The certificates in the files of the first folder that has some.
#[cfg(any(test, target_os = "android"))]
fn certificates_in(folders: &[&str]) -> Vec<CertificateDer<'static>> {
    let of_folder = |folder: &&str| {
        let files = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let texts = files.filter_map(|file| std::fs::read(file.path()).ok());
        texts.filter_map(|text| CertificateDer::from_pem_slice(&text).ok()).collect::<Vec<_>>()
    };
    folders.iter().map(of_folder).find(|found| !found.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem_of_a_ca() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::default().self_signed(&key).unwrap().pem()
    }

    #[test]
    fn clients_with_the_same_roots_share_a_configuration() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem_of_a_ca()).unwrap();
        let roots = ExtraRoots::read(file.path().to_str()).unwrap();
        let first = config(&roots).unwrap();
        assert!(Arc::ptr_eq(&first, &config(&roots.clone()).unwrap()));
        assert!(!first.enable_early_data);
    }

    #[test]
    fn the_cas_of_a_system_are_those_of_its_first_folder_that_has_some() {
        let (older, newer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [older_path, newer_path] = [&older, &newer].map(|folder| folder.path().to_str().unwrap());
        std::fs::write(older.path().join("1.0"), pem_of_a_ca()).unwrap();
        let folders = ["/nowhere", newer_path, older_path];
        assert_eq!(certificates_in(&folders).len(), 1);
        for name in ["2.0", "3.0"] {
            std::fs::write(newer.path().join(name), format!("{}text of a person\n", pem_of_a_ca())).unwrap();
        }
        std::fs::write(newer.path().join("4.0"), "no certificate").unwrap();
        let found = certificates_in(&folders);
        let mut store = rustls::RootCertStore::empty();
        assert_eq!((found.len(), store.add_parsable_certificates(found)), (2, (2, 0)));
    }

    #[test]
    fn a_ca_file_that_is_none_is_refused_at_init() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for content in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"]
        {
            std::fs::write(file.path(), content).unwrap();
            let refused = ExtraRoots::read(file.path().to_str()).unwrap_err();
            assert_eq!(refused.code, codes::ERR_INVALID_PARAMETERS, "{content:?}");
            assert!(refused.desc.contains("ca_file"));
        }
        assert!(ExtraRoots::read(Some("/nowhere/ca.pem")).is_err());
    }
}

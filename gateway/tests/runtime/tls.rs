//! The listener with a certificate.

use std::path::PathBuf;
use std::sync::Arc;

use tessera_gateway::config::{Config, TlsFiles};
use tessera_gateway::store::memory::MemoryStore;
use tessera_gateway::{Gateway, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::{PATIENCE, config_with, request, start};

struct Files {
    _folder: tempfile::TempDir,
    files: TlsFiles,
    certificate: CertificateDer<'static>,
}

fn files() -> Files {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = TlsFiles {
        certificate: write("chain.pem", signed.cert.pem()),
        key: write("key.pem", signed.signing_key.serialize_pem()),
    };
    Files { files, certificate: signed.cert.der().clone(), _folder: folder }
}

fn with_tls(files: &TlsFiles) -> Config {
    config_with(|config| config.tls = Some(files.clone()))
}

#[tokio::test]
async fn an_upgrade_works_inside_of_tls() {
    let files = files();
    let gateway = start(with_tls(&files.files)).await;
    assert!(gateway.url().starts_with("wss://127.0.0.1:"));
    let mut roots = RootCertStore::empty();
    roots.add(files.certificate.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(gateway.addr()).await.unwrap();
    let connect = TlsConnector::from(Arc::new(client)).connect("localhost".try_into().unwrap(), socket);
    let mut socket = tokio::time::timeout(PATIENCE, connect).await.unwrap().unwrap();
    socket.write_all(&request("")).await.unwrap();
    let mut status = [0; 12];
    tokio::time::timeout(PATIENCE, socket.read_exact(&mut status)).await.unwrap().unwrap();
    assert_eq!(&status, b"HTTP/1.1 101");
    gateway.stop().await;
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_ended() {
    // G7: slow handshake
    let files = files();
    let mut config = with_tls(&files.files);
    config.limits.upgrade_within_ms = 100;
    let gateway = start(config).await;
    let mut silent = TcpStream::connect(gateway.addr()).await.unwrap();
    assert_eq!(crate::support::read_all(&mut silent).await, "");
    gateway.stop().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let files = files();
    let swapped = TlsFiles { certificate: files.files.key.clone(), key: files.files.certificate.clone() };
    let missing = TlsFiles { certificate: "/nowhere/chain.pem".into(), ..files.files.clone() };
    for bad in [swapped, missing] {
        let store = Arc::new(MemoryStore::new());
        let Err(error) = Gateway::start(with_tls(&bad), store).await else { panic!("{bad:?}") };
        assert!(matches!(error, StartError::Tls { .. }), "{error}");
        assert!(error.to_string().contains(bad.certificate.to_str().unwrap()), "{error}");
    }
}

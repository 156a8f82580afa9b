//! Addresses behind proxies (G7).

use tessera_core::generated::codes;
use tessera_gateway::config::Network;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, config_with, fault_of, request, start};

/// Opens an upgrade and gives the socket and the status of its answer.
async fn open(addr: std::net::SocketAddr, bytes: &[u8]) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut status = [0; 12];
    tokio::time::timeout(PATIENCE, socket.read_exact(&mut status)).await.unwrap().unwrap();
    (socket, String::from_utf8_lossy(&status[9..]).into_owned())
}

fn from(client: &str) -> Vec<u8> {
    request(&format!("Forwarded: for={client}\r\n"))
}

#[tokio::test]
async fn a_trusted_proxy_names_its_clients_and_nobody_else_does() {
    // G7
    let loopback = Network { address: "127.0.0.0".parse().unwrap(), prefix: 8 };
    for (trusted, statuses) in [(vec![loopback], ["101", "429", "101"]), (Vec::new(), ["101", "429", "429"])]
    {
        let gateway = start(config_with(|config| {
            config.trusted_proxies = trusted;
            config.loopback_exempt = false;
            config.limits.connections_per_address = 1;
        }))
        .await;
        let mut open_sockets = Vec::new();
        for (client, expected) in ["192.0.2.1", "192.0.2.1", "192.0.2.2"].into_iter().zip(statuses) {
            let (socket, status) = open(gateway.addr(), &from(client)).await;
            assert_eq!(status, expected, "{client}");
            open_sockets.push(socket);
        }
        gateway.stop().await;
    }
}

#[tokio::test]
async fn a_trusted_proxy_may_speak_the_proxy_protocol() {
    // G7
    let gateway = start(config_with(|config| {
        config.trusted_proxies = vec![Network { address: "127.0.0.1".parse().unwrap(), prefix: 32 }];
        config.proxy_protocol = true;
        config.limits.connections_per_address = 1;
    }))
    .await;
    let through = |client: &str| {
        [format!("PROXY TCP4 {client} 10.0.0.1 1 2\r\n").as_bytes(), &from("203.0.113.1")].concat()
    };
    let (_one, status) = open(gateway.addr(), &through("192.0.2.1")).await;
    assert_eq!(status, "101");
    let (_two, status) = open(gateway.addr(), &through("192.0.2.1")).await;
    assert_eq!(status, "429", "its own `Forwarded` is not believed");
    let (_three, status) = open(gateway.addr(), &through("192.0.2.2")).await;
    assert_eq!(status, "101");
    let answer = crate::support::raw(gateway.addr(), &request("")).await;
    assert_eq!(fault_of(&answer).code, codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS);
    gateway.stop().await;
}

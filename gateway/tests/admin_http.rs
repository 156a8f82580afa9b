//! The admin endpoint over real sockets: who gets in, what is answered, and what the audit keeps.
#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

use std::sync::Arc;

use tessera_core::id::AppId;
use tessera_core::ticket::Key;
use tessera_gateway::Gateway;
use tessera_gateway::admin_http::{AdminServer, serve};
use tessera_gateway::config::{AdminConfig, AdminToken, AppConfig, Config};
use tessera_gateway::store::memory::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TOKEN: &str = "Authorization: Bearer 0123456789abcdef\r\n";

struct Running {
    gateway: Gateway,
    server: AdminServer,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }
}

impl Running {
    async fn start() -> Self {
        let key = Key::new("secret").unwrap();
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: None,
            store: None,
            admin: None,
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            loopback_exempt: true,
            apps: vec![AppConfig { id: AppId(1), keys: vec![key], rules: Default::default() }],
            limits: Default::default(),
        };
        let gateway = Gateway::start(config, Arc::new(MemoryStore::new())).await.unwrap();
        let token = AdminToken { name: "console".into(), secret: "0123456789abcdef".into() };
        let admin = AdminConfig { listen: "127.0.0.1:0".parse().unwrap(), tokens: vec![token] };
        let server = serve(gateway.clone(), admin).await.unwrap();
        Running { gateway, server }
    }

    /// One request on a connection of its own.
    async fn ask(&self, request: &str, headers: &str, body: &str) -> Answer {
        let mut socket = TcpStream::connect(self.server.addr()).await.unwrap();
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        socket.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    async fn call(&self, request: &str) -> Answer {
        self.ask(request, TOKEN, "").await
    }
}

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_nothing_is_told() {
    let running = Running::start().await;
    for path in
        ["GET /v1/apps", "POST /v1/apps/1/users/alice/kick", "GET /v1/audit", "GET /metrics", "GET /v2"]
    {
        let none = running.ask(path, "", "").await;
        assert_eq!((none.status, none.code()), (401, 70403), "{path}");
        assert!(none.head.contains("www-authenticate: bearer"));
        for wrong in ["Bearer 0123456789abcdeF", "Bearer 0123456789abcdef0", "Bearer x"] {
            let wrong = running.ask(path, &format!("Authorization: {wrong}\r\n"), "").await;
            assert_eq!((wrong.status, wrong.code()), (403, 70403), "{path}");
        }
    }
    let audit = running.call("GET /v1/audit").await;
    assert_eq!(audit.json()["records"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_health_check_needs_no_token() {
    let running = Running::start().await;
    let healthy = running.ask("GET /healthz", "", "").await;
    assert_eq!((healthy.status, healthy.body.as_str()), (200, "ok\n"));
}

#[tokio::test]
async fn what_an_operator_does_to_a_user_is_in_the_audit() {
    // G5, G9
    let running = Running::start().await;
    let unknown = running.call("POST /v1/apps/1/users/alice/kick").await;
    assert_eq!((unknown.status, unknown.code()), (404, 70107), "{}", unknown.body);
    assert_eq!(running.call("POST /v1/apps/9/users/alice/kick").await.code(), 70020);
    assert_eq!(running.call("POST /v1/apps/1/users/a%20b/kick").await.status, 400);
    assert_eq!(running.call("POST /v1/apps/one/users/alice/kick").await.status, 400);
    let records = running.call("GET /v1/audit?max=10").await.json()["records"].clone();
    let newest = &records[records.as_array().unwrap().len() - 1];
    assert_eq!((&newest["actor"], &newest["action"]), (&"console".into(), &"kick".into()));
    assert_eq!((&newest["app"], &newest["user"]), (&1.into(), &"alice".into()));
    let one = running.call("GET /v1/audit?max=1").await.json()["records"].clone();
    assert_eq!(one.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_policy_is_set_and_a_wrong_one_is_refused() {
    // G3
    let running = Running::start().await;
    let set = |body: &'static str| running.ask("PUT /v1/apps/1/policy", TOKEN, body);
    let good = set(r#"{"preset":"single","offline_kick_error":true}"#).await;
    assert_eq!(good.status, 200, "{}", good.body);
    let app = running.call("GET /v1/apps").await.json()["apps"][0].clone();
    assert_eq!((&app["id"], &app["offline_kick_error"]), (&1.into(), &true.into()));
    for bad in ["", "{}", r#"{"preset":"duo"}"#, r#"{"caps":{"web":11}}"#, r#"{"preset":"dual","x":1}"#] {
        let refused = set(bad).await;
        assert_eq!((refused.status, refused.code()), (400, 70402), "{bad}");
    }
    let large = format!("{{\"preset\":\"dual\"{}}}", " ".repeat(20_000));
    let large = running.ask("PUT /v1/apps/1/policy", TOKEN, &large).await;
    assert_eq!((large.status, large.code()), (413, 70402));
}

#[tokio::test]
async fn days_and_numbers_in_a_query_are_checked() {
    // G11
    let running = Running::start().await;
    let active = running.call("GET /v1/apps/1/active?from=2026-11-01&to=2026-11-30").await;
    assert_eq!((active.status, active.body.as_str()), (200, r#"{"logins":0,"users":0}"#));
    for bad in [
        "active",
        "active?from=2026-11-01",
        "active?from=2026-11-31&to=2026-12-01",
        "active?from=2026-11-02&to=2026-11-01",
        "active?from=2026-11-01&to=2026-11-02&x=1",
    ] {
        let refused = running.call(&format!("GET /v1/apps/1/{bad}")).await;
        assert_eq!((refused.status, refused.code()), (400, 70402), "{bad}");
    }
    assert_eq!(running.call("GET /v1/audit?max=-1").await.status, 400);
}

#[tokio::test]
async fn metrics_are_text_for_prometheus_and_no_answer_is_cached() {
    let running = Running::start().await;
    let metrics = running.call("GET /metrics").await;
    assert!(metrics.head.contains("content-type: text/plain; version=0.0.4"));
    assert!(metrics.head.contains("cache-control: no-store"));
    assert!(metrics.body.contains("\ntessera_sessions 0\n"), "{}", metrics.body);
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_answered_in_json() {
    let running = Running::start().await;
    assert_eq!(running.call("GET /v1/nothing").await.status, 404);
    let method = running.call("GET /v1/apps/1/users/alice/kick").await;
    assert_eq!((method.status, method.code()), (405, 70402));
}

#[tokio::test]
async fn when_it_stops_its_port_is_free_and_the_gateway_goes_on() {
    let Running { gateway, server } = Running::start().await;
    let address = server.addr();
    let idle = TcpStream::connect(address).await.unwrap();
    server.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
    assert!(TcpStream::connect(gateway.addr()).await.is_ok());
    drop(idle);
    gateway.stop().await;
}

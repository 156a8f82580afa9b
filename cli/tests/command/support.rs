//! Running the command, a gateway in a process of its own, and a login by hand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId};
use tessera_core::ticket::Ticket;
use tessera_core::wire::Login;

pub(crate) const APP: &str = "1400000001";
pub(crate) const SECRET: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
pub(crate) const TOKEN: &str = "0123456789abcdef-operator";

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A folder with a key and a token, in which commands run.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        place.private("app.key", SECRET);
        place.private("admin.token", TOKEN);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn private(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TESSERA_")) {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// A ticket, signed `extra` as the command line says.
    pub(crate) fn sign(&self, user: &str, extra: &[&str]) -> String {
        let fixed = ["sign", "--app", APP, "--key-file", "app.key", "--user", user];
        let ended = self.run(&[&fixed, extra].concat());
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
        ended.out.trim_end().to_owned()
    }

    /// Arguments that start a gateway on free ports.
    pub(crate) const SERVE: [&'static str; 13] = [
        "serve",
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--admin-token-file",
        "admin.token",
        "--app",
        APP,
        "--key-file",
        "app.key",
        "--limit=drain_ms=200",
    ];
}

/// A gateway in a process of its own.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: String,
    pub(crate) admin: String,
}

impl Running {
    pub(crate) fn start(place: &Place, extra: &[&str]) -> Self {
        let mut command = place.command(&[&Place::SERVE, extra].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut err = String::new();
            child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
            panic!("not ready: {line:?} {err}")
        });
        let url = ready["url"].as_str().unwrap();
        let address = url.strip_prefix("ws://").unwrap().strip_suffix("/tessera").unwrap().to_owned();
        Running { child, address, admin: ready["admin"].as_str().unwrap().to_owned() }
    }

    /// Runs a subcommand against its admin endpoint.
    pub(crate) fn admin(&self, place: &Place, arguments: &[&str]) -> Ended {
        place.run(&[arguments, &["--admin", &self.admin, "--token-file", "admin.token"]].concat())
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn end(self) -> Ended {
        // Taken out, so that dropping the rest does not kill it.
        let mut running = std::mem::ManuallyDrop::new(self);
        let mut texts = [String::new(), String::new()];
        running.child.stdout.take().unwrap().read_to_string(&mut texts[0]).unwrap();
        running.child.stderr.take().unwrap().read_to_string(&mut texts[1]).unwrap();
        let code = running.child.wait().unwrap().code();
        let [out, err] = texts;
        Ended { code, out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Logs in as a new session and keeps the connection. The first frame is the answer.
pub(crate) fn log_in(address: &str, user: &str, ticket: &str) -> (TcpStream, String) {
    static SESSIONS: AtomicU8 = AtomicU8::new(1);
    let login = Login {
        app: AppId(APP.parse().unwrap()),
        user: user.to_owned(),
        ticket: Ticket::new(ticket),
        device: DeviceId([1; 16]),
        platform: Platform::Linux,
        session: SessionId([SESSIONS.fetch_add(1, Ordering::Relaxed); 16]),
        instance: InstanceId([3; 16]),
        attempt: 1,
        resume: false,
        ends: Vec::new(),
        lease: None,
    };
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "GET /tessera HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: tessera.v1\r\nAuthorization: Tessera {}\r\n\r\n",
        login.to_authorization()
    )
    .unwrap();
    let answer = first_frame(&mut socket);
    (socket, answer)
}

/// What arrives until a frame, which is one JSON object without another in it, has ended.
pub(crate) fn first_frame(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"}") && socket.read(&mut byte).unwrap() == 1 {
        bytes.push(byte[0]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

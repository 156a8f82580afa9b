//! A server in a process of its own: started, measured, ended.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;

/// Linux counts CPU time for programs in hundredths of a second, on every machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process that says by one line of JSON that it is ready.
pub(crate) struct Server {
    child: Child,
    /// What the line says.
    pub(crate) ready: Value,
    /// From its start to that line.
    pub(crate) ready_in: Duration,
}

impl Server {
    pub(crate) fn start(command: &mut Command) -> Outcome<Server> {
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TESSERA_"))
        {
            command.env_remove(name);
        }
        let start = Instant::now();
        let program = command.get_program().to_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", program.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it was asked for")).read_line(&mut line)?;
        let ready_in = start.elapsed();
        let ready = serde_json::from_str(&line);
        let server = |ready| Server { child, ready, ready_in };
        match ready {
            Ok(ready) => Ok(server(ready)),
            Err(_) => {
                drop(server(Value::Null));
                Err(format!("{} does not get ready; see above", program.display()).into())
            }
        }
    }

    /// A text of the line.
    pub(crate) fn said(&self, name: &str) -> Outcome<String> {
        Ok(self.ready[name].as_str().ok_or_else(|| format!("a server does not say its {name}"))?.to_owned())
    }

    /// The CPU time of all its threads so far, in the kernel too.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat.rsplit(')').next().unwrap_or_default();
        // utime and stime are the 14th and 15th field; the second ends with the parenthesis.
        let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
        match ticks[..] {
            [user, system] => Ok(Duration::from_secs_f64((user + system) / TICKS_PER_SECOND)),
            _ => Err("/proc has no CPU times".into()),
        }
    }

    /// Its memory in bytes: what it has allocated and touched, without its code.
    pub(crate) fn memory(&self) -> Outcome<u64> {
        anonymous_memory(&self.child.id().to_string())
    }

    /// Ends it as an operator does, and waits.
    pub(crate) fn end(mut self) -> Outcome {
        let sent = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        if sent.success() { Ok(()) } else { Err("a server could not be told to end".into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The anonymous memory of a process in bytes; `self` is this one.
pub(crate) fn anonymous_memory(pid: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().map_err(|_| "/proc has no RssAnon")?;
    Ok(kib * 1024)
}

//! A driver process: one device. It is started once and used for one scenario after the other.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command as Process, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::protocol::{Act, Command, Event, Hello, Line, Reply};

/// How long a driver may take to start, and to reply.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running driver.
pub struct Driver {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// Events that came while a reply was awaited.
    events: std::collections::VecDeque<Event>,
    commands: u64,
    /// What it said of itself.
    pub hello: Hello,
}

impl Driver {
    /// Starts a driver by its command line.
    ///
    /// # Errors
    /// A text, if it does not start or does not say hello.
    pub fn start(command: &[String]) -> Result<Driver, String> {
        let (program, arguments) = command.split_first().ok_or("the driver has no command line")?;
        let mut process = Process::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the driver {program} does not start: {error}"))?;
        let input = process.stdin.take().ok_or("the driver has no input")?;
        let output = process.stdout.take().ok_or("the driver has no output")?;
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let first = lines.recv_timeout(PATIENCE).map_err(|_| format!("{program} did not say hello"))?;
        let hello =
            serde_json::from_str(&first).map_err(|error| format!("no hello in {first:?}: {error}"))?;
        Ok(Driver { process, input, lines, events: std::collections::VecDeque::new(), commands: 0, hello })
    }

    /// Gives a command and waits for its reply.
    ///
    /// # Errors
    /// A text, if the driver is gone or silent.
    pub fn command(&mut self, act: Act) -> Result<Reply, String> {
        self.commands += 1;
        let id = self.commands;
        let text = serde_json::to_string(&Command { id, act }).map_err(|error| error.to_string())?;
        writeln!(self.input, "{text}").map_err(|error| format!("the driver is gone: {error}"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.line(left)? {
                Some(Line::Reply(reply)) if reply.reply == id => return Ok(reply),
                Some(Line::Reply(reply)) => return Err(format!("a reply to {}, not {id}", reply.reply)),
                Some(Line::Event(event)) => self.events.push_back(event),
                None => return Err(format!("no reply within {} s to {text}", PATIENCE.as_secs())),
            }
        }
    }

    /// The next event, waited for at most so long.
    pub fn next_event(&mut self, within: Duration) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        match self.line(within) {
            Ok(Some(Line::Event(event))) => Some(event),
            Ok(Some(Line::Reply(_)) | None) | Err(_) => None,
        }
    }

    /// Forgets what the last scenario left.
    ///
    /// # Errors
    /// As [`Driver::command`].
    pub fn reset(&mut self) -> Result<(), String> {
        self.command(Act::Reset)?;
        self.events.clear();
        Ok(())
    }

    fn line(&mut self, within: Duration) -> Result<Option<Line>, String> {
        match self.lines.recv_timeout(within) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| format!("not a line: {text:?}: {error}")),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("the driver has ended".to_owned()),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A driver ends when its input does; whatever hangs is ended by its process.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! One client, as JavaScript has it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::{Error, Result};
use napi_derive::napi;
use tessera_client::settings::{self, Layers};
use tessera_client::{CallId, Engine, Numbering, Stamp, TicketRequestId};

use crate::event_loop::{EventLoop, Waker};
use crate::failure::Failure;

/// Status and user after a call, and what became of it.
#[napi(object)]
pub struct Outcome {
    /// Number of the call, whose result follows as an event; of unInit, the initialisation that events belong to now.
    pub number: f64,
    /// Why there is no such number.
    pub error: Option<Failure>,
    /// Rises with each change of status or user.
    pub epoch: f64,
    /// The login status, in Node's numbering.
    pub status: i32,
    /// The user; empty unless logged in.
    pub user: String,
}

/// One client.
#[napi]
pub struct Client {
    engine: Engine,
    doorbell: Arc<Doorbell>,
}

#[napi]
impl Client {
    /// A client whose events are taken on this loop, which is woken with `number`. `shared` asks for the shared
    /// instance; it is that if the loop has it.
    #[napi(constructor, catch_unwind)]
    pub fn new(event_loop: &EventLoop, number: u32, shared: bool) -> Result<Self> {
        let doorbell =
            Arc::new(Doorbell { waker: event_loop.waker(), number, has_rung: AtomicBool::new(false) });
        let ring = Arc::clone(&doorbell);
        let engine = Engine::new(shared && event_loop.has_shared(), Box::new(move || ring.ring()));
        let engine = engine.map_err(|error| Error::from_reason(error.to_string()))?;
        Ok(Client { engine, doorbell })
    }

    /// Initialises. Both maps have names of settings in any spelling, and their values as text.
    #[napi(catch_unwind)]
    pub fn init(
        &self,
        app: f64,
        code: HashMap<String, String>,
        environment: HashMap<String, String>,
    ) -> Option<Failure> {
        let layers = Layers {
            code: code.into_iter().collect(),
            environment: environment.into_iter().collect(),
            ..Layers::default()
        };
        // What is no app id in JavaScript is none here either: 0 is refused.
        self.engine.init_with(app as u64, || settings::resolve(&layers)).err().map(Failure::from)
    }

    /// Uninitialises. Events of a lower initialisation are void from here on.
    #[napi(catch_unwind)]
    pub fn un_init(&self) -> Outcome {
        let init = self.engine.un_init().init();
        outcome(self.engine.stamp(), Ok(init))
    }

    /// Logs in.
    #[napi(catch_unwind)]
    pub fn login(&self, user: String, ticket: String) -> Outcome {
        let (called, stamp) = self.engine.login_stamped(&user, &ticket);
        outcome(stamp, called.map(|CallId(number)| number))
    }

    /// Logs out.
    #[napi(catch_unwind)]
    pub fn logout(&self) -> Outcome {
        let (called, stamp) = self.engine.logout_stamped();
        outcome(stamp, called.map(|CallId(number)| number))
    }

    /// The network is available, or the app is in the foreground.
    #[napi(catch_unwind)]
    pub fn hint(&self) {
        self.engine.hint();
    }

    /// Whether ticket requests are answered.
    #[napi(catch_unwind)]
    pub fn set_has_provider(&self, has_provider: bool) {
        self.engine.set_has_provider(has_provider);
    }

    /// Answers a ticket request: with a ticket, or without one because the provider failed.
    #[napi(catch_unwind)]
    pub fn provide_ticket(&self, request: f64, ticket: Option<String>) {
        let answer = ticket.ok_or_else(|| "the ticket provider failed".to_owned());
        self.engine.provide_ticket(TicketRequestId(request as u64), answer);
    }

    /// Takes up to `max` events that wait, as the text of [`tessera_batch`]. If more are left, the loop is woken again.
    #[napi(catch_unwind)]
    pub fn take_events(&self, max: u32) -> String {
        // First, so that an event that comes after the look below rings again.
        self.doorbell.has_rung.store(false, Ordering::Release);
        let events = self.engine.try_next_events(max as usize);
        if self.engine.has_events() {
            self.doorbell.ring();
        }
        tessera_batch::text_of(&events, Numbering::Node)
    }

    /// State of the connection, by its number.
    #[napi(catch_unwind)]
    pub fn connection_status(&self) -> i32 {
        self.engine.connection_status().number()
    }

    /// Gateway time as Unix milliseconds; -1 until the gateway told it since init.
    #[napi(catch_unwind)]
    pub fn server_time(&self) -> f64 {
        self.engine.server_time().map_or(-1.0, |time| time.0 as f64)
    }
}

fn outcome(stamp: Stamp, called: std::result::Result<u64, tessera_client::Error>) -> Outcome {
    let (number, error) = match called {
        Ok(number) => (number as f64, None),
        Err(error) => (0.0, Some(Failure::from(error))),
    };
    Outcome {
        number,
        error,
        epoch: stamp.epoch as f64,
        status: stamp.status.number(Numbering::Node),
        user: stamp.user.map_or_else(String::new, |user| user.to_string()),
    }
}

/// Wakes the loop once for all events that wait.
struct Doorbell {
    waker: Arc<Waker>,
    number: u32,
    has_rung: AtomicBool,
}

impl Doorbell {
    fn ring(&self) {
        if !self.has_rung.swap(true, Ordering::AcqRel) {
            self.waker.wake(self.number);
        }
    }
}

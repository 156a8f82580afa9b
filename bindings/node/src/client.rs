//! One client, as JavaScript has it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use napi::bindgen_prelude::{Error, Result};
use napi_derive::napi;
use serde::Serialize;
use tessera_client::settings::{self, Layers};
use tessera_client::{CallId, Engine, Numbering, Stamp, TicketRequestId};

use crate::event_loop::{Caller, EventLoop, Waker};
use crate::failure::Failure;

/// How many events come at once.
const EVENTS_AT_ONCE: usize = 1024;

/// Status and user after a call, and what became of it: `Outcome` of `bindings/typescript/src/native.ts`.
#[derive(Serialize)]
struct Outcome<'a> {
    number: u64,
    error: Option<Failure>,
    epoch: u64,
    status: i32,
    user: &'a str,
}

/// One client. What its calls return is JSON: a text costs less than an object that Node-API makes field by field.
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
        let doorbell = Arc::new(Doorbell {
            waker: event_loop.waker(),
            number,
            has_rung: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
            engine: OnceLock::new(),
        });
        // Weak, because the doorbell has the engine too: it ends with the last that JavaScript holds.
        let bell = Arc::downgrade(&doorbell);
        let ring = move || bell.upgrade().into_iter().for_each(|doorbell| doorbell.ring());
        let engine = Engine::new(shared && event_loop.has_shared(), Box::new(ring));
        let engine = engine.map_err(|error| Error::from_reason(error.to_string()))?;
        let engine = doorbell.engine.get_or_init(|| engine).clone();
        Ok(Client { engine, doorbell })
    }

    /// Initialises. Both maps have names of settings in any spelling, and their values as text. Returns why it failed.
    #[napi(catch_unwind)]
    pub fn init(
        &self,
        app: f64,
        code: HashMap<String, String>,
        environment: HashMap<String, String>,
    ) -> Option<String> {
        let layers = Layers {
            code: code.into_iter().collect(),
            environment: environment.into_iter().collect(),
            ..Layers::default()
        };
        // What is no app id in JavaScript is none here either: 0 is refused.
        self.engine
            .init_with(app as u64, || settings::resolve(&layers))
            .err()
            .map(|error| json(&Failure::from(error)))
    }

    /// Uninitialises. The number of its outcome is that of the initialisation from now on: events of a lower one are
    /// void.
    #[napi(catch_unwind)]
    pub fn un_init(&self) -> String {
        let init = self.engine.un_init().init();
        outcome(self.engine.stamp(), Ok(init))
    }

    /// Logs in.
    #[napi(catch_unwind)]
    pub fn login(&self, user: String, ticket: String) -> String {
        let (called, stamp) = self.engine.login_stamped(&user, &ticket);
        outcome(stamp, called.map(|CallId(number)| number))
    }

    /// Logs out.
    #[napi(catch_unwind)]
    pub fn logout(&self) -> String {
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

    /// Takes all events that wait, as the text of [`tessera_batch`], and ends a hold.
    #[napi(catch_unwind)]
    pub fn take_events(&self) -> String {
        self.doorbell.is_held.store(false, Ordering::Relaxed);
        self.doorbell.take(usize::MAX)
    }

    /// While events are held the loop gets no more: they stay in the core, where their number has a bound.
    #[napi(catch_unwind)]
    pub fn hold_events(&self, hold: bool) {
        self.doorbell.is_held.store(hold, Ordering::Relaxed);
        if !hold {
            self.doorbell.has_rung.store(false, Ordering::Release);
            self.doorbell.ring_for_more();
        }
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

fn outcome(stamp: Stamp, called: std::result::Result<u64, tessera_client::Error>) -> String {
    let (number, error) = match called {
        Ok(number) => (number, None),
        Err(error) => (0, Some(Failure::from(error))),
    };
    let user = stamp.user.as_ref().map_or("", |user| user.as_str());
    json(&Outcome { number, error, epoch: stamp.epoch, status: stamp.status.number(Numbering::Node), user })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers and texts have a JSON form")
}

/// Wakes the loop once for all events that wait.
pub(crate) struct Doorbell {
    waker: Arc<Waker>,
    number: u32,
    has_rung: AtomicBool,
    /// Set and looked at on JavaScript's thread alone.
    is_held: AtomicBool,
    engine: OnceLock<Engine>,
}

impl Doorbell {
    fn ring(self: &Arc<Self>) {
        if !self.has_rung.swap(true, Ordering::AcqRel) {
            self.waker.wake(Caller::Client { number: self.number, doorbell: Arc::downgrade(self) });
        }
    }

    /// What the loop has been woken for: a batch of events. If more wait, the loop is woken again.
    pub(crate) fn answer(self: &Arc<Self>) -> String {
        if self.is_held.load(Ordering::Relaxed) {
            return tessera_batch::text_of(&[], Numbering::Node);
        }
        let text = self.take(EVENTS_AT_ONCE);
        self.ring_for_more();
        text
    }

    fn ring_for_more(self: &Arc<Self>) {
        if self.engine.get().is_some_and(Engine::has_events) {
            self.ring();
        }
    }

    fn take(&self, max: usize) -> String {
        // First, so that an event that comes after the look below rings again.
        self.has_rung.store(false, Ordering::Release);
        let events = self.engine.get().map_or_else(Vec::new, |engine| engine.try_next_events(max));
        tessera_batch::text_of(&events, Numbering::Node)
    }
}

//! What an app would be: it calls the API, keeps the calls whose result is due, and reports what comes.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::io::{Write, stdout};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tessera_client::v2tim::{V2TimManager, V2TimSdkConfig, V2TimSdkListener};
use tessera_client::{Error, Pending};
use tessera_conformance::protocol::{Act, Answer, Event, Reply, State};

use crate::listener::Listener;

/// How often finished calls are looked for when no callback does.
const LOOK_EVERY: Duration = Duration::from_millis(1);

thread_local! {
    /// True while this thread is inside a call of the API.
    static IN_CALL: Cell<bool> = const { Cell::new(false) };
}

/// The app.
#[derive(Clone)]
pub(crate) struct Host {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    /// Calls whose result is due, oldest first.
    calls: Vec<(String, Pending)>,
    hooks: Vec<(String, Act)>,
    answers: VecDeque<Answer>,
    listeners: BTreeMap<String, Arc<dyn V2TimSdkListener>>,
}

impl Inner {
    /// To be taken before the event is told: the hook that the answer to it brings is for the next one.
    fn take_hook(&mut self, event: &str) -> Option<Act> {
        let at = self.hooks.iter().position(|(name, _)| name == event);
        at.map(|at| self.hooks.remove(at).1)
    }
}

fn manager() -> &'static V2TimManager {
    V2TimManager::get_instance()
}

impl Host {
    pub(crate) fn start() -> Host {
        let host = Host { inner: Arc::default() };
        let looker = host.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(LOOK_EVERY);
                looker.report_results();
            }
        });
        host
    }

    /// Writes a line. One at a time: the lock of standard output is held for all of it.
    pub(crate) fn say(&self, line: &impl serde_json_line::Line) {
        let mut out = stdout().lock();
        // A runner that is gone reads nothing; the next read of its commands ends this process.
        let _ = writeln!(out, "{}", line.to_line());
        let _ = out.flush();
    }

    pub(crate) fn carry_out(&self, id: u64, act: Act) -> Reply {
        IN_CALL.set(true);
        let (ok, code) = self.act(act);
        IN_CALL.set(false);
        Reply { reply: id, ok, code, state: state() }
    }

    fn act(&self, act: Act) -> (bool, i32) {
        match act {
            Act::Init { app, settings } => return self.init(app, settings),
            Act::UnInit => drop(manager().un_init_sdk().wait()),
            Act::Login { user, ticket, call } => {
                let mut inner = self.lock();
                let pending = manager().login(&user, &ticket);
                inner.calls.push((call, pending));
            }
            Act::BlockingLogin { user, ticket, call } => {
                let result = manager().login(&user, &ticket).wait();
                self.report(result_event(call, &result));
            }
            Act::Logout { call } => {
                let mut inner = self.lock();
                let pending = manager().logout();
                inner.calls.push((call, pending));
            }
            Act::Hint => manager().client().notify_network_available(),
            Act::Provider { answers } => self.provide(answers),
            Act::AddListener { name, throws } => {
                let listener = self.listener(&name, throws);
                manager().add_im_sdk_listener(listener);
            }
            Act::RemoveListener { name } => {
                let listener = self.lock().listeners.remove(&name);
                if let Some(listener) = listener {
                    manager().remove_im_sdk_listener(&listener);
                }
            }
            Act::When { event, then } => self.lock().hooks.push((event, *then)),
            Act::State => {}
            Act::Reset => {
                drop(manager().un_init_sdk().wait());
                manager().client().clear_ticket_provider();
                *self.lock() = Inner::default();
            }
        }
        (true, 0)
    }

    fn init(&self, app: u64, settings: BTreeMap<String, String>) -> (bool, i32) {
        let config = settings
            .into_iter()
            .fold(V2TimSdkConfig::new(), |config, (name, value)| config.set(&name, value));
        manager().add_im_sdk_listener(self.listener("main", false));
        let ok = manager().init_sdk(app, config);
        (ok, manager().last_error().map_or(0, |error| error.code.0))
    }

    /// The listener of that name: always the same object.
    fn listener(&self, name: &str, throws: bool) -> Arc<dyn V2TimSdkListener> {
        let mut inner = self.lock();
        let new =
            || Arc::new(Listener::new(self.clone(), name.to_owned(), throws)) as Arc<dyn V2TimSdkListener>;
        Arc::clone(inner.listeners.entry(name.to_owned()).or_insert_with(new))
    }

    fn provide(&self, answers: Vec<Answer>) {
        self.lock().answers = answers.into();
        let host = self.clone();
        manager().client().set_ticket_provider(move |_user| {
            let host = host.clone();
            async move {
                let answer = host.lock().answers.pop_front();
                host.report(Event { event: "ticket_request".to_owned(), ..Event::default() });
                match answer {
                    Some(Answer::Ticket(ticket)) => Ok(ticket),
                    Some(Answer::Error(error)) => Err(error),
                    Some(Answer::Hang) => std::future::pending().await,
                    None => Err("no more tickets".to_owned()),
                }
            }
        });
    }

    /// Reports a callback: first the results that were there before it, then itself, then what its hook does.
    pub(crate) fn report(&self, event: Event) {
        self.report_results();
        let main = event.listener.is_empty() || event.listener == "main";
        let name = event.event.clone();
        let hook = if main { self.lock().take_hook(&name) } else { None };
        self.say(&Event { inside_call: IN_CALL.get() && main && name != "result", state: state(), ..event });
        self.run_hook(hook);
    }

    fn run_hook(&self, hook: Option<Act>) {
        match hook {
            // Awaiting the end of everything inside a callback is what no callback can do.
            Some(Act::UnInit) => drop(manager().un_init_sdk()),
            Some(act) => drop(self.act(act)),
            None => {}
        }
    }

    /// Reports calls that have their result, in the order of the calls.
    fn report_results(&self) {
        loop {
            let done = {
                let mut inner = self.lock();
                let mut context = Context::from_waker(Waker::noop());
                let ready =
                    inner.calls.iter_mut().enumerate().find_map(|(at, (_, pending))| {
                        match Pin::new(pending).poll(&mut context) {
                            Poll::Ready(result) => Some((at, result)),
                            Poll::Pending => None,
                        }
                    });
                ready.map(|(at, result)| {
                    let (call, _) = inner.calls.remove(at);
                    let hook = inner.take_hook("result");
                    // Said under the lock, so that two threads cannot change the order.
                    self.say(&Event { state: state(), ..result_event(call, &result) });
                    hook
                })
            };
            match done {
                Some(hook) => self.run_hook(hook),
                None => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn state() -> State {
    State {
        status: manager().get_login_status(),
        user: manager().get_login_user(),
        connection: manager().client().connection_status().number(),
    }
}

fn result_event(call: String, result: &Result<(), Error>) -> Event {
    let event = Event { event: "result".to_owned(), call, ..Event::default() };
    match result {
        Ok(()) => event,
        Err(error) => {
            Event { code: error.code.0, desc: error.desc.clone(), retryable: Some(error.retryable), ..event }
        }
    }
}

/// A line of the protocol as text.
mod serde_json_line {
    use tessera_conformance::protocol::{Event, Hello, Reply};

    /// What can be written as a line.
    pub(crate) trait Line {
        fn to_line(&self) -> String;
    }

    macro_rules! line {
        ($($kind:ty),*) => {$(
            impl Line for $kind {
                fn to_line(&self) -> String {
                    serde_json::to_string(self).expect("lines have only string keys")
                }
            }
        )*};
    }
    line!(Hello, Reply, Event);
}

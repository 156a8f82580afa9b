//! Plays a scenario, step by step, on a stage. The steps mean the same on every stage.

use std::collections::{BTreeMap, VecDeque};

use tessera_core::client::Init;
use tessera_core::error::Error;
use tessera_core::gateway::policy::Policy;
use tessera_core::gateway::registry::{AdminOrder, AppRules, SessionInfo};
use tessera_core::generated::codes;
use tessera_core::generated::status::{ConnectionStatus, LoginStatus, Numbering};
use tessera_core::ticket::{Key, sign};
use tessera_core::time::Millis;

use crate::protocol::{Act, Answer, Event, Reply, State};
use crate::scenario::{EventStep, Fault, LoginStep, ResultStep, Scenario, StateStep, Step, Then, TicketText};

/// The app of every scenario.
pub const APP: u64 = tessera_sim::APP.0;
/// The key that its tickets are signed with.
pub const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

const WRONG_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const PATIENCE: Millis = Millis(5_000);
const DAY_S: u64 = 86_400;
const CONNECT_EVENTS: [&str; 4] = ["connecting", "connect_success", "connect_failed", "disconnected"];

/// Where a scenario is played.
pub trait Stage {
    /// The numbering of its drivers.
    fn numbering(&self) -> Numbering;
    /// Gives a command to a device's driver and waits until the call has returned.
    ///
    /// # Errors
    /// A text, if the driver is gone or does not reply.
    fn command(&mut self, device: &str, act: Act) -> Result<Reply, String>;
    /// The next event of a device, waited for at most so long.
    fn next_event(&mut self, device: &str, within: Millis) -> Option<Event>;
    /// Lets time pass.
    fn wait(&mut self, span: Millis);
    /// Gateway time.
    fn gateway_now(&self) -> Millis;
    /// Moves the gateway's clock.
    fn move_clock(&mut self, by_ms: i64);
    /// Changes a device's network.
    fn network(&mut self, device: &str, fault: Fault);
    /// Carries out an operator's order on a user of the app.
    ///
    /// # Errors
    /// The gateway's refusal.
    fn admin(&mut self, user: &str, order: AdminOrder) -> Result<(), Error>;
    /// A user's sessions, oldest first.
    ///
    /// # Errors
    /// The gateway's refusal.
    fn sessions(&mut self, user: &str) -> Result<Vec<SessionInfo>, Error>;
    /// Sets the app's rules.
    ///
    /// # Errors
    /// The gateway's refusal, as a text.
    fn set_rules(&mut self, rules: AppRules) -> Result<(), String>;
    /// Kills the gateway and starts it again on its store.
    ///
    /// # Errors
    /// A text, if it does not come back.
    fn restart(&mut self) -> Result<(), String>;
    /// Drains the gateway, which is back after the time.
    ///
    /// # Errors
    /// As [`Stage::restart`].
    fn drain(&mut self, back_after: Millis) -> Result<(), String>;
    /// Makes the gateway's store refuse writes, or take them again.
    fn store_fails(&mut self, fails: bool);
    /// How many logins the gateway has counted (G11).
    fn logins_counted(&mut self) -> u64;
    /// How long to wait at the end for what must not come.
    fn epilogue(&self) -> Millis;
}

/// Plays a scenario.
///
/// # Errors
/// A text that names the step and what was different.
pub fn play(scenario: &Scenario, stage: &mut dyn Stage) -> Result<(), String> {
    let mut player = Player {
        scenario,
        stage,
        tickets: BTreeMap::new(),
        calls: BTreeMap::new(),
        streams: BTreeMap::new(),
    };
    for (n, step) in scenario.steps.iter().enumerate() {
        player.step(step).map_err(|what| format!("step {}, {}: {what}", n + 1, brief(step)))?;
    }
    player.epilogue()
}

fn brief(step: &Step) -> String {
    let text = format!("{step:?}");
    let text: String = text.chars().take(120).collect();
    text
}

struct Player<'a> {
    scenario: &'a Scenario,
    stage: &'a mut dyn Stage,
    tickets: BTreeMap<String, String>,
    /// The device of each call.
    calls: BTreeMap<String, String>,
    /// Events that came and are not looked at yet, by device and listener. Results are the main listener's.
    streams: BTreeMap<(String, String), VecDeque<Event>>,
}

impl Player<'_> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Init(init) => self.init(init),
            Step::UnInit(on) => self.command(&on.on, Act::UnInit).map(drop),
            Step::Sign { r#as, ticket } => {
                let text = self.sign(ticket)?;
                self.tickets.insert(r#as.clone(), text);
                Ok(())
            }
            Step::Login(login) => self.login(login),
            Step::Logout { on, r#as, status } => {
                self.calls.insert(r#as.clone(), on.clone());
                let reply = self.command(on, Act::Logout { call: r#as.clone() })?;
                self.check_on_return(on, r#as, status.as_deref(), &reply)
            }
            Step::Hint(on) => self.command(&on.on, Act::Hint).map(drop),
            Step::Result(result) => self.result(result),
            Step::Event(event) => self.event(event),
            Step::Quiet { on, ms, events } => self.quiet(on, Millis(*ms), events),
            Step::State(state) => self.state(state),
            Step::Wait { ms } => {
                self.stage.wait(Millis(*ms));
                Ok(())
            }
            Step::MoveClock { ms } => {
                self.stage.move_clock(*ms);
                Ok(())
            }
            Step::Network { on, fault } => {
                self.stage.network(on, *fault);
                Ok(())
            }
            Step::Kick(admin) => self.admin(&admin.user, AdminOrder::Kick, admin.code),
            Step::Disable(admin) => self.admin(&admin.user, AdminOrder::SetDisabled(true), admin.code),
            Step::Enable(admin) => self.admin(&admin.user, AdminOrder::SetDisabled(false), admin.code),
            Step::ExpireNow(admin) => self.admin(&admin.user, AdminOrder::ExpireNow, admin.code),
            Step::Policy { policy, offline_kick_error } => {
                let policy = Policy::try_from(policy.clone()).map_err(|error| error.to_string())?;
                self.stage.set_rules(AppRules { policy, offline_kick_error: *offline_kick_error })
            }
            Step::Sessions { user, are } => self.sessions(user, are),
            Step::Restart {} => self.stage.restart(),
            Step::Drain { ms } => self.stage.drain(Millis(*ms)),
            Step::Store { fails } => {
                self.stage.store_fails(*fails);
                Ok(())
            }
            Step::Provider { on, answers } => self.provider(on, answers),
            Step::AddListener { on, listener, throws } => {
                let act = Act::AddListener { name: listener.clone(), throws: *throws };
                self.command(on, act).map(drop)
            }
            Step::RemoveListener { on, listener } => {
                self.command(on, Act::RemoveListener { name: listener.clone() }).map(drop)
            }
            Step::When { on, event, then } => self.when(on, event, then),
            Step::Counted { logins } => {
                let counted = self.stage.logins_counted();
                if counted == *logins { Ok(()) } else { Err(format!("{counted} logins were counted")) }
            }
        }
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    fn command(&mut self, device: &str, act: Act) -> Result<Reply, String> {
        let reply = self.stage.command(device, act)?;
        self.collect(device, Millis::ZERO);
        Ok(reply)
    }

    fn init(&mut self, init: &crate::scenario::InitStep) -> Result<(), String> {
        let device = self.scenario.devices.get(&init.on).ok_or("no such device")?;
        let mut settings = BTreeMap::new();
        for (name, value) in self.scenario.settings.iter().chain(&device.settings) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            settings.insert(name.clone(), text);
        }
        let reply = self.command(&init.on, Act::Init { app: init.app.unwrap_or(APP), settings })?;
        match (reply.ok, init.code) {
            (true, 0) => Ok(()),
            (false, code) if code != 0 && code == reply.code => Ok(()),
            _ => Err(format!("init replied ok = {}, code {}", reply.ok, reply.code)),
        }
    }

    fn login(&mut self, login: &LoginStep) -> Result<(), String> {
        let ticket = match &login.text {
            Some(text) => text.clone(),
            None => self.ticket(&login.user, login.ticket.as_deref())?,
        };
        let (user, call) = (login.user.clone(), login.r#as.clone());
        self.calls.insert(call.clone(), login.on.clone());
        let reply = self.command(&login.on, Act::Login { user, ticket, call })?;
        self.check_on_return(&login.on, &login.r#as, login.status.as_deref(), &reply)
    }

    /// The status that a call leaves (C1), unless its result is already there, which may have moved it on. A binding
    /// publishes the newest state before it calls back, so a result that is just on its way counts too, if the state
    /// that it comes with is the one that the call has left.
    fn check_on_return(
        &mut self,
        device: &str,
        call: &str,
        status: Option<&str>,
        reply: &Reply,
    ) -> Result<(), String> {
        let Some(status) = status else { return Ok(()) };
        if self.result_state(device, call).is_some() {
            return Ok(());
        }
        let checked = self.check_status(status, &reply.state);
        if checked.is_err() {
            while self.result_state(device, call).is_none() && self.collect(device, PATIENCE) {}
            let overtook =
                |state: &State| state.status == reply.state.status && state.user == reply.state.user;
            if self.result_state(device, call).is_some_and(overtook) {
                return Ok(());
            }
        }
        checked
    }

    /// The state with which a call's result came, if it has come and was not looked at yet.
    fn result_state(&self, device: &str, call: &str) -> Option<&State> {
        let stream = self.streams.get(&(device.to_owned(), "main".to_owned()))?;
        stream.iter().find(|event| event.call == call).map(|event| &event.state)
    }

    /// A ticket by its name, or the user's own, which is signed once.
    fn ticket(&mut self, user: &str, name: Option<&str>) -> Result<String, String> {
        match name {
            Some(name) => self.tickets.get(name).cloned().ok_or_else(|| format!("no ticket {name}")),
            None => {
                let key = format!("user {user}");
                if let Some(text) = self.tickets.get(&key) {
                    return Ok(text.clone());
                }
                let signable = tessera_core::ticket::is_user_id(user);
                let owner = if signable { user } else { "somebody" };
                let text = self.sign(&TicketText { user: owner.to_owned(), ..TicketText::default() })?;
                self.tickets.insert(key, text.clone());
                Ok(text)
            }
        }
    }

    fn sign(&self, ticket: &TicketText) -> Result<String, String> {
        let key =
            Key::new(if ticket.wrong_key { WRONG_KEY } else { KEY }).map_err(|error| error.to_string())?;
        let at = Millis(self.stage.gateway_now().0.saturating_add_signed(ticket.at_s.saturating_mul(1000)));
        let expire = ticket.expire_s.unwrap_or(DAY_S);
        let signed = sign(&key, ticket.app.unwrap_or(APP), &ticket.user, at, expire, None);
        let text = signed.map_err(|error| error.to_string())?.expose().to_owned();
        Ok(text[..text.len().saturating_sub(ticket.cut)].to_owned())
    }

    fn provider(&mut self, on: &str, answers: &[String]) -> Result<(), String> {
        let answer = |text: &String| match text.as_str() {
            "error" => Ok(Answer::Error("the app's server cannot be reached".to_owned())),
            "hang" => Ok(Answer::Hang),
            name => self.tickets.get(name).cloned().map(Answer::Ticket).ok_or(format!("no ticket {name}")),
        };
        let answers = answers.iter().map(answer).collect::<Result<Vec<_>, String>>()?;
        self.command(on, Act::Provider { answers }).map(drop)
    }

    fn when(&mut self, on: &str, event: &str, then: &Then) -> Result<(), String> {
        let then = match then {
            Then::Login(login) => {
                let ticket = self.ticket(&login.user, login.ticket.as_deref())?;
                self.calls.insert(login.r#as.clone(), on.to_owned());
                Act::Login { user: login.user.clone(), ticket, call: login.r#as.clone() }
            }
            Then::BlockingLogin(login) => {
                let ticket = self.ticket(&login.user, login.ticket.as_deref())?;
                self.calls.insert(login.r#as.clone(), on.to_owned());
                Act::BlockingLogin { user: login.user.clone(), ticket, call: login.r#as.clone() }
            }
            Then::Logout { r#as } => {
                self.calls.insert(r#as.clone(), on.to_owned());
                Act::Logout { call: r#as.clone() }
            }
            Then::UnInit {} => Act::UnInit,
            Then::RemoveListener { listener } => Act::RemoveListener { name: listener.clone() },
        };
        self.command(on, Act::When { event: event.to_owned(), then: Box::new(then) }).map(drop)
    }

    fn admin(&mut self, user: &str, order: AdminOrder, code: i32) -> Result<(), String> {
        match self.stage.admin(user, order) {
            Ok(()) if code == 0 => Ok(()),
            Err(error) if error.code.0 == code => Ok(()),
            Ok(()) => Err("the order was carried out".to_owned()),
            Err(error) => Err(format!("the order failed with {error}")),
        }
    }

    // ---- what is seen -------------------------------------------------------------------------------------------

    /// Takes what a device has said, waiting for the first of it at most so long.
    fn collect(&mut self, device: &str, within: Millis) -> bool {
        let mut wait = within;
        let mut any = false;
        while let Some(event) = self.stage.next_event(device, wait) {
            let listener = if event.listener.is_empty() { "main" } else { &event.listener };
            let key = (device.to_owned(), listener.to_owned());
            self.streams.entry(key).or_default().push_back(event);
            any = true;
            wait = Millis::ZERO;
        }
        any
    }

    /// The next event of a stream that is not passed over.
    fn next(&mut self, device: &str, listener: &str, wants: &str, within: Millis) -> Result<Event, String> {
        let key = (device.to_owned(), listener.to_owned());
        let mut left = within;
        loop {
            while let Some(event) = self.streams.get_mut(&key).and_then(VecDeque::pop_front) {
                if event.inside_call {
                    return Err(format!("a callback ran inside the call that caused it (C18): {event:?}"));
                }
                let passed_over =
                    CONNECT_EVENTS.contains(&event.event.as_str()) || event.event == "ticket_request";
                if event.event == wants || !passed_over {
                    return Ok(event);
                }
            }
            let before = self.stage.gateway_now();
            if left == Millis::ZERO || !self.collect(device, left) {
                return Err(format!("nothing came within {within}"));
            }
            left = left - (self.stage.gateway_now() - before);
        }
    }

    fn result(&mut self, step: &ResultStep) -> Result<(), String> {
        let device = self.calls.get(&step.of).cloned().ok_or("no such call")?;
        let within = step.within_ms.map_or(PATIENCE, Millis);
        let event = self.next(&device, "main", "result", within)?;
        if event.event != "result" || event.call != step.of {
            return Err(format!("got {event:?}"));
        }
        if event.code != step.code {
            return Err(format!("the code is {} ({})", event.code, event.desc));
        }
        if step.retryable.is_some() && event.retryable != step.retryable {
            return Err(format!("retryable is {:?}", event.retryable));
        }
        match &step.desc {
            Some(part) if !event.desc.contains(part) => Err(format!("the description is {:?}", event.desc)),
            Some(_) | None => Ok(()),
        }
    }

    fn event(&mut self, step: &EventStep) -> Result<(), String> {
        let within = step.within_ms.map_or(PATIENCE, Millis);
        let listener = step.listener.as_deref().unwrap_or("main");
        let event = self.next(&step.on, listener, &step.event, within)?;
        let same = event.event == step.event
            && step.code.is_none_or(|code| code == event.code)
            && step.reason.as_ref().is_none_or(|reason| *reason == event.reason)
            && step.platform.as_ref().is_none_or(|platform| *platform == event.platform);
        if same { Ok(()) } else { Err(format!("got {event:?}")) }
    }

    fn quiet(&mut self, on: &str, span: Millis, events: &[String]) -> Result<(), String> {
        self.stage.wait(span);
        self.collect(on, Millis::ZERO);
        let key = (on.to_owned(), "main".to_owned());
        let disturbs = |event: &&Event| {
            if events.is_empty() {
                !CONNECT_EVENTS.contains(&event.event.as_str())
            } else {
                events.contains(&event.event)
            }
        };
        match self.streams.get(&key).and_then(|stream| stream.iter().find(disturbs)) {
            Some(event) => Err(format!("got {event:?}")),
            None => Ok(()),
        }
    }

    fn state(&mut self, step: &StateStep) -> Result<(), String> {
        let state = self.command(&step.on, Act::State)?.state;
        if let Some(status) = &step.status {
            self.check_status(status, &state)?;
        }
        if step.user.as_ref().is_some_and(|user| *user != state.user) {
            return Err(format!("the user is {:?}", state.user));
        }
        if let Some(name) = &step.connection {
            let connection = ConnectionStatus::parse(name).ok_or("no such connection status")?;
            if connection.number() != state.connection {
                return Err(format!("the connection is {}", state.connection));
            }
        }
        Ok(())
    }

    fn check_status(&self, name: &str, state: &State) -> Result<(), String> {
        let status = LoginStatus::parse(name).ok_or("no such login status")?;
        let number = status.number(self.stage.numbering());
        if number == state.status {
            Ok(())
        } else {
            Err(format!("the status is {}, not {number}", state.status))
        }
    }

    fn sessions(&mut self, user: &str, are: &[String]) -> Result<(), String> {
        let mut sessions = match self.stage.sessions(user) {
            Ok(sessions) => sessions,
            Err(error) if are.is_empty() => {
                return if error.code == codes::ERR_SVR_ACCOUNT_NOT_FOUND {
                    Ok(())
                } else {
                    Err(error.to_string())
                };
            }
            Err(error) => return Err(error.to_string()),
        };
        sessions.sort_by_key(|session| session.order);
        let found: Vec<String> = sessions
            .iter()
            .map(|session| format!("{}{}", if session.connected { "" } else { "-" }, session.platform))
            .collect();
        if found == are { Ok(()) } else { Err(format!("the sessions are {found:?}")) }
    }

    /// What is left over must be connect events: each call completes once, and nothing happens unasked.
    fn epilogue(&mut self) -> Result<(), String> {
        let span = self.stage.epilogue();
        self.stage.wait(span);
        for device in self.scenario.devices.keys() {
            self.collect(device, Millis::ZERO);
        }
        for ((device, listener), stream) in &self.streams {
            let left = stream.iter().find(|event| {
                listener == "main"
                    && !CONNECT_EVENTS.contains(&event.event.as_str())
                    && event.event != "ticket_request"
            });
            if let Some(event) = left {
                return Err(format!("at the end, {device} had got {event:?} unexpected"));
            }
        }
        Ok(())
    }
}

/// The reply to an initialisation.
pub fn init_reply(result: Result<Init, Error>) -> (bool, i32) {
    match result {
        Ok(Init::Started | Init::AlreadyRunning) => (true, 0),
        Err(error) => (false, error.code.0),
    }
}

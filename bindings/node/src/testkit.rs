//! The test kit for JavaScript: a gateway inside the process, which takes orders as JSON.
//!
//! Orders that take time run on Node's thread pool, so that one kind of task serves them all. `bindings/node/ts/testkit`
//! is the other end and has the methods that people call.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use napi::bindgen_prelude::{AsyncTask, Env, Error as NodeError, Result as NodeResult, Task};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Value, json};
use tessera_testkit::blocking::{Condition, Error, Fault, Gateway};
use tessera_testkit::{Millis, Options, PolicyText, SessionInfo};

/// A gateway that is there from the order `start` on.
#[napi]
pub struct TestGateway {
    seat: Seat,
}

type Seat = Arc<OnceLock<Gateway>>;

#[napi]
impl TestGateway {
    /// Nothing runs yet.
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        TestGateway { seat: Seat::default() }
    }

    /// Carries out an order on the calling thread, for those that take no time. Returns the outcome as JSON: `value`,
    /// or `error`.
    #[napi(catch_unwind)]
    pub fn order_now(&self, order: String) -> NodeResult<String> {
        Ok(text_of(parse(&order).and_then(|order| carry_out(&self.seat, order))))
    }

    /// Carries out an order on the thread pool.
    #[napi(catch_unwind)]
    pub fn order(&self, order: String) -> AsyncTask<Errand> {
        AsyncTask::new(Errand { seat: Arc::clone(&self.seat), order })
    }
}

/// An order on its way through the thread pool.
pub struct Errand {
    seat: Seat,
    order: String,
}

impl Task for Errand {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> NodeResult<String> {
        let act = || parse(&self.order).and_then(|order| carry_out(&self.seat, order));
        let outcome = catch_unwind(AssertUnwindSafe(act));
        outcome.map(text_of).map_err(|_| NodeError::from_reason("the test gateway panicked"))
    }

    fn resolve(&mut self, _: Env, outcome: String) -> NodeResult<String> {
        Ok(outcome)
    }
}

/// What a test can order.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Order {
    Start {
        app: Option<u64>,
        key: Option<String>,
        policy: Option<PolicyText>,
        offline_kick_error: Option<bool>,
        limits: Option<BTreeMap<String, u64>>,
        store: Option<PathBuf>,
    },
    Stop,
    UrlOf {
        client: String,
    },
    DeviceIdOf {
        client: String,
    },
    Sign {
        user: String,
        expire_seconds: u64,
        at_ms: Option<u64>,
    },
    Now,
    Kick {
        user: String,
    },
    Disable {
        user: String,
    },
    Enable {
        user: String,
    },
    ExpireNow {
        user: String,
    },
    Sessions {
        user: String,
    },
    SetPolicy {
        policy: PolicyText,
    },
    SetOfflineKickError {
        on: bool,
    },
    MoveClock {
        by_ms: i64,
    },
    Fault {
        client: String,
        fault: FaultText,
    },
    Connections {
        client: String,
    },
    Logins,
    FailWrites {
        fail: bool,
    },
    Restart,
    Drain {
        back_after_ms: u64,
    },
    WaitUntil {
        condition: ConditionText,
        timeout_ms: u64,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum FaultText {
    Cut,
    Down,
    Refuse,
    Stall,
    Delay(u64),
    Restore,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum ConditionText {
    Sessions { user: String, count: usize },
    Connected { user: String, count: usize },
    Connections { client: String, count: usize },
    Logins(u64),
}

/// What a test gives is in it, such as half a millisecond.
fn parse(order: &str) -> Result<Order, Error> {
    serde_json::from_str(order).map_err(|error| Error::Argument(error.to_string()))
}

fn text_of(outcome: Result<Value, Error>) -> String {
    let text = match outcome {
        Ok(value) => json!({ "value": value }),
        Err(error) => json!({ "error": described(&error) }),
    };
    text.to_string()
}

fn described(error: &Error) -> Value {
    let (kind, code) = match error {
        Error::Argument(_) => ("argument", None),
        Error::Start(_) => ("start", None),
        Error::Refused(error) => ("refused", Some(error.code.0)),
        Error::TimedOut { .. } => ("timedOut", None),
        Error::Stopped => ("stopped", None),
    };
    json!({ "kind": kind, "code": code, "message": error.to_string() })
}

fn carry_out(seat: &Seat, order: Order) -> Result<Value, Error> {
    if let Order::Start { app, key, policy, offline_kick_error, limits, store } = order {
        let usual = Options::default();
        let gateway = Gateway::start(Options {
            app: app.unwrap_or(usual.app),
            key: key.unwrap_or(usual.key),
            policy: policy.unwrap_or(usual.policy),
            offline_kick_error: offline_kick_error.unwrap_or(usual.offline_kick_error),
            limits: limits.unwrap_or(usual.limits),
            store: store.or(usual.store),
        })?;
        let started = json!({ "url": gateway.url()?, "app": gateway.app(), "key": gateway.key() });
        return match seat.set(gateway) {
            Ok(()) => Ok(started),
            Err(_) => Err(Error::Start("it was started before".to_owned())),
        };
    }
    on(seat.get().ok_or(Error::Stopped)?, order)
}

fn on(gateway: &Gateway, order: Order) -> Result<Value, Error> {
    let done = |()| Value::Null;
    match order {
        Order::Start { .. } => Err(Error::Start("it was started before".to_owned())),
        Order::Stop => {
            gateway.stop();
            Ok(Value::Null)
        }
        Order::UrlOf { client } => gateway.url_of(&client).map(Value::from),
        Order::DeviceIdOf { client } => Ok(tessera_testkit::device_id(&client).into()),
        Order::Sign { user, expire_seconds, at_ms } => {
            let ticket = gateway.sign(&user, expire_seconds, at_ms.map(Millis))?;
            Ok(ticket.expose().into())
        }
        Order::Now => Ok(gateway.now().0.into()),
        Order::Kick { user } => gateway.kick(&user).map(|sign_after| sign_after.0.into()),
        Order::Disable { user } => gateway.disable(&user).map(done),
        Order::Enable { user } => gateway.enable(&user).map(done),
        Order::ExpireNow { user } => gateway.expire_now(&user).map(done),
        Order::Sessions { user } => {
            gateway.sessions(&user).map(|sessions| sessions.iter().map(session).collect())
        }
        Order::SetPolicy { policy } => gateway.set_policy(policy).map(done),
        Order::SetOfflineKickError { on } => gateway.set_offline_kick_error(on).map(done),
        Order::MoveClock { by_ms } => gateway.move_clock(by_ms).map(done),
        Order::Fault { client, fault } => gateway.fault(&client, fault.into()).map(done),
        Order::Connections { client } => gateway.connections(&client).map(Value::from),
        Order::Logins => gateway.logins().map(Value::from),
        Order::FailWrites { fail } => gateway.fail_writes(fail).map(done),
        Order::Restart => gateway.restart().map(done),
        Order::Drain { back_after_ms } => gateway.drain(Duration::from_millis(back_after_ms)).map(done),
        Order::WaitUntil { condition, timeout_ms } => {
            gateway.wait_until(condition.into(), Duration::from_millis(timeout_ms)).map(done)
        }
    }
}

fn session(info: &SessionInfo) -> Value {
    json!({
        "platform": info.platform.as_str(),
        "deviceId": info.device.to_string(),
        "connected": info.connected,
        "expiresMs": info.expires.0,
    })
}

impl From<FaultText> for Fault {
    fn from(fault: FaultText) -> Self {
        match fault {
            FaultText::Cut => Fault::Cut,
            FaultText::Down => Fault::Down,
            FaultText::Refuse => Fault::Refuse,
            FaultText::Stall => Fault::Stall,
            FaultText::Delay(ms) => Fault::Delay(Duration::from_millis(ms)),
            FaultText::Restore => Fault::Restore,
        }
    }
}

impl From<ConditionText> for Condition {
    fn from(condition: ConditionText) -> Self {
        match condition {
            ConditionText::Sessions { user, count } => Condition::Sessions { user, count },
            ConditionText::Connected { user, count } => Condition::Connected { user, count },
            ConditionText::Connections { client, count } => Condition::Connections { client, count },
            ConditionText::Logins(count) => Condition::Logins(count),
        }
    }
}

//! Arbitrary frames, and arbitrary JSON to put into them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;
use tessera_core::error::Code;
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId};
use tessera_core::ticket::Ticket;
use tessera_core::time::Millis;
use tessera_core::wire::{
    ClientFrame, Drain, Fault, GatewayFrame, Hello, KickAck, KickReason, Kicked, Login, LoginOk, Logout,
    Refused, Renew, Renewed, SessionNote, Time,
};

pub(crate) fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let renew = (session(), any::<u64>(), ticket())
        .prop_map(|(session, attempt, ticket)| ClientFrame::Renew(Renew { session, attempt, ticket }));
    let ack = logout()
        .prop_map(|Logout { app, user, session }| ClientFrame::KickAck(KickAck { app, user, session }));
    prop_oneof![
        login().prop_map(|login| ClientFrame::Login(Box::new(login))),
        renew,
        logout().prop_map(ClientFrame::Logout),
        ack,
        Just(ClientFrame::Ping {}),
    ]
}

pub(crate) fn login() -> impl Strategy<Value = Login> {
    let who = (any::<u64>(), any::<String>(), ticket(), any::<[u8; 16]>(), platform(), session());
    let how = (any::<[u8; 16]>(), any::<u64>(), any::<bool>(), vec(logout(), 0..4), option::of(millis()));
    (who, how).prop_map(|(who, how)| {
        let (app, user, ticket, device, platform, session) = who;
        let (instance, attempt, resume, ends, lease) = how;
        let (app, device, instance) = (AppId(app), DeviceId(device), InstanceId(instance));
        Login { app, user, ticket, device, platform, session, instance, attempt, resume, ends, lease }
    })
}

pub(crate) fn gateway_frame() -> impl Strategy<Value = GatewayFrame> {
    use GatewayFrame as G;
    prop_oneof![
        (millis(), millis()).prop_map(|(time, login_within)| G::Hello(Hello { time, login_within })),
        accepted().prop_map(G::LoginOk),
        refused().prop_map(G::LoginRefused),
        renewed().prop_map(G::Renewed),
        refused().prop_map(G::RenewRefused),
        note().prop_map(G::LoggedOut),
        kicked().prop_map(G::Kicked),
        note().prop_map(G::Expired),
        millis().prop_map(|time| G::Pong(Time { time })),
        (millis(), millis()).prop_map(|(time, retry_after)| G::Drain(Drain { time, retry_after })),
        millis().prop_map(|time| G::Bye(Time { time })),
        fault().prop_map(G::Error),
    ]
}

fn accepted() -> impl Strategy<Value = LoginOk> {
    (session(), any::<u64>(), millis(), millis(), any::<bool>(), any::<bool>()).prop_map(
        |(session, attempt, time, expires, resumed, created)| LoginOk {
            session,
            attempt,
            time,
            expires,
            resumed,
            created,
        },
    )
}

fn refused() -> impl Strategy<Value = Refused> {
    (session(), any::<u64>(), millis(), fault(), any::<bool>()).prop_map(
        |(session, attempt, time, Fault { code, desc, retry_after }, retryable)| Refused {
            session,
            attempt,
            time,
            code,
            desc,
            retryable,
            retry_after,
        },
    )
}

fn renewed() -> impl Strategy<Value = Renewed> {
    (session(), any::<u64>(), millis(), millis()).prop_map(|(session, attempt, time, expires)| Renewed {
        session,
        attempt,
        time,
        expires,
    })
}

fn note() -> impl Strategy<Value = SessionNote> {
    (session(), millis()).prop_map(|(session, time)| SessionNote { session, time })
}

fn kicked() -> impl Strategy<Value = Kicked> {
    let reason = prop_oneof![
        Just(KickReason::Policy),
        Just(KickReason::Admin),
        Just(KickReason::Revoked),
        Just(KickReason::Disabled),
        Just(KickReason::TicketRefused),
    ];
    (session(), millis(), reason, option::of(platform()), millis())
        .prop_map(|(session, time, reason, platform, at)| Kicked { session, time, reason, platform, at })
}

fn fault() -> impl Strategy<Value = Fault> {
    (any::<i32>(), any::<String>(), option::of(millis())).prop_map(|(code, desc, retry_after)| Fault {
        code: Code(code),
        desc,
        retry_after,
    })
}

fn logout() -> impl Strategy<Value = Logout> {
    (any::<u64>(), any::<String>(), session()).prop_map(|(app, user, session)| Logout {
        app: AppId(app),
        user,
        session,
    })
}

fn session() -> impl Strategy<Value = SessionId> {
    any::<[u8; 16]>().prop_map(SessionId)
}

fn ticket() -> impl Strategy<Value = Ticket> {
    any::<String>().prop_map(Ticket::new)
}

fn millis() -> impl Strategy<Value = Millis> {
    any::<u64>().prop_map(Millis)
}

fn platform() -> impl Strategy<Value = Platform> {
    proptest::sample::select(Platform::ALL)
}

/// A text that could be a ticket, and one that tries to break out of an error text.
pub(crate) fn ticket_text() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9*_-]{24,64}", "(unknown variant|invalid type|missing field)?[ -~]{24,64}"]
}

/// Any JSON, a few levels deep.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300..1e300f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

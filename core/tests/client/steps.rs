//! What may happen to a client: the strategies of `properties.rs`.

use proptest::prelude::*;

pub(crate) const CODES: [i32; 8] = [70001, 70003, 70051, 70052, 70500, -10114, 6208, 70402];
pub(crate) const LIVES: [u64; 4] = [5, 60, 86_400, 172_800];

#[derive(Clone, Debug)]
pub(crate) enum Frame {
    Hello,
    Ok,
    Refused { code: usize, after: Option<u64> },
    Renewed,
    RenewRefused { code: usize },
    LoggedOut,
    Kicked,
    Expired,
    Pong { ahead: u64 },
    Drain { after: u64 },
    Bye,
    Fault { after: Option<u64> },
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Init,
    UnInit,
    Login { user: usize, life: usize },
    Logout,
    Hint,
    Provider(bool),
    Provide { back: u64, life: Option<usize> },
    Frame { older: bool, session: usize, attempt: u64, frame: Frame },
    Failed { older: bool, answered: bool, after: Option<u64> },
    Heard,
    Due,
    Pass { ms: u64 },
    Jump { ms: u64 },
}

fn frame() -> impl Strategy<Value = Frame> {
    let after = || prop::option::of(0u64..40_000);
    let code = || 0usize..CODES.len();
    prop_oneof![
        2 => Just(Frame::Hello),
        8 => Just(Frame::Ok),
        3 => (code(), after()).prop_map(|(code, after)| Frame::Refused { code, after }),
        3 => Just(Frame::Renewed),
        2 => code().prop_map(|code| Frame::RenewRefused { code }),
        2 => Just(Frame::LoggedOut),
        1 => Just(Frame::Kicked),
        1 => Just(Frame::Expired),
        1 => prop_oneof![Just(0), Just(30_000)].prop_map(|ahead| Frame::Pong { ahead }),
        1 => (0u64..5_000).prop_map(|after| Frame::Drain { after }),
        1 => Just(Frame::Bye),
        1 => after().prop_map(|after| Frame::Fault { after }),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let older = || prop::bool::weighted(0.1);
    let session = prop_oneof![8 => Just(0usize), 1 => Just(1), 1 => Just(2)];
    let attempt = prop_oneof![8 => Just(0u64), 1 => Just(1)];
    prop_oneof![
        1 => Just(Step::Init),
        1 => Just(Step::UnInit),
        8 => (0usize..2, 0usize..LIVES.len()).prop_map(|(user, life)| Step::Login { user, life }),
        3 => Just(Step::Logout),
        2 => Just(Step::Hint),
        2 => any::<bool>().prop_map(Step::Provider),
        3 => (0u64..2, prop::option::of(0usize..LIVES.len()))
            .prop_map(|(back, life)| Step::Provide { back, life }),
        20 => (older(), session, attempt, frame()).prop_map(|(older, session, attempt, frame)| {
            Step::Frame { older, session, attempt, frame }
        }),
        4 => (older(), any::<bool>(), prop::option::of(0u64..40_000))
            .prop_map(|(older, answered, after)| Step::Failed { older, answered, after }),
        1 => Just(Step::Heard),
        6 => Just(Step::Due),
        3 => prop_oneof![Just(1u64), Just(900), Just(5_000), Just(31_000)].prop_map(|ms| Step::Pass { ms }),
        1 => prop_oneof![Just(4_000u64), Just(70_000)].prop_map(|ms| Step::Jump { ms }),
    ]
}

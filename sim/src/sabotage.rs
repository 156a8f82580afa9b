//! Deliberate faults, which prove that the checks can fail. They sit in the glue of the simulation; the machines are
//! the real ones.

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The store acknowledges records and loses the marks in them (C13, G9).
    LostMark,
    /// A kick reaches every session of the victim's platform, not the victim alone (G4).
    KickByPlatform,
    /// The back-off of reconnects doubles without end (C11).
    BackOffWithoutCap,
    /// A sign-up is acknowledged before it is durable (G2, G9).
    UnsyncedAccount,
    /// The floor of an admin kick is not written (G5, G9).
    LostFloor,
    /// A policy lets one more device of each platform in than the app's rules say (G3).
    Overbooked,
    /// The kick of a session with a connection is not sent, and not kept either (G4).
    SilentKick,
    /// A host gets the result of every eighth call twice (C18).
    ResultTwice,
    /// A host never gets the result of a call that an unInit interrupts (C9).
    LostResult,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Sabotage; 9] = [
        Sabotage::LostMark,
        Sabotage::KickByPlatform,
        Sabotage::BackOffWithoutCap,
        Sabotage::UnsyncedAccount,
        Sabotage::LostFloor,
        Sabotage::Overbooked,
        Sabotage::SilentKick,
        Sabotage::ResultTwice,
        Sabotage::LostResult,
    ];
}

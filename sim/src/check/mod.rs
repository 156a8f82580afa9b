//! What must hold in every world, whatever is done to it. The checks watch from outside: they know the calls, the
//! frames, the answers and the registry's sessions, and nothing of how a machine came to what it did.
//!
//! `client.rs` follows one client each, `gateway.rs` the gateway and its store, `end.rs` looks at a world at rest.

mod client;
mod end;
mod gateway;

use tessera_core::gateway::registry::{AdminOrder, AppRules, UserKey};
use tessera_core::time::Millis;

pub(crate) use self::gateway::Tally;

use self::client::ClientBook;
use self::gateway::Ledger;
use crate::seen::{Input, Seen};
use crate::world::World;

/// What is wrong, in a sentence.
pub(crate) type Verdict = Result<(), String>;

/// Follows one world.
#[derive(Debug)]
pub(crate) struct Checker {
    clients: Vec<ClientBook>,
    ledger: Ledger,
}

impl Checker {
    /// `rules` are the ones that the app has, which is not always what a broken gateway goes by.
    pub(crate) fn new(devices: usize, users: &[UserKey], rules: AppRules) -> Self {
        Checker {
            clients: (0..devices).map(|_| ClientBook::default()).collect(),
            ledger: Ledger::new(users, rules),
        }
    }

    /// The app's rules are others from now on.
    pub(crate) fn rules_changed(&mut self, rules: AppRules) {
        self.ledger.rules_changed(rules);
    }

    /// The gateway's clock goes back from here, so that a second may come twice.
    pub(crate) fn clock_goes_back(&mut self, from: Millis) {
        self.ledger.clock_goes_back(from);
    }

    /// An operator's order is on its way.
    pub(crate) fn ordered(&mut self, call: u64, user: UserKey, order: AdminOrder) {
        self.ledger.ordered(call, user, order);
    }

    /// How often what was checked has happened.
    pub(crate) fn tally(&self) -> &Tally {
        &self.ledger.tally
    }

    /// Judges what happened in one step of the world.
    pub(crate) fn look(&mut self, world: &World, seen: &[Seen]) -> Verdict {
        for what in seen {
            match what {
                Seen::Input { device, input, before, after, gateway_time } => {
                    let client = &mut self.clients[*device];
                    if matches!(input, Input::Killed) {
                        *client = ClientBook::starting_with(*after);
                    } else {
                        let verdict = client.input(&mut self.ledger, input, (*before, *after), *gateway_time);
                        verdict.map_err(|what| format!("d{device}: {what}"))?;
                    }
                }
                Seen::Ordered { device, order } => {
                    self.clients[*device].ordered(order).map_err(|what| format!("d{device}: {what}"))?;
                }
                Seen::Delivered { device, event } => {
                    let verdict = self.clients[*device].delivered(event);
                    verdict.map_err(|what| format!("d{device}: {what}"))?;
                }
                Seen::Claimed { .. }
                | Seen::Renewed { .. }
                | Seen::LoggedOut { .. }
                | Seen::Lost { .. }
                | Seen::Decided { .. }
                | Seen::Pushed { .. }
                | Seen::Committed { .. }
                | Seen::Answered { .. }
                | Seen::Restarted => self.ledger.note(world, what)?,
                Seen::Note(_) => {}
            }
        }
        self.ledger.compare(world)
    }
}

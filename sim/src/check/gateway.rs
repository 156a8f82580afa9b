//! The gateway and its store, seen from what the registry was asked, what it answered, which sessions it has, and what
//! went to the disk.

mod durable;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use tessera_core::gateway::record::{Signature, UserRecord};
use tessera_core::gateway::registry::{AdminAnswer, AdminOrder, AppRules, SessionInfo, UserKey};
use tessera_core::generated::codes;
use tessera_core::id::{DeviceId, InstanceId, SessionId, UserId};
use tessera_core::time::Millis;
use tessera_core::wire::{GatewayFrame, Kicked, LoginOk, Refused};

use super::Verdict;
use crate::seen::{Claimed, Seen};
use crate::world::World;

/// How long ends and attempts are remembered (the limit `ended_kept_ms`).
const REMEMBERED: Millis = Millis(60_000);

/// How often things happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(pub(crate) BTreeMap<&'static str, u64>);

impl Tally {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

/// What is known of a session.
#[derive(Debug)]
pub(super) struct Book {
    user: UserKey,
    acknowledged: bool,
    /// It was kicked; the answer to its resume until its ticket expires.
    pub(super) kicked: Option<Millis>,
    /// When its client was told so last.
    pub(super) kick_told: Millis,
    /// Its user ended it, at this gateway time.
    logged_out: Option<Millis>,
    replaced: bool,
    /// The latest that its ticket may expire.
    expires: Millis,
}

/// What is known of a user.
#[derive(Debug, Default)]
struct UserBook {
    /// What the store has reported as durable last.
    durable: Option<UserRecord>,
    /// What went to the store since.
    pushed: Vec<UserRecord>,
    /// What went to the store last, durable or not: what the registry goes by.
    latest: Option<UserRecord>,
    /// What was acknowledged to somebody.
    signed_up: bool,
    floor: u64,
    disabled: bool,
    /// Orders without an answer that change something of it.
    kicks_open: u32,
    switches_open: u32,
    /// Tickets that came with a login or a renewal, those that were accepted, and those that a kick has named (G5).
    shown: Vec<Signature>,
    accepted: Vec<Signature>,
    revoked: Vec<Signature>,
    /// The newest second in which a kick may have taken effect.
    kicked_up_to: u64,
    sessions: Vec<SessionInfo>,
}

/// What one step of the world has brought.
#[derive(Debug, Default)]
struct Step {
    entered: Vec<Claimed>,
    kicked: BTreeSet<SessionId>,
    answered: Vec<(UserKey, AdminAnswer)>,
    restarted: bool,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    pub(super) tally: Tally,
    pub(super) books: BTreeMap<SessionId, Book>,
    users: BTreeMap<UserKey, UserBook>,
    claims: BTreeMap<(u64, SessionId), Claimed>,
    /// The highest attempt of each client for each user that was answered, and when.
    highest: BTreeMap<(UserKey, InstanceId), (u64, Millis)>,
    orders: BTreeMap<u64, (UserKey, AdminOrder)>,
    /// Devices that were kicked while offline, and have to be told so.
    untold: BTreeSet<(UserKey, DeviceId)>,
    /// Where each session is, and the connections of sessions that are gone, which the registry may not know yet.
    carried: BTreeMap<SessionId, u64>,
    lost: BTreeSet<(SessionId, u64)>,
    /// What was ever written of kicks and marks. A crash may keep one of an order that nobody was told the end of.
    may_be_kicked: BTreeSet<SessionId>,
    may_be_marked: BTreeSet<(UserKey, DeviceId)>,
    /// Logouts that may wait for a write.
    logging_out: BTreeSet<SessionId>,
    /// The app's rules, newest last. Those before it go on for what was decided by them and waits for a write.
    rules: Vec<AppRules>,
    clock_went_back: bool,
    step: Step,
}

impl Ledger {
    pub(super) fn new(users: &[UserKey], rules: AppRules) -> Self {
        Ledger {
            tally: Tally::default(),
            books: BTreeMap::new(),
            users: users.iter().map(|user| (*user, UserBook::default())).collect(),
            claims: BTreeMap::new(),
            highest: BTreeMap::new(),
            orders: BTreeMap::new(),
            untold: BTreeSet::new(),
            carried: BTreeMap::new(),
            lost: BTreeSet::new(),
            may_be_kicked: BTreeSet::new(),
            may_be_marked: BTreeSet::new(),
            logging_out: BTreeSet::new(),
            rules: vec![rules],
            clock_went_back: false,
            step: Step::default(),
        }
    }

    pub(super) fn rules_changed(&mut self, rules: AppRules) {
        if !rules.offline_kick_error {
            self.untold.clear();
        }
        self.rules.push(rules);
    }

    pub(super) fn clock_goes_back(&mut self, from: Millis) {
        self.clock_went_back = true;
        // A kick is kept until the ticket has expired, and that it had.
        for book in self.books.values_mut() {
            book.kicked = book.kicked.filter(|until| from <= *until);
        }
    }

    pub(super) fn ordered(&mut self, call: u64, user: UserKey, order: AdminOrder) {
        self.orders.insert(call, (user, order));
        let book = self.users.entry(user).or_default();
        match order {
            AdminOrder::Kick => book.kicks_open += 1,
            AdminOrder::SetDisabled(_) => book.switches_open += 1,
            AdminOrder::Sessions | AdminOrder::ExpireNow => {}
        }
    }

    /// C3: a success is one that the gateway has given, to this user.
    pub(super) fn check_acknowledged(&self, session: SessionId, user: UserId) -> Verdict {
        match self.books.get(&session) {
            Some(book) if book.acknowledged && book.user.1 == user => Ok(()),
            book => Err(format!("{user} is logged in with {session:?}, of which the gateway knows {book:?}")),
        }
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &UserKey> {
        self.users.keys()
    }

    fn user(&mut self, user: UserKey) -> &mut UserBook {
        self.users.entry(user).or_default()
    }

    // ---- one by one ---------------------------------------------------------------------------------------------

    pub(super) fn note(&mut self, world: &World, what: &Seen) -> Verdict {
        let now = world.gateway_now();
        match what {
            Seen::Claimed { connection, claim } => self.claimed(*connection, claim),
            Seen::Renewed { user, session, ticket } => {
                self.user(*user).shown.push(ticket.sig);
                if let Some(book) = self.books.get_mut(session) {
                    book.expires = book.expires.max(ticket.expires);
                }
            }
            Seen::LoggedOut { session } => {
                self.logging_out.insert(*session);
            }
            Seen::Lost { connection, session } => drop(self.lost.insert((*session, *connection))),
            Seen::Decided { connection, frame } => return self.decided(now, *connection, frame),
            Seen::Pushed { user, record } => {
                self.may_be_kicked.extend(record.kicks.iter().map(|kick| kick.session));
                self.may_be_marked.extend(record.marks.iter().map(|mark| (*user, mark.device)));
                let book = self.user(*user);
                book.pushed.push(record.clone());
                book.latest = Some(record.clone());
            }
            Seen::Committed { writes, durable } => self.committed(writes, *durable),
            Seen::Answered { call, answer } => self.answered(now, *call, answer),
            Seen::Restarted => return self.restarted(world),
            Seen::Input { .. } | Seen::Ordered { .. } | Seen::Delivered { .. } | Seen::Note(_) => {}
        }
        Ok(())
    }

    fn claimed(&mut self, connection: u64, claim: &Claimed) {
        self.claims.insert((connection, claim.session), claim.clone());
        self.user(claim.user).shown.push(claim.ticket.sig);
        let book = self.books.entry(claim.session).or_insert(Book {
            user: claim.user,
            acknowledged: false,
            kicked: None,
            kick_told: Millis::ZERO,
            logged_out: None,
            replaced: false,
            expires: claim.ticket.expires,
        });
        book.expires = book.expires.max(claim.ticket.expires);
    }

    fn decided(&mut self, now: Millis, connection: u64, frame: &GatewayFrame) -> Verdict {
        match frame {
            GatewayFrame::LoginOk(ok) => self.accepted(now, connection, ok),
            GatewayFrame::LoginRefused(refused) => self.refused(now, connection, refused),
            GatewayFrame::Kicked(kicked) => self.kicked(now, connection, kicked),
            _ => Ok(()),
        }
    }

    fn accepted(&mut self, now: Millis, connection: u64, ok: &LoginOk) -> Verdict {
        let Some(claim) = self.claims.get(&(connection, ok.session)).cloned() else {
            return Err(format!("{ok:?} answers no claim on its connection"));
        };
        let session = ok.session;
        let (device, user) = (claim.device, claim.user);
        self.carried.insert(session, connection);
        let clock_went_back = self.clock_went_back;
        let book = self.books.get_mut(&session).ok_or("an answer without a claim")?;
        book.acknowledged = true;
        // Once the client has confirmed a kick, late frames are kept off only for as long as ends are remembered.
        let of_user = self.users.entry(user).or_default();
        let is_kept = of_user.latest.as_ref().is_some_and(|record| record.kick_of(session).is_some());
        if let Some(until) = book.kicked.filter(|until| now <= *until)
            && (is_kept || now < book.kick_told + REMEMBERED)
        {
            return Err(format!("{session:?} was kicked, and is back before {until}"));
        }
        if book.logged_out.is_some_and(|at| now < at + REMEMBERED) {
            return Err(format!("{session:?} was logged out, and is back"));
        }
        self.answered_attempt(now, &claim)?;
        let of_user = self.users.entry(user).or_default();
        of_user.signed_up = true;
        if claim.ticket.second < of_user.floor {
            return Err(format!("a ticket of {} passed the floor {}", claim.ticket.second, of_user.floor));
        }
        if of_user.disabled && of_user.switches_open == 0 {
            return Err(format!("{} is disabled, and was let in", user.1));
        }
        if !clock_went_back && of_user.revoked.contains(&claim.ticket.sig) {
            return Err("a ticket that a kick had named was let in".to_owned());
        }
        if !ok.resumed && self.rules.iter().all(|rules| rules.offline_kick_error) {
            let marks = of_user.durable.iter().flat_map(|record| &record.marks);
            // A write that nobody waits for may have taken a mark away since.
            let kept = |of| of_user.latest.as_ref().is_some_and(|record| record.mark_of(of).is_some());
            let fresh =
                marks.filter(|mark| mark.spent_by.is_none() && mark.device != device && kept(mark.device));
            self.untold.extend(fresh.map(|mark| (user, mark.device)));
        }
        of_user.accepted.push(claim.ticket.sig);
        if ok.resumed {
            self.tally.count("sessions resumed");
        } else {
            if self.untold.remove(&(user, device)) {
                return Err(format!("{device:?} was kicked while offline, and is let in untold"));
            }
            self.step.entered.push(claim);
        }
        Ok(())
    }

    /// G4: of one client's attempts, a lower number than one that was answered has no effect.
    fn answered_attempt(&mut self, now: Millis, claim: &Claimed) -> Verdict {
        let highest = self.highest.entry((claim.user, claim.instance)).or_insert((0, now));
        if claim.attempt < highest.0 && now < highest.1 + REMEMBERED {
            return Err(format!("attempt {} was answered after {}", claim.attempt, highest.0));
        }
        *highest = (claim.attempt, now);
        Ok(())
    }

    fn refused(&mut self, now: Millis, connection: u64, refused: &Refused) -> Verdict {
        // A ticket that is refused before the claim has no claim.
        let Some(claim) = self.claims.get(&(connection, refused.session)).cloned() else { return Ok(()) };
        self.answered_attempt(now, &claim)?;
        let book = self.users.entry(claim.user).or_default();
        match refused.code {
            codes::ERR_LOGIN_KICKED_OFF_BY_OTHER if self.untold.remove(&(claim.user, claim.device)) => {
                self.tally.count("devices told of an offline kick");
            }
            codes::ERR_LOGIN_KICKED_OFF_BY_OTHER => {}
            codes::ERR_SVR_ACCOUNT_INVALID_USERSIG => {
                let named = book.shown.contains(&claim.ticket.sig);
                if claim.ticket.second > book.kicked_up_to && book.kicks_open == 0 && !named {
                    return Err(format!("a ticket of {} was refused as revoked", claim.ticket.second));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn kicked(&mut self, now: Millis, connection: u64, kicked: &Kicked) -> Verdict {
        let session = kicked.session;
        let Some(claim) = self.claims.get(&(connection, session)).cloned() else {
            return Err(format!("a kick of {session:?} went to the connection of somebody else"));
        };
        let was_there = self
            .users
            .get(&claim.user)
            .is_some_and(|book| book.sessions.iter().any(|info| info.session == session && info.connected));
        let told = self.untold.remove(&(claim.user, claim.device));
        if told {
            self.tally.count("devices told of an offline kick");
        }
        let Some(book) = self.books.get_mut(&session) else { return Ok(()) };
        let may_be =
            self.may_be_kicked.contains(&session) || self.may_be_marked.contains(&(claim.user, claim.device));
        if !was_there && book.kicked.is_none() && !told && !book.replaced && !may_be {
            return Err(format!("{session:?} was kicked for no reason"));
        }
        if !book.replaced {
            (book.kicked, book.kick_told) = (Some(book.expires), now);
        }
        self.step.kicked.insert(session);
        if !was_there {
            self.tally.count("resumes answered with a kick");
            self.answered_attempt(now, &claim)?;
        }
        Ok(())
    }

    fn answered(&mut self, now: Millis, call: u64, answer: &AdminAnswer) {
        let Some((user, order)) = self.orders.remove(&call) else { return };
        let book = self.users.entry(user).or_default();
        match order {
            AdminOrder::Kick => book.kicks_open -= 1,
            AdminOrder::SetDisabled(_) => book.switches_open -= 1,
            AdminOrder::Sessions | AdminOrder::ExpireNow => {}
        }
        match answer {
            AdminAnswer::Kicked { sign_after, .. } => {
                book.floor = book.floor.max(sign_after.as_secs() - 1);
                book.kicked_up_to = book.kicked_up_to.max(now.as_secs()).max(book.floor);
                book.revoked.append(&mut book.accepted);
            }
            AdminAnswer::Disabled { .. } => {
                book.disabled = order == AdminOrder::SetDisabled(true);
                if !book.disabled {
                    return;
                }
            }
            AdminAnswer::Sessions { .. } | AdminAnswer::Expired { .. } | AdminAnswer::Failed(_) => {}
        }
        self.step.answered.push((user, answer.clone()));
    }
}

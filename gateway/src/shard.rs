//! The registry's shards: each a pure registry behind a lock, and the order in which its effects go out.
//!
//! Under a shard's lock happen the decision, the load of a record and the queueing of a write. Loading is accepted
//! there because a claim is atomic per user (G4) and a load is one read of memory or of a cached page; and a write has
//! to be queued before anybody else may load the record, else a change could be read over. Nobody waits for a disk
//! under a lock, and nothing is sent under it.
//!
//! Frames and answers go out after the lock is released, but in the order of the decisions: the first thread that
//! finds something to send carries it out, and also what other threads add meanwhile. Otherwise a kick could overtake
//! the acknowledgement of the login that it ends.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tessera_core::gateway::record::UserRecord;
use tessera_core::gateway::registry::{
    AdminAnswer, AdminOrder, AppRules, Effect, Records, Registry, Request, UserKey,
};
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::AppId;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

use crate::clock::Clock;
use crate::counters::{Tally, count};
use crate::mailbox::{Command, Mailbox};
use crate::store::{Change, Store, StoreError};

/// How many shards there are. More than cores, so that two threads seldom want the same one.
const SHARDS: usize = 64;

/// All sessions of the gateway.
pub(crate) struct Shards {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    store: Arc<dyn Store>,
    clock: Arc<Clock>,
    tally: Arc<Tally>,
    tasks: TaskTracker,
    /// Kept, because a connection may also be dropped by a thread that is outside of the runtime.
    runtime: Handle,
    calls: Mutex<HashMap<u64, oneshot::Sender<AdminAnswer>>>,
    last_call: AtomicU64,
}

struct Shard {
    registry: Registry<Mailbox, RandomState>,
    /// What is still to be sent, oldest first.
    outbox: VecDeque<Effect<Mailbox>>,
    /// True while a thread carries the outbox out.
    carrying: bool,
    /// Logins that are counted at the next tick (G11), so that a login costs no write of its own.
    counted: Vec<Change>,
}

struct Loader<'a>(&'a dyn Store);

impl Records for Loader<'_> {
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, String> {
        self.0.load(user).map_err(|reason| {
            error!(%reason, "a user's record cannot be read");
            reason.to_string()
        })
    }
}

impl Shards {
    pub(crate) fn new(
        rules: &BTreeMap<AppId, AppRules>,
        limits: &GatewayLimits,
        store: Arc<dyn Store>,
        clock: Arc<Clock>,
        tally: Arc<Tally>,
        tasks: TaskTracker,
    ) -> Self {
        let shard = |_| {
            Mutex::new(Shard {
                registry: Registry::new(rules.clone(), limits.clone(), RandomState::new()),
                outbox: VecDeque::new(),
                carrying: false,
                counted: Vec::new(),
            })
        };
        Shards {
            shards: (0..SHARDS).map(shard).collect(),
            hasher: RandomState::new(),
            store,
            clock,
            tally,
            tasks,
            runtime: Handle::current(),
            calls: Mutex::default(),
            last_call: AtomicU64::new(0),
        }
    }

    /// Asks something for one user.
    pub(crate) fn request(self: &Arc<Self>, user: UserKey, request: Request<Mailbox>) {
        self.with_shard(self.of(&user), |shard, out| {
            let now = self.clock.now();
            shard.registry.handle(now, user, request, &Loader(&*self.store), out);
        });
    }

    /// The same in a task of its own: whoever asks may be about to end by a panic, and must not meet another.
    pub(crate) fn request_later(self: &Arc<Self>, user: UserKey, request: Request<Mailbox>) {
        let shards = Arc::clone(self);
        self.tasks.spawn_on(async move { shards.request(user, request) }, &self.runtime);
    }

    /// Carries an operator's order out and waits for its answer. `None` if the gateway ends meanwhile.
    pub(crate) async fn order(self: &Arc<Self>, user: UserKey, order: AdminOrder) -> Option<AdminAnswer> {
        let (sender, answer) = oneshot::channel();
        let call = self.last_call.fetch_add(1, Ordering::Relaxed);
        lock(&self.calls).insert(call, sender);
        self.request(user, Request::Admin { call, order });
        answer.await.ok()
    }

    /// Sets an app's rules; they act at the next claim (G3).
    pub(crate) fn set_rules(&self, app: AppId, rules: &AppRules) {
        self.shards.iter().for_each(|shard| lock(shard).registry.set_rules(app, rules.clone()));
    }

    /// Ends what time has ended, and counts logins.
    pub(crate) fn tick(self: &Arc<Self>) {
        for shard in &self.shards {
            self.with_shard(shard, |shard, out| {
                let now = self.clock.now();
                if shard.registry.next_wake().is_some_and(|wake| wake <= now) {
                    shard.registry.tick(now, out);
                }
            });
        }
        self.write_counted();
    }

    /// Users in memory, sessions, and sessions with a connection.
    pub(crate) fn count(&self) -> (usize, usize, usize) {
        self.shards.iter().fold((0, 0, 0), |(users, sessions, connected), shard| {
            let shard = lock(shard);
            let (more, online) = shard.registry.sessions();
            (users + shard.registry.users(), sessions + more, connected + online)
        })
    }

    /// Sessions of an app, and those of them with a connection.
    pub(crate) fn count_of(&self, app: AppId) -> (usize, usize) {
        self.shards.iter().fold((0, 0), |(sessions, connected), shard| {
            let (more, online) = lock(shard).registry.sessions_of(app);
            (sessions + more, connected + online)
        })
    }

    fn of(&self, user: &UserKey) -> &Mutex<Shard> {
        let at = self.hasher.hash_one(user) % SHARDS as u64;
        &self.shards[usize::try_from(at).expect("less than the number of shards")]
    }

    /// Decides under the lock, then sends.
    fn with_shard(
        self: &Arc<Self>,
        shard: &Mutex<Shard>,
        decide: impl FnOnce(&mut Shard, &mut Vec<Effect<Mailbox>>),
    ) {
        let mut effects = Vec::new();
        let mut locked = lock(shard);
        decide(&mut locked, &mut effects);
        for effect in effects {
            match effect {
                Effect::Write { user, record, awaited } => self.write(user, record, awaited),
                Effect::Count(user) => {
                    count(&self.tally.logins);
                    locked.counted.push(Change::Active(user, self.clock.now()));
                }
                effect => locked.outbox.push_back(effect),
            }
        }
        if locked.carrying || locked.outbox.is_empty() {
            return;
        }
        locked.carrying = true;
        drop(locked);
        let _carrying = Carrying(shard);
        while let Some(effect) = next_effect(shard) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&self, effect: Effect<Mailbox>) {
        match effect {
            Effect::Send(peer, frame) => peer.handle.push(Command::Answer(Box::new(frame))),
            Effect::SendAndClose(peer, frame) => peer.handle.push(Command::Close(Some(Box::new(frame)))),
            Effect::Close(peer) => peer.handle.push(Command::Close(None)),
            Effect::Answer(call, answer) => {
                let sender = lock(&self.calls).remove(&call);
                // Whoever asked may be gone; what was ordered is done all the same.
                let _ = sender.map(|sender| sender.send(answer));
            }
            Effect::Write { .. } | Effect::Count(_) => {}
        }
    }

    /// Queues a write; the queueing happens here, the waiting in a task.
    fn write(self: &Arc<Self>, user: UserKey, record: UserRecord, awaited: bool) {
        let written = self.store.write(vec![Change::User(user, record)]);
        let shards = Arc::clone(self);
        let wait = async move {
            let outcome = written.await;
            shards.note(&outcome);
            if awaited {
                shards.with_shard(shards.of(&user), |shard, out| {
                    shard.registry.written(shards.clock.now(), user, outcome.is_ok(), out);
                });
            }
        };
        self.tasks.spawn_on(wait, &self.runtime);
    }

    fn write_counted(self: &Arc<Self>) {
        let counted: Vec<Change> =
            self.shards.iter().flat_map(|shard| std::mem::take(&mut lock(shard).counted)).collect();
        if counted.is_empty() {
            return;
        }
        let written = self.store.write(counted);
        let shards = Arc::clone(self);
        self.tasks.spawn_on(async move { shards.note(&written.await) }, &self.runtime);
    }

    fn note(&self, outcome: &Result<(), StoreError>) {
        if let Err(reason) = outcome {
            count(&self.tally.writes_failed);
            warn!(%reason, "a write failed");
        }
    }
}

/// While it lives, its thread sends what is in the outbox. Should that panic, the next thread goes on.
struct Carrying<'a>(&'a Mutex<Shard>);

impl Drop for Carrying<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(self.0).carrying = false;
        }
    }
}

/// Takes the next effect, or ends the carrying in the same instant, so that none is left lying.
fn next_effect(shard: &Mutex<Shard>) -> Option<Effect<Mailbox>> {
    let mut shard = lock(shard);
    let effect = shard.outbox.pop_front();
    shard.carrying = effect.is_some();
    effect
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic under a lock is a bug of ours that has been reported; the other users of the shard go on.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

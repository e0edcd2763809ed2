//! The one lock: store, waiters and subscribers. It is held for a transaction, never longer.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use colonies_proto::deep;
use data_encoding::HEXLOWER;
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::clock::Clock;
use super::followers::{Followed, Followers};
use super::subscribers::{Outbox, Subscribers, Topic};
use super::waiters::{Place, Waiter, Waiters};
use crate::config::Seed;
use crate::machine::{
    self, Answer, Asker, ChannelId, Context, Event, Following, Handed, Lags, Present, Refusal, Settings,
    Step, Subscription, Waiting,
};
use crate::store::settings;
use crate::wire::Zone;

/// What the threads of the server share.
#[derive(Debug)]
pub(crate) struct Core {
    state: Mutex<State>,
    settings: Settings,
    clock: Clock,
    lags: Lags,
    zone: Zone,
    /// How many subscriptions there may be.
    most_subscriptions: usize,
}

#[derive(Debug)]
struct State {
    db: Connection,
    waiters: Waiters,
    subscribers: Subscribers,
    followers: Followers,
    /// Requests for work whose clients have gone.
    abandoned: Vec<Abandoned>,
}

/// A request for work that a Colonies server has begun, and carries out although its client has gone.
#[derive(Debug)]
struct Abandoned {
    asker: Asker,
    at: Instant,
}

impl State {
    fn subscriptions(&self) -> usize {
        self.subscribers.count() + self.followers.count()
    }
}

/// What came of a message.
#[derive(Debug)]
pub(crate) enum Reaction {
    Answered {
        answer: Answer,
        /// How long it takes until the change is stored. The sender is answered then.
        lag: Duration,
    },
    /// A place in the queue, and where the process will be delivered to.
    Waits {
        place: Place,
        waiting: Waiting,
        delivery: oneshot::Receiver<Handed>,
        /// When to look at the queue once more, as the place counted late.
        again: Option<Instant>,
    },
}

type Outcome<T> = Result<T, Refusal>;

/// An event, and when subscribers get to know of it.
#[derive(Debug)]
struct Told {
    event: Event,
    at: Instant,
}

/// A Colonies server tells subscribers when all parts of a change are stored.
fn told_at(context: &Context<'_>) -> Instant {
    after(context.change.pass(Step::SIGNAL))
}

fn after(duration: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(duration).unwrap_or(now)
}

/// A new identity: 64 unpredictable hexadecimal digits.
fn new_id() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    HEXLOWER.encode(&bytes)
}

impl Core {
    pub(crate) fn new(db: Connection, settings: Settings, most_subscriptions: usize) -> Self {
        let state = State {
            db,
            waiters: Waiters::default(),
            subscribers: Subscribers::default(),
            followers: Followers::default(),
            abandoned: Vec::new(),
        };
        let (lags, zone) = (Lags::new(settings.realistic), Zone::of(settings.realistic));
        Self { state: Mutex::new(state), settings, clock: Clock::new(), lags, zone, most_subscriptions }
    }

    /// Stores what must be there from the start.
    pub(crate) fn set_up(&self, server_id: &str, seed: Option<&Seed>) -> Result<(), String> {
        let state = self.lock();
        let done = self.within(&state.db, "", |context| {
            if settings::server_id(context.db)?.is_none() {
                settings::set_server_id(context.db, server_id)?;
            }
            match seed {
                Some(seed) => machine::seed(context, seed),
                None => Ok(()),
            }
        });
        done.map(|_| ()).map_err(|refusal| refusal.message)
    }

    /// Carries out a message, and what follows from it for others.
    pub(crate) fn carry_out(&self, caller: &str, payloadtype: &str, payload: &[u8]) -> Outcome<Reaction> {
        let mut state = self.lock();
        // Requests for work are carried out one after the other, other messages beside them.
        self.finish_abandoned(&mut state, payloadtype == "assignprocessmsg");
        let lag = Cell::new(Duration::ZERO);
        let body = |context: &mut Context<'_>| {
            let answer = deep::with_stack(payload, || machine::carry_out(context, payloadtype, payload));
            lag.set(context.change.lag());
            answer
        };
        let answer = if colonies_proto::msgtype::only_reads(payloadtype) {
            let mut context = self.context(&state.db, caller);
            body(&mut context)
        } else {
            let (answer, events) = self.attempt(&state.db, caller, body);
            self.settle(&mut state, events);
            answer
        };
        let late = |refusal: Refusal| {
            let lag = if refusal.keeps_changes { lag.get() } else { Duration::ZERO };
            Refusal { lag, ..refusal }
        };
        match answer.map_err(late)? {
            Answer::Wait(waiting) => {
                let (deliver, delivery) = oneshot::channel();
                let now = Instant::now();
                let from = self.after(Step::WAIT);
                let place = state.waiters.add(Waiter { asker: waiting.asker.clone(), deliver, from });
                let late = self.settings.realistic.is_some() && from > now;
                let again = Some(from)
                    .filter(|_| late && self.lags.change(self.clock.now()).pass(Step::MISS).is_zero());
                Ok(Reaction::Waits { place, waiting, delivery, again })
            }
            answer => Ok(Reaction::Answered { answer, lag: lag.get() }),
        }
    }

    /// Looks at the queue for an executor that waits, and whose place counted late.
    pub(crate) fn look_again(&self, place: &Place, asker: &Asker) {
        let mut state = self.lock();
        if state.waiters.contains(place)
            && let Ok((Some(handed), mut events)) =
                self.within(&state.db, "", |context| machine::serve_begun(context, asker))
        {
            events.extend(self.deliver(&mut state, place, handed));
            self.settle(&mut state, events);
        }
    }

    /// Carries out a request for work later, although its client has gone.
    pub(crate) fn abandon(&self, asker: Asker, at: Instant) {
        self.lock().abandoned.push(Abandoned { asker, at });
    }

    /// Carries out the requests for work whose clients have gone: those that are due, or all.
    fn finish_abandoned(&self, state: &mut State, all: bool) {
        let now = Instant::now();
        let (due, later) =
            std::mem::take(&mut state.abandoned).into_iter().partition(|each| all || each.at <= now);
        state.abandoned = later;
        for Abandoned { asker, .. } in due {
            let served = self.within(&state.db, "", |context| machine::serve_begun(context, &asker));
            if let Ok((_, events)) = served {
                self.settle(state, events);
            }
        }
    }

    /// Gives up a place in the queue.
    pub(crate) fn leave(&self, place: &Place) {
        self.lock().waiters.remove(place);
    }

    /// The answer to a request that waited in vain.
    pub(crate) fn time_out(&self, asker: &Asker) -> Refusal {
        let state = self.lock();
        machine::time_out(&self.context(&state.db, ""), asker)
    }

    /// A process that was delivered, but never reached its executor, waits again.
    pub(crate) fn take_back(&self, handed: &Handed) {
        let mut state = self.lock();
        let events = self.returned(&state.db, handed);
        self.settle(&mut state, events);
    }

    /// Adds a subscription, and sends due messages at once.
    pub(crate) fn subscribe(
        &self,
        caller: &str,
        payloadtype: &str,
        payload: &[u8],
        outbox: &Outbox,
    ) -> Outcome<Option<(Subscription, Option<Topic>)>> {
        let mut state = self.lock();
        let found = machine::subscribe(&self.context(&state.db, caller), payloadtype, payload)?;
        self.check_subscriptions(&state)?;
        Ok(found.map(|subscription| {
            let topic = subscription.subject.clone();
            if let Some(topic) = &topic {
                state.subscribers.add(topic.clone(), outbox.clone(), self.after(Step::SUBSCRIBE));
            }
            (subscription, topic)
        }))
    }

    /// Adds a subscription to a channel. Also returns the entries the channel already has.
    pub(crate) fn follow(
        self: &Arc<Self>,
        caller: &str,
        payloadtype: &str,
        payload: &[u8],
    ) -> Outcome<(Followed, Option<Vec<u8>>)> {
        let mut state = self.lock();
        let Following { channel, seconds, first } =
            machine::follow(&self.context(&state.db, caller), payloadtype, payload)?;
        self.check_subscriptions(&state)?;
        let (number, entries) = state.followers.add(channel.clone());
        let end = Instant::now().checked_add(Duration::from_secs(seconds));
        Ok((Followed { core: Arc::clone(self), channel, number, entries, end }, first))
    }

    fn check_subscriptions(&self, state: &State) -> Outcome<()> {
        if state.subscriptions() < self.most_subscriptions {
            return Ok(());
        }
        let text =
            format!("this server takes {} subscriptions at once, and has them", self.most_subscriptions);
        Err(Refusal::new(503, text))
    }

    /// Counts, as text for Prometheus.
    pub(crate) fn metrics(&self) -> Outcome<String> {
        let state = self.lock();
        let now = Present { waiting_assigns: state.waiters.count(), subscriptions: state.subscriptions() };
        machine::metrics(&self.context(&state.db, ""), &now)
    }

    pub(crate) fn unfollow(&self, channel: &ChannelId, number: u64) {
        self.lock().followers.remove(channel, number);
    }

    pub(crate) fn new_socket(&self) -> u64 {
        self.lock().subscribers.number()
    }

    pub(crate) fn forget(&self, socket: u64, topics: &[Topic]) {
        self.lock().subscribers.forget(socket, topics);
    }

    /// Handles what is due by now.
    pub(crate) fn tick(&self) {
        let mut state = self.lock();
        self.finish_abandoned(&mut state, false);
        let due = machine::next_due(&self.context(&state.db, ""));
        if matches!(due, Ok(Some(due)) if due <= self.clock.now()) {
            self.run_due(&mut state);
        }
    }

    /// Lets time pass: goes from one thing that is due to the next, as the seconds would.
    pub(crate) fn advance(&self, duration: Duration, executors_are_heard: bool) {
        let mut state = self.lock();
        let mut earliest = self.clock.now();
        let end = earliest.plus(duration);
        if executors_are_heard {
            // Where the store fails, some executors may be taken for silent.
            let _ = self.attempt(&state.db, "", |context| machine::keep_heard_after_jump(context, duration));
        }
        while let Ok(Some(due)) = machine::next_due(&self.context(&state.db, "")) {
            let next = due.max(earliest);
            if next > end {
                break;
            }
            self.clock.advance_to(next);
            self.run_due(&mut state);
            earliest = next.next_second();
        }
        self.clock.advance_to(end);
    }

    fn run_due(&self, state: &mut State) {
        // Where the store fails, the next tick tries again.
        let (_, events) = self.attempt(&state.db, "", |context| {
            machine::keep_heard(context, || state.waiters.askers())?;
            machine::run_due(context)
        });
        self.settle(state, events);
    }

    /// The time after a step of a Colonies server.
    fn after(&self, step: Step) -> Instant {
        after(self.lags.change(self.clock.now()).pass(step))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.zone.enter(); // all that is written is written under the lock
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.db.is_autocommit() {
            // Left behind by a panic in the middle of a transaction.
            let _ = state.db.execute_batch("ROLLBACK");
        }
        state
    }

    fn context<'a>(&'a self, db: &'a Connection, caller: &'a str) -> Context<'a> {
        let now = self.clock.now();
        Context {
            db,
            settings: &self.settings,
            now,
            caller,
            new_id: &new_id,
            events: Vec::new(),
            change: self.lags.change(now),
        }
    }

    /// One transaction. A refusal undoes it, unless it says otherwise.
    fn attempt<T>(
        &self,
        db: &Connection,
        caller: &str,
        body: impl FnOnce(&mut Context<'_>) -> Outcome<T>,
    ) -> (Outcome<T>, Vec<Told>) {
        let run = |statement| db.prepare_cached(statement).and_then(|mut statement| statement.execute([]));
        if let Err(fault) = run("BEGIN IMMEDIATE") {
            return (Err(fault.into()), Vec::new());
        }
        let mut context = self.context(db, caller);
        let mut outcome = body(&mut context);
        let mut keeps = match &outcome {
            Ok(_) => true,
            Err(refusal) => refusal.keeps_changes,
        };
        if keeps && let Err(refusal) = machine::tell_closed(&mut context) {
            (outcome, keeps) = (Err(refusal), false);
        }
        let at = told_at(&context);
        let events =
            std::mem::take(&mut context.events).into_iter().map(|event| Told { event, at }).collect();
        if !keeps {
            // Fails only where a full disk has undone everything before.
            let _ = run("ROLLBACK");
            return (outcome, Vec::new());
        }
        match run("COMMIT") {
            Ok(_) => (outcome, events),
            Err(fault) => {
                let _ = run("ROLLBACK");
                (Err(fault.into()), Vec::new())
            }
        }
    }

    /// One transaction that has to succeed.
    fn within<T>(
        &self,
        db: &Connection,
        caller: &str,
        body: impl FnOnce(&mut Context<'_>) -> Outcome<T>,
    ) -> Outcome<(T, Vec<Told>)> {
        let (outcome, events) = self.attempt(db, caller, body);
        outcome.map(|value| (value, events))
    }

    /// Tells subscribers, and hands processes that are ready to executors that wait.
    fn settle(&self, state: &mut State, events: Vec<Told>) {
        let mut events = VecDeque::from(events);
        while let Some(Told { event, at }) = events.pop_front() {
            match event {
                Event::Changed(process) => {
                    state.subscribers.tell(&process, at);
                    if process.state == crate::store::State::Waiting {
                        let (id, colony, kind) = (&process.id, &process.colony_name, &process.executor_type);
                        events.extend(self.offer(state, id, colony, kind));
                    }
                }
                Event::Appended(channel, entry) => state.followers.tell(&channel, &entry),
                Event::ChannelClosed(channel) => state.followers.close(&channel),
                Event::Resumed { colony_name } => {
                    for (place, asker) in state.waiters.of_colony(&colony_name) {
                        let handed = self.within(&state.db, "", |context| machine::serve(context, &asker));
                        if let Ok((Some(handed), more)) = handed {
                            events.extend(more);
                            events.extend(self.deliver(state, &place, handed));
                        }
                    }
                }
            }
        }
    }

    /// Assigns a process to the first waiter that can take it. Returns the resulting notifications.
    fn offer(
        &self,
        state: &mut State,
        process_id: &str,
        colony_name: &str,
        executor_type: &str,
    ) -> Vec<Told> {
        // Subscribers may have been shown an older state of the process: read again what it requires and
        // whether it still waits.
        let Ok(Some(wanted)) = machine::requirements(&state.db, process_id) else { return Vec::new() };
        let mut passed = None;
        while let Some((place, asker)) =
            state.waiters.next_that_meets(colony_name, executor_type, &wanted, passed.as_ref())
        {
            let handed =
                self.within(&state.db, "", |context| machine::hand_over(context, process_id, &asker));
            if let Ok((Some(handed), mut events)) = handed {
                // Where the client went away this very moment, the process is offered anew by what follows.
                events.extend(self.deliver(state, &place, handed));
                return events;
            }
            passed = Some(place);
        }
        Vec::new()
    }

    /// Sends a process to a waiter. If the waiter is gone, the process waits again and others are notified.
    fn deliver(&self, state: &mut State, place: &Place, handed: Handed) -> Vec<Told> {
        match state.waiters.remove(place).map(|waiter| waiter.deliver.send(handed)) {
            Some(Err(handed)) => self.returned(&state.db, &handed),
            Some(Ok(())) | None => Vec::new(),
        }
    }

    fn returned(&self, db: &Connection, handed: &Handed) -> Vec<Told> {
        let back =
            |context: &mut Context<'_>| machine::take_back(context, &handed.process_id, &handed.executor_id);
        self.attempt(db, "", back).1
    }
}

#[cfg(test)]
mod access;
#[cfg(test)]
mod fuzz;
#[cfg(all(fuzzing, not(test)))]
pub(crate) mod fuzz {
    //! The server of the fuzz tests, driven by the targets in `fuzz/`.
    #![allow(clippy::unwrap_used)]

    pub(crate) mod driver;
    mod world;
}
#[cfg(test)]
mod plans;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;
    use crate::devkeys::{COLONY_ID, EXECUTOR_ID, EXECUTOR_NAME, SERVER_ID};
    use crate::store;

    fn core() -> Core {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = Settings { address, allow_reregister: true, realistic: None };
        let core = Core::new(store::open(None).unwrap(), settings, 10);
        core.set_up(SERVER_ID, Some(&Seed::default())).unwrap();
        core
    }

    fn submit(core: &Core) -> Outcome<Reaction> {
        let long = "x".repeat(10_000);
        let submit = format!(
            r#"{{"msgtype": "submitfuncspecmsg", "spec": {{"funcname": "{long}", "maxwaittime": -1,
            "conditions": {{"colonyname": "dev", "executortype": "cli"}}}}}}"#
        );
        core.carry_out(EXECUTOR_ID, "submitfuncspecmsg", submit.as_bytes())
    }

    const ASSIGN: &[u8] = br#"{"msgtype": "assignprocessmsg", "colonyname": "dev", "timeout": 10}"#;

    /// What has asked for work, and has gone since.
    fn gone(core: &Core) -> Asker {
        let Ok(Reaction::Waits { place, waiting, .. }) =
            core.carry_out(EXECUTOR_ID, "assignprocessmsg", ASSIGN)
        else {
            panic!("the queue is empty")
        };
        core.leave(&place);
        waiting.asker
    }

    fn remove_executor(core: &Core) {
        let remove = format!(
            r#"{{"msgtype": "removeexecutormsg", "colonyname": "dev", "executorname": "{EXECUTOR_NAME}"}}"#
        );
        core.carry_out(COLONY_ID, "removeexecutormsg", remove.as_bytes()).unwrap();
    }

    #[test]
    fn an_abandoned_request_may_get_a_process_after_its_executor_was_removed() {
        let core = core();
        let asker = gone(&core);
        submit(&core).unwrap();
        remove_executor(&core);
        assert_eq!(waiting(&core), 1);
        core.abandon(asker, Instant::now());
        core.tick();
        assert_eq!(waiting(&core), 0);
    }

    #[test]
    fn a_further_request_waits_behind_abandoned_ones() {
        let core = core();
        let asker = gone(&core);
        submit(&core).unwrap();
        core.abandon(asker, after(Duration::from_secs(3600)));
        core.tick();
        assert_eq!(waiting(&core), 1);
        core.carry_out(EXECUTOR_ID, "assignprocessmsg", ASSIGN).unwrap();
        assert_eq!(waiting(&core), 0);
        remove_executor(&core);
        assert_eq!(waiting(&core), 1);
        core.tick();
        assert_eq!(waiting(&core), 1);
    }

    fn waiting(core: &Core) -> i64 {
        let count = "SELECT count(*) FROM processes WHERE state = 0";
        core.lock().db.query_row(count, [], |row| row.get(0)).unwrap()
    }

    /// What becomes of messages where something keeps the store from writing, until it does no more.
    fn writes_fail_and_nothing_else(begin: &str, reason: &str, end: &str) {
        let core = core();
        core.lock().db.execute_batch(begin).unwrap();
        let mut accepted = 0;
        let refusal = loop {
            match submit(&core) {
                Ok(_) => accepted += 1,
                Err(refusal) => break refusal,
            }
        };
        assert_eq!(refusal.status, 500);
        assert!(refusal.message.contains(reason), "{}", refusal.message);
        core.tick();
        core.advance(Duration::from_secs(1), true);
        assert_eq!(waiting(&core), accepted);
        core.lock().db.execute_batch(end).unwrap();
        submit(&core).unwrap();
        assert_eq!(waiting(&core), accepted + 1);
    }

    #[test]
    fn a_full_disk_is_an_error_reply_and_loses_nothing() {
        writes_fail_and_nothing_else(
            "PRAGMA max_page_count = 200",
            "database or disk is full",
            "PRAGMA max_page_count = 100000",
        );
    }

    #[test]
    fn a_store_that_cannot_be_written_to_is_an_error_reply_and_loses_nothing() {
        writes_fail_and_nothing_else(
            "PRAGMA query_only = ON",
            "attempt to write a readonly database",
            "PRAGMA query_only = OFF",
        );
    }
}

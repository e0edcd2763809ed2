//! The interrupt hook, the progress and the threads of a transfer.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use colonies_client::Interrupt;

use crate::error::Error;

/// Poll interval of the interrupt hook while a transfer waits.
const SLICE: Duration = Duration::from_millis(50);
/// Poll interval of the interrupt hook while this thread works without waiting.
const ASKING: Duration = Duration::from_millis(100);

/// The hooks of a transfer's caller: abort and progress.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Polled at least ten times a second, on the thread that started the transfer.
    pub interrupt: &'a (dyn Interrupt + 'static),
    /// How many bytes of content were sent or received. Decreases when an attempt fails.
    pub moved: &'a AtomicU64,
}

/// Set where the work of a crew is to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Interrupt for Stop {
    fn interrupted(&self) -> bool {
        self.is_set()
    }
}

impl Run<'_> {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.interrupt.interrupted() { Err(Error::Interrupted) } else { Ok(()) }
    }

    pub(crate) fn sleep(&self, time: Duration) -> Result<(), Error> {
        let until = Instant::now() + time;
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(SLICE));
        }
    }

    /// Asks now and then, where work is done that never waits.
    pub(crate) fn pulse(&self) -> Pulse<'_> {
        Pulse { run: *self, asked: Cell::new(Instant::now()) }
    }

    /// Has up to `threads` workers do the tasks `0..count`, lowest first, and `own` done on this thread
    /// meanwhile. The first failure, or an interrupt, ends all of it.
    pub(crate) fn crew<T>(
        &self,
        threads: usize,
        count: usize,
        task: impl Fn(usize, &Run<'_>) -> Result<(), Error> + Sync,
        own: impl FnOnce(&Stop) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let stop = Stop::default();
        let next = std::sync::atomic::AtomicUsize::new(0);
        let (tell, hear) = mpsc::channel::<Result<(), Error>>();
        thread::scope(|scope| {
            let mut working = 0;
            for _ in 0..threads.min(count) {
                let (stop, next, task, tell) = (stop.clone(), &next, &task, tell.clone());
                let moved = self.moved;
                let work = move || {
                    let run = Run { interrupt: &stop, moved };
                    let mut result = Ok(());
                    while result.is_ok() && !stop.is_set() {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            break;
                        }
                        result = task(number, &run);
                    }
                    if result.is_err() {
                        stop.set();
                    }
                    let _ = tell.send(result); // the receiver is gone if the starting thread panicked
                };
                match thread::Builder::new().name("colonies-files".into()).spawn_scoped(scope, work) {
                    Ok(_) => working += 1,
                    // With fewer threads it takes longer.
                    Err(_) if working > 0 => break,
                    Err(source) => {
                        return Err(Error::Local {
                            doing: "start a thread to transfer",
                            path: "files".into(),
                            source,
                        });
                    }
                }
            }
            let mut outcome = own(&stop);
            if outcome.is_err() {
                stop.set();
            }
            let mut first: Option<Error> = None;
            while working > 0 {
                match hear.recv_timeout(SLICE) {
                    Ok(result) => {
                        working -= 1;
                        // Those that only followed the first failure say that they were interrupted.
                        match result {
                            Err(Error::Interrupted) | Ok(()) => {}
                            Err(fault) => first = first.or(Some(fault)),
                        }
                    }
                    Err(mpsc::RecvTimeoutError::Timeout) => {
                        if !matches!(outcome, Err(Error::Interrupted)) && self.interrupt.interrupted() {
                            stop.set();
                            outcome = Err(Error::Interrupted);
                        }
                    }
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                }
            }
            match (outcome, first) {
                (Ok(done), None) => Ok(done),
                (Err(Error::Interrupted), Some(fault)) if !self.interrupt.interrupted() => Err(fault),
                (Err(fault), _) | (Ok(_), Some(fault)) => Err(fault),
            }
        })
    }
}

/// See [`Run::pulse`].
pub(crate) struct Pulse<'a> {
    run: Run<'a>,
    asked: Cell<Instant>,
}

impl Pulse<'_> {
    pub(crate) fn beat(&self) -> Result<(), Error> {
        if self.asked.get().elapsed() < ASKING {
            return Ok(());
        }
        self.asked.set(Instant::now());
        self.run.check()
    }
}

/// What one attempt has added to the bytes moved, so that it can be taken back.
pub(crate) struct Share<'a> {
    moved: &'a AtomicU64,
    added: Cell<u64>,
}

impl<'a> Share<'a> {
    pub(crate) fn of(run: &Run<'a>) -> Self {
        Self { moved: run.moved, added: Cell::new(0) }
    }

    pub(crate) fn add(&self, bytes: usize) {
        let bytes = bytes as u64;
        self.moved.fetch_add(bytes, Ordering::Relaxed);
        self.added.set(self.added.get() + bytes);
    }

    pub(crate) fn take_back(&self) {
        self.moved.fetch_sub(self.added.replace(0), Ordering::Relaxed);
    }
}

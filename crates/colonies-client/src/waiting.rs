//! Waits of a call: short slices, between which the deadline and the interrupt hook are checked.
//!
//! The waits happen inside the HTTP, TLS and websocket libraries, whose streams cannot carry borrowed
//! state. So a call stores its [`Waiting`] in a thread-local while it runs, and the sockets read it from
//! there.

use std::cell::{Cell, RefCell, RefMut};
use std::io;
use std::time::{Duration, Instant};

use scoped_tls_hkt::scoped_thread_local;

use crate::error::Phase;
use crate::interrupt::Interrupt;
use crate::rules::{Attempt, Limit, Stop};

/// Poll interval of [`Interrupt`] while a call waits.
pub(crate) const SLICE: Duration = Duration::from_millis(100);

scoped_thread_local!(static WAITING: Waiting);
scoped_thread_local!(static INTERRUPT: dyn Interrupt);

/// The state of one call on its thread.
#[derive(Debug)]
pub(crate) struct Waiting {
    whole: Cell<Limit>,
    /// Where the limit is one of silence: each byte that moves begins it anew.
    silence: Option<Duration>,
    connecting: Cell<Option<Limit>>,
    asked: Cell<Instant>,
    stopped: Cell<Option<Stop>>,
    attempt: RefCell<Attempt>,
}

/// The state of the call that runs on this thread.
///
/// # Panics
/// Outside [`Waiting::run`]. All I/O of this crate happens inside.
pub(crate) fn current<T>(look: impl FnOnce(&Waiting) -> T) -> T {
    WAITING.with(look)
}

impl Waiting {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            whole: Cell::new(Limit::from_now(limit)),
            silence: None,
            connecting: Cell::new(None),
            asked: Cell::new(Instant::now()),
            stopped: Cell::new(None),
            attempt: RefCell::default(),
        }
    }

    /// As [`Self::new`], with a limit of silence instead of a total one: a transfer may take any time.
    pub(crate) fn in_silence(limit: Duration) -> Self {
        Self { silence: Some(limit), ..Self::new(limit) }
    }

    /// Bytes went out or came in.
    pub(crate) fn note_moved(&self) {
        if let Some(limit) = self.silence {
            self.whole.set(Limit::from_now(limit));
        }
    }

    /// Runs `work`, whose waits are then bounded by this. May be nested: an interrupt hook can make calls.
    pub(crate) fn run<T>(&self, interrupt: &(dyn Interrupt + 'static), work: impl FnOnce() -> T) -> T {
        INTERRUPT.set(interrupt, || WAITING.set(self, work))
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.attempt.borrow_mut().enter(phase);
    }

    pub(crate) fn phase(&self) -> Phase {
        self.attempt.borrow().phase()
    }

    /// How far the present attempt came.
    pub(crate) fn attempt(&self) -> RefMut<'_, Attempt> {
        self.attempt.borrow_mut()
    }

    /// Opens a connection in `work`, which may take as long as `limit`.
    pub(crate) fn connecting<T>(&self, limit: Duration, work: impl FnOnce() -> T) -> T {
        self.connecting.set(Some(Limit::from_now(limit)));
        let result = work();
        self.connecting.set(None);
        result
    }

    /// When the present wait must be over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.limit().at()
    }

    fn limit(&self) -> Limit {
        match self.connecting.get() {
            Some(connecting) => connecting.earlier(self.whole.get()),
            None => self.whole.get(),
        }
    }

    /// How long the next wait may last.
    ///
    /// # Errors
    /// Where there must be none, because the call was interrupted or its time is over. The error is the
    /// one that all the libraries in between take as no fault of the connection; [`Self::stopped`] tells
    /// what it means. It comes back at every further wait.
    pub(crate) fn slice(&self) -> io::Result<Duration> {
        if self.asked.get().elapsed() >= SLICE {
            self.ask()?;
        }
        if self.stopped.get().is_some() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let Some(left) = self.limit().left() else { return Ok(SLICE) };
        if left.is_zero() {
            return Err(self.time_out());
        }
        Ok(left.min(SLICE))
    }

    /// Checks whether to continue: after each slice without data, and after a signal.
    pub(crate) fn ask(&self) -> io::Result<()> {
        if self.stopped.get().is_none() && INTERRUPT.with(Interrupt::interrupted) {
            self.stopped.set(Some(Stop::Interrupted));
        }
        self.asked.set(Instant::now());
        if self.stopped.get().is_some() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }

    /// Ends the call as one whose time is over.
    pub(crate) fn time_out(&self) -> io::Error {
        if self.stopped.get().is_none() {
            self.stopped.set(Some(self.limit().stop()));
        }
        io::ErrorKind::WouldBlock.into()
    }

    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.stopped.get()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::interrupt::NoInterrupt;

    struct Count {
        asked: AtomicUsize,
        stop_at: usize,
    }

    impl Interrupt for Count {
        fn interrupted(&self) -> bool {
            self.asked.fetch_add(1, Ordering::Relaxed) + 1 >= self.stop_at
        }
    }

    #[test]
    fn a_slice_is_never_longer_than_what_is_left() {
        let waiting = Waiting::new(Duration::from_secs(60));
        waiting.run(&NoInterrupt, || {
            assert_eq!(waiting.slice().ok(), Some(SLICE));
            waiting.connecting(Duration::from_millis(90), || {
                assert!(waiting.slice().is_ok_and(|slice| slice <= Duration::from_millis(90)));
            });
            assert_eq!(waiting.slice().ok(), Some(SLICE));
        });
    }

    #[test]
    fn a_limit_beyond_the_clock_is_none() {
        let waiting = Waiting::new(Duration::MAX);
        waiting.run(&NoInterrupt, || assert_eq!(waiting.slice().ok(), Some(SLICE)));
        assert_eq!(waiting.deadline(), None);
    }

    #[test]
    fn the_earlier_limit_is_the_one_that_is_named() {
        let waiting = Waiting::new(Duration::from_secs(60));
        waiting.run(&NoInterrupt, || {
            waiting.connecting(Duration::ZERO, || assert!(waiting.slice().is_err()));
        });
        assert_eq!(waiting.stopped(), Some(Stop::TimedOut { limit: Duration::ZERO }));
    }

    #[test]
    fn an_interrupt_stays_and_is_asked_for_once() {
        let count = Count { asked: AtomicUsize::new(0), stop_at: 2 };
        let waiting = Waiting::new(Duration::from_secs(60));
        waiting.run(&count, || {
            assert!(waiting.ask().is_ok());
            assert!(waiting.slice().is_ok());
            assert!(waiting.ask().is_err());
            assert!(waiting.ask().is_err());
            assert!(waiting.slice().is_err());
        });
        assert_eq!(waiting.stopped(), Some(Stop::Interrupted));
        assert_eq!(count.asked.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_limit_of_silence_begins_anew_with_each_byte() {
        let waiting = Waiting::in_silence(Duration::from_secs(60));
        let before = waiting.deadline();
        waiting.note_moved();
        assert!(waiting.deadline() > before);
        let waiting = Waiting::new(Duration::from_secs(60));
        let before = waiting.deadline();
        waiting.note_moved();
        assert_eq!(waiting.deadline(), before);
    }

    #[test]
    fn a_call_inside_the_hook_has_limits_of_its_own() {
        let outer = Waiting::new(Duration::from_secs(60));
        let inner = Waiting::new(Duration::ZERO);
        outer.run(&NoInterrupt, || {
            inner.run(&NoInterrupt, || assert!(current(Waiting::slice).is_err()));
            assert!(current(Waiting::slice).is_ok());
        });
        assert_eq!(outer.stopped(), None);
    }
}

//! Work that its caller begins and the engine's thread finishes.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use tokio::runtime::Handle;

use crate::engine::{Shared, Work, locked};

/// Work that its caller has begun. It becomes a task of the engine once something happens that it waits for.
///
/// A task would have to begin on the engine's thread, and waking that thread costs more than to write a request.
pub(crate) struct Begun {
    number: u64,
    progress: Mutex<Progress>,
    shared: Arc<Shared>,
    runtime: Handle,
}

enum Progress {
    /// The caller carries out the first steps.
    Beginning {
        /// Whether something has happened meanwhile.
        is_woken: bool,
    },
    Waiting(Work),
    /// It is a task, has ended, or was dropped.
    Over,
}

impl Begun {
    pub(crate) fn new(number: u64, shared: &Arc<Shared>, runtime: &Handle) -> Arc<Self> {
        Arc::new(Self {
            number,
            progress: Mutex::new(Progress::Beginning { is_woken: false }),
            shared: Arc::clone(shared),
            runtime: runtime.clone(),
        })
    }

    /// Carries out the first steps of the work on this thread.
    pub(crate) fn begin(self: &Arc<Self>, mut work: Work) {
        let waker = Waker::from(Arc::clone(self));
        let _entered = self.runtime.enter();
        if Pin::new(&mut work).poll(&mut Context::from_waker(&waker)).is_ready() {
            return;
        }
        let mut progress = locked(&self.progress);
        match *progress {
            Progress::Beginning { is_woken: false } => *progress = Progress::Waiting(work),
            Progress::Beginning { is_woken: true } => {
                *progress = Progress::Over;
                drop(progress);
                self.shared.run(self.number, work, &self.runtime);
            }
            Progress::Waiting(_) | Progress::Over => drop(progress), // dropped meanwhile, and so is the work
        }
    }

    /// Drops the work where it waits.
    pub(crate) fn cancel(&self) {
        let progress = mem::replace(&mut *locked(&self.progress), Progress::Over);
        drop(progress); // without the lock: it delivers that the work was dropped
    }
}

impl Wake for Begun {
    fn wake(self: Arc<Self>) {
        let mut progress = locked(&self.progress);
        match mem::replace(&mut *progress, Progress::Over) {
            Progress::Beginning { .. } => *progress = Progress::Beginning { is_woken: true },
            Progress::Waiting(work) => {
                drop(progress);
                self.shared.run(self.number, work, &self.runtime);
            }
            Progress::Over => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::poll_fn;
    use std::sync::mpsc::{Receiver, channel};
    use std::task::Poll;
    use std::thread::{self, ThreadId};
    use std::time::Duration;

    use tokio::sync::oneshot;

    use crate::engine::Engine;

    /// Begins work that waits for `until` between two steps, each of which reports its thread.
    fn begun(until: impl Future<Output = ()> + Send + 'static) -> (u64, Receiver<ThreadId>) {
        let (sender, receiver) = channel();
        let number = Engine::next_number();
        Engine::of_this_process().unwrap().begin(number, async move {
            sender.send(thread::current().id()).unwrap();
            until.await;
            sender.send(thread::current().id()).unwrap();
        });
        (number, receiver)
    }

    fn next(threads: &Receiver<ThreadId>) -> Option<ThreadId> {
        threads.recv_timeout(Duration::from_secs(60)).ok()
    }

    #[test]
    fn the_first_steps_run_on_the_callers_thread_and_the_rest_on_the_engines() {
        let (go, wait) = oneshot::channel();
        let (_, threads) = begun(async { wait.await.unwrap() });
        assert_eq!(threads.try_recv().ok(), Some(thread::current().id()));
        assert!(threads.try_recv().is_err());
        go.send(()).unwrap();
        assert_ne!(next(&threads), Some(thread::current().id()));
    }

    #[test]
    fn work_that_waits_for_nothing_ends_at_once() {
        let (_, threads) = begun(async {});
        assert_eq!(threads.try_iter().count(), 2);
    }

    #[test]
    fn work_that_is_woken_while_it_begins_goes_on() {
        let mut polls = 0;
        let (_, threads) = begun(poll_fn(move |context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls > 3 { Poll::Ready(()) } else { Poll::Pending }
        }));
        next(&threads).unwrap();
        assert_ne!(next(&threads), Some(thread::current().id()));
    }

    #[test]
    fn timers_wake_it() {
        let (_, threads) = begun(async { tokio::time::sleep(Duration::from_millis(5)).await });
        next(&threads).unwrap();
        assert!(next(&threads).is_some());
    }

    #[test]
    fn work_that_is_cancelled_is_dropped() {
        let (number, threads) = begun(std::future::pending());
        next(&threads).unwrap();
        Engine::of_this_process().unwrap().cancel(number);
        assert_eq!(next(&threads), None); // its sender is gone
        assert!(threads.recv_timeout(Duration::ZERO).is_err());
    }
}

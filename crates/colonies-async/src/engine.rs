//! The event-loop thread that all clients of a process share.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Threads for name lookups and for messages of megabytes. They end after a moment without work.
const HELPERS: usize = 4;
const HELPERS_STAY: Duration = Duration::from_secs(1);

static ENGINE: ArcSwapOption<Engine> = ArcSwapOption::const_empty();
static NUMBERS: AtomicU64 = AtomicU64::new(1);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

enum Command {
    Start(u64, Work),
    Cancel(u64),
    Stop,
}

#[derive(Default)]
struct Queue {
    commands: Mutex<Vec<Command>>,
    filled: Notify,
}

/// The event loop thread of this process.
///
/// A child of `fork` gets its own: that of the parent has no thread there, and its locks may be in any state.
pub struct Engine {
    process: u32,
    queue: Arc<Queue>,
}

impl Engine {
    /// The engine of this process. Starts its thread where there is none.
    ///
    /// # Errors
    /// Those of the operating system, where it allows no further thread or descriptor.
    pub fn of_this_process() -> io::Result<Arc<Self>> {
        let present = ENGINE.load_full();
        match present {
            Some(engine) if engine.process == process::id() => Ok(engine),
            present => Self::replace(present),
        }
    }

    fn replace(present: Option<Arc<Self>>) -> io::Result<Arc<Self>> {
        let engine = Arc::new(Self::start()?);
        let found = ENGINE.compare_and_swap(&present, Some(Arc::clone(&engine)));
        let is_replaced = match (&*found, &present) {
            (None, None) => true,
            (Some(found), Some(present)) => Arc::ptr_eq(found, present),
            _ => false,
        };
        // The parent's engine must not be dropped: that would touch its locks.
        mem::forget(present);
        if is_replaced {
            mem::forget(found);
            return Ok(engine);
        }
        engine.push(Command::Stop); // another thread was faster
        drop(found);
        Self::of_this_process()
    }

    fn start() -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(HELPERS)
            .thread_keep_alive(HELPERS_STAY)
            .thread_name("colonies-io-helper")
            .build()?;
        let of_thread = Arc::clone(&queue);
        thread::Builder::new()
            .name("colonies-io".into())
            .spawn(move || runtime.block_on(serve(&of_thread)))?;
        Ok(Self { process: process::id(), queue })
    }

    /// A number for a piece of work, unique in the process.
    pub fn next_number() -> u64 {
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    }

    /// Carries out `work` on the engine's thread.
    pub fn spawn(&self, number: u64, work: impl Future<Output = ()> + Send + 'static) {
        self.push(Command::Start(number, Box::pin(work)));
    }

    /// Drops the work with this number where it has not ended.
    pub fn cancel(&self, number: u64) {
        self.push(Command::Cancel(number));
    }

    fn push(&self, command: Command) {
        let mut commands = locked(&self.queue.commands);
        let was_empty = commands.is_empty();
        commands.push(command);
        drop(commands);
        if was_empty {
            self.queue.filled.notify_one();
        }
    }
}

async fn serve(queue: &Queue) {
    let running: Arc<Mutex<HashMap<u64, AbortHandle>>> = Arc::default();
    let mut batch = Vec::new();
    loop {
        mem::swap(&mut batch, &mut *locked(&queue.commands));
        if batch.is_empty() {
            queue.filled.notified().await;
            continue;
        }
        for command in batch.drain(..) {
            match command {
                Command::Start(number, work) => {
                    let done = Done { number, running: Arc::clone(&running) };
                    let task = tokio::spawn(async move {
                        let _done = done;
                        work.await;
                    });
                    locked(&running).insert(number, task.abort_handle());
                }
                Command::Cancel(number) => {
                    let task = locked(&running).remove(&number);
                    if let Some(task) = task {
                        task.abort();
                    }
                }
                Command::Stop => return,
            }
        }
        if batch.capacity() > 1024 {
            batch = Vec::new(); // a burst is over
        }
    }
}

/// Forgets a task when it ends, however it does.
struct Done {
    number: u64,
    running: Arc<Mutex<HashMap<u64, AbortHandle>>>,
}

impl Drop for Done {
    fn drop(&mut self) {
        locked(&self.running).remove(&self.number);
    }
}

/// A lock whose holder panicked is as good as any: no value behind one is ever half changed.
pub(crate) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

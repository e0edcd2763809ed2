//! The event-loop thread that all clients of a process share.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::begun::Begun;

/// Threads for name lookups and for messages of megabytes. They end after a moment without work.
const HELPERS: usize = 4;
const HELPERS_STAY: Duration = Duration::from_secs(1);
/// A timer that is set while calls are made. A timer that becomes the earliest wakes the thread with a system call, even
/// where the thread itself sets it; this one is earlier than the timeouts of most calls.
const TICK: Duration = Duration::from_secs(15);

static ENGINE: ArcSwapOption<Engine> = ArcSwapOption::const_empty();
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Work that is forgotten when it ends, however it does. It is no `async` block, which would hold the work twice.
pub(crate) struct Work {
    steps: Pin<Box<dyn Future<Output = ()> + Send>>,
    _done: Done,
}

impl Future for Work {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.steps.as_mut().poll(context)
    }
}

enum Command {
    Start(u64, Work),
    Cancel(u64),
    Stop,
}

/// What the threads of an engine share.
#[derive(Default)]
pub(crate) struct Shared {
    commands: Mutex<Vec<Command>>,
    filled: Notify,
    running: Mutex<HashMap<u64, Run>>,
    /// How many calls run that the server answers at once.
    brief: AtomicUsize,
    ticker: Ticker,
}

/// A piece of work that has not ended.
enum Run {
    Task(AbortHandle),
    Begun(Arc<Begun>),
}

/// The event loop thread of this process.
///
/// A child of `fork` gets its own: that of the parent has no thread there, and its locks may be in any state.
pub struct Engine {
    process: u32,
    shared: Arc<Shared>,
    runtime: Handle,
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
        let shared = Arc::new(Shared::default());
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(HELPERS)
            .thread_keep_alive(HELPERS_STAY)
            .thread_name("colonies-io-helper")
            .build()?;
        let (of_thread, handle) = (Arc::clone(&shared), runtime.handle().clone());
        thread::Builder::new()
            .name("colonies-io".into())
            .spawn(move || runtime.block_on(serve(&of_thread)))?;
        Ok(Self { process: process::id(), shared, runtime: handle })
    }

    /// A number for a piece of work, unique in the process.
    pub fn next_number() -> u64 {
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    }

    /// Carries out `work` on the engine's thread.
    pub fn spawn(&self, number: u64, work: impl Future<Output = ()> + Send + 'static) {
        self.push(Command::Start(number, self.shared.noted(number, work)));
    }

    /// Carries out `work`: its first steps on this thread, until it waits for something, and the rest on the engine's
    /// thread, which is not woken before. The first steps must not block.
    pub(crate) fn begin(&self, number: u64, work: impl Future<Output = ()> + Send + 'static) {
        let work = self.shared.noted(number, work);
        self.shared.ticker.note_call(&self.runtime);
        let begun = Begun::new(number, &self.shared, &self.runtime);
        locked(&self.shared.running).insert(number, Run::Begun(Arc::clone(&begun)));
        begun.begin(work);
    }

    /// Counts a call that the server answers at once, until the result is dropped.
    pub(crate) fn count_brief(&self) -> Brief {
        let others = self.shared.brief.fetch_add(1, Ordering::Relaxed);
        Brief { shared: Arc::clone(&self.shared), is_alone: others == 0 }
    }

    /// Drops the work with this number where it has not ended.
    pub fn cancel(&self, number: u64) {
        self.push(Command::Cancel(number));
    }

    fn push(&self, command: Command) {
        let mut commands = locked(&self.shared.commands);
        let was_empty = commands.is_empty();
        commands.push(command);
        drop(commands);
        if was_empty {
            self.shared.filled.notify_one();
        }
    }
}

async fn serve(shared: &Arc<Shared>) {
    let here = Handle::current();
    let mut batch = Vec::new();
    loop {
        mem::swap(&mut batch, &mut *locked(&shared.commands));
        if batch.is_empty() {
            shared.filled.notified().await;
            continue;
        }
        for command in batch.drain(..) {
            match command {
                Command::Start(number, work) => {
                    shared.ticker.note_call(&here);
                    shared.run(number, work, &here);
                }
                Command::Cancel(number) => {
                    let run = locked(&shared.running).remove(&number);
                    match run {
                        Some(Run::Task(task)) => task.abort(),
                        Some(Run::Begun(begun)) => begun.cancel(),
                        None => {}
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

impl Shared {
    fn noted(self: &Arc<Self>, number: u64, steps: impl Future<Output = ()> + Send + 'static) -> Work {
        Work { steps: Box::pin(steps), _done: Done { number, shared: Arc::clone(self) } }
    }

    /// Makes a task of work.
    pub(crate) fn run(&self, number: u64, work: Work, runtime: &Handle) {
        // Locked until the task is noted, since it may run, and end, on the engine's thread meanwhile.
        let mut running = locked(&self.running);
        let task = runtime.spawn(work);
        running.insert(number, Run::Task(task.abort_handle()));
    }
}

/// Counts a call in flight.
pub(crate) struct Brief {
    shared: Arc<Shared>,
    /// True where no other one was in flight.
    pub(crate) is_alone: bool,
}

impl Drop for Brief {
    fn drop(&mut self) {
        self.shared.brief.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Keeps a timer set as long as calls are made.
#[derive(Default)]
struct Ticker {
    is_running: Arc<AtomicBool>,
    is_used: Arc<AtomicBool>,
}

impl Ticker {
    fn note_call(&self, runtime: &Handle) {
        self.is_used.store(true, Ordering::Relaxed);
        if self.is_running.swap(true, Ordering::Relaxed) {
            return;
        }
        let (is_running, is_used) = (Arc::clone(&self.is_running), Arc::clone(&self.is_used));
        runtime.spawn(async move {
            while is_used.swap(false, Ordering::Relaxed) {
                sleep(TICK).await;
            }
            is_running.store(false, Ordering::Relaxed);
        });
    }
}

/// Forgets work when it ends.
struct Done {
    number: u64,
    shared: Arc<Shared>,
}

impl Drop for Done {
    fn drop(&mut self) {
        locked(&self.shared.running).remove(&self.number);
    }
}

/// A lock whose holder panicked is as good as any: no value behind one is ever half changed.
pub(crate) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

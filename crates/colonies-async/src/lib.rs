//! Calls to Colonies servers for callers that do not block, such as event loops.
//!
//! One thread of the process, started with the first call, carries out the calls of all clients. A caller starts a call
//! and gets a number; what comes of the call arrives under that number in the caller's [`Mailbox`], which wakes the
//! caller through a descriptor. The thread never calls into the caller.
//!
//! What may be sent again and what a failure is called is decided by [`colonies_client::rules`], as for the blocking
//! client. `docs/design/async.md` has the reasons.

mod begun;
mod call;
mod client;
mod dial;
mod engine;
mod http1;
mod lookup;
mod mailbox;
mod pool;
mod stream;
mod subscription;

pub use call::Call;
pub use client::Client;
pub use engine::Engine;
pub use mailbox::{Mailbox, Outcome, Reader};
pub use subscription::Subscription;

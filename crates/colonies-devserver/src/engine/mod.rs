//! The running server without a network: carries messages out under one lock, and wakes waiting callers,
//! subscribers and followers of channels.

mod clock;
mod core;
mod followers;
mod subscribers;
mod waiters;

#[cfg(all(fuzzing, not(test)))]
pub(crate) use self::core::fuzz::driver as fuzzing;
pub(crate) use self::core::{Core, Reaction};
pub(crate) use followers::{Followed, Heard, until};
pub(crate) use subscribers::{Due, OUTBOX, Outbox, Topic};
pub(crate) use waiters::Place;

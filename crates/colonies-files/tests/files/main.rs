//! Transfers to and from a store that behaves well, badly, and not at all.
#![allow(clippy::unwrap_used)]

mod gets;
mod puts;
mod refusals;
mod store;

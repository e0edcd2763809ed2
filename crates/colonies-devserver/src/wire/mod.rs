//! How values look on the wire where that differs from what serde would write.

mod numbers;
mod time;

pub(crate) use numbers::{FreeJson, float};
pub(crate) use time::Time;

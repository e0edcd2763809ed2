//! Values whose form on the wire differs from serde's.

mod mismatch;
mod numbers;
mod syntax;
mod time;

pub(crate) use mismatch::{FieldType, type_mismatch};
pub(crate) use numbers::{FreeJson, float};
pub(crate) use syntax::json_fault;
pub(crate) use time::{Time, Zone};

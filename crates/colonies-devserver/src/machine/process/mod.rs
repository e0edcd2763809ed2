//! Processes: one run of a function spec each, from submission to its end.

pub(super) mod assign;
pub(super) mod cancel;
pub(super) mod close;
pub(super) mod deadline;
pub(super) mod read;
pub(super) mod remove;
pub(super) mod spec;
pub(super) mod submit;
pub(super) mod transition;

use super::{Context, Outcome};
use crate::store::processes::{self, Process};

/// An existing process; `refusal` otherwise.
fn find(context: &Context<'_>, id: &str, refusal: super::Refusal) -> Outcome<Process> {
    processes::get(context.db, id)?.ok_or(refusal)
}

//! The initial records: a colony with an approved executor.
//!
//! The key of the executor is also the key of a user. An executor that stops asking for work is unregistered
//! after ten minutes; its key remains a member as that of the user.

use super::{Context, Outcome};
use crate::Seed;
use crate::store::colonies::{self, Colony};
use crate::store::executors::{self, APPROVED, Executor};
use crate::store::users::{self, User};

/// Creates a colony, an approved executor and a user. Existing records are left unchanged.
pub(crate) fn seed(context: &Context<'_>, seed: &Seed) -> Outcome<()> {
    if colonies::by_name(context.db, &seed.colony_name)?.is_none() {
        let colony = Colony { id: seed.colony_id.clone(), name: seed.colony_name.clone() };
        colonies::add(context.db, &colony)?;
    }
    if executors::identity_by_name(context.db, &seed.colony_name, &seed.executor_name)?.is_none() {
        let executor = Executor {
            id: seed.executor_id.clone(),
            name: seed.executor_name.clone(),
            kind: seed.executor_type.clone(),
            colony_name: seed.colony_name.clone(),
            state: APPROVED,
            commission_time: context.now,
            ..Executor::default()
        };
        executors::put(context.db, &executor)?;
    }
    if users::by_name(context.db, &seed.colony_name, &seed.user_name)?.is_none() {
        let user = User {
            id: seed.executor_id.clone(),
            name: seed.user_name.clone(),
            colony_name: seed.colony_name.clone(),
            ..User::default()
        };
        users::add(context.db, &user)?;
    }
    Ok(())
}

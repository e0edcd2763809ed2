//! Pauses between attempts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use colonies_client::Fault;

use crate::error::Error;
use crate::run::Run;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Pauses before further attempts, each up to twice as long as the one before.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    made: u32,
}

impl Retries {
    /// Waits before the next attempt.
    ///
    /// # Errors
    /// The failure itself where another attempt is of no use, or there were enough.
    pub(crate) fn pause(&mut self, fault: Error, run: &Run<'_>) -> Result<(), Error> {
        if !fault.is_transient() || self.made >= most(&fault) {
            return Err(fault);
        }
        let longest = FIRST_PAUSE.saturating_mul(1 << self.made.min(10)).min(LONGEST_PAUSE);
        self.made += 1;
        run.sleep(longest.mul_f64(0.5 + 0.5 * random()))
    }

    /// Something came of the last attempt.
    pub(crate) fn forget(&mut self) {
        self.made = 0;
    }
}

/// How often it is tried again. What has already cost its whole time limit is tried again once.
fn most(fault: &Error) -> u32 {
    match fault {
        Error::Unreachable { fault: Fault::Timeout { .. }, .. } => 1,
        Error::Unreachable { fault: Fault::Connect { .. }, .. } => 3,
        _ => 5,
    }
}

/// 0 to 1. Its keys come from the operating system and differ each time; that is all that jitter needs.
fn random() -> f64 {
    f64::from(u32::try_from(RandomState::new().build_hasher().finish() >> 32).unwrap_or(0))
        / f64::from(u32::MAX)
}

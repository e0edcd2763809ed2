//! The clock of the server, which tests can advance.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use crate::wire::Time;

/// The server's clock: that of the machine, plus what it was advanced by. No two readings are the same.
#[derive(Debug)]
pub(super) struct Clock(Mutex<Reading>);

#[derive(Debug)]
struct Reading {
    offset: Duration,
    last: Time,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Reading { offset: Duration::ZERO, last: Time::ZERO }))
    }

    /// Later than at any time before, by a microsecond at least.
    pub(super) fn now(&self) -> Time {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = Time::from_micros(0).plus(since.saturating_add(reading.offset));
        reading.last = now.max(reading.last.plus(Duration::from_micros(1)));
        reading.last
    }

    /// Goes forward to a time, where that is not past already.
    pub(super) fn advance_to(&self, time: Time) {
        let now = self.now();
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let micros = u64::try_from(time.micros().saturating_sub(now.micros())).unwrap_or(0);
        reading.offset = reading.offset.saturating_add(Duration::from_micros(micros));
        // The last reading may have been ahead of the machine's clock by a little.
        reading.last = reading.last.max(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_stands_still_and_goes_forward_only() {
        let clock = Clock::new();
        let first = clock.now();
        assert!(clock.now() > first);
        let later = first.plus_seconds(3600);
        clock.advance_to(later);
        assert!(clock.now() >= later);
        clock.advance_to(first);
        assert!(clock.now() >= later);
    }
}

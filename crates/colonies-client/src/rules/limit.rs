//! Deadlines, and the reasons for which a wait stops.

use std::time::{Duration, Instant};

/// Why a wait ended before what it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The caller no longer waits.
    Interrupted,
    /// A limit passed.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
}

/// A deadline that remembers how long it was, to name it in errors.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    of: Duration,
    /// None where the sum is beyond what the clock can express.
    at: Option<Instant>,
}

impl Limit {
    /// A limit that passes after `of`.
    pub fn from_now(of: Duration) -> Self {
        Self { of, at: Instant::now().checked_add(of) }
    }

    /// The limit that passes first.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        if self.at.is_some_and(|at| other.at.is_none_or(|other| at < other)) { self } else { other }
    }

    /// When it passes; `None` for never.
    pub fn at(&self) -> Option<Instant> {
        self.at
    }

    /// How long it was.
    pub fn of(&self) -> Duration {
        self.of
    }

    /// The remaining time, zero once it has passed; `None` for no limit.
    pub fn left(&self) -> Option<Duration> {
        self.at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// What ends a wait when this passes.
    pub fn stop(&self) -> Stop {
        Stop::TimedOut { limit: self.of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_limit_is_the_one_that_is_named() {
        let (short, long) = (Limit::from_now(Duration::ZERO), Limit::from_now(Duration::from_secs(60)));
        let never = Limit::from_now(Duration::MAX);
        for (one, other, named) in [(short, long, short), (long, short, short), (never, long, long)] {
            assert_eq!(one.earlier(other).of(), named.of());
        }
        assert_eq!(short.left(), Some(Duration::ZERO));
        assert_eq!(never.left(), None);
    }
}

//! Injected faults: lost connections, delays and errors, for tests of clients.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A fault of a message to `/api`, or of a request to the S3 endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is closed without an answer, and the message is not carried out.
    Drop,
    /// The message is carried out, then the connection is closed without an answer.
    DropAnswer,
    /// The message is carried out and answered, but only after this time.
    Delay(Duration),
    /// The connection is closed once so many bytes of the body have passed, whichever way it goes. As [`Self::Drop`]
    /// for messages to `/api`.
    Cut(u64),
    /// The message is refused and not carried out.
    Error {
        /// The status, 400 to 599.
        status: u16,
        /// The text.
        message: String,
    },
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    /// Any message type if none is given.
    msgtype: Option<String>,
    /// How often it is still to happen; until it is cleared if there is no number.
    times: Option<u32>,
}

/// Injected faults of a server.
///
/// If several match a message, all delays happen, and the first of the others.
#[derive(Debug, Default)]
pub struct Faults {
    /// False if there are no rules: looking at that is all that a server without faults does.
    any: AtomicBool,
    rules: Mutex<Vec<Rule>>,
}

/// What is to happen to one message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) delay: Duration,
    pub(super) fault: Option<Fault>,
}

impl Faults {
    /// Asks for a fault with the next messages of a type, or of any type, so many times or until cleared.
    pub fn add(&self, fault: Fault, msgtype: Option<&str>, times: Option<u32>) {
        let mut rules = self.rules();
        rules.push(Rule { fault, msgtype: msgtype.map(str::to_owned), times });
        rules.retain(|rule| rule.times != Some(0));
        self.any.store(!rules.is_empty(), Ordering::Relaxed);
    }

    /// Forgets all faults that have not happened yet.
    pub fn clear(&self) {
        let mut rules = self.rules();
        rules.clear();
        self.any.store(false, Ordering::Relaxed);
    }

    /// What is to happen to a message of a type; counts as having happened.
    pub(super) fn next(&self, msgtype: &str) -> Planned {
        let mut planned = Planned::default();
        if !self.any.load(Ordering::Relaxed) {
            return planned;
        }
        let mut rules = self.rules();
        for rule in rules.iter_mut() {
            if rule.msgtype.as_ref().is_some_and(|wanted| wanted != msgtype) {
                continue;
            }
            match &rule.fault {
                Fault::Delay(delay) => planned.delay = planned.delay.saturating_add(*delay),
                fault if planned.fault.is_none() => planned.fault = Some(fault.clone()),
                _ => continue,
            }
            rule.times = rule.times.map(|times| times.saturating_sub(1));
        }
        rules.retain(|rule| rule.times != Some(0));
        self.any.store(!rules.is_empty(), Ordering::Relaxed);
        planned
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Fault = Fault::Delay(Duration::from_millis(2));

    #[test]
    fn a_fault_happens_as_often_as_asked_for_and_to_its_message_only() {
        let faults = Faults::default();
        faults.add(Fault::Drop, Some("a"), Some(2));
        assert_eq!(faults.next("b"), Planned::default());
        assert_eq!(faults.next("a").fault, Some(Fault::Drop));
        assert_eq!(faults.next("a").fault, Some(Fault::Drop));
        assert!(!faults.any.load(Ordering::Relaxed));
        assert_eq!(faults.next("a"), Planned::default());
    }

    #[test]
    fn delays_add_up_and_other_faults_take_turns() {
        let faults = Faults::default();
        faults.add(DELAY, None, None);
        faults.add(DELAY, Some("a"), Some(1));
        faults.add(Fault::DropAnswer, None, Some(1));
        faults.add(Fault::Drop, None, Some(1));
        let twice = Duration::from_millis(4);
        assert_eq!(faults.next("a"), Planned { delay: twice, fault: Some(Fault::DropAnswer) });
        let once = Duration::from_millis(2);
        assert_eq!(faults.next("a"), Planned { delay: once, fault: Some(Fault::Drop) });
        assert_eq!(faults.next("a"), Planned { delay: once, fault: None });
    }

    #[test]
    fn no_times_are_none_and_all_can_be_cleared() {
        let faults = Faults::default();
        faults.add(Fault::Drop, None, Some(0));
        assert_eq!(faults.next("a"), Planned::default());
        faults.add(Fault::Drop, None, None);
        faults.add(DELAY, None, Some(5));
        faults.clear();
        assert_eq!(faults.next("a"), Planned::default());
    }
}

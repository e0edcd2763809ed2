//! Whether a failed request is sent again.

use crate::rules::{Attempt, Failure, REPEATS, Stop};

/// What follows from a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The idle connections must not be used: they are probably gone for the same reason.
    pub retire: bool,
    /// The request must be sent again, over another connection.
    pub again: bool,
}

/// Decides what follows from a failed attempt.
///
/// A request is sent again only where its connection was idle, ended before an answer began, and where the request
/// either was not sent in full or `is_repeatable`. Silence on an idle connection retires the others as well, since
/// firewalls forget connections without closing them.
pub fn judge(attempt: &Attempt, failure: &Failure, is_repeatable: bool, repeats: usize) -> Verdict {
    let is_lost = matches!(failure, Failure::Io(_));
    let is_silent = matches!(failure, Failure::Stopped(Stop::TimedOut { .. }));
    let retire = attempt.is_reused() && !attempt.is_answered() && (is_lost || is_silent);
    let is_harmless = is_repeatable || !attempt.is_sent();
    Verdict { retire, again: retire && is_lost && is_harmless && repeats < REPEATS }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::*;

    #[derive(Clone, Copy)]
    enum How {
        Lost,
        Silent,
        Interrupted,
        Malformed,
    }
    use How::{Interrupted, Lost, Malformed, Silent};

    fn failure(how: How) -> Failure {
        match how {
            Lost => Failure::Io(io::ErrorKind::ConnectionReset.into()),
            Silent => Failure::Stopped(Stop::TimedOut { limit: Duration::from_secs(1) }),
            Interrupted => Failure::Stopped(Stop::Interrupted),
            Malformed => Failure::Malformed("no HTTP".into()),
        }
    }

    /// How far the attempt came: on a reused connection, sent, answered.
    type Came = (bool, bool, bool);

    fn verdict((reused, sent, answered): Came, how: How, reads: bool, repeats: usize) -> (bool, bool) {
        let mut attempt = Attempt::default();
        if !reused {
            attempt.note_opened();
        }
        if sent {
            attempt.note_sent();
        }
        if answered {
            attempt.note_received(b"HTTP");
        }
        let verdict = judge(&attempt, &failure(how), reads, repeats);
        (verdict.retire, verdict.again)
    }

    #[test]
    fn only_what_does_no_harm_is_sent_again_and_only_after_a_stale_connection() {
        // (reused, sent, answered), how it failed, whether it only reads, repeats, (retire the pool, send again)
        for (came, how, reads, repeats, expected) in [
            ((true, false, false), Lost, false, 0, (true, true)),
            ((true, false, false), Lost, true, 0, (true, true)),
            ((true, true, false), Lost, true, 0, (true, true)),
            ((true, true, false), Lost, true, 1, (true, true)),
            ((true, true, false), Lost, true, 2, (true, false)),
            ((true, true, false), Lost, false, 0, (true, false)),
            ((true, true, false), Silent, true, 0, (true, false)),
            ((true, false, false), Silent, false, 0, (true, false)),
            ((true, true, true), Lost, true, 0, (false, false)),
            ((true, true, true), Malformed, true, 0, (false, false)),
            ((true, true, false), Interrupted, true, 0, (false, false)),
            ((false, false, false), Lost, true, 0, (false, false)),
            ((false, true, false), Lost, true, 0, (false, false)),
            ((false, true, false), Silent, true, 0, (false, false)),
        ] {
            assert_eq!(
                verdict(came, how, reads, repeats),
                expected,
                "{came:?}, reads {reads}, repeats {repeats}"
            );
        }
    }
}

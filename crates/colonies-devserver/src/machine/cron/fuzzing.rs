//! See `crate::fuzzing`.

use jiff::Timestamp;

use super::expression::Expression;

/// Reads an expression, and computes times from a given second on: each is later than the one before.
pub fn cron(text: &str, from: i64) {
    let Ok(expression) = Expression::parse(text) else { return };
    let Ok(mut time) = Timestamp::from_second(from) else { return };
    for _ in 0..4 {
        let Some(next) = expression.next(time) else { return };
        assert!(next > time, "{text}: {next} is not after {time}");
        time = next;
    }
}

//! Cron expressions: six fields, or a descriptor, with or without a time zone in front.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::duration::parse_seconds;
use super::field::{DAYS, Field, HOURS, MINUTES, MONTHS, SECONDS, WEEKDAYS};
use crate::wire::Zone;

/// When something is to be done.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    At { zone: TimeZone, fields: Fields },
    Every { seconds: i64 },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    seconds: Field,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// An expression without a date in so many days has none.
const HORIZON_DAYS: i64 = 5 * 366;

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Describes the error in the words of a Colonies server.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("empty cron expression string".to_owned());
        }
        let (zone, rest) = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
            Some(rest) => {
                let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                (find_zone(name)?, rest.trim())
            }
            None => (Zone::current().to_time_zone(), text),
        };
        if let Some(duration) = rest.strip_prefix("@every ") {
            let seconds = parse_seconds(duration)
                .map_err(|fault| format!("failed to parse duration {rest}: {fault}"))?;
            return Ok(Self::Every { seconds: seconds.max(1) });
        }
        let fields = match rest {
            "@yearly" | "@annually" => "0 0 0 1 1 *",
            "@monthly" => "0 0 0 1 * *",
            "@weekly" => "0 0 0 * * 0",
            "@daily" | "@midnight" => "0 0 0 * * *",
            "@hourly" => "0 0 * * * *",
            other if other.starts_with('@') => return Err(format!("unrecognized descriptor: {other}")),
            other => other,
        };
        Ok(Self::At { zone, fields: Fields::parse(fields)? })
    }

    /// The first time after `after`.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every { seconds } => {
                let whole = Timestamp::from_second(after.as_second()).ok()?;
                whole.checked_add(SignedDuration::from_secs(*seconds)).ok()
            }
            Self::At { zone, fields } => {
                let mut start = Timestamp::from_second(after.as_second().checked_add(1)?).ok()?;
                let horizon = start.checked_add(SignedDuration::from_hours(HORIZON_DAYS * 24)).ok()?;
                // Between two changes of the clocks, local time runs evenly. So a local time that is skipped
                // is no run, and one that comes twice is two.
                loop {
                    let offset = zone.to_offset(start);
                    let change = zone.following(start).next().map(|change| change.timestamp());
                    let end = change.map_or(horizon, |change| change.min(horizon));
                    if let Some(found) = fields.between(offset.to_datetime(start), offset.to_datetime(end)) {
                        return offset.to_timestamp(found).ok();
                    }
                    if end == horizon {
                        return None;
                    }
                    start = end;
                }
            }
        }
    }
}

fn find_zone(name: &str) -> Result<TimeZone, String> {
    match name {
        "" | "UTC" => Ok(TimeZone::UTC),
        "Local" => Ok(Zone::current().to_time_zone()),
        _ => {
            TimeZone::get(name).map_err(|_| format!("provided bad location {name}: unknown time zone {name}"))
        }
    }
}

impl Fields {
    fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [seconds, minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(format!("expected exactly 6 fields, found {}: [{}]", fields.len(), fields.join(" ")));
        };
        Ok(Self {
            seconds: Field::parse(seconds, &SECONDS)?,
            minutes: Field::parse(minutes, &MINUTES)?,
            hours: Field::parse(hours, &HOURS)?,
            days: Field::parse(days, &DAYS)?,
            months: Field::parse(months, &MONTHS)?,
            weekdays: Field::parse(weekdays, &WEEKDAYS)?,
        })
    }

    /// Where both the day of the month and that of the week are given, one of them is enough.
    fn has_date(&self, date: Date) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(date.weekday().to_sunday_zero_offset());
        let is_day = if self.days.is_any || self.weekdays.is_any { day && weekday } else { day || weekday };
        self.months.has(date.month()) && is_day
    }

    /// The first local time from `start` on, before `end`.
    fn between(&self, start: DateTime, end: DateTime) -> Option<DateTime> {
        let (mut date, mut time) = (start.date(), start.time());
        while date <= end.date() {
            if self.has_date(date)
                && let Some(found) = self.time_from(time)
            {
                let found = DateTime::from_parts(date, found);
                return (found < end).then_some(found);
            }
            (date, time) = (date.tomorrow().ok()?, Time::midnight());
        }
        None
    }

    fn time_from(&self, from: Time) -> Option<Time> {
        let (mut minute, mut second) = (from.minute(), from.second());
        let mut hour = self.hours.from(from.hour())?;
        if hour != from.hour() {
            (minute, second) = (0, 0);
        }
        loop {
            if let Some(found) = self.minutes.from(minute) {
                if found != minute {
                    second = 0;
                }
                if let Some(second) = self.seconds.from(second) {
                    return Time::new(hour, found, second, 0).ok();
                }
                if let (Some(found), Some(second)) = (self.minutes.from(found + 1), self.seconds.from(0)) {
                    return Time::new(hour, found, second, 0).ok();
                }
            }
            hour = self.hours.from(hour + 1)?;
            (minute, second) = (0, 0);
            // Nothing in an hour from its start on is nothing in any.
            if self.minutes.from(0).is_none() || self.seconds.from(0).is_none() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn next(expression: &str, after: &str) -> Option<String> {
        let after: Timestamp = after.parse().unwrap();
        Expression::parse(expression).unwrap().next(after).map(|found| found.to_string())
    }

    #[test]
    fn the_next_date_is_found() {
        let after = "2026-11-23T17:01:39.5Z"; // a Monday
        for (expression, wanted) in [
            ("* * * * * *", "2026-11-23T17:01:40Z"),
            ("*/5 * * * * *", "2026-11-23T17:01:40Z"),
            ("30/10 * * * * *", "2026-11-23T17:01:40Z"),
            ("10-30/10 * * * * *", "2026-11-23T17:02:10Z"),
            ("0 0 0 1 1 *", "2027-01-01T00:00:00Z"),
            ("0 30 9 * * MON-FRI", "2026-11-24T09:30:00Z"),
            ("0 0 12 13 * FRI", "2026-11-27T12:00:00Z"),
            ("0 0 12 29 FEB ?", "2028-02-29T12:00:00Z"),
            ("0 59 23 * * *", "2026-11-23T23:59:00Z"),
            ("0 0,5 17 * * *", "2026-11-23T17:05:00Z"),
            ("TZ=Europe/Stockholm 0 0 6 * * *", "2026-11-24T05:00:00Z"),
            ("@hourly", "2026-11-23T18:00:00Z"),
            ("@weekly", "2026-11-29T00:00:00Z"),
            ("@every 1h30m", "2026-11-23T18:31:39Z"),
            ("@every 1ms", "2026-11-23T17:01:40Z"),
        ] {
            assert_eq!(next(expression, after).as_deref(), Some(wanted), "{expression}");
        }
        assert_eq!(next("0 0 0 31 2 *", after), None);
    }

    #[test]
    fn a_local_time_that_is_skipped_is_no_run() {
        // At two o'clock it becomes three.
        let zone = "TZ=Europe/Stockholm 0 30 2 * * *";
        assert_eq!(next(zone, "2026-03-28T12:00:00Z").as_deref(), Some("2026-03-30T00:30:00Z"));
        let every = "TZ=Europe/Stockholm 0 0,30 * * * *";
        assert_eq!(next(every, "2026-03-29T00:30:00Z").as_deref(), Some("2026-03-29T01:00:00Z"));
        // Here, midnight is skipped.
        let midnight = "TZ=America/Santiago @daily";
        assert_eq!(next(midnight, "2026-09-05T12:00:00Z").as_deref(), Some("2026-09-07T03:00:00Z"));
    }

    #[test]
    fn a_local_time_that_comes_twice_is_two_runs() {
        // At three o'clock it becomes two again.
        let zone = "TZ=Europe/Stockholm 0 30 2 * * *";
        assert_eq!(next(zone, "2026-10-25T00:00:00Z").as_deref(), Some("2026-10-25T00:30:00Z"));
        assert_eq!(next(zone, "2026-10-25T00:30:00Z").as_deref(), Some("2026-10-25T01:30:00Z"));
        assert_eq!(next(zone, "2026-10-25T01:30:00Z").as_deref(), Some("2026-10-26T01:30:00Z"));
        let every = "TZ=Europe/Stockholm 0 0,30 * * * *";
        assert_eq!(next(every, "2026-10-25T00:30:00Z").as_deref(), Some("2026-10-25T01:00:00Z"));
    }

    #[test]
    fn the_local_zone_is_that_of_the_server() {
        let after = "2026-11-23T16:01:39Z";
        for (seed, wanted) in [(0, "2026-11-24T11:00:00Z"), (1, "2026-11-23T17:00:00Z")] {
            Zone::of(Some(seed)).enter(); // Stockholm, New York
            for expression in ["0 0 12 * * *", "TZ=Local 0 0 12 * * *"] {
                assert_eq!(next(expression, after).as_deref(), Some(wanted), "{expression}");
            }
            assert_eq!(next("TZ=UTC 0 0 12 * * *", after).as_deref(), Some("2026-11-24T12:00:00Z"));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (expression, wanted) in [
            ("", "empty cron expression string"),
            ("* * * * *", "expected exactly 6 fields, found 5: [* * * * *]"),
            ("60 * * * * *", "end of range (60) above maximum (59): 60"),
            ("* * * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-1 * * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("*/0 * * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * * *", "too many hyphens: 1-2-3"),
            ("*/2/2 * * * * *", "too many slashes: */2/2"),
            ("-1 * * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
            ("@never", "unrecognized descriptor: @never"),
            ("@every x", "failed to parse duration @every x: time: invalid duration \"x\""),
            (
                "TZ=Nowhere/City * * * * * *",
                "provided bad location Nowhere/City: unknown time zone Nowhere/City",
            ),
        ] {
            assert_eq!(Expression::parse(expression).unwrap_err(), wanted, "{expression}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_expression_or_none(text: String, near in "[-*/?,0-9MONJA ]{0,24}") {
            let _ = Expression::parse(&text);
            let _ = Expression::parse(&near);
        }

        #[test]
        fn the_next_date_lies_ahead(
            second in 0..60_i8, minute in 0..60_i8, hour in 0..24_i8, now in 0..4_000_000_000_i64
        ) {
            let now = Timestamp::from_second(now).unwrap();
            let found = Expression::parse(&format!("{second} {minute} {hour} * * *")).unwrap().next(now).unwrap();
            prop_assert!(found > now && found.duration_since(now) <= SignedDuration::from_hours(24));
            let time = TimeZone::UTC.to_datetime(found);
            prop_assert_eq!((time.second(), time.minute(), time.hour()), (second, minute, hour));
        }
    }
}

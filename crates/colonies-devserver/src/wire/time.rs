//! Points in time: microseconds since 1970, RFC 3339 on the wire, in UTC or the zone of the server.

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// A point in time. The zero time, the first moment of the year 1, stands for "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(i64);

impl Time {
    pub(crate) const ZERO: Self = Self(-62_135_596_800_000_000);

    /// Later than all others. It is stored, but never sent.
    pub(crate) const NEVER: Self = Self(i64::MAX);

    pub(crate) const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub(crate) const fn micros(self) -> i64 {
        self.0
    }

    /// Nanoseconds since 1970, as far as they fit.
    pub(crate) const fn nanos(self) -> i64 {
        self.0.saturating_mul(1000)
    }

    pub(crate) const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    pub(crate) fn from_timestamp(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }

    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    pub(crate) const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The start of the first whole second after this one: when a deadline at this time counts as over.
    pub(crate) const fn next_second(self) -> Self {
        Self((self.seconds() + 1).saturating_mul(1_000_000))
    }

    /// Seconds from an earlier time to this one.
    #[expect(clippy::cast_precision_loss, reason = "microseconds below 2^53 for the next 200 years")]
    pub(crate) fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e6
    }
}

/// The zone of a server. It writes times in it, the zero time with the mean solar time of that place, and reads
/// cron expressions without a zone in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Seconds east of UTC.
    offset: i32,
    zero: &'static str,
}

impl Zone {
    pub(crate) const UTC: Self = Self { offset: 0, zero: "0001-01-01T00:00:00Z" };
    /// Stockholm, New York, Calcutta and UTC, without daylight saving time.
    const ALL: [Self; 4] = [
        Self { offset: 3_600, zero: "0001-01-01T01:12:12+01:12" },
        Self { offset: -18_000, zero: "0000-12-31T19:03:58-04:56" },
        Self { offset: 19_800, zero: "0001-01-01T05:53:28+05:53" },
        Self::UTC,
    ];

    /// The zone of a server with this seed.
    pub(crate) fn of(seed: Option<u64>) -> Self {
        seed.map_or(Self::UTC, |seed| Self::ALL[usize::try_from(seed % 4).unwrap_or(0)])
    }

    /// The zone in which this thread writes times.
    pub(crate) fn current() -> Self {
        ZONE.get()
    }

    pub(crate) fn to_time_zone(self) -> TimeZone {
        Offset::from_seconds(self.offset).map_or(TimeZone::UTC, TimeZone::fixed)
    }

    /// Has this thread write times in this zone from now on.
    pub(crate) fn enter(self) {
        ZONE.set(self);
    }
}

thread_local! {
    static ZONE: Cell<Zone> = const { Cell::new(Zone::UTC) };
}

impl Default for Time {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let zone = ZONE.get();
        if zone == Zone::UTC {
            return serializer.collect_str(&self.timestamp());
        }
        if *self == Self::ZERO {
            return serializer.serialize_str(zone.zero);
        }
        let offset = Offset::from_seconds(zone.offset).unwrap_or(Offset::UTC);
        serializer.collect_str(&self.timestamp().display_with_offset(offset))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // jiff reads more than RFC 3339 does: a blank or a small t between date and time, a zone in brackets.
        if text.as_bytes().get(10) != Some(&b'T') || text.ends_with(']') {
            return Err(D::Error::custom("a time must be written as in RFC 3339"));
        }
        let time: Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(Self(time.as_microsecond()))
    }
}

impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_have_up_to_six_decimals_and_no_zeros_at_the_end() {
        for (micros, text) in [
            (Time::ZERO.0, "0001-01-01T00:00:00Z"),
            (0, "1970-01-01T00:00:00Z"),
            (1_500_000, "1970-01-01T00:00:01.5Z"),
            (1_000_001, "1970-01-01T00:00:01.000001Z"),
        ] {
            assert_eq!(serde_json::to_string(&Time(micros)).unwrap(), format!("\"{text}\""));
        }
    }

    #[test]
    fn other_offsets_are_read_and_other_forms_are_not() {
        let read = |text: &str| serde_json::from_value::<Time>(text.into());
        assert_eq!(read("2030-01-01T00:00:00.5+02:00").unwrap(), read("2029-12-31T22:00:00.5Z").unwrap());
        for text in ["", "now", "2030-01-01", "2030-01-01T00:00:00", "2030-01-01 00:00:00Z"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_server_in_another_zone_writes_its_own_times() {
        let time = Time(1_500_000);
        let written = |seed| {
            Zone::of(seed).enter();
            serde_json::to_string(&[Time::ZERO, time]).unwrap()
        };
        assert_eq!(written(Some(0)), r#"["0001-01-01T01:12:12+01:12","1970-01-01T01:00:01.5+01:00"]"#);
        assert_eq!(written(Some(5)), r#"["0000-12-31T19:03:58-04:56","1969-12-31T19:00:01.5-05:00"]"#);
        assert_eq!(written(Some(2)), r#"["0001-01-01T05:53:28+05:53","1970-01-01T05:30:01.5+05:30"]"#);
        assert_eq!(written(None), r#"["0001-01-01T00:00:00Z","1970-01-01T00:00:01.5Z"]"#);
    }

    proptest! {
        #[test]
        fn times_read_back(micros in Time::ZERO.0..253_402_300_799_000_000) {
            let text = serde_json::to_string(&Time(micros)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Time>(&text).unwrap(), Time(micros));
        }
    }
}

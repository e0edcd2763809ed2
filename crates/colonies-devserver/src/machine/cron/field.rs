//! One field of a cron expression: the seconds, days and so on that it matches.

/// The values that a field can have, and the names of some.
pub(super) struct Bounds {
    min: u32,
    max: u32,
    /// Names of the values from `min` on.
    names: &'static [&'static str],
}

pub(super) const SECONDS: Bounds = Bounds { min: 0, max: 59, names: &[] };
pub(super) const MINUTES: Bounds = Bounds { min: 0, max: 59, names: &[] };
pub(super) const HOURS: Bounds = Bounds { min: 0, max: 23, names: &[] };
pub(super) const DAYS: Bounds = Bounds { min: 1, max: 31, names: &[] };
pub(super) const MONTHS: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
pub(super) const WEEKDAYS: Bounds =
    Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// A set of values below 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    values: u64,
    /// True where an entry is `*` or `?`, without a step above 1.
    pub(super) is_any: bool,
}

impl Field {
    /// Reads a list of entries like `*`, `5`, `MON-FRI`, `10-50/10`.
    pub(super) fn parse(text: &str, bounds: &Bounds) -> Result<Self, String> {
        let mut field = Self::default();
        for entry in text.split(',').filter(|entry| !entry.is_empty()) {
            field.add(entry, bounds)?;
        }
        Ok(field)
    }

    fn add(&mut self, entry: &str, bounds: &Bounds) -> Result<(), String> {
        let (range, step_text) = match entry.split('/').collect::<Vec<_>>()[..] {
            [range] => (range, None),
            [range, step] => (range, Some(step)),
            _ => return Err(format!("too many slashes: {entry}")),
        };
        let (first, mut last) = match range.split('-').collect::<Vec<_>>()[..] {
            ["*" | "?", ..] => (bounds.min, bounds.max),
            [value] => (bounds.value(value)?, bounds.value(value)?),
            [first, last] => (bounds.value(first)?, bounds.value(last)?),
            _ => return Err(format!("too many hyphens: {entry}")),
        };
        let mut step = 1;
        if let Some(text) = step_text {
            step = number(text)?;
            if !range.contains('-') {
                last = bounds.max;
            }
        }
        if first < bounds.min {
            return Err(format!("beginning of range ({first}) below minimum ({}): {entry}", bounds.min));
        }
        if last > bounds.max {
            return Err(format!("end of range ({last}) above maximum ({}): {entry}", bounds.max));
        }
        if first > last {
            return Err(format!("beginning of range ({first}) beyond end of range ({last}): {entry}"));
        }
        if step == 0 {
            return Err(format!("step of range should be a positive number: {entry}"));
        }
        self.is_any |= range.starts_with(['*', '?']) && step == 1;
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        for value in (first..=last).step_by(step) {
            self.values |= 1 << value;
        }
        Ok(())
    }

    pub(super) fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| value < 64 && self.values & (1 << value) != 0)
    }

    /// The first value of the set from `value` on.
    pub(super) fn from(self, value: i8) -> Option<i8> {
        (value..64).find(|value| self.has(*value))
    }
}

impl Bounds {
    fn value(&self, text: &str) -> Result<u32, String> {
        let name = text.to_ascii_lowercase();
        match (self.min..).zip(self.names).find(|(_, known)| **known == name) {
            Some((value, _)) => Ok(value),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    let fault = |fault: &str| {
        let quoted = serde_json::to_string(text).unwrap_or_default();
        format!("failed to parse int from {text}: strconv.Atoi: parsing {quoted}: {fault}")
    };
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault("invalid syntax"));
    }
    digits.parse().map_err(|_| fault("value out of range"))
}

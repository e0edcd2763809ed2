//! Durations as Go writes them: "1h30m", "1.5s".

/// Whole seconds of a duration.
pub(super) fn parse_seconds(text: &str) -> Result<i64, String> {
    seconds(text)
        .ok_or_else(|| format!("time: invalid duration {}", serde_json::to_string(text).unwrap_or_default()))
}

fn seconds(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos = 0_i128;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        nanos = nanos.checked_add(scaled(number, size(unit)?)?)?;
        rest = after;
    }
    // Go's durations are 64-bit numbers of nanoseconds.
    let nanos = i64::try_from(nanos).ok()?;
    Some(sign * (nanos / 1_000_000_000))
}

fn size(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A decimal number times the size of its unit, in nanoseconds.
fn scaled(number: &str, size: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
    // More digits than that are less than a nanosecond.
    let fraction = &fraction[..fraction.len().min(15)];
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()?.into() };
    whole.checked_mul(size)?.checked_add(fraction * size / scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_to_the_second() {
        for (text, wanted) in
            [("1h30m", 5400), ("1.5h", 5400), ("90s", 90), ("1ms", 0), ("0", 0), ("-2m", -120), (".5m", 30)]
        {
            assert_eq!(parse_seconds(text), Ok(wanted), "{text}");
        }
        for text in ["", "x", "1", "1x", "h", "-", "1.2.3s", "99999999999999999999h"] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
        assert_eq!(parse_seconds("x"), Err("time: invalid duration \"x\"".to_owned()));
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_none(text: String, near in "[-+0-9.hmsuµn]{0,12}") {
            let _ = parse_seconds(&text);
            let _ = parse_seconds(&near);
        }
    }
}

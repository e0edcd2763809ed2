//! Amounts of CPU and memory as texts: "1500m" and "2Gi".

use super::Refusal;

/// Milli-CPUs of a text like "1500m". What does not end in m is 0 without a word, as is the empty text.
pub(super) fn parse_cpu(text: &str) -> Result<i64, Refusal> {
    match text.strip_suffix('m') {
        None => Ok(0),
        Some(number) => number.parse().map_err(|_| Refusal::bad_request("Error converting CPU to int")),
    }
}

/// Milli-CPUs as they are read back.
pub(super) fn write_cpu(milli: i64) -> String {
    format!("{milli}m")
}

const MIB: i64 = 1 << 20;

/// The longer ones first where one is the end of another.
const UNITS: [(&str, i64); 12] = [
    ("KiB", 1 << 10),
    ("MiB", MIB),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("Ki", 1 << 10),
    ("Mi", MIB),
    ("Gi", 1 << 30),
    ("Gb", 1_000_000_000),
    ("K", 1000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("", 0),
];

/// Units that are right but for their case: their refusal shows the whole text.
const MISSPELT: [&str; 11] = ["kib", "mib", "gib", "tib", "ki", "mi", "gi", "gb", "k", "m", "g"];

/// Bytes of a text like "2Gi"; the empty text is 0.
pub(super) fn parse_memory(text: &str) -> Result<i64, Refusal> {
    if text.is_empty() {
        return Ok(0);
    }
    let unit = UNITS.iter().find(|(unit, size)| *size > 0 && text.ends_with(unit));
    let Some((unit, size)) = unit else {
        let lower = text.to_ascii_lowercase();
        let shown = if MISSPELT.iter().any(|unit| lower.ends_with(unit)) { text } else { "" };
        return Err(invalid(shown));
    };
    let number = &text[..text.len() - unit.len()];
    let number: i64 = number.parse().map_err(|_| invalid(number))?;
    Ok(number.saturating_mul(*size))
}

fn invalid(number: &str) -> Refusal {
    Refusal::bad_request(format!(
        "error converting memory to int: strconv.ParseInt: parsing {}: invalid syntax",
        serde_json::to_string(number).unwrap_or_default()
    ))
}

/// Bytes as they are read back: whole mebibytes.
pub(super) fn write_memory(bytes: i64) -> String {
    format!("{}Mi", bytes / MIB)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cpus_are_milli_cpus_or_nothing() {
        for (text, milli) in [("", 0), ("1000m", 1000), ("-5m", -5), ("1000", 0), ("1M", 0), ("1.5", 0)] {
            assert_eq!(parse_cpu(text).unwrap(), milli, "{text}");
        }
        for text in ["m", "1.5m", "xm", "10 m", "99999999999999999999m"] {
            assert_eq!(parse_cpu(text).unwrap_err().message, "Error converting CPU to int", "{text}");
        }
    }

    #[test]
    fn memory_is_read_back_in_whole_mebibytes() {
        for (text, wanted) in [
            ("", "0Mi"),
            ("1Ki", "0Mi"),
            ("1024KiB", "1Mi"),
            ("2GiB", "2048Mi"),
            ("2G", "1907Mi"),
            ("2Gb", "1907Mi"),
            ("1TiB", "1048576Mi"),
            ("2000M", "1907Mi"),
            ("-1Gi", "-1024Mi"),
        ] {
            assert_eq!(write_memory(parse_memory(text).unwrap()), wanted, "{text}");
        }
    }

    #[test]
    fn the_refusal_of_memory_tells_what_was_no_number() {
        for (text, shown) in [
            ("1.5Gi", "1.5"),
            ("1 Gi", "1 "),
            ("Gi", ""),
            ("1gi", "1gi"),
            ("500m", "500m"),
            ("2GB", "2GB"),
            ("10", ""),
            ("lots", ""),
            ("1Ti", ""),
            ("1T", ""),
        ] {
            let wanted = format!(
                "error converting memory to int: strconv.ParseInt: parsing \"{shown}\": invalid syntax"
            );
            assert_eq!(parse_memory(text).unwrap_err().message, wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_amount_or_a_refusal(text: String) {
            let _ = parse_cpu(&text);
            let _ = parse_memory(&text);
        }

        #[test]
        fn what_is_written_reads_back(amount in -(1_i64 << 40)..(1_i64 << 40)) {
            prop_assert_eq!(parse_cpu(&write_cpu(amount)).unwrap(), amount);
            prop_assert_eq!(parse_memory(&write_memory(amount * MIB)).unwrap(), amount * MIB);
        }
    }
}

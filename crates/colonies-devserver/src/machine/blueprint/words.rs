//! Texts of values and types in errors about specs that violate the schema.

use std::fmt::Write;

use serde_json::Value;

/// The type of a value.
pub(super) const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value as text: lists and objects in brackets, with blanks between what is in them.
pub(super) fn written<'a>(value: &'a Value) -> String {
    // What is to be written next, the last first.
    enum Piece<'a> {
        Text(&'a str),
        Value(&'a Value),
    }
    let mut text = String::new();
    let mut pieces = vec![Piece::Value(value)];
    while let Some(piece) = pieces.pop() {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Value(Value::Null) => text.push_str("<nil>"),
            Piece::Value(Value::Bool(value)) => text.push_str(if *value { "true" } else { "false" }),
            Piece::Value(Value::Number(number)) => {
                write_number(number.as_f64().unwrap_or_default(), &mut text);
            }
            Piece::Value(Value::String(value)) => text.push_str(value),
            Piece::Value(Value::Array(values)) => {
                text.push('[');
                pieces.push(Piece::Text("]"));
                for (number, value) in values.iter().enumerate().rev() {
                    pieces.push(Piece::Value(value));
                    if number > 0 {
                        pieces.push(Piece::Text(" "));
                    }
                }
            }
            Piece::Value(Value::Object(fields)) => {
                let mut fields: Vec<(&'a String, &'a Value)> = fields.iter().collect();
                fields.sort_by_key(|(name, _)| *name);
                text.push_str("map[");
                pieces.push(Piece::Text("]"));
                for (number, (name, value)) in fields.into_iter().enumerate().rev() {
                    pieces.push(Piece::Value(value));
                    pieces.push(Piece::Text(":"));
                    pieces.push(Piece::Text(name));
                    if number > 0 {
                        pieces.push(Piece::Text(" "));
                    }
                }
            }
        }
    }
    text
}

/// The shortest digits that read back as the same float: plain from 1e-4 up to 1e6, with an exponent of two
/// digits at least beyond.
fn write_number(value: f64, text: &mut String) {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = if (-4..6).contains(&exponent) {
        write!(text, "{value}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(text, "{digits}e{sign}{:02}", exponent.abs())
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_without_quotes_and_commas() {
        for (value, text) in [
            (json!(null), "<nil>"),
            (json!(true), "true"),
            (json!("a b"), "a b"),
            (json!([]), "[]"),
            (json!([1, "x", null, [2.5]]), "[1 x <nil> [2.5]]"),
            (json!({}), "map[]"),
            (json!({"b": 1, "a": {"c": []}}), "map[a:map[c:[]] b:1]"),
        ] {
            assert_eq!(written(&value), text);
        }
    }

    #[test]
    fn large_and_small_numbers_have_an_exponent() {
        for (number, text) in [
            ("0", "0"),
            ("1.0", "1"),
            ("-2.5", "-2.5"),
            ("100000", "100000"),
            ("123456.5", "123456.5"),
            ("1000000", "1e+06"),
            ("123456789", "1.23456789e+08"),
            ("1e21", "1e+21"),
            ("1e100", "1e+100"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
        ] {
            assert_eq!(written(&serde_json::from_str(number).unwrap()), text, "{number}");
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back(value in any::<f64>().prop_filter("JSON has no such number", |v| v.is_finite())) {
            prop_assert_eq!(written(&json!(value)).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }
}

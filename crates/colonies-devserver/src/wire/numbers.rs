//! Numbers as a Colonies server writes them: every number without its own type is a 64-bit float.

use std::fmt::Write;

use serde::de::Deserializer;
use serde::ser::{Error, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Arguments, inputs and outputs: JSON of any form. Written with numbers as floats and keys in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FreeJson(pub(crate) Value);

impl FreeJson {
    /// A list of such values as one JSON text.
    pub(crate) fn list(values: &[Self]) -> String {
        let mut text = String::from("[");
        for (number, value) in values.iter().enumerate() {
            if number > 0 {
                text.push(',');
            }
            write_value(&value.0, &mut text);
        }
        text.push(']');
        text
    }
}

impl<'de> Deserialize<'de> for FreeJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self)
    }
}

impl Serialize for FreeJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        write_value(&self.0, &mut text);
        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// For `serialize_with`: a float that is written as an integer where it is one.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(crate) fn float<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    write_float(*value, &mut text);
    RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
}

fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        // Every number in JSON text that the parser accepts has a float next to it.
        Value::Number(number) => write_float(number.as_f64().unwrap_or_default(), text),
        Value::String(value) => write_string(value, text),
        Value::Array(values) => {
            text.push('[');
            for (number, value) in values.iter().enumerate() {
                if number > 0 {
                    text.push(',');
                }
                write_value(value, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (number, (name, value)) in fields.into_iter().enumerate() {
                if number > 0 {
                    text.push(',');
                }
                write_string(name, text);
                text.push(':');
                write_value(value, text);
            }
            text.push('}');
        }
    }
}

fn write_string(value: &str, text: &mut String) {
    text.push_str(&serde_json::to_string(value).expect("a string is JSON"));
}

/// The shortest digits that read back as the same float: plain from 1e-6 up to 1e21, with an exponent beyond.
fn write_float(value: f64, text: &mut String) {
    let size = value.abs();
    if !value.is_finite() {
        text.push('0');
    } else if size == 0.0 || (1e-6..1e21).contains(&size) {
        let _ = write!(text, "{value}");
    } else if size < 1.0 {
        let _ = write!(text, "{value:e}");
    } else {
        text.push_str(&format!("{value:e}").replace('e', "e+"));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        FreeJson::list(&[FreeJson(serde_json::from_str(text).unwrap())])
    }

    #[test]
    fn numbers_are_floats_in_their_shortest_form() {
        for (given, wanted) in [
            ("0", "[0]"),
            ("1.0", "[1]"),
            ("1e3", "[1000]"),
            ("0.1", "[0.1]"),
            ("1e21", "[1e+21]"),
            ("123456789012345678901234567890", "[1.2345678901234568e+29]"),
            ("9007199254740993", "[9007199254740992]"),
            ("12345678901234567890", "[12345678901234567000]"),
            ("-1e-7", "[-1e-7]"),
            ("0.000001", "[0.000001]"),
        ] {
            assert_eq!(written(given), wanted, "{given}");
        }
    }

    #[test]
    fn keys_are_sorted_and_all_else_stays() {
        assert_eq!(written(r#"{"b":[null,true,"å\"\n"],"a":{}}"#), r#"[{"a":{},"b":[null,true,"å\"\n"]}]"#);
    }

    proptest! {
        #[test]
        fn every_float_reads_back(value in any::<f64>().prop_filter("JSON has no such number", |v| v.is_finite())) {
            let mut text = String::new();
            write_float(value, &mut text);
            prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), value.to_bits());
        }

        #[test]
        fn every_text_reads_back(value: String) {
            let text = FreeJson::list(&[FreeJson(Value::String(value.clone()))]);
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), vec![value]);
        }
    }
}

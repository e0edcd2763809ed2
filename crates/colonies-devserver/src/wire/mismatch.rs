//! Errors of a Colonies server for JSON of an unexpected form.

use std::fmt::Write;

use serde_json::Value;

/// What a field of a message must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldType {
    Text,
    /// A whole number, with the server's name for its size.
    Integer(&'static str),
}

/// The server's words for the first field of a message that is of a wrong type; `None` where there is none,
/// or where the text is no JSON at all.
pub(crate) fn type_mismatch(text: &[u8], message: &str, fields: &[(&str, FieldType)]) -> Option<String> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let Value::Object(given) = value else {
        let what = type_of(&value);
        return Some(format!("json: cannot unmarshal {what} into Go value of type rpc.{message}"));
    };
    given.iter().find_map(|(name, value)| {
        let (field, wanted) = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        let (fits, wanted) = match wanted {
            FieldType::Text => (value.is_string(), "string"),
            FieldType::Integer(name) => (value.is_i64(), *name),
        };
        if fits || value.is_null() {
            return None;
        }
        let mut what = type_of(value).to_owned();
        if let (Value::Number(number), true) = (value, wanted != "string") {
            let _ = write!(what, " {number}");
        }
        Some(format!("json: cannot unmarshal {what} into Go struct field {message}.{field} of type {wanted}"))
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: [(&str, FieldType); 2] =
        [("name", FieldType::Text), ("count", FieldType::Integer("int64"))];

    #[test]
    fn the_first_field_of_a_wrong_type_is_named() {
        for (text, words) in [
            (
                r#"{"count":"1"}"#,
                "json: cannot unmarshal string into Go struct field Msg.count of type int64",
            ),
            (
                r#"{"COUNT":1.5}"#,
                "json: cannot unmarshal number 1.5 into Go struct field Msg.count of type int64",
            ),
            (r#"{"name":1}"#, "json: cannot unmarshal number into Go struct field Msg.name of type string"),
            (
                r#"{"x":1,"name":{}}"#,
                "json: cannot unmarshal object into Go struct field Msg.name of type string",
            ),
            ("[]", "json: cannot unmarshal array into Go value of type rpc.Msg"),
        ] {
            assert_eq!(type_mismatch(text.as_bytes(), "Msg", &FIELDS).as_deref(), Some(words), "{text}");
        }
    }

    #[test]
    fn nothing_is_said_of_what_fits_or_is_no_json() {
        for text in [r#"{"name":null,"count":3,"more":[]}"#, "{}", "{broken", ""] {
            assert_eq!(type_mismatch(text.as_bytes(), "Msg", &FIELDS), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(text: Vec<u8>) {
            let _ = type_mismatch(&text, "Msg", &FIELDS);
        }
    }
}

//! Reads JSON the way a Colonies server does, into ordinary serde structs.
//!
//! Names of fields match without regard to case, unknown ones are ignored, the last of several counts,
//! and `null` means absent, at every level. Types are strict anyway: no text for a
//! number, no `1.5`, `3.0` or `1e1` for an integer. Broken UTF-8 and lone surrogates become U+FFFD.
//! Structs want `#[serde(default)]`; a list that may be absent is an `Option<Vec<T>>`.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

use crate::deep;

/// Why a text is not the expected JSON, in the parser's words.
#[derive(Debug)]
pub struct Fault(Error);

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Fault {}

/// Reads a JSON object. `null` in its place is a fault.
///
/// # Errors
/// Where the text is not JSON, not an object, or a known field has a value of the wrong type.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Fault> {
    deep::with_stack(text, || {
        let value = parse(text).map_err(Fault)?;
        if value.is_null() {
            return Err(Fault(Error::custom("null where a JSON object is wanted")));
        }
        T::deserialize(Lenient(value)).map_err(Fault)
    })
}

fn parse(text: &[u8]) -> Result<Value, Error> {
    let text = String::from_utf8_lossy(text);
    match deep::from_text(&text) {
        Err(_) if text.contains("\\u") => deep::from_text(&without_lone_surrogates(&text)),
        parsed => parsed,
    }
}

/// Replaces every `\uD800`…`\uDFFF` that is no half of a pair by `\uFFFD`.
fn without_lone_surrogates(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let length = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => 12,
            (Some(_), _) => {
                whole.push_str("\\uFFFD");
                rest = &escape[6..];
                continue;
            }
            (None, _) => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        whole.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    whole.push_str(rest);
    whole
}

enum Half {
    High,
    Low,
}

fn surrogate(escape: &str) -> Option<Half> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::High),
        0xDC00..=0xDFFF => Some(Half::Low),
        _ => None,
    }
}

/// A deserializer over a parsed value; what it does differently from `Value`'s own stands in the module's docs.
struct Lenient(Value);

impl IntoDeserializer<'_, Error> for Lenient {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// For scalars: null is the zero value, anything else is as strict as serde is.
macro_rules! scalars {
    ($($method:ident => $zero:ident($value:expr)),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0 {
                Value::Null => visitor.$zero($value),
                value => value.$method(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = Error;

    scalars! {
        deserialize_bool => visit_bool(false),
        deserialize_i32 => visit_i32(0),
        deserialize_i64 => visit_i64(0),
        deserialize_u16 => visit_u16(0),
        deserialize_f64 => visit_f64(0.0),
        deserialize_str => visit_str(""),
        deserialize_string => visit_str(""),
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_seq(SeqDeserializer::<_, Error>::new(std::iter::empty::<Self>())),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Self))),
            value => value.deserialize_seq(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_map(MapDeserializer::new(std::iter::empty::<(Self, Self)>())),
            Value::Object(fields) => visitor.visit_map(MapDeserializer::new(
                fields.into_iter().map(|(name, value)| (Self(Value::String(name)), Self(value))),
            )),
            value => value.deserialize_map(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let fields = match self.0 {
            Value::Null => {
                return visitor.visit_map(MapDeserializer::new(std::iter::empty::<(Self, Self)>()));
            }
            Value::Object(fields) => fields,
            // serde would take a list for a struct's fields in order.
            Value::Array(_) => return Err(Error::invalid_type(Unexpected::Seq, &name)),
            value => return value.deserialize_struct(name, known, visitor),
        };
        let mut given: Vec<(&'static str, Value)> = Vec::with_capacity(known.len());
        for (field, value) in fields {
            let Some(field) = known.iter().find(|name| name.eq_ignore_ascii_case(&field)) else { continue };
            if value.is_null() {
                continue;
            }
            given.retain(|(name, _)| name != field);
            given.push((field, value));
        }
        visitor.visit_map(Fields { given: given.into_iter(), value: None })
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u32 u64 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct enum
        identifier ignored_any
    }
}

/// The fields of an object under the names that the struct knows them by.
struct Fields {
    given: std::vec::IntoIter<(&'static str, Value)>,
    value: Option<Value>,
}

impl<'de> serde::de::MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((field, value)) = self.given.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(IntoDeserializer::<Error>::into_deserializer(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Lenient(self.value.take().unwrap_or(Value::Null)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        nodes: i64,
        names: Option<Vec<String>>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Outer {
        msgtype: String,
        count: i64,
        latitude: f64,
        all: bool,
        inner: Option<Inner>,
        list: Option<Vec<Inner>>,
        env: BTreeMap<String, String>,
        any: Vec<Value>,
    }

    fn read(text: &str) -> Result<Outer, Fault> {
        from_json(text.as_bytes())
    }

    #[test]
    fn names_match_in_any_case_and_the_last_value_counts() {
        assert_eq!(read(r#"{"msgtype":"x","MsgType":"y"}"#).unwrap().msgtype, "y");
        assert_eq!(read(r#"{"MsgType":"y","msgtype":"x","MSGTYPE":null}"#).unwrap().msgtype, "x");
        assert_eq!(read(r#"{"inner":{"NODES":3},"unknown":{}}"#).unwrap().inner.unwrap().nodes, 3);
    }

    #[test]
    fn null_is_not_given_at_every_level() {
        let outer =
            read(r#"{"count":null,"inner":null,"list":[null,{"names":["a",null]}],"env":{"A":null}}"#);
        let outer = outer.unwrap();
        assert_eq!((outer.count, outer.inner), (0, None));
        let list = outer.list.unwrap();
        assert_eq!(list[0], Inner::default());
        assert_eq!(list[1].names, Some(vec!["a".to_owned(), String::new()]));
        assert_eq!(outer.env["A"], "");
    }

    #[test]
    fn keys_of_maps_and_free_values_stay_as_they_are() {
        let outer = read(r#"{"env":{"Key":"v","key":"w"},"any":[null,{"B":1,"a":[true]}]}"#).unwrap();
        assert_eq!(outer.env.len(), 2);
        assert_eq!(outer.any[0], Value::Null);
        assert_eq!(outer.any[1]["B"], 1);
    }

    #[test]
    fn types_are_strict() {
        for text in [
            r#"{"msgtype":1}"#,
            r#"{"count":"1"}"#,
            r#"{"count":1.5}"#,
            r#"{"count":3.0}"#,
            r#"{"count":1e1}"#,
            r#"{"count":9223372036854775808}"#,
            r#"{"list":{}}"#,
            r#"{"inner":[]}"#,
            r#"{"env":{"A":1}}"#,
            r#"{"env":[]}"#,
            r#"{"all":"true"}"#,
            "[]",
            "null",
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!((read(r#"{"latitude":3}"#).unwrap().latitude - 3.0).abs() < f64::EPSILON);
    }

    #[test]
    fn broken_text_is_mended() {
        assert_eq!(read(r#"{"msgtype":"a\ud800b"}"#).unwrap().msgtype, "a\u{FFFD}b");
        assert_eq!(read(r#"{"msgtype":"\\ud800\udc00\ud83d\ude00"}"#).unwrap().msgtype, "\\ud800\u{FFFD}😀");
        let broken: Outer = from_json(b"{\"msgtype\":\"a\xffb\"}").unwrap();
        assert_eq!(broken.msgtype, "a\u{FFFD}b");
    }
}

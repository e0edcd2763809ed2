//! The payload of a channel entry.

use std::fmt;

use data_encoding::{Encoding, Specification};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// The content of an entry: bytes, or nothing. Read from base64 text, or from a list of numbers.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Payload(pub(super) Option<Vec<u8>>);

/// Shows only the size: a payload can be long, and can be confidential.
impl fmt::Debug for Payload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Payload").field(&self.0.as_ref().map(Vec::len)).finish()
    }
}

/// Padded base64 with line breaks anywhere; the bits after the last byte are ignored.
fn base64() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.padding = Some('=');
    specification.check_trailing_bits = false;
    specification.ignore.push_str("\r\n");
    specification.encoding().expect("64 symbols, padding and two characters that are neither")
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("base64 or a list of bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Payload, E> {
        // The library takes one padded text after another; here padding ends the text.
        let content = text.trim_end_matches(['=', '\r', '\n']);
        if content.contains('=') {
            return Err(E::custom("text after the padding of base64"));
        }
        base64().decode(text.as_bytes()).map(|bytes| Payload(Some(bytes))).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Payload, A::Error> {
        let mut bytes = Vec::new();
        while let Some(number) = list.next_element::<i64>()? {
            bytes.push(u8::try_from(number).map_err(A::Error::custom)?);
        }
        Ok(Payload(Some(bytes)))
    }

    fn visit_unit<E: Error>(self) -> Result<Payload, E> {
        Ok(Payload(None))
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PayloadVisitor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use data_encoding::BASE64;
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Result<Payload, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn bytes_are_base64_or_a_list() {
        for (json, bytes) in [
            (r#""aGVsbG8=""#, Some(&b"hello"[..])),
            ("[104,101,108,108,111]", Some(b"hello")),
            ("[0,128,255]", Some(&[0, 128, 255])),
            (r#""aGVs\r\nbG8=""#, Some(b"hello")),
            (r#""aGVsbG8=\n""#, Some(b"hello")),
            (r#""""#, Some(b"")),
            ("[]", Some(b"")),
            ("null", None),
        ] {
            assert_eq!(read(json).unwrap().0.as_deref(), bytes, "{json}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for json in [
            r#""hello!""#,
            r#""aGVsbG8""#,
            r#""-_8=""#,
            r#""YQ==YQ==""#,
            "[256]",
            "[-1]",
            "[1.5]",
            r#"["a"]"#,
            "5",
            "true",
            r#"{"a":1}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_of_any_bytes_read_the_same(bytes: Vec<u8>) {
            let list = serde_json::to_string(&bytes).unwrap();
            let text = serde_json::to_string(&BASE64.encode(&bytes)).unwrap();
            prop_assert_eq!(read(&list).unwrap(), Payload(Some(bytes)));
            prop_assert_eq!(read(&list).unwrap(), read(&text).unwrap());
        }

        #[test]
        fn any_text_is_bytes_or_an_error(text: String) {
            let _ = read(&serde_json::to_string(&text).unwrap());
        }
    }
}

//! Base64 (RFC 4648, standard alphabet, padded), written strictly and read as a Colonies server reads it.

use data_encoding::{BASE64, Specification};

pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Decodes as far as it goes: line breaks are skipped, and at the first fault (a foreign character, a
/// group cut short) what stood in whole groups before it is the result.
pub(crate) fn decode_lenient(text: &str) -> Vec<u8> {
    if let Some(bytes) = decode(text) {
        return bytes;
    }
    let mut specification = Specification::new();
    specification.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.padding = Some('=');
    specification.check_trailing_bits = false;
    let Ok(encoding) = specification.encoding() else { return Vec::new() };
    let symbols: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut bytes = Vec::new();
    for group in symbols.chunks_exact(4) {
        let Ok(decoded) = encoding.decode(group) else { break };
        bytes.extend_from_slice(&decoded);
        if decoded.len() < 3 {
            break; // padding: whatever follows is junk
        }
    }
    bytes
}

/// Decodes what a server wrote.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    // The library takes one padded text after another; the protocol has padding at the end only.
    if text.trim_end_matches('=').contains('=') {
        return None;
    }
    BASE64.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decoding_stops_at_the_first_fault() {
        for (text, bytes) in [
            ("YWJjZGVm", &b"abcdef"[..]),
            ("YWJj\r\nZGVm", b"abcdef"),
            ("YWJjZGVm!!", b"abcdef"),
            ("YWJjZA==", b"abcd"),
            ("YWJjZB==", b"abcd"), // trailing bits are not looked at
            ("YWJjZA", b"abc"),
            ("YWJjZA==YWJj", b"abcd"),
            ("YWJj ZGVm", b"abc"),
            ("%%%", b""),
            ("", b""),
        ] {
            assert_eq!(decode_lenient(text), bytes, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes: Vec<u8>) {
            prop_assert_eq!(decode_lenient(&encode(&bytes)), bytes.clone());
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_decodes_to_something(text: String) {
            decode_lenient(&text);
        }
    }
}

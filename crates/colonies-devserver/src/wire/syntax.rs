//! Errors of a Colonies server for text that is not JSON.

use colonies_proto::Fault;

/// The server's words where the text is no JSON; those of this program where it is the wrong JSON.
pub(crate) fn json_fault(text: &[u8], fault: &Fault) -> String {
    match (Scanner { text, at: 0 }).document() {
        Err(words) => words,
        Ok(()) => fault.to_string(),
    }
}

/// Walks through JSON text, and stops with words for the first character that does not belong there.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

type Scan = Result<(), String>;

/// Where a value can go on after a part of it.
enum Open {
    Array,
    Object,
}

impl Scanner<'_> {
    fn document(mut self) -> Scan {
        self.values()?;
        self.skip_blanks();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("after top-level value")),
        }
    }

    /// One value with its content. Keeps a list of open containers, so that depth needs no stack.
    fn values(&mut self) -> Scan {
        let mut open: Vec<Open> = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'[') => {
                    self.at += 1;
                    self.skip_blanks();
                    if self.peek() != Some(b']') {
                        open.push(Open::Array);
                        continue;
                    }
                    self.at += 1;
                }
                Some(b'{') => {
                    self.at += 1;
                    self.skip_blanks();
                    if self.peek() != Some(b'}') {
                        self.key()?;
                        open.push(Open::Object);
                        continue;
                    }
                    self.at += 1;
                }
                _ => self.scalar()?,
            }
            // A value is complete: close what ends here, or go on to the next value.
            loop {
                let Some(inner) = open.last() else { return Ok(()) };
                self.skip_blanks();
                match (inner, self.peek()) {
                    (Open::Array, Some(b']')) | (Open::Object, Some(b'}')) => {
                        self.at += 1;
                        open.pop();
                    }
                    (Open::Array, Some(b',')) => {
                        self.at += 1;
                        break;
                    }
                    (Open::Object, Some(b',')) => {
                        self.at += 1;
                        self.skip_blanks();
                        self.key()?;
                        break;
                    }
                    (Open::Array, _) => return Err(self.unexpected("after array element")),
                    (Open::Object, _) => return Err(self.unexpected("after object key:value pair")),
                }
            }
        }
    }

    fn key(&mut self) -> Scan {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        self.string()?;
        self.skip_blanks();
        self.take(b":", "after object key")
    }

    fn scalar(&mut self) -> Scan {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn literal(&mut self, literal: &str) -> Scan {
        for wanted in literal.bytes() {
            let expecting = format!("in literal {literal} (expecting '{}')", char::from(wanted));
            self.take(&[wanted], &expecting)?;
        }
        Ok(())
    }

    fn string(&mut self) -> Scan {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                None | Some(0..=0x1F) => return Err(self.unexpected("in string literal")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Scan {
        if self.peek() == Some(b'u') {
            self.at += 1;
            return (0..4).try_for_each(|_| {
                self.take(b"0123456789abcdefABCDEF", "in \\u hexadecimal character escape")
            });
        }
        self.take(b"\"\\/bfnrt", "in string escape code")
    }

    fn number(&mut self) -> Scan {
        const DIGITS: &[u8] = b"0123456789";
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.take(DIGITS, "in numeric literal")?;
            self.skip_digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.take(DIGITS, "after decimal point in numeric literal")?;
            self.skip_digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.take(DIGITS, "in exponent of numeric literal")?;
            self.skip_digits();
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: &[u8], place: &str) -> Scan {
        match self.peek() {
            Some(byte) if wanted.contains(&byte) => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.unexpected(place)),
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn skip_digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, place: &str) -> String {
        match self.peek() {
            None => "unexpected end of JSON input".to_owned(),
            Some(byte) => format!("invalid character {} {place}", quoted(byte)),
        }
    }
}

/// The byte as if it were its own character.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        0x7F..=0xA0 | 0xAD => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte).escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Option<String> {
        Scanner { text: text.as_bytes(), at: 0 }.document().err()
    }

    #[test]
    fn the_first_character_out_of_place_is_named() {
        for (text, wanted) in [
            ("", "unexpected end of JSON input"),
            ("{\"a\":", "unexpected end of JSON input"),
            ("{not json", "invalid character 'n' looking for beginning of object key string"),
            ("{}x", "invalid character 'x' after top-level value"),
            ("not json", "invalid character 'o' in literal null (expecting 'u')"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
        ] {
            assert_eq!(words(text).as_deref(), Some(wanted), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_said_of_json(value in any::<(Vec<(String, f64)>, Option<bool>, i64)>()) {
            let json = serde_json::json!({ "a": value.0, "b": [value.1, value.2, {}, []] });
            prop_assert_eq!(words(&json.to_string()), None);
            prop_assert_eq!(words(&format!("{json:#}")), None);
        }

        #[test]
        fn it_agrees_with_the_parser(text in "[\\[\\]{}:,\"\\\\0-9.eE+a-u -]{0,12}") {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(words(&text).is_none(), is_json, "{}", text);
        }

        #[test]
        fn any_bytes_are_scanned(text: Vec<u8>) {
            let _ = Scanner { text: &text, at: 0 }.document();
        }
    }
}

//! JSON that is nested deeply. A Colonies server reads 10,000 levels.
//!
//! `serde_json` and the values that it makes use the stack for each level, so deep text is processed on a stack that is
//! large enough.

use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Error};

/// Levels of nesting that a server reads.
pub const DEEPEST: usize = 10_000;
/// Levels that every stack has room for; `serde_json`'s own limit.
const SHALLOW: usize = 100;
/// Bytes of stack for one level, in builds without optimization, too.
const LEVEL: usize = 4096;

/// The deepest nesting of arrays and objects in JSON text.
#[must_use]
pub fn depth(text: &[u8]) -> usize {
    let (mut level, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' if !in_string => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Does something with JSON text and the values in it, with stack enough for its depth. Text that is nested
/// deeper than a server reads gets no more stack: [`from_text`] refuses it.
pub fn with_stack<T>(text: &[u8], work: impl FnOnce() -> T) -> T {
    if text.len() <= SHALLOW {
        return work();
    }
    match depth(text) {
        ..=SHALLOW => work(),
        levels => {
            let size = levels.min(DEEPEST) * LEVEL;
            stacker::maybe_grow(size, 2 * size, work)
        }
    }
}

/// Reads JSON text of up to [`DEEPEST`] levels.
///
/// # Errors
/// Where the text is not JSON, is nested deeper, or does not fit the type.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let levels = if text.len() > SHALLOW { depth(text.as_bytes()) } else { 0 };
    if !(SHALLOW + 1..=DEEPEST).contains(&levels) {
        return serde_json::from_str(text); // serde_json has its own depth limit
    }
    with_stack(text.as_bytes(), || {
        let mut deserializer = Deserializer::from_str(text);
        deserializer.disable_recursion_limit();
        let value = T::deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert_eq!(depth(br#"{"[[\"[":[1,{"a":"\\"}]}"#), 3);
        assert_eq!(depth(b"]]["), 1);
    }

    #[test]
    fn text_of_every_depth_that_servers_read_is_read() {
        for levels in [1, SHALLOW, SHALLOW + 1, 128, 1000, DEEPEST] {
            let text = nested(levels);
            with_stack(text.as_bytes(), || assert_eq!(from_text::<Value>(&text).unwrap().to_string(), text));
        }
        assert!(from_text::<Value>(&nested(DEEPEST + 1)).is_err());
        assert!(from_text::<Value>(&nested(1_000_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_without_the_limit(text: String) {
            prop_assert_eq!(from_text::<Value>(&text).ok(), serde_json::from_str(&text).ok());
        }
    }
}

//! Text patterns, as in SQL's `LIKE`.

/// Case-sensitive LIKE; `SQLite`'s own ignores case: `%` is any text, `_` any character, and a
/// backslash takes the next character as it is.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    // Where to go on when a later part does not fit: the pattern after the last `%`, and the text it took.
    let (mut at, mut from, mut retry) = (0, 0, None);
    while at < text.len() {
        let (length, fits) = match pattern.get(from) {
            Some('%') => {
                retry = Some((from + 1, at));
                from += 1;
                continue;
            }
            Some('_') => (1, true),
            Some('\\') if from + 1 < pattern.len() => (2, pattern[from + 1] == text[at]),
            Some(wanted) => (1, *wanted == text[at]),
            None => (0, false),
        };
        if fits {
            (at, from) = (at + 1, from + length);
        } else if let Some((after, taken)) = retry {
            (at, from) = (taken + 1, after);
            retry = Some((after, taken + 1));
        } else {
            return false;
        }
    }
    pattern[from..].iter().all(|character| *character == '%')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_like;

    #[test]
    fn patterns_match_as_those_of_like_do() {
        for (text, pattern, wanted) in [
            ("hello", "hello", true),
            ("hello", "%ell%", true),
            ("hello", "%ELL%", false),
            ("hello", "h_llo", true),
            ("hello", "h_lo", false),
            ("aab", "%ab", true),
            ("50%", "50\\%", true),
            ("501", "50\\%", false),
            ("", "%", true),
            ("x", "", false),
        ] {
            assert_eq!(is_like(text, pattern), wanted, "{text} {pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_like_its_part(before: String, part in "[^%_\\\\]*", after: String) {
            let pattern = format!("%{part}%");
            let text = format!("{before}{part}{after}");
            prop_assert!(is_like(&text, &pattern));
        }

        #[test]
        fn any_pattern_is_taken(text: String, pattern: String) {
            is_like(&text, &pattern);
        }
    }
}

//! What holds for every key and every text.
#![allow(clippy::unwrap_used, missing_docs)]

use colonies_crypto::{KeyError, PrivateKey, SignatureError, hash, recover_identity};
use data_encoding::HEXLOWER;
use proptest::prelude::*;

fn keys() -> impl Strategy<Value = PrivateKey> {
    any::<[u8; 32]>().prop_filter_map("a key below the group's order", |bytes| {
        PrivateKey::from_hex(&HEXLOWER.encode(&bytes)).ok()
    })
}

/// The text with its hexadecimal digit at `place` replaced by one that differs in the given bit.
fn flipped(text: &str, place: usize, bit: u32) -> String {
    let mut digits: Vec<char> = text.chars().collect();
    let value = digits[place].to_digit(16).unwrap() ^ (1 << bit);
    digits[place] = char::from_digit(value, 16).unwrap();
    digits.into_iter().collect()
}

proptest! {
    #[test]
    fn a_signature_gives_back_the_signers_identity(key in keys(), text: String) {
        prop_assert_eq!(recover_identity(&text, &key.sign(&text)).unwrap(), key.identity());
    }

    #[test]
    fn a_changed_bit_does_not(key in keys(), text: String, place in 0..128_usize, bit in 0..4_u32) {
        let changed = flipped(&key.sign(&text), place, bit);
        prop_assert_ne!(recover_identity(&text, &changed).ok(), Some(key.identity()));
    }

    #[test]
    fn another_text_does_not(key in keys(), text: String, other: String) {
        prop_assume!(text != other);
        prop_assert_ne!(recover_identity(&other, &key.sign(&text)).ok(), Some(key.identity()));
    }

    #[test]
    fn any_text_is_a_signature_or_an_error(text: String, signature in "[0-9a-fA-Fz]{128,132}|.{0,140}") {
        let _ = recover_identity(&text, &signature);
    }

    #[test]
    fn any_text_is_a_key_or_an_error(text in "[0-9a-f]{60,68}|.{0,70}") {
        if let Ok(key) = PrivateKey::from_hex(&text) {
            prop_assert_eq!(&*key.to_hex(), &text.to_lowercase());
        }
    }

    #[test]
    fn a_key_reads_back(key in keys()) {
        prop_assert_eq!(PrivateKey::from_hex(&key.to_hex()).unwrap().identity(), key.identity());
    }
}

#[test]
fn generated_keys_differ() {
    assert_ne!(PrivateKey::generate().identity(), PrivateKey::generate().identity());
}

#[test]
fn a_key_is_never_printed() {
    let key = PrivateKey::generate();
    assert_eq!(format!("{key:?}"), "PrivateKey(..)");
}

#[test]
fn faults_say_what_is_wrong() {
    assert_eq!(PrivateKey::from_hex("abc").unwrap_err(), KeyError::Length(3));
    assert_eq!(PrivateKey::from_hex(&"é".repeat(64)).unwrap_err(), KeyError::NotHex(0));
    assert_eq!(PrivateKey::from_hex(&"0".repeat(64)).unwrap_err(), KeyError::OutOfRange);
    assert_eq!(recover_identity("", "").unwrap_err(), SignatureError::Length(0));
    assert_eq!(recover_identity("", "abc").unwrap_err(), SignatureError::OddLength(3));
    assert_eq!(recover_identity("", "0xab").unwrap_err(), SignatureError::NotHex { byte: b'x', position: 1 });
}

#[test]
fn hashing_is_sha3_not_keccak() {
    assert_eq!(hash(""), "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
}

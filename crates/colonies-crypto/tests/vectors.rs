//! The answers recorded from libcryptolib of Colonies v1.9.12, see `tests/vectors/README.md`.
#![allow(clippy::unwrap_used, missing_docs)]

use colonies_crypto::{PrivateKey, hash, recover_identity};
use serde_json::Value;

fn vectors(section: &str) -> Vec<Value> {
    let text = include_str!("../../../tests/vectors/crypto.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let found = vectors[section].as_array().unwrap().clone();
    assert!(!found.is_empty());
    found
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

#[test]
fn identities() {
    for vector in vectors("ids") {
        let key = PrivateKey::from_hex(text(&vector, "prvkey")).unwrap();
        assert_eq!(key.identity(), text(&vector, "id"));
    }
}

#[test]
fn hashes() {
    for vector in vectors("hashes") {
        assert_eq!(hash(text(&vector, "message")), text(&vector, "hash"));
    }
}

#[test]
fn signatures() {
    for vector in vectors("signatures") {
        let (message, signature) = (text(&vector, "message"), text(&vector, "signature"));
        let key = PrivateKey::from_hex(text(&vector, "prvkey")).unwrap();
        assert_eq!(key.sign(message), signature);
        assert_eq!(recover_identity(message, signature).unwrap(), text(&vector, "id"));
    }
}

#[test]
fn recoveries() {
    for vector in vectors("recover") {
        let answer = recover_identity(text(&vector, "message"), text(&vector, "signature"));
        match text(&vector, "recoverid") {
            "error" => assert!(answer.is_err(), "{vector}"),
            identity => assert_eq!(answer.unwrap(), identity, "{vector}"),
        }
    }
}

#[test]
fn rejected_keys() {
    for vector in vectors("rejected_keys") {
        let fault = PrivateKey::from_hex(text(&vector, "prvkey")).unwrap_err();
        let key = text(&vector, "prvkey");
        assert!(key.is_empty() || !fault.to_string().contains(key), "{fault}");
    }
}

#[test]
fn upper_case_keys_are_the_same_keys() {
    let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/crypto.json")).unwrap();
    let vector = &vectors["upper_case_key"];
    let key = PrivateKey::from_hex(text(vector, "prvkey")).unwrap();
    assert_eq!(key.identity(), text(vector, "id"));
    assert_eq!(*key.to_hex(), text(vector, "prvkey").to_lowercase());
}

//! Wycheproof's vectors for ECDSA on secp256k1 with SHA3-256, see `tests/vectors/README.md`.
#![allow(clippy::unwrap_used, missing_docs)]

use colonies_crypto::{SignatureError, hash, recover_identity};
use serde_json::Value;

/// Half the order of the group: a Colonies server refuses larger values of s.
const HALF_ORDER: &str = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";

fn vectors() -> Vec<Value> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/wycheproof.json")).unwrap();
    vectors["vectors"].as_array().unwrap().clone()
}

/// The identities that a signature without a recovery code can be of: there are eight codes.
fn recovered(vector: &Value) -> Vec<Result<String, SignatureError>> {
    let text = |field: &str| vector[field].as_str().unwrap();
    (0..8)
        .map(|code| recover_identity(text("message"), &format!("{}{code:02x}", text("signature"))))
        .collect()
}

#[test]
fn only_valid_signatures_recover_the_key_of_the_signer() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 241);
    for vector in vectors {
        let owner = hash(vector["publicKey"].as_str().unwrap());
        let is_low = &vector["signature"].as_str().unwrap()[64..] <= HALF_ORDER;
        let is_valid = vector["valid"].as_bool().unwrap() && is_low;
        let found = recovered(&vector).into_iter().flatten().any(|identity| identity == owner);
        assert_eq!(found, is_valid, "{} {}", vector["tcId"], vector["comment"]);
    }
}

#[test]
fn signatures_with_a_high_s_are_refused() {
    let high = vectors().into_iter().filter(|vector| {
        &vector["signature"].as_str().unwrap()[64..] > HALF_ORDER && vector["valid"].as_bool().unwrap()
    });
    let high: Vec<_> = high.collect();
    assert!(!high.is_empty());
    for vector in high {
        assert!(recovered(&vector).contains(&Err(SignatureError::HighS)), "{}", vector["tcId"]);
    }
}

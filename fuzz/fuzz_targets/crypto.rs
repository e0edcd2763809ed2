//! Private keys and signatures as texts of others.
#![no_main]

use colonies_crypto::{PrivateKey, recover_identity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(key) = PrivateKey::from_hex(text) {
        let signature = key.sign(text);
        assert_eq!(recover_identity(text, &signature), Ok(key.identity()));
    }
    let half = text.len() / 2;
    let Some((payload, signature)) = text.split_at_checked(half) else { return };
    for signature in [signature, text] {
        if let Ok(identity) = recover_identity(payload, signature) {
            assert!(identity.len() == 64 && identity.bytes().all(|digit| digit.is_ascii_hexdigit()));
        }
    }
});

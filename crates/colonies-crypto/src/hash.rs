//! SHA3-256.

use data_encoding::HEXLOWER;
use sha3::{Digest, Sha3_256};

/// SHA3-256 of the UTF-8 bytes of a text, as 64 lower-case hexadecimal digits.
pub fn hash(text: &str) -> String {
    HEXLOWER.encode(&digest(text.as_bytes()))
}

/// SHA3-256 as bytes.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha3_256::digest(bytes).into()
}

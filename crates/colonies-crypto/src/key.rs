//! Private keys.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use ecdsa::hazmat::sign_prehashed_rfc6979;
use k256::elliptic_curve::PrimeField;
use k256::elliptic_curve::sec1::ToSec1Point;
use k256::sha2::Sha256;
use k256::{FieldBytes, NonZeroScalar, PublicKey, Secp256k1};
use sha3::{Digest, Sha3_256};
use zeroize::{Zeroize, Zeroizing};

use crate::error::KeyError;
use crate::hash::{digest, hash};

/// A private key: who holds it is a member, an owner, an executor. Wiped from memory when dropped.
///
/// Only the scalar is held. Signing needs no public key, so none is computed until [`Self::identity`]
/// asks for it, and reading a key from its text costs next to nothing.
#[derive(Clone)]
pub struct PrivateKey(NonZeroScalar);

impl PrivateKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Panics
    /// Where the operating system has no random numbers to give, as nothing safe can follow.
    pub fn generate() -> Self {
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            getrandom::fill(bytes.as_mut()).expect("the operating system has no random numbers");
            if let Ok(key) = Self::from_bytes(&bytes) {
                return key;
            }
        }
    }

    /// Reads a key from 64 hexadecimal digits of either case.
    ///
    /// # Errors
    /// Other lengths, other characters (a `0x` in front, blank space), zero, and numbers not below the
    /// order of the group.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        if text.chars().count() != 64 {
            return Err(KeyError::Length(text.chars().count()));
        }
        if let Some(position) = text.chars().position(|c| !c.is_ascii_hexdigit()) {
            return Err(KeyError::NotHex(position));
        }
        let mut bytes = Zeroizing::new([0; 32]);
        HEXLOWER_PERMISSIVE
            .decode_mut(text.as_bytes(), bytes.as_mut())
            .map_err(|fault| KeyError::NotHex(fault.error.position))?;
        Self::from_bytes(&bytes)
    }

    fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let mut repr = FieldBytes::from(*bytes);
        let scalar = NonZeroScalar::from_repr(repr).into_option();
        repr.as_mut_slice().zeroize();
        scalar.map(Self).ok_or(KeyError::OutOfRange)
    }

    /// The key as 64 lower-case hexadecimal digits, in memory that is wiped when dropped.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let mut repr = self.0.to_repr();
        let text = Zeroizing::new(HEXLOWER.encode(&repr));
        repr.as_mut_slice().zeroize();
        text
    }

    /// The identity that belongs to this key: SHA3-256 of the *hexadecimal text* of the uncompressed
    /// public key, as 64 hexadecimal digits.
    pub fn identity(&self) -> String {
        identity(&PublicKey::from_secret_scalar(&self.0))
    }

    /// Signs the SHA3-256 of a text: `r`, `s` and the recovery code as 130 hexadecimal digits.
    ///
    /// The nonce is that of RFC 6979 (HMAC-SHA256), so equal input gives equal signatures; `s` is low.
    pub fn sign(&self, text: &str) -> String {
        let (signature, recovery) =
            sign_prehashed_rfc6979::<Secp256k1, Sha256>(&self.0, &digest(text.as_bytes()), b"");
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes[64] = recovery.to_byte();
        HEXLOWER.encode(&bytes)
    }

    /// SHA3-256 of this key and a text: what to remember something under that follows from both, and that
    /// gives neither away.
    pub fn digest_with(&self, text: &str) -> [u8; 32] {
        let mut repr = self.0.to_repr();
        let digest = Sha3_256::new().chain_update(repr).chain_update(text).finalize();
        repr.as_mut_slice().zeroize();
        digest.into()
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey(..)")
    }
}

/// The identity of a public key.
pub(crate) fn identity(key: &PublicKey) -> String {
    hash(&HEXLOWER.encode(key.to_sec1_point(false).as_bytes()))
}

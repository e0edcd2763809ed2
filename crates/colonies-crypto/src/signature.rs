//! Recovery of the signer from a signature.

use data_encoding::HEXLOWER_PERMISSIVE;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use k256::elliptic_curve::PrimeField;
use k256::elliptic_curve::scalar::IsHigh;
use k256::{FieldBytes, Scalar};

use crate::error::SignatureError;
use crate::hash::digest;
use crate::key::identity;

/// The field's prime minus the group's order: only an r below it can have been reduced.
const PRIME_MINUS_ORDER: [u8; 32] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x45, 0x51, 0x23, 0x19, 0x50, 0xb7, 0x5f, 0xc4, 0x40,
    0x2d, 0xa1, 0x72, 0x2f, 0xc9, 0xba, 0xee,
];

/// The identity whose key made `signature` (130 hexadecimal digits) over `text`.
///
/// A well-formed signature over another text, or one with a bit changed, gives *another* identity, not
/// an error: whether the identity is the right one is for the caller to judge.
///
/// # Errors
/// Input that no key can have signed. The checks and their order are those of a Colonies server.
pub fn recover_identity(text: &str, signature: &str) -> Result<String, SignatureError> {
    let bytes = decode(signature)?;
    let code = bytes[64];
    // Colonies takes 27 to 34 after adding 27, and the codes above 3 mean the same as those 4 below.
    if code > 7 {
        return Err(SignatureError::RecoveryCode(code));
    }
    let recovery = RecoveryId::from_byte(code & 3).ok_or(SignatureError::RecoveryCode(code))?;
    let r = scalar(&bytes[..32], SignatureError::ROverflow, SignatureError::RZero)?;
    let s = scalar(&bytes[32..64], SignatureError::SOverflow, SignatureError::SZero)?;
    if recovery.is_x_reduced() && bytes[..32] >= PRIME_MINUS_ORDER[..] {
        return Err(SignatureError::RNotReduced);
    }
    let signature = Signature::from_scalars(r, s).map_err(|_| SignatureError::SZero)?;
    let key = VerifyingKey::recover_from_prehash(&digest(text.as_bytes()), &signature, recovery)
        .map_err(|_| SignatureError::NotOnCurve)?;
    if s.is_high().into() {
        return Err(SignatureError::HighS);
    }
    Ok(identity(&key.into()))
}

fn decode(text: &str) -> Result<[u8; 65], SignatureError> {
    let text = text.as_bytes();
    if let Some(position) = text.iter().position(|byte| !byte.is_ascii_hexdigit()) {
        return Err(SignatureError::NotHex { byte: text[position], position });
    }
    if text.len() % 2 == 1 {
        return Err(SignatureError::OddLength(text.len()));
    }
    let mut bytes = [0; 65];
    if text.len() != 2 * bytes.len() {
        return Err(SignatureError::Length(text.len() / 2));
    }
    HEXLOWER_PERMISSIVE.decode_mut(text, &mut bytes).map_err(|_| SignatureError::Length(text.len() / 2))?;
    Ok(bytes)
}

fn scalar(bytes: &[u8], over: SignatureError, zero: SignatureError) -> Result<Scalar, SignatureError> {
    let repr = FieldBytes::try_from(bytes).map_err(|_| over)?;
    let scalar = Scalar::from_repr(repr).into_option().ok_or(over)?;
    if scalar.is_zero().into() { Err(zero) } else { Ok(scalar) }
}

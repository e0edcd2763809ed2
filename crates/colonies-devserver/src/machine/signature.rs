//! Errors of a Colonies server for signatures that no key can have made.

use colonies_crypto::SignatureError;

use super::Refusal;

pub(crate) fn bad_signature(fault: SignatureError) -> Refusal {
    let unusable = |text: &str| format!("Failed to recover public key: invalid signature: {text}");
    Refusal::forbidden(match fault {
        SignatureError::NotHex { byte, .. } => format!("encoding/hex: invalid byte: {}", code_point(byte)),
        SignatureError::OddLength(_) => "encoding/hex: odd length hex string".to_owned(),
        SignatureError::Length(_) => "Invalid signature length".to_owned(),
        SignatureError::RecoveryCode(code) => unusable(&format!(
            "public key recovery code {} is not in the valid range [27, 34]",
            code.wrapping_add(27)
        )),
        SignatureError::ROverflow => unusable("R >= group order"),
        SignatureError::RZero => unusable("R is 0"),
        SignatureError::SOverflow => unusable("S >= group order"),
        SignatureError::SZero => unusable("S is 0"),
        SignatureError::RNotReduced => unusable("signature R + N >= P"),
        SignatureError::NotOnCurve => unusable("not for a valid curve point"),
        SignatureError::HighS => {
            "Failed verify signature: Signature s value is over half the order".to_owned()
        }
        other => other.to_string(),
    })
}

/// The byte as a code point, followed by the character if it is printable.
fn code_point(byte: u8) -> String {
    let printable = matches!(byte, 0x20..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    if printable { format!("U+{byte:04X} '{}'", char::from(byte)) } else { format!("U+{byte:04X}") }
}

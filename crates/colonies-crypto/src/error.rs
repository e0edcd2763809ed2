//! Errors of keys and signatures.

use thiserror::Error;

/// Why a text is not a private key. The text itself is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not 64 characters long.
    #[error("a private key must have 64 hexadecimal digits, this one has {0} characters")]
    Length(usize),
    /// A character that is not a hexadecimal digit.
    #[error("a private key must have 64 hexadecimal digits, the character at position {0} is not one")]
    NotHex(usize),
    /// Zero, or not below the order of the curve's group.
    #[error("the private key is out of range: it must be above 0 and below the order of secp256k1")]
    OutOfRange,
}

/// Why a signature does not lead to an identity. Ordered as the checks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A byte that is no hexadecimal digit.
    #[error("a signature must have 130 hexadecimal digits, the byte at position {position} is not one")]
    NotHex {
        /// The first such byte.
        byte: u8,
        /// Where it stands, counted from 0.
        position: usize,
    },
    /// An odd number of hexadecimal digits.
    #[error("a signature must have 130 hexadecimal digits, this one has {0}, an odd number")]
    OddLength(usize),
    /// Not 65 bytes long.
    #[error("a signature must have 65 bytes (130 hexadecimal digits), this one has {0}")]
    Length(usize),
    /// The last byte, the recovery code, is above 7.
    #[error("the signature's last byte, its recovery code, must be between 0 and 3, got {0}")]
    RecoveryCode(u8),
    /// r is not below the order of the group.
    #[error("the signature's r is not below the order of secp256k1")]
    ROverflow,
    /// r is zero.
    #[error("the signature's r is zero")]
    RZero,
    /// s is not below the order of the group.
    #[error("the signature's s is not below the order of secp256k1")]
    SOverflow,
    /// s is zero.
    #[error("the signature's s is zero")]
    SZero,
    /// The recovery code says that r was reduced, but r plus the group's order is no field element.
    #[error("the signature's recovery code does not fit its r")]
    RNotReduced,
    /// No point of the curve has this x coordinate.
    #[error("the signature's r is the x coordinate of no point on secp256k1")]
    NotOnCurve,
    /// s is in the upper half: the mirror image of a valid signature.
    #[error("the signature's s is over half the order of secp256k1")]
    HighS,
}

//! Keys, identities and signatures of the Colonies protocol.
//!
//! A member of a colony *is* its key: the server stores only identities, and the signer of a message is its
//! sender. The curve is secp256k1, the hash SHA3-256 (FIPS 202, not Keccak).
//!
//! ```
//! use colonies_crypto::{PrivateKey, recover_identity};
//!
//! let key = PrivateKey::generate();
//! let signature = key.sign("a message");
//! assert_eq!(recover_identity("a message", &signature).unwrap(), key.identity());
//! ```
//!
//! Everything here is a pure function of its input (key generation aside): no I/O, no clock, no state.

mod error;
mod hash;
mod key;
mod signature;

pub use error::{KeyError, SignatureError};
pub use hash::hash;
pub use key::PrivateKey;
pub use signature::recover_identity;

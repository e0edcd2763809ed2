//! A cache of recent signatures, for requests that are repeated unchanged.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard};

use colonies_crypto::PrivateKey;
use lru::LruCache;

/// How many signatures are remembered.
const MOST: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not 0");
/// The longest payload whose signature is remembered, in characters.
const LONGEST: usize = 512;

/// The signatures made last, by what they were made from.
///
/// Clients that wait repeat the same request, as executors do for work, and equal payloads have equal signatures
/// (RFC 6979). Keys are not kept: an entry is found by a digest.
#[derive(Debug)]
pub struct Signatures(Mutex<LruCache<[u8; 32], String>>);

impl Default for Signatures {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Signatures {
    /// As [`PrivateKey::sign`].
    pub fn sign(&self, payload: &str, key: &PrivateKey) -> String {
        if payload.len() > LONGEST {
            return key.sign(payload);
        }
        let digest = key.digest_with(payload);
        if let Some(mut recent) = self.free()
            && let Some(known) = recent.get(&digest)
        {
            return known.clone();
        }
        let signature = key.sign(payload);
        if let Some(mut recent) = self.free() {
            recent.put(digest, signature.clone());
        }
        signature
    }

    /// Never waits for the lock. After `fork`, a lock that another thread held stays locked forever.
    fn free(&self) -> Option<MutexGuard<'_, LruCache<[u8; 32], String>>> {
        self.0.try_lock().ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_signature_is_the_same_whether_made_or_remembered() {
        let signatures = Signatures::default();
        let keys = [PrivateKey::generate(), PrivateKey::generate()];
        let long = "long".repeat(LONGEST);
        for _ in 0..2 {
            for key in &keys {
                for payload in ["", "a", "b", &long] {
                    assert_eq!(signatures.sign(payload, key), key.sign(payload));
                }
            }
        }
        assert_eq!(signatures.free().unwrap().len(), 6);
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let signatures = Signatures::default();
        let key = PrivateKey::generate();
        for number in 0..MOST.get() + 10 {
            signatures.sign(&number.to_string(), &key);
        }
        assert_eq!(signatures.free().unwrap().len(), MOST.get());
    }
}

//! A cache of the signers of recent requests.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use colonies_crypto::SignatureError;
use colonies_proto::Request;
use lru::LruCache;

/// How many signatures are remembered.
const MOST: NonZeroUsize = NonZeroUsize::new(1024).expect("1024 is not 0");
/// The longest payload that is remembered, in characters.
const LONGEST: usize = 1024;

/// Recovers the signer of a request, and caches it.
///
/// Executors ask for work in the same words each time, and one key gives the same words the same signature (RFC 6979),
/// so about half of what busy executors send has been here before. Working out its signer again would cost more than
/// carrying it out does.
#[derive(Debug)]
pub(crate) struct Signers(Mutex<LruCache<String, Signed>>);

#[derive(Debug)]
struct Signed {
    payload: String,
    signer: String,
}

impl Default for Signers {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Signers {
    /// As [`Request::signer`].
    pub(super) fn of(&self, request: &Request) -> Result<String, SignatureError> {
        if request.payload.len() > LONGEST {
            return request.signer();
        }
        if let Some(known) = self.lock().get(&request.signature)
            && known.payload == request.payload
        {
            return Ok(known.signer.clone());
        }
        let signer = request.signer()?;
        let known = Signed { payload: request.payload.clone(), signer: signer.clone() };
        self.lock().put(request.signature.clone(), known);
        Ok(signer)
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<String, Signed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use colonies_crypto::PrivateKey;
    use proptest::prelude::*;

    use super::*;

    fn request(payload: &str, signature: &str) -> Request {
        Request { payload: payload.to_owned(), signature: signature.to_owned(), ..Request::default() }
    }

    proptest! {
        #[test]
        fn what_is_remembered_is_what_would_be_worked_out(
            asked in prop::collection::vec((0_usize..4, 0_usize..4), 1..20)
        ) {
            let signers = Signers::default();
            let payloads = ["", "a", "b", &"long".repeat(LONGEST)];
            let key = PrivateKey::generate();
            let signatures = payloads.map(|payload| key.sign(payload));
            for (payload, signature) in asked {
                let request = request(payloads[payload], &signatures[signature]);
                prop_assert_eq!(signers.of(&request), request.signer());
            }
        }
    }

    #[test]
    fn what_no_key_can_have_signed_is_not_remembered() {
        let signers = Signers::default();
        let request = request("a", "no signature");
        assert!(signers.of(&request).is_err());
        assert!(signers.lock().is_empty());
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let signers = Signers::default();
        let key = PrivateKey::generate();
        for number in 0..MOST.get() + 10 {
            let payload = number.to_string();
            signers.of(&request(&payload, &key.sign(&payload))).unwrap();
        }
        assert_eq!(signers.lock().len(), MOST.get());
    }
}

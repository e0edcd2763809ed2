//! The request envelope, and its signature.

use colonies_crypto::{PrivateKey, SignatureError, recover_identity};
use serde::{Deserialize, Serialize};

use crate::base64;
use crate::lenient::{Fault, from_json};

/// The request envelope. Only `payload` is signed; `payloadtype` says which handler it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// The message type.
    pub payloadtype: String,
    /// Base64 of the message's JSON.
    pub payload: String,
    /// Signature over `payload` as it stands, 130 hexadecimal digits.
    pub signature: String,
}

/// The body of a request that carries `message`, the JSON text of a message of type `msgtype`.
pub fn seal(msgtype: &str, message: &[u8], key: &PrivateKey) -> Vec<u8> {
    seal_with(msgtype, message, |payload| key.sign(payload))
}

/// Like [`seal`], for the few messages that need no signature.
pub fn seal_unsigned(msgtype: &str, message: &[u8]) -> Vec<u8> {
    seal_with(msgtype, message, |_| String::new())
}

/// As [`seal`], with a signature that `sign` makes or has of the payload.
pub fn seal_with(msgtype: &str, message: &[u8], sign: impl FnOnce(&str) -> String) -> Vec<u8> {
    let payload = base64::encode(message);
    let signature = sign(&payload);
    body(&Request { payloadtype: msgtype.to_owned(), payload, signature })
}

fn body(request: &Request) -> Vec<u8> {
    serde_json::to_vec(request).expect("three strings are JSON")
}

impl Request {
    /// Opens the envelope. Nothing is checked but its form.
    ///
    /// # Errors
    /// Where the body is no JSON object whose three fields, if there, are strings.
    pub fn from_body(body: &[u8]) -> Result<Self, Fault> {
        from_json(body)
    }

    /// The identity of the signer.
    ///
    /// # Errors
    /// If no key can have made the signature.
    pub fn signer(&self) -> Result<String, SignatureError> {
        recover_identity(&self.payload, &self.signature)
    }

    /// The message in the payload, decoded as far as it goes.
    pub fn message(&self) -> Vec<u8> {
        base64::decode_lenient(&self.payload)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_envelope_is_read_without_regard_to_case_nulls_and_unknown_fields() {
        let body = br#" {"PayloadType":"x","payload":"a","payload":null,"more":[1],"SIGNATURE":"s"} "#;
        let request = Request::from_body(body).unwrap();
        assert_eq!((request.payloadtype.as_str(), request.signature.as_str()), ("x", "s"));
    }

    #[test]
    fn what_is_no_envelope_is_a_fault() {
        for body in ["", "not json", "{", "{}x", "[]", "\"x\"", "1", "true", "null", "{\"payload\":1}"] {
            assert!(Request::from_body(body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(message: Vec<u8>, msgtype: String) {
            let key = PrivateKey::generate();
            let request = Request::from_body(&seal(&msgtype, &message, &key)).unwrap();
            prop_assert_eq!(request.signer().unwrap(), key.identity());
            prop_assert_eq!(request.message(), message);
            prop_assert_eq!(request.payloadtype, msgtype);
        }

        #[test]
        fn any_bytes_are_an_envelope_or_a_fault(body: Vec<u8>) {
            let _ = Request::from_body(&body);
        }
    }
}

//! The reply envelope.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::base64;

/// What a server answers: a payload, or a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The message was carried out.
    Done {
        /// The type of the payload, nearly always that of the request.
        payloadtype: String,
        /// JSON text.
        payload: Vec<u8>,
    },
    /// The message was understood and refused.
    Refused {
        /// The HTTP status that goes with it.
        status: u16,
        /// For people; never to be matched on.
        message: String,
    },
}

/// Why bytes are no reply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// Not the JSON of a reply envelope; holds the parser's words.
    #[error("it is not a reply envelope: {0}")]
    NoEnvelope(String),
    /// The payload is not base64.
    #[error("the payload of the reply is not base64")]
    NotBase64,
    /// An error reply without a status and a message.
    #[error("the reply says that there was an error, but not which: {0}")]
    NoRefusal(String),
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    payloadtype: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    payload: std::borrow::Cow<'a, str>,
    #[serde(default)]
    error: bool,
}

#[derive(Serialize, Deserialize)]
struct Refusal {
    status: u16,
    message: String,
}

impl Reply {
    /// Reads a reply envelope.
    ///
    /// # Errors
    /// The bytes are not a valid envelope.
    pub fn from_body(body: &[u8]) -> Result<Self, ReplyError> {
        let envelope: Envelope<'_> =
            serde_json::from_slice(body).map_err(|fault| ReplyError::NoEnvelope(fault.to_string()))?;
        let payload = base64::decode(&envelope.payload).ok_or(ReplyError::NotBase64)?;
        if !envelope.error {
            return Ok(Self::Done { payloadtype: envelope.payloadtype.into_owned(), payload });
        }
        let refusal: Refusal =
            serde_json::from_slice(&payload).map_err(|fault| ReplyError::NoRefusal(fault.to_string()))?;
        Ok(Self::Refused { status: refusal.status, message: refusal.message })
    }

    /// The body of a reply.
    pub fn to_body(&self) -> Vec<u8> {
        let (payloadtype, payload, error) = match self {
            Self::Done { payloadtype, payload } => (payloadtype.as_str(), base64::encode(payload), false),
            Self::Refused { status, message } => {
                let refusal = Refusal { status: *status, message: message.clone() };
                ("error", base64::encode(&json(&refusal)), true)
            }
        };
        json(&Envelope { payloadtype: payloadtype.into(), payload: payload.into(), error })
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings, numbers and booleans are JSON")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_reply_is_told_apart() {
        let read = |body: &str| Reply::from_body(body.as_bytes()).unwrap_err();
        assert!(matches!(read("<html>"), ReplyError::NoEnvelope(_)));
        assert!(matches!(read(""), ReplyError::NoEnvelope(_)));
        assert!(matches!(read("null"), ReplyError::NoEnvelope(_)));
        assert_eq!(read(r#"{"payloadtype":"x","payload":"!","error":false}"#), ReplyError::NotBase64);
        assert!(matches!(
            read(r#"{"payloadtype":"error","payload":"e30=","error":true}"#),
            ReplyError::NoRefusal(_)
        ));
    }

    proptest! {
        #[test]
        fn a_reply_reads_back(payloadtype: String, payload: Vec<u8>, status: u16, message: String) {
            for reply in [
                Reply::Done { payloadtype: payloadtype.clone(), payload: payload.clone() },
                Reply::Refused { status, message: message.clone() },
            ] {
                prop_assert_eq!(Reply::from_body(&reply.to_body()).unwrap(), reply);
            }
        }

        #[test]
        fn any_bytes_are_a_reply_or_an_error(body: Vec<u8>) {
            let _ = Reply::from_body(&body);
        }
    }
}

//! Common steps of all messages: decoding, and the check that the type equals the envelope's.

use serde::de::DeserializeOwned;

use super::{Answer, Context, Outcome, Refusal};

/// A message as its handler sees it.
pub(super) trait Message: DeserializeOwned {
    fn msgtype(&self) -> &str;
}

/// Declares messages: the fields beside `msgtype`, each with its type and its name on the wire.
macro_rules! messages {
    ($($name:ident { $($field:ident: $kind:ty = $wire:literal),* $(,)? })*) => {$(
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        pub(in crate::machine) struct $name {
            msgtype: String,
            $(#[serde(rename = $wire)] $field: $kind,)*
        }

        impl crate::machine::message::Message for $name {
            fn msgtype(&self) -> &str {
                &self.msgtype
            }
        }
    )*};
}
pub(super) use messages;

/// What the refusals of a message that cannot be read begin with.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    invalid: &'static str,
    mismatch: &'static str,
}

impl From<&'static str> for Prefix {
    fn from(prefix: &'static str) -> Self {
        Self { invalid: prefix, mismatch: prefix }
    }
}

impl From<(&'static str, &'static str)> for Prefix {
    fn from((invalid, mismatch): (&'static str, &'static str)) -> Self {
        Self { invalid, mismatch }
    }
}

/// Reads a message and has it handled.
pub(super) fn handle<M: Message>(
    context: &mut Context<'_>,
    payloadtype: &str,
    payload: &[u8],
    prefix: impl Into<Prefix>,
    handler: impl FnOnce(&mut Context<'_>, M) -> Outcome,
) -> Outcome {
    let message = read(payloadtype, payload, prefix.into())?;
    handler(context, message)
}

/// As [`handle`], for messages that are answered with the payload as it was sent.
pub(super) fn echo<M: Message>(
    context: &mut Context<'_>,
    payloadtype: &str,
    payload: &[u8],
    prefix: impl Into<Prefix>,
    handler: impl FnOnce(&mut Context<'_>, M) -> Outcome<()>,
) -> Outcome {
    let message = read(payloadtype, payload, prefix.into())?;
    handler(context, message)?;
    Ok(Answer::Json(payload.to_vec()))
}

fn read<M: Message>(payloadtype: &str, payload: &[u8], prefix: Prefix) -> Outcome<M> {
    let message: M = colonies_proto::from_json(payload)
        .map_err(|_| Refusal::bad_request(format!("{}, invalid JSON", prefix.invalid)))?;
    if message.msgtype() != payloadtype {
        // The server's spelling differs for one message.
        let name = if payloadtype == "assignprocessmsg" { "msg.msgType" } else { "msg.MsgType" };
        return Err(Refusal::bad_request(format!("{}, {name} does not match payloadType", prefix.mismatch)));
    }
    Ok(message)
}

//! Messages made of arbitrary bytes, for the targets in `fuzz/`.

use serde_json::Value;

use super::world::{CALLERS, World};
use crate::engine::Reaction;

/// How many messages one server gets.
const MESSAGES: u32 = 4096;

/// Sends messages to a server with one of everything in it, which is replaced now and then.
pub struct Messages {
    world: World,
    examples: Vec<(&'static str, Value)>,
    left: u32,
}

impl Default for Messages {
    fn default() -> Self {
        let world = World::new();
        let examples = world.examples();
        Self { world, examples, left: MESSAGES }
    }
}

impl Messages {
    /// Sends the message that these bytes stand for: an example, a caller, and changes to the example; or any payload.
    pub fn send(&mut self, bytes: &[u8]) {
        let [which, caller, rest @ ..] = bytes else { return };
        if self.left == 0 {
            *self = Self::default();
        }
        self.left -= 1;
        let (own, example) = &self.examples[usize::from(which & 0x7f) % self.examples.len()];
        let caller = if caller & 0x80 == 0 { own } else { CALLERS[usize::from(*caller) % CALLERS.len()] };
        let msgtype = example["msgtype"].as_str().unwrap_or_default().to_owned();
        let payload = if which & 0x80 == 0 {
            changed(example.clone(), rest).to_string().into_bytes()
        } else {
            rest.to_vec()
        };
        match self.world.core.carry_out(caller, &msgtype, &payload) {
            Ok(Reaction::Waits { place, .. }) => self.world.core.leave(&place),
            Ok(Reaction::Answered { .. }) => {}
            Err(refusal) => {
                assert!((400..600).contains(&refusal.status), "{refusal:?}");
                let is_broken = refusal.message.contains("store of the development server");
                assert!(!is_broken, "{msgtype} {} {refusal:?}", String::from_utf8_lossy(&payload));
            }
        }
    }
}

/// Replaces values of a message: each change is the number of a value, a length, and so many bytes of JSON or text.
fn changed(mut message: Value, mut changes: &[u8]) -> Value {
    while let [at, length, rest @ ..] = changes {
        let (text, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        changes = rest;
        let text = String::from_utf8_lossy(text);
        let value = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_ref()));
        let mut at = usize::from(*at);
        replace(&mut message, &mut at, &value);
    }
    message
}

fn replace(found: &mut Value, at: &mut usize, value: &Value) {
    if *at == 0 {
        *found = value.clone();
    }
    *at = at.wrapping_sub(1);
    match found {
        Value::Object(fields) => fields.values_mut().for_each(|inner| replace(inner, at, value)),
        Value::Array(items) => items.iter_mut().for_each(|inner| replace(inner, at, value)),
        _ => {}
    }
}

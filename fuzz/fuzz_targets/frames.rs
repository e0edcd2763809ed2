//! What a client reads of a subscription: websocket frames, and replies in them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| colonies_client::fuzzing::frames(bytes));

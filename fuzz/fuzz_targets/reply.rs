//! What a client reads of a server: the envelope of a reply.
#![no_main]

use colonies_proto::Reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let status = if body.len() % 2 == 0 { 200 } else { 500 };
    colonies_client::fuzzing::answer(status, body);
    if let Ok(reply) = Reply::from_body(body) {
        assert_eq!(Reply::from_body(&reply.to_body()), Ok(reply));
    }
});

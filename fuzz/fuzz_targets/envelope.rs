//! What a server reads of a client: the envelope of a message and its payload.
#![no_main]

use colonies_proto::{Request, seal_with};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(request) = Request::from_body(body) else { return };
    let message = request.message();
    let sealed = seal_with(&request.payloadtype, &message, |_| request.signature.clone());
    let again = Request::from_body(&sealed).expect("a sealed message is an envelope");
    assert_eq!(again.message(), message);
    assert_eq!((again.payloadtype, again.signature), (request.payloadtype, request.signature));
});

//! What a proxy answers, and its URL.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    colonies_client::fuzzing::tunnel(bytes);
    if let Ok(url) = std::str::from_utf8(bytes) {
        colonies_client::fuzzing::proxy_url(url);
    }
});

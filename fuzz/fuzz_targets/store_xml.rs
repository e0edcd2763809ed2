//! What an S3 client reads of a store: XML, and the date in a header.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|given: (u16, &str)| {
    let (status, body) = given;
    colonies_files::fuzzing::xml(status, body);
    colonies_files::fuzzing::date(body);
});

//! Who may use the development server: the headers of a request.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| colonies_devserver::fuzzing::head(text));

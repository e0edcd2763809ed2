//! Cron expressions, and the times that they stand for.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|given: (u32, &str)| colonies_devserver::fuzzing::cron(given.1, i64::from(given.0)));

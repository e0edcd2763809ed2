//! Messages of every type to the development server.
#![no_main]

use std::cell::RefCell;

use colonies_devserver::fuzzing::Messages;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SERVER: RefCell<Messages> = RefCell::default();
}

fuzz_target!(|bytes: &[u8]| SERVER.with_borrow_mut(|server| server.send(bytes)));

#![no_main]

#[path = "../bodies/event.rs"]
mod event;
#[path = "../bodies/letter.rs"]
mod letter;

libfuzzer_sys::fuzz_target!(|data: &[u8]| event::read(data));

#![no_main]

#[path = "../bodies/describe.rs"]
mod describe;
#[path = "../bodies/letter.rs"]
mod letter;

libfuzzer_sys::fuzz_target!(|data: &[u8]| describe::read(data));

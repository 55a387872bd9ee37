#![no_main]

#[path = "../bodies/letter.rs"]
mod letter;
#[path = "../bodies/log_line.rs"]
mod log_line;

libfuzzer_sys::fuzz_target!(|data: &[u8]| log_line::read(data));

#![no_main]

#[path = "../bodies/letter.rs"]
mod letter;
#[path = "../bodies/task_report.rs"]
mod task_report;

libfuzzer_sys::fuzz_target!(|data: &[u8]| task_report::read(data));

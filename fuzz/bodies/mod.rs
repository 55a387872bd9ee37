//! What each fuzz target does with its input. Ordinary tests do the same with the
//! committed corpus, so this knows nothing of a fuzzer: a broken promise is a panic.

pub(crate) mod describe;
pub(crate) mod event;
mod letter;
pub(crate) mod log_line;
pub(crate) mod task_report;

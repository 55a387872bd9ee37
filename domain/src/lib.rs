//! What the product knows: facts of a task execution, the verdict on them, what
//! their causes may be, the ledger that remembers verdicts, and the letters that tell them.
//!
//! Pure by construction: no AWS crate, no async runtime, no clock and no
//! environment. Time comes in as an argument; what AWS did not report stays
//! `None`, because unknown is never 0.

pub mod arn;
pub mod audit;
pub mod baseline;
pub mod cron;
pub mod diagnosis;
pub mod event_pattern;
pub mod execution;
pub mod failed_files;
pub mod ledger;
pub mod letter;
pub mod log_line;
pub mod metric;
pub mod posix_metadata;
pub mod schedule;
pub mod state_change;
pub mod subscription;
pub mod task;
pub mod task_report;
pub mod text;
pub mod units;
pub mod verdict;
pub mod watch;

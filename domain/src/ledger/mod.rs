//! The run ledger: one small record for each verdict that was told.
//!
//! A record is written after its letter was published, so a record means
//! "told". Time, execution and verdict stand in the key, so that one listing
//! answers what was told and when the last good run was:
//!
//! `ledger/TASK/yyyyMMddTHHmmssZ_EXECUTION_VERDICT.json`
//!
//! A run that was told to copy only a part of the files (`_narrowed` behind its
//! verdict) is told like any other, and is nobody's last good run.

mod entry;
mod history;
mod record;

pub use entry::{Entry, NO_EXECUTION};
pub use history::{History, NotGood, Row};
pub use record::{Record, SCHEMA};

use jiff::{SignedDuration, Timestamp};

/// How far back the ledger is read.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Where the records of a task lie.
#[must_use]
pub fn prefix(task_id: &str) -> String {
    format!("ledger/{task_id}/")
}

/// The key of the copy of the newest good record, which outlives the horizon.
#[must_use]
pub fn last_good_key(task_id: &str) -> String {
    format!("{}last-good.json", prefix(task_id))
}

/// The key of what was told last of the backup line itself.
#[must_use]
pub fn watch_key(task_id: &str) -> String {
    format!("{}watch.json", prefix(task_id))
}

/// The key after which a listing starts, to see the last [`HORIZON`].
#[must_use]
pub fn start_after(task_id: &str, now: Timestamp) -> String {
    let since = now.saturating_sub(HORIZON).unwrap_or(Timestamp::MIN);
    format!("{}{}", prefix(task_id), stamp(since))
}

fn stamp(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests;

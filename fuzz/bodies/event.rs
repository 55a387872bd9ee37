//! What arrives: whatever it is, it is read or told.

use super::letter::{backup, must_be_taken, next_run, task};
use backup_domain::letter::{LastGood, UnknownLetter};
use jiff::Timestamp;
use report_execution::Entry;

pub(crate) fn read(data: &[u8]) {
    // Lambda hands over JSON only.
    let Ok(payload) = serde_json::from_slice::<serde_json::Value>(data) else {
        return;
    };
    let (change, because) = match Entry::read(&payload, &task()) {
        Entry::Change(change) => (Some(change), "DataSync did not answer".to_owned()),
        Entry::Unreadable(because) => (None, because),
        _ => return,
    };
    let letter = UnknownLetter {
        backup: &backup(),
        change: change.as_ref(),
        because,
        raw: change.is_none().then(|| payload.to_string()),
        last_good: LastGood::NoneRecorded,
        next_run: next_run(),
        time: Timestamp::UNIX_EPOCH,
    };
    must_be_taken(&letter.render());
}

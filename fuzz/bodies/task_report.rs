//! One part of a task report: a list that is not whole never counts as read.

use super::letter::{execution_arn, judged};
use backup_domain::execution::{Execution, Status, TaskReport};
use backup_domain::failed_files::{FailedFiles, Gathering};
use backup_domain::task_report::read_part;
use backup_domain::verdict::Verdict;

pub(crate) fn read(data: &[u8]) {
    for errors_only in [true, false] {
        let failed = listed(errors_only, data);
        if failed.is_read() {
            let whole = data.trim_ascii_end();
            let broken_off = listed(errors_only, &whole[..whole.len() - 1]);
            assert!(!broken_off.is_read(), "a part that broke off was read");
        }
        let execution = Execution {
            task_report: TaskReport::Written,
            ..Execution::new(execution_arn(), Status::Success)
        };
        let is_good = judged(data, &execution, &failed) < Verdict::Unknown;
        assert_eq!(is_good, failed.is_read() && failed.known == 0);
    }
}

fn listed(errors_only: bool, part: &[u8]) -> FailedFiles {
    let mut gathering = Gathering::new("efs/");
    read_part(&mut gathering, errors_only, "part.json", part);
    gathering.finish()
}

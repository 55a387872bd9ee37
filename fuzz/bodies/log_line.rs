//! Lines of the task's log: what is called failed has a path.

use super::letter::{execution_arn, judged};
use backup_domain::execution::{Execution, Status};
use backup_domain::failed_files::Gathering;
use backup_domain::log_line::LogLine;
use backup_domain::verdict::Verdict;

pub(crate) fn read(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut gathering = Gathering::new("efs/");
    let mut failures = 0;
    for line in text.lines() {
        if let LogLine::Failed { path, .. } = LogLine::read(line, "efs/") {
            assert!(path.starts_with('/'), "{path}");
            failures += 1;
        }
        gathering.line(line);
    }
    gathering.log_is_read();
    let failed = gathering.finish();
    assert_eq!(failed.known == 0, failures == 0, "{text}");
    let execution = Execution::new(execution_arn(), Status::Success);
    let is_good = judged(data, &execution, &failed) < Verdict::Unknown;
    assert_eq!(is_good, failures == 0);
}

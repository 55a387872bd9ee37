//! Reads from the task's log what went wrong in a run.

use crate::aws::Aws;
use backup_domain::arn::ExecutionArn;
use backup_domain::failed_files::Gathering;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest reading, and the most that is read, in lines and bytes: the mail
/// must go out, and memory is finite.
const LONGEST_READING: Duration = Duration::from_secs(10);
const MOST_LINES: usize = 10_000;
const MOST_BYTES: usize = 8_000_000;

/// Reads the lines about problems into the gathering, which learns too if they
/// could not be read, or not all of them.
///
/// A log that is not there holds no line: DataSync makes the stream with the
/// first one.
pub(crate) async fn read(aws: &Aws, group: &str, arn: &ExecutionArn, gathering: &mut Gathering) {
    let stream = arn.log_stream();
    let deadline = Instant::now() + LONGEST_READING;
    let (mut next, mut lines, mut bytes) = (None, 0, 0);
    loop {
        let page = match timeout_at(deadline, aws.problem_lines(group, &stream, next)).await {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return gathering.log_not_read(error.to_string()),
            Err(_) => return gathering.log_not_read(too_long()),
        };
        for line in page.lines {
            lines += 1;
            bytes += line.len();
            if lines > MOST_LINES || bytes > MOST_BYTES {
                return gathering.log_not_read(too_much().to_owned());
            }
            gathering.line(&line);
        }
        if page.next.is_none() {
            return gathering.log_is_read();
        }
        next = page.next;
    }
}

fn too_long() -> String {
    format!("it took longer than {} s", LONGEST_READING.as_secs())
}

fn too_much() -> &'static str {
    "it has more than 10,000 lines or 8 MB about problems"
}

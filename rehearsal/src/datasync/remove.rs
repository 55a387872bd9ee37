//! `PreserveDeletedFiles REMOVE`: delete the objects whose files are gone. On a
//! versioned bucket this puts delete markers; the versions stay.

use crate::datasync::execution::Run;
use crate::datasync::failures::FileFailure;
use crate::datasync::prepare::Prepared;
use crate::datasync::report::{Item, Kind};

pub(super) async fn remove(run: &mut Run, prepared: &Prepared) {
    for relative in &prepared.plan.removals {
        let key = run.job.key(relative);
        let path = shown(relative);
        let item = Item {
            path: &path,
            ..Item::default()
        };
        match prepared.bucket.delete(&key).await {
            Ok(()) => {
                run.log.done("Deleted", &path);
                run.report.add(Kind::Deleted, &item, jiff::Timestamp::now());
                run.update(|execution| execution.counters.files_deleted += 1);
            }
            Err(failure) => run.file_failed(Kind::Deleted, &item, &FileFailure::s3(&failure)),
        }
    }
}

/// A relative key as reports and logs show paths: `/a/b`, also of a directory.
pub(super) fn shown(relative: &str) -> String {
    format!("/{}", relative.trim_end_matches('/'))
}

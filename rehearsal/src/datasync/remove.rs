//! `PreserveDeletedFiles REMOVE`: delete at the destination what is gone at the
//! source. On a versioned bucket this puts delete markers; the versions stay.

use crate::datasync::execution::Run;
use crate::datasync::failures::FileFailure;
use crate::datasync::prepare::Prepared;
use crate::datasync::report::{Item, Kind};

pub(super) async fn remove(run: &mut Run, prepared: &Prepared) {
    for name in &prepared.plan.removals {
        let path = name.shown();
        let item = Item {
            path: &path,
            ..Item::default()
        };
        match prepared.destination.remove(name).await {
            Ok(()) => {
                run.log.done("Deleted", &path);
                run.report.add(Kind::Deleted, &item, jiff::Timestamp::now());
                run.update(|execution| execution.counters.files_deleted += 1);
            }
            Err(error) => {
                let failure = FileFailure::destination(&path, &error);
                run.file_failed(Kind::Deleted, &item, &failure);
            }
        }
    }
}

//! VERIFYING: read objects back and compare content and metadata with the
//! source: of what was transferred, or (`POINT_IN_TIME_CONSISTENT`) of everything.

use backup_domain::posix_metadata::FileKind;

use crate::datasync::bucket::{Bucket, Found};
use crate::datasync::execution::Run;
use crate::datasync::failures::FileFailure;
use crate::datasync::prepare::{Prepared, list_destination, list_source};
use crate::datasync::remove::shown;
use crate::datasync::report::{Item, Kind};
use crate::datasync::side::Side;
use crate::datasync::source_file::reason;
use crate::datasync::transfer::{Sent, read};
use crate::datasync::walk::SourceItem;

pub(super) async fn verify(run: &mut Run, prepared: &Prepared, sent: Vec<Sent>) {
    if run.job.options.is("VerifyMode", "ONLY_FILES_TRANSFERRED") {
        for sent in &sent {
            compare(run, &prepared.bucket, sent).await;
        }
        return;
    }
    let everything = whole_source(run).await;
    for sent in &everything {
        compare(run, &prepared.bucket, sent).await;
    }
    // Under PRESERVE an object without a file is what was asked for.
    if run.job.options.is("PreserveDeletedFiles", "REMOVE") {
        find_extra(run, &prepared.bucket, &everything).await;
    }
}

async fn compare(run: &mut Run, bucket: &Bucket, sent: &Sent) {
    let found = match bucket.read(&sent.key).await {
        Ok(found) => found,
        Err(failure) => return differ(run, sent, None, &FileFailure::s3(&failure)),
    };
    let Some(found) = found else {
        let failure = FileFailure::missing_at_destination(&sent.path, &sent.side);
        return differ(run, sent, None, &failure);
    };
    let destination = Side::of_object(found, sent.side.kind);
    let kept = run.job.kept(&sent.side.metadata);
    let what = sent.side.differences(&kept, &destination);
    if !what.is_empty() {
        let failure = FileFailure::mismatch(&sent.path, &sent.side, &destination, &what);
        return differ(run, sent, Some(&destination), &failure);
    }
    run.log.done("Verified", &sent.path);
    let item = Item {
        path: &sent.path,
        source: Some(&sent.side),
        destination: Some(&destination),
        ..Item::default()
    };
    run.report
        .add(Kind::Verified, &item, jiff::Timestamp::now());
    run.update(|execution| execution.counters.files_verified += 1);
}

fn differ(run: &mut Run, sent: &Sent, destination: Option<&Side>, failure: &FileFailure) {
    let item = Item {
        path: &sent.path,
        source: Some(&sent.side),
        destination,
        ..Item::default()
    };
    note(run, &item, failure);
}

fn note(run: &mut Run, item: &Item<'_>, failure: &FileFailure) {
    run.some_files_differ = true;
    run.log.problem(failure.lines.clone());
    let item = Item {
        failure: Some(failure),
        ..*item
    };
    run.report
        .add(Kind::Verified, &item, jiff::Timestamp::now());
}

/// Lists and hashes the source once more. What cannot be read now differs.
async fn whole_source(run: &mut Run) -> Vec<Sent> {
    let job = run.job.clone();
    let walked = match list_source(&job).await {
        Ok(walked) => walked,
        Err(failure) => {
            run.some_files_differ = true;
            run.log
                .problem([format!("[ERROR] {}", failure.error_detail)]);
            return vec![];
        }
    };
    let mut all = vec![];
    for item in &walked.items {
        // A name that can be no key has failed in the transfer already.
        let Some(key) = item.path.key(item.kind) else {
            continue;
        };
        match read(item.path.below(&job.source_folder()), item.kind).await {
            Ok(source) => all.push(Sent {
                key: job.key(&key),
                path: item.path.shown(),
                side: Side::of_source(item.kind, &source),
            }),
            Err(error) => unreadable(run, item, &reason(&error)),
        }
    }
    all
}

fn unreadable(run: &mut Run, item: &SourceItem, reason: &str) {
    let (path, side) = (item.path.shown(), Side::from(item));
    let failure = FileFailure::source(item, reason);
    let item = Item {
        path: &path,
        source: Some(&side),
        ..Item::default()
    };
    note(run, &item, &failure);
}

/// Finds objects without a file.
async fn find_extra(run: &mut Run, bucket: &Bucket, everything: &[Sent]) {
    let job = run.job.clone();
    let Ok(objects) = list_destination(&job, bucket).await else {
        run.some_files_differ = true;
        return;
    };
    let known: std::collections::BTreeSet<&str> =
        everything.iter().map(|sent| sent.key.as_str()).collect();
    for relative in objects.keys() {
        let key = job.key(relative);
        if known.contains(key.as_str()) {
            continue;
        }
        if let Ok(Some(found)) = bucket.look_at(&key).await {
            extra(run, relative, found);
        }
    }
}

fn extra(run: &mut Run, relative: &str, found: Found) {
    let path = shown(relative);
    let destination = Side::of_object(found, FileKind::Regular);
    let failure = FileFailure::missing_at_source(&path, &destination);
    let item = Item {
        path: &path,
        destination: Some(&destination),
        ..Item::default()
    };
    note(run, &item, &failure);
}

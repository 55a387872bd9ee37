//! VERIFYING: read the destination back and compare content and metadata with the
//! source: of what was transferred, or (`POINT_IN_TIME_CONSISTENT`) of everything.

use std::collections::BTreeSet;

use crate::datasync::end::{EndError, Name, SourceItem};
use crate::datasync::execution::Run;
use crate::datasync::failures::FileFailure;
use crate::datasync::prepare::{Prepared, list};
use crate::datasync::report::{Item, Kind};
use crate::datasync::side::Side;
use crate::datasync::transfer::Sent;

pub(super) async fn verify(run: &mut Run, prepared: &Prepared, sent: Vec<Sent>) {
    if run.job.options.is("VerifyMode", "ONLY_FILES_TRANSFERRED") {
        for sent in &sent {
            compare(run, prepared, sent).await;
        }
        return;
    }
    let everything = whole_source(run, prepared).await;
    for sent in &everything {
        compare(run, prepared, sent).await;
    }
    // Under PRESERVE what the destination alone has is what was asked for.
    if run.job.options.is("PreserveDeletedFiles", "REMOVE") {
        find_extra(run, prepared, &everything).await;
    }
}

async fn compare(run: &mut Run, prepared: &Prepared, sent: &Sent) {
    let (path, source) = (sent.name.shown(), &sent.side);
    let item = Item {
        path: &path,
        source: Some(source),
        ..Item::default()
    };
    let found = prepared
        .destination
        .look_back(&sent.name, source.kind)
        .await;
    let destination = match found {
        Ok(found) => found,
        Err(error) => return differ(run, &item, &unread(&path, source, &error)),
    };
    let item = Item {
        destination: Some(&destination),
        ..item
    };
    let kept = prepared.kept(&run.job, &source.metadata);
    let what = source.differences(&kept, &destination);
    if !what.is_empty() {
        let failure = FileFailure::mismatch(&path, source, &destination, &what);
        return differ(run, &item, &failure);
    }
    run.log.done("Verified", &path);
    run.report
        .add(Kind::Verified, &item, jiff::Timestamp::now());
    run.update(|execution| execution.counters.files_verified += 1);
}

fn unread(path: &str, source: &Side, error: &EndError) -> FileFailure {
    match error.is_missing() {
        true => FileFailure::missing_at_destination(path, source),
        false => FileFailure::destination(path, error),
    }
}

fn differ(run: &mut Run, item: &Item<'_>, failure: &FileFailure) {
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
async fn whole_source(run: &mut Run, prepared: &Prepared) -> Vec<Sent> {
    let job = run.job.clone();
    let listing = match list(&prepared.source, &job.source, &job).await {
        Ok(listing) => listing,
        Err(failure) => {
            run.some_files_differ = true;
            run.log
                .problem([format!("[ERROR] {}", failure.error_detail)]);
            return vec![];
        }
    };
    let mut all = vec![];
    // What the destination can never hold has failed in the transfer already.
    let items = listing.items.into_iter();
    for item in items.filter(|item| prepared.destination.refusal(item).is_none()) {
        match prepared.source.read(&item.name, item.kind).await {
            Ok(source) => all.push(Sent {
                side: Side::of_source(item.kind, &source),
                name: item.name,
            }),
            Err(error) => unreadable(run, &item, &error),
        }
    }
    all
}

fn unreadable(run: &mut Run, item: &SourceItem, error: &EndError) {
    let (path, side) = (item.name.shown(), Side::from(item));
    let failure = FileFailure::source(item, error);
    let item = Item {
        path: &path,
        source: Some(&side),
        ..Item::default()
    };
    differ(run, &item, &failure);
}

/// Finds what only the destination has.
async fn find_extra(run: &mut Run, prepared: &Prepared, everything: &[Sent]) {
    let job = run.job.clone();
    let Ok(listing) = list(&prepared.destination, &job.destination, &job).await else {
        run.some_files_differ = true;
        return;
    };
    let known: BTreeSet<&Name> = everything.iter().map(|sent| &sent.name).collect();
    for item in listing
        .items
        .iter()
        .filter(|item| !known.contains(&item.name))
    {
        extra(run, item);
    }
}

fn extra(run: &mut Run, item: &SourceItem) {
    let (path, destination) = (item.name.shown(), Side::from(item));
    let failure = FileFailure::missing_at_source(&path, &destination);
    let item = Item {
        path: &path,
        destination: Some(&destination),
        ..Item::default()
    };
    differ(run, &item, &failure);
}

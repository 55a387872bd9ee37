//! TRANSFERRING: write what the plan says, one file at a time. A file that
//! fails is noted; the others go on.

use backup_domain::posix_metadata::{FileKind, PosixMetadata};

use crate::datasync::control::change_if_ordered;
use crate::datasync::end::{Name, NewFile};
use crate::datasync::execution::Run;
use crate::datasync::failures::FileFailure;
use crate::datasync::plan::{Action, Step};
use crate::datasync::prepare::Prepared;
use crate::datasync::remove;
use crate::datasync::report::{Item, Kind};
use crate::datasync::side::Side;

/// A file as it was when it was sent; what verification compares with.
pub(super) struct Sent {
    pub name: Name,
    pub side: Side,
}

pub(super) async fn transfer(run: &mut Run, prepared: &Prepared) -> Vec<Sent> {
    let mut all = vec![];
    for step in &prepared.plan.steps {
        let overwrite = match &step.action {
            Action::Skip => continue,
            Action::Fail(failure) => {
                fail(run, step, None, failure);
                continue;
            }
            Action::Transfer { overwrite } => *overwrite,
        };
        match send(run, prepared, step).await {
            Ok(sent) => {
                succeed(run, &sent, overwrite);
                all.push(sent);
            }
            Err(failure) => fail(run, step, Some(overwrite), &failure),
        }
    }
    remove::remove(run, prepared).await;
    settle(run, prepared, &all).await;
    all
}

async fn send(run: &Run, prepared: &Prepared, step: &Step) -> Result<Sent, FileFailure> {
    let (job, item) = (&run.job, &step.item);
    let source = prepared.source.read(&item.name, item.kind).await;
    let source = source.map_err(|error| FileFailure::source(item, &error))?;
    let side = Side::of_source(item.kind, &source);
    change_if_ordered(&run.shared, &job.source, &item.name);
    let new = NewFile {
        name: item.name.clone(),
        kind: item.kind,
        content: source.content,
        metadata: prepared.kept(job, &side.metadata),
    };
    let written = prepared.destination.write(new).await;
    written.map_err(|error| FileFailure::destination(&item.name.shown(), &error))?;
    Ok(Sent {
        name: item.name.clone(),
        side,
    })
}

/// Gives folders their metadata at last, the innermost first: also those that
/// were the same before, because what was written into them changed their time.
async fn settle(run: &mut Run, prepared: &Prepared, sent: &[Sent]) {
    let mut folders: Vec<(&Name, &PosixMetadata)> = sent
        .iter()
        .filter(|sent| sent.side.kind == FileKind::Directory)
        .map(|sent| (&sent.name, &sent.side.metadata))
        .collect();
    if !run.job.options.is("OverwriteMode", "NEVER") {
        let same =
            prepared.plan.steps.iter().filter(|step| {
                step.action == Action::Skip && step.item.kind == FileKind::Directory
            });
        folders.extend(same.map(|step| (&step.item.name, &step.item.metadata)));
    }
    folders.sort_by(|a, b| b.0.cmp(a.0));
    for (name, metadata) in folders {
        let kept = prepared.kept(&run.job, metadata);
        if let Err(error) = prepared.destination.settle(name, &kept).await {
            let path = name.shown();
            let item = Item {
                path: &path,
                ..Item::default()
            };
            run.file_failed(
                Kind::Transferred,
                &item,
                &FileFailure::destination(&path, &error),
            );
        }
    }
}

fn succeed(run: &mut Run, sent: &Sent, overwrite: bool) {
    let path = sent.name.shown();
    run.log.done("Transferred", &path);
    let item = Item {
        path: &path,
        source: Some(&sent.side),
        overwrite: Some(overwrite),
        ..Item::default()
    };
    run.report
        .add(Kind::Transferred, &item, jiff::Timestamp::now());
    let size = sent.side.size;
    run.update(|execution| {
        let counters = &mut execution.counters;
        counters.files_transferred += 1;
        counters.bytes_written += size;
        counters.bytes_transferred += size;
        counters.bytes_compressed += size;
    });
}

fn fail(run: &mut Run, step: &Step, overwrite: Option<bool>, failure: &FileFailure) {
    let (path, side) = (step.item.name.shown(), Side::from(&step.item));
    let item = Item {
        path: &path,
        source: Some(&side),
        overwrite,
        ..Item::default()
    };
    run.file_failed(Kind::Transferred, &item, failure);
}

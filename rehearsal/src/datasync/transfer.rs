//! TRANSFERRING: write what the plan says, one file at a time. A file that
//! fails is noted; the others go on.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use aws_sdk_s3::primitives::ByteStream;
use backup_domain::posix_metadata::{FileKind, PosixMetadata};

use crate::datasync::bucket::{Bucket, NewObject};
use crate::datasync::execution::Run;
use crate::datasync::failures::FileFailure;
use crate::datasync::job::Job;
use crate::datasync::plan::{Action, Step};
use crate::datasync::prepare::Prepared;
use crate::datasync::remove;
use crate::datasync::report::{Item, Kind};
use crate::datasync::side::Side;
use crate::datasync::source_file::{self, Content, SourceFile, reason};

/// A file as it was when it was sent; what verification compares with.
pub(super) struct Sent {
    /// With a leading `/`.
    pub path: String,
    /// In full.
    pub key: String,
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
        match send(&run.job, &prepared.bucket, step).await {
            Ok(sent) => {
                succeed(run, &sent, overwrite);
                all.push(sent);
            }
            Err(failure) => fail(run, step, Some(overwrite), &failure),
        }
    }
    remove::remove(run, prepared).await;
    all
}

async fn send(job: &Job, bucket: &Bucket, step: &Step) -> Result<Sent, FileFailure> {
    let item = &step.item;
    let path = item.path.below(&job.source_folder());
    let source = read(path, item.kind)
        .await
        .map_err(|error| FileFailure::source(item, &reason(&error)))?;
    let side = Side::of_source(item.kind, &source);
    let body = body(source.content)
        .await
        .map_err(|error| FileFailure::source(item, &error.to_string()))?;
    let object = NewObject {
        key: job.key(&step.key),
        body,
        size: side.size,
        metadata: user_metadata(&job.kept(&side.metadata)),
        storage_class: job.destination.storage_class.clone(),
    };
    let key = object.key.clone();
    let written = bucket.write(object).await;
    written.map_err(|failure| FileFailure::s3(&failure))?;
    Ok(Sent {
        path: item.path.shown(),
        key,
        side,
    })
}

/// Looks at, opens and hashes one file of the source, off the async threads.
pub(super) async fn read(path: PathBuf, kind: FileKind) -> io::Result<SourceFile> {
    tokio::task::spawn_blocking(move || source_file::read(&path, kind))
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Streams a file as it was opened. It can be sent once only: what fails in the
/// middle fails this file.
async fn body(content: Content) -> anyhow::Result<ByteStream> {
    match content {
        Content::Bytes(bytes) => Ok(bytes.into()),
        Content::File { file, size } => {
            let file = tokio::fs::File::from_std(file);
            let length = aws_sdk_s3::primitives::Length::Exact(size);
            let stream = ByteStream::read_from().file(file).length(length);
            Ok(stream.build().await?)
        }
    }
}

fn user_metadata(kept: &PosixMetadata) -> BTreeMap<&'static str, String> {
    let mut metadata = kept.encode();
    metadata.insert("user-agent", "aws-datasync".to_owned());
    metadata
}

fn succeed(run: &mut Run, sent: &Sent, overwrite: bool) {
    run.log.done("Transferred", &sent.path);
    let item = Item {
        path: &sent.path,
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
    let (path, side) = (step.item.path.shown(), Side::from(&step.item));
    let item = Item {
        path: &path,
        source: Some(&side),
        overwrite,
        ..Item::default()
    };
    run.file_failed(Kind::Transferred, &item, failure);
}

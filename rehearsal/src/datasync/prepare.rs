//! PREPARING: list both sides, compare, plan.

use std::collections::BTreeMap;

use crate::datasync::bucket::Bucket;
use crate::datasync::cloud::RoleSession;
use crate::datasync::execution::Run;
use crate::datasync::failures::FileFailure;
use crate::datasync::ids::id_of;
use crate::datasync::job::Job;
use crate::datasync::log_lines;
use crate::datasync::model::Failure;
use crate::datasync::plan::{Action, Object, Plan, Rules, plan};
use crate::datasync::report::{Item, Kind};
use crate::datasync::s3_failure::S3Failure;
use crate::datasync::side::Side;
use crate::datasync::source_file::reason;
use crate::datasync::walk::{SourcePath, Walked, walk};

/// The address that the error text names; nothing listens there.
const MOUNT_TARGET_IP: &str = "10.0.1.47";

/// What the later phases work with.
pub(super) struct Prepared {
    pub bucket: Bucket,
    pub plan: Plan,
}

/// # Errors
///
/// If one side cannot be reached at all: nothing was compared then.
pub(super) async fn prepare(run: &mut Run) -> Result<Prepared, Failure> {
    let job = run.job.clone();
    let walked = list_source(&job).await?;
    let bucket = open_destination(run, &job).await?;
    let mut objects = list_destination(&job, &bucket).await?;
    look_at_known(&job, &bucket, &walked, &mut objects).await;
    let rules = Rules {
        everything: job.options.is("TransferMode", "ALL"),
        never_overwrite: job.options.is("OverwriteMode", "NEVER"),
        remove: job.options.is("PreserveDeletedFiles", "REMOVE"),
        prefix_length: job.destination.prefix.len(),
    };
    let plan = plan(&walked, &objects, rules, |metadata| job.kept(metadata));
    note_unreadable(run, &walked);
    note_skipped(run, &walked.special, &plan);
    estimate(run, &plan);
    Ok(Prepared { bucket, plan })
}

/// Lists the source folder.
pub(super) async fn list_source(job: &Job) -> Result<Walked, Failure> {
    if !job.file_system.is_dir() {
        return Err(mount_target_unreachable(job));
    }
    let folder = job.source_folder();
    let walked = tokio::task::spawn_blocking(move || walk(&folder)).await;
    match walked {
        Ok(Ok(walked)) => Ok(walked),
        Ok(Err(error)) => Err(location_failed(job, &reason(&error))),
        Err(error) => Err(location_failed(job, &error.to_string())),
    }
}

async fn open_destination(run: &Run, job: &Job) -> Result<Bucket, Failure> {
    let session = RoleSession {
        role_arn: &job.destination.role_arn,
        source_arn: &job.destination_arn,
    };
    let cloud = &run.shared.cloud;
    let credentials = cloud.session(&job.caller, session).await.map_err(|error| {
        eprintln!("datasync: {error:#}");
        Failure::detail("Unable to assume role. Reason: Access denied when calling sts:AssumeRole")
    })?;
    let client = cloud.s3_client(&job.caller, credentials);
    let bucket = Bucket::new(client, &job.destination.bucket);
    match bucket.head().await {
        Ok(()) => Ok(bucket),
        Err(failure) => Err(destination_failed(job, &failure)),
    }
}

/// The objects below the location's prefix, by their keys relative to it.
pub(super) async fn list_destination(
    job: &Job,
    bucket: &Bucket,
) -> Result<BTreeMap<String, Object>, Failure> {
    let prefix = &job.destination.prefix;
    let keys = bucket.keys(prefix).await;
    let keys = keys.map_err(|failure| destination_failed(job, &failure))?;
    let relative = keys.iter().filter_map(|key| key.strip_prefix(prefix));
    // An object for the root itself is somebody else's: it has no relative key.
    let relative = relative.filter(|key| !key.is_empty());
    Ok(relative
        .map(|key| (key.to_owned(), Object::Listed))
        .collect())
}

/// Asks S3 about every object that has a file: listings carry no metadata.
async fn look_at_known(
    job: &Job,
    bucket: &Bucket,
    walked: &Walked,
    objects: &mut BTreeMap<String, Object>,
) {
    for item in &walked.items {
        let Some(key) = item.path.key(item.kind) else {
            continue;
        };
        if !objects.contains_key(&key) {
            continue;
        }
        let object = match bucket.look_at(&job.key(&key)).await {
            Ok(Some(found)) => Object::Seen {
                size: found.size,
                metadata: found.metadata,
            },
            Ok(None) => {
                objects.remove(&key);
                continue;
            }
            Err(failure) => Object::Unreadable(FileFailure::head(&item.path.shown(), &failure)),
        };
        objects.insert(key, object);
    }
}

fn note_unreadable(run: &mut Run, walked: &Walked) {
    for entry in &walked.unreadable {
        let path = entry.path.shown();
        let item = Item {
            path: &path,
            ..Item::default()
        };
        run.file_failed(Kind::Transferred, &item, &FileFailure::unreadable(entry));
    }
}

fn note_skipped(run: &mut Run, special: &[SourcePath], plan: &Plan) {
    let now = jiff::Timestamp::now();
    let mut skipped = 0;
    for path in special {
        let path = path.shown();
        run.log.problem([log_lines::special(&path)]);
        let item = Item {
            path: &path,
            ..Item::default()
        };
        run.report.add(Kind::Skipped, &item, now);
        skipped += 1;
    }
    for step in plan.steps.iter().filter(|step| step.action == Action::Skip) {
        let (path, side) = (step.item.path.shown(), Side::from(&step.item));
        let item = Item {
            path: &path,
            source: Some(&side),
            ..Item::default()
        };
        run.report.add(Kind::Skipped, &item, now);
        skipped += 1;
    }
    run.update(|execution| execution.counters.files_skipped = skipped);
}

/// Files that are sure to fail are expected too, as AWS cannot know either.
fn estimate(run: &Run, plan: &Plan) {
    let expected = plan.steps.iter().filter(|step| step.action != Action::Skip);
    let (mut files, mut bytes) = (0, 0);
    for step in expected {
        files += 1;
        bytes += step.item.size;
    }
    let deletions = plan.removals.len() as u64;
    run.update(|execution| {
        let counters = &mut execution.counters;
        counters.estimated_files_to_transfer = files + deletions;
        counters.estimated_bytes_to_transfer = bytes;
        counters.estimated_files_to_delete = deletions;
    });
}

/// AWS's text, verbatim; it documents no code.
fn mount_target_unreachable(job: &Job) -> Failure {
    location_failed(
        job,
        &format!(
            "x40016: Failed to connect to EFS mount target with IP: {MOUNT_TARGET_IP}. \
             Please ensure that mount target's security group allows 2049 ingress from the \
             DataSync security group or hosts within the mount target's subnet. The DataSync \
             security group should also allow all egress to the EFS mount target and its \
             security group."
        ),
    )
}

fn location_failed(job: &Job, reason: &str) -> Failure {
    let location = id_of(&job.source_arn);
    Failure::detail(format!(
        "Task failed to access location {location}: {reason}"
    ))
}

/// The codes are AWS's; the text behind them is not public.
fn destination_failed(job: &Job, failure: &S3Failure) -> Failure {
    let location = id_of(&job.destination_arn);
    let reason = failure.reason();
    Failure {
        error_code: Some(match failure.is_unreachable() {
            true => "FsS3UnableToConnectToEndpoint",
            false => "FsS3HeadBucketFailed",
        }),
        error_detail: format!(
            "Task failed to access location {location}: {} on bucket {}: {reason}",
            failure.operation, job.destination.bucket
        ),
    }
}

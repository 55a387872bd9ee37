//! PREPARING: open and list both ends, compare, plan.

use backup_domain::posix_metadata::PosixMetadata;

use crate::datasync::end::s3_failure::S3Failure;
use crate::datasync::end::{End, EndError, Listing, Name};
use crate::datasync::execution::Run;
use crate::datasync::ids::id_of;
use crate::datasync::job::{Job, Site};
use crate::datasync::log_lines;
use crate::datasync::model::Failure;
use crate::datasync::plan::{Action, Plan, Rules, plan};
use crate::datasync::report::{Item, Kind};
use crate::datasync::side::Side;
use crate::datasync::store::Place;

/// What the later phases work with.
pub(super) struct Prepared {
    pub source: End,
    pub destination: End,
    pub plan: Plan,
}

impl Prepared {
    /// What of a file's metadata arrives at the destination.
    pub(super) fn kept(&self, job: &Job, metadata: &PosixMetadata) -> PosixMetadata {
        self.destination.holds(job.kept(metadata))
    }
}

/// # Errors
///
/// If one end cannot be reached at all: nothing was compared then.
pub(super) async fn prepare(run: &mut Run) -> Result<Prepared, Failure> {
    let job = run.job.clone();
    let source = open(run, &job.source).await?;
    let listing = list(&source, &job.source, &job).await?;
    let destination = open(run, &job.destination).await?;
    let survey = destination.survey(&listing).await;
    let mut survey = survey.map_err(|error| failed(&job.destination, &error))?;
    job.filters.narrow_survey(&mut survey, &listing);
    let rules = Rules {
        everything: job.options.is("TransferMode", "ALL"),
        never_overwrite: job.options.is("OverwriteMode", "NEVER"),
        remove: job.options.is("PreserveDeletedFiles", "REMOVE"),
    };
    let kept = |metadata: &PosixMetadata| destination.holds(job.kept(metadata));
    let plan = plan(&listing, &survey, rules, kept, |item| {
        destination.refusal(item)
    });
    run.log.problem(listing.warnings.clone());
    note_missed(run, &listing);
    note_skipped(run, &listing.special, &plan);
    estimate(run, &plan);
    Ok(Prepared {
        source,
        destination,
        plan,
    })
}

async fn open(run: &Run, site: &Site) -> Result<End, Failure> {
    let end = End::open(&run.shared, &run.job.caller, site).await;
    end.map_err(|error| failed(site, &error))
}

/// Lists of an end what the transfer is about.
pub(super) async fn list(end: &End, site: &Site, job: &Job) -> Result<Listing, Failure> {
    let mut listing = end.list().await.map_err(|error| failed(site, &error))?;
    job.filters.narrow(&mut listing);
    Ok(listing)
}

fn note_missed(run: &mut Run, listing: &Listing) {
    for missed in &listing.missed {
        let item = Item {
            path: &missed.path,
            ..Item::default()
        };
        run.file_failed(Kind::Transferred, &item, &missed.failure);
    }
}

fn note_skipped(run: &mut Run, special: &[Name], plan: &Plan) {
    let now = jiff::Timestamp::now();
    let mut skipped = 0;
    for name in special {
        let path = name.shown();
        run.log.problem([log_lines::special(&path)]);
        let item = Item {
            path: &path,
            ..Item::default()
        };
        run.report.add(Kind::Skipped, &item, now);
        skipped += 1;
    }
    for step in plan.steps.iter().filter(|step| step.action == Action::Skip) {
        let (path, side) = (step.item.name.shown(), Side::from(&step.item));
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

/// Why an execution cannot work with a location, in AWS's words where they are
/// documented; it documents no code for EFS.
fn failed(site: &Site, error: &EndError) -> Failure {
    let location = id_of(&site.arn);
    let reason = match error {
        EndError::Role => {
            return Failure::detail(
                "Unable to assume role. Reason: Access denied when calling sts:AssumeRole",
            );
        }
        EndError::S3(failure) => return bucket_failed(site, failure),
        EndError::MountTarget(address) => mount_target_unreachable(address),
        EndError::File(_) => error.reason(),
    };
    Failure::detail(format!(
        "Task failed to access location {location}: {reason}"
    ))
}

/// AWS's text, verbatim.
fn mount_target_unreachable(address: &str) -> String {
    format!(
        "x40016: Failed to connect to EFS mount target with IP: {address}. \
         Please ensure that mount target's security group allows 2049 ingress from the \
         DataSync security group or hosts within the mount target's subnet. The DataSync \
         security group should also allow all egress to the EFS mount target and its \
         security group."
    )
}

/// The codes are AWS's; the text behind them is not public.
fn bucket_failed(site: &Site, failure: &S3Failure) -> Failure {
    let bucket = match &site.place {
        Place::S3(place) => place.bucket.as_str(),
        Place::Efs(_) => "",
    };
    Failure {
        error_code: Some(match failure.is_unreachable() {
            true => "FsS3UnableToConnectToEndpoint",
            false => "FsS3HeadBucketFailed",
        }),
        error_detail: format!(
            "Task failed to access location {}: {} on bucket {bucket}: {}",
            id_of(&site.arn),
            failure.operation,
            failure.reason()
        ),
    }
}

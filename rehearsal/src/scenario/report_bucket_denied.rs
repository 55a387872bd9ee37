//! `DataSync` may not write its task report: the files are in the bucket, but
//! nobody knows whether all are, so the mail says UNKNOWN, and why.

use super::{check, check_good, check_says, check_verdict, tell};
use crate::{Fault, Mail, Say, Stage};

/// `DataSync`'s own words.
const SAID: &str = "Failed to upload Task Report(s) to S3 due to an invalid bucket or IAM role";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  a file is added; DataSync may not write to the report bucket; the schedule fires");
    stage.write("uploads/unreported.txt", b"copied all the same")?;
    // The ledger lies in the same bucket, below another prefix, and is not ours
    // to close here: the function must be able to say that it told.
    let reports = stage.output("ReportBucketName")?;
    let reports = format!("arn:aws:s3:::{reports}/datasync-reports/*");
    let put = "s3:PutObject";
    stage
        .cloud
        .fail_calls(put, &reports, Fault::Denied, None)
        .await?;
    let run = stage.run().await;
    let healed = stage.cloud.heal().await?;
    let run = run?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "UNKNOWN")?;
    check_says(&run.mail, SAID)?;
    check(
        healed.met.contains_key(put),
        "a report that was refused",
        format!("{healed:?}"),
    )?;

    say("    it may again; the schedule fires");
    let next = stage.run().await?;
    tell(&next.mail, say);
    check_good(&next.mail)?;
    Ok(vec![run.mail, next.mail])
}

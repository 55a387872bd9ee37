//! The audit of a bucket that was there before the stack. The tool never changes
//! it; what has to be changed first is said as a command.
//!
//! The same code reads and judges it every day, in audit-bucket. Here only what
//! would lose copies stops: without a lifecycle rule a bucket costs more than it
//! should, and keeps everything.

use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use crate::voice::Voice;
use audit_bucket::{Asked, Buckets, look};
use aws_call::CallError;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::head_bucket::HeadBucketError;
use backup_domain::audit::{Audited, Keeper, NotKnown, Severity};
use std::time::Duration;
use tokio::time::Instant;

/// What the keys of the backup begin with, `BACKUP_PREFIX` in the template.
const PREFIX: &str = "efs/";

/// How long its settings are asked for.
const BUDGET: Duration = Duration::from_secs(60);

/// Looks where the bucket is, and whether what is copied into it stays.
///
/// # Errors
///
/// [`Exit::Refused`] if it does not, or if that cannot be told;
/// [`Exit::Credentials`] if it may not be asked.
pub(super) async fn check(aws: &Aws, bucket: &str, voice: Voice) -> Result<(), Failure> {
    is_here(aws, bucket).await?;
    let asked = Asked {
        bucket,
        region: &aws.region,
        prefix: PREFIX,
        retain_days: 1,
        keeper: Keeper::Existing,
    };
    let buckets = Buckets::new(&aws.account, aws.s3.clone());
    let audited = look(&buckets, asked, Instant::now() + BUDGET).await;
    voice.say(&format!("the settings of {}", audited.place()));
    lines(&audited).iter().for_each(|line| voice.say(line));
    voice.say(
        "  this stack changes no setting of it: encryption, access logs, Object Lock and a policy \
         against the deletion of versions are yours to set",
    );
    refusal(&audited).map_or(Ok(()), Err)
}

/// The bucket is there, in this region and account.
async fn is_here(aws: &Aws, bucket: &str) -> Result<(), Failure> {
    let request = aws.s3.head_bucket().bucket(bucket);
    let answer = request.expected_bucket_owner(&aws.account).send().await;
    let region = match &answer {
        Ok(answer) => answer.bucket_region(),
        Err(error) => error
            .raw_response()
            .and_then(|answer| answer.headers().get("x-amz-bucket-region")),
    };
    if let Some(region) = region.filter(|region| **region != aws.region) {
        return Err(refused(format!(
            "bucket {bucket} is in {region}, the stack in {}: deploy with --region {region}, or \
             name a bucket in {}",
            aws.region, aws.region
        )));
    }
    answer.map_or_else(|error| Err(not_here(aws, bucket, &error)), |_| Ok(()))
}

fn not_here(aws: &Aws, bucket: &str, error: &SdkError<HeadBucketError>) -> Failure {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let account = &aws.account;
    match status {
        Some(404) => refused(format!(
            "there is no bucket {bucket}: see which there are with `{}`, or leave \
             ExistingBucketName out and the stack makes one",
            aws.command("s3api list-buckets", &["--query", "Buckets[].Name"])
        )),
        // A refused HEAD has no text; the two reasons for it are known.
        Some(403) => Failure::new(
            Exit::Credentials,
            format!(
                "bucket {bucket} belongs to another account than {account}, or this identity \
                 lacks s3:ListBucket on it: name a bucket of account {account}, or allow that"
            ),
        ),
        _ => CallError::new("s3:ListBucket", bucket, error).into(),
    }
}

/// One line a finding, and the questions that matter with their answers.
fn lines(audited: &Audited) -> Vec<String> {
    let findings = audited.findings().into_iter().map(|(check, finding)| {
        format!(
            "  {}: {} ({}): {}",
            check.severity, check.fails, check.id, finding.evidence
        )
    });
    let not_known = audited.not_known().map(|(check, not_known)| {
        format!(
            "  not known ({}): {}: {}",
            check.id, not_known.action, not_known.cause
        )
    });
    let promises = audited.promises().into_iter();
    let promises = promises.map(|promise| format!("  {} {}", promise.question, promise.answer));
    findings.chain(not_known).chain(promises).collect()
}

/// Why nothing may be copied into it: the worst finding, or what is not known.
fn refusal(audited: &Audited) -> Option<Failure> {
    let bucket = &audited.bucket;
    let findings = audited.findings().into_iter();
    let mut lost = findings.filter(|(check, _)| check.severity >= Severity::Critical);
    if let Some((check, finding)) = lost.next() {
        return Some(refused(format!(
            "bucket {bucket} would not keep the backup: {} ({}): {}; nothing was changed; run \
             `{}`, which {}, and deploy again",
            check.fails,
            finding.evidence,
            finding.harm,
            finding.remedy.command,
            finding.remedy.effect
        )));
    }
    audited
        .not_known()
        .next()
        .map(|(_, not_known)| unknown(bucket, not_known))
}

fn unknown(bucket: &str, not_known: &NotKnown) -> Failure {
    let NotKnown { action, cause } = not_known;
    let is_denied = cause.starts_with("AccessDenied");
    let (exit, advice) = if is_denied {
        (
            Exit::Credentials,
            format!("allow this identity {action}, see whether the bucket's own policy denies it"),
        )
    } else {
        (Exit::Refused, "see the bucket's settings".to_owned())
    };
    Failure::new(
        exit,
        format!(
            "it is not known whether bucket {bucket} would keep the backup: {action}: {cause}; \
             nothing was changed; {advice}, and deploy again"
        ),
    )
}

fn refused(text: String) -> Failure {
    Failure::new(Exit::Refused, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backup_domain::audit::{
        Bucket, Expiration, Filter, Lifecycle, NoncurrentExpiration, Rule, Status, Versioning,
        audit,
    };

    fn bucket(versioning: Result<Versioning, NotKnown>, rules: Vec<Rule>) -> Bucket {
        Bucket {
            name: "theirs".to_owned(),
            region: "eu-central-1".to_owned(),
            prefix: PREFIX.to_owned(),
            retain_days: 1,
            keeper: Keeper::Existing,
            versioning,
            lifecycle: Ok(Lifecycle {
                rules,
                minimum_size: None,
            }),
        }
    }

    fn rule(prefix: &str, expiration: Option<Expiration>) -> Rule {
        Rule {
            id: Some("tidy".to_owned()),
            status: Status::Enabled,
            filter: Filter {
                prefix: prefix.to_owned(),
                ..Filter::default()
            },
            expiration,
            noncurrent: Some(NoncurrentExpiration {
                days: Some(30),
                newer: None,
            }),
            acts_otherwise: false,
        }
    }

    fn denied(cause: &str) -> NotKnown {
        NotKnown {
            action: "s3:GetBucketVersioning",
            cause: cause.to_owned(),
        }
    }

    #[test]
    fn only_a_bucket_that_keeps_everything_is_taken() {
        let expiring = |prefix| rule(prefix, Some(Expiration::AfterDays(7)));
        let (on, off) = (Ok(Versioning::Enabled), Ok(Versioning::Suspended));
        let (no, odd) = (
            Err(denied("AccessDenied: no")),
            Err(denied("Timeout: late")),
        );
        let put = "aws s3api put-bucket-versioning --region eu-central-1 --bucket theirs";
        #[rustfmt::skip]
        let cases = [
            ("kept by rules",      bucket(on.clone(), vec![rule("", None)]),     0, ""),
            ("no rule, only cost", bucket(on.clone(), vec![]),                   0, ""),
            ("expired beside it",  bucket(on.clone(), vec![expiring("logs/")]),  0, ""),
            ("suspended",          bucket(off.clone(), vec![]),                  3, put),
            ("never enabled",      bucket(Ok(Versioning::NeverEnabled), vec![]), 3, put),
            ("expired",            bucket(on, vec![expiring("")]),               3, "delete-bucket-lifecycle"),
            ("denied",             bucket(no, vec![]),                           4, "allow this identity s3:GetBucketVersioning"),
            ("no answer",          bucket(odd, vec![]),                          3, "Timeout: late"),
            ("surely bad, and not known", bucket(off, vec![rule("", Some(Expiration::Other))]), 3, put),
        ];
        for (name, bucket, exit, part) in cases {
            let refusal = refusal(&audit(&bucket));
            let told = refusal.as_ref().map_or(0, |failure| failure.exit as u8);
            assert_eq!(told, exit, "{name}: {refusal:?}");
            let text = refusal.map_or(String::new(), |failure| failure.to_string());
            assert!(text.contains(part), "{name}: {text}");
            assert!(exit == 0 || text.contains("nothing was changed"), "{text}");
        }
    }

    #[test]
    fn every_answer_is_a_line() {
        let found = lines(&audit(&bucket(Ok(Versioning::Enabled), vec![])));
        let expected = [
            "  high: no lifecycle rule is enabled (LC-01): the bucket has no lifecycle configuration",
            "  Does the newest copy of a file stay, however old it gets? YES",
            "  Does the old copy stay when the file is changed or deleted? YES, no rule removes it",
        ];
        assert_eq!(found, expected);
        let denied = lines(&audit(&bucket(Err(denied("AccessDenied: no")), vec![])));
        let not_known = "  not known (VER-01): s3:GetBucketVersioning: AccessDenied: no";
        assert!(denied.contains(&not_known.to_owned()), "{denied:?}");
    }

    #[test]
    fn the_prefix_is_that_of_the_template() {
        let template = include_str!("../../../../template.yaml");
        assert!(template.contains(&format!("BACKUP_PREFIX: {PREFIX}")));
    }
}

//! What DataSync said, how things stand, and the causes that follow, in their order.

use super::fixtures::{KEY, denied, key, sound};
use super::*;
use crate::failed_files::Gathering;

const S3_DENIED: &str =
    "S3 Exception: op=PutObject, code=403, type=15, exception=AccessDenied, msg=Access Denied";
const KMS_DENIED: &str =
    "PutObject: AccessDenied: User is not authorized to perform: kms:GenerateDataKey";
const NOT_REACHED: &str = "Unable to connect to S3 endpoint.";
const NO_MOUNT: &str = "Failed to connect to EFS mount target with IP: 10.0.1.5.";
const REFUSED: &str = "mount.nfs: access denied by server while mounting 10.0.1.5:/";
const STRANGE: &str = "the flux is low";
const SKIPPED: &str = "Selected files transferred except for files skipped due to errors.";

fn run(detail: &str) -> Execution {
    let arn = "arn:aws:datasync:eu-central-1:111122223333:task/task-0f1e2d3c4b5a69788/execution/exec-0a1b2c3d4e5f60718";
    let mut run = Execution::new(arn.parse().unwrap(), "ERROR".into());
    run.error_detail = Some(detail.to_owned());
    run
}

/// The causes in order; `!` is proven, `-` is ruled out.
fn causes(detail: &str, evidence: &Evidence) -> String {
    let found = weighed(
        &run(detail),
        &FailedFiles::unread("no report"),
        Some(evidence),
    );
    let cause = |found: &Diagnosis| {
        let mark = match found.standing {
            Standing::Proven => "!",
            Standing::Likely => "",
            Standing::RuledOut => "-",
        };
        format!("{mark}{}", found.rule.id)
    };
    found.iter().map(cause).collect::<Vec<_>>().join(" ")
}

fn with(change: impl FnOnce(&mut Evidence)) -> Evidence {
    let mut evidence = sound();
    change(&mut evidence);
    evidence
}

type Case<'a> = (&'a str, &'a str, Evidence, &'a str);

fn check<const N: usize>(cases: [Case<'_>; N]) {
    for (name, detail, evidence, expected) in cases {
        assert_eq!(causes(detail, &evidence), expected, "{name}");
    }
}

#[test]
fn a_look_at_the_bucket_raises_what_asks_about_it() {
    let gone = || with(|e| e.bucket = Ok(None));
    let region = "us-east-1".to_owned();
    let moved = with(|e| e.bucket = Ok(Some(BucketPlace { region })));
    let elsewhere = with(|e| place(&mut e.destination, "s3://acme-web-backup/other/"));
    #[rustfmt::skip]
    check([
        ("all is sound",                    NOT_REACHED,              sound(),   "s3-not-reached"),
        ("the bucket is gone",              NOT_REACHED,              gone(),    "!bucket-gone s3-not-reached"),
        ("gone, and nobody knows the text", STRANGE,                  gone(),    "!bucket-gone"),
        ("gone, but EFS is what failed",    NO_MOUNT,                 gone(),    "efs-not-reached"),
        ("gone, but it was cancelled",      "The task was Cancelled", gone(),    "cancelled"),
        ("another region",                  NOT_REACHED,              moved,     "!bucket-elsewhere s3-not-reached"),
        ("another prefix",                  S3_DENIED,                elsewhere, "!location-elsewhere s3-denied"),
    ]);
}

#[test]
fn a_look_at_the_key_proves_or_rules_out() {
    let state = |word| with(|e| e.encryption = key(word));
    let gone = with(|e| {
        let id = KEY.to_owned();
        let key = Some(Key {
            id,
            state: Ok(None),
        });
        let algorithm = "aws:kms".to_owned();
        e.encryption = Ok(Encryption { algorithm, key });
    });
    let blind = with(|e| e.encryption = denied("s3:GetEncryptionConfiguration"));
    #[rustfmt::skip]
    check([
        ("the key is disabled",              KMS_DENIED, state("Disabled"),        "!key-not-enabled kms-denied"),
        ("disabled, S3 speaks of no key",    S3_DENIED,  state("Disabled"),        "!key-not-enabled s3-denied"),
        ("disabled, but EFS is what failed", NO_MOUNT,   state("Disabled"),        "efs-not-reached"),
        ("the key is enabled",               KMS_DENIED, state("Enabled"),         "kms-denied"),
        ("to be deleted",                    KMS_DENIED, state("PendingDeletion"), "!key-to-be-deleted kms-denied"),
        ("no such key",                      KMS_DENIED, gone,                     "!key-gone kms-denied"),
        ("no key is used",                   KMS_DENIED, sound(),                  "-kms-denied"),
        ("the key cannot be looked at",      KMS_DENIED, blind,                    "kms-denied"),
    ]);
}

#[test]
fn a_look_at_the_file_system_proves_or_rules_out() {
    let targets = |targets: Option<Vec<String>>| with(|e| e.mount_targets = Ok(targets));
    let deleting = || targets(Some(vec!["deleting".to_owned()]));
    let policy = with(|e| e.has_policy = Ok(true));
    let unread = with(|e| e.has_policy = denied("elasticfilesystem:DescribeFileSystemPolicy"));
    let gone = || with(|e| e.source = Ok(None));
    let other = with(|e| place(&mut e.source, "efs://eu-central-1.fs-ffffffffffffffff0/"));
    #[rustfmt::skip]
    check([
        ("no file system",                NO_MOUNT,  targets(None),             "!file-system-gone efs-not-reached"),
        ("no file system, S3 failed",     S3_DENIED, targets(None),             "s3-denied"),
        ("no mount target is available",  NO_MOUNT,  deleting(),                "!no-mount-target efs-not-reached"),
        ("no mount target at all",        NO_MOUNT,  targets(Some(Vec::new())), "!no-mount-target efs-not-reached"),
        ("mount targets are available",   NO_MOUNT,  sound(),                   "efs-not-reached"),
        ("a policy refuses",              REFUSED,   policy,                    "efs-refuses-the-mount"),
        ("no policy can refuse",          REFUSED,   sound(),                   "-efs-refuses-the-mount"),
        ("a policy that cannot be read",  REFUSED,   unread,                    "efs-refuses-the-mount"),
        ("the source location is gone",   NO_MOUNT,  gone(),                    "!location-gone efs-not-reached"),
        ("gone, S3 failed",               S3_DENIED, gone(),                    "s3-denied"),
        ("another file system",           STRANGE,   other,                     "!location-elsewhere"),
        ("nobody knows, all is sound",    STRANGE,   sound(),                   ""),
        ("only that something is wrong",  SKIPPED,   sound(),                   "some-files-skipped"),
    ]);
}

fn place(look: &mut Look<Option<Location>>, uri: &str) {
    if let Ok(Some(location)) = look {
        location.uri = uri.to_owned();
    }
}

#[test]
fn every_rule_of_looks_is_tested_above() {
    let source = include_str!("weighed_tests.rs");
    for rule in rules().filter(|rule| rule.when.is_empty()) {
        assert!(source.contains(&format!("\"!{}", rule.id)), "{}", rule.id);
        assert!(!rule.fires_on("") && !rule.fires_on(rule.id), "{}", rule.id);
    }
}

#[test]
fn without_evidence_nothing_changes() {
    for detail in [NOT_REACHED, KMS_DENIED, REFUSED, STRANGE] {
        let failed = FailedFiles::unread("no report");
        let plain: Vec<_> = diagnose(&run(detail), &failed);
        assert_eq!(weighed(&run(detail), &failed, None), plain, "{detail}");
    }
}

#[test]
fn a_general_cause_comes_back_where_the_precise_one_is_ruled_out() {
    let mut gathering = Gathering::new("efs/");
    gathering.item("/a", "Permission denied");
    let found = weighed(&run(SKIPPED), &gathering.finish(), Some(&sound()));
    let ids: Vec<&str> = found.iter().map(|found| found.rule.id).collect();
    assert_eq!(ids, ["some-files-skipped", "not-readable"]);
    assert_eq!(found[1].against.len(), 1);
}

#[test]
fn only_what_asks_is_looked_at() {
    #[rustfmt::skip]
    let cases = [
        (NOT_REACHED,              true),
        (REFUSED,                  true),
        (STRANGE,                  true),
        (SKIPPED,                  true),
        ("The task was Cancelled", false),
        ("Verification failed",    false),
    ];
    let failed = FailedFiles::unread("no report");
    for (detail, looks) in cases {
        assert_eq!(calls_for_a_look(&run(detail), &failed), looks, "{detail}");
    }
}

#[test]
fn only_what_bears_on_a_cause_is_told() {
    let questions = |detail: &str| -> Vec<Question> {
        let evidence = sound();
        let failed = FailedFiles::unread("no report");
        let found = weighed(&run(detail), &failed, Some(&evidence));
        let points = relevant(&found, &evidence);
        points.into_iter().map(|point| point.question).collect()
    };
    assert_eq!(
        questions(NO_MOUNT),
        [Question::Source, Question::MountTargets]
    );
    assert_eq!(
        questions(KMS_DENIED),
        [Question::Key, Question::Destination]
    );
    assert_eq!(questions(STRANGE).len(), 6, "nobody knows: all of it");
}

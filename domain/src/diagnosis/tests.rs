use super::*;
use crate::failed_files::Gathering;
use std::collections::HashSet;

fn execution(code: Option<&str>, detail: Option<&str>) -> Execution {
    let arn = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718/execution/exec-04ce9d516d69bd52f";
    let mut run = Execution::new(arn.parse().unwrap(), "ERROR".into());
    run.error_code = code.map(str::to_owned);
    run.error_detail = detail.map(str::to_owned);
    run
}

/// For each rule a text on which it fires, and one near it on which it must not.
#[rustfmt::skip]
const CASES: [(&str, &[&str], &[&str]); 25] = [
    ("cancelled",                 &["The task was Cancelled by the user"],                                              &["CANDIDATE not found"]),
    ("efs-refuses-the-mount",     &["mount.nfs: access denied by server while mounting 10.0.1.5:/"],                     &["mount.nfs: Connection refused"]),
    ("efs-not-reached",           &["Failed to connect to EFS mount target with IP: 10.0.1.5. Please ensure that mount target's security group allows 2049 ingress",
                                    "Task failed to access location loc-1: x40016: mount.nfs: Connection timed out"],     &["mount.nfs: no such device", "Connection timed out", "Task failed to access location loc-1: x40016: No such file or directory"]),
    ("folder-missing",            &["Task failed to access location loc-1: x40016: mount.nfs: mounting 10.0.1.5:/a failed, reason given by server: No such file or directory"], &["Task failed to access location loc-1"]),
    ("s3-not-reached",            &["FsS3UnableToConnectToEndpoint", "Unable to connect to S3 endpoint."],               &["Unable to connect to endpoint", "FsS3Unable"]),
    ("bucket-not-listed",         &["FsS3HeadBucketFailed", "DataSync location access test failed: could not perform s3:ListObjectsV2 on bucket b"], &["s3:ListObjectsV2 went well"]),
    ("role-not-assumed",          &["Unable to assume role. Reason: Access denied when calling sts:AssumeRole"],          &["The role was assumed"]),
    ("kms-denied",                &["PutObject: AccessDenied: User is not authorized to perform: kms:GenerateDataKey",
                                    "KMS.DisabledException"],                                                            &["AccessDenied on the bucket", "kms is fine"]),
    ("object-archived",           &["GetObject: InvalidObjectState", "the object's storage class is GLACIER"],           &["/photos/glacier.jpg"]),
    ("tags-denied",               &["Failed to read metadata for file: S3 Get Object Tagging Failed"],                   &["Tagging"]),
    ("s3-denied",                 &["Failed to read metadata for file: S3 Head Object Failed",
                                    "S3 Exception: op=PutObject, code=403, type=15, exception=AccessDenied, msg=Access Denied",
                                    "could not perform s3:GetObject in bucket b. Access denied",
                                    "DestinationAccessFailed: PutObject: Access denied"],                                &["Access denied", "S3 Exception: op=PutObject, code=500, exception=InternalError"]),
    ("key-too-long",              &["ObjectKeyTooLong: the object key is longer than 1024 bytes", "KeyTooLongError: Your key is too long"], &["File path exceeds the maximum length of 4,096 characters. Cannot write to Task Report", "the key is fine"]),
    ("unsupported-file",          &["Skipped special file: not a file, directory or symbolic link", "InvalidFileName: the file name is not valid UTF-8"], &["a special day"]),
    ("gone-from-bucket",          &["Failed to read metadata for destination file: No such file or directory", "FileNotAtDestination"], &["destination file"]),
    ("gone-from-source",          &["Failed to open source file: No such file or directory", "FileNotAtSource"],         &["mount.nfs: No such file or directory", "Failed to open source file: Is a directory"]),
    ("not-readable",              &["Failed to open source file: Permission denied", "Operation not permitted"],         &["permission granted", "mount.nfs: mounting: Operation not permitted"]),
    ("changed-during-run",        &["Transfer and verification completed. Verification detected mismatches. Files with mismatches are listed in Cloud Watch Logs",
                                    "Sync verification failed due to a difference in metadata of one or more files", "Verification failed <>", "MetadataDiffers"], &["Verification completed", "a mismatch of options"]),
    ("network-interface-deleted", &["EniNotFound"],                                                                      &["UserNotFound"]),
    ("location-not-usable",       &["SrcLocHitAccess", "SyncTaskErrorLocationNotAdded"],                                 &["SrcLoc"]),
    ("too-many-files",            &["NoMem", "Cannot allocate memory"],                                                  &["memory is fine"]),
    ("id-mapping",                &["FsNfsIdMappingEnabled"],                                                            &["FsNfs"]),
    ("io-error",                  &["Deferred error: WriteFileExtAttr2 failed: Input/output error"],                     &["input is wrong"]),
    ("options-do-not-fit",        &["Invalid SyncOption value. Option: TransferMode,PreserveDeletedFiles, Value: ALL,REMOVE."], &["Invalid value"]),
    ("report-not-written",        &["Failed to upload Task Report(s) to S3 due to an invalid bucket or IAM role"],       &["Execution error occurred prior to generating any Task Reports"]),
    ("some-files-skipped",        &["Transfer and verification completed. Selected files transferred except for files skipped due to errors.",
                                    "There were some errors in your task execution. See a list of affected files in task reports and CloudWatch logs."], &["Selected files transferred"]),
];

#[test]
fn every_rule_fires_where_it_must_and_nowhere_near() {
    for (id, fires, fires_not) in CASES {
        for text in fires {
            let rule = recognised(text).map(|rule| rule.id);
            assert_eq!(rule, Some(id), "{text}");
        }
        let rule = rules().find(|rule| rule.id == id).unwrap();
        for text in fires_not {
            assert!(!rule.fires_on(text), "{id} fires on {text}");
        }
    }
}

#[test]
fn every_rule_is_tested_and_well_formed() {
    let tested: Vec<&str> = CASES.iter().map(|(id, ..)| *id).collect();
    let ids: Vec<&str> = rules().map(|rule| rule.id).collect();
    // Those of looks have a table of their own.
    let of_words = rules().filter(|rule| !rule.when.is_empty());
    let of_words: HashSet<&str> = of_words.map(|rule| rule.id).collect();
    assert_eq!(tested.into_iter().collect::<HashSet<_>>(), of_words);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    for rule in rules() {
        assert!(!matches!(rule.remedy[0], Step::Run(_)), "{}", rule.id);
        assert!((5..=40).contains(&rule.headline.len()), "{}", rule.id);
        let said = [rule.id, rule.cause, rule.source];
        assert!(said.iter().all(|text| !text.is_empty()), "{}", rule.id);
        let texts = rule.when.iter().copied().flatten().chain(rule.unless);
        for text in texts {
            assert_eq!(*text, text.to_lowercase(), "{}", rule.id);
        }
    }
}

#[test]
fn every_class_has_a_rule_and_words_of_its_own() {
    for class in Class::ALL {
        let rules = rules().filter(|rule| rule.class == Some(class));
        assert_eq!(rules.count() > 0, class != Class::Unknown, "{class:?}");
    }
    let words: HashSet<&str> = Class::ALL.iter().map(|class| class.word()).collect();
    let titles: HashSet<&str> = Class::ALL.iter().map(|class| class.title()).collect();
    assert_eq!((words.len(), titles.len()), (11, 11));
}

#[test]
fn what_no_rule_knows_is_not_guessed() {
    let run = execution(Some("E4711"), Some("the flux is low"));
    assert_eq!(diagnose(&run, &FailedFiles::unread("no report")), []);
    assert_eq!(class_of("the flux is low"), Class::Unknown);
}

#[test]
fn a_precise_cause_goes_before_a_general_one() {
    let run = execution(
        None,
        Some("Selected files transferred except for files skipped due to errors."),
    );
    let mut gathering = Gathering::new("efs/");
    gathering.item("/a", "Permission denied");
    gathering.item("/b", "Permission denied");
    gathering.item("/c", "No such file or directory");
    let found = diagnose(&run, &gathering.finish());
    let ids: Vec<&str> = found.iter().map(|found| found.rule.id).collect();
    assert_eq!(
        ids,
        ["not-readable", "gone-from-source", "some-files-skipped"]
    );
    assert_eq!(
        found[0].seen,
        [Seen::Files(2, "Permission denied".to_owned())]
    );
}

#[test]
fn the_name_of_a_file_is_no_sign() {
    let mut gathering = Gathering::new("efs/");
    gathering
        .line("[ERROR] Deferred error: failed (filename=\"/cancelled/a.pdf\"): Input/output error");
    gathering.line("[ERROR] a new wording about /unable/to/assume/role/NoMem");
    gathering.item("/b", "CANCELLED: strange");
    let found = diagnose(&execution(None, None), &gathering.finish());
    let ids: Vec<&str> = found.iter().map(|found| found.rule.id).collect();
    assert_eq!(ids, ["io-error"]);
}

#[test]
fn every_cause_has_the_number_of_its_own_files() {
    let mut gathering = Gathering::new("efs/");
    gathering.item("/tags", "S3 Get Object Tagging Failed");
    gathering.item("/slow", "Input/output error");
    for n in 0..500 {
        gathering.item(&format!("/{n}"), "S3 Head Object Failed");
        gathering.item(&format!("/x{n}"), "E4711");
    }
    let found = diagnose(&execution(None, None), &gathering.finish());
    let counts: Vec<(&str, u64)> = found
        .iter()
        .map(|found| match &found.seen[0] {
            Seen::Files(count, _) => (found.rule.id, *count),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        counts,
        [("s3-denied", 500), ("io-error", 1), ("tags-denied", 1)]
    );
}

#[test]
fn the_code_weighs_more_than_the_text_and_the_log() {
    let mut gathering = Gathering::new("efs/");
    gathering.line("[ERROR] Deferred error: Input/output error");
    gathering.line("[ERROR] S3 Exception: op=HeadBucket b, code=403, exception=AccessDenied");
    let run = execution(
        Some("FsS3UnableToConnectToEndpoint"),
        Some("Unable to connect to S3 endpoint, EniNotFound"),
    );
    let found = diagnose(&run, &gathering.finish());
    let ids: Vec<&str> = found.iter().map(|found| found.rule.id).collect();
    assert_eq!(ids, ["s3-not-reached", "io-error", "bucket-not-listed"]);
    assert_eq!(found[0].seen.len(), 2, "code and text agree");
}

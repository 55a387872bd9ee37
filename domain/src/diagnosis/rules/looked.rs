//! Causes that no word of DataSync tells, but a look at how things stand now.

use super::PLAIN;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Step::{CompareWithStack, Do, Run};

const LOOKED: &str = "a look at how things stand now";
const DESCRIBE_TASK: &str = "aws datasync describe-task --region {region} --task-arn {task}";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "bucket-gone",
        headline: "the backup bucket is gone",
        cause: "The backup bucket does not exist any more, and the copies that were in it neither. Nothing of ours deletes it.",
        remedy: &[
            Do("See who deleted it:"),
            Run(
                "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteBucket",
            ),
            Do(
                "The stack cannot make it again in its place. Deploy a second stack under another name: its first run copies everything.",
            ),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "bucket-elsewhere",
        headline: "the bucket is in another region",
        cause: "A bucket of this name exists in another region than the task: the backup bucket was deleted and its name taken anew.",
        remedy: &[
            Do("See who did both:"),
            Run(
                "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteBucket",
            ),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "key-gone",
        headline: "the encryption key is gone",
        cause: "The bucket encrypts with a key that does not exist. Nothing can be written to it; what was encrypted with that key cannot be read by anybody.",
        remedy: &[
            Do("Give the bucket an encryption that works again:"),
            Run(
                "aws s3api put-bucket-encryption --region {region} --bucket {bucket} --server-side-encryption-configuration '{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"}}]}'",
            ),
            CompareWithStack("See what else was changed by hand:"),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "key-to-be-deleted",
        headline: "the encryption key is to be deleted",
        cause: "The key that the bucket encrypts with is waiting to be deleted, and refuses everything until then. Once it is gone, nobody can read what was encrypted with it.",
        remedy: &[
            Do("Stop the deletion, and enable the key again:"),
            Run("aws kms cancel-key-deletion --region {region} --key-id {key}"),
            Run("aws kms enable-key --region {region} --key-id {key}"),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "key-not-enabled",
        headline: "the encryption key is not enabled",
        cause: "The key that the bucket encrypts with is not enabled, so nothing can be written to the bucket or read from it.",
        remedy: &[
            Do("If nobody disabled it on purpose, enable it again:"),
            Run("aws kms enable-key --region {region} --key-id {key}"),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "location-gone",
        headline: "a location of the task is gone",
        cause: "A location that the task copies from or to does not exist any more.",
        remedy: &[
            Do("See which locations the task names:"),
            Run(DESCRIBE_TASK),
            CompareWithStack("See what was changed by hand:"),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "location-elsewhere",
        headline: "the task copies something else",
        cause: "A location of the task points elsewhere than the stack made it: another file system, bucket or prefix.",
        remedy: &[
            Do("See which locations the task names:"),
            Run(DESCRIBE_TASK),
            CompareWithStack("See what was changed by hand:"),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "file-system-gone",
        headline: "the file system is gone",
        cause: "The file system that is copied does not exist any more. Its files are in the bucket as of the last good run.",
        remedy: &[
            Do("See who deleted it:"),
            Run(
                "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteFileSystem",
            ),
            Do(
                "The stack cannot make it again in its place. Deploy a second stack under another name, and copy the files back from this bucket (README, \"Getting files back\").",
            ),
        ],
        source: LOOKED,
        ..PLAIN
    },
    Rule {
        id: "no-mount-target",
        headline: "no mount target is available",
        cause: "None of the file system's mount targets is available, so nobody can mount it, DataSync as little as your instances.",
        remedy: &[
            Do("See them:"),
            Run("aws efs describe-mount-targets --region {region} --file-system-id {file_system}"),
            CompareWithStack("See what was changed by hand:"),
        ],
        source: LOOKED,
        ..PLAIN
    },
];

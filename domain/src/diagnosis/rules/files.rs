//! Single files: why one was not safely copied.

use super::{FILE_SYSTEM_POLICY, LOGS, PLAIN, QUOTAS, SPECIAL_FILES, TROUBLESHOOTING};
use crate::diagnosis::Class;
use crate::diagnosis::Question::FileAccess;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Step::{Do, Run};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "key-too-long",
        headline: "a path is too long for S3",
        when: &[
            &["keytoolong"],
            &["key is too long"],
            &["key is longer"],
            &["exceeds the maximum length"],
            &["file name too long"],
        ],
        unless: &["cannot write to task report"],
        cause: "The path, with the prefix of the backup before it, is longer than the 1,024 bytes of an S3 key. Such a file can never be copied as it is.",
        remedy: &[Do(
            "Give these files or the folders above them shorter names.",
        )],
        source: QUOTAS,
        class: Some(Class::KeyTooLong),
        ..PLAIN
    },
    Rule {
        id: "unsupported-file",
        headline: "a file that S3 cannot hold",
        when: &[
            &["special file"],
            &["not a file, directory or symbolic link"],
            &["unsupported file"],
            &["not valid utf-8"],
            &["invalidfilename"],
            &["invalid file name"],
        ],
        cause: "A socket, a pipe, a device, or a name that is not UTF-8: S3 cannot hold it.",
        remedy: &[Do(
            "Rename such a file, or keep it outside the EFS; the backup cannot hold it.",
        )],
        source: SPECIAL_FILES,
        class: Some(Class::Unsupported),
        ..PLAIN
    },
    Rule {
        id: "gone-from-bucket",
        headline: "an object went from the bucket",
        when: &[
            &["destination file", "no such file or directory"],
            &["filenotatdestination"],
        ],
        cause: "The object was gone from the bucket when it was to be verified: a lifecycle rule or another writer removed it.",
        remedy: &[
            Do("See which rules expire current objects (the stack has none):"),
            Run("aws s3api get-bucket-lifecycle-configuration --region {region} --bucket {bucket}"),
        ],
        source: LOGS,
        class: Some(Class::GoneFromBucket),
        ..PLAIN
    },
    Rule {
        id: "gone-from-source",
        headline: "a file went during the run",
        when: &[
            &["no such file or directory"],
            &["filenotatsource"],
            &["stale file handle"],
        ],
        unless: &["destination", "location", "mount"],
        cause: "The file was deleted or renamed on the EFS after the run had listed it.",
        remedy: &[Do(
            "Nothing: the next run sees the files as they are then. Files that come and go all the time are better kept outside the EFS.",
        )],
        source: LOGS,
        class: Some(Class::Vanished),
        ..PLAIN
    },
    Rule {
        id: "not-readable",
        headline: "the EFS refuses to be read",
        when: &[&["permission denied"], &["operation not permitted"]],
        unless: &["mounting"],
        cause: "The EFS does not let DataSync read the file. DataSync reads as root, so an access point with a user of its own, or a file system policy without ClientRootAccess, stands in between.",
        remedy: &[
            Do("See whether a policy takes root's rights away (the stack makes none):"),
            Run(FILE_SYSTEM_POLICY),
            Do("See whether the task mounts through an access point:"),
            Run(
                "aws datasync describe-location-efs --region {region} --location-arn $(aws datasync describe-task --region {region} --task-arn {task} --query SourceLocationArn --output text)",
            ),
        ],
        source: TROUBLESHOOTING,
        class: Some(Class::Permission),
        questions: &[FileAccess],
        ..PLAIN
    },
    Rule {
        id: "changed-during-run",
        headline: "files changed during the run",
        when: &[
            &["verification detected mismatches"],
            &["sync verification failed"],
            &["verification failed"],
            &["verificationmismatch"],
            &["metadatadiffers"],
            &["checksum", "mismatch"],
            &["file was modified"],
        ],
        cause: "Files changed while they were copied or verified. Mostly harmless with files in use: DataSync copies file by file, it takes no snapshot.",
        remedy: &[Do(
            "Nothing, if they are files in use: the next run copies them again. Where the same ones fail every night, move the run to a quiet hour (parameter ScheduleExpression), or keep logs and sessions outside the EFS.",
        )],
        source: TROUBLESHOOTING,
        class: Some(Class::Changed),
        ..PLAIN
    },
];

//! The run as a whole.

use super::{PLAIN, POLICIES, QUOTAS, REPORTS, SEEN, TROUBLESHOOTING};
use crate::diagnosis::Class;
use crate::diagnosis::Question::{Bucket, Destination, Key, MountTargets, Source};
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Step::{CompareWithStack, Do, Run};

const DESCRIBE_TASK: &str = "aws datasync describe-task --region {region} --task-arn {task}";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cancelled",
        headline: "cancelled",
        when: &[&["cancel"]],
        cause: "Somebody, or DataSync itself, cancelled the run.",
        remedy: &[
            Do("If nobody of yours did: CloudTrail names who called CancelTaskExecution."),
            Run(
                "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=CancelTaskExecution",
            ),
        ],
        source: "AWS DataSync User Guide, Cancelling your transfer",
        of_run: true,
        ..PLAIN
    },
    Rule {
        id: "network-interface-deleted",
        headline: "a network interface was deleted",
        when: &[&["eninotfound"]],
        cause: "Somebody deleted a network interface that DataSync keeps in your VPC.",
        remedy: &[Do(
            "A run started by hand makes DataSync create it again. Leave interfaces alone whose description names a task.",
        )],
        source: TROUBLESHOOTING,
        ..PLAIN
    },
    Rule {
        id: "location-not-usable",
        headline: "a location cannot be used",
        when: &[&["srclochitaccess"], &["synctaskerrorlocationnotadded"]],
        cause: "DataSync could not open a location of the task: a permission or a security group is missing.",
        remedy: &[
            Do("Read what the task says of itself:"),
            Run(DESCRIBE_TASK),
            CompareWithStack("See whether something was changed by hand:"),
        ],
        source: TROUBLESHOOTING,
        questions: &[Bucket, Key, Source, Destination, MountTargets],
        unseen: POLICIES,
        ..PLAIN
    },
    Rule {
        id: "too-many-files",
        headline: "too many files for one run",
        when: &[&["nomem"], &["cannot allocate memory"]],
        cause: "There are more files than one run can list: 25 million files, folders and objects on both sides together.",
        remedy: &[Do(
            "Ask AWS to raise the quota of files per task, or split the EFS among several stacks.",
        )],
        source: QUOTAS,
        ..PLAIN
    },
    Rule {
        id: "id-mapping",
        headline: "NFS id mapping",
        when: &[&["fsnfsidmappingenabled"]],
        cause: "The source maps NFS user names to numbers, which DataSync cannot use. An EFS never does: the location names another server.",
        remedy: &[
            Do("See what the source of the task is:"),
            Run(DESCRIBE_TASK),
        ],
        source: TROUBLESHOOTING,
        questions: &[Source],
        ..PLAIN
    },
    Rule {
        id: "io-error",
        headline: "the storage did not answer",
        when: &[&["input/output error"]],
        cause: "The storage did not answer in time: the EFS is at its throughput limit, its burst credits are used up, or the network broke.",
        remedy: &[
            Do("See its throughput mode; in bursting mode, look at BurstCreditBalance:"),
            Run("aws efs describe-file-systems --region {region} --file-system-id {file_system}"),
        ],
        source: TROUBLESHOOTING,
        class: Some(Class::NoAnswer),
        ..PLAIN
    },
    Rule {
        id: "options-do-not-fit",
        headline: "the task's options do not fit",
        when: &[&["invalid syncoption value"]],
        cause: "Two options of the task do not fit together.",
        remedy: &[
            Do("See the task's options; the stack's own fit:"),
            Run(DESCRIBE_TASK),
        ],
        source: SEEN,
        ..PLAIN
    },
    Rule {
        id: "report-not-written",
        headline: "task report not written",
        when: &[&["failed to upload task report"]],
        cause: "DataSync could not write its task report: the report bucket or the role for it was changed. The files themselves may be safe.",
        remedy: &[CompareWithStack("See what was changed by hand:")],
        source: REPORTS,
        ..PLAIN
    },
    Rule {
        id: "some-files-skipped",
        headline: "some files were skipped",
        when: &[
            &["except for files skipped due to errors"],
            &["there were some errors in your task execution"],
        ],
        cause: "The run went through, but some files could not be copied.",
        remedy: &[
            Do("Read the lines about problems in the task's log:"),
            Run(
                "aws logs filter-log-events --region {region} --log-group-name {log_group} --log-stream-name-prefix {stream}",
            ),
        ],
        source: TROUBLESHOOTING,
        general: true,
        ..PLAIN
    },
];

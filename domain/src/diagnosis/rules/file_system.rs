//! The EFS: mounting it.

use super::{EFS_LOCATIONS, FILE_SYSTEM_POLICY, PLAIN, TROUBLESHOOTING, UNSEEN_GROUPS};
use crate::diagnosis::Question::{FileAccess, MountTargets, Source};
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Step::{CompareWithStack, Do, Run};

const MOUNT_TARGETS: &str =
    "aws efs describe-mount-targets --region {region} --file-system-id {file_system}";
const SECURITY_GROUPS: &str = "aws ec2 describe-security-groups --region {region} --filters Name=tag:aws:cloudformation:stack-name,Values={stack}";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "efs-refuses-the-mount",
        headline: "the EFS refuses the mount",
        when: &[&["access denied by server while mounting"]],
        cause: "The EFS refuses the mount: its file system policy, or an access point, does not let DataSync in.",
        remedy: &[
            Do(
                "Look at the policy. The task mounts without a role, so it must let everybody ClientMount and ClientRootAccess, or be deleted (the stack makes none):",
            ),
            Run(FILE_SYSTEM_POLICY),
        ],
        source: EFS_LOCATIONS,
        questions: &[Source, FileAccess],
        ..PLAIN
    },
    Rule {
        id: "efs-not-reached",
        headline: "EFS not reached (TCP 2049)",
        when: &[
            &["failed to connect to efs mount target"],
            &["x40016"],
            &["mount.nfs", "connection timed out"],
        ],
        unless: &["no such file or directory"],
        cause: "DataSync does not reach the EFS over TCP 2049: a security group keeps it out, or the mount target was deleted or made anew.",
        remedy: &[
            Do("See whether the mount targets are there and available:"),
            Run(MOUNT_TARGETS),
            Do(
                "See whether the mount targets' group still lets TCP 2049 in from DataSync's, and that one lets it out:",
            ),
            Run(SECURITY_GROUPS),
            CompareWithStack("See what else was changed by hand:"),
        ],
        source: TROUBLESHOOTING,
        questions: &[Source, MountTargets],
        unseen: &[UNSEEN_GROUPS],
        ..PLAIN
    },
    Rule {
        id: "folder-missing",
        headline: "the folder to copy is not there",
        when: &[&["failed to access location", "no such file or directory"]],
        cause: "The folder that the task shall copy does not exist on the EFS.",
        remedy: &[
            Do("See which folder each location names, then make it on the EFS:"),
            Run("aws datasync list-locations --region {region}"),
        ],
        source: EFS_LOCATIONS,
        questions: &[Source],
        unseen: &["Which folders are on the EFS"],
        ..PLAIN
    },
];

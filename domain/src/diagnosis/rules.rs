//! The knowledge base: what DataSync says, what it means and what helps.
//!
//! A rule that stands earlier is the more precise one where two fire on the same
//! text. Texts are AWS's own where the source is a guide; DataSync's codes are
//! documented only in part, and wordings have changed over time, so every rule
//! takes several.

use super::Class;
use super::rule::Rule;
use super::rule::Step::{Do, Run};

const TROUBLESHOOTING: &str = "AWS DataSync User Guide, Troubleshooting";
const EFS_LOCATIONS: &str = "AWS DataSync User Guide, Transfers with Amazon EFS";
const S3_LOCATIONS: &str = "AWS DataSync User Guide, Transfers with Amazon S3";
const QUOTAS: &str = "AWS DataSync User Guide, Quotas";
const REPORTS: &str = "AWS DataSync User Guide, Task reports";
const LOGS: &str = "AWS DataSync User Guide, Monitoring with CloudWatch Logs";
const SPECIAL_FILES: &str = "AWS DataSync User Guide, Links and special files";
const SEEN: &str = "seen in public reports; AWS does not document it";

const MOUNT_TARGETS: &str =
    "aws efs describe-mount-targets --region {region} --file-system-id {file_system}";
const SECURITY_GROUPS: &str = "aws ec2 describe-security-groups --region {region} --filters Name=tag:aws:cloudformation:stack-name,Values={stack}";
const FILE_SYSTEM_POLICY: &str =
    "aws efs describe-file-system-policy --region {region} --file-system-id {file_system}";
const HEAD_BUCKET: &str = "aws s3api head-bucket --region {region} --bucket {bucket}";
const BUCKET_POLICY: &str = "aws s3api get-bucket-policy --region {region} --bucket {bucket}";
const BUCKET_ENCRYPTION: &str =
    "aws s3api get-bucket-encryption --region {region} --bucket {bucket}";
const LOOK_FOR_DRIFT: &str =
    "aws cloudformation detect-stack-drift --region {region} --stack-name {stack}";
/// The detection runs by itself, and until it is through the old result is shown.
const WAIT_FOR_DRIFT: &str = "That takes a minute or two. Then see what it found:";
const SHOW_DRIFT: &str = "aws cloudformation describe-stack-resource-drifts --region {region} --stack-name {stack} --stack-resource-drift-status-filters MODIFIED DELETED";
const DESCRIBE_TASK: &str = "aws datasync describe-task --region {region} --task-arn {task}";

/// All rules, precise ones first.
pub const RULES: &[Rule] = &[
    Rule {
        id: "cancelled",
        headline: "cancelled",
        when: &[&["cancel"]],
        unless: &[],
        cause: "Somebody, or DataSync itself, cancelled the run.",
        remedy: &[
            Do("If nobody of yours did: CloudTrail names who called CancelTaskExecution."),
            Run(
                "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=CancelTaskExecution",
            ),
        ],
        source: "AWS DataSync User Guide, Cancelling your transfer",
        class: None,
        general: false,
        of_run: true,
    },
    Rule {
        id: "efs-refuses-the-mount",
        headline: "the EFS refuses the mount",
        when: &[&["access denied by server while mounting"]],
        unless: &[],
        cause: "The EFS refuses the mount: its file system policy, or an access point, does not let DataSync in.",
        remedy: &[
            Do(
                "Look at the policy. The task mounts without a role, so it must let everybody ClientMount and ClientRootAccess, or be deleted (the stack makes none):",
            ),
            Run(FILE_SYSTEM_POLICY),
        ],
        source: EFS_LOCATIONS,
        class: None,
        general: false,
        of_run: false,
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
            Do("See what else was changed by hand:"),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: TROUBLESHOOTING,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "folder-missing",
        headline: "the folder to copy is not there",
        when: &[&["failed to access location", "no such file or directory"]],
        unless: &[],
        cause: "The folder that the task shall copy does not exist on the EFS.",
        remedy: &[
            Do("See which folder each location names, then make it on the EFS:"),
            Run("aws datasync list-locations --region {region}"),
        ],
        source: EFS_LOCATIONS,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "s3-not-reached",
        headline: "backup bucket not reached",
        when: &[
            &["fss3unabletoconnecttoendpoint"],
            &["unable to connect to s3 endpoint"],
        ],
        unless: &[],
        cause: "DataSync does not reach the backup bucket: it was deleted, or is in another region, or the role of the location may no longer use it. A security group is not the cause: an agentless task reaches S3 outside of your VPC, and needs no rule for port 443.",
        remedy: &[
            Do("See whether the bucket is there and in this region:"),
            Run(HEAD_BUCKET),
            Do(
                "See whether its policy refuses all but a VPC or VPC endpoint. That keeps DataSync out too; except its role by aws:PrincipalArn:",
            ),
            Run(BUCKET_POLICY),
            Do("See whether the role or the location was changed by hand:"),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: TROUBLESHOOTING,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "bucket-not-listed",
        headline: "backup bucket cannot be listed",
        when: &[
            &["fss3headbucketfailed"],
            &["could not perform s3:listobjectsv2"],
            &["op=headbucket"],
        ],
        unless: &[],
        cause: "The role of the location may not list the backup bucket, a bucket policy refuses it, or the bucket is gone.",
        remedy: &[
            Do("See whether the bucket is there:"),
            Run(HEAD_BUCKET),
            Do("See whether its policy refuses the role:"),
            Run(BUCKET_POLICY),
            Do("See whether the role was changed by hand:"),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: TROUBLESHOOTING,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "role-not-assumed",
        headline: "a role cannot be assumed",
        when: &[&["unable to assume role"]],
        unless: &[],
        cause: "DataSync may not assume the role of a location: its trust policy does not name datasync.amazonaws.com, or names another account or task.",
        remedy: &[
            Do(
                "See whether the role was changed by hand; just after a first deployment, wait some minutes and try again:",
            ),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: SEEN,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "kms-denied",
        headline: "the encryption key refuses",
        when: &[
            &["accessdenied", "kms"],
            &["access denied", "kms"],
            &["kms.disabledexception"],
            &["kms.notfoundexception"],
            &["kms.invalidstateexception"],
        ],
        unless: &[],
        cause: "The encryption key of the bucket refuses the role of the location, or is disabled or about to be deleted.",
        remedy: &[
            Do("See which key the bucket uses:"),
            Run(BUCKET_ENCRYPTION),
            Do(
                "The key must be enabled, and its policy must let the role Decrypt, Encrypt, ReEncrypt* and GenerateDataKey*.",
            ),
        ],
        source: S3_LOCATIONS,
        class: Some(Class::KmsDenied),
        general: false,
        of_run: false,
    },
    Rule {
        id: "object-archived",
        headline: "an object is archived",
        when: &[
            &["invalidobjectstate"],
            &["storage class", "glacier"],
            &["storage class", "deep_archive"],
            &["archived object"],
        ],
        unless: &[],
        cause: "DataSync must read an object that lies in an archive class. The stack's lifecycle archives noncurrent versions only, so another rule or writer moved a current one.",
        remedy: &[
            Do("See whether a rule moves current objects:"),
            Run("aws s3api get-bucket-lifecycle-configuration --region {region} --bucket {bucket}"),
        ],
        source: S3_LOCATIONS,
        class: Some(Class::Archived),
        general: false,
        of_run: false,
    },
    Rule {
        id: "tags-denied",
        headline: "S3 refuses to read tags",
        when: &[&["s3 get object tagging failed"], &["op=getobjecttagging"]],
        unless: &[],
        cause: "The role of the location may not read the tags of objects.",
        remedy: &[
            Do("The stack copies no tags and allows this action; see what was changed by hand:"),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: LOGS,
        class: Some(Class::S3Denied),
        general: false,
        of_run: false,
    },
    Rule {
        id: "s3-denied",
        headline: "S3 refuses the role",
        when: &[
            &["s3 head object failed"],
            &["could not perform s3:getobject", "access denied"],
            &["s3", "accessdenied"],
            &["s3", "access denied"],
            &["op=", "code=403"],
            &["putobject", "access denied"],
            &["getobject", "access denied"],
            &["headobject", "access denied"],
            &["listobjectsv2", "access denied"],
            &["multipartupload", "access denied"],
            &["uploadpart", "access denied"],
            &["deleteobject", "access denied"],
        ],
        unless: &["kms", "mounting", "assume role"],
        cause: "S3 refuses the role of the location: its policy, the bucket's policy, or the bucket's encryption key does not let it in.",
        remedy: &[
            Do("See whether the bucket's policy refuses the role:"),
            Run(BUCKET_POLICY),
            Do("See whether the bucket uses a key that the role may not use:"),
            Run(BUCKET_ENCRYPTION),
            Do("See whether the role was changed by hand:"),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: S3_LOCATIONS,
        class: Some(Class::S3Denied),
        general: false,
        of_run: false,
    },
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
        general: false,
        of_run: false,
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
        unless: &[],
        cause: "A socket, a pipe, a device, or a name that is not UTF-8: S3 cannot hold it.",
        remedy: &[Do(
            "Rename such a file, or keep it outside the EFS; the backup cannot hold it.",
        )],
        source: SPECIAL_FILES,
        class: Some(Class::Unsupported),
        general: false,
        of_run: false,
    },
    Rule {
        id: "gone-from-bucket",
        headline: "an object went from the bucket",
        when: &[
            &["destination file", "no such file or directory"],
            &["filenotatdestination"],
        ],
        unless: &[],
        cause: "The object was gone from the bucket when it was to be verified: a lifecycle rule or another writer removed it.",
        remedy: &[
            Do("See which rules expire current objects (the stack has none):"),
            Run("aws s3api get-bucket-lifecycle-configuration --region {region} --bucket {bucket}"),
        ],
        source: LOGS,
        class: Some(Class::GoneFromBucket),
        general: false,
        of_run: false,
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
        general: false,
        of_run: false,
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
        general: false,
        of_run: false,
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
        unless: &[],
        cause: "Files changed while they were copied or verified. Mostly harmless with files in use: DataSync copies file by file, it takes no snapshot.",
        remedy: &[Do(
            "Nothing, if they are files in use: the next run copies them again. Where the same ones fail every night, move the run to a quiet hour (parameter ScheduleExpression), or keep logs and sessions outside the EFS.",
        )],
        source: TROUBLESHOOTING,
        class: Some(Class::Changed),
        general: false,
        of_run: false,
    },
    Rule {
        id: "network-interface-deleted",
        headline: "a network interface was deleted",
        when: &[&["eninotfound"]],
        unless: &[],
        cause: "Somebody deleted a network interface that DataSync keeps in your VPC.",
        remedy: &[Do(
            "A run started by hand makes DataSync create it again. Leave interfaces alone whose description names a task.",
        )],
        source: TROUBLESHOOTING,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "location-not-usable",
        headline: "a location cannot be used",
        when: &[&["srclochitaccess"], &["synctaskerrorlocationnotadded"]],
        unless: &[],
        cause: "DataSync could not open a location of the task: a permission or a security group is missing.",
        remedy: &[
            Do("Read what the task says of itself:"),
            Run(DESCRIBE_TASK),
            Do("See whether something was changed by hand:"),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: TROUBLESHOOTING,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "too-many-files",
        headline: "too many files for one run",
        when: &[&["nomem"], &["cannot allocate memory"]],
        unless: &[],
        cause: "There are more files than one run can list: 25 million files, folders and objects on both sides together.",
        remedy: &[Do(
            "Ask AWS to raise the quota of files per task, or split the EFS among several stacks.",
        )],
        source: QUOTAS,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "id-mapping",
        headline: "NFS id mapping",
        when: &[&["fsnfsidmappingenabled"]],
        unless: &[],
        cause: "The source maps NFS user names to numbers, which DataSync cannot use. An EFS never does: the location names another server.",
        remedy: &[
            Do("See what the source of the task is:"),
            Run(DESCRIBE_TASK),
        ],
        source: TROUBLESHOOTING,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "io-error",
        headline: "the storage did not answer",
        when: &[&["input/output error"]],
        unless: &[],
        cause: "The storage did not answer in time: the EFS is at its throughput limit, its burst credits are used up, or the network broke.",
        remedy: &[
            Do("See its throughput mode; in bursting mode, look at BurstCreditBalance:"),
            Run("aws efs describe-file-systems --region {region} --file-system-id {file_system}"),
        ],
        source: TROUBLESHOOTING,
        class: Some(Class::NoAnswer),
        general: false,
        of_run: false,
    },
    Rule {
        id: "options-do-not-fit",
        headline: "the task's options do not fit",
        when: &[&["invalid syncoption value"]],
        unless: &[],
        cause: "Two options of the task do not fit together.",
        remedy: &[
            Do("See the task's options; the stack's own fit:"),
            Run(DESCRIBE_TASK),
        ],
        source: SEEN,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "report-not-written",
        headline: "task report not written",
        when: &[&["failed to upload task report"]],
        unless: &[],
        cause: "DataSync could not write its task report: the report bucket or the role for it was changed. The files themselves may be safe.",
        remedy: &[
            Do("See what was changed by hand:"),
            Run(LOOK_FOR_DRIFT),
            Do(WAIT_FOR_DRIFT),
            Run(SHOW_DRIFT),
        ],
        source: REPORTS,
        class: None,
        general: false,
        of_run: false,
    },
    Rule {
        id: "some-files-skipped",
        headline: "some files were skipped",
        when: &[
            &["except for files skipped due to errors"],
            &["there were some errors in your task execution"],
        ],
        unless: &[],
        cause: "The run went through, but some files could not be copied.",
        remedy: &[
            Do("Read the lines about problems in the task's log:"),
            Run(
                "aws logs filter-log-events --region {region} --log-group-name {log_group} --log-stream-name-prefix {stream}",
            ),
        ],
        source: TROUBLESHOOTING,
        class: None,
        general: true,
        of_run: false,
    },
];

//! The bucket: reaching it, its role and its key.

use super::{LOGS, PLAIN, POLICIES, S3_LOCATIONS, SEEN, TROUBLESHOOTING};
use crate::diagnosis::Class;
use crate::diagnosis::Question::{Bucket, Destination, Key, Source};
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Step::{CompareWithStack, Do, Run};

const HEAD_BUCKET: &str = "aws s3api head-bucket --region {region} --bucket {bucket}";
const BUCKET_POLICY: &str = "aws s3api get-bucket-policy --region {region} --bucket {bucket}";
const BUCKET_ENCRYPTION: &str =
    "aws s3api get-bucket-encryption --region {region} --bucket {bucket}";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "s3-not-reached",
        headline: "backup bucket not reached",
        when: &[
            &["fss3unabletoconnecttoendpoint"],
            &["unable to connect to s3 endpoint"],
        ],
        cause: "DataSync does not reach the backup bucket: it was deleted, or is in another region, or the role of the location may no longer use it. A security group is not the cause: an agentless task reaches S3 outside of your VPC, and needs no rule for port 443.",
        remedy: &[
            Do("See whether the bucket is there and in this region:"),
            Run(HEAD_BUCKET),
            Do(
                "See whether its policy refuses all but a VPC or VPC endpoint. That keeps DataSync out too; except its role by aws:PrincipalArn:",
            ),
            Run(BUCKET_POLICY),
            CompareWithStack("See whether the role or the location was changed by hand:"),
        ],
        source: TROUBLESHOOTING,
        questions: &[Bucket, Destination],
        unseen: POLICIES,
        ..PLAIN
    },
    Rule {
        id: "bucket-not-listed",
        headline: "backup bucket cannot be listed",
        when: &[
            &["fss3headbucketfailed"],
            &["could not perform s3:listobjectsv2"],
            &["op=headbucket"],
        ],
        cause: "The role of the location may not list the backup bucket, a bucket policy refuses it, or the bucket is gone.",
        remedy: &[
            Do("See whether the bucket is there:"),
            Run(HEAD_BUCKET),
            Do("See whether its policy refuses the role:"),
            Run(BUCKET_POLICY),
            CompareWithStack("See whether the role was changed by hand:"),
        ],
        source: TROUBLESHOOTING,
        questions: &[Bucket, Destination],
        unseen: POLICIES,
        ..PLAIN
    },
    Rule {
        id: "role-not-assumed",
        headline: "a role cannot be assumed",
        when: &[&["unable to assume role"]],
        cause: "DataSync may not assume the role of a location: its trust policy does not name datasync.amazonaws.com, or names another account or task.",
        remedy: &[CompareWithStack(
            "See whether the role was changed by hand; just after a first deployment, wait some minutes and try again:",
        )],
        source: SEEN,
        questions: &[Source, Destination],
        unseen: &["Who may assume the role of the location"],
        ..PLAIN
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
        questions: &[Key, Destination],
        unseen: &["The key's policy and grants"],
        ..PLAIN
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
        cause: "DataSync must read an object that lies in an archive class. The stack's lifecycle archives noncurrent versions only, so another rule or writer moved a current one.",
        remedy: &[
            Do("See whether a rule moves current objects:"),
            Run("aws s3api get-bucket-lifecycle-configuration --region {region} --bucket {bucket}"),
        ],
        source: S3_LOCATIONS,
        class: Some(Class::Archived),
        ..PLAIN
    },
    Rule {
        id: "tags-denied",
        headline: "S3 refuses to read tags",
        when: &[&["s3 get object tagging failed"], &["op=getobjecttagging"]],
        cause: "The role of the location may not read the tags of objects.",
        remedy: &[CompareWithStack(
            "The stack copies no tags and allows this action; see what was changed by hand:",
        )],
        source: LOGS,
        class: Some(Class::S3Denied),
        questions: &[Bucket, Destination],
        unseen: POLICIES,
        ..PLAIN
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
            CompareWithStack("See whether the role was changed by hand:"),
        ],
        source: S3_LOCATIONS,
        class: Some(Class::S3Denied),
        questions: &[Bucket, Key, Destination],
        unseen: POLICIES,
        ..PLAIN
    },
];

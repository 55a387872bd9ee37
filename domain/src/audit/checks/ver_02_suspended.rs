//! VER-02: versioning is suspended.

use super::{Answer, Bucket, Check, Finding, Mapped, Severity};
use crate::audit::bucket::Versioning;
use crate::audit::remedy::enable_versioning;

pub(super) const CHECK: Check = Check {
    id: "VER-02",
    severity: Severity::Critical,
    fails: "versioning is suspended",
    holds: "Versioning is not suspended.",
    mapped: Mapped {
        security_hub: &["S3.14"],
        prowler: &["s3_bucket_object_versioning"],
        config: &["s3-bucket-versioning-enabled"],
    },
    ask,
};

fn ask(bucket: &Bucket) -> Answer {
    Answer::of(&bucket.versioning, |versioning| {
        (*versioning == Versioning::Suspended).then(|| Finding {
            evidence: "the bucket's versioning status is Suspended".to_owned(),
            harm: "what is written now has no version of its own: the next copy of the same file \
                   replaces it for good. Versions from before are still there"
                .to_owned(),
            remedy: enable_versioning(bucket),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{healthy, is_found, not_known};

    #[test]
    fn only_suspended_versioning_is_found() {
        #[rustfmt::skip]
        let cases = [
            (Versioning::Enabled,      false),
            (Versioning::Suspended,    true),
            (Versioning::NeverEnabled, false),
        ];
        for (versioning, expected) in cases {
            let bucket = Bucket {
                versioning: Ok(versioning),
                ..healthy()
            };
            assert_eq!(is_found(&ask(&bucket)), expected, "{versioning:?}");
        }
        let denied = not_known("s3:GetBucketVersioning");
        let bucket = Bucket {
            versioning: Err(denied.clone()),
            ..healthy()
        };
        assert_eq!(ask(&bucket), Answer::NotKnown(denied));
    }
}

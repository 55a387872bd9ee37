//! VER-01: versioning was never enabled.

use super::{Answer, Bucket, Check, Finding, Mapped, Severity};
use crate::audit::bucket::Versioning;
use crate::audit::remedy::enable_versioning;

pub(super) const CHECK: Check = Check {
    id: "VER-01",
    severity: Severity::Critical,
    fails: "versioning was never enabled",
    holds: "Versioning was enabled at some time.",
    mapped: Mapped {
        security_hub: &["S3.14"],
        prowler: &["s3_bucket_object_versioning"],
        config: &["s3-bucket-versioning-enabled"],
    },
    ask,
};

fn ask(bucket: &Bucket) -> Answer {
    Answer::of(&bucket.versioning, |versioning| {
        (*versioning == Versioning::NeverEnabled).then(|| Finding {
            evidence: "the bucket has no versioning status: it was never set".to_owned(),
            harm: "every copy replaces the one before it for good: a file that was overwritten, \
                   encrypted or emptied at the source is lost with the next run"
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
    fn only_a_bucket_without_a_status_is_found() {
        #[rustfmt::skip]
        let cases = [
            (Versioning::Enabled,      false),
            (Versioning::Suspended,    false),
            (Versioning::NeverEnabled, true),
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

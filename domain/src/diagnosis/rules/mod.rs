//! The knowledge base: what DataSync says, what it means and what helps, a file a
//! subject.
//!
//! A rule that stands earlier is the more precise one where two fire on the same
//! text. Texts are AWS's own where the source is a guide; DataSync's codes are
//! documented only in part, and wordings have changed over time, so every rule
//! takes several.

mod bucket;
mod file_system;
mod files;
mod looked;
mod run;

use super::rule::Rule;

const TROUBLESHOOTING: &str = "AWS DataSync User Guide, Troubleshooting";
const EFS_LOCATIONS: &str = "AWS DataSync User Guide, Transfers with Amazon EFS";
const S3_LOCATIONS: &str = "AWS DataSync User Guide, Transfers with Amazon S3";
const QUOTAS: &str = "AWS DataSync User Guide, Quotas";
const REPORTS: &str = "AWS DataSync User Guide, Task reports";
const LOGS: &str = "AWS DataSync User Guide, Monitoring with CloudWatch Logs";
const SPECIAL_FILES: &str = "AWS DataSync User Guide, Links and special files";
const SEEN: &str = "seen in public reports; AWS does not document it";
const FILE_SYSTEM_POLICY: &str =
    "aws efs describe-file-system-policy --region {region} --file-system-id {file_system}";

/// What most rules have in common.
const PLAIN: Rule = Rule {
    id: "",
    headline: "",
    when: &[],
    unless: &[],
    cause: "",
    remedy: &[],
    source: "",
    class: None,
    general: false,
    of_run: false,
    questions: &[],
    unseen: &[],
};

/// Where the role of a location may be kept out; this function may read none of it.
const POLICIES: &[&str] = &[
    "The bucket's policy, and whether it refuses the role of the location",
    "The policies of that role, and those of your organisation",
];
const UNSEEN_GROUPS: &str = "The security groups, and whether TCP 2049 is open";

/// All rules, precise ones first.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let subjects = [
        file_system::RULES,
        bucket::RULES,
        files::RULES,
        run::RULES,
        looked::RULES,
    ];
    subjects.into_iter().flatten()
}

//! One change of a resource, and whether it endangers data.

use aws_sdk_cloudformation::types::{ChangeSource, EvaluationType, ResourceChangeDetail};

/// One change of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `Add`, `Modify`, `Remove`, …
    pub action: String,
    /// The logical ID.
    pub resource: String,
    /// The type, such as `AWS::S3::Bucket`.
    pub kind: String,
    /// `True`, `False`, `Conditional`, or nothing.
    pub replacement: String,
    /// Whether only something that it refers to changes. CloudFormation lists it
    /// because it does not know yet whether what is referred to stays the same.
    pub is_consequence: bool,
}

/// The types that hold data.
const STATEFUL: [&str; 2] = ["AWS::EFS::FileSystem", "AWS::S3::Bucket"];

/// The types that say what is backed up, and where to. Another one is another
/// backup: runs would go well, and what was backed up so far no longer be.
const DECISIVE: [&str; 2] = ["AWS::DataSync::LocationEFS", "AWS::DataSync::LocationS3"];

impl Change {
    /// Whether the resource may go, and another come in its place or none.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        self.action == "Remove" || matches!(self.replacement.as_str(), "True" | "Conditional")
    }

    /// Whether data would be left behind or lost with it.
    #[must_use]
    pub fn endangers_data(&self) -> bool {
        let is = |types: &[&str]| types.contains(&self.kind.as_str());
        (self.is_destructive() && is(&STATEFUL)) || (self.replacement == "True" && is(&DECISIVE))
    }
}

/// Translates CloudFormation's change; `None` for what is no resource.
pub(super) fn change_from(change: &aws_sdk_cloudformation::types::Change) -> Option<Change> {
    let resource = change.resource_change()?;
    Some(Change {
        action: resource
            .action()
            .map_or("", |action| action.as_str())
            .to_owned(),
        resource: resource
            .logical_resource_id()
            .unwrap_or_default()
            .to_owned(),
        kind: resource.resource_type().unwrap_or_default().to_owned(),
        replacement: resource
            .replacement()
            .map_or("", |word| word.as_str())
            .to_owned(),
        is_consequence: is_consequence(resource.details()),
    })
}

fn is_consequence(details: &[ResourceChangeDetail]) -> bool {
    let is_dynamic = |detail: &ResourceChangeDetail| {
        detail.evaluation() == Some(&EvaluationType::Dynamic)
            && detail.change_source() != Some(&ChangeSource::DirectModification)
    };
    !details.is_empty() && details.iter().all(is_dynamic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_endangers_data_is_known() {
        let change = |action: &str, kind: &str, replacement: &str| Change {
            action: action.to_owned(),
            resource: "X".to_owned(),
            kind: kind.to_owned(),
            replacement: replacement.to_owned(),
            is_consequence: false,
        };
        #[rustfmt::skip]
        let cases = [
            (change("Modify", "AWS::S3::Bucket",      "False"),       false, false),
            (change("Modify", "AWS::S3::Bucket",      "Conditional"), true,  true),
            (change("Remove", "AWS::EFS::FileSystem", ""),            true,  true),
            (change("Modify", "AWS::EC2::VPC",        "True"),        true,  false),
            (change("Add",    "AWS::S3::Bucket",      ""),            false, false),
            (change("Modify", "AWS::DataSync::LocationEFS", "True"),  true,  true),
            (change("Modify", "AWS::DataSync::LocationS3", "Conditional"), true, false),
        ];
        for (change, destructive, endangers) in cases {
            assert_eq!(change.is_destructive(), destructive, "{change:?}");
            assert_eq!(change.endangers_data(), endangers, "{change:?}");
        }
    }

    #[test]
    fn a_consequence_is_told_from_a_change() {
        let detail = |evaluation, source| {
            ResourceChangeDetail::builder()
                .evaluation(evaluation)
                .change_source(source)
                .build()
        };
        let code = || detail(EvaluationType::Static, ChangeSource::DirectModification);
        let function = || detail(EvaluationType::Dynamic, ChangeSource::ResourceAttribute);
        let text = || detail(EvaluationType::Dynamic, ChangeSource::DirectModification);
        #[rustfmt::skip]
        let cases = [
            ("refers to a change",      vec![function(), function()], true),
            ("changes itself",          vec![code()],                 false),
            ("does both",               vec![function(), code()],     false),
            ("its text changes",        vec![text(), function()],     false),
            ("nothing is said",         vec![],                       false),
        ];
        for (name, details, expected) in cases {
            assert_eq!(is_consequence(&details), expected, "{name}");
        }
    }
}

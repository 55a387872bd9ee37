//! One change of a resource, and whether it endangers data.

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
}

/// The types that hold data.
const STATEFUL: [&str; 2] = ["AWS::EFS::FileSystem", "AWS::S3::Bucket"];

impl Change {
    /// Whether the resource may go, and another come in its place or none.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        self.action == "Remove" || matches!(self.replacement.as_str(), "True" | "Conditional")
    }

    /// Whether data would be left behind or lost with it.
    #[must_use]
    pub fn endangers_data(&self) -> bool {
        self.is_destructive() && STATEFUL.contains(&self.kind.as_str())
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
    })
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
        };
        #[rustfmt::skip]
        let cases = [
            (change("Modify", "AWS::S3::Bucket",      "False"),       false, false),
            (change("Modify", "AWS::S3::Bucket",      "Conditional"), true,  true),
            (change("Remove", "AWS::EFS::FileSystem", ""),            true,  true),
            (change("Modify", "AWS::EC2::VPC",        "True"),        true,  false),
            (change("Add",    "AWS::S3::Bucket",      ""),            false, false),
        ];
        for (change, destructive, endangers) in cases {
            assert_eq!(change.is_destructive(), destructive, "{change:?}");
            assert_eq!(change.endangers_data(), endangers, "{change:?}");
        }
    }
}

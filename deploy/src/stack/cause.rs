//! The first failed event: the cause, among all that failed because of it.

/// One line of a stack's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StackEvent {
    /// The event's id; times are no identity.
    pub id: String,
    /// The logical ID.
    pub resource: String,
    /// The physical ID; of the stack itself, its ARN.
    pub physical: String,
    /// The resource's type.
    pub kind: String,
    /// The resource's status.
    pub status: String,
    /// Why.
    pub reason: String,
}

impl StackEvent {
    pub(super) fn from_sdk(event: &aws_sdk_cloudformation::types::StackEvent) -> Option<Self> {
        Some(StackEvent {
            id: event.event_id()?.to_owned(),
            resource: event.logical_resource_id().unwrap_or_default().to_owned(),
            physical: event.physical_resource_id().unwrap_or_default().to_owned(),
            kind: event.resource_type().unwrap_or_default().to_owned(),
            status: event
                .resource_status()
                .map_or("", |status| status.as_str())
                .to_owned(),
            reason: event
                .resource_status_reason()
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// Whether it is about the stack itself.
    pub(super) fn is_of(&self, stack_id: &str) -> bool {
        self.kind == "AWS::CloudFormation::Stack" && self.physical == stack_id
    }

    /// `CREATE_COMPLETE  BackupBucket  AWS::S3::Bucket`, with the reason if any.
    #[must_use]
    pub(super) fn line(&self) -> String {
        let line = format!("  {:<28} {:<34} {}", self.status, self.resource, self.kind);
        match self.reason.as_str() {
            "" => line,
            reason => format!("{line}  {reason}"),
        }
    }
}

/// The earliest failure that is not itself a consequence. Events come oldest
/// first; what fails after the rollback began is another story.
#[must_use]
pub(super) fn first_cause(events: &[StackEvent]) -> Option<&StackEvent> {
    events
        .iter()
        .take_while(|event| !begins_rollback(event))
        .find(|event| event.status.ends_with("_FAILED") && !is_consequence(event))
}

fn begins_rollback(event: &StackEvent) -> bool {
    event.kind == "AWS::CloudFormation::Stack" && event.status.ends_with("ROLLBACK_IN_PROGRESS")
}

/// What CloudFormation says of a resource that it stopped because of another.
fn is_consequence(event: &StackEvent) -> bool {
    let reason = event.reason.trim_end_matches('.');
    reason.starts_with("Resource ") && reason.ends_with(" cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(resource: &str, kind: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent {
            id: format!("{resource}-{status}"),
            resource: resource.to_owned(),
            physical: String::new(),
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn the_cause_is_the_first_failure_that_is_no_consequence() {
        let stack = "AWS::CloudFormation::Stack";
        let events = [
            event("Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", ""),
            event(
                "Topic",
                "AWS::SNS::Topic",
                "CREATE_FAILED",
                "Resource creation cancelled",
            ),
            event(
                "SourceLocation",
                "AWS::DataSync::LocationEFS",
                "CREATE_FAILED",
                "No valid mount targets",
            ),
            event("Task", "AWS::DataSync::Task", "CREATE_FAILED", "late"),
            event(
                "s",
                stack,
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed",
            ),
            event("Bucket", "AWS::S3::Bucket", "DELETE_FAILED", "not empty"),
        ];
        assert_eq!(first_cause(&events).unwrap().resource, "SourceLocation");
        assert_eq!(first_cause(&events[4..]), None);
        assert_eq!(first_cause(&events[..2]), None);
    }
}

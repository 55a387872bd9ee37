//! The table: role, statement, what is done, and what is told where it is denied.

use super::act::Act;

const STARTER: &str = "StartExecutionFunctionName";
const REPORTER: &str = "ReportExecutionFunctionName";
const AUDITOR: &str = "AuditBucketFunctionName";

/// A statement, and what shows that it is needed.
pub(super) struct Row {
    /// The role's name in the template.
    pub(super) role: &'static str,
    /// The statement's Sid.
    pub(super) sid: &'static str,
    /// What is done without it.
    pub(super) act: Act,
    /// What somebody is told then, and never with it.
    pub(super) told: &'static str,
}

#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    row("StartExecutionRole", "WriteOwnLog", Act::SpeakOf(STARTER), "the log is empty"),
    row("StartExecutionRole", "KeepFailedEvents", Act::Fail(STARTER), "is lost: the role"),
    row("StartExecutionRole", "StartTheTask", Act::Start, "datasync:DescribeTask"),
    row("StartExecutionRole", "SayWhoStartedIt", Act::Start, " 0 tags "),
    row("StartExecutionRole", "ReadBurstCredits", Act::Start, "not authorized to perform: cloudwatch:GetMetricData"),
    row("StartExecutionRole", "ReadVariables", Act::Start, "KMSAccessDenied"),
    row("ReportExecutionRole", "WriteOwnLog", Act::SpeakOf(REPORTER), "the log is empty"),
    row("ReportExecutionRole", "KeepFailedEvents", Act::Fail(REPORTER), "is lost: the role"),
    row("ReportExecutionRole", "DescribeTheTask", Act::Tell, "NO CHANGE | task-"),
    row("ReportExecutionRole", "DescribeItsExecutions", Act::Tell, "datasync:DescribeTaskExecution"),
    row("ReportExecutionRole", "ListItsExecutions", Act::Watch, "datasync:ListTaskExecutions"),
    row("ReportExecutionRole", "ListReportsAndLedger", Act::Tell, "s3:ListBucket"),
    row("ReportExecutionRole", "ReadReportsAndLedger", Act::Tell, "s3:GetObject"),
    row("ReportExecutionRole", "WriteLedger", Act::Watch, "s3:PutObject"),
    row("ReportExecutionRole", "ReadTaskLog", Act::Tell, "the log was not read: logs:FilterLogEvents"),
    row("ReportExecutionRole", "SendMail", Act::Tell, "sns:Publish"),
    row("ReportExecutionRole", "SeeTheSchedule", Act::Watch, "scheduler:GetSchedule"),
    row("ReportExecutionRole", "SeeTheRule", Act::Watch, "events:DescribeRule"),
    row("ReportExecutionRole", "SeeFailures", Act::Watch, "sqs:GetQueueAttributes"),
    row("ReportExecutionRole", "SeeTheBucket", Act::TellDenied, "s3:GetBucketLocation"),
    row("ReportExecutionRole", "SeeKeys", Act::TellDenied, "kms:DescribeKey"),
    row("ReportExecutionRole", "SeeLocations", Act::TellDenied, "datasync:DescribeLocationS3"),
    row("ReportExecutionRole", "SeeTheFileSystem", Act::TellUnreachable, "elasticfilesystem:DescribeMountTargets"),
    row("ReportExecutionRole", "UseTheKeys", Act::Tell, "KMSAccessDenied"),
    row("AuditBucketRole", "WriteOwnLog", Act::SpeakOf(AUDITOR), "the log is empty"),
    row("AuditBucketRole", "KeepFailedEvents", Act::Fail(AUDITOR), "is lost: the role"),
    row("AuditBucketRole", "ReadSettings", Act::Audit, "s3:GetBucketVersioning"),
    row("AuditBucketRole", "SendMail", Act::Audit, "sns:Publish"),
    row("AuditBucketRole", "UseTheKeyOfTheTopic", Act::Audit, "KMSAccessDenied"),
    row("DestinationLocationRole", "ListTheBucket", Act::Run, "FsS3HeadBucketFailed"),
    row("DestinationLocationRole", "WriteObjects", Act::Run, "PutObject: Access denied"),
    row("DestinationLocationRole", "UseTheKeyOfTheBucket", Act::Run, "PutObject: Access denied"),
    row("TaskReportRole", "WriteTaskReports", Act::Run, "Failed to upload Task Report"),
    row("TaskReportRole", "UseTheKeyOfTheReports", Act::Run, "Failed to upload Task Report"),
    row("StartScheduleRole", "InvokeStartExecution", Act::Fire("StartScheduleName"), "; the failure queue keeps it"),
    row("StartScheduleRole", "KeepUndeliveredStarts", Act::Fire("StartScheduleName"), "; the failure queue keeps nothing"),
    row("AuditScheduleRole", "InvokeAuditBucket", Act::Fire("AuditScheduleName"), "; the failure queue keeps it"),
    row("AuditScheduleRole", "KeepUndeliveredAudits", Act::Fire("AuditScheduleName"), "; the failure queue keeps nothing"),
    row("WatchScheduleRole", "InvokeReportExecution", Act::Fire("WatchScheduleName"), "; the failure queue keeps it"),
    row("WatchScheduleRole", "KeepMissedWatches", Act::Fire("WatchScheduleName"), "; the failure queue keeps nothing"),
];

/// Statements that nobody's call needs here, each with the reason.
#[rustfmt::skip]
pub(super) const UNTOUCHED: &[(&str, &str, &str)] = &[
    ("FleetRole", "TellAutoScaling", "asked by the mount script with the role's own session: `rehearse scale`"),
    ("FleetRole", "UseTheFileSystem", "EFS asks for it only where the file system has a policy; played by a folder here"),
    ("FleetRole", "FindTheMountTarget", "called by efs-utils, which is played here"),
    ("FleetRole", "KnowTheZones", "called by efs-utils, which is played here"),
    ("FlowLogRole", "WriteFlowLog", "there is no traffic here"),
];

const fn row(role: &'static str, sid: &'static str, act: Act, told: &'static str) -> Row {
    Row {
        role,
        sid,
        act,
        told,
    }
}

impl Row {
    /// The statements that are taken away. What keeps an undelivered event is needed by
    /// nobody as long as it is delivered.
    pub(super) fn without(&self) -> Vec<&'static str> {
        let invokes = TABLE.iter().filter(|other| {
            let keeps = self.sid.starts_with("KeepUndelivered") || self.sid == "KeepMissedWatches";
            keeps && other.role == self.role && other.sid.starts_with("Invoke")
        });
        invokes.map(|other| other.sid).chain([self.sid]).collect()
    }

    pub(super) fn wrong(&self, what: &str, said: &str) -> String {
        let Row {
            role, sid, told, ..
        } = self;
        format!("{role} {sid}: \"{told}\" {what}: {said}")
    }
}

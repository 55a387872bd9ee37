"""Templates with one fault each, all of which the gate has to refuse.

A row is the profile whose resolved template is changed, what is wrong with it,
and the edits.
"""

from .edits import Mutant, add, drop, put, swap


def _statements(role, policy):
    return f"{role}/Policies/{policy}/PolicyDocument/Statement"


def _allow(action, resource):
    return {"Sid": "Mutant", "Effect": "Allow", "Action": action, "Resource": resource}


_DESTINATION = _statements("DestinationLocationRole", "write-backup")
_REPORT = _statements("ReportExecutionRole", "report-execution")
_AUDIT = _statements("AuditBucketRole", "audit-bucket")
_START = _statements("StartExecutionRole", "start-execution")
_BUCKET = "BackupBucketPolicy/PolicyDocument/Statement"
_LAUNCH = "FleetLaunchTemplate/LaunchTemplateData"
_LIFECYCLE = "BackupBucket/LifecycleConfiguration/Rules"
_EVENT = "ExecutionFinishedRule/EventPattern"
_TARGET = "ExecutionFinishedRule/Targets/report-execution"
_ALARM = {"Type": "AWS::CloudWatch::Alarm", "Properties": {}}
_BACKUP_OBJECTS = {"Fn::Sub": "${BackupBucket.Arn}/*"}

_ROWS = [
    # ==== What is stored ====
    ("strict", "backup bucket not encrypted by the key", drop("BackupBucket/BucketEncryption")),
    ("default", "file system not encrypted", put("FileSystem/Encrypted", False)),
    ("default", "volumes of the fleet not encrypted", put(f"{_LAUNCH}/BlockDeviceMappings/0/Ebs/Encrypted", False)),
    ("strict", "alert topic not encrypted", drop("AlertTopic/KmsMasterKeyId")),
    ("default", "versioning suspended", put("BackupBucket/VersioningConfiguration/Status", "Suspended")),
    ("default", "public access of the backup bucket not blocked", drop("BackupBucket/PublicAccessBlockConfiguration")),
    ("default", "current versions expire", put(f"{_LIFECYCLE}/housekeeping/ExpirationInDays", 400)),
    ("default", "current versions archived", put(
        f"{_LIFECYCLE}/housekeeping/Transitions", [{"StorageClass": "DEEP_ARCHIVE", "TransitionInDays": 30}])),
    ("default", "old versions gone after a month", put(
        f"{_LIFECYCLE}/expire-old-versions/NoncurrentVersionExpiration/NoncurrentDays", 30)),
    ("default", "small versions archived too", drop(f"{_LIFECYCLE}/archive-old-versions/ObjectSizeGreaterThan")),
    ("default", "ledger expires", drop("ReportBucket/LifecycleConfiguration/Rules/expire-task-reports/Prefix")),
    ("default", "Retain of the file system removed", drop("FileSystem/DeletionPolicy")),
    ("default", "Retain on replacement removed", drop("BackupBucket/UpdateReplacePolicy")),
    ("default", "policy of a bucket goes with the stack", drop("BackupBucketPolicy/DeletionPolicy")),
    ("default", "ACLs back in use", drop("ReportBucket/OwnershipControls")),
    ("strict", "Object Lock removed",
        drop("BackupBucket/ObjectLockConfiguration"), drop("BackupBucket/ObjectLockEnabled")),
    ("strict", "access logs removed", drop("BackupBucket/LoggingConfiguration")),
    # ==== Who is let in ====
    ("default", "plain HTTP to the backup bucket", drop(f"{_BUCKET}/DenyPlainHttp")),
    ("default", "plain HTTP to the failure queue", drop("FailureQueuePolicy/PolicyDocument/Statement/DenyPlainHttp")),
    ("default", "change of the bucket policy denied", put(
        f"{_BUCKET}/DenyDeletingVersions/Action", ["s3:DeleteObjectVersion", "s3:PutBucketPolicy"])),
    ("default", "all of s3:Put* denied", put(
        f"{_BUCKET}/DenyDeletingVersions/Action", ["s3:DeleteObjectVersion", "s3:Put*"])),
    ("default", "deletion of versions not denied", drop(f"{_BUCKET}/DenyDeletingVersions")),
    ("strict", "deployment role not exempt", drop(
        f"{_BUCKET}/DenyChangingTheSettings/Condition/ArnNotEquals/aws:PrincipalArn/0")),
    ("default", "everybody may publish", add("WatchTopicPolicy/PolicyDocument/Statement", {
        "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": {"Ref": "WatchTopic"}})),
    ("default", "alarms of any account may publish", drop(
        "WatchTopicPolicy/PolicyDocument/Statement/AllowAlarmsOfThisStack/Condition")),
    ("default", "policy of the alert topic removed", drop("AlertTopicPolicy")),
    ("default", "a service may do all to the queue", put(
        "FailureQueuePolicy/PolicyDocument/Statement/AllowUndeliveredEvents/Action", "sqs:*")),
    ("default", "permission without SourceArn", drop("ExecutionFinishedPermission/SourceArn")),
    ("default", "permission for a service of any account", drop("ExecutionFinishedPermission/SourceAccount")),
    # ==== What roles may do ====
    ("default", "wildcard action", put(f"{_AUDIT}/ReadSettings/Action", "s3:*")),
    ("default", "wildcard resource", put(f"{_REPORT}/WriteLedger/Resource", "*")),
    ("default", "REMOVE, and DataSync may delete versions",
        put("Task/Options/PreserveDeletedFiles", "REMOVE"),
        add(f"{_DESTINATION}/WriteObjects/Action", "s3:DeleteObjectVersion")),
    ("default", "an action that does not exist", put(f"{_REPORT}/DescribeTheTask/Action", "datasync:DescribeTasks")),
    ("default", "a list that IAM cannot narrow, narrowed", put(
        f"{_REPORT}/ListItsExecutions/Resource", {"Ref": "Task"})),
    ("default", "DataSync's role for any account", drop(
        "DestinationLocationRole/AssumeRolePolicyDocument/Statement/0/Condition")),
    ("default", "instances read the backup", add(
        _statements("FleetRole", "mount-efs"), _allow("s3:GetObject", _BACKUP_OBJECTS))),
    # ==== Network and fleet ====
    ("default", "2049 opened to the world",
        drop("MountTargetFromFleet/SourceSecurityGroupId"), put("MountTargetFromFleet/CidrIp", "0.0.0.0/0")),
    ("default", "2049 opened to a range",
        drop("MountTargetFromFleet/SourceSecurityGroupId"), put("MountTargetFromFleet/CidrIp", "10.20.0.0/16")),
    ("default", "IMDSv1", put(f"{_LAUNCH}/MetadataOptions/HttpTokens", "optional")),
    ("strict", "public address in a private fleet", put(
        f"{_LAUNCH}/NetworkInterfaces/0/AssociatePublicIpAddress", True)),
    ("strict", "an endpoint missing", drop("SsmMessagesEndpoint")),
    ("default", "DataSync beside the mount targets", put("SourceLocation/Ec2Config/SubnetArn", {
        "Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:subnet/${PublicSubnetA}"})),
    ("default", "DataSync not let in", drop("MountTargetFromDataSync")),
    ("default", "an instance serves without its files", put(
        "FleetGroup/LifecycleHookSpecificationList/0/DefaultResult", "CONTINUE")),
    ("default", "a zone of the fleet without a mount target", drop("MountTargetB")),
    ("default", "the fleet in one zone", drop("FleetGroup/VPCZoneIdentifier/1")),
    # ==== Transfer ====
    ("default", "source and destination swapped", swap("Task/SourceLocationArn", "Task/DestinationLocationArn")),
    ("default", "nothing verified", put("Task/Options/VerifyMode", "NONE")),
    ("default", "report of failed files removed", drop("Task/TaskReportConfig")),
    ("default", "task log off", put("Task/Options/LogLevel", "OFF")),
    ("default", "files travel in the clear", put("SourceLocation/InTransitEncryption", "NONE")),
    ("default", "REMOVE without versions",
        put("Task/Options/PreserveDeletedFiles", "REMOVE"), drop("BackupBucket/VersioningConfiguration")),
    ("default", "changed files left as they were", put("Task/Options/OverwriteMode", "NEVER")),
    ("default", "DataSync may not write its log", drop("TaskLogPolicy")),
    ("default", "DataSync's own schedule", put("Task/Schedule", {"ScheduleExpression": "rate(1 day)"})),
    ("default", "owners not kept", put("Task/Options/Uid", "NONE")),
    # ==== Events and schedules ====
    ("default", "pattern with a key that no event has", put(f"{_EVENT}/detail", {
        "status": [{"anything-but": ["QUEUED"]}]})),
    ("default", "pattern of two final states", put(f"{_EVENT}/detail/State", ["SUCCESS", "ERROR"])),
    ("default", "the runs of every task", drop(f"{_EVENT}/resources")),
    ("default", "rule disabled", put("ExecutionFinishedRule/State", "DISABLED")),
    ("default", "schedule disabled", put("StartSchedule/State", "DISABLED")),
    ("default", "rule without permission", drop("ExecutionFinishedPermission")),
    # ==== Failures ====
    ("default", "OnFailure removed", drop("Globals/Function/EventInvokeConfig/DestinationConfig")),
    ("default", "queue of the rule removed", drop(f"{_TARGET}/DeadLetterConfig")),
    ("default", "schedule without a queue", drop("WatchSchedule/Target/DeadLetterConfig")),
    ("default", "rule not let into its queue", drop(
        "FailureQueuePolicy/PolicyDocument/Statement/AllowUndeliveredEvents")),
    ("default", "function may not send to the queue", drop(f"{_START}/KeepFailedEvents")),
    ("default", "a lost event not retried", drop(f"{_TARGET}/RetryPolicy")),
    ("default", "failures kept for four days", drop("FailureQueue/MessageRetentionPeriod")),
    ("default", "a log group of Lambda's own making", drop("ReportExecutionFunction/LoggingConfig")),
    ("default", "concurrency reserved", put("ReportExecutionFunction/ReservedConcurrentExecutions", 1)),
    ("default", "a function less patient than its wait", put("ReportExecutionFunction/Timeout", 15)),
    ("default", "log without an end", drop("TaskLog/RetentionInDays")),
    # ==== Alarms ====
    ("default", "alarm of the queue removed", drop("FailureQueueNotEmptyAlarm")),
    ("default", "alarm action removed", drop("FailureQueueNotEmptyAlarm/AlarmActions")),
    ("default", "silence does not ring", put("NoRecentGoodRunAlarm/TreatMissingData", "notBreaching")),
    ("default", "missing data not decided", drop("FailureQueueNotEmptyAlarm/TreatMissingData")),
    ("default", "alarm by the mails that it watches", put(
        "NoRecentGoodRunAlarm/AlarmActions", [{"Ref": "AlertTopic"}])),
    ("default", "alarms not let into their topic", drop(
        "WatchTopicPolicy/PolicyDocument/Statement/AllowAlarmsOfThisStack")),
    ("default", "a watch once a day", put("WatchSchedule/ScheduleExpression", "rate(1 day)")),
    ("default", "nine alarms", *(put(f"Alarm{i}", dict(_ALARM)) for i in range(9))),
    ("default", "an alarm without words", drop("NoRecentGoodRunAlarm/AlarmDescription")),
    ("default", "nobody hears alarms", drop("WatchSubscription")),
    # ==== Keys ====
    ("strict", "key without rotation", put("DataKey/EnableKeyRotation", False)),
    ("strict", "key policy without CloudWatch", drop("DataKey/KeyPolicy/Statement/AllowAlarms")),
    ("strict", "key policy without CloudWatch Logs", drop("MessagingKey/KeyPolicy/Statement/AllowLogs")),
    ("strict", "key policy without Auto Scaling", drop("DataKey/KeyPolicy/Statement/AllowVolumesOfTheFleetToStay")),
    ("strict", "key policy without the account", drop("MessagingKey/KeyPolicy/Statement/AllowThisAccount")),
    ("strict", "function without the key of its topic", drop(f"{_REPORT}/UseTheKeys")),
    ("strict", "one key for mails and their watch", put(
        "WatchTopic/KmsMasterKeyId", {"Fn::GetAtt": ["MessagingKey", "Arn"]})),
    ("strict", "a queue under a key that rules may not use",
        drop("DataKey/KeyPolicy/Statement/AllowRules"),
        put("FailureQueue/KmsMasterKeyId", {"Fn::GetAtt": ["DataKey", "Arn"]})),
    ("strict", "key gone after a week", put("DataKey/PendingWindowInDays", 7)),
    ("strict", "the protected bucket's key may be ended", drop("DataKey/KeyPolicy/Statement/DenyEndingTheKey")),
    # ==== What CloudFormation would refuse ====
    ("default", "a reference to nothing", put("FleetGroup/VPCZoneIdentifier/0", {"Ref": "NoSuchSubnet"})),
    ("default", "a circle of dependencies", put("BackupBucket/DependsOn", "Task")),
    ("default", "a property that does not exist", put("FileSystem/Encryption", True)),
]  # fmt: skip

MUTANTS = [Mutant(profile, fault, tuple(edits)) for profile, fault, *edits in _ROWS]

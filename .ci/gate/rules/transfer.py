"""The task copies from the file system to the bucket, all that can be copied, and checks it."""

from ..stack import Stack, names


def the_file_system_is_the_source(stack: Stack):
    """The right way round: the other way a restore would overwrite the files of today."""
    sources = {location.name for location in stack.of("DataSync::LocationEFS")}
    destinations = {location.name for location in stack.of("DataSync::LocationS3")}
    for task in stack.of("DataSync::Task"):
        reads, writes = names(task.get("SourceLocationArn")), names(task.get("DestinationLocationArn"))
        if not (reads and writes and reads <= sources and writes <= destinations):
            yield task.name


def what_was_copied_is_verified(stack: Stack):
    """D8: a copy nobody checked is no backup; and to check all would read archived versions back."""
    for task in stack.of("DataSync::Task"):
        if task.get("Options/VerifyMode") != "ONLY_FILES_TRANSFERRED":
            yield task.name


def a_restored_file_has_its_owner_mode_and_time(stack: Stack):
    """D8: without them a web server cannot read what was restored."""
    kept = {"Uid": "INT_VALUE", "Gid": "INT_VALUE", "PosixPermissions": "PRESERVE", "Mtime": "PRESERVE"}
    for task in stack.of("DataSync::Task"):
        if not kept.items() <= task.get("Options", {}).items():
            yield task.name


def files_deleted_at_the_source_stay_restorable(stack: Stack):
    """D8: REMOVE is a marker in a versioned bucket, and a loss in any other."""
    versioned = all(bucket.get("VersioningConfiguration/Status") == "Enabled" for bucket in stack.backup_buckets)
    for task in stack.of("DataSync::Task"):
        if task.get("Options/PreserveDeletedFiles") != "PRESERVE" and not versioned:
            yield task.name


def changed_files_are_copied_again(stack: Stack):
    """D8: NEVER would leave the first version of each file as its backup."""
    for task in stack.of("DataSync::Task"):
        if task.get("Options/OverwriteMode") != "ALWAYS" or task.get("Options/TransferMode") not in ("CHANGED", "ALL"):
            yield task.name


def failed_files_are_listed(stack: Stack):
    """D8, DataSync.1: report and log are the only list of the files that a run left out."""
    for task in stack.of("DataSync::Task"):
        if task.get("TaskReportConfig/ReportLevel") is None or task.get("TaskReportConfig/OutputType") != "STANDARD":
            yield task.name
        if task.get("CloudWatchLogGroupArn") is None or task.get("Options/LogLevel") not in ("BASIC", "TRANSFER"):
            yield task.name


def datasync_may_write_its_log(stack: Stack):
    """Without a policy of the log group's, runs go well and log nothing, in silence."""
    policies = [str(policy.get("PolicyDocument")) for policy in stack.of("Logs::ResourcePolicy")]
    for task in stack.of("DataSync::Task"):
        for group in names(task.get("CloudWatchLogGroupArn")):
            if not any("datasync.amazonaws.com" in policy and f"${{{group}.Arn}}" in policy for policy in policies):
                yield group


def files_travel_encrypted(stack: Stack):
    """SEC09-BP02: TLS between DataSync and the file system, which EFS does not insist on."""
    for location in stack.of("DataSync::LocationEFS"):
        if location.get("InTransitEncryption") != "TLS1_2":
            yield location.name


def the_schedule_is_not_datasyncs_own(stack: Stack):
    """D10: DataSync switches its own schedule off after repeated errors, and tells nobody."""
    for task in stack.of("DataSync::Task"):
        if task.get("Schedule") is not None:
            yield task.name

"""What lies in the file system and in the buckets stays there."""

from ..stack import Stack, listed

_STATEFUL = ("EFS::FileSystem", "S3::Bucket", "KMS::Key", "Backup::BackupVault")
_YEAR = 365


def what_holds_data_outlives_the_stack(stack: Stack):
    """D18: neither the end of the stack nor a replacement takes data, or its key, along."""
    for resource in stack.of(*_STATEFUL):
        if resource.body.get("DeletionPolicy") not in ("Retain", "RetainExceptOnCreate"):
            yield resource.name
        if resource.body.get("UpdateReplacePolicy") != "Retain":
            yield resource.name


def the_policy_of_a_bucket_outlives_the_stack_with_it(stack: Stack):
    """D18: a bucket that stays without its policy would stay without its protection."""
    for policy in stack.of("S3::BucketPolicy"):
        if policy.body.get("DeletionPolicy") not in ("Retain", "RetainExceptOnCreate"):
            yield policy.name


def every_bucket_keeps_versions(stack: Stack):
    """S3.14: an overwritten object is still there."""
    for bucket in stack.of("S3::Bucket"):
        if bucket.get("VersioningConfiguration/Status") != "Enabled":
            yield bucket.name


def current_versions_never_expire(stack: Stack):
    """D9: the newest version of a file is kept for ever."""
    for bucket, rule in _lifecycle(stack.backup_buckets):
        if {"ExpirationInDays", "ExpirationDate"} & set(rule):
            yield bucket.name


def current_versions_are_never_archived(stack: Stack):
    """D9: DataSync cannot verify what is in the archive, and a restore would wait 12 to 48 hours for it."""
    for bucket, rule in _lifecycle(stack.backup_buckets):
        if {"Transition", "Transitions"} & set(rule):
            yield bucket.name


def old_versions_stay_for_a_year(stack: Stack):
    """D9: the least that RetainVersionsDays offers."""
    for bucket, rule in _lifecycle(stack.backup_buckets):
        # Two ways to say the same.
        days = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", _YEAR)
        if min(days, rule.get("NoncurrentVersionExpirationInDays", _YEAR)) < _YEAR:
            yield bucket.name


def only_large_versions_are_archived(stack: Stack):
    """D9: below a size the archive costs more than it saves; the filter must not keep small versions from expiring."""
    for bucket, rule in _lifecycle(stack.backup_buckets):
        archives = "NoncurrentVersionTransitions" in rule or "NoncurrentVersionTransition" in rule
        is_large = int(rule.get("ObjectSizeGreaterThan", 0)) >= 128 * 1024
        if archives and (not is_large or "NoncurrentVersionExpiration" in rule):
            yield bucket.name


def the_ledger_never_expires(stack: Stack):
    """D3: DataSync forgets a run after 30 days, the ledger does not."""
    for bucket, rule in _lifecycle(stack.report_buckets):
        prefix = rule.get("Prefix", "")
        touches_the_ledger = prefix.startswith("ledger/") or "ledger/".startswith(prefix)
        if touches_the_ledger and {"ExpirationInDays", "ExpirationDate"} & set(rule):
            yield bucket.name


def no_bucket_knows_acls(stack: Stack):
    """S3.12: who may what stands in policies alone."""
    for bucket in stack.of("S3::Bucket"):
        ownership = [rule.get("ObjectOwnership") for rule in bucket.get("OwnershipControls/Rules", [])]
        if ownership != ["BucketOwnerEnforced"]:
            yield bucket.name


def _lifecycle(buckets):
    for bucket in buckets:
        for rule in listed(bucket.get("LifecycleConfiguration/Rules")):
            if rule["Status"] == "Enabled":
                yield bucket, rule

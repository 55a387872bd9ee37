"""Customer keys: everybody who needs one may use it. A key that says no is a mail that never comes."""

from ..stack import Stack, allows, denies, is_plain_http_denied, names, services, statements

_USE = ("kms:Decrypt", "kms:GenerateDataKey")


def alarms_and_rules_may_use_the_key_of_their_topic(stack: Stack):
    """CloudWatch and EventBridge publish to an encrypted topic only if its key lets them; else in silence nothing."""
    alarmed = {name for alarm in stack.of("CloudWatch::Alarm") for name in names(alarm.get("AlarmActions"))}
    targeted = {name for rule in stack.of("Events::Rule") for name in names(rule.get("Targets"))}
    for topic in stack.of("SNS::Topic"):
        for key in _keys(stack, topic.get("KmsMasterKeyId")):
            if topic.name in alarmed and not _lets(key, "cloudwatch.amazonaws.com"):
                yield key.name
            if topic.name in targeted and not _lets(key, "events.amazonaws.com"):
                yield key.name


def rules_may_use_the_key_of_their_queue(stack: Stack):
    """What EventBridge cannot deliver is lost if it cannot encrypt it for the queue."""
    for queue in stack.of("SQS::Queue"):
        for key in _keys(stack, queue.get("KmsMasterKeyId")):
            if stack.of("Events::Rule") and not _lets(key, "events.amazonaws.com"):
                yield key.name


def logs_may_use_their_key(stack: Stack):
    """CloudWatch Logs refuses a log group whose key does not let it in."""
    for group in stack.of("Logs::LogGroup"):
        for key in _keys(stack, group.get("KmsKeyId")):
            if not _lets(key, "logs.amazonaws.com"):
                yield key.name


def auto_scaling_may_use_the_key_of_volumes(stack: Stack):
    """Without a grant to its service-linked role every launch of an instance fails, and no scanner sees it."""
    for launch in stack.of("EC2::LaunchTemplate"):
        for key in _keys(stack, launch.get("LaunchTemplateData/BlockDeviceMappings")):
            granted = [
                statement
                for statement in _statements(key)
                if allows(statement, "kms:CreateGrant") and "AWSServiceRoleForAutoScaling" in str(statement)
            ]
            if not granted:
                yield key.name


def roles_may_use_the_keys_of_what_they_write(stack: Stack):
    """A role that may publish, send or put needs the key of the topic, queue or bucket as well."""
    encrypted = {
        **{found.name: _keys(stack, found.get("KmsMasterKeyId")) for found in stack.of("SNS::Topic", "SQS::Queue")},
        **{found.name: _keys(stack, found.get("BucketEncryption")) for found in stack.of("S3::Bucket")},
    }
    writes = ("sns:Publish", "sqs:SendMessage", "s3:PutObject")
    for role, statement in stack.role_statements():
        if any(allows(statement, action) for action in writes):
            for name in names(statement.get("Resource")):
                for key in encrypted.get(name, []):
                    if not _role_may_use(stack, role, key):
                        yield role.name


def the_account_keeps_its_keys(stack: Stack):
    """KMS: a key whose policy forgets the account can never be managed again."""
    for key in stack.of("KMS::Key"):
        if not any(
            allows(found, "kms:PutKeyPolicy") and ":root" in str(found["Principal"]) for found in _statements(key)
        ):
            yield key.name


def a_key_waits_before_it_goes(stack: Stack):
    """KMS.3: 30 days, the most there is, to notice that a key was scheduled for deletion."""
    for key in stack.of("KMS::Key"):
        if key.get("PendingWindowInDays") != 30:
            yield key.name


def what_protects_a_bucket_protects_its_key(stack: Stack):
    """D17: versions that nobody may remove are lost with the key that they are read by."""
    for policy in stack.of("S3::BucketPolicy"):
        laid = statements(policy.get("PolicyDocument"))
        if any(denies(found, "s3:PutBucketVersioning") and not is_plain_http_denied(found) for found in laid):
            for bucket in names(policy.get("Bucket")) & {found.name for found in stack.of("S3::Bucket")}:
                for key in _keys(stack, stack[bucket].get("BucketEncryption")):
                    if not any(denies(found, "kms:DisableKey", "kms:ScheduleKeyDeletion") for found in _statements(key)):
                        yield key.name


def the_mails_and_their_watch_have_different_keys(stack: Stack):
    """D2: one broken key must not silence the mails about runs and the alarm about their silence."""
    keys = [key.name for topic in stack.of("SNS::Topic") for key in _keys(stack, topic.get("KmsMasterKeyId"))]
    yield from {key for key in keys if keys.count(key) > 1}


def _keys(stack, node):
    return [key for key in stack.of("KMS::Key") if key.name in names(node)]


def _statements(key):
    return statements(key.get("KeyPolicy"))


def _lets(key, service):
    return any(service in services(found) and allows(found, *_USE) for found in _statements(key))


def _role_may_use(stack, role, key):
    return any(
        allows(statement, *_USE) and key.name in names(statement.get("Resource"))
        for other, statement in stack.role_statements()
        if other.name == role.name
    )

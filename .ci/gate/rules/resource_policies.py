"""Whom buckets, topics, queues and logs let in, and that they lock nobody out."""

import json

from ..documents import example
from ..stack import (
    Stack,
    condition_keys,
    denies,
    is_for_everybody,
    is_plain_http_denied,
    listed,
    services,
    statements,
)

_WITH_POLICY = ("S3::Bucket", "SNS::Topic", "SQS::Queue")
_POLICIES = ("S3::BucketPolicy", "SNS::TopicPolicy", "SQS::QueuePolicy")


def plain_http_is_denied(stack: Stack):
    """S3.5 and the like: each bucket, topic and queue turns away whoever comes without TLS."""
    for resource in stack.of(*_WITH_POLICY):
        laid = [statement for policy in stack.policies_of(resource) for statement in _statements(policy)]
        if not any(map(is_plain_http_denied, laid)):
            yield resource.name


def nobody_is_locked_out_of_a_bucket(stack: Stack):
    """D17: a bucket that denies a change of its policy locks its own stack out."""
    for policy in stack.of("S3::BucketPolicy"):
        for statement in _statements(policy):
            is_open_ended = statement["Effect"] == "Deny" and "NotAction" in statement
            locks = denies(statement, "s3:PutBucketPolicy") or denies(statement, "s3:DeleteBucketPolicy")
            if (locks or is_open_ended) and not is_plain_http_denied(statement):
                yield policy.name


def versions_cannot_be_deleted(stack: Stack):
    """D17: whatever the role of somebody says, the backup bucket does not let versions be deleted."""
    for bucket in stack.backup_buckets:
        laid = [statement for policy in stack.policies_of(bucket) for statement in _statements(policy)]
        if not any(
            is_for_everybody(statement) and denies(statement, "s3:DeleteObjectVersion")
            for statement in laid
            if condition_keys(statement) <= {"aws:principalarn"}
        ):
            yield bucket.name


def protected_settings_exempt_both_roles(stack: Stack):
    """D17: without the deployment role the next deployment fails, without break-glass the day after it."""
    for policy in stack.of("S3::BucketPolicy"):
        for statement in _statements(policy):
            if denies(statement, "s3:PutLifecycleConfiguration") and not is_plain_http_denied(statement):
                exempt = statement.get("Condition", {}).get("ArnNotEquals", {}).get("aws:PrincipalArn")
                if len(listed(exempt)) < 2:
                    yield policy.name


def services_are_let_in_for_this_account_only(stack: Stack):
    """D19, SNS.4, SQS.3: a service acts for anybody in the world, unless it is asked for whom."""
    for policy in stack.of(*_POLICIES, "Logs::ResourcePolicy"):
        for statement in _statements(policy):
            asked = {"aws:sourceaccount", "aws:sourcearn"} & condition_keys(statement)
            if statement["Effect"] == "Allow" and not (services(statement) and asked):
                yield policy.name


def every_topic_has_a_policy_of_its_own(stack: Stack):
    """D19: the one that SNS gives it lets every role of the account publish."""
    for topic in stack.of("SNS::Topic"):
        if not stack.policies_of(topic):
            yield topic.name


def policies_allow_no_wildcard(stack: Stack):
    """IAM.21: what a resource policy allows is spelt out."""
    for policy in stack.of(*_POLICIES):
        for statement in _statements(policy):
            if statement["Effect"] == "Allow" and any("*" in action for action in listed(statement.get("Action"))):
                yield policy.name


def _statements(policy):
    """A log's policy is text; the others are data."""
    document = policy.get("PolicyDocument")
    if isinstance(document, str) or "Fn::Sub" in document:
        document = json.loads(example(document, {"Resources": {}}))
    return statements(document)

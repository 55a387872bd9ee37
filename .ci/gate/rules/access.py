"""What the roles may do, and who may take them."""

from ..stack import Stack, allows, condition_keys, listed, names, services, statements

# Of these IAM knows no resource.
_NEED_STAR = {
    "autoscaling:DescribeAutoScalingGroups",
    "cloudwatch:GetMetricData",
    "datasync:ListTaskExecutions",
    "ec2:DescribeAvailabilityZones",
    "s3:ListAllMyBuckets",
}

_DESTRUCTIVE = [
    "backup:DeleteRecoveryPoint",
    "datasync:DeleteTask",
    "elasticfilesystem:DeleteFileSystem",
    "kms:DisableKey",
    "kms:ScheduleKeyDeletion",
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "sns:DeleteTopic",
]

# They act for nobody else: AWS documents no such condition for them.
_ACT_FOR_NOBODY = {"ec2.amazonaws.com", "lambda.amazonaws.com"}


def actions_are_spelt_out(stack: Stack):
    """IAM.1, IAM.21: a role may what it was written for, and nothing that AWS adds later."""
    for role, statement in stack.role_statements():
        if "NotAction" in statement or any("*" in action for action in listed(statement.get("Action"))):
            yield role.name


def resources_are_named_where_iam_knows_any(stack: Stack):
    """IAM.1: everything only where there is nothing narrower."""
    for role, statement in stack.role_statements():
        if "*" in listed(statement.get("Resource")) and not set(listed(statement["Action"])) <= _NEED_STAR:
            yield role.name


def no_role_can_destroy_a_backup(stack: Stack):
    """Promise 3, D8: DeleteObject only hides an object of a versioned bucket; what really deletes is in no role."""
    for role, statement in stack.role_statements():
        if any(allows(statement, action) for action in _DESTRUCTIVE):
            yield role.name


def services_take_a_role_for_this_account_only(stack: Stack):
    """The confused deputy: a service that acts for many customers must say for whom it takes the role."""
    for role in stack.of("IAM::Role"):
        for statement in statements(role.get("AssumeRolePolicyDocument")):
            asked = {"aws:sourceaccount", "aws:sourcearn"} & condition_keys(statement)
            if not services(statement) or (services(statement) - _ACT_FOR_NOBODY and not asked):
                yield role.name


def permissions_name_their_source(stack: Stack):
    """Lambda.1: a rule of this account, not a rule of anybody, may invoke a function."""
    for permission in stack.of("Lambda::Permission"):
        if permission.get("SourceArn") is None or permission.get("SourceAccount") is None:
            yield permission.name


def instances_never_see_the_backup(stack: Stack):
    """Whoever takes over an instance gets the files it serves, and no copy of them."""
    backups = {bucket.name for bucket in stack.backup_buckets}
    fleet = {
        role.name
        for role in stack.of("IAM::Role")
        for statement in statements(role.get("AssumeRolePolicyDocument"))
        if "ec2.amazonaws.com" in services(statement)
    }
    for role, statement in stack.role_statements():
        if role.name in fleet and names(statement.get("Resource")) & backups:
            yield role.name

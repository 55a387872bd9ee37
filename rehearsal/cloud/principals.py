"""Who asks: the role behind a session, the root user, and whoever deploys a stack.

On AWS `aws:PrincipalArn` of a session is the ARN of its role, an explicit Deny
in the policy of a resource holds for everybody, and CloudFormation touches a
resource as the person who deploys. The emulator gives the ARN of the session,
exempts its default credentials from every policy, and lets a stack change
whatever it wants.

The default credentials (`test`) are the root user of the account. As on AWS, no
policy has to allow it anything, but a Deny in the policy of a bucket, a topic or
a queue stops it too; only the policy of a bucket it can always read, replace
and delete. A customer key has to let it in like everybody else.

Sources: IAM User Guide, "AWS global condition context keys", `aws:PrincipalArn`;
S3 API Reference, `PutBucketPolicy`; KMS Developer Guide, "Key policies in AWS KMS".
"""

from __future__ import annotations

from contextvars import ContextVar

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, s3

from cloud.errors import failed_resource

# What a policy of a bucket cannot keep its root user from.
ROOT_KEEPS = {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}

EVERYTHING = iam_evaluator.EvalResult("Allow")

_resolve = iam_evaluator._resolve_condition_key
_enforce = iam_evaluator.enforce
_caller: ContextVar = ContextVar("caller", default=None)


def install() -> None:
    iam_evaluator._resolve_condition_key = resolve_condition_key
    iam_evaluator.enforce = enforce


def resolve_condition_key(key: str, context):
    if key.lower() != "aws:principalarn":
        return _resolve(key, context)
    # A service has no such key: a Deny for all but some roles stops it too.
    return None if context.principal_type == "Service" else principal_arn(context.principal_arn)


def principal_arn(caller_arn: str) -> str:
    """The ARN that policies know a caller by: of a session, that of its role."""
    if ":assumed-role/" not in caller_arn:
        return caller_arn
    account, name = caller_arn.split(":")[4], caller_arn.split("/")[1]
    role = iam._roles.get_scoped(account, None, name) or {}
    return role.get("Arn") or f"arn:aws:iam::{account}:role/{name}"


def caller():
    """Who made the request that is being answered, with the policies it has."""
    return _caller.get()


def of_role(role_arn: str):
    """The role as a service has assumed it, with the policies it has."""
    account, name = get_account_id(), role_arn.rsplit("/", 1)[-1]
    return iam_evaluator.PrincipalInfo(
        arn=f"arn:aws:sts::{account}:assumed-role/{name}/service", type="AssumedRole", account=account,
        policies=iam_evaluator._gather_role_policies(name, account))


def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
    """Stands in for the emulator's function: what it never asks the root user, is asked here."""
    refusal = _enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
    if refusal is not None:
        return refusal
    principal = iam_evaluator.resolve_principal(access_key_id or "", get_account_id())
    _caller.set(principal)
    if getattr(principal, "policies", []) is not None or iam_action in ROOT_KEEPS:
        return None
    return _refused_to_root(principal, iam_action, service, resource_arn, service_context or {})


def _refused_to_root(principal, action: str, service: str, resource: str, keys: dict):
    found = iam_evaluator._resource_policy(service, resource)
    if found is None:
        return None
    context = context_of(principal, action, resource, keys)
    must_allow = service in iam_evaluator._POLICY_REQUIRED
    result = iam_evaluator.combine_resource_policy(EVERYTHING, context, *found, required=must_allow)
    return None if result.decision == "Allow" else result


def context_of(principal, action: str, resource: str, keys: dict):
    return iam_evaluator.EvalContext(
        principal_arn=principal.arn, principal_type=principal.type,
        principal_account=principal.account, action=action, resource_arn=resource,
        region=get_region(), principal_keys=principal.keys,
        service_context={name.lower(): value for name, value in keys.items()},
    )


def check_deployer(action: str, bucket: str) -> None:
    """Fails the resource where the policy of a bucket denies the action to who deploys the stack."""
    arn = iam_evaluator.caller_arn()
    if action in ROOT_KEEPS and arn.endswith(":root"):
        return
    context = iam_evaluator.EvalContext(
        principal_arn=arn, principal_type="AssumedRole" if ":assumed-role/" in arn else "",
        principal_account=get_account_id(), action=action, resource_arn=f"arn:aws:s3:::{bucket}",
        region=get_region(), service_context={
            "aws:viaawsservice": "true", "aws:calledvia": ["cloudformation.amazonaws.com"]},
    )
    policy = s3._bucket_policies.get(bucket)
    if iam_evaluator.evaluate_resource_policy(policy, context).decision == "Deny":
        raise failed_resource(
            f'User: {arn} is not authorized to perform: {action} on resource: "arn:aws:s3:::{bucket}" '
            "with an explicit deny in a resource-based policy", "S3", 403)

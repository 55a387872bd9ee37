"""Customer keys: whoever writes or reads what a key encrypts must be let by the key.

The emulator encrypts nothing, and asks no key whether somebody may use it. On
AWS a service uses a key in the name of its caller: a role needs the action by
the key's policy, or by its own where the key leaves that to the account; a
service that has no role is let by the key's policy alone. Without it a message
is not published, an alarm rings unheard, and an object is not written.

`message_keys.py`, `object_keys.py`, `variable_keys.py`, `volume_keys.py` and
`cfn_keys.py` ask at topics and queues, at S3, for variables of functions, for
volumes of a fleet, and for log groups.

Sources: KMS Developer Guide, "Key policies in AWS KMS", "kms:ViaService" and
"Encryption context"; SNS Developer Guide, "Amazon SNS data encryption and key
management"; SQS Developer Guide, "Key management".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import kms

from cloud import iam, principals

# These call KMS without saying for what: a condition on the source never holds.
WITHOUT_SOURCE = {"events.amazonaws.com"}


class KeyRefused(Exception):
    """A key that may not be used, or cannot be; `kind` is `denied`, `disabled`, `pending` or `missing`."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Use:
    """What a service asks of a key, and for what: `via` is the service as an endpoint names it.

    `more` are condition keys of these calls alone.
    """

    via: str
    actions: tuple[str, ...]
    encryption_context: dict = field(default_factory=dict)
    more: dict = field(default_factory=dict)

    def keys(self) -> dict:
        """The condition keys of the calls."""
        context = {f"kms:encryptioncontext:{name}".lower(): value for name, value in self.encryption_context.items()}
        return {**self.more, **context, "kms:encryptioncontextkeys": list(self.encryption_context),
                "kms:calleraccount": get_account_id(), "kms:viaservice": f"{self.via}.{get_region()}.amazonaws.com"}


def check_principal(key_id: str, use: Use, principal) -> None:
    """Raises `KeyRefused` unless this user, role or root user may use the key."""
    key = _working(key_id)
    if key is None:
        return  # A key of AWS lets everybody of the account in who comes through its service.
    for action in use.actions:
        context = principals.context_of(principal, action, key["Arn"], use.keys())
        identity = principals.EVERYTHING
        if principal.policies is not None:
            identity = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
        result = iam_evaluator.combine_resource_policy(
            identity, context, key["Policy"], get_account_id(), required=True, limits=principal.limits)
        if result.decision != "Allow":
            raise KeyRefused("denied", _denial(action, principal.arn, key["Arn"], result))


def check_caller(key_id: str, use: Use) -> None:
    """The same for whoever made the request that is being answered, if there is one."""
    if principals.caller() is not None:
        check_principal(key_id, use, principals.caller())


def check_role(key_id: str, use: Use, role_arn: str) -> None:
    """The same for a role that a service has assumed."""
    check_principal(key_id, use, principals.of_role(role_arn))


def check_service(key_id: str, use: Use, service: str, source_arn: str) -> None:
    """The same for a service that has no role here, such as the alarms of CloudWatch."""
    key = _working(key_id)
    if key is None:
        raise KeyRefused("denied", f"the policy of {key_id}, a key of AWS, does not let {service} use it")
    more = {"kms:calleraccount": None, **{name: value for name, value in use.keys().items()
                                          if name.startswith("kms:encryptioncontext")}}
    if service in WITHOUT_SOURCE:
        source_arn, more = "", {**more, "aws:sourceaccount": None}
    for action in use.actions:
        decision = iam.policy_allows_service(key["Policy"], service, action, key["Arn"], source_arn, more=more)
        if decision != "Allow":
            raise KeyRefused("denied", f"the policy of {key['Arn']} does not let {service} use {action}")


def _working(key_id: str) -> dict | None:
    """The key, or nothing for one that AWS keeps for a service."""
    key = kms._resolve_key(key_id)
    if key is None:
        if "alias/aws/" in key_id:
            return None
        raise KeyRefused("missing", f"Key '{key_id}' does not exist")
    if key["KeyState"] == "PendingDeletion":
        raise KeyRefused("pending", f"{key['Arn']} is pending deletion.")
    if key["KeyState"] != "Enabled":
        raise KeyRefused("disabled", f"{key['Arn']} is disabled.")
    return key


def _denial(action: str, principal: str, key: str, result) -> str:
    if result.resource_policy_arn:
        return (f"User: {principal} is not authorized to perform: {action} on resource: {key} "
                "with an explicit deny in a resource-based policy")
    return iam_actions.identity_denial_message(action, principal, key, result.decision == "Deny")

"""Identity: requests count as TLS, and AWS services are principals of their own.

The emulator checks its callers' policies, but not those of services: a rule
invokes a function that never allowed it, a schedule needs no role, and no
service can assume a role whose trust policy asks for the source account. On
AWS all of these fail, most of them without a sound.
"""

from __future__ import annotations

import re
import time
from contextvars import ContextVar

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts

from cloud.errors import Refused

SESSION_SECONDS = 12 * 3600


def install() -> None:
    """Makes every request count as sent over TLS.

    The server speaks plain HTTP on the loopback, so a bucket policy that
    denies what is not `aws:SecureTransport` would lock every role out. Work
    outside a request (a delivery, a schedule) takes the default.
    """
    iam_evaluator._request_origin = ContextVar("request_origin", default=("127.0.0.1", True))
    pin = iam_evaluator.pin_request_origin
    app.pin_request_origin = lambda source_ip, secure: pin(source_ip, True)
    _let_wildcards_match_line_breaks()


def _let_wildcards_match_line_breaks() -> None:
    """`*` in a policy stands for any characters; a key may hold a line break.

    The emulator refuses such a key to every role, as if no policy allowed it.
    """
    compiled = iam_evaluator._fnmatch_compile

    def compile_to_all(pattern: str, ignore_case: bool) -> re.Pattern:
        one_line = compiled(pattern, ignore_case)
        return re.compile(one_line.pattern, one_line.flags | re.DOTALL)

    iam_evaluator._fnmatch_compile = compile_to_all


def policy_allows_service(policy, service: str, action: str, resource: str, source_arn: str,
                          source_account: str = "", more: dict | None = None) -> str:
    """What a resource or trust policy says about a service: Allow, Deny or ImplicitDeny.

    `more` are condition keys beside the usual ones; None takes one of these away.
    """
    keys = {"aws:principalservicename": service, "aws:principalisawsservice": "true",
            "aws:sourceaccount": source_account or get_account_id()}
    if source_arn:
        keys["aws:sourcearn"] = source_arn
    keys.update(more or {})
    context = iam_evaluator.EvalContext(
        principal_arn="*", principal_type="Service", principal_account="", action=action,
        resource_arn=resource, region=get_region(), service_context=keys,
    )
    return iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision


def check_trust(role_arn: str, service: str, source_arn: str, source_account: str = "") -> dict:
    """The role, if its trust policy lets the service assume it for this source."""
    role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
    if role is None or role.get("Arn") != role_arn:
        raise Refused(403, f"the role {role_arn} does not exist")
    trust = role.get("AssumeRolePolicyDocument", "{}")
    decision = policy_allows_service(
        trust, service, "sts:AssumeRole", role_arn, source_arn, source_account)
    if decision != "Allow":
        raise Refused(403, f"User: {service} is not authorized to perform: sts:AssumeRole "
                           f"on resource: {role_arn}")
    return role


def check_role_allows(role_arn: str, action: str, resource: str) -> None:
    """Raises unless the policies of the role allow the action on the resource."""
    name = role_arn.rsplit("/", 1)[-1]
    account = get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/service",
        principal_type="AssumedRole", principal_account=account, action=action,
        resource_arn=resource, region=get_region(),
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    if iam_evaluator.evaluate(context, policies).decision != "Allow":
        raise Refused(403, f"the role {role_arn} does not allow {action} on {resource}")


def service_session(role_arn: str, service: str, source_arn: str, source_account: str) -> dict:
    """Credentials of a role for a service, after its trust policy was asked."""
    role = check_trust(role_arn, service, source_arn, source_account)
    session = service.split(".", 1)[0]
    key, secret, token = (
        iam._gen_session_access_key(), iam._gen_secret(), iam._gen_session_token())
    sts.register_session(key, {
        "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{role['RoleName']}/{session}",
        "UserId": f"{role.get('RoleId', '')}:{session}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + SESSION_SECONDS,
        "AccountId": get_account_id(),
        "PrincipalType": "AssumedRole",
    })
    return {"AccessKeyId": key, "SecretAccessKey": secret, "SessionToken": token}

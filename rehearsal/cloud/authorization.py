"""What a call is authorized on, where the emulator takes something else for it.

On AWS no call of EC2 that only describes knows a resource: a statement that
names one allows nothing. A key is authorized by its own ARN, also where the
call names it by an alias. The emulator takes the first thing a call names.

Source: Service Authorization Reference, "Actions, resources, and condition keys
for Amazon EC2" and "for AWS Key Management Service".
"""

from __future__ import annotations

from ministack.core import iam_actions
from ministack.services import kms

ABOUT_ALIASES = ("CreateAlias", "DeleteAlias", "UpdateAlias", "ListAliases")


def install() -> None:
    known = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, query, *scope):
        resource = known(service, method, path, headers, body, query, *scope)
        if service not in ("ec2", "kms"):
            return resource
        action = iam_actions.extract_iam_action(service, method, path, headers, body, query) or ""
        operation = action.partition(":")[2]
        if service == "ec2" and operation.startswith("Describe"):
            return "*"
        if ":alias/" in resource and operation not in ABOUT_ALIASES:
            return (kms._resolve_key(resource) or {}).get("Arn") or resource
        return resource

    iam_actions.extract_resource_arn = extract_resource_arn

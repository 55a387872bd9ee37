"""EventBridge: what is asked about a rule, and by whose leave.

The emulator authorizes such a call on a name that the rule has not, with the
default bus in it or with no name at all, so that a policy which names the rule
allows nothing. It also says of a rule that is gone that it has no targets.
"""

from __future__ import annotations

import json

from ministack.core import iam_actions
from ministack.services import eventbridge

ABOUT_A_RULE = {
    "DescribeRule", "PutRule", "DeleteRule", "EnableRule", "DisableRule",
    "ListTargetsByRule", "PutTargets", "RemoveTargets",
}

_targets_of = eventbridge._list_targets_by_rule


def install() -> None:
    eventbridge._list_targets_by_rule = list_targets
    known_arn = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, query, region, account):
        if service == "events" and headers.get("x-amz-target", "").rsplit(".", 1)[-1] in ABOUT_A_RULE:
            return f"arn:aws:events:{region}:{account}:rule/{_name(body)}"
        return known_arn(service, method, path, headers, body, query, region, account)

    iam_actions.extract_resource_arn = extract_resource_arn


def list_targets(data: dict):
    answer = eventbridge._describe_rule({**data, "Name": data.get("Rule")})
    return answer if answer[0] >= 400 else _targets_of(data)


def _name(body: bytes) -> str:
    """The rule as its ARN names it: without its bus where that is the default one."""
    try:
        request = json.loads(body or b"{}")
        name = request.get("Rule") or request.get("Name")
        bus = str(request.get("EventBusName") or "default").rsplit("/", 1)[-1]
    except (ValueError, AttributeError):
        return ""
    return f"{bus}/{name}" if bus != "default" else str(name)

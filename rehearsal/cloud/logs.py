"""CloudWatch Logs, written to as DataSync writes to them: by the leave of a resource policy."""

from __future__ import annotations

import json
import time

from ministack.core.responses import get_account_id
from ministack.services import cloudwatch_logs

from cloud import iam
from cloud.errors import Refused

SERVICE = "datasync.amazonaws.com"
ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def write(body: dict) -> dict:
    """Appends the lines to a stream, which is made if it is not there."""
    group_arn = body["LogGroupArn"].removesuffix(":*")
    stream, source_arn = body["LogStream"], body.get("SourceArn", "")
    name = group_arn.split(":log-group:", 1)[-1]
    if name not in cloudwatch_logs._log_groups:
        raise Refused(404, f"The specified log group does not exist: {name}")
    _check_policies(name, f"{group_arn}:log-stream:{stream}", source_arn)
    target = {"logGroupName": name, "logStreamName": stream}
    if stream not in cloudwatch_logs._log_groups[name]["streams"]:
        cloudwatch_logs._create_log_stream(target)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in body["Lines"]]
    _, _, answer = cloudwatch_logs._put_log_events({**target, "logEvents": events})
    return json.loads(answer)


def _check_policies(group: str, stream_arn: str, source_arn: str) -> None:
    policies = list(cloudwatch_logs._resource_policies.values())
    if group in cloudwatch_logs._log_group_policies:
        policies.append(cloudwatch_logs._log_group_policies[group])
    parts = source_arn.split(":")
    account = parts[4] if len(parts) > 5 else get_account_id()
    for action in ACTIONS:
        decisions = {
            iam.policy_allows_service(
                policy["policyDocument"], SERVICE, action, stream_arn, source_arn, account)
            for policy in policies
        }
        if "Deny" in decisions or "Allow" not in decisions:
            raise Refused(403, f"no resource policy of CloudWatch Logs lets {SERVICE} "
                               f"use {action} on {stream_arn}")

"""Encrypted volumes of a fleet: an instance starts only if Auto Scaling may use the key.

The emulator starts instances with any key, and tells of no activity of a group.
On AWS the service-linked role of Auto Scaling makes the volumes; no policy of
its own lets it use a customer key, so the key's policy has to name it. Where
that is missing the deployment goes well, no instance ever starts, and only the
activities of the group say so.

Source: EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with
encrypted volumes", and "Troubleshoot an unhealthy instance", "Client.InternalError".
"""

from __future__ import annotations

import time
from xml.sax.saxutils import escape

from ministack.core.iam_evaluator import PrincipalInfo
from ministack.core.responses import get_account_id
from ministack.services import autoscaling, ec2

from cloud import keys
from cloud.keys import KeyRefused, Use

ROLE = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
USE = Use("ec2", ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"),
          more={"kms:grantisforawsresource": "true"})

# The activity that failed last, by the name of its group.
_failed: dict[str, dict] = {}


def install() -> None:
    autoscaling._ACTION_MAP["DescribeScalingActivities"] = describe_activities


def lets_launch(group: dict) -> bool:
    """Whether the keys of all volumes let Auto Scaling in; if not, the activity that failed is kept."""
    name, account = group["AutoScalingGroupName"], get_account_id()
    role = PrincipalInfo(f"arn:aws:iam::{account}:{ROLE}", "AssumedRole", account, [])
    try:
        for key in _keys_of(group):
            keys.check_principal(key, USE, role)
    except KeyRefused as refusal:
        _failed[name] = {"Time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "Cause": str(refusal)}
        return False
    _failed.pop(name, None)
    return True


def _keys_of(group: dict) -> list[str]:
    chosen = group.get("LaunchTemplate") or {}
    template = ec2._launch_templates.get(chosen.get("LaunchTemplateId", "")) or {}
    wanted = str(chosen.get("Version") or template.get("DefaultVersionNumber"))
    data = next((version["LaunchTemplateData"] for version in template.get("Versions") or []
                 if str(version["VersionNumber"]) == wanted), {})
    volumes = [mapping.get("Ebs") or {} for mapping in data.get("BlockDeviceMappings") or []]
    return [volume["KmsKeyId"] for volume in volumes if volume.get("KmsKeyId")]


def describe_activities(params: dict):
    asked = autoscaling._p(params, "AutoScalingGroupName")
    members = "".join(_member(name, failed) for name, failed in _failed.items() if asked in ("", name))
    return autoscaling._xml(200, "DescribeScalingActivitiesResponse", "<DescribeScalingActivitiesResult><Activities>"
                            f"{members}</Activities></DescribeScalingActivitiesResult>")


def _member(name: str, failed: dict) -> str:
    fields = {"ActivityId": f"failed-{name}", "AutoScalingGroupName": name, "StatusCode": "Failed",
              "Description": "Launching a new EC2 instance",
              "StatusMessage": f"Client.InternalError: Client error on launch. {failed['Cause']}",
              "Cause": "an instance was started in response to a difference between desired and actual capacity",
              "StartTime": failed["Time"], "EndTime": failed["Time"], "Progress": "100"}
    return f"<member>{''.join(f'<{key}>{escape(value)}</{key}>' for key, value in fields.items())}</member>"

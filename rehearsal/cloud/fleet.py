"""Auto Scaling: instances that wait for their lifecycle hook.

The emulator puts every instance into service at once, drops the hooks of a
stack's group, and answers a completed action without looking at it. On AWS an
instance of a group with a launching hook waits until somebody completes it:
that is what keeps one without its files out of service.

No machine runs behind an instance, and no clock behind a hook: who plays the
machine completes it.
"""

from __future__ import annotations

from ministack.core import iam_actions
from ministack.services import autoscaling, ec2
from ministack.services.cloudformation import provisioners

from cloud import volume_keys

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
WAITING, IN_SERVICE = "Pending:Wait", "InService"

_launch = autoscaling._reconcile_instances
_create_group, _update_group = provisioners._asg_create, provisioners._asg_update


def install() -> None:
    autoscaling._reconcile_instances = reconcile
    autoscaling._ACTION_MAP.update(
        CompleteLifecycleAction=complete_action,
        SetInstanceHealth=set_health,
        TerminateInstanceInAutoScalingGroup=terminate,
    )
    provisioners._RESOURCE_HANDLERS["AWS::AutoScaling::AutoScalingGroup"].update(
        create=create_group, update=update_group)
    known_arn = iam_actions.extract_resource_arn
    iam_actions.extract_resource_arn = lambda service, method, path, headers, body, query, *scope: (
        known_arn(service, method, path, headers, body, _with_group(service, query), *scope))


def create_group(logical_id: str, props: dict, stack_name: str):
    """A group whose hooks are there before its first instance."""
    made = _create_group(logical_id, props, stack_name)
    _complete_group(made[0], props)
    return made


def update_group(name: str, old_props: dict, props: dict, stack_name: str, logical_id=None):
    """A group that keeps the size it has grown to, where the template does not name one."""
    before = autoscaling._asgs[name]["DesiredCapacity"] if name in autoscaling._asgs else 0
    made = _update_group(name, old_props, props, stack_name, logical_id)
    group = autoscaling._asgs[made[0]]
    if "DesiredCapacity" not in props:
        group["DesiredCapacity"] = min(max(before, group["MinSize"]), group["MaxSize"])
    _complete_group(made[0], props)
    return made


def _complete_group(name: str, props: dict) -> None:
    for hook in props.get("LifecycleHookSpecificationList") or []:
        hook_name = hook["LifecycleHookName"]
        autoscaling._hooks[f"{name}/{hook_name}"] = autoscaling._hook_record(name, hook_name, hook)
    group = autoscaling._asgs[name]
    subnets = [ec2._subnets.get(subnet) for subnet in group["VPCZoneIdentifier"].split(",")]
    zones = [subnet["AvailabilityZone"] for subnet in subnets if subnet]
    if zones:
        group["AvailabilityZones"] = sorted(set(zones))
    autoscaling._reconcile_instances(group)


def reconcile(group: dict) -> None:
    """Launches what is missing, if that can be; a new instance waits where a hook says so."""
    if group["DesiredCapacity"] > len(group["Instances"]) and not volume_keys.lets_launch(group):
        return
    known = {instance["InstanceId"] for instance in group["Instances"]}
    _launch(group)
    if _hooks_of(group):
        for instance in group["Instances"]:
            if instance["InstanceId"] not in known:
                instance["LifecycleState"] = WAITING


def _hooks_of(group: dict) -> list[str]:
    return [hook["LifecycleHookName"] for hook in autoscaling._hooks.values()
            if hook["AutoScalingGroupName"] == group["AutoScalingGroupName"]
            and hook["LifecycleTransition"] == LAUNCHING]


def complete_action(params: dict):
    """CONTINUE lets the instance into service; ABANDON ends it, and the group launches another."""
    group, instance = _find(params)
    if group is None or instance["LifecycleState"] != WAITING:
        return autoscaling._error("ValidationError", "No active Lifecycle Action found with instance ID "
                                  + autoscaling._p(params, "InstanceId"))
    if autoscaling._p(params, "LifecycleHookName") not in _hooks_of(group):
        return autoscaling._error("ValidationError", "No such lifecycle hook in the group")
    result = autoscaling._p(params, "LifecycleActionResult")
    if result not in ("CONTINUE", "ABANDON"):
        return autoscaling._error("ValidationError", f"Invalid lifecycle action result: {result}")
    if result == "CONTINUE":
        instance["LifecycleState"] = IN_SERVICE
    else:
        _replace(group, instance)
    return _done("CompleteLifecycleAction")


def set_health(params: dict):
    """An instance that is told to be unhealthy is replaced."""
    group, instance = _find(params)
    if group is None:
        return _unknown(params)
    if autoscaling._p(params, "HealthStatus") == "Unhealthy":
        _replace(group, instance)
    return _done("SetInstanceHealth")


def terminate(params: dict):
    """Ends an instance; the group launches another, unless it is to be smaller by one."""
    group, instance = _find(params)
    if group is None:
        return _unknown(params)
    if autoscaling._p(params, "ShouldDecrementDesiredCapacity").lower() == "true":
        if group["DesiredCapacity"] <= group["MinSize"]:
            return autoscaling._error("ValidationError", "Currently, desiredSize equals minSize. Terminating "
                                      "instance without replacement will violate group's min size constraint.")
        group["DesiredCapacity"] -= 1
    _replace(group, instance)
    return _done("TerminateInstanceInAutoScalingGroup")


def _replace(group: dict, instance: dict) -> None:
    group["Instances"].remove(instance)
    autoscaling._reconcile_instances(group)


def _find(params: dict) -> tuple:
    """The instance of a request, and its group; a group that is named must be the one."""
    wanted, named = autoscaling._p(params, "InstanceId"), autoscaling._p(params, "AutoScalingGroupName")
    for name, group in autoscaling._asgs.items():
        for instance in group["Instances"]:
            if instance["InstanceId"] == wanted and named in ("", name):
                return group, instance
    return None, None


def _with_group(service: str, query: dict) -> dict:
    """A call about an instance is authorized on its group, also where it does not name it."""
    if service != "autoscaling" or autoscaling._p(query, "AutoScalingGroupName"):
        return query
    group, _ = _find(query)
    return {**query, "AutoScalingGroupName": group["AutoScalingGroupName"]} if group else query


def _unknown(params: dict):
    wanted = autoscaling._p(params, "InstanceId")
    return autoscaling._error("ValidationError", f"Instance Id not found - No managed instance found for {wanted}")


def _done(action: str):
    return autoscaling._xml(200, f"{action}Response", f"<{action}Result/>")

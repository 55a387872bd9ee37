"""EventBridge and Scheduler: targets are invoked as AWS invokes them.

The emulator calls a rule's function once and forgets a failure, asks nobody's
permission, leaves the placeholders of a schedule's input as they are, and
looks at its schedules every ten seconds only. One gap stays: it reads every
schedule as UTC, whatever its time zone.
"""

from __future__ import annotations

import json
import logging
import secrets
import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, scheduler, sns, sqs

from cloud import iam
from cloud.errors import Refused
from cloud.functions import DESTINATION_ACTIONS

_log = logging.getLogger("cloud")
_invoke = eventbridge._invoke_target


def install() -> None:
    scheduler._SCHEDULE_TICK_INTERVAL = 1
    eventbridge._dispatch_to_lambda = _invoke_function
    eventbridge._invoke_target = _invoke_target


def put(body: dict) -> dict:
    """PutEvents as a service of AWS: it may use a source that begins with `aws.`."""
    _, _, answer = eventbridge._put_events({"Entries": body["Entries"]}, allow_aws_source=True)
    return json.loads(answer)


def fire(body: dict) -> dict:
    """Invokes the target of a schedule now, as the scheduler would when it is due."""
    group, name = body.get("Group") or "default", body["Name"]
    schedule = scheduler._schedules.get(f"{group}/{name}")
    if schedule is None:
        raise Refused(404, f"Schedule {name} does not exist in group {group}.")
    if schedule["State"] != "ENABLED":
        raise Refused(409, f"Schedule {name} is {schedule['State']}.")
    target = schedule["Target"]
    _check_permission(target, schedule)
    if ":lambda:" in target["Arn"]:
        _function_of(target["Arn"])
    eventbridge._invoke_target(target, _scheduled_event(schedule), schedule)
    return {"ScheduleArn": schedule["Arn"], "TargetArn": target["Arn"]}


def _scheduled_event(schedule: dict) -> dict:
    return {
        "EventId": secrets.token_hex(16),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": time.time(),
        "Resources": [schedule["Arn"]],
        "Account": get_account_id(),
        "Region": get_region(),
    }


def _invoke_target(target: dict, event: dict, rule: dict, view=None) -> None:
    """Stands in for the emulator's function: asks permission first, then fills the input."""
    try:
        _check_permission(target, rule)
    except Refused as refusal:
        _log.error("%s does not reach its target: %s", rule.get("Arn"), refusal)
        return
    if _is_schedule(rule) and target.get("Input"):
        target = {**target, "Input": _filled(target["Input"], event, rule)}
    _invoke(target, event, rule, view)


def _is_schedule(rule: dict) -> bool:
    return ":scheduler:" in rule.get("Arn", "")


def _filled(text: str, event: dict, schedule: dict) -> str:
    """The input with the context attributes of Scheduler in place of their names."""
    due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event["Time"]))
    for name, value in (
        ("schedule-arn", schedule["Arn"]),
        ("scheduled-time", due),
        ("execution-id", secrets.token_hex(8)),
        ("attempt-number", "1"),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _check_permission(target: dict, rule: dict) -> None:
    """A schedule acts through its role, a rule through the policy of its target."""
    arn = target.get("Arn", "")
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    if _is_schedule(rule):
        role = target.get("RoleArn", "")
        # The source that Scheduler names is the group, never the single schedule.
        group_arn = scheduler._group_arn(rule["GroupName"])
        iam.check_trust(role, "scheduler.amazonaws.com", group_arn)
        if service in DESTINATION_ACTIONS:
            iam.check_role_allows(role, DESTINATION_ACTIONS[service], arn)
    elif not target.get("RoleArn") and not _target_allows(service, arn, rule.get("Arn", "")):
        raise Refused(403, f"its policy does not let events.amazonaws.com use {arn}")


def _target_allows(service: str, arn: str, rule_arn: str) -> bool:
    events, account = "events.amazonaws.com", get_account_id()
    if service == "lambda":
        policy, _ = lambda_svc.function_policy_for_arn(arn) or ({}, account)
        action = "lambda:InvokeFunction"
        return iam.policy_allows_service(policy, events, action, arn, rule_arn) == "Allow"
    if service == "sns":
        return sns.topic_policy_allows(arn, events, rule_arn, account)
    if service == "sqs":
        return sqs.queue_policy_allows(arn, events, rule_arn, account)
    return True


def _function_of(arn: str) -> dict:
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        raise Refused(404, f"Function not found: {name}")
    return lambda_svc._execution_record_for_config(function, config)


def _invoke_function(arn: str, payload: str) -> None:
    """An asynchronous invocation: attempts, then the failure destination of the function."""
    lambda_svc.invoke_async_with_retry(_function_of(arn), json.loads(payload))

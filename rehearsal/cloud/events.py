"""EventBridge and Scheduler: targets are invoked as AWS invokes them.

The emulator calls a rule's function once and forgets a failure, asks nobody's
permission, uses no target's dead-letter queue, leaves the placeholders of a
schedule's input as they are, and looks at its schedules every ten seconds only.
One gap stays: it reads every schedule as UTC, whatever its time zone.
"""

from __future__ import annotations

import json
import secrets
import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, scheduler

from cloud import targets
from cloud.errors import Refused

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
    """Invokes the target of a schedule now, as the scheduler would when it is due.

    What may not be invoked goes to the dead-letter queue, and here it is said too.
    """
    group, name = body.get("Group") or "default", body["Name"]
    schedule = scheduler._schedules.get(f"{group}/{name}")
    if schedule is None:
        raise Refused(404, f"Schedule {name} does not exist in group {group}.")
    if schedule["State"] != "ENABLED":
        raise Refused(409, f"Schedule {name} is {schedule['State']}.")
    target, event = schedule["Target"], _scheduled_event(schedule)
    try:
        targets.check(target, schedule)
    except Refused as refusal:
        targets.give_up(target, event, schedule, refusal)
        raise
    eventbridge._invoke_target(target, event, schedule)
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
    """Stands in for the emulator's function: fills the input, and asks whether it may."""
    if targets.is_schedule(rule) and target.get("Input"):
        target = {**target, "Input": _filled(target["Input"], event, rule)}
    try:
        targets.check(target, rule)
    except Refused as refusal:
        targets.give_up(target, event, rule, refusal)
        return
    _invoke(target, event, rule, view)


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


def _invoke_function(arn: str, payload: str) -> None:
    """An asynchronous invocation: attempts, then the failure destination of the function."""
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    record = lambda_svc._execution_record_for_config(function, config)
    lambda_svc.invoke_async_with_retry(record, json.loads(payload))

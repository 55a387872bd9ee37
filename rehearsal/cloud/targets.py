"""The targets of rules and schedules: whether they may be invoked, and what happens if not.

On AWS a rule needs the policies of its target and of the target's key, a schedule
a role that trusts Scheduler; what may not be delivered goes to the target's dead-letter queue at
once. The emulator delivers in any case.
"""

from __future__ import annotations

import json
import logging

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id
from ministack.services import eventbridge, lambda_svc, scheduler, sns, sqs

from cloud import iam, message_keys
from cloud.errors import Refused

ACTIONS = {
    "sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction",
}

EVENTS, SCHEDULER = "events.amazonaws.com", "scheduler.amazonaws.com"

_log = logging.getLogger("cloud")


def is_schedule(rule: dict) -> bool:
    return ":scheduler:" in rule.get("Arn", "")


def service_of(arn: str) -> str:
    return arn.split(":")[2] if arn.startswith("arn:") else ""


def check(target: dict, rule: dict) -> None:
    """Raises unless the rule or schedule may use its target, and a function is there."""
    arn = target.get("Arn", "")
    if is_schedule(rule):
        role = target.get("RoleArn", "")
        # The source that Scheduler names is the group, never the single schedule.
        iam.check_trust(role, SCHEDULER, scheduler._group_arn(rule["GroupName"]))
        if service_of(arn) in ACTIONS:
            iam.check_role_allows(role, ACTIONS[service_of(arn)], arn)
            message_keys.check_role(arn, role)
    elif not target.get("RoleArn"):
        if not _lets_events_in(arn, rule.get("Arn", "")):
            raise Refused(403, f"its policy does not let {EVENTS} use {arn}")
        message_keys.check_service(arn, EVENTS, rule.get("Arn", ""))
    if service_of(arn) == "lambda" and not lambda_svc._get_func_record_for_ref(arn)[0]:
        raise Refused(404, f"Function not found: {arn}")


def _lets_events_in(arn: str, rule_arn: str) -> bool:
    service, account = service_of(arn), get_account_id()
    if service == "lambda":
        policy, _ = lambda_svc.function_policy_for_arn(arn) or ({}, account)
        action = ACTIONS[service]
        return iam.policy_allows_service(policy, EVENTS, action, arn, rule_arn) == "Allow"
    if service == "sns":
        return sns.topic_policy_allows(arn, EVENTS, rule_arn, account)
    if service == "sqs":
        return sqs.queue_policy_allows(arn, EVENTS, rule_arn, account)
    return True


def give_up(target: dict, event: dict, rule: dict, refusal: Refused) -> None:
    """Puts what could not be delivered into the target's dead-letter queue, if that is allowed."""
    arn = rule.get("Arn", "")
    _log.error("%s does not reach its target: %s", arn, refusal)
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    queue = sqs._queue_by_arn(queue_arn) if queue_arn else None
    if queue is None:
        return
    try:
        if is_schedule(rule):
            iam.check_trust(target.get("RoleArn", ""), SCHEDULER,
                            scheduler._group_arn(rule["GroupName"]))
            iam.check_role_allows(target["RoleArn"], ACTIONS["sqs"], queue_arn)
            message_keys.check_role(queue_arn, target["RoleArn"])
        elif not sqs.queue_policy_allows(queue_arn, EVENTS, arn, get_account_id()):
            raise Refused(403, f"its policy does not let {EVENTS} use {queue_arn}")
        else:
            message_keys.check_service(queue_arn, EVENTS, arn)
    except Refused as second:
        _log.error("%s does not reach its dead-letter queue: %s", arn, second)
        return
    eventbridge._dispatch_to_sqs(parse_arn(queue_arn), _payload(target, event))
    source = "SCHEDULE_ARN" if is_schedule(rule) else "RULE_ARN"
    code = "NO_PERMISSIONS" if refusal.status == 403 else "RESOURCE_NOT_FOUND"
    attributes = {source: arn, "TARGET_ARN": target["Arn"], "ERROR_CODE": code,
                  "ERROR_MESSAGE": str(refusal)}
    queue["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def _payload(target: dict, event: dict) -> str:
    if target.get("Input"):
        return target["Input"]
    return json.dumps(eventbridge._pattern_event_view(event).event_with_detail())

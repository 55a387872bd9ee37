"""CloudWatch alarms: evaluated as AWS does it, and by order only.

The emulator mixes all dimensions of a metric, knows neither missing data nor
`DatapointsToAlarm`, looks only when a data point comes, and publishes without
asking the topic. Here an order lets hours pass on the clock of the metrics; at
each minute of them every alarm is evaluated over the periods that end there.

How far AWS looks back for data points beyond `EvaluationPeriods` depends on the
period and is not documented; this looks back by two more, as the example of the
guide does. Source: CloudWatch User Guide, "Configuring how CloudWatch alarms
treat missing data". What an alarm on metric math looks at is in `math_alarms.py`.
"""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from fnmatch import fnmatchcase

from ministack.core.responses import get_account_id
from ministack.services import cloudwatch, sns

from cloud import alarm_mail, math_alarms, message_keys, metrics
from cloud.errors import Refused

SERVICE = "cloudwatch.amazonaws.com"
LOOKED_BACK = 2  # periods beyond those evaluated
LONGEST_HOURS = 48
COMPARE = {
    "GreaterThanThreshold": lambda value, limit: value > limit,
    "GreaterThanOrEqualToThreshold": lambda value, limit: value >= limit,
    "LessThanThreshold": lambda value, limit: value < limit,
    "LessThanOrEqualToThreshold": lambda value, limit: value <= limit,
}

_log = logging.getLogger("cloud")
_act = cloudwatch._dispatch_alarm_actions


def install() -> None:
    cloudwatch._evaluate_alarm = lambda alarm: None
    cloudwatch._dispatch_alarm_actions = act


def pass_time(body: dict) -> dict:
    """Lets `{"Hours": 3}` pass, or the time until `{"At": "2026-11-23T12:00:00Z"}`.

    `Names` restricts this to some alarms, by patterns with `*`; no others are then
    evaluated. The answer has the clock, each change of state, and how they stand.
    """
    begin, chosen = metrics.now(), _chosen(body.get("Names"))
    end = _instant(body["At"]) if "At" in body else begin + 3600 * float(body["Hours"])
    if not 0 <= end - begin <= LONGEST_HOURS * 3600:
        raise Refused(400, f"the clock stands at {iso(begin)} and goes ahead by {LONGEST_HOURS} hours at most")
    changes, looked, instant = [], 0.0, begin
    while True:
        metrics.go_to(instant)
        if instant - looked >= metrics.LOOK_SECONDS:
            metrics.take_gauges([metric for alarm in chosen for metric in math_alarms.series(alarm)], instant)
            looked = instant
        changes.extend(filter(None, (_evaluate(alarm, instant) for alarm in chosen)))
        if instant >= end:
            break
        instant = min(instant + 60, end)
    stand = [{"Name": alarm["AlarmName"], "State": alarm["StateValue"], "Reason": alarm["StateReason"]}
             for alarm in chosen]
    return {"Now": iso(end), "Changes": changes, "Alarms": stand}


def _chosen(patterns: list | None) -> list[dict]:
    known = {alarm["AlarmName"]: alarm for alarm in cloudwatch._alarms.values()
             if alarm.get("MetricName") or alarm.get("Metrics")}
    if patterns is None:
        return list(known.values())
    chosen = {}
    for pattern in patterns:
        found = {name: alarm for name, alarm in known.items() if fnmatchcase(name, pattern)}
        if not found:
            raise Refused(404, f"there is no alarm {pattern}")
        chosen.update(found)
    return list(chosen.values())


def _instant(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _evaluate(alarm: dict, instant: float) -> dict | None:
    """Judges an alarm at this instant; returns its change of state, if there is one."""
    unknown = [metric for metric in math_alarms.series(alarm) if not metrics.is_known(metric)]
    if unknown:
        alarm["StateReason"] = (f"Unchecked: the local cloud has no metric {unknown[0]['MetricName']} "
                                f"of {unknown[0]['Namespace']}")
        return None
    state, reason = judge(alarm, _values(alarm, instant))
    old = alarm["StateValue"]
    if state == old:
        return None
    alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(instant))
    cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
    cloudwatch._history_entries()[-1]["Timestamp"] = iso(instant)
    act(alarm, old, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
    return {"Name": alarm["AlarmName"], "From": old, "To": state, "At": iso(instant), "Reason": reason}


def _values(alarm: dict, instant: float) -> list[tuple[float, float | None]]:
    """Begin and value of each period, the newest first; without data points the value is None."""
    period, summed, values = math_alarms.period(alarm), math_alarms.series(alarm), []
    for back in range(1, alarm["EvaluationPeriods"] + LOOKED_BACK + 1):
        begin = instant - back * period
        told = [value for value in (_value(metric, begin, begin + period) for metric in summed) if value is not None]
        values.append((begin, sum(told) if told else None))
    return values


def _value(metric: dict, begin: float, end: float) -> float | None:
    points, name = metrics.points(metric, begin, end), metric.get("ExtendedStatistic") or metric["Statistic"]
    return cloudwatch._stat_value(cloudwatch._calc_stats(points), name, points) if points else None


def judge(alarm: dict, values: list[tuple[float, float | None]]) -> tuple[str, str]:
    """State and reason. Real data points count first; only what then still lacks is filled in."""
    periods, treat = alarm["EvaluationPeriods"], alarm.get("TreatMissingData") or "missing"
    needed, state = alarm.get("DatapointsToAlarm") or periods, alarm["StateValue"]
    real = [(begin, value) for begin, value in values if value is not None][:periods]
    breaching = [point for point in real if _breaches(alarm, point[1])]
    lacking = periods - len(real)
    if len(breaching) + (lacking if treat == "breaching" else 0) >= needed:
        state = "ALARM"
    elif not lacking or treat in ("breaching", "notBreaching"):
        state = "OK"
    elif len(real) > len(breaching):
        state = "OK"
    elif treat == "missing":
        state = "ALARM" if _is_old_enough(values, needed) else "INSUFFICIENT_DATA"
    return state, alarm_mail.reason(alarm, state, real, breaching, lacking, needed)


def _is_old_enough(values: list, needed: int) -> bool:
    """Of breaching data points alone: whether the oldest lies so far back that the others may be missing."""
    ages = [age for age, (_, value) in enumerate(values, 1) if value is not None]
    return bool(ages) and ages[-1] >= needed


def _breaches(alarm: dict, value: float) -> bool:
    return COMPARE[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))


def act(alarm: dict, old: str, state: str, reason: str) -> None:
    """Publishes to the topics that are named for the state, where their policies let it."""
    if "AlarmRule" in alarm:
        return _act(alarm, old, state, reason)  # a composite alarm
    field = {"ALARM": "AlarmActions", "OK": "OKActions"}.get(state, "InsufficientDataActions")
    for topic in (alarm.get(field) or []) if alarm.get("ActionsEnabled", True) else []:
        if not cloudwatch._is_sns_action_arn(topic):
            continue
        try:
            _check_topic(topic, alarm)
            alarm_mail.publish(alarm, topic, old, state, reason)
            said = f"Successfully executed action {topic}"
        except Refused as refusal:
            said = f"Failed to execute action {topic}: {refusal}"
            _log.error("the alarm %s tells nobody: %s", alarm["AlarmName"], said)
        cloudwatch._history_entries().append({
            "AlarmName": alarm["AlarmName"], "AlarmType": "MetricAlarm", "Timestamp": iso(metrics.now()),
            "HistoryItemType": "Action", "HistorySummary": said, "HistoryData": "{}"})


def _check_topic(topic: str, alarm: dict) -> None:
    """Raises unless both the policy of a topic and that of its key let the alarm publish."""
    if not sns.topic_policy_allows(topic, SERVICE, alarm["AlarmArn"], get_account_id()):
        raise Refused(403, f"its policy does not let {SERVICE} publish")
    message_keys.check_service(topic, SERVICE, alarm["AlarmArn"])

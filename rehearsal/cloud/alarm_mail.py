"""What an alarm tells: the reason of its state, and the message to its topics.

The emulator sends the JSON form to everybody. AWS sends mail readers a text,
and calls the region by its name in both.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from urllib.parse import quote

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import sns

from cloud import math_alarms

REGIONS = {
    "eu-central-1": "EU (Frankfurt)", "eu-west-1": "EU (Ireland)", "us-east-1": "US East (N. Virginia)",
    "us-west-2": "US West (Oregon)",
}
WORDS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}

TEXT = """\
You are receiving this email because your Amazon CloudWatch Alarm "{AlarmName}" in the {region} region has \
entered the {state} state, because "{reason}" at "{time}".

View this alarm in the AWS Management Console:
{link}

Alarm Details:
- Name:                       {AlarmName}
- Description:                {AlarmDescription}
- State Change:               {old} -> {state}
- Reason for State Change:    {reason}
- Timestamp:                  {time}
- AWS Account:                {account}
- Alarm Arn:                  {AlarmArn}

Threshold:
- The alarm is in the ALARM state when the metric is {ComparisonOperator} {Threshold} for at least {needed} of \
the last {EvaluationPeriods} period(s) of {Period} seconds.

{monitored}

State Change Actions:
- OK: [{ok}]
- ALARM: [{alarm}]
- INSUFFICIENT_DATA: [{insufficient}]
"""
METRIC = """\
Monitored Metric:
- MetricNamespace:            {Namespace}
- MetricName:                 {MetricName}
- Dimensions:                 [{dimensions}]
- Period:                     {Period} seconds
- Statistic:                  {statistic}
- Unit:                       {unit}
- TreatMissingData:           {TreatMissingData}"""


def reason(alarm: dict, state: str, real: list, breaching: list, lacking: int, needed: int) -> str:
    """Why the alarm is in this state, in CloudWatch's words."""
    periods, limit = alarm["EvaluationPeriods"], float(alarm["Threshold"])
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_counted(lacking)} {'was' if lacking == 1 else 'were'} unknown."
    treated = TREATED.get(alarm.get("TreatMissingData") or "")
    if not real:
        return (f"Threshold Crossed: no datapoints were received for {lacking} period{_s(lacking)} and "
                f"{lacking} missing {'datapoint was' if lacking == 1 else 'datapoints were'} treated as [{treated}].")
    shown = breaching if state == "ALARM" else [point for point in real if point not in breaching] or real
    verb = ("was" if len(shown) == 1 else "were") + ("" if state == "ALARM" else " not")
    values = ", ".join(f"{value} ({_short(begin)})" for begin, value in shown)
    at_least = needed if state == "ALARM" else periods - needed + 1
    way = "OK -> ALARM" if state == "ALARM" else "ALARM -> OK"
    return (f"Threshold Crossed: {len(shown)} out of the last {periods} datapoints [{values}] {verb} "
            f"{WORDS[alarm['ComparisonOperator']]} the threshold ({limit}) "
            f"(minimum {_counted(at_least)} for {way} transition).")


def _counted(number: int) -> str:
    return f"{number} datapoint{_s(number)}"


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _short(instant: float) -> str:
    return datetime.fromtimestamp(instant, timezone.utc).strftime("%d/%m/%y %H:%M:%S")


def publish(alarm: dict, topic_arn: str, old: str, state: str, why: str) -> None:
    region = REGIONS.get(get_region(), get_region())
    message = json.dumps({"default": _json(alarm, old, state, why, region),
                          "email": _text(alarm, old, state, why, region)})
    subject = f'{state}: "{alarm["AlarmName"]}" in {region}'[:100]
    sns._fanout(topic_arn, new_uuid(), message, subject, "json")


def _text(alarm: dict, old: str, state: str, why: str, region: str) -> str:
    time = datetime.fromtimestamp(alarm["StateUpdatedTimestamp"], timezone.utc)
    console = f"https://{get_region()}.console.aws.amazon.com/cloudwatch/deeplink.js?region={get_region()}"
    return TEXT.format(
        **{**alarm, "Period": math_alarms.period(alarm)}, monitored=_monitored(alarm),
        region=region, state=state, old=old, reason=why, account=get_account_id(),
        time=time.strftime("%A %d %B, %Y %H:%M:%S UTC"),
        link=f"{console}#alarmsV2:alarm/{quote(alarm['AlarmName'])}",
        needed=alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        ok=", ".join(alarm["OKActions"]), alarm=", ".join(alarm["AlarmActions"]),
        insufficient=", ".join(alarm["InsufficientDataActions"]))


def _monitored(alarm: dict) -> str:
    """The metric; of metric math the expression alone."""
    if "Metrics" in alarm:
        query = math_alarms.watched(alarm)
        label = f"\n- MetricLabel:                {query['Label']}" if query.get("Label") else ""
        return f"Monitored Metrics:\n- MetricExpression:           {query['Expression']}{label}"
    return METRIC.format(
        **alarm, dimensions=", ".join(f"{pair['Name']} = {pair['Value']}" for pair in alarm["Dimensions"]),
        statistic=alarm.get("ExtendedStatistic") or alarm["Statistic"], unit=alarm.get("Unit") or "not specified")


def _json(alarm: dict, old: str, state: str, why: str, region: str) -> str:
    time = datetime.fromtimestamp(alarm["StateUpdatedTimestamp"], timezone.utc)
    return json.dumps({
        "AlarmName": alarm["AlarmName"], "AlarmDescription": alarm["AlarmDescription"],
        "AWSAccountId": get_account_id(), "NewStateValue": state, "NewStateReason": why,
        "StateChangeTime": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000"), "Region": region,
        "AlarmArn": alarm["AlarmArn"], "OldStateValue": old, "OKActions": alarm["OKActions"],
        "AlarmActions": alarm["AlarmActions"], "InsufficientDataActions": alarm["InsufficientDataActions"],
        "Trigger": _trigger_of_math(alarm) if "Metrics" in alarm else _trigger(alarm)})


def _trigger(alarm: dict) -> dict:
    trigger = {name: alarm.get(name) for name in (
        "MetricName", "Namespace", "Unit", "Period", "EvaluationPeriods", "DatapointsToAlarm",
        "ComparisonOperator", "Threshold", "TreatMissingData")}
    return {**trigger, "StatisticType": "Statistic", "Statistic": (alarm.get("Statistic") or "").upper(),
            "Dimensions": _dimensions(alarm)}


def _trigger_of_math(alarm: dict) -> dict:
    """Of metric math; `DatapointsToAlarm` is there only if the alarm says it."""
    trigger = {name: alarm[name] for name in (
        "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold", "TreatMissingData")
        if name in alarm}
    metrics = []
    for query in alarm["Metrics"]:
        shown = {**query, "ReturnData": query.get("ReturnData", True)}
        if "MetricStat" in query:
            metric = query["MetricStat"]["Metric"]
            shown["MetricStat"] = {**query["MetricStat"], "Metric": {**metric, "Dimensions": _dimensions(metric)}}
        metrics.append(shown)
    return {"Period": math_alarms.period(alarm), **trigger, "EvaluateLowSampleCountPercentile": "",
            "Metrics": metrics}


def _dimensions(metric: dict) -> list[dict]:
    return [{"name": pair["Name"], "value": pair["Value"]} for pair in metric.get("Dimensions") or []]

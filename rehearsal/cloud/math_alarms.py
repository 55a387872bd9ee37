"""Alarms on metric math: on the sum of several metrics.

The emulator knows none: CloudFormation refuses them, and PutMetricAlarm forgets
the metrics. AWS knows many expressions; here are `SUM(METRICS())`, which is all
metrics of the alarm, and `SUM([m1, m2])`. Any other is refused when the alarm is
put, and so are metrics of several periods.

A metric that has no data point in a period adds nothing to the sum of it; where
none has any, the sum is missing. Sources: CloudWatch User Guide, "Using math
expressions with CloudWatch metrics"; CloudWatch API Reference, PutMetricAlarm
and MetricDataQuery.
"""

from __future__ import annotations

import re

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from cloud.errors import Refused, failed_resource

# What an alarm on one metric says beside its name, and one with `Metrics` must not say.
OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit")
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PLAYED = {"Id", "Expression", "Label", "MetricStat", "Period", "ReturnData"}
MOST_OF_A_KIND = 10
ID = re.compile(r"[a-z][A-Za-z0-9_]*")
SUM = re.compile(r"SUM\(\s*(?:METRICS\(\s*\)|\[(?P<ids>[^\[\]]+)\])\s*\)")

_put = cloudwatch._put_metric_alarm
_record = provisioners._cw_metric_alarm_record


def install() -> None:
    cloudwatch._put_metric_alarm = put
    provisioners._cw_metric_alarm_record = record


def put(params: dict, body: dict, is_cbor: bool, is_json: bool = False):
    """PutMetricAlarm, with `Metrics` as well."""
    try:
        if any(name.startswith("Metrics.") for name in params):
            raise Refused(400, "the local cloud reads Metrics of JSON and CBOR, and not of the query protocol")
        queries = _checked(body) if body.get("Metrics") else None
    except Refused as refusal:
        return cloudwatch._error("ValidationError", str(refusal), refusal.status, is_json, is_cbor)
    answer = _put(params, body, is_cbor, is_json)
    if queries and answer[0] < 400:
        _watch(cloudwatch._alarms[body["AlarmName"]], queries)
    return answer


def record(name: str, props: dict) -> dict:
    """What is kept of a template's alarm. The emulator asks for one metric; it gets one that is taken off again."""
    if not props.get("Metrics"):
        return _record(name, props)
    try:
        queries = _checked(props)
    except Refused as refusal:
        raise failed_resource(str(refusal), "CloudWatch", refusal.status) from None
    alarm = _record(name, {**props, "Metrics": None, "MetricName": "-", "Namespace": "-"})
    _watch(alarm, queries)
    return alarm


def _watch(alarm: dict, queries: list[dict]) -> None:
    for name in OF_ONE_METRIC:
        alarm.pop(name, None)
    alarm["Metrics"] = queries


def watched(alarm: dict) -> dict:
    """The expression that an alarm with `Metrics` looks at."""
    return next(query for query in alarm["Metrics"] if _returns_data(query))


def series(alarm: dict) -> list[dict]:
    """The metrics that are summed, each with what an alarm on it alone would say; the alarm itself if it is one."""
    if "Metrics" not in alarm:
        return [alarm]
    metrics = {query["Id"]: query["MetricStat"] for query in alarm["Metrics"] if "MetricStat" in query}
    return [_alone(metrics[name]) for name in _terms(watched(alarm), metrics)]


def _alone(stat: dict) -> dict:
    return {**stat["Metric"], "Period": stat["Period"], "Statistic": stat["Stat"], "Unit": stat.get("Unit")}


def period(alarm: dict) -> int:
    """In seconds."""
    return series(alarm)[0]["Period"]


def _checked(settings: dict) -> list[dict]:
    """The `Metrics` of an alarm, in the types of the API. Raises `Refused` as AWS does, or for what is not played."""
    for name in OF_ONE_METRIC:
        _must(not settings.get(name), f"{name} should not be set if list of Metrics is set.")
    queries = [_query(given) for given in settings["Metrics"]]
    _must(len({query["Id"] for query in queries}) == len(queries), "Invalid metrics list: an Id is there twice")
    _must(sum(map(_returns_data, queries)) == 1, "Exactly one element of the metrics list should return data.")
    metrics = {query["Id"]: query["MetricStat"] for query in queries if "MetricStat" in query}
    expressions = [query for query in queries if "Expression" in query]
    _must(max(len(metrics), len(expressions)) <= MOST_OF_A_KIND,
          f"Invalid metrics list: {MOST_OF_A_KIND} metrics and {MOST_OF_A_KIND} expressions are the most")
    _must(any(map(_returns_data, expressions)), "the local cloud has the alarm of Metrics watch an expression alone")
    for query in expressions:
        _terms(query, metrics)
    periods = {item["Period"] for item in (*metrics.values(), *queries) if "Period" in item}
    _must(len(periods) == 1, f"the local cloud sums metrics of one period alone, not of {sorted(periods)} seconds")
    return queries


def _query(given: dict) -> dict:
    """One element of `Metrics`. A template may write numbers and truth values as text."""
    name = given.get("Id") or ""
    _must(ID.fullmatch(name), f"Invalid metrics list: `{name}` is no Id")
    _must(set(given) <= PLAYED, f"the local cloud does not know {sorted(set(given) - PLAYED)} of {name}")
    _must(("Expression" in given) != ("MetricStat" in given),
          f"Invalid metrics list: {name} needs either an Expression or a MetricStat")
    query = dict(given)
    if "ReturnData" in given:
        query["ReturnData"] = str(given["ReturnData"]).lower() == "true"
    if "Period" in given:
        query["Period"] = _seconds(given, name)
    if "MetricStat" in given:
        query["MetricStat"] = _stat(given["MetricStat"], name)
    return query


def _stat(given: dict, name: str) -> dict:
    metric = given.get("Metric") or {}
    _must(metric.get("Namespace") and metric.get("MetricName"),
          f"Invalid metrics list: {name} names no metric with its namespace")
    _must(given.get("Stat") in STATISTICS,
          f"the local cloud does not know the Stat {given.get('Stat')} of {name}, but {', '.join(STATISTICS)}")
    return {**given, "Period": _seconds(given, name)}


def _seconds(given: dict, name: str) -> int:
    text = str(given.get("Period"))
    _must(text.isdecimal() and int(text) > 0, f"Invalid metrics list: {text} is no Period for {name}")
    return int(text)


def _returns_data(query: dict) -> bool:
    return query.get("ReturnData", True)


def _terms(query: dict, metrics: dict) -> list[str]:
    """The ids of the metrics that an expression sums."""
    found = SUM.fullmatch(query["Expression"].strip())
    _must(found, f"the local cloud does not know the expression {query['Expression']} of {query['Id']}, "
                 "but SUM(METRICS()) and SUM([m1, m2])")
    ids = [name.strip() for name in found["ids"].split(",")] if found["ids"] else list(metrics)
    _must(ids, f"the expression {query['Expression']} of {query['Id']} has no metric to sum")
    for name in ids:
        _must(name in metrics, f"the expression {query['Expression']} of {query['Id']}: no metric has the Id {name}")
    return ids


def _must(holds, fault: str) -> None:
    if not holds:
        raise Refused(400, fault)

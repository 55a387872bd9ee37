"""CloudWatch's data points, on a clock that an order can set ahead.

Functions and services live on the real clock. To let hours pass without waiting,
the clock of the metrics runs ahead of it by as much as was ordered; every data
point is put where that clock stands: what a function emits after three hours
were ordered is three hours younger than what it emitted before. The clock never
goes back. The emulator knows no metrics of queues and groups at all; those that
an alarm may look at are taken here, each five minutes of that clock.
"""

from __future__ import annotations

import time

from ministack.services import autoscaling, cloudwatch, sqs

LOOK_SECONDS = 300

_clock = {"ahead": 0.0}
_store = cloudwatch._store_datum


def install() -> None:
    cloudwatch._store_datum = store
    cloudwatch.record_metric = record
    cloudwatch._get_metric_data = _asked_by_the_real_clock(cloudwatch._get_metric_data)
    cloudwatch._get_metric_statistics = _asked_by_the_real_clock(cloudwatch._get_metric_statistics)


def now() -> float:
    """Where the clock of the metrics stands, in seconds since 1970."""
    return time.time() + _clock["ahead"]


def go_to(instant: float) -> None:
    _clock["ahead"] = max(_clock["ahead"], instant - time.time())


def record(namespace: str, name: str, value: float, unit: str = "None",
           dimensions: dict | None = None) -> None:
    """One data point at this moment."""
    store(namespace, name, dimensions or {}, time.time(), unit, value, None, None, None)


def store(namespace, name, dimensions, instant, *datum) -> None:
    """A data point of this instant of the real clock, as arguments of the emulator's own store."""
    _store(namespace, name, dimensions, instant + _clock["ahead"], *datum)


def _asked_by_the_real_clock(read):
    """Moves the times of a question as far ahead as the data points were moved; the answer says where they lie."""

    def moved(question: dict) -> dict:
        times = {}
        for name in {"StartTime", "EndTime"} & set(question):
            value = question[name]
            instant = cloudwatch._parse_ts(value[0] if isinstance(value, list) else value)
            if instant is not None:
                times[name] = instant + _clock["ahead"]
        return {**question, **times}

    def reading(params: dict, body: dict, *protocol):
        return read(moved(params), moved(body), *protocol)

    return reading


def points(alarm: dict, begin: float, end: float) -> list[dict]:
    """The data points of an alarm's metric from `begin` on and before `end`."""
    dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    unit = alarm.get("Unit")
    return [point for point in cloudwatch._metrics.get(key) or []
            if begin <= point["Timestamp"] < end and unit in (None, "", point["Unit"])]


def _messages(dimensions: dict) -> float | None:
    for queue in sqs._queues.values():
        if queue["attributes"]["QueueArn"].rsplit(":", 1)[-1] == dimensions.get("QueueName"):
            sqs._refresh_counts(queue)
            return float(queue["attributes"]["ApproximateNumberOfMessages"])
    return None


def _in_service(dimensions: dict) -> float | None:
    group = autoscaling._asgs.get(dimensions.get("AutoScalingGroupName"))
    return group and float(sum(
        instance["LifecycleState"] == "InService" for instance in group["Instances"]))


GAUGES = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): _messages,
    ("AWS/AutoScaling", "GroupInServiceInstances"): _in_service,
}


# What `function_metrics.py` tells of each attempt: silence says that there was none.
COUNTED = {("AWS/Lambda", name) for name in ("Invocations", "Errors", "Throttles", "Duration")}


def take_gauges(alarms: list[dict], instant: float) -> None:
    """Puts what the gauges of these alarms show right before this instant."""
    for alarm in alarms:
        dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
        gauge = GAUGES.get((alarm["Namespace"], alarm["MetricName"]))
        shown = gauge(dimensions) if gauge else None
        if shown is not None:
            _store(alarm["Namespace"], alarm["MetricName"], dimensions, instant - 1, "Count", shown,
                   None, None, None)


def is_known(alarm: dict) -> bool:
    """Whether silence says something: the local cloud can tell such data points."""
    return (not alarm["Namespace"].startswith("AWS/")
            or (alarm["Namespace"], alarm["MetricName"]) in {*GAUGES, *COUNTED}
            or bool(points(alarm, 0, now() + 1)))

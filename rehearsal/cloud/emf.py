"""CloudWatch's Embedded Metric Format: log lines that are data points as well.

The emulator keeps such a line as a line. AWS also takes the data points out of
it, whoever wrote it into a log group, and drops what breaks a rule of the
format without a word to the writer. Here the cloud's own log says which rule.

Source: CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import logging
import time

from ministack.services import cloudwatch_logs

from cloud import metrics

OLDEST, YOUNGEST = 14 * 24 * 3600, 2 * 3600  # seconds before and after now
MOST_DIMENSIONS, MOST_METRICS = 30, 100
LARGEST = 2.0 ** 360
SIZES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
         "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
UNITS = {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None",
         *SIZES, *(f"{size}/Second" for size in SIZES)}

_log = logging.getLogger("cloud")


class Malformed(Exception):
    """A rule of the format that a line breaks."""


def install() -> None:
    store_lines = cloudwatch_logs._append_log_events

    def append(stream: dict, events: list[dict]) -> None:
        store_lines(stream, events)
        for event in events:
            extract(event["message"])

    cloudwatch_logs._append_log_events = append


def extract(line: str) -> None:
    """Stores the data points of a line, all or none."""
    try:
        found = data_points(line, time.time())
    except Malformed as fault:
        _log.error("CloudWatch drops the metrics of a line, since %s: %s", fault, line)
        return
    for datum in found:
        metrics.store(*datum)


def data_points(line: str, now: float) -> list[tuple]:
    """What a line carries, as arguments of the emulator's store; nothing if it is no EMF.

    Raises `Malformed` where it means to be EMF: it then has `CloudWatchMetrics`.
    """
    if '"CloudWatchMetrics"' not in line:
        return []
    try:
        root = json.loads(line)
    except ValueError:
        raise Malformed("the line is not JSON alone") from None
    about = root.get("_aws") if isinstance(root, dict) else None
    _must(isinstance(about, dict), "`_aws` is no object")
    instant = about.get("Timestamp")
    _must(_is_number(instant), "`Timestamp` is no number")
    _must(now - OLDEST <= instant / 1000 <= now + YOUNGEST,
          "`Timestamp` is not in milliseconds, or too long ago, or to come")
    directives = about.get("CloudWatchMetrics")
    _must(isinstance(directives, list), "`CloudWatchMetrics` is no list")
    return [datum for directive in directives for datum in _of_directive(root, directive, instant / 1000)]


def _of_directive(root: dict, directive, instant: float):
    _must(isinstance(directive, dict), "a directive is no object")
    namespace = directive.get("Namespace")
    _must(isinstance(namespace, str) and 0 < len(namespace) <= 1024, "`Namespace` is no name")
    _must(not namespace.startswith("AWS/"), "a namespace of AWS is not for others")
    sets, wanted = directive.get("Dimensions"), directive.get("Metrics")
    _must(isinstance(sets, list), "`Dimensions` is no list of lists")
    _must(isinstance(wanted, list) and len(wanted) <= MOST_METRICS, "`Metrics` is no list of 100 at most")
    for metric in wanted:
        name, unit, values = _metric(root, metric)
        for names in sets or [[]]:
            yield (namespace, name, _dimensions(root, names), instant, unit, None, values, None, None)


def _metric(root: dict, metric) -> tuple[str, str, list]:
    name = metric.get("Name") if isinstance(metric, dict) else None
    _must(isinstance(name, str) and name != "", "a metric has no `Name`")
    unit = metric.get("Unit", "None")
    _must(unit in UNITS, f"`{unit}` of {name} is no unit")
    values = root.get(name)
    values = values if isinstance(values, list) else [values]
    _must(0 < len(values) <= MOST_METRICS and all(map(_is_number, values)),
          f"{name} is no number at the top of the line")
    return name, unit, values


def _dimensions(root: dict, names) -> dict:
    _must(isinstance(names, list) and len(names) <= MOST_DIMENSIONS, "a set of dimensions is no list of 30 at most")
    for name in names:
        value = root.get(name) if isinstance(name, str) else None
        _must(isinstance(value, str) and 0 < len(value) <= 1024,
              f"the dimension {name} is no text at the top of the line")
    return {name: root[name] for name in names}


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def _must(holds: bool, fault: str) -> None:
    if not holds:
        raise Malformed(fault)

"""CloudWatch Logs `FilterLogEvents` as AWS documents it.

The emulator ignores the prefix of stream names, reads `?term` as a word with a
question mark, and gives everything on one page. AWS gives pages that may be
empty and still have a token: it ends a page when it has looked at enough, not
when it has found enough.
"""

from __future__ import annotations

import re

from ministack.core import iam_actions
from ministack.core.responses import error_response_json, json_response
from ministack.services import cloudwatch_logs

LOOKED_AT = 1000  # events a page; AWS's own number is not documented


def install() -> None:
    cloudwatch_logs._filter_log_events = filter_log_events
    _let_groups_end_with_a_star()


def _let_groups_end_with_a_star() -> None:
    without = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, *rest):
        arn = without(service, method, path, headers, *rest)
        is_group = service == "logs" and ":log-group:" in arn
        about_tags = "Tag" in headers.get("x-amz-target", "")
        return f"{arn}:*" if is_group and not about_tags else arn

    iam_actions.extract_resource_arn = extract_resource_arn


def filter_log_events(data: dict):
    group = cloudwatch_logs._resolve_log_group_name(data)
    if group not in cloudwatch_logs._log_groups:
        return error_response_json(
            "ResourceNotFoundException", "The specified log group does not exist.", 400)
    if data.get("logStreamNames") and data.get("logStreamNamePrefix"):
        return error_response_json(
            "InvalidParameterException",
            "logStreamNames and logStreamNamePrefix cannot be used together", 400)
    events = _events(group, data)
    begin = int(data.get("nextToken") or 0)
    end = begin + min(LOOKED_AT, int(data.get("limit") or LOOKED_AT))
    wanted = matcher(data.get("filterPattern") or "")
    answer = {"events": [event for event in events[begin:end] if wanted(event["message"])],
              "searchedLogStreams": []}
    if end < len(events):
        answer["nextToken"] = str(end)
    return json_response(answer)


def _events(group: str, data: dict) -> list[dict]:
    """What lies in the wanted streams and in the time asked for, in order of time."""
    names, prefix = data.get("logStreamNames"), data.get("logStreamNamePrefix") or ""
    begin, end = data.get("startTime") or 0, data.get("endTime")
    found = []
    for name, stream in cloudwatch_logs._log_groups[group]["streams"].items():
        if (name in names) if names else name.startswith(prefix):
            found.extend({**event, "logStreamName": name} for event in stream["events"])
    in_time = (event for event in found
               if begin <= event["timestamp"] and (end is None or event["timestamp"] < end))
    return sorted(in_time, key=lambda event: event["timestamp"])


def matcher(pattern: str):
    """Terms: plain ones must all be there, of those with `?` one, those with `-` none.

    Source: CloudWatch Logs User Guide, "Filter pattern syntax", unstructured
    log events. Terms are case sensitive. When `?` terms stand beside others,
    AWS ignores them.
    """
    terms = re.findall(r'([?-]?)(?:"([^"]*)"|(\S+))', pattern)
    kinds = {"": [], "?": [], "-": []}
    for sign, quoted, plain in terms:
        kinds[sign].append(quoted or plain)
    any_of = [] if kinds[""] or kinds["-"] else kinds["?"]

    def matches(message: str) -> bool:
        return (all(term in message for term in kinds[""])
                and not any(term in message for term in kinds["-"])
                and (not any_of or any(term in message for term in any_of)))

    return matches

"""The log of a function in the format that it asks for, and how often it has ended.

The emulator writes Lambda's own lines as text even where `LogFormat` is JSON.
AWS then writes them as JSON; what the function prints stays as it is. Lines are
not filtered by their level. Source: Lambda Developer Guide, "System logs";
`platform.start` and `platform.report` are what the level INFO lets through.
Nor does the emulator ask whether the function's role may log: without the leave
AWS keeps nothing of what a function says, and tells nobody.

A line that a function prints right before its answer may land in the log of its
next invocation. So who waits for an invocation counts the ends, not the lines.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from contextvars import ContextVar
from datetime import datetime, timezone

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs, lambda_svc

from cloud import iam
from cloud.errors import Refused

ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")

_write = lambda_svc._emit_lambda_logs
_append = cloudwatch_logs._append_log_events
# Set while the log of an invocation is written that is to be JSON.
_own_lines: ContextVar = ContextVar("own_lines", default=None)
_ended: Counter = Counter()

_log = logging.getLogger("cloud")


def install() -> None:
    lambda_svc._emit_lambda_logs = write
    cloudwatch_logs._append_log_events = append


def variables(logging_config: dict) -> dict:
    """What a function sees of its log's format; of the level only where that is JSON."""
    level = logging_config.get("ApplicationLogLevel") or "INFO"
    return {"AWS_LAMBDA_LOG_FORMAT": logging_config.get("LogFormat") or "Text",
            **({"AWS_LAMBDA_LOG_LEVEL": level} if _is_json(logging_config) else {})}


def _is_json(logging_config: dict) -> bool:
    return logging_config.get("LogFormat") == "JSON"


def write(func: dict, request_id: str, text: str, error: bool, duration_ms: int, **more) -> None:
    config = func.get("config") or func
    if not _may_log(config):
        _ended[config["FunctionName"]] += 1
        return
    own = _OwnLines(request_id, error, duration_ms, config) if _is_json(
        config.get("LoggingConfig") or {}) else None
    before = _own_lines.set(own)
    try:
        _write(func, request_id, text, error, duration_ms, **more)
    finally:
        _own_lines.reset(before)
        _ended[config["FunctionName"]] += 1


def _may_log(config: dict) -> bool:
    """Whether the role of a function lets it write to its log."""
    name = config["FunctionName"]
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    stream = (f"arn:aws:logs:{get_region()}:{get_account_id()}:"
              f"log-group:{group}:log-stream:{config.get('Version', '$LATEST')}")
    try:
        for action in ACTIONS:
            iam.check_role_allows(config.get("Role", ""), action, stream)
    except Refused as refusal:
        _log.error("what %s says is lost: %s", name, refusal)
        return False
    return True


def ended(body: dict) -> dict:
    """How many invocations of a function have ended, well or not; each try counts."""
    return {"Ended": _ended[body["FunctionName"]]}


def append(stream: dict, events: list[dict]) -> None:
    own = _own_lines.get()
    if own:
        events = [{**event, "message": own.as_json(event["message"])} for event in events]
    _append(stream, [event for event in events if event["message"] is not None])


class _OwnLines:
    """Lambda's own lines about one invocation."""

    def __init__(self, request_id: str, error: bool, duration_ms: int, config: dict):
        self._start = f"START RequestId: {request_id}"
        self._end = f"END RequestId: {request_id}"
        self._report = f"REPORT RequestId: {request_id}"
        self._started = {"requestId": request_id, "version": config.get("Version", "$LATEST")}
        self._ended = {"requestId": request_id, "status": "error" if error else "success", "metrics": {
            "durationMs": float(duration_ms), "billedDurationMs": duration_ms,
            "memorySizeMB": config.get("MemorySize", 128)}}

    def as_json(self, line: str) -> str | None:
        """The line as JSON if it is Lambda's own; none for the end, which is no event at INFO."""
        if line.startswith(self._start):
            return _event("platform.start", self._started)
        if line.startswith(self._report):
            return _event("platform.report", self._ended)
        return None if line == self._end else line


def _event(kind: str, record: dict) -> str:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return json.dumps({"time": now, "type": kind, "record": record})

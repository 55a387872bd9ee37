"""The endpoints below `/_efs/`, for the rehearsal and the DataSync process alone.

Each takes a POST with JSON and the header `x-efs-token`, answers JSON, and
`{"message": …}` where it refuses.
"""

from __future__ import annotations

import hmac
import json
import logging

from ministack import app
from ministack.core.responses import request_scope

from cloud import alarms, datasync, events, faults, function_logs, iam, logs, mail, mount
from cloud.errors import Refused
from cloud.settings import Settings

_log = logging.getLogger("cloud")


def _register(body: dict) -> dict:
    datasync.register(body["url"])
    return {}


def _session(body: dict) -> dict:
    return iam.service_session(
        body["RoleArn"], body["Service"], body.get("SourceArn", ""), body.get("SourceAccount", ""))


ENDPOINTS = {
    "/_efs/alarms": alarms.pass_time,
    "/_efs/datasync": _register,
    "/_efs/events": faults.emit,
    "/_efs/faults": faults.take,
    "/_efs/schedule": events.fire,
    "/_efs/session": _session,
    "/_efs/invocations": function_logs.ended,
    "/_efs/logs": logs.write,
    "/_efs/mount": mount.reach,
    "/_efs/pending": mail.pending,
}


def gateway(here: Settings):
    """The emulator's application with the internal endpoints in front of it."""
    emulator = app.app

    async def application(scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith("/_efs/"):
            return await emulator(scope, receive, send)
        body = await _read(receive)
        with request_scope(here.account, here.region):
            status, answer = _answer(scope, body, here.token)
        content = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"),
                   (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return application


async def _read(receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _answer(scope: dict, body: bytes, token: str) -> tuple[int, dict]:
    given = dict(scope["headers"]).get(b"x-efs-token", b"")
    if not hmac.compare_digest(given, token.encode()):
        return 403, {"message": "the header x-efs-token is missing or wrong"}
    endpoint = ENDPOINTS.get(scope["path"])
    if endpoint is None:
        return 404, {"message": f"no such endpoint: {scope['path']}"}
    if scope["method"] != "POST":
        return 405, {"message": f"{scope['path']} takes a POST"}
    try:
        request = json.loads(body or b"{}")
        if not isinstance(request, dict):
            raise ValueError("not a JSON object")
        return 200, endpoint(request)
    except Refused as refusal:
        return refusal.status, {"message": str(refusal)}
    except (KeyError, TypeError, ValueError) as error:
        _log.exception("%s failed", scope["path"])
        return 400, {"message": f"malformed request: {type(error).__name__}: {error}"}

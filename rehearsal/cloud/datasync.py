"""The door to DataSync, a service that the emulator does not have.

Another process plays it. Calls are authorized here, as every other service's
are, and passed on unread; the answer goes back unread too.
"""

from __future__ import annotations

import asyncio
import json
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import get_account_id, get_region

from cloud import principals
from cloud.errors import Refused
from cloud.settings import Settings

JSON = "application/x-amz-json-1.1"
TIMEOUT_SECONDS = 60
TAG = "datasync:TagResource"

# The service authorization reference names no resource for these: only a
# statement on `*` allows them, one that names a task does not.
WITHOUT_RESOURCE = ("List", "Create")

_process = {"url": "", "token": ""}


def install(here: Settings) -> None:
    _process["token"] = here.token
    app.SERVICE_HANDLERS["datasync"] = _handle
    # The first call for a service it does not know makes the emulator load
    # every service model there is: four seconds on the event loop, 400 MB.
    router._KNOWN_AWS_SERVICE_NAMES = frozenset({"datasync"})
    _authorize_calls()


def register(url: str) -> None:
    """Says where the DataSync process listens."""
    address = urlsplit(url)
    if address.scheme != "http" or address.hostname != "127.0.0.1" or not address.port:
        raise Refused(400, f"not an address of this machine: {url}")
    _process["url"] = url


async def _handle(method, path, headers, body, query):
    target = headers.get("x-amz-target", "")
    if not _may_tag(target, body):
        return _tagging_denial(body)
    # On a thread: the process calls back into this server to answer.
    status, answer = await asyncio.to_thread(send, target, body)
    return status, {"Content-Type": JSON}, answer


def _may_tag(target: str, body: bytes) -> bool:
    """Whether the caller may give the tags that a start asks for, which is an action of its own.

    AWS does not say whether the task or the new execution is what this is held against: either does here.
    """
    request, principal = _request(body), principals.caller()
    if not target.endswith(".StartTaskExecution") or not request.get("Tags"):
        return True
    if principal is None or principal.policies is None:
        return True
    contexts = (principals.context_of(principal, TAG, f"{request.get('TaskArn')}{rest}", {})
                for rest in ("", "/execution/exec-00000000000000000"))
    return any(iam_evaluator.evaluate(context, principal.policies, *principal.limits).decision == "Allow"
               for context in contexts)


def _tagging_denial(body: bytes):
    return iam_actions.access_denied_response(
        "datasync", TAG, principals.caller().arn, "", resource_arn=str(_request(body).get("TaskArn")))


def send(target: str, body: bytes) -> tuple[int, bytes]:
    """Sends one API call to the process; returns the HTTP status and the answer's body."""
    if not _process["url"]:
        return _unavailable("no DataSync process has been registered")
    address = urlsplit(_process["url"])
    connection = HTTPConnection(address.hostname, address.port, timeout=TIMEOUT_SECONDS)
    headers = {
        "Content-Type": JSON,
        "X-Amz-Target": target,
        "x-efs-account": get_account_id(),
        "x-efs-region": get_region(),
        "x-efs-token": _process["token"],
    }
    try:
        connection.request("POST", "/", body or b"{}", headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, HTTPException) as error:
        cause = str(error) or type(error).__name__
        return _unavailable(f"the DataSync process at {_process['url']} does not answer: {cause}")
    finally:
        connection.close()


def _unavailable(message: str) -> tuple[int, bytes]:
    return 500, json.dumps({"__type": "InternalException", "message": message}).encode()


def _authorize_calls() -> None:
    """Has the emulator check a caller's policies for DataSync, at resource level.

    Without a namespace it allows every action of a service to everybody.
    """
    iam_actions.SERVICE_TO_IAM_NAMESPACE["datasync"] = "datasync"
    known_arn, known_denial = iam_actions.extract_resource_arn, iam_actions.access_denied_response

    def extract_resource_arn(service, method, path, headers, body, query, region, account):
        if service != "datasync":
            return known_arn(service, method, path, headers, body, query, region, account)
        return resource_of(headers.get("x-amz-target", ""), body)

    def access_denied_response(service, action, principal, request_id, **details):
        if service != "datasync" or details.get("error_code"):
            return known_denial(service, action, principal, request_id, **details)
        resource, explicit = details.get("resource_arn", "*"), details.get("explicit_deny", False)
        message = iam_actions.identity_denial_message(action, principal, resource, explicit)
        body = {"__type": "AccessDeniedException", "Message": message}
        return 400, {"Content-Type": JSON}, json.dumps(body).encode()

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.access_denied_response = access_denied_response


def resource_of(target: str, body: bytes) -> str:
    """The ARN that a call is authorized on."""
    operation = target.rsplit(".", 1)[-1]
    if operation.startswith(WITHOUT_RESOURCE) and operation != "ListTagsForResource":
        return "*"
    request = _request(body)
    for name in ("TaskExecutionArn", "TaskArn", "LocationArn", "ResourceArn"):
        if request.get(name):
            return str(request[name])
    return "*"


def _request(body: bytes) -> dict:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = {}
    return request if isinstance(request, dict) else {}

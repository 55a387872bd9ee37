"""Bad days of AWS, by order: calls that fail, and events that go astray.

An order is written as an IAM statement is, with an action, a resource and `*`
in both, and says what such a call gets instead of its answer: it is `denied`,
`throttled`, or the service is `broken`. Events of AWS's own services, which
are delivered at best effort, are `dropped`, delivered `twice`, or `held`.
Everything lasts until it is healed; held events are then delivered, the
newest first. What the cloud itself does for somebody (an alarm that publishes,
a rule that invokes) is no call.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.core.router import extract_region

from cloud import events
from cloud.errors import Refused

ANSWERS = ("denied", "throttled", "broken")
EVENTS = ("dropped", "twice", "held")

# How a service says that it is asked too often or cannot answer: status, code,
# message. SDKs try all of these again.
THROTTLED = {
    "s3": (503, "SlowDown", "Please reduce your request rate."),
    "sns": (400, "Throttling", "Rate exceeded"),
}
BROKEN = {"s3": (500, "InternalError", "We encountered an internal error. Please try again.")}

_dispatch = app._dispatch_service_request


@dataclass
class _Order:
    action: str
    resource: str
    answer: str
    left: int | None  # calls; without a number: all

    def meets(self, action: str, resource: str) -> bool:
        return (self.left != 0 and iam_evaluator.fnmatch_iam(action, self.action)
                and iam_evaluator.fnmatch_iam_cs(resource, self.resource))


_orders: list[_Order] = []
_met: Counter = Counter()
_held: list[dict] = []
_events = {"what": ""}


def install() -> None:
    app._dispatch_service_request = _dispatch_or_fail


def take(body: dict) -> dict:
    """One order: `{"Fail": {…}}`, `{"Events": "held"}`, or `{"Heal": true}` for the end of all.

    The answer to the last one says how many calls have met each order.
    """
    if set(body) == {"Fail"}:
        _orders.append(_order(**body["Fail"]))
    elif set(body) == {"Events"}:
        if body["Events"] not in EVENTS:
            raise Refused(400, f"events are one of {', '.join(EVENTS)}, not {body['Events']}")
        _events["what"] = body["Events"]
    elif body == {"Heal": True}:
        return _heal()
    else:
        raise Refused(400, "an order is one of Fail, Events and Heal")
    return {}


def _order(Action: str, Answer: str, Resource: str = "*", Times: int | None = None) -> _Order:
    if Answer not in ANSWERS:
        raise Refused(400, f"an answer is one of {', '.join(ANSWERS)}, not {Answer}")
    if ":" not in Action:
        raise Refused(400, f"an action has a service, such as sns:Publish: {Action}")
    if Times is not None and (not isinstance(Times, int) or Times < 1):
        raise Refused(400, f"not a number of calls: {Times}")
    return _Order(Action, Resource, Answer, Times)


def _heal() -> dict:
    met, late = dict(_met), list(reversed(_held))
    _orders.clear()
    _held.clear()
    _met.clear()
    _events["what"] = ""
    for entry in late:
        events.put({"Entries": [entry]})
    return {"Met": met, "Delivered": len(late)}


def emit(body: dict) -> dict:
    """Events of a service of AWS, where no order sends them astray."""
    entries, what = body["Entries"], _events["what"]
    if what == "held":
        _held.extend(entries)
    if what in ("held", "dropped"):
        return {"FailedEntryCount": 0, "Entries": []}
    return events.put({"Entries": entries * 2 if what == "twice" else entries})


async def _dispatch_or_fail(method, path, headers, body, query_params, request_id):
    if _orders:
        failure = _failure(method, path, headers, body, query_params, request_id)
        if failure:
            return failure
    return await _dispatch(method, path, headers, body, query_params, request_id)


def _failure(method, path, headers, body, query_params, request_id):
    """What a call that meets an order gets, in the protocol of its service."""
    params = app._routing_params(method, path, headers, body, query_params)
    service = app.detect_service(method, path, headers, params)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, params)
    if not action:
        return None
    resource = iam_actions.extract_resource_arn(
        service, method, path, headers, body, params, extract_region(headers), get_account_id())
    order = next((order for order in _orders if order.meets(action, resource)), None)
    if order is None:
        return None
    _met[order.action] += 1
    if order.left is not None:
        order.left -= 1
    return _answer(order.answer, service, action, resource, request_id, headers)


def _answer(answer: str, service: str, action: str, resource: str, request_id: str, headers: dict):
    if answer == "denied":
        caller = iam_evaluator.request_caller_arn(headers)
        return iam_actions.access_denied_response(
            service, action, caller, request_id, headers=headers, resource_arn=resource)
    if answer == "throttled":
        status, code, message = THROTTLED.get(
            service, (400, "ThrottlingException", "Rate exceeded"))
    else:
        status, code, message = BROKEN.get(
            service, (500, "InternalFailure", "The request processing has failed."))
    _, answered, content = iam_actions.access_denied_response(
        service, action, "", request_id, error_code=code, message=message, headers=headers)
    return status, answered, content

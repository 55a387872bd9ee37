"""Encrypted topics and queues: a message is taken only where the key lets its sender in.

The emulator takes every message, whatever key a topic or a queue has.

Sources: SNS Developer Guide, "Configuring AWS KMS permissions"; SQS Developer
Guide, "Configuring AWS KMS permissions"; the errors are those of `Publish` and
`SendMessage` in their API references.
"""

from __future__ import annotations

from ministack.services import sns, sqs

from cloud import keys
from cloud.errors import Refused
from cloud.keys import KeyRefused, Use

TOPIC_ERRORS = {"denied": "KMSAccessDenied", "disabled": "KMSDisabled", "pending": "KMSInvalidState",
                "missing": "KMSNotFound"}
QUEUE_ERRORS = {"denied": "KmsAccessDenied", "disabled": "KmsDisabled", "pending": "KmsInvalidState",
                "missing": "KmsNotFound"}
# What an error of a queue is called where the query protocol names it.
QUERY_CODES = {"KmsAccessDenied": "KMS.AccessDeniedException", "KmsDisabled": "KMS.DisabledException",
               "KmsInvalidState": "KMS.InvalidStateException", "KmsNotFound": "KMS.NotFoundException"}

SENDING, RECEIVING = ("kms:GenerateDataKey", "kms:Decrypt"), ("kms:Decrypt",)
QUEUE_CALLS = {"SendMessage": SENDING, "SendMessageBatch": SENDING, "ReceiveMessage": RECEIVING}

_dispatch = sqs._dispatch


def install() -> None:
    sqs._dispatch = dispatch
    sqs._QUERY_COMPAT_CODES.update(QUERY_CODES)


def refusal_of_publish(topic_arn: str) -> tuple[str, str] | None:
    """Code and message of the error that the caller's `Publish` ends in, if the key is why."""
    key = _topic_key(topic_arn)
    try:
        if key:
            keys.check_caller(key, _topic_use(topic_arn))
    except KeyRefused as refusal:
        return TOPIC_ERRORS[refusal.kind], str(refusal)
    return None


async def dispatch(action: str, data: dict, url: str):
    queue = sqs._get_q(url) if action in QUEUE_CALLS else None
    key = _queue_key(queue)
    if key:
        try:
            keys.check_caller(key, _queue_use(queue, QUEUE_CALLS[action]))
        except KeyRefused as refusal:
            raise sqs._Err(QUEUE_ERRORS[refusal.kind], str(refusal), 400) from None
    return await _dispatch(action, data, url)


def check_service(arn: str, service: str, source_arn: str) -> None:
    """Raises `Refused` where the key of this topic or queue does not let the service in."""
    _check(arn, lambda key, use: keys.check_service(key, use, service, source_arn))


def check_role(arn: str, role_arn: str) -> None:
    """Raises `Refused` where the key of this topic or queue does not let the role in."""
    _check(arn, lambda key, use: keys.check_role(key, use, role_arn))


def _check(arn: str, ask) -> None:
    queue = sqs._queue_by_arn(arn) if ":sqs:" in arn else None
    key = _queue_key(queue) or (_topic_key(arn) if ":sns:" in arn else None)
    try:
        if key:
            ask(key, _queue_use(queue, SENDING) if queue else _topic_use(arn))
    except KeyRefused as refusal:
        raise Refused(403, str(refusal)) from None


def _topic_key(arn: str) -> str | None:
    topic = sns._topic_by_arn_any_scope(arn) or {}
    return topic.get("attributes", {}).get("KmsMasterKeyId")


def _topic_use(arn: str) -> Use:
    return Use("sns", SENDING, {"aws:sns:topicArn": arn})


def _queue_key(queue: dict | None) -> str | None:
    return (queue or {}).get("attributes", {}).get("KmsMasterKeyId")


def _queue_use(queue: dict, actions: tuple) -> Use:
    return Use("sqs", actions, {"aws:sqs:arn": queue["attributes"]["QueueArn"]})

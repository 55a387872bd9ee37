"""SNS `Publish` refuses what AWS refuses.

The emulator takes any subject and any message, so a letter that AWS would
never send looks fine, and any publisher, whatever key the topic has. Its errors
also carry the name of the exception where AWS sends the code `InvalidParameter`,
which no SDK then recognizes.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl

from ministack.services import sns

from cloud import message_keys

LONGEST_SUBJECT = 100  # characters
LARGEST_MESSAGE = 262_144  # bytes

_handle = sns.handle_request
_error = sns._error


def install() -> None:
    sns.handle_request = handle_request
    sns._error = error


async def handle_request(method, path, headers, body, query):
    # Read from the body as it was sent: the emulator's parser drops empty
    # values, and an empty subject is not the same as none.
    form = dict(parse_qsl((body or b"").decode("utf-8", "replace"), keep_blank_values=True))
    if form.get("Action") == "Publish":
        reason = refusal(form)
        if reason:
            return error("InvalidParameter", f"Invalid parameter: {reason}", 400)
        refused = message_keys.refusal_of_publish(form.get("TopicArn") or form.get("TargetArn") or "")
        if refused:
            return error(*refused, 400)
    return await _handle(method, path, headers, body, query)


def error(code: str, message: str, status: int):
    if code == "InvalidParameterException":
        code = "InvalidParameter"
    return _error(code, message, status)


def refusal(form: dict) -> str:
    """Why AWS would not take this message, or nothing."""
    message = form.get("Message", "")
    if not message:
        return "Empty message"
    if len(message.encode()) > LARGEST_MESSAGE:
        return "Message too long"
    if "Subject" in form and not _is_subject(form["Subject"]):
        return "Subject"
    structure = form.get("MessageStructure", "")
    if structure == "json":
        return _structure_refusal(message)
    return "MessageStructure" if structure else ""


def _is_subject(subject: str) -> bool:
    """ASCII that begins with a letter, a digit or punctuation, without control characters."""
    return len(subject) <= LONGEST_SUBJECT and bool(re.fullmatch(r"[!-~][ -~]*", subject))


def _structure_refusal(message: str) -> str:
    def once(pairs: list) -> dict:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("a key appears twice")
        return dict(pairs)

    try:
        texts = json.loads(message, object_pairs_hook=once)
    except ValueError:
        texts = None
    if not isinstance(texts, dict):
        return "Message Structure - JSON message body failed to parse"
    if "default" not in texts:
        return "Message Structure - No default entry in JSON message body"
    if not all(isinstance(text, str) for text in texts.values()):
        return "Message Structure - JSON message body must have string values"
    return ""

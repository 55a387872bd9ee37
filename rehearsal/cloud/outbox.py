"""The outbox: every e-mail that SNS would send becomes a file in a folder.

`000001-confirm.eml` asks to confirm a subscription, `000002-mail.eml` is a
published message. A file appears under its name only when it is complete.
"""

from __future__ import annotations

import re
import secrets
import threading
from datetime import datetime, timezone
from email.message import EmailMessage
from email.policy import default
from email.utils import formataddr
from pathlib import Path

SENDER = "no-reply@sns.local"

# One header line each, however long the ARN in it: readers need not unfold.
POLICY = default.clone(linesep="\n", max_line_length=998)
LONGEST_LINE = 998  # bytes, RFC 5322; a longer one is encoded

CONFIRMATION = """\
You have chosen to subscribe to the topic:
{topic}

To confirm this subscription, click or visit the link below \
(If this was in error no action is necessary):
{link}
"""

FOOTER = """

--
If you wish to stop receiving notifications from this topic, please click or visit the link \
below to unsubscribe:
{link}
"""


class Outbox:
    """Writes mails, numbered in the order in which they were sent."""

    def __init__(self, folder: Path, endpoint: str):
        self._folder = folder
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._last = max((int(path.name[:6]) for path in folder.glob("[0-9]*.eml")), default=0)

    def confirmation(self, topic: dict, subscription: dict) -> None:
        """The mail that asks for a confirmation; its token is also in a header."""
        token = subscription["token"]
        link = (f"{self._endpoint}/?Action=ConfirmSubscription"
                f"&TopicArn={topic['arn']}&Token={token}")
        mail = _mail(topic, subscription, "AWS Notification - Subscription Confirmation",
                     secrets.token_hex(16))
        mail["X-Sns-Token"] = token
        _set_text(mail, CONFIRMATION.format(topic=topic["arn"], link=link))
        self._write("confirm", mail)

    def message(self, topic: dict, subscription: dict, message_id: str, subject: str,
                text: str, attributes: dict) -> None:
        """A published message, with its attributes as headers."""
        mail = _mail(topic, subscription, subject or "AWS Notification Message", message_id)
        for name, attribute in attributes.items():
            value = attribute.get("StringValue") or attribute.get("BinaryValue") or ""
            mail[f"X-Sns-Attribute-{name}"] = _one_line(value)
        link = f"{self._endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription['arn']}"
        _set_text(mail, text + FOOTER.format(link=link))
        self._write("mail", mail)

    def _write(self, kind: str, mail: EmailMessage) -> None:
        with self._lock:
            self._last += 1
            unfinished = self._folder / f".{self._last:06}.tmp"
            unfinished.write_bytes(mail.as_bytes())
            unfinished.replace(self._folder / f"{self._last:06}-{kind}.eml")


def _mail(topic: dict, subscription: dict, subject: str, message_id: str) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    name = topic["attributes"].get("DisplayName") or "AWS Notifications"
    mail["From"] = formataddr((_one_line(name), SENDER))
    mail["To"] = _one_line(subscription["endpoint"])
    mail["Subject"] = _one_line(subject)
    mail["Date"] = datetime.now(timezone.utc)
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@sns.local>"
    mail["X-Sns-Topic-Arn"] = topic["arn"]
    mail["X-Sns-Message-Id"] = message_id
    return mail


def _set_text(mail: EmailMessage, text: str) -> None:
    short = all(len(line) <= LONGEST_LINE for line in text.encode().splitlines())
    mail.set_content(text, cte="8bit" if short else "quoted-printable")


def _one_line(text: str) -> str:
    """Without what would begin another header."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)

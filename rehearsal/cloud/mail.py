"""SNS to e-mail: subscriptions wait for their confirmation, messages reach the outbox.

The emulator takes every e-mail subscription as confirmed, whoever made it, and
delivers an e-mail by writing a line into its log. On AWS nothing is sent until
somebody has followed the link in the confirmation mail.
"""

from __future__ import annotations

import os
import re
import secrets

from ministack.services import sns
from ministack.services.cloudformation import provisioners

from cloud.errors import failed_resource
from cloud.outbox import Outbox
from cloud.settings import Settings

PROTOCOLS = ("email", "email-json")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")

_fanout = sns._fanout
_subscribe = sns._subscribe
_create_subscription = provisioners._sns_sub_create


def install(here: Settings) -> None:
    outbox = Outbox(here.outbox, os.environ["AWS_ENDPOINT_URL"])
    _deliver_mails(outbox)
    _hold_subscriptions_of_calls(outbox)
    _hold_subscriptions_of_stacks(outbox)
    sns._list_subscriptions = _list_pending(sns._list_subscriptions)
    sns._list_subscriptions_by_topic = _list_pending(sns._list_subscriptions_by_topic)


def pending(body: dict) -> dict:
    """The subscriptions that nobody has confirmed yet, with their tokens."""
    return {"Pending": [
        {"TopicArn": topic["arn"], "Protocol": sub["protocol"], "Endpoint": sub["endpoint"],
         "SubscriptionArn": sub["arn"], "Token": sub.get("token")}
        for topic, sub in _unconfirmed()
    ]}


def _unconfirmed():
    for topic in sns._topics.values():
        for sub in topic["subscriptions"]:
            if not sub.get("confirmed"):
                yield topic, sub


def _hold(outbox: Outbox, topic: dict) -> None:
    """Has every new e-mail subscription of a topic wait, and sends its confirmation mail."""
    for sub in topic["subscriptions"]:
        if sub["protocol"] in PROTOCOLS and not sub.get("confirmation_asked"):
            sub.update(confirmation_asked=True, confirmed=False, token=secrets.token_hex(64))
            sub["attributes"].update(
                SubscriptionArn=sub["arn"], TopicArn=topic["arn"], Protocol=sub["protocol"],
                Endpoint=sub["endpoint"], Owner=sub["owner"], PendingConfirmation="true",
                ConfirmationWasAuthenticated="false")
            outbox.confirmation(topic, sub)
    sns._refresh_subscription_counts(topic)


def _hold_subscriptions_of_calls(outbox: Outbox) -> None:
    def subscribe(params: dict):
        protocol, endpoint = sns._p(params, "Protocol"), sns._p(params, "Endpoint")
        if protocol in PROTOCOLS and not ADDRESS.fullmatch(endpoint):
            return sns._error("InvalidParameter", "Invalid parameter: Email address", 400)
        status, headers, answer = _subscribe(params)
        if status >= 400:
            return status, headers, answer
        topic = sns._topic_by_arn_any_scope(sns._p(params, "TopicArn"))
        sub = next(sub for sub in topic["subscriptions"]
                   if (sub["protocol"], sub["endpoint"]) == (protocol, endpoint))
        if sub.get("confirmation_asked") and not sub["confirmed"]:
            outbox.confirmation(topic, sub)  # asked for once more, so sent once more
        _hold(outbox, topic)
        if not sub["confirmed"]:
            wants_arn = sns._p(params, "ReturnSubscriptionArn") == "true"
            answer = re.sub(rb"(?<=<SubscriptionArn>)[^<]*",
                            (sub["arn"] if wants_arn else "pending confirmation").encode(), answer)
        return status, headers, answer

    sns._subscribe = subscribe


def _hold_subscriptions_of_stacks(outbox: Outbox) -> None:
    def create_subscription(logical_id, props, stack_name):
        if props.get("TopicArn") not in sns._topics:
            raise failed_resource(f"Topic does not exist: {props.get('TopicArn')}", "Sns", 404)
        if props.get("Protocol") in PROTOCOLS and not ADDRESS.fullmatch(props.get("Endpoint", "")):
            raise failed_resource("Invalid parameter: Email address", "Sns", 400)
        created = _create_subscription(logical_id, props, stack_name)
        _hold(outbox, sns._topics[props["TopicArn"]])
        return created

    def holding(call):
        def create_or_update(*args):
            arn, attributes = call(*args)
            _hold(outbox, sns._topics[arn])
            return arn, attributes
        return create_or_update

    provisioners._sns_sub_create = create_subscription
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::SNS::Subscription"]["create"] = create_subscription
    topic = handlers["AWS::SNS::Topic"]
    topic.update(create=holding(topic["create"]), update=holding(topic["update"]))


def _list_pending(list_subscriptions):
    """Lists an unconfirmed subscription as `PendingConfirmation`, which hides its ARN."""

    def listed(params: dict):
        status, headers, answer = list_subscriptions(params)
        for _, sub in _unconfirmed():
            answer = answer.replace(f">{sub['arn']}<".encode(), b">PendingConfirmation<")
        return status, headers, answer

    return listed


def _deliver_mails(outbox: Outbox) -> None:
    def fanout(topic_arn, message_id, message, subject, structure="", attributes=None, **fifo):
        _fanout(topic_arn, message_id, message, subject, structure, attributes, **fifo)
        topic = sns._topic_by_arn_any_scope(topic_arn)
        for sub in topic["subscriptions"] if topic else ():
            if sub["protocol"] not in PROTOCOLS or not sub["confirmed"]:
                continue
            text = sns._resolve_message_for_protocol(message, structure, sub["protocol"])
            if not sns._matches_filter_policy(sub, attributes or {}, text):
                continue
            if sub["protocol"] == "email-json":
                text = sns._build_envelope(
                    topic_arn, message_id, text, subject, attributes or {}, False)
            outbox.message(topic, sub, message_id, subject, text, attributes or {})

    sns._fanout = fanout

"""E-mail subscriptions and what reaches the outbox."""

from __future__ import annotations

import email
import email.policy
import json
import unittest
from datetime import datetime, timedelta, timezone
from urllib.request import urlopen

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, physical_id, reasons, refused, shared, stack


def mails(address: str, kind: str) -> list:
    """The mails of a kind to an address, parsed, oldest first."""
    parsed = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
              for path in shared().outbox() if path.stem.endswith(f"-{kind}")]
    return [mail for mail in parsed if mail["To"] == address]


def published(text: str) -> tuple[str, str]:
    """The text of a mail, and the footer below it."""
    body, footer = text.split("\n\n--\n", 1)
    return body, footer


class ASubscription(unittest.TestCase):
    def setUp(self):
        self.sns = shared().client("sns")

    def topic(self, name: str) -> str:
        return self.sns.create_topic(Name=name)["TopicArn"]

    def listed(self, topic: str) -> list[str]:
        by_topic = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        everywhere = [sub for sub in self.sns.list_subscriptions()["Subscriptions"]
                      if sub["TopicArn"] == topic]
        self.assertEqual([sub["SubscriptionArn"] for sub in by_topic],
                         [sub["SubscriptionArn"] for sub in everywhere])
        return [sub["SubscriptionArn"] for sub in by_topic]

    def counts(self, topic: str) -> tuple[str, str]:
        attributes = self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        return attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]

    def token(self, topic: str) -> str:
        status, answer = shared().post("/_efs/pending")
        self.assertEqual(status, 200)
        return next(sub["Token"] for sub in answer["Pending"] if sub["TopicArn"] == topic)

    def test_waits_for_its_confirmation(self):
        topic = self.topic("waiting")
        made = self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="waiting@example.com")
        self.assertEqual(made["SubscriptionArn"], "pending confirmation")
        self.assertEqual(self.listed(topic), ["PendingConfirmation"])
        self.assertEqual(self.counts(topic), ("1", "0"))
        self.sns.publish(TopicArn=topic, Message="too early")
        self.assertEqual(mails("waiting@example.com", "mail"), [])

        confirmed = self.sns.confirm_subscription(TopicArn=topic, Token=self.token(topic))["SubscriptionArn"]
        self.assertEqual(self.listed(topic), [confirmed])
        self.assertEqual(self.counts(topic), ("0", "1"))
        self.sns.publish(TopicArn=topic, Message="in time")
        self.assertEqual(len(mails("waiting@example.com", "mail")), 1)

    def test_is_asked_for_by_a_mail_with_the_token_and_a_link(self):
        topic = self.topic("asked")
        self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="asked@example.com")
        mail, = mails("asked@example.com", "confirm")

        self.assertEqual(mail["X-Sns-Token"], self.token(topic))
        self.assertEqual(mail["X-Sns-Topic-Arn"], topic)
        self.assertEqual(mail["Subject"], "AWS Notification - Subscription Confirmation")
        link = next(line for line in mail.get_content().splitlines() if line.startswith("http"))
        with urlopen(link, timeout=10) as answer:
            self.assertEqual(answer.status, 200)
        self.assertNotIn("PendingConfirmation", self.listed(topic))

    def test_is_not_confirmed_by_a_wrong_token(self):
        topic = self.topic("guessed")
        self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="guessed@example.com")
        code, _ = refused(self.sns.confirm_subscription, TopicArn=topic, Token="0" * 64)

        self.assertEqual(code, "InvalidParameter")
        self.assertEqual(self.listed(topic), ["PendingConfirmation"])

    def test_asked_for_again_sends_the_mail_again(self):
        topic = self.topic("again")
        for _ in range(2):
            made = self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="again@example.com")
            self.assertEqual(made["SubscriptionArn"], "pending confirmation")
        first, second = mails("again@example.com", "confirm")
        self.assertEqual(first["X-Sns-Token"], second["X-Sns-Token"])

        arn = self.sns.confirm_subscription(TopicArn=topic, Token=first["X-Sns-Token"])["SubscriptionArn"]
        made = self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="again@example.com")
        self.assertEqual(made["SubscriptionArn"], arn)
        self.assertEqual(len(mails("again@example.com", "confirm")), 2, "a confirmed one needs no mail")

    def test_may_ask_for_its_arn(self):
        made = self.sns.subscribe(TopicArn=self.topic("arn"), Protocol="email", Endpoint="arn@example.com",
                                  ReturnSubscriptionArn=True)
        attributes = self.sns.get_subscription_attributes(
            SubscriptionArn=made["SubscriptionArn"])["Attributes"]
        self.assertEqual(attributes["PendingConfirmation"], "true")

    def test_of_a_stack_waits_too(self):
        made = stack("mail-stack", {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {
                "Subscription": [{"Protocol": "email", "Endpoint": "inline@example.com"}]}},
            "Sub": {"Type": "AWS::SNS::Subscription", "Properties": {
                "TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "stack@example.com"}}})
        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("mail-stack"))
        topic = physical_id("mail-stack", "Topic")
        self.assertEqual(self.listed(topic), ["PendingConfirmation"] * 2)
        self.assertEqual(self.counts(topic), ("2", "0"))
        self.sns.publish(TopicArn=topic, Message="too early")
        for address in ("inline@example.com", "stack@example.com"):
            self.assertEqual(mails(address, "mail"), [])
            mail, = mails(address, "confirm")
            self.sns.confirm_subscription(TopicArn=topic, Token=mail["X-Sns-Token"])
        self.sns.publish(TopicArn=topic, Message="in time")
        self.assertEqual(len(mails("stack@example.com", "mail")), 1)
        attributes = self.sns.get_subscription_attributes(
            SubscriptionArn=physical_id("mail-stack", "Sub"))["Attributes"]
        self.assertEqual((attributes["Endpoint"], attributes["PendingConfirmation"]),
                         ("stack@example.com", "false"))

    def test_to_another_address_in_a_stack_waits_again(self):
        def resources(address):
            return {"Topic": {"Type": "AWS::SNS::Topic"}, "Sub": {
                "Type": "AWS::SNS::Subscription", "Properties": {
                    "TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": address}}}

        stack("mail-move", resources("old@example.com"))
        topic = physical_id("mail-move", "Topic")
        self.sns.confirm_subscription(TopicArn=topic, Token=self.token(topic))
        stack("mail-move", resources("new@example.com"), update=True)

        self.assertEqual(self.listed(topic), ["PendingConfirmation"])
        self.assertEqual(len(mails("new@example.com", "confirm")), 1)

    def test_ends_with_the_link_in_the_footer(self):
        topic = self.topic("ending")
        self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ending@example.com")
        self.sns.confirm_subscription(TopicArn=topic, Token=self.token(topic))
        self.sns.publish(TopicArn=topic, Message="one")
        mail, = mails("ending@example.com", "mail")
        with urlopen(mail.get_content().split()[-1], timeout=10) as answer:
            self.assertEqual(answer.status, 200)
        self.sns.publish(TopicArn=topic, Message="two")

        self.assertEqual(self.listed(topic), [])
        self.assertEqual(len(mails("ending@example.com", "mail")), 1)

    def test_needs_an_address(self):
        code, message = refused(self.sns.subscribe, TopicArn=self.topic("no-address"),
                                Protocol="email", Endpoint="nobody")
        self.assertEqual((code, message), ("InvalidParameter", "Invalid parameter: Email address"))


class AMail(unittest.TestCase):
    def setUp(self):
        self.sns = shared().client("sns")

    def subscribed(self, name: str, **attributes) -> str:
        topic = self.sns.create_topic(Name=name, Attributes={"DisplayName": "Backup"})["TopicArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{name}@example.com",
                           Attributes=attributes)
        mail, = mails(f"{name}@example.com", "confirm")
        self.sns.confirm_subscription(TopicArn=topic, Token=mail["X-Sns-Token"])
        return topic

    def test_has_the_email_text_and_the_attributes(self):
        topic = self.subscribed("letter")
        letter = "Backup failed.\n\n  Größe: 3 GiB →\n"
        sent = self.sns.publish(
            TopicArn=topic, Subject="FAILED | web-uploads", MessageStructure="json",
            Message=json.dumps({"default": "short", "email": letter, "sqs": "{}"}),
            MessageAttributes={"verdict": {"DataType": "String", "StringValue": "FAILED"},
                               "task": {"DataType": "String", "StringValue": "Größe"}})
        mail, = mails("letter@example.com", "mail")
        text, footer = published(mail.get_content())

        self.assertEqual(text, letter)
        self.assertIn("unsubscribe:\n" + shared().endpoint, footer)
        self.assertEqual(mail["Subject"], "FAILED | web-uploads")
        self.assertEqual(mail["From"], "Backup <no-reply@sns.local>")
        self.assertEqual(mail["X-Sns-Message-Id"], sent["MessageId"])
        self.assertEqual(mail["X-Sns-Topic-Arn"], topic)
        self.assertEqual((mail["X-Sns-Attribute-verdict"], mail["X-Sns-Attribute-task"]),
                         ("FAILED", "Größe"))
        self.assertRegex(mail["Message-ID"], r"^<[0-9a-f]+@sns\.local>$")
        self.assertLess(abs(datetime.now(timezone.utc) - mail["Date"].datetime), timedelta(seconds=60))

    def test_is_readable_without_a_decoder(self):
        topic = self.subscribed("plain")
        self.sns.publish(TopicArn=topic, Message="Größe: ok")
        raw = next(path for path in reversed(shared().outbox())
                   if b"plain@example.com" in path.read_bytes()).read_bytes()

        self.assertIn("\n\nGröße: ok\n\n--\n".encode(), raw)
        self.assertIn(b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n', raw)
        self.assertNotIn(b"\r", raw)

    def test_without_an_email_text_has_the_default(self):
        topic = self.subscribed("fallback")
        self.sns.publish(TopicArn=topic, MessageStructure="json", Message='{"default": "for all"}')
        mail, = mails("fallback@example.com", "mail")

        self.assertEqual(published(mail.get_content())[0], "for all")
        self.assertEqual(mail["Subject"], "AWS Notification Message")

    def test_keeps_a_very_long_line(self):
        topic = self.subscribed("long")
        self.sns.publish(TopicArn=topic, Message="x" * 3000)
        mail, = mails("long@example.com", "mail")
        self.assertEqual(published(mail.get_content())[0], "x" * 3000)

    def test_respects_the_filter_policy(self):
        topic = self.subscribed("picky", FilterPolicy=json.dumps({"severity": ["error"]}))
        for severity in ("info", "error"):
            self.sns.publish(TopicArn=topic, Message=severity, MessageAttributes={
                "severity": {"DataType": "String", "StringValue": severity}})
        mail, = mails("picky@example.com", "mail")
        self.assertEqual(published(mail.get_content())[0], "error")

    def test_cannot_grow_a_header_out_of_an_attribute(self):
        topic = self.subscribed("injected")
        self.sns.publish(TopicArn=topic, Message="m", MessageAttributes={
            "task": {"DataType": "String", "StringValue": "a\r\nBcc: evil@example.com"}})
        mail, = mails("injected@example.com", "mail")
        self.assertEqual((mail["Bcc"], mail["X-Sns-Attribute-task"]), (None, "a Bcc: evil@example.com"))

    def test_is_numbered_in_the_order_of_sending(self):
        topic = self.subscribed("order")
        for text in ("one", "two"):
            self.sns.publish(TopicArn=topic, Message=text)
        found = mails("order@example.com", "mail")
        self.assertEqual([published(mail.get_content())[0] for mail in found], ["one", "two"])
        names = [path.name for path in shared().outbox()]
        self.assertRegex(names[0], r"^000001-confirm\.eml$")
        self.assertEqual(len({name[:6] for name in names}), len(names))

    def test_leaves_the_other_subscribers_alone(self):
        topic = self.subscribed("both")
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:both"
        url = shared().client("sqs").create_queue(QueueName="both", Attributes={"Policy": harness.document(
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
             "Action": "sqs:SendMessage", "Resource": arn})})["QueueUrl"]
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.sns.publish(TopicArn=topic, MessageStructure="json",
                         Message='{"default": "d", "sqs": "for the queue", "email": "for the person"}')
        message, = shared().client("sqs").receive_message(QueueUrl=url)["Messages"]

        self.assertEqual(json.loads(message["Body"])["Message"], "for the queue")
        mail, = mails("both@example.com", "mail")
        self.assertEqual(published(mail.get_content())[0], "for the person")


if __name__ == "__main__":
    unittest.main()

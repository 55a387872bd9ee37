"""What SNS refuses to publish."""

from __future__ import annotations

import json
import unittest

from cloud.tests.harness import refused, shared


class APublishThatAwsRefuses(unittest.TestCase):
    """One test a rule; each also sends what is just allowed."""

    @classmethod
    def setUpClass(cls):
        cls.sns = shared().client("sns")
        cls.topic = cls.sns.create_topic(Name="publish")["TopicArn"]

    def sent(self, **message) -> None:
        self.sns.publish(TopicArn=self.topic, **{"Message": "m", **message})

    def not_sent(self, reason: str, **message) -> None:
        code, text = refused(self.sns.publish, TopicArn=self.topic, **{"Message": "m", **message})
        self.assertEqual(code, "InvalidParameter")
        self.assertEqual(text, f"Invalid parameter: {reason}")

    def json_not_sent(self, reason: str, message: str) -> None:
        self.not_sent(f"Message Structure - {reason}", Message=message, MessageStructure="json")

    def test_a_subject_over_100_characters(self):
        self.sent(Subject="s" * 100)
        self.not_sent("Subject", Subject="s" * 101)

    def test_a_subject_with_a_line_break_or_control_character(self):
        self.sent(Subject="a | b")
        for subject in ("a\nb", "a\r\nb", "a\tb", "a\x7fb"):
            self.not_sent("Subject", Subject=subject)

    def test_a_subject_that_is_not_ascii(self):
        self.not_sent("Subject", Subject="Größe")

    def test_a_subject_that_begins_with_a_blank(self):
        self.sent(Subject="a ")
        self.not_sent("Subject", Subject=" a")

    def test_an_empty_subject(self):
        self.sent()
        self.not_sent("Subject", Subject="")

    def test_an_empty_message(self):
        self.not_sent("Empty message", Message="")

    def test_a_message_over_256_kib(self):
        self.sent(Message="x" * 262_144)
        self.not_sent("Message too long", Message="x" * 262_145)
        self.not_sent("Message too long", Message="ö" * 131_073)

    def test_a_json_message_without_default(self):
        self.sent(Message='{"default": ""}', MessageStructure="json")
        self.json_not_sent("No default entry in JSON message body", '{"email": "e"}')

    def test_a_json_message_that_is_no_json_object(self):
        for message in ("no json", '["default"]', '{"default": "a", "default": "b"}'):
            self.json_not_sent("JSON message body failed to parse", message)
        self.sent(Message="no json")

    def test_a_json_message_with_a_text_that_is_no_string(self):
        for message in ({"default": 1}, {"default": "d", "email": {"a": 1}}, {"default": "d", "sqs": None}):
            self.json_not_sent("JSON message body must have string values", json.dumps(message))

    def test_another_structure_than_json(self):
        self.not_sent("MessageStructure", MessageStructure="xml")

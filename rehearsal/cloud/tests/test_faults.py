"""Bad days by order: what callers get, for how long, and what becomes of events."""

from __future__ import annotations

import json
import unittest

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, refused, shared, wait_for

ANY = f"arn:aws:sns:{REGION}:{ACCOUNT}:"


def order(**body) -> dict:
    status, answer = shared().post("/_efs/faults", body)
    assert status == 200, answer
    return answer


class AFault(unittest.TestCase):
    def setUp(self):
        self.addCleanup(order, Heal=True)
        self.sns = shared().client("sns")

    def publish(self, topic: str, client=None):
        return (client or self.sns).publish(TopicArn=topic, Message="m")

    def test_throttles_as_many_calls_as_ordered(self):
        topic = self.sns.create_topic(Name="throttled")["TopicArn"]
        order(Fail={"Action": "sns:Publish", "Answer": "throttled", "Times": 2})
        for _ in range(2):
            self.assertEqual(refused(self.publish, topic), ("Throttling", "Rate exceeded"))
        self.publish(topic)

        self.assertEqual(order(Heal=True), {"Met": {"sns:Publish": 2}, "Delivered": 0})

    def test_lasts_until_it_is_healed(self):
        topic = self.sns.create_topic(Name="for-long")["TopicArn"]
        order(Fail={"Action": "sns:Pub*", "Answer": "broken"})
        for _ in range(5):
            self.assertEqual(refused(self.publish, topic)[0], "InternalFailure")
        self.sns.get_topic_attributes(TopicArn=topic)
        order(Heal=True)
        self.publish(topic)

    def test_meets_only_the_resource_that_is_named(self):
        one, two = (self.sns.create_topic(Name=name)["TopicArn"] for name in ("met", "spared"))
        order(Fail={"Action": "sns:Publish", "Resource": "*:met", "Answer": "throttled"})

        self.assertEqual(refused(self.publish, one)[0], "Throttling")
        self.publish(two)

    def test_denies_in_the_words_of_each_service(self):
        every = ["sns:Publish", "sqs:GetQueueAttributes", "scheduler:GetSchedule", "events:DescribeRule",
                 "s3:GetBucketLocation", "datasync:ListTaskExecutions", "kms:DescribeKey"]
        role = harness.role("denied-by-order", "lambda.amazonaws.com", allow(every, "*"))
        for action in every:
            order(Fail={"Action": action, "Answer": "denied"})
        asked = {service: shared().as_role(service, role)
                 for service in ("sns", "sqs", "scheduler", "events", "s3", "datasync", "kms")}
        task = f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-0123456789abcdef0"
        calls = [
            ("AuthorizationError", "sns:Publish", lambda: asked["sns"].publish(TopicArn=ANY + "t", Message="m")),
            ("AccessDenied", "sqs:GetQueueAttributes", lambda: asked["sqs"].get_queue_attributes(
                QueueUrl=f"{shared().endpoint}/{ACCOUNT}/q", AttributeNames=["All"])),
            ("AccessDeniedException", "scheduler:GetSchedule", lambda: asked["scheduler"].get_schedule(Name="s")),
            ("AccessDeniedException", "events:DescribeRule", lambda: asked["events"].describe_rule(Name="r")),
            ("AccessDenied", "s3:GetBucketLocation", lambda: asked["s3"].get_bucket_location(Bucket="b")),
            ("AccessDeniedException", "datasync:ListTaskExecutions",
             lambda: asked["datasync"].list_task_executions(TaskArn=task)),
            ("AccessDeniedException", "kms:DescribeKey", lambda: asked["kms"].describe_key(KeyId="k")),
        ]
        for code, action, call in calls:
            with self.subTest(action):
                found, message = refused(call)
                self.assertEqual(found, code)
                self.assertIn(action, message)
                self.assertIn("assumed-role/denied-by-order", message)

    def test_of_s3_has_its_own_words(self):
        s3 = shared().client("s3")
        for answer, code in (("throttled", "SlowDown"), ("broken", "InternalError")):
            order(Fail={"Action": "s3:PutObject", "Answer": answer, "Times": 1})
            self.assertEqual(refused(s3.put_object, Bucket="none", Key="k", Body=b"x")[0], code)

    def test_that_nobody_understands_is_refused(self):
        for body in ({}, {"Events": "lost"}, {"Fail": {"Action": "Publish", "Answer": "denied"}},
                     {"Fail": {"Action": "sns:Publish", "Answer": "odd"}}, {"Fail": {"Answer": "denied"}},
                     {"Fail": {"Action": "sns:Publish", "Answer": "denied", "Times": 0}}):
            self.assertEqual(shared().post("/_efs/faults", body)[0], 400, body)

    def test_needs_the_token(self):
        self.assertEqual(shared().post("/_efs/faults", {"Heal": True}, token="guess")[0], 403)


class AnEventOfAService(unittest.TestCase):
    def setUp(self):
        self.addCleanup(order, Heal=True)
        name = self.id().rsplit(".", 1)[1].replace("_", "-")
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        self.url = shared().client("sqs").create_queue(QueueName=name, Attributes={"Policy": harness.document(
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
             "Action": "sqs:SendMessage", "Resource": self.arn})})["QueueUrl"]
        events = shared().client("events")
        events.put_rule(Name=name, EventPattern=json.dumps({"detail-type": [name]}))
        events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": self.arn}])
        self.kind = name

    def emit(self, *states: str) -> None:
        for state in states:
            status, answer = shared().post("/_efs/events", {"Entries": [
                {"Source": "aws.datasync", "DetailType": self.kind, "Detail": json.dumps({"State": state})}]})
            self.assertEqual(status, 200, answer)

    def arrived(self, number: int) -> list[str]:
        """The states that have arrived, when there are so many of them."""
        found: list[str] = []

        def received():
            answer = shared().client("sqs").receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            found.extend(json.loads(message["Body"])["detail"]["State"]
                         for message in answer.get("Messages", []))
            return len(found) >= number
        wait_for(received)
        return found

    def test_is_lost_while_events_are_dropped(self):
        order(Events="dropped")
        self.emit("LOST")
        order(Heal=True)
        self.emit("SUCCESS")
        self.assertEqual(self.arrived(1), ["SUCCESS"])

    def test_comes_twice(self):
        order(Events="twice")
        self.emit("ERROR")
        order(Heal=True)
        self.emit("SUCCESS")
        self.assertEqual(self.arrived(3), ["ERROR", "ERROR", "SUCCESS"])

    def test_comes_late_and_after_a_newer_one(self):
        order(Events="held")
        self.emit("FIRST", "SECOND")
        self.assertEqual(order(Heal=True)["Delivered"], 2)
        self.assertEqual(self.arrived(2), ["SECOND", "FIRST"])


if __name__ == "__main__":
    unittest.main()

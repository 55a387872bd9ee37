"""The questions that a watch over the backup line asks: each is answered as AWS does, to those who may ask."""

from __future__ import annotations

import json
import unittest

from cloud.tests import harness
from cloud.tests.fake_datasync import FakeDataSync
from cloud.tests.harness import ACCOUNT, REGION, allow, refused, shared


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


SCHEDULE = arn("scheduler", "schedule/default/watched")
RULE = arn("events", "rule/watched")
TOPIC, QUEUE = arn("sns", "watched"), arn("sqs", "watched")
BUCKET = "arn:aws:s3:::watched-bucket"
TASK = arn("datasync", "task/task-0123456789abcdef0")


class AWatch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        target = harness.function("watched")
        scheduling = harness.role("watched-scheduling", "scheduler.amazonaws.com")
        shared().client("scheduler").create_schedule(
            Name="watched", Description="Starts it", ScheduleExpression="cron(0 2 * * ? *)",
            ScheduleExpressionTimezone="Europe/Berlin", FlexibleTimeWindow={"Mode": "OFF"},
            State="ENABLED", Target={"Arn": target, "RoleArn": scheduling, "Input": "{}",
                                     "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 900},
                                     "DeadLetterConfig": {"Arn": QUEUE}})
        events = shared().client("events")
        events.put_rule(Name="watched", EventPattern='{"source": ["aws.datasync"]}')
        events.put_targets(Rule="watched", Targets=[{"Id": "report", "Arn": target}])
        sns = shared().client("sns")
        sns.create_topic(Name="watched")
        sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="watched@example.com")
        cls.url = shared().client("sqs").create_queue(QueueName="watched")["QueueUrl"]
        shared().client("s3").create_bucket(
            Bucket="watched-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        cls.key = shared().client("kms").create_key()["KeyMetadata"]["Arn"]

    def clients(self, name: str, *statements: dict):
        role = harness.role(name, "lambda.amazonaws.com", *statements)
        return lambda service: shared().as_role(service, role)

    def test_is_told_of_a_schedule_with_its_zone(self):
        ask = self.clients("asks-scheduler", allow("scheduler:GetSchedule", SCHEDULE))("scheduler")
        found = ask.get_schedule(Name="watched")

        self.assertEqual((found["State"], found["ScheduleExpression"], found["ScheduleExpressionTimezone"]),
                         ("ENABLED", "cron(0 2 * * ? *)", "Europe/Berlin"))
        self.assertEqual((found["Arn"], found["GroupName"]), (SCHEDULE, "default"))
        self.assertEqual(found["Target"]["DeadLetterConfig"], {"Arn": QUEUE})
        self.assertEqual(found["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 2)

    def test_is_told_that_a_schedule_is_gone(self):
        ask = self.clients("asks-any-schedule", allow("scheduler:GetSchedule", arn("scheduler", "schedule/*")))
        code, message = refused(ask("scheduler").get_schedule, Name="gone")
        self.assertEqual(code, "ResourceNotFoundException")
        self.assertIn("Schedule gone does not exist", message)

    def test_is_told_of_a_rule_and_its_targets(self):
        ask = self.clients("asks-events", allow(["events:DescribeRule", "events:ListTargetsByRule"], RULE))("events")
        self.assertEqual(ask.describe_rule(Name="watched")["State"], "ENABLED")
        self.assertEqual([target["Id"] for target in ask.list_targets_by_rule(Rule="watched")["Targets"]], ["report"])
        shared().client("events").disable_rule(Name="watched")
        self.assertEqual(ask.describe_rule(Name="watched")["State"], "DISABLED")
        shared().client("events").enable_rule(Name="watched")

        everywhere = self.clients("asks-any-rule", allow(["events:DescribeRule", "events:ListTargetsByRule"], "*"))
        for call, name in (("describe_rule", "Name"), ("list_targets_by_rule", "Rule")):
            code, message = refused(getattr(everywhere("events"), call), **{name: "gone"})
            self.assertEqual(code, "ResourceNotFoundException")
            self.assertIn("Rule gone does not exist", message)

    def test_is_told_of_a_pending_subscription(self):
        ask = self.clients("asks-sns", allow("sns:ListSubscriptionsByTopic", TOPIC))("sns")
        found, = ask.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
        self.assertEqual((found["SubscriptionArn"], found["Protocol"], found["Endpoint"]),
                         ("PendingConfirmation", "email", "watched@example.com"))

    def test_is_told_of_messages_that_wait(self):
        ask = self.clients("asks-sqs", allow("sqs:GetQueueAttributes", QUEUE))("sqs")
        shared().client("sqs").send_message(QueueUrl=self.url, MessageBody="m")
        attributes = ask.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"])
        self.assertEqual(attributes["Attributes"], {
            "ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "0"})

    def test_is_told_of_a_key(self):
        ask = self.clients("asks-kms", allow("kms:DescribeKey", self.key))("kms")
        self.assertEqual(ask.describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"], "Enabled")
        shared().client("kms").disable_key(KeyId=self.key)
        self.assertEqual(ask.describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"], "Disabled")
        shared().client("kms").schedule_key_deletion(KeyId=self.key, PendingWindowInDays=7)
        found = ask.describe_key(KeyId=self.key)["KeyMetadata"]
        self.assertEqual(found["KeyState"], "PendingDeletion")
        self.assertIn("DeletionDate", found)

    def test_is_told_of_a_bucket(self):
        ask = self.clients("asks-s3", allow(
            ["s3:GetEncryptionConfiguration", "s3:GetBucketLocation", "s3:ListBucket"], BUCKET))("s3")
        rule, = ask.get_bucket_encryption(Bucket="watched-bucket")["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        self.assertEqual(ask.get_bucket_location(Bucket="watched-bucket")["LocationConstraint"], REGION)
        head = ask.head_bucket(Bucket="watched-bucket")["ResponseMetadata"]["HTTPHeaders"]
        self.assertEqual(head["x-amz-bucket-region"], REGION)

    def test_is_told_that_a_bucket_is_gone(self):
        ask = self.clients("asks-any-bucket", allow(
            ["s3:GetEncryptionConfiguration", "s3:GetBucketLocation", "s3:ListBucket"], "*"))("s3")
        self.assertEqual(refused(ask.head_bucket, Bucket="gone-bucket")[0], "404")
        self.assertEqual(refused(ask.get_bucket_encryption, Bucket="gone-bucket")[0], "NoSuchBucket")
        self.assertEqual(refused(ask.get_bucket_location, Bucket="gone-bucket")[0], "NoSuchBucket")

    def test_lists_executions_only_by_leave_for_all_of_them(self):
        process = FakeDataSync()
        self.addCleanup(process.close)
        status, _ = shared().post("/_efs/datasync", {"url": process.url})
        self.assertEqual(status, 200)
        named = self.clients("lists-one-task", allow("datasync:ListTaskExecutions", TASK))("datasync")
        code, message = refused(named.list_task_executions, TaskArn=TASK)
        self.assertEqual(code, "AccessDeniedException")
        self.assertIn("datasync:ListTaskExecutions on resource: *", message)
        self.clients("lists-tasks", allow("datasync:ListTaskExecutions", "*"))(
            "datasync").list_task_executions(TaskArn=TASK)

    def test_without_leave_is_refused_everywhere(self):
        ask = self.clients("asks-nothing", allow("logs:PutLogEvents", "*"))
        calls = [
            ("scheduler", "get_schedule", {"Name": "watched"}),
            ("events", "describe_rule", {"Name": "watched"}),
            ("events", "list_targets_by_rule", {"Rule": "watched"}),
            ("sns", "list_subscriptions_by_topic", {"TopicArn": TOPIC}),
            ("sqs", "get_queue_attributes", {"QueueUrl": self.url, "AttributeNames": ["All"]}),
            ("kms", "describe_key", {"KeyId": self.key}),
            ("s3", "get_bucket_encryption", {"Bucket": "watched-bucket"}),
            ("s3", "get_bucket_location", {"Bucket": "watched-bucket"}),
            ("s3", "head_bucket", {"Bucket": "watched-bucket"}),
            ("datasync", "list_task_executions", {"TaskArn": TASK}),
            ("datasync", "describe_location_efs", {"LocationArn": arn("datasync", "location/loc-1")}),
        ]
        for service, call, request in calls:
            with self.subTest(call):
                code, _ = refused(getattr(ask(service), call), **request)
                self.assertIn(code, ("AccessDenied", "AccessDeniedException", "AuthorizationError", "403"))

    def test_may_only_ask_about_what_is_named(self):
        elsewhere = [
            ("scheduler", "scheduler:GetSchedule", arn("scheduler", "schedule/default/other"),
             "get_schedule", {"Name": "watched"}),
            ("events", "events:DescribeRule", arn("events", "rule/other"), "describe_rule", {"Name": "watched"}),
            ("events", "events:ListTargetsByRule", arn("events", "rule/other"),
             "list_targets_by_rule", {"Rule": "watched"}),
            ("sqs", "sqs:GetQueueAttributes", arn("sqs", "other"),
             "get_queue_attributes", {"QueueUrl": self.url, "AttributeNames": ["All"]}),
            ("sns", "sns:ListSubscriptionsByTopic", arn("sns", "other"),
             "list_subscriptions_by_topic", {"TopicArn": TOPIC}),
            ("kms", "kms:DescribeKey", arn("kms", "key/other"), "describe_key", {"KeyId": self.key}),
            ("s3", "s3:GetBucketLocation", "arn:aws:s3:::other", "get_bucket_location", {"Bucket": "watched-bucket"}),
            ("s3", "s3:ListBucket", "arn:aws:s3:::other", "head_bucket", {"Bucket": "watched-bucket"}),
        ]
        for number, (service, action, resource, call, request) in enumerate(elsewhere):
            with self.subTest(call):
                ask = self.clients(f"asks-elsewhere-{number}", allow(action, resource))(service)
                code, _ = refused(getattr(ask, call), **request)
                self.assertIn(code, ("AccessDenied", "AccessDeniedException", "AuthorizationError", "403"))


if __name__ == "__main__":
    unittest.main()

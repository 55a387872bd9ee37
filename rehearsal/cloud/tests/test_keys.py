"""What a customer key is for: without its leave no message is sent and no object written or read."""

from __future__ import annotations

import json
import unittest

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, document, refused, shared, wait_for

OWNER = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
USE = ["kms:GenerateDataKey*", "kms:Decrypt"]


def lets(principal: dict, actions=None, **conditions) -> dict:
    """A statement of a key's policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": actions or USE, "Resource": "*",
            **({"Condition": conditions} if conditions else {})}


def key(*statements: dict, owner: bool = True) -> str:
    """A key that the account may manage, and others use as the statements say; returns its ARN."""
    policy = document(*([OWNER] if owner else []), *statements)
    return shared().client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


def change(key_arn: str, *statements: dict) -> None:
    shared().client("kms").put_key_policy(KeyId=key_arn, PolicyName="default", Policy=document(OWNER, *statements))


def topic(name: str, key_arn: str, *publishers: str) -> str:
    """An encrypted topic, into which these services may publish."""
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
    policy = document({"Effect": "Allow", "Principal": {"Service": list(publishers)}, "Action": "sns:Publish",
                       "Resource": arn}) if publishers else document(
        {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": arn,
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    return shared().client("sns").create_topic(Name=name, Attributes={
        "KmsMasterKeyId": key_arn, "Policy": policy})["TopicArn"]


class AnEncryptedTopic(unittest.TestCase):
    def publish(self, role: str, arn: str) -> None:
        shared().as_role("sns", role).publish(TopicArn=arn, Message="m")

    def test_takes_a_message_of_a_role_that_may_use_the_key(self):
        mine = key()
        arn = topic("keyed", mine)
        role = harness.role("keyed-publisher", "lambda.amazonaws.com", allow("sns:Publish", arn), allow(USE, mine))
        self.publish(role, arn)

    def test_refuses_it_where_one_of_the_two_actions_is_missing(self):
        mine = key()
        arn = topic("keyed-half", mine)
        for name, actions in (("none", []), ("half", ["kms:GenerateDataKey"]), ("other", ["kms:Decrypt"])):
            grants = [allow(actions, mine)] if actions else []
            role = harness.role(f"keyed-{name}", "lambda.amazonaws.com", allow("sns:Publish", arn), *grants)
            code, message = refused(self.publish, role, arn)
            self.assertEqual(code, "KMSAccessDenied", name)
            self.assertRegex(message, "is not authorized to perform: kms:(GenerateDataKey|Decrypt) on resource: "
                             + mine + " because no identity-based policy allows")

    def test_asks_the_policy_of_the_key_first(self):
        arn = topic("keyed-owned", key(owner=False, *[lets({"AWS": f"arn:aws:iam::{ACCOUNT}:role/keyed-only"})]))
        only, other = (harness.role(name, "lambda.amazonaws.com", allow("sns:Publish", arn), allow(["kms:*"], "*"))
                       for name in ("keyed-only", "keyed-not"))
        self.publish(only, arn)
        self.assertEqual(refused(self.publish, other, arn)[0], "KMSAccessDenied")
        self.assertEqual(refused(shared().client("sns").publish, TopicArn=arn, Message="m")[0], "KMSAccessDenied")

    def test_knows_by_which_service_a_key_is_used(self):
        mine = key()
        arn = topic("keyed-via", mine)
        for service, code in (("sns", None), ("s3", "KMSAccessDenied")):
            via = {"Condition": {"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}}}
            role = harness.role(f"keyed-via-{service}", "lambda.amazonaws.com", allow("sns:Publish", arn),
                                {**allow(USE, mine), **via})
            if code:
                self.assertEqual(refused(self.publish, role, arn)[0], code)
            else:
                self.publish(role, arn)

    def test_with_a_key_that_does_not_work_takes_nothing(self):
        kms, sns = shared().client("kms"), shared().client("sns")
        disabled, pending = key(), key()
        kms.disable_key(KeyId=disabled)
        kms.schedule_key_deletion(KeyId=pending)
        missing = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/none"
        for name, key_arn, code in (("disabled", disabled, "KMSDisabled"), ("pending", pending, "KMSInvalidState"),
                                    ("missing", missing, "KMSNotFound")):
            arn = topic(f"keyed-{name}", key_arn)
            self.assertEqual(refused(sns.publish, TopicArn=arn, Message="m")[0], code)

    def test_is_heard_of_by_an_alarm_only_with_its_service_in_the_key(self):
        mine, cloudwatch = key(), shared().client("cloudwatch")
        arn = topic("keyed-alarm", mine, "cloudwatch.amazonaws.com")
        url, _ = listener("keyed-alarm", arn)
        alarm = {"AlarmName": "keyed-alarm", "Namespace": "KeyTest", "MetricName": "M", "Period": 60,
                 "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold",
                 "Statistic": "Maximum", "AlarmActions": [arn], "OKActions": [arn]}
        cloudwatch.put_metric_alarm(**alarm)
        ring = {"AlarmName": "keyed-alarm", "StateReason": "test"}
        cloudwatch.set_alarm_state(**ring, StateValue="ALARM")
        failed, = self.told()
        self.assertIn("does not let cloudwatch.amazonaws.com use kms:GenerateDataKey", failed)

        change(mine, lets({"Service": "cloudwatch.amazonaws.com"},
                          StringEquals={"aws:SourceAccount": ACCOUNT}))
        cloudwatch.set_alarm_state(**ring, StateValue="OK")
        self.assertIn(f"Successfully executed action {arn}", self.told())
        self.assertIn("keyed-alarm", received(url))

    def told(self) -> list[str]:
        items = shared().client("cloudwatch").describe_alarm_history(
            AlarmName="keyed-alarm", HistoryItemType="Action")["AlarmHistoryItems"]
        return [item["HistorySummary"] for item in items]

    def test_is_reached_by_a_rule_only_with_its_service_in_the_key(self):
        mine, events = key(), shared().client("events")
        arn = topic("keyed-rule", mine, "events.amazonaws.com")
        url, _ = listener("keyed-rule", arn)
        dead, dead_arn = queue("keyed-rule-dead", sender="events.amazonaws.com")
        events.put_rule(Name="keyed-rule", EventPattern='{"source": ["keyed"]}')
        events.put_targets(Rule="keyed-rule", Targets=[
            {"Id": "t", "Arn": arn, "DeadLetterConfig": {"Arn": dead_arn}}])
        put = {"Entries": [{"Source": "keyed", "DetailType": "t", "Detail": "{}"}]}

        # The source of a rule reaches no key: a condition on it never holds.
        change(mine, lets({"Service": "events.amazonaws.com"}, StringEquals={"aws:SourceAccount": ACCOUNT}))
        events.put_events(**put)
        self.assertIn("keyed", received(dead))
        change(mine, lets({"Service": "events.amazonaws.com"}))
        events.put_events(**put)
        self.assertIn("keyed", received(url))


class AnEncryptedQueue(unittest.TestCase):
    def test_takes_and_gives_messages_by_the_leave_of_the_key(self):
        mine = key()
        url, arn = queue("keyed", mine)
        both = allow(["sqs:SendMessage", "sqs:ReceiveMessage"], arn)
        cases = (("writer", ["kms:GenerateDataKey", "kms:Decrypt"], True), ("stranger", [], False))
        for name, actions, works in cases:
            grants = [allow(actions, mine)] if actions else []
            role = harness.role(f"queue-{name}", "lambda.amazonaws.com", both, *grants)
            sqs = shared().as_role("sqs", role)
            if works:
                sqs.send_message(QueueUrl=url, MessageBody="m")
                self.assertEqual(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"], "m")
            else:
                self.assertEqual(refused(sqs.send_message, QueueUrl=url, MessageBody="m")[0],
                                 "KMS.AccessDeniedException")
                self.assertEqual(refused(sqs.receive_message, QueueUrl=url)[0], "KMS.AccessDeniedException")

    def test_keeps_a_failed_event_only_if_the_role_of_the_function_may_use_the_key(self):
        mine = key()
        url, arn = queue("keyed-failed", mine)
        function = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": arn}}}
        client = shared().client("lambda")
        for name, grants in (("keyed-lost", []), ("keyed-kept", [allow(USE, mine)])):
            harness.function(name, allow("sqs:SendMessage", arn), *grants)
            client.put_function_event_invoke_config(FunctionName=name, **function)
            client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"fail": name}))
            wait_for(lambda: harness.attempts(name))
        self.assertIn("keyed-kept", received(url))
        self.assertNotIn("Messages", shared().client("sqs").receive_message(QueueUrl=url))
        self.assertIn("a failed event of keyed-lost is lost", shared().log())


class AnEncryptedBucket(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.key, cls.s3 = key(), shared().client("s3")
        cls.s3.create_bucket(Bucket="keyed", CreateBucketConfiguration={"LocationConstraint": REGION})
        cls.s3.put_bucket_encryption(Bucket="keyed", ServerSideEncryptionConfiguration={"Rules": [{
            "BucketKeyEnabled": True, "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": cls.key}}]})
        cls.s3.put_object(Bucket="keyed", Key="old", Body=b"x")
        cls.objects = allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::keyed/*")

    def role(self, name: str, *actions: str, **conditions):
        grant = {**allow(list(actions), self.key), **({"Condition": conditions} if conditions else {})}
        role = harness.role(f"object-{name}", "datasync.amazonaws.com", self.objects, *([grant] if actions else []))
        return shared().as_role("s3", role)

    def test_is_closed_to_a_role_that_may_do_all_but_use_the_key(self):
        s3 = self.role("stranger")
        for call, more in ((s3.put_object, {"Key": "new", "Body": b"x"}), (s3.get_object, {"Key": "old"}),
                           (s3.create_multipart_upload, {"Key": "new"}),
                           (s3.copy_object, {"Key": "new", "CopySource": "keyed/old"})):
            code, message = refused(call, Bucket="keyed", **more)
            self.assertEqual(code, "AccessDenied", call)
            self.assertIn("is not authorized to perform: kms:", message)
        s3.head_object(Bucket="keyed", Key="old")
        s3.put_object(Bucket="keyed", Key="plain", Body=b"x", ServerSideEncryption="AES256")
        s3.get_object(Bucket="keyed", Key="plain")

    def test_is_written_with_one_action_and_read_with_another(self):
        writer, reader = self.role("writer", "kms:GenerateDataKey"), self.role("reader", "kms:Decrypt")
        writer.put_object(Bucket="keyed", Key="written", Body=b"x")
        self.assertEqual(refused(writer.get_object, Bucket="keyed", Key="written")[0], "AccessDenied")
        self.assertEqual(reader.get_object(Bucket="keyed", Key="written")["Body"].read(), b"x")
        self.assertEqual(refused(reader.put_object, Bucket="keyed", Key="r", Body=b"x")[0], "AccessDenied")

    def test_takes_an_upload_in_parts_with_both(self):
        self.assertEqual(refused(self.role("half", "kms:GenerateDataKey").create_multipart_upload,
                                 Bucket="keyed", Key="parts")[0], "AccessDenied")
        s3 = self.role("both", "kms:GenerateDataKey", "kms:Decrypt",
                       StringEquals={"kms:ViaService": f"s3.{REGION}.amazonaws.com",
                                     "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::keyed"})
        upload = {"Bucket": "keyed", "Key": "parts"}
        upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
        part = s3.upload_part(**upload, PartNumber=1, Body=b"x")
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        s3.copy_object(Bucket="keyed", Key="copy", CopySource="keyed/parts")
        self.assertEqual(s3.get_object(Bucket="keyed", Key="copy")["Body"].read(), b"x")


def queue(name: str, key_arn: str = "", sender: str = "") -> tuple[str, str]:
    """Address and ARN of a queue, with a key and with a service that may send."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    attributes = {"KmsMasterKeyId": key_arn} if key_arn else {}
    if sender:
        attributes["Policy"] = document({"Effect": "Allow", "Principal": {"Service": sender},
                                         "Action": "sqs:SendMessage", "Resource": arn})
    return shared().client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], arn


def listener(name: str, topic_arn: str) -> tuple[str, str]:
    """A plain queue that hears what a topic is told."""
    url, arn = queue(f"{name}-heard", sender="sns.amazonaws.com")
    shared().client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return url, arn


def received(url: str) -> str:
    sqs = shared().client("sqs")
    messages = wait_for(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    return messages[0]["Body"]


if __name__ == "__main__":
    unittest.main()

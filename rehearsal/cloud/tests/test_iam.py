"""TLS-only policies, and services that act by a role or a resource policy."""

from __future__ import annotations

import unittest

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, refused, shared

DATASYNC = "datasync.amazonaws.com"
TASK = f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-1"


def bucket(name: str, *statements: dict) -> None:
    s3 = shared().client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=harness.document(*statements))


class ATlsOnlyBucket(unittest.TestCase):
    def test_is_open_to_a_role_that_may(self):
        everything = ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"]
        bucket("tls-only", {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything,
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
        role = harness.role("tls-reader", DATASYNC, allow("s3:PutObject", "arn:aws:s3:::tls-only/in/*"))
        s3 = shared().as_role("s3", role)

        s3.put_object(Bucket="tls-only", Key="in/a", Body=b"x")
        self.assertEqual(refused(s3.put_object, Bucket="tls-only", Key="out/a", Body=b"x")[0], "AccessDenied")


class AWildcard(unittest.TestCase):
    def test_matches_a_key_with_a_line_break(self):
        bucket("line-breaks")
        role = harness.role("line-writer", DATASYNC, allow("s3:PutObject", "arn:aws:s3:::line-breaks/in/*"))
        s3 = shared().as_role("s3", role)

        s3.put_object(Bucket="line-breaks", Key="in/a\nb", Body=b"x")
        self.assertEqual(
            refused(s3.put_object, Bucket="line-breaks", Key="out\nin/a", Body=b"x")[0], "AccessDenied")


class ATlsOnlyQueue(unittest.TestCase):
    def test_is_open_to_a_service(self):
        sqs = shared().client("sqs")
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:tls-queue"
        policy = harness.document(
            {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn,
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
             "Action": "sqs:SendMessage", "Resource": arn})
        url = sqs.create_queue(QueueName="tls-queue", Attributes={"Policy": policy})["QueueUrl"]
        events = shared().client("events")
        events.put_rule(Name="tls-rule", EventPattern='{"source": ["tls"]}')
        events.put_targets(Rule="tls-rule", Targets=[{"Id": "t", "Arn": arn}])
        events.put_events(Entries=[{"Source": "tls", "DetailType": "t", "Detail": "{}"}])

        harness.wait_for(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))


class ASessionOfAService(unittest.TestCase):
    CONDITIONS = {"StringEquals": {"aws:SourceAccount": ACCOUNT},
                  "ArnLike": {"aws:SourceArn": f"arn:aws:datasync:{REGION}:{ACCOUNT}:*"}}

    @classmethod
    def setUpClass(cls):
        bucket("session-bucket")
        write = allow("s3:PutObject", "arn:aws:s3:::session-bucket/*")
        cls.role = harness.role("session-role", DATASYNC, write, conditions=cls.CONDITIONS)

    def ask(self, **changes) -> tuple[int, dict]:
        request = {"RoleArn": self.role, "Service": DATASYNC,
                   "SourceAccount": ACCOUNT, "SourceArn": TASK}
        return shared().post("/_efs/session", {**request, **changes})

    def test_acts_with_the_policies_of_the_role(self):
        status, keys = self.ask()
        self.assertEqual((status, set(keys)), (200, {"AccessKeyId", "SecretAccessKey", "SessionToken"}))
        s3 = shared().client("s3", *keys.values())
        s3.put_object(Bucket="session-bucket", Key="k", Body=b"x")
        self.assertEqual(refused(s3.delete_object, Bucket="session-bucket", Key="k")[0], "AccessDenied")

        identity = shared().client("sts", *keys.values()).get_caller_identity()
        self.assertEqual(identity["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/session-role/datasync")

    def test_is_refused_where_the_trust_policy_does_not_fit(self):
        for changes in (
            {"Service": "lambda.amazonaws.com"},
            {"SourceAccount": "999999999999"},
            {"SourceArn": f"arn:aws:datasync:eu-west-1:{ACCOUNT}:task/task-1"},
            {"SourceArn": ""},
        ):
            status, answer = self.ask(**changes)
            self.assertEqual(status, 403, changes)
            self.assertIn("is not authorized to perform: sts:AssumeRole", answer["message"])

    def test_of_a_missing_role_is_refused(self):
        missing = f"arn:aws:iam::{ACCOUNT}:role/no-such-role"
        status, answer = self.ask(RoleArn=missing)
        self.assertEqual((status, answer["message"]), (403, f"the role {missing} does not exist"))


class LogLinesOfDataSync(unittest.TestCase):
    def setUp(self):
        self.logs = shared().client("logs")

    def group(self, name: str) -> str:
        self.logs.create_log_group(logGroupName=name)
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"

    def write(self, arn: str, *lines: str) -> tuple[int, dict]:
        return shared().post("/_efs/logs", {
            "LogGroupArn": arn, "LogStream": "task-1-exec-1", "Lines": lines, "SourceArn": TASK})

    def policy(self, arn: str, *actions: str, **conditions) -> str:
        return harness.document({"Effect": "Allow", "Principal": {"Service": DATASYNC},
                                 "Action": list(actions), "Resource": arn, **conditions})

    def test_are_written_by_the_leave_of_a_resource_policy(self):
        arn = self.group("/datasync/open")
        self.logs.put_resource_policy(policyName="open", policyDocument=self.policy(
            arn, "logs:CreateLogStream", "logs:PutLogEvents", Condition={
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnLike": {"aws:SourceArn": f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/*"}}))
        first, second = self.write(arn, "[ERROR] one", "[NOTICE] two"), self.write(arn, "three")

        self.assertEqual((first[0], second[0]), (200, 200), (first, second))
        found = self.logs.filter_log_events(
            logGroupName="/datasync/open", logStreamNamePrefix="task-1-exec-1")["events"]
        self.assertEqual([event["message"] for event in found], ["[ERROR] one", "[NOTICE] two", "three"])

    def test_are_refused_without_one_that_fits(self):
        arn, other = self.group("/datasync/closed"), self.group("/datasync/other")
        self.logs.put_resource_policy(policyName="half", policyDocument=self.policy(arn, "logs:PutLogEvents"))
        self.logs.put_resource_policy(policyName="elsewhere", policyDocument=self.policy(
            other, "logs:CreateLogStream", "logs:PutLogEvents",
            Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}))
        for group in (arn, other):
            status, answer = self.write(group, "lost")
            self.assertEqual(status, 403)
            self.assertIn(f"lets {DATASYNC} use logs:CreateLogStream", answer["message"])
        self.assertEqual(self.logs.describe_log_streams(logGroupName="/datasync/closed")["logStreams"], [])

    def test_of_a_missing_group_are_refused(self):
        status, answer = self.write(f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/none:*", "lost")
        self.assertEqual((status, answer["message"]), (404, "The specified log group does not exist: /none"))


if __name__ == "__main__":
    unittest.main()

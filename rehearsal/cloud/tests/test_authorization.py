"""What each call of a role is held against: by actions, whose resource a policy may name and whose not."""

from __future__ import annotations

import unittest

from cloud.tests import harness
from cloud.tests.fake_datasync import FakeDataSync
from cloud.tests.harness import ACCOUNT, REGION, allow, refused, shared


def arn(rest: str) -> str:
    return f"arn:aws:datasync:{REGION}:{ACCOUNT}:{rest}"


TASK = arn("task/task-00000000000000009")
EXECUTION = f"{TASK}/execution/exec-00000000000000009"
EXECUTIONS, LOCATION, LOCATIONS = f"{TASK}/execution/*", arn("location/loc-00000000000000009"), arn("location/*")
STAR = "*"

# An action, its call, and the resources that a statement may name; all others allow nothing.
CASES = (
    ("ListTaskExecutions", "list_task_executions", {"TaskArn": TASK}, {STAR}),
    ("ListTasks", "list_tasks", {}, {STAR}),
    ("ListLocations", "list_locations", {}, {STAR}),
    ("DescribeTask", "describe_task", {"TaskArn": TASK}, {STAR, TASK}),
    ("StartTaskExecution", "start_task_execution", {"TaskArn": TASK}, {STAR, TASK}),
    ("DescribeTaskExecution", "describe_task_execution", {"TaskExecutionArn": EXECUTION}, {STAR, EXECUTIONS}),
    ("CancelTaskExecution", "cancel_task_execution", {"TaskExecutionArn": EXECUTION}, {STAR, EXECUTIONS}),
    ("DescribeLocationS3", "describe_location_s3", {"LocationArn": LOCATION}, {STAR, LOCATION, LOCATIONS}),
    ("DescribeLocationEfs", "describe_location_efs", {"LocationArn": LOCATION}, {STAR, LOCATION, LOCATIONS}),
    ("TagResource", "tag_resource", {"ResourceArn": EXECUTION, "Tags": [{"Key": "a", "Value": "b"}]},
     {STAR, EXECUTIONS}),
    ("TagResource", "tag_resource", {"ResourceArn": TASK, "Tags": [{"Key": "a", "Value": "b"}]}, {STAR, TASK}),
)


class ACallOfDataSync(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fake = FakeDataSync()
        cls.addClassCleanup(cls.fake.close)
        # Whatever passes the door ends in this, so that both answers are errors and are told apart.
        cls.fake.before_answer = lambda operation, request: (
            400, {"__type": "InvalidRequestException", "message": "passed the door"})
        shared().post("/_efs/datasync", {"url": cls.fake.url})
        cls.role = harness.role("held-against", "lambda.amazonaws.com")

    def answer(self, call: str, request: dict, *statements: dict) -> str:
        shared().client("iam").put_role_policy(
            RoleName="held-against", PolicyName="own", PolicyDocument=harness.document(*statements))
        return refused(getattr(shared().as_role("datasync", self.role), call), **request)[0]

    def test_is_held_against_its_own_kind_of_resource(self):
        for action, call, request, named in CASES:
            for resource in (STAR, TASK, EXECUTIONS, LOCATION, LOCATIONS):
                code = self.answer(call, request, allow(f"datasync:{action}", resource))
                expected = "InvalidRequestException" if resource in named else "AccessDeniedException"
                self.assertEqual(code, expected, f"{action} on {resource}")

    def test_that_gives_tags_needs_an_action_more(self):
        start, tags = allow("datasync:StartTaskExecution", TASK), [{"Key": "by", "Value": "me"}]
        for resource, expected in ((None, "AccessDeniedException"), (LOCATIONS, "AccessDeniedException"),
                                   (TASK, "InvalidRequestException"), (EXECUTIONS, "InvalidRequestException")):
            more = [allow("datasync:TagResource", resource)] if resource else []
            code = self.answer("start_task_execution", {"TaskArn": TASK, "Tags": tags}, start, *more)
            self.assertEqual(code, expected, resource)


class ACallWithoutAResource(unittest.TestCase):
    """A statement that names something of the service allows nothing."""

    def answer(self, name: str, service: str, call: str, action: str, resource: str, **request):
        role = harness.role(name, "lambda.amazonaws.com", allow(action, resource))
        try:
            getattr(shared().as_role(service, role), call)(**request)
        except shared().client(service).exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return None

    def test_about_metrics(self):
        query = {"MetricDataQueries": [], "StartTime": 0, "EndTime": 60}
        for name, resource, denied in (("metrics-any", STAR, False),
                                       ("metrics-one", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:*", True)):
            found = self.answer(name, "cloudwatch", "get_metric_data", "cloudwatch:GetMetricData", resource, **query)
            self.assertEqual("AccessDenied" in (found or ""), denied, (name, found))

    def test_about_zones_and_all_else_that_ec2_describes(self):
        instance = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*"
        for number, (call, request) in enumerate((
                ("describe_availability_zones", {}), ("describe_instances", {"InstanceIds": ["i-00000000000000001"]}))):
            action = "ec2:Describe*"
            self.assertEqual(self.answer(f"ec2-one-{number}", "ec2", call, action, instance, **request),
                             "UnauthorizedOperation", call)
            self.assertNotEqual(self.answer(f"ec2-any-{number}", "ec2", call, action, STAR, **request),
                                "UnauthorizedOperation", call)


class AKeyByItsAlias(unittest.TestCase):
    def test_is_held_against_the_key(self):
        kms = shared().client("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName="alias/held", TargetKeyId=key)
        for name, resource, works in (("alias-key", key, True),
                                      ("alias-name", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/held", False)):
            role = harness.role(name, "lambda.amazonaws.com", allow("kms:DescribeKey", resource))
            describe = shared().as_role("kms", role).describe_key
            if works:
                self.assertEqual(describe(KeyId="alias/held")["KeyMetadata"]["Arn"], key)
            else:
                self.assertEqual(refused(describe, KeyId="alias/held")[0], "AccessDeniedException")


if __name__ == "__main__":
    unittest.main()

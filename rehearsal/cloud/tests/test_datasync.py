"""The door to DataSync, and who may pass it."""

from __future__ import annotations

import re
import sys
import unittest
from pathlib import Path

from botocore.exceptions import ClientError

from cloud.tests import harness
from cloud.tests.fake_datasync import FakeDataSync
from cloud.tests.harness import ACCOUNT, REGION, TOKEN, allow, refused, shared

TASK = f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-00000000000000001"
OTHER = f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-00000000000000002"


class TheDoor(unittest.TestCase):
    def setUp(self):
        self.fake = FakeDataSync()
        self.addCleanup(self.fake.close)
        self.assertEqual(shared().post("/_efs/datasync", {"url": self.fake.url}), (200, {}))
        self.datasync = shared().client("datasync")

    def test_passes_a_call_on_and_says_for_whom(self):
        answer = self.datasync.start_task_execution(TaskArn=TASK)

        self.assertEqual(answer["TaskExecutionArn"], f"{TASK}/execution/exec-1")
        operation, request, headers = self.fake.calls[-1]
        self.assertEqual((operation, request), ("StartTaskExecution", {"TaskArn": TASK}))
        self.assertEqual(headers["X-Amz-Target"], "FmrsService.StartTaskExecution")
        self.assertEqual((headers["x-efs-account"], headers["x-efs-region"], headers["x-efs-token"]),
                         (ACCOUNT, REGION, TOKEN))

    def test_passes_an_error_back_unchanged(self):
        error = {"__type": "InvalidRequestException", "message": "Task is busy.",
                 "errorCode": "busy", "datasyncErrorCode": "code"}
        self.fake.before_answer = lambda operation, request: (400, error)
        with self.assertRaises(ClientError) as raised:
            self.datasync.start_task_execution(TaskArn=TASK)

        response = raised.exception.response
        self.assertEqual(response["Error"], {"Code": "InvalidRequestException", "Message": "Task is busy."})
        self.assertEqual((response["errorCode"], response["datasyncErrorCode"]), ("busy", "code"))
        self.assertEqual(response["ResponseMetadata"]["HTTPHeaders"]["content-type"],
                         "application/x-amz-json-1.1")

    def test_a_call_may_call_back_into_the_cloud(self):
        seen = []

        def call_back(operation, request):
            seen.append(shared().client("sts").get_caller_identity()["Account"])

        self.fake.before_answer = call_back
        self.datasync.list_tasks()
        self.assertEqual(seen, [ACCOUNT])

    def test_a_process_that_is_gone_is_named(self):
        gone = FakeDataSync()
        shared().post("/_efs/datasync", {"url": gone.url})
        gone.close()
        code, message = refused(self.datasync.list_tasks)

        self.assertEqual(code, "InternalException")
        self.assertIn(f"the DataSync process at {gone.url} does not answer", message)

    def test_only_this_machine_can_be_registered(self):
        status, _ = shared().post("/_efs/datasync", {"url": "http://192.0.2.1:80"})
        self.assertEqual(status, 400)


class BeforeAProcessIsRegistered(unittest.TestCase):
    def test_every_call_is_a_clear_internal_error(self):
        cloud = harness.Cloud()
        self.addCleanup(cloud.stop)
        code, message = refused(cloud.client("datasync").list_tasks)

        self.assertEqual((code, message),
                         ("InternalException", "no DataSync process has been registered"))

    @unittest.skipUnless(sys.platform == "linux", "reads /proc")
    def test_the_first_call_does_not_load_every_service_there_is(self):
        cloud = harness.Cloud()
        self.addCleanup(cloud.stop)
        refused(cloud.client("datasync").list_tasks)
        status = Path(f"/proc/{cloud.process.pid}/status").read_text()

        self.assertLess(int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]), 250_000)


class CallersOfDataSync(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fake = FakeDataSync()
        cls.addClassCleanup(cls.fake.close)
        shared().post("/_efs/datasync", {"url": cls.fake.url})
        arn = harness.role(
            "datasync-caller", "lambda.amazonaws.com",
            allow("datasync:StartTaskExecution", TASK),
            allow("datasync:DescribeTaskExecution", f"{TASK}/execution/*"),
            allow("datasync:ListTaskExecutions", TASK),
            allow("datasync:ListTasks", "*"))
        cls.datasync = shared().as_role("datasync", arn)

    def test_may_use_the_task_that_their_policy_names(self):
        self.datasync.start_task_execution(TaskArn=TASK)
        self.datasync.list_tasks()

    def test_may_not_use_another_task(self):
        before = len(self.fake.calls)
        code, message = refused(self.datasync.start_task_execution, TaskArn=OTHER)

        self.assertEqual(code, "AccessDeniedException")
        self.assertEqual(message, (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/datasync-caller/test is not authorized to "
            f"perform: datasync:StartTaskExecution on resource: {OTHER} because no identity-based "
            "policy allows the datasync:StartTaskExecution action"))
        self.assertEqual(len(self.fake.calls), before, "the process must not hear of it")

    def test_an_execution_is_authorized_by_its_own_arn(self):
        for arn, expected in ((f"{TASK}/execution/exec-1", "InvalidRequestException"),
                              (f"{OTHER}/execution/exec-1", "AccessDeniedException")):
            self.fake.before_answer = lambda operation, request: (
                400, {"__type": "InvalidRequestException", "message": "passed the door"})
            code, _ = refused(self.datasync.describe_task_execution, TaskExecutionArn=arn)
            self.assertEqual(code, expected, arn)
        self.fake.before_answer = lambda operation, request: None

    def test_a_list_call_needs_the_star(self):
        code, _ = refused(self.datasync.list_task_executions, TaskArn=TASK)
        self.assertEqual(code, "AccessDeniedException")

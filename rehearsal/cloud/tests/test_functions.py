"""What a function sees of the machine it runs on."""

from __future__ import annotations

import io
import json
import unittest
import zipfile

from cloud.tests import harness
from cloud.tests.harness import REGION, shared


class AFunctionInPython(unittest.TestCase):
    """The emulator hands its own environment to these, so nothing secret may be in it."""

    def test_does_not_see_the_token(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("index.py", "import os\ndef handler(event, context): return dict(os.environ)")
        role = harness.role("python-role", "lambda.amazonaws.com")
        shared().client("lambda").create_function(
            FunctionName="in-python", Role=role, Runtime="python3.12", Handler="index.handler",
            Code={"ZipFile": content.getvalue()})
        answer = shared().client("lambda").invoke(FunctionName="in-python", Payload=b"{}")
        seen = json.load(answer["Payload"])

        self.assertEqual(seen["AWS_LAMBDA_FUNCTION_NAME"], "in-python")
        self.assertEqual([name for name in seen if name.startswith("EFS_")], [])
        self.assertNotIn(harness.TOKEN, seen.values())


class AnInvocationThatHasEnded(unittest.TestCase):
    def test_is_counted(self):
        harness.function("counted")
        ended = lambda: shared().post("/_efs/invocations", {"FunctionName": "counted"})
        self.assertEqual(ended(), (200, {"Ended": 0}))
        shared().client("lambda").invoke(FunctionName="counted", Payload=b"{}")
        self.assertEqual(ended(), (200, {"Ended": 1}))


class AFunctionThatMayNotLog(unittest.TestCase):
    def test_is_heard_by_nobody(self):
        harness.function("silent", LoggingConfig={"LogGroup": "/of/silent"})
        shared().client("iam").delete_role_policy(RoleName="silent-role", PolicyName="own")
        answer = shared().client("lambda").invoke(FunctionName="silent", Payload=b"{}")
        self.assertNotIn("FunctionError", answer)
        groups = shared().client("logs").describe_log_groups(logGroupNamePrefix="/of/silent")
        self.assertEqual(groups["logGroups"], [])
        self.assertEqual(shared().post("/_efs/invocations", {"FunctionName": "silent"}), (200, {"Ended": 1}))


class TheEnvironmentOfAFunction(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.function("look-around", Environment={"Variables": {"OWN": "1", "TMPDIR": "mine"}})
        answer = shared().client("lambda").invoke(FunctionName="look-around", Payload=b"{}")
        cls.seen = json.load(answer["Payload"])["environment"]

    def test_is_what_aws_gives_and_nothing_of_the_server(self):
        ours = {"AWS_ENDPOINT_URL"}
        interpreter = {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
        self.assertEqual(set(self.seen) - interpreter, {
            "PATH", "LANG", "TZ", "OWN", "TMPDIR", "LAMBDA_TASK_ROOT", "_HANDLER",
            "AWS_REGION", "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
            "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_INITIALIZATION_TYPE"} | ours)
        self.assertNotIn(harness.TOKEN, self.seen.values())

    def test_has_the_values_of_aws(self):
        self.assertEqual(self.seen["AWS_LAMBDA_LOG_GROUP_NAME"], "/aws/lambda/look-around")
        self.assertEqual(self.seen["AWS_LAMBDA_INITIALIZATION_TYPE"], "on-demand")
        self.assertEqual(self.seen["AWS_LAMBDA_LOG_FORMAT"], "Text")
        self.assertEqual(self.seen["AWS_REGION"], REGION)
        self.assertEqual((self.seen["OWN"], self.seen["TMPDIR"]), ("1", "mine"))

    def test_leads_home_with_the_credentials_of_its_role(self):
        self.assertEqual(self.seen["AWS_ENDPOINT_URL"], shared().endpoint)
        sts = shared().client("sts", self.seen["AWS_ACCESS_KEY_ID"],
                              self.seen["AWS_SECRET_ACCESS_KEY"], self.seen["AWS_SESSION_TOKEN"])
        self.assertIn(":assumed-role/look-around-role/", sts.get_caller_identity()["Arn"])

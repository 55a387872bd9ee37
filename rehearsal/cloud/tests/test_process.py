"""The process: its start, its end, and what it leaves open."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from cloud.tests import harness
from cloud.tests.harness import Cloud, wait_for


def listeners(pid: int) -> list[str]:
    """The addresses on which a process listens for TCP, as /proc writes them."""
    sockets = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(entry))
        except FileNotFoundError:
            pass
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.append(fields[1])
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def start(arguments: list[str], environment: dict) -> subprocess.CompletedProcess:
    return subprocess.run(arguments, cwd=harness.REHEARSAL, env=environment, timeout=30,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)


class ARunningServer(unittest.TestCase):
    def test_says_where_it_listens_in_one_line_and_prints_nothing_else(self):
        cloud = Cloud()
        cloud.client("s3").create_bucket(
            Bucket="some-bucket", CreateBucketConfiguration={"LocationConstraint": harness.REGION})
        cloud.close_stdin()
        cloud.process.wait(10)
        rest = cloud.process.stdout.read()
        cloud.stop()

        self.assertEqual(cloud.ready, {"endpoint": cloud.endpoint, "account": "111122223333",
                                       "region": "eu-central-1"})
        self.assertRegex(cloud.endpoint, r"^http://127\.0\.0\.1:\d+$")
        self.assertEqual(rest, b"")

    def test_serves_the_account_and_region_it_was_told(self):
        cloud = harness.shared()
        identity = cloud.client("sts").get_caller_identity()
        queue = cloud.client("sqs").create_queue(QueueName="where-am-i")["QueueUrl"]

        self.assertEqual(identity["Account"], harness.ACCOUNT)
        self.assertTrue(queue.startswith(cloud.endpoint), queue)

    @unittest.skipUnless(sys.platform == "linux", "reads /proc")
    def test_listens_on_the_loopback_only(self):
        cloud = harness.shared()
        found = [address.split(":") for address in listeners(cloud.process.pid)]

        self.assertEqual({address for address, _ in found}, {"0100007F"})
        ports = [int(port, 16) for _, port in found]
        self.assertIn(int(cloud.endpoint.rsplit(":", 1)[1]), ports)
        self.assertNotIn(8883, ports)

    def test_writes_below_its_folder_only(self):
        folder = harness.shared().folder
        self.assertTrue((folder / "home").is_dir())
        self.assertTrue((folder / "outbox").is_dir())
        self.assertEqual(list(Path(tempfile.gettempdir()).glob(
            f"ministack*{harness.shared().endpoint.rsplit(':', 1)[1]}*")), [])


class TheEndOfTheServer(unittest.TestCase):
    def test_stdin_closed_ends_server_and_functions_quickly(self):
        cloud = Cloud()
        pid = self.busy_function(cloud, cloud.folder / "busy")

        started = time.monotonic()
        cloud.close_stdin()
        code = cloud.process.wait(10)

        self.assertEqual(code, 0)
        wait_for(lambda: not is_alive(pid), 2)
        self.assertLess(time.monotonic() - started, 4)
        cloud.stop()

    def test_sigterm_is_a_clean_end_too(self):
        cloud = Cloud()
        cloud.process.send_signal(signal.SIGTERM)

        self.assertEqual(cloud.process.wait(10), 0)
        cloud.stop()

    def busy_function(self, cloud: Cloud, marker: Path) -> int:
        """The process of a function that is in the middle of a long invocation."""
        trust = harness.document({"Effect": "Allow", "Action": "sts:AssumeRole",
                                  "Principal": {"Service": "lambda.amazonaws.com"}})
        role = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)
        cloud.client("lambda").create_function(
            FunctionName="f", Role=role["Role"]["Arn"], Runtime="provided.al2023",
            Handler="bootstrap", Timeout=60, Code={"ZipFile": harness.function_code()})
        answer = cloud.client("lambda").invoke(FunctionName="f", Payload=b"{}")
        cloud.client("lambda").invoke(FunctionName="f", InvocationType="Event",
                                      Payload=json.dumps({"hang": str(marker)}))
        wait_for(marker.exists)
        return json.load(answer["Payload"])["pid"]


class AStartThatCannotWork(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="cloud-test-")
        self.addCleanup(self.folder.cleanup)
        self.environment = harness.environment(Path(self.folder.name))

    def test_a_missing_private_name_is_named_in_one_line(self):
        without = ("import runpy, ministack.services.sns as sns; del sns._fanout; "
                   "runpy.run_module('cloud', run_name='__main__')")
        ended = start([sys.executable, "-B", "-c", without], self.environment)

        self.assertEqual(ended.returncode, 3)
        self.assertEqual(ended.stdout, "")
        line, = ended.stderr.strip().splitlines()
        self.assertRegex(line, r"^local cloud: ministack has no `services\.sns\._fanout`; .*"
                               r"ministack 1\.5\.33 .*requirements\.txt")

    def test_another_version_of_the_emulator_is_refused(self):
        other = ("import runpy, cloud.seams as seams; seams.PINNED = '1.5.32'; "
                 "runpy.run_module('cloud', run_name='__main__')")
        ended = start([sys.executable, "-B", "-c", other], self.environment)

        self.assertEqual(ended.returncode, 3)
        self.assertIn("ministack 1.5.33 is installed; the local cloud needs ministack 1.5.32",
                      ended.stderr)

    def test_a_missing_variable_is_named(self):
        del self.environment["EFS_CLOUD_TOKEN"]
        ended = start(harness.START, self.environment)

        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        self.assertEqual(ended.stderr.strip(),
                         "local cloud: the environment variable `EFS_CLOUD_TOKEN` is not set")


class TheInternalEndpoints(unittest.TestCase):
    def test_are_closed_without_the_token(self):
        cloud = harness.shared()
        for path in ("datasync", "events", "schedule", "session", "logs", "pending", "nothing"):
            with self.subTest(path):
                self.assertEqual(cloud.post(f"/_efs/{path}", token="wrong")[0], 403)
                self.assertEqual(cloud.post(f"/_efs/{path}", token="")[0], 403)

    def test_name_what_is_wrong_with_a_request(self):
        cloud = harness.shared()
        self.assertEqual(cloud.post("/_efs/nothing")[0], 404)
        self.assertEqual(cloud.post("/_efs/pending", method="PUT")[0], 405)
        self.assertEqual(cloud.post("/_efs/session", b"no json")[0], 400)
        self.assertEqual(cloud.post("/_efs/pending", [])[0], 200)
        self.assertEqual(cloud.post("/_efs/pending", ["x"])[0], 400)
        status, answer = cloud.post("/_efs/session", {"Service": "x"})
        self.assertEqual((status, "RoleArn" in answer["message"]), (400, True))


if __name__ == "__main__":
    unittest.main()

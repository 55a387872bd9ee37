"""Starts the local cloud as the rehearsal does, and talks to it."""

from __future__ import annotations

import atexit
import io
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from functools import lru_cache
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT, REGION, TOKEN = "111122223333", "eu-central-1", "the-secret-token"
REHEARSAL = Path(__file__).resolve().parents[2]
START = [sys.executable, "-B", "-m", "cloud"]

# No test may look at, or wait for, what belongs to the machine.
for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
    os.environ[variable] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


class Cloud:
    """One running server."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cloud-test-"))
        self._log = open(self.folder / "server.log", "wb")
        self.process = subprocess.Popen(
            START, cwd=REHEARSAL, env=environment(self.folder),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log)
        atexit.register(self.stop)
        self.ready = json.loads(self._first_line())
        self.endpoint = self.ready["endpoint"]
        self.client = lru_cache(None)(self._client)

    def _first_line(self) -> bytes:
        if not select.select([self.process.stdout], [], [], 20)[0]:
            raise AssertionError("the server printed nothing\n" + self.log())
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the server ended at once\n" + self.log())
        return line

    def log(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", "replace")

    def _client(self, service: str, key: str = "test", secret: str = "test", token: str = ""):
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token or None,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))

    def as_role(self, service: str, role_arn: str):
        """A client with credentials of the role."""
        session = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")
        credentials = session["Credentials"]
        return self.client(service, credentials["AccessKeyId"], credentials["SecretAccessKey"],
                           credentials["SessionToken"])

    def post(self, path: str, body=None, token: str = TOKEN, method: str = "POST"):
        """Calls an internal endpoint; returns its status and its answer."""
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        request = Request(self.endpoint + path, content, {"x-efs-token": token}, method=method)
        try:
            with urlopen(request, timeout=20) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def outbox(self) -> list[Path]:
        return sorted((self.folder / "outbox").glob("*.eml"))

    def close_stdin(self) -> None:
        self.process.stdin.close()

    def stop(self) -> None:
        atexit.unregister(self.stop)
        self.close_stdin()
        if self.process.poll() is None:
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def environment(folder: Path) -> dict:
    """What the parent gives to the server, and nothing else."""
    return {"PATH": "/usr/bin:/bin", "EFS_CLOUD_DIR": str(folder), "EFS_CLOUD_TOKEN": TOKEN}


@lru_cache(None)
def shared() -> Cloud:
    """The server that the tests share; they use names of their own."""
    return Cloud()


def wait_for(condition, seconds: float = 10):
    """Returns the first true value of the condition, or fails after the time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {condition}")
        time.sleep(0.02)


def refused(call, *args, **kwargs) -> tuple[str, str]:
    """The code and the message of the error that a call has to end in."""
    try:
        call(*args, **kwargs)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("the call was accepted")


def role(name: str, service: str, *statements: dict, conditions: dict | None = None) -> str:
    """Makes a role that the service (and this account) may assume; returns its ARN."""
    iam = shared().client("iam")
    trust = [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service},
         **({"Condition": conditions} if conditions else {})},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}},
    ]
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    return arn


def allow(action, resource) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def may_log() -> dict:
    """Without it, nobody reads what a function of this role says."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], "*")


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


BOOTSTRAP = """#!{python}
import http.client, json, os, time
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None):
    runtime.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    response = runtime.getresponse()
    return response, response.read()
while True:
    response, event = call("GET", "next")
    request = response.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(event)
    if event.get("hang"):
        open(event["hang"], "w").close()
        time.sleep(60)
    if event.get("print"):
        print(event["print"], flush=True)
    if event.get("detail", event).get("fail"):
        call("POST", request + "/error", json.dumps({{"errorType": "Boom", "errorMessage": "on purpose"}}))
    else:
        answer = {{"event": event, "environment": dict(os.environ), "pid": os.getpid()}}
        print("ANSWER " + json.dumps(answer), flush=True)
        call("POST", request + "/response", json.dumps(answer))
"""


def function_code() -> bytes:
    """A function that answers with its event and environment, and logs both."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(entry, BOOTSTRAP.format(python=sys.executable))
    return content.getvalue()


def function(name: str, *statements: dict, **settings) -> str:
    """Makes such a function with a role of its own, which may log; returns its ARN."""
    role_arn = role(f"{name}-role", "lambda.amazonaws.com", may_log(), *statements)
    made = shared().client("lambda").create_function(
        FunctionName=name, Role=role_arn, Runtime="provided.al2023", Handler="bootstrap",
        Code={"ZipFile": function_code()}, **settings)
    return made["FunctionArn"]


def answers(name: str) -> list[dict]:
    """What the function answered so far, read from its log group."""
    try:
        events = shared().client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{name}")["events"]
    except ClientError:
        return []
    lines = [re.match("ANSWER (.*)", event["message"]) for event in events]
    return [json.loads(line[1]) for line in lines if line]


def attempts(name: str) -> int:
    """How often the function was invoked so far."""
    try:
        events = shared().client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{name}")["events"]
    except ClientError:
        return 0
    return sum(event["message"].startswith("START ") for event in events)


def stack(name: str, resources: dict, *, update: bool = False, **more) -> dict:
    """Creates or updates a stack and waits for its end; returns its description."""
    cloudformation = shared().client("cloudformation")
    template = json.dumps({"Resources": resources, **more})
    call = cloudformation.update_stack if update else cloudformation.create_stack
    call(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    return wait_for(lambda: finished(name))


def delete_stack(name: str) -> dict:
    stack_id = shared().client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    shared().client("cloudformation").delete_stack(StackName=name)
    return wait_for(lambda: finished(stack_id))


def finished(name: str):
    found = shared().client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return None if found["StackStatus"].endswith("_IN_PROGRESS") else found


def outputs(description: dict) -> dict:
    return {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}


def reasons(name: str) -> str:
    """The reasons of all failures of a stack."""
    events = shared().client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events
                     if event["ResourceStatus"].endswith("FAILED"))


def physical_id(name: str, logical_id: str) -> str:
    return shared().client("cloudformation").describe_stack_resource(
        StackName=name, LogicalResourceId=logical_id)["StackResourceDetail"]["PhysicalResourceId"]

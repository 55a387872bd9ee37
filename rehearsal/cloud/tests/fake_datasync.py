"""A DataSync process that remembers what it was asked: enough to test the door and the types."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import botocore.session

from cloud.tests.harness import ACCOUNT, REGION

INVALID = "InvalidRequestException"
OPERATIONS = botocore.session.get_session().get_service_model("datasync").operation_names


class FakeDataSync:
    """Serves on a free port of the loopback until it is closed."""

    def __init__(self):
        self.resources: dict[str, dict] = {}
        self.calls: list[tuple[str, dict, dict]] = []
        self.before_answer = lambda operation, request: None
        self._ids = count(1)
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = fake.answer(self.headers, json.loads(body))
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def operations(self) -> list[str]:
        return [operation for operation, _, _ in self.calls]

    def answer(self, headers, request: dict) -> tuple[int, dict]:
        operation = headers["X-Amz-Target"].split(".")[1]
        self.calls.append((operation, request, dict(headers)))
        if operation not in OPERATIONS:
            return 400, {"__type": "UnknownOperationException", "message": f"{operation} does not exist"}
        refusal = self.before_answer(operation, request)
        if refusal:
            return refusal
        if operation.startswith("Create"):
            return 200, self._create(operation, request)
        if operation == "StartTaskExecution":
            return 200, {"TaskExecutionArn": request["TaskArn"] + "/execution/exec-1"}
        if operation.startswith("List"):
            return 200, {}
        arn = next(request[name] for name in ("TaskArn", "LocationArn", "ResourceArn") if name in request)
        if arn not in self.resources:
            return 400, {"__type": INVALID, "message": f"{arn} is not found."}
        return 200, self._change(operation, arn, request)

    def _create(self, operation: str, request: dict) -> dict:
        kind = "task" if operation == "CreateTask" else "loc"
        name = f"{'task' if kind == 'task' else 'location'}/{kind}-{next(self._ids):017x}"
        arn = f"arn:aws:datasync:{REGION}:{ACCOUNT}:{name}"
        self.resources[arn] = dict(request)
        return {"TaskArn" if kind == "task" else "LocationArn": arn}

    def _change(self, operation: str, arn: str, request: dict) -> dict:
        if operation.startswith("Delete"):
            del self.resources[arn]
            return {}
        if operation.startswith(("Update", "Tag")):
            self.resources[arn].update(request)
            return {}
        if operation == "DescribeTask":
            interfaces = [f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-1"]
            return {**self.resources[arn], "TaskArn": arn, "Status": "AVAILABLE",
                    "SourceNetworkInterfaceArns": interfaces, "DestinationNetworkInterfaceArns": []}
        scheme = "efs" if operation == "DescribeLocationEfs" else "s3"
        return {**self.resources[arn], "LocationArn": arn, "LocationUri": f"{scheme}://{arn[-4:]}/"}
